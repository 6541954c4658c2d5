use reparam::Real;
use reparam::implicit::process::{Method, Process, Work, softmax_rows};
use reparam::implicit::train::{explicit_step, implicit_step};
use reparam::implicit::{Error, Implicit, OneHot, Stop, features, speed};

use super::bytes::Bytes;

/// Any parameters, batches and step sizes for up to 5 states.
pub fn run(data: &[u8]) {
    let mut bytes = Bytes::new(data);
    if bytes.flag() { kernels::<f32>(&mut bytes) } else { kernels::<f64>(&mut bytes) }
}

fn kernels<T: Real>(bytes: &mut Bytes) {
    let (n, actions) = (1 + bytes.below(5), 1 + bytes.below(3));
    let method = if bytes.flag() {
        Method::Factors
    } else {
        Method::Iteration { tolerance: T::from_f32(1e-3), limit: 20_000 }
    };
    let eta = if bytes.flag() { T::from_f32(0.9) } else { bytes.real() };
    let Ok(process) = Process::new(n, actions, eta, method) else { return };
    // Moderate numbers have an answer; others an answer or an error.
    let moderate = bytes.flag();
    let numbers = |count: usize, bytes: &mut Bytes| -> Vec<T> {
        (0..count)
            .map(|_| if moderate { T::from_f32(f32::from(bytes.byte()) / 32.0 - 4.0) } else { bytes.real() })
            .collect()
    };
    let mut logits = numbers(process.logits_len(), bytes);
    let mut rewards = numbers(process.rewards_len(), bytes);
    let targets = numbers(n, bytes);
    let (mut transitions, mut factors) = (vec![T::ZERO; process.logits_len() + n * n], vec![T::ZERO; n * n]);
    let (mut pivots, mut taken, mut vectors) = (vec![0; n], vec![0; n], vec![T::ZERO; 4 * n]);
    let (values, rest) = vectors.split_at_mut(n);
    let (adjoint, spare) = rest.split_at_mut(n);
    let mut work = Work {
        transitions: &mut transitions,
        factors: &mut factors,
        pivots: &mut pivots,
        taken: &mut taken,
        values,
        adjoint,
        spare,
    };
    let rate = if bytes.flag() { T::from_f32(1e-3) } else { bytes.real() };
    let before = (logits.clone(), rewards.clone());
    let batch = || targets.iter().copied().enumerate().map(|(k, y)| (OneHot(k), y));
    let same = |x: &[T], y: &[T]| x.iter().zip(y).all(|(x, y)| x == y || (x.is_nan() && y.is_nan()));
    match implicit_step(&process, &mut logits, &mut rewards, &mut work, batch(), rate, Stop::default()) {
        Ok(loss) => {
            assert!(loss >= T::ZERO);
            assert!(logits.iter().chain(&rewards).all(|x| x.is_finite()) || !moderate);
            let bound = T::from_f32(4.001) / (T::ONE - eta).max(T::EPSILON) + T::ONE;
            // I − ηP is singular to working precision where η is this close to 1.
            let conditioned = T::from_usize(40 * n) * T::EPSILON <= T::ONE - eta;
            let bounded = work.values.iter().all(|w| w.abs() <= bound * T::from_f32(1.1));
            assert!(!moderate || !conditioned || bounded);
        }
        Err(_) => {
            assert!(same(&before.0, &logits) && same(&before.1, &rewards), "nothing changes with an error")
        }
    }
    let mut b = vec![T::ZERO; n * n];
    let phi: Vec<T> = (0..n * n).map(|k| if k % (n + 1) == 0 { T::ONE } else { T::ZERO }).collect();
    if process.values(&logits, &rewards, &mut work).is_ok()
        && speed::kernel(&process, &phi, &mut work, &mut b).is_ok()
        && b.iter().all(|x| x.is_finite())
    {
        let mut scratch = vec![T::ZERO; speed::spectrum_scratch_len(n, n)];
        let _ = speed::spectrum(n, n, &b, &mut scratch);
        let _ = speed::along(&b, &targets, &mut vec![T::ZERO; n]);
    }
    lengths::<T>(bytes);
    let mut w = numbers(n, bytes);
    let old = w.clone();
    let mut scratch = vec![T::ZERO; n];
    if explicit_step(&mut w, batch(), rate, &mut scratch, Stop::default()).is_err() {
        assert!(same(&old, &w));
    }
}

/// Any lengths whatever: an error or an answer, never a panic.
fn lengths<T: Real>(bytes: &mut Bytes) {
    let vector = |bytes: &mut Bytes| -> Vec<T> {
        let len = bytes.below(9);
        (0..len).map(|_| bytes.real()).collect()
    };
    let (a, mut b, c) = (vector(bytes), vector(bytes), vector(bytes));
    let _ = softmax_rows(bytes.below(4), &a, &mut b);
    let _ = features::radial(&a, &c, &vector(bytes), &mut b);
    let _ =
        (speed::along(&a, &c, &mut b), speed::spectrum(bytes.below(4), bytes.below(4), &a, &mut b).is_ok());
    if let Ok(mut model) = Implicit::<T, 2>::new(bytes.real()) {
        let index = bytes.below(4);
        let step = model.step([(OneHot(index), bytes.real())], bytes.real());
        assert!(index < 2 || step == Err(Error::Feature { index }));
    }
    let huge = usize::MAX >> (bytes.byte() % 4);
    let _ =
        (Process::new(huge, huge, T::HALF, Method::Factors).is_ok(), speed::spectrum_scratch_len(huge, huge));
}
