//! Implicit values against finite differences, closed forms and golden numbers from an independent numpy program (dense
//! `numpy.linalg.solve`, the gradient by the same equations written with `einsum`, checked there by central differences).

mod processes;

use proptest::prelude::*;
use reparam::Real;
use reparam::implicit::process::{Method, Process, Work, softmax_rows};
use reparam::implicit::speed;
use reparam::implicit::train::{explicit_step, implicit_step};
use reparam::implicit::{Error, Feature, Implicit, OneHot, Stop, features};
use reparam::random::{SplitMix64, gaussian};

use processes::{below, uniform};

/// Parameters and scratch on the heap.
struct Model<T> {
    process: Process<T>,
    logits: Vec<T>,
    rewards: Vec<T>,
    transitions: Vec<T>,
    factors: Vec<T>,
    pivots: Vec<usize>,
    taken: Vec<usize>,
    values: Vec<T>,
    adjoint: Vec<T>,
    spare: Vec<T>,
}

impl<T: Real> Model<T> {
    fn new(n: usize, actions: usize, eta: f64, method: Method<T>) -> Self {
        let process = Process::new(n, actions, T::from_f64(eta), method).unwrap();
        Self {
            process,
            logits: vec![T::ZERO; process.logits_len()],
            rewards: vec![T::ZERO; process.rewards_len()],
            transitions: vec![T::ZERO; process.logits_len() + n * n],
            factors: vec![T::ZERO; n * n],
            pivots: vec![0; n],
            taken: vec![0; n],
            values: vec![T::ZERO; n],
            adjoint: vec![T::ZERO; n],
            spare: vec![T::ZERO; 2 * n],
        }
    }

    /// A = ln(2I + 1/n) minus the largest of each row, R = 0.
    fn deterministic(n: usize, eta: f64) -> Self {
        let mut model = Self::new(n, 1, eta, Method::Factors);
        let (on, off) = ((2.0 + 1.0 / n as f64).ln(), (1.0 / n as f64).ln());
        for (k, a) in model.logits.iter_mut().enumerate() {
            *a = T::from_f64(if k % (n + 1) == 0 { 0.0 } else { off - on });
        }
        model
    }

    fn random(n: usize, actions: usize, eta: f64, method: Method<T>, seed: u64) -> Self {
        let mut model = Self::new(n, actions, eta, method);
        let mut rng = SplitMix64::new(seed);
        model.logits.iter_mut().chain(&mut model.rewards).for_each(|x| *x = gaussian(&mut rng));
        model
    }

    fn with<O>(&mut self, run: impl FnOnce(&Process<T>, &mut [T], &mut [T], &mut Work<'_, T>) -> O) -> O {
        let mut work = Work {
            transitions: &mut self.transitions,
            factors: &mut self.factors,
            pivots: &mut self.pivots,
            taken: &mut self.taken,
            values: &mut self.values,
            adjoint: &mut self.adjoint,
            spare: &mut self.spare,
        };
        run(&self.process, &mut self.logits, &mut self.rewards, &mut work)
    }

    fn values(&mut self) -> Vec<T> {
        self.with(|process, logits, rewards, work| process.values(logits, rewards, work)).unwrap();
        self.values.clone()
    }

    /// A full-batch step on the values themselves; the loss before.
    fn step(&mut self, targets: &[T], rate: T) -> Result<T, Error> {
        self.with(|process, logits, rewards, work| {
            let batch = targets.iter().copied().enumerate().map(|(i, y)| (OneHot(i), y));
            implicit_step(process, logits, rewards, work, batch, rate, Stop::default())
        })
    }
}

/// The chain: ten states in a row, "next" pays 10 in the last of them, "reset" leads to an eleventh state and pays 1 there; from it and
/// the last one starts over. "next" is taken with probability 0.95, discount 0.9.
fn chain(offset: f64) -> Vec<f64> {
    let mut values = vec![0.0; 11];
    for _ in 0..2000 {
        values = (0..11)
            .map(|x| {
                let (next, reset) = (if x < 9 { x + 1 } else { 0 }, if x < 10 { 10 } else { 0 });
                let pay = if x == 9 {
                    9.5
                } else if x == 10 {
                    0.05
                } else {
                    0.0
                };
                pay + offset + 0.9 * (0.95 * values[next] + 0.05 * values[reset])
            })
            .collect();
    }
    values
}

/// Random chain: three successors a state with weights 1..=9, rewards 0..=1 in tenths.
fn random_chain(n: usize, seed: u64, discount: f64) -> Vec<f64> {
    let mut rng = SplitMix64::new(seed);
    let (mut p, mut r) = (vec![vec![0.0; n]; n], vec![0.0; n]);
    for i in 0..n {
        for _ in 0..3 {
            let j = below(&mut rng, n);
            p[i][j] += (1 + below(&mut rng, 9)) as f64;
        }
        r[i] = below(&mut rng, 11) as f64 / 10.0;
    }
    let mut y = vec![0.0; n];
    for _ in 0..3000 {
        y = (0..n)
            .map(|i| {
                let sum: f64 = p[i].iter().sum();
                r[i] + discount * p[i].iter().zip(&y).map(|(p, y)| p / sum * y).sum::<f64>()
            })
            .collect();
    }
    y
}

fn close(x: f64, y: f64, tolerance: f64) {
    assert!((x - y).abs() <= tolerance, "{x} is not {y}");
}

/// Full-batch steps; the loss before each of the steps asked for.
fn losses(model: &mut Model<f64>, targets: &[f64], rate: f64, at: &[usize]) -> Vec<f64> {
    (0..=*at.last().unwrap())
        .map(|k| (k, model.step(targets, rate).unwrap()))
        .filter(|(k, _)| at.contains(k))
        .map(|(_, loss)| loss)
        .collect()
}

#[test]
fn chain_values() {
    let golden = [
        4.089389, 4.586572, 5.168072, 5.848189, 6.643648, 7.574009, 8.662150, 9.934830, 11.423345, 13.164298,
        3.730450,
    ];
    for (offset, shift) in [(0.0, 0.0), (0.5, 5.0)] {
        chain(offset).iter().zip(golden).for_each(|(x, y)| close(*x, y + shift, 1e-6));
    }
}

#[test]
fn gradients_are_those_of_central_differences() {
    for (actions, seed) in [(1, 1), (1, 2), (3, 3)] {
        for method in [Method::Factors, Method::Iteration { tolerance: 1e-13, limit: 5000 }] {
            let n = 5;
            let mut model = Model::<f64>::random(n, actions, 0.9, method, seed);
            let targets: Vec<f64> = (0..n).map(|i| (i as f64).cos()).collect();
            let loss = |model: &mut Model<f64>| {
                model.values().iter().zip(&targets).map(|(w, y)| (w - y) * (w - y)).sum::<f64>()
                    / (2 * n) as f64
            };
            let (logits, rewards) = (model.logits.clone(), model.rewards.clone());
            model.step(&targets, 1.0).unwrap();
            let step = |before: &[f64], after: &[f64]| -> Vec<f64> {
                before.iter().zip(after).map(|(x, y)| x - y).collect()
            };
            let (d_logits, d_rewards) = (step(&logits, &model.logits), step(&rewards, &model.rewards));
            for row in d_logits.chunks(n) {
                assert!(row.iter().sum::<f64>().abs() <= 1e-12);
            }
            (model.logits, model.rewards) = (logits, rewards);
            let h = 1e-5;
            for (k, &found) in d_logits.iter().enumerate() {
                let x = model.logits[k];
                let [up, down] = [h, -h].map(|h| {
                    model.logits[k] = x + h;
                    loss(&mut model)
                });
                model.logits[k] = x;
                close(found, (up - down) / (2.0 * h), 1e-7);
            }
            for (k, &found) in d_rewards.iter().enumerate() {
                let x = model.rewards[k];
                let [up, down] = [h, -h].map(|h| {
                    model.rewards[k] = x + h;
                    loss(&mut model)
                });
                model.rewards[k] = x;
                close(found, (up - down) / (2.0 * h), 1e-7);
            }
        }
    }
}

/// The largest over actions satisfies its equation, whichever way it is found.
#[test]
fn several_actions() {
    for seed in 0..20 {
        let mut direct = Model::<f64>::random(7, 3, 0.95, Method::Factors, seed);
        let mut iterated =
            Model::<f64>::random(7, 3, 0.95, Method::Iteration { tolerance: 1e-12, limit: 10_000 }, seed);
        let (w, v) = (direct.values(), iterated.values());
        let mut p = vec![0.0; 3 * 49];
        softmax_rows(7, &direct.logits, &mut p).unwrap();
        for i in 0..7 {
            close(w[i], v[i], 1e-11);
            let best = (0..3)
                .map(|a| {
                    let row = &p[(a * 7 + i) * 7..][..7];
                    direct.rewards[a * 7 + i] + 0.95 * row.iter().zip(&w).map(|(p, w)| p * w).sum::<f64>()
                })
                .fold(f64::NEG_INFINITY, f64::max);
            close(w[i], best, 1e-11);
        }
    }
}

#[test]
fn speeds_of_the_chain() {
    let (n, ones) = (11, [1.0; 11]);
    let identity: Vec<f64> = (0..n * n).map(|k| f64::from(u8::from(k % (n + 1) == 0))).collect();
    for (eta, largest, offset_0, offset_1, condition) in [
        (0.8, 0.88, 22.116, 24.415, 5.4),
        (0.9, 0.22, 86.752, 97.311, 16.0),
        (0.95, 0.055, 344.525, 388.742, 53.8),
        (0.975, 0.01375, 1375.049, 1554.350, 196.0),
    ] {
        let mut model = Model::<f64>::deterministic(n, eta);
        model.values();
        let mut b = vec![0.0; n * n];
        model.with(|process, _, _, work| speed::kernel(process, &identity, work, &mut b)).unwrap();
        let mut scratch = vec![0.0; n];
        close(
            speed::along(&b, &ones, &mut scratch).unwrap(),
            (1.0 - eta).powi(-2),
            1e-9 * (1.0 - eta).powi(-2),
        );
        for (offset, speed) in [(0.0, offset_0), (1.0, offset_1)] {
            close(speed::along(&b, &chain(offset), &mut scratch).unwrap(), speed, 6e-4);
        }
        let mut scratch = vec![0.0; speed::spectrum_scratch_len(n, n)];
        let spectrum = speed::spectrum(n, n, &b, &mut scratch).unwrap();
        close(speed::largest_stable_step(n, spectrum[0]), largest, 1e-9);
        close(spectrum[0] / spectrum[n - 1], condition, 0.05);
    }
}

/// Golden losses of full-batch steps on the chain.
#[test]
fn losses_on_the_chain() {
    let check = |eta, offset, golden: &[(usize, f64)]| {
        let at: Vec<usize> = golden.iter().map(|g| g.0).collect();
        let mut model = Model::deterministic(11, eta);
        let found = losses(&mut model, &chain(offset), (-6f64).exp2(), &at);
        found.iter().zip(golden).for_each(|(x, y)| close(*x, y.1, 1e-6 * y.1));
    };
    check(
        0.9,
        0.0,
        &[(0, 31.4370535), (1, 24.2342930), (10, 4.95594342), (100, 0.418629457), (300, 1.02946768e-3)],
    );
    check(0.95, 0.0, &[(1, 9.38274505), (10, 3.58606858), (100, 0.207826671), (300, 1.82564953e-4)]);
    check(0.95, 1.0, &[(0, 154.914281), (1, 32.4071661), (10, 3.58317274)]);
}

/// What all states share is gone after ten steps; what they do not is nearly untouched.
#[test]
fn the_common_error_goes_first() {
    let (mut model, targets) = (Model::deterministic(11, 0.95), chain(0.0));
    losses(&mut model, &targets, (-6f64).exp2(), &[9]);
    let residual: Vec<f64> = model.values().iter().zip(&targets).map(|(w, y)| w - y).collect();
    let mean = residual.iter().sum::<f64>() / 11.0;
    assert!(mean.abs() * 11f64.sqrt() <= 1e-3, "{mean}");
    close(residual.iter().map(|r| (r - mean).powi(2)).sum::<f64>().sqrt(), 8.8822, 1e-4);
}

#[test]
fn explicit_losses_have_a_closed_form() {
    let (targets, rate) = (chain(0.0), 0.5);
    let (mut w, mut scratch) = ([0.0; 11], [0.0; 11]);
    let batch = || targets.iter().copied().enumerate().map(|(i, y)| (OneHot(i), y));
    let mut first = 0.0;
    for k in 0..=100 {
        let loss = explicit_step(&mut w, batch(), rate, &mut scratch, Stop::default()).unwrap();
        first = if k == 0 { loss } else { first };
        let expected = first * (1.0 - rate / 11.0f64).powi(2 * k);
        close(loss, expected, 1e-12 * expected);
        if k == 100 {
            close(loss, 2.86262603e-3, 1e-10);
        }
    }
}

#[test]
fn random_chains() {
    let targets = random_chain(8, 7, 0.9);
    close(targets[0], 5.2929497672, 1e-9);
    let mut model = Model::deterministic(8, 0.9);
    let found = losses(&mut model, &targets, 0.02, &[10, 100, 500]);
    close(found[0], 8.901391124e-2, 1e-6 * found[0]);
    close(found[1], 2.265422200e-3, 1e-6 * found[1]);
    close(found[2], 5.525856580e-9, 1e-3 * found[2]);

    let targets = random_chain(16, 42, 0.95);
    let mut model = Model::deterministic(16, 0.9);
    let found = losses(&mut model, &targets, 0.02, &[100, 500]);
    close(found[0], 1.551675343e-2, 1e-6 * found[0]);
    close(found[1], 2.487001908e-5, 1e-6 * found[1]);
    close(model.rewards[0], 0.740837700, 1e-6);
}

/// Both bounds on the kernel, for 200 random processes.
#[test]
fn bounds_of_the_kernel() {
    for seed in 0..200 {
        let n = [5, 12, 20][seed as usize % 3];
        let eta = [0.5, 0.9, 0.975][seed as usize / 3 % 3];
        let mut model = Model::<f64>::random(n, 1, eta, Method::Factors, seed);
        model.values();
        // Features that add up to one, more samples than features.
        let samples = n + 4;
        let mut rng = SplitMix64::new(1000 + seed);
        let mut phi: Vec<f64> = (0..samples * n).map(|_| uniform(&mut rng)).collect();
        for row in phi.chunks_mut(n) {
            let sum: f64 = row.iter().sum();
            row.iter_mut().for_each(|x| *x /= sum);
        }
        let mut b = vec![0.0; samples * n];
        model.with(|process, _, _, work| speed::kernel(process, &phi, work, &mut b)).unwrap();
        let common = speed::along(&b, &vec![1.0; samples], &mut vec![0.0; n]).unwrap();
        assert!(common >= (1.0 - eta).powi(-2) * (1.0 - 1e-10), "{common} at {eta}");
        let mut scratch = vec![0.0; speed::spectrum_scratch_len(samples, n)];
        let slowest = *speed::spectrum(samples, n, &b, &mut scratch).unwrap().last().unwrap();
        let narrowest = *speed::spectrum(samples, n, &phi, &mut scratch).unwrap().last().unwrap();
        let bound = narrowest / (1.0 + eta * (n as f64).sqrt()).powi(2);
        assert!(slowest >= bound * (1.0 - 1e-9), "{slowest} {bound}");
    }
}

#[test]
fn divergence_is_reported() {
    let targets = chain(1.0);
    for (rate, golden) in [(0.1, 28), (0.05, 29), (0.03, 36)] {
        let mut model = Model::<f64>::deterministic(11, 0.975);
        let mut steps = 0i32;
        let error = loop {
            let before = (model.logits.clone(), model.rewards.clone());
            match model.step(&targets, rate) {
                Ok(_) => steps += 1,
                Err(error) => {
                    assert_eq!(before, (model.logits.clone(), model.rewards.clone()));
                    break error;
                }
            }
        };
        assert_eq!(error, Error::Diverged);
        assert!((steps - golden).abs() <= 3, "{steps} steps at {rate}");
    }
    // Just below the largest stable step nothing diverges, nor does it get far.
    let mut model = Model::deterministic(11, 0.975);
    let last = losses(&mut model, &targets, 0.0125, &[300])[0];
    close(last, 15.5, 0.1);
}

#[test]
fn single_precision_and_the_owning_type() {
    let targets = chain(0.0);
    let mut exact = Model::<f64>::deterministic(11, 0.9);
    let mut single = Model::<f32>::deterministic(11, 0.9);
    let logits: [[f32; 11]; 11] =
        core::array::from_fn(|i| core::array::from_fn(|j| single.logits[11 * i + j]));
    let mut owned = Implicit::from_parameters(logits, [0.0; 11], 0.9f32).unwrap();
    let narrow: Vec<f32> = targets.iter().map(|&y| y as f32).collect();
    for _ in 0..200 {
        exact.step(&targets, (-6f64).exp2()).unwrap();
        single.step(&narrow, (-6f32).exp2()).unwrap();
        owned.step(narrow.iter().copied().enumerate().map(|(i, y)| (OneHot(i), y)), (-6f32).exp2()).unwrap();
    }
    let (w, v) = (exact.values(), single.values());
    for i in 0..11 {
        close(f64::from(v[i]), w[i], 2e-4);
    }
    assert_eq!(owned.values().unwrap()[..], v[..]);
}

#[test]
fn bad_input() {
    assert_eq!(Process::new(0, 1, 0.5, Method::Factors).err(), Some(Error::Size));
    for eta in [1.0, -0.1, f64::NAN] {
        assert_eq!(Process::new(3, 1, eta, Method::Factors).err(), Some(Error::Setting { name: "eta" }));
    }
    let zero = Method::Iteration { tolerance: 0.0, limit: 9 };
    assert_eq!(Process::new(3, 1, 0.5, zero).err(), Some(Error::Setting { name: "tolerance" }));
    let mut model = Model::<f64>::random(3, 1, 0.99, Method::Iteration { tolerance: 1e-9, limit: 3 }, 1);
    assert_eq!(model.step(&[1.0; 3], 0.1), Err(Error::NoConvergence));
    let mut model = Model::<f64>::deterministic(3, 0.5);
    assert_eq!(model.step(&[1.0, f64::NAN, 0.0], 0.1), Err(Error::NotFinite));
    assert_eq!(model.step(&[1.0; 4], 0.1), Err(Error::Feature { index: 3 }));
    assert_eq!(model.step(&[], 0.1), Err(Error::Size));
    model.logits[4] = f64::NAN;
    assert_eq!(model.step(&[1.0; 3], 0.1), Err(Error::NotFinite));
    assert_eq!([1.0][..].dot(&[1.0, 2.0]), Err(Error::Length { expected: 2, found: 1 }));
    let mut phi = [0.0; 2];
    assert_eq!(features::radial(&[f64::NAN], &[0.0, 1.0], &[1.0], &mut phi), Err(Error::NotFinite));
    assert_eq!(
        features::radial(&[0.0], &[0.0, 1.0], &[0.0], &mut phi),
        Err(Error::Setting { name: "scales" })
    );
    features::radial(&[1e6], &[0.0, 1.0], &[1.0], &mut phi).unwrap();
    assert_eq!(phi, [0.0, 1.0]);
}

proptest! {
    /// A common shift of rewards by s moves all values by s/(1 − η); rows of P are what softmax says.
    #[test]
    fn shifts(seed in 0u64..500, s in -3.0f64..3.0, eta in 0.0f64..0.97) {
        let mut model = Model::<f64>::random(6, 2, eta, Method::Factors, seed);
        let before = model.values();
        model.rewards.iter_mut().for_each(|r| *r += s);
        for (x, y) in model.values().iter().zip(&before) {
            prop_assert!((x - y - s / (1.0 - eta)).abs() < 1e-9);
        }
        let mut p = vec![0.0; 72];
        softmax_rows(6, &model.logits, &mut p).unwrap();
        for (row, logits) in p.chunks(6).zip(model.logits.chunks(6)) {
            prop_assert!((row.iter().sum::<f64>() - 1.0).abs() < 1e-14);
            let sum: f64 = logits.iter().map(|a| a.exp()).sum();
            row.iter().zip(logits).for_each(|(p, a)| assert!((p - a.exp() / sum).abs() < 1e-14));
        }
    }

    /// A step on any batch that does not diverge lowers the loss if it is small enough.
    #[test]
    fn small_steps_descend(seed in 0u64..500) {
        let mut model = Model::<f64>::random(5, 1, 0.9, Method::Factors, seed);
        let targets = [3.0, -1.0, 0.5, 2.0, 0.0];
        let first = model.step(&targets, 1e-5).unwrap();
        prop_assert!(model.step(&targets, 1e-5).unwrap() < first);
    }
}
