use reparam::Real;
use reparam::diagonal::covariance::{Diagonal, Factored, Isotropic, Products};
use reparam::diagonal::fokker_planck::{self, Class, FokkerPlanck, Scale};
use reparam::diagonal::rule::{
    self, Difference, Exponentiated, Floored, HyperbolicEntropy, Linear, Product, Proportionate,
};
use reparam::diagonal::volterra::{self, Direction};
use reparam::diagonal::{Covariance, Error, Filter, Rule, Step, filter, flow, sde, step};
use reparam::random::SplitMix64;

use super::bytes::{Bytes, finite};
use super::matrix::{largest, same};

/// Any step, filter, equation or limit on up to 9 weights.
pub fn run(data: &[u8]) {
    let mut bytes = Bytes::new(data);
    if bytes.flag() { kernels::<f32>(&mut bytes) } else { kernels::<f64>(&mut bytes) }
}

/// Calls a function with any rule whose settings are accepted.
macro_rules! with_any_rule {
    ($call:ident::<$t:ty>($bytes:ident)) => {
        match $bytes.below(7) {
            0 => $call::<$t, _>(Product, $bytes),
            1 => $call::<$t, _>(Difference, $bytes),
            2 => $call::<$t, _>(Exponentiated, $bytes),
            3 => $call::<$t, _>(Linear, $bytes),
            4 => Floored::<$t>::new($bytes.real()).map_or((), |rule| $call::<$t, _>(rule, $bytes)),
            5 => HyperbolicEntropy::<$t>::new($bytes.real()).map_or((), |rule| $call::<$t, _>(rule, $bytes)),
            _ => Proportionate::<$t>::new($bytes.below(12), $bytes.real(), $bytes.real())
                .map_or((), |rule| $call::<$t, _>(rule, $bytes)),
        }
    };
}

fn kernels<T: Real>(bytes: &mut Bytes) {
    match bytes.below(10) {
        0 => sizes::<T>(bytes),
        1 => conversions::<T>(bytes),
        2 | 3 => with_any_rule!(steps::<T>(bytes)),
        4 => with_any_rule!(batches::<T>(bytes)),
        5 => with_any_rule!(filters::<T>(bytes)),
        6 => with_any_rule!(equations::<T>(bytes)),
        7 => densities::<T>(bytes),
        8 => flows::<T>(bytes),
        _ => memories::<T>(bytes),
    }
}

/// A size: small, or one whose products leave the range.
fn size(bytes: &mut Bytes) -> usize {
    match bytes.byte() {
        byte @ 0..=223 => usize::from(byte % 10),
        byte => usize::MAX >> (byte % 4),
    }
}

fn any_step<T: Real>(bytes: &mut Bytes) -> Step<T> {
    match bytes.byte() {
        byte @ 0..=95 => Step::Fixed(T::from_f32(f32::from(1 + byte % 16) / 16.0)),
        96..=127 => Step::Fixed(bytes.real()),
        128..=223 => Step::Normalized { rate: T::from_f32(0.5), regularization: T::from_f32(0.01) },
        _ => Step::Normalized { rate: bytes.real(), regularization: bytes.real() },
    }
}

/// Numbers of a few weights. Those that the rule does not read are 0.
fn state<T: Real, R: Rule<T>>(rule: &mut R, dim: usize, bytes: &mut Bytes) -> (Vec<T>, Vec<T>) {
    let (u, mut v) = (bytes.mixed(dim), bytes.mixed(dim));
    if !rule.weight(T::ONE, T::NAN).is_nan() {
        v.fill(T::ZERO);
    }
    rule.observe(&u, &v);
    (u, v)
}

/// Numbers from which a pull by less than 1 leads nowhere beyond the range.
fn moderate<T: Real>(u: &[T], v: &[T]) -> bool {
    largest(u).max(largest(v)) < T::MAX / T::from_f32(4.0)
}

fn no_nan<T: Real>(x: &[T]) -> bool {
    x.iter().all(|x| !x.is_nan())
}

/// Any lengths whatever: an error or an answer, never a panic.
fn sizes<T: Real>(bytes: &mut Bytes) {
    let vector = |bytes: &mut Bytes| -> Vec<T> {
        let len = bytes.below(12);
        bytes.mixed(len)
    };
    let (a, mut b, mut c, mut d) = (vector(bytes), vector(bytes), vector(bytes), vector(bytes));
    // Only that they return matters.
    let _ = step::step(&mut Difference, any_step(bytes), &mut b, &mut c, &a, bytes.real());
    let _ = step::step_batch(&mut Product, any_step(bytes), &mut b, &mut c, &a, &[], &mut d);
    let targets = vector(bytes);
    let _ = step::step_batch(&mut Product, any_step(bytes), &mut b, &mut c, &a, &targets, &mut d);
    let _ = rule::weights(&Difference, &a, &b, &mut c);
    let _ = rule::stability_limit(&Linear, &a, &b, &c);
    let _ = rule::curvature(&a, &b, &c);
    let _ = flow::step(&a, &b, bytes.real(), bytes.real(), &mut c);
    let directions = [Direction { eigenvalue: T::ONE, squared_distance: T::ONE }];
    let _ = volterra::solve(&directions, T::HALF, T::ZERO, T::HALF, &mut c, &mut d);
    let _ = (step::batch_scratch_len(size(bytes), size(bytes)), fokker_planck::scratch_len(size(bytes)));
    let _ = (sde::scratch_len(size(bytes), size(bytes)), sde::risk_scratch_len(size(bytes)));
    let position = filter::push(&mut b, size(bytes), T::ONE);
    let _ = (filter::window(&b, position, size(bytes)).len(), filter::window(&b, size(bytes), size(bytes)));
    let _ = Proportionate::<T>::new(size(bytes), T::ZERO, T::ONE);
    let _ = Factored::new(size(bytes), size(bytes), T::ONE, &a, &mut c).is_ok();
    let settings = sde::Settings { step: T::HALF, dt: T::HALF, noise_variance: T::ZERO };
    let mut any = Products {
        dim: size(bytes),
        noise_dim: size(bytes),
        apply: |_: &[T], out: &mut [T]| out.fill(T::ONE),
        color: |_: &[T], out: &mut [T]| out.fill(T::ONE),
    };
    let mut rng = SplitMix64::new(1);
    let _ = sde::step(&mut Product, &mut any, settings, &a, &mut b, &mut c, &mut rng, &mut d);
    let _ = sde::risk(&Product, &mut any, &a, &b, &c, &mut d);
}

/// A weight is what its numbers say it is, in all parametrizations.
fn conversions<T: Real>(bytes: &mut Bytes) {
    let (weight, scale): (T, T) = (bytes.real(), bytes.real());
    if let Ok((u, v)) = Difference::from_weight(weight, scale) {
        assert!(u >= T::ZERO && v >= T::ZERO && u.is_finite() && v.is_finite());
        let size = weight.abs() + scale * scale;
        if size < T::MAX * T::EPSILON && scale * scale > T::MIN_POSITIVE / T::EPSILON {
            let slack = T::from_f32(16.0) * T::EPSILON * size;
            assert!((Difference.weight(u, v) - weight).abs() <= slack, "{weight}, {scale}: {u}, {v}");
            assert!((Difference::scale(u, v) - scale).abs() <= slack.max(T::EPSILON * T::TWO * scale));
            let (p, q) = Difference::to_product(u, v);
            assert!((Product.weight(p, q) - weight).abs() <= slack, "{weight}, {scale}: {p}, {q}");
        }
    } else {
        assert!(!weight.is_finite() || scale <= T::ZERO || !scale.is_finite() || extreme(weight, scale));
    }
    let (u, v): (T, T) = (bytes.real(), bytes.real());
    let (p, q) = Product::to_difference(u, v);
    if u.is_finite() && v.is_finite() {
        assert!(p.is_finite() && q.is_finite());
        assert!(!Difference::scale(u, v).is_nan() && !Product::scale(u, v).is_nan(), "{u}, {v}");
    }
    let dim = 1 + bytes.below(6);
    let (lambda, u, v): (Vec<T>, Vec<T>, Vec<T>) = (bytes.mixed(dim), bytes.mixed(dim), bytes.mixed(dim));
    let mut weights = vec![T::ZERO; dim];
    match rule::weights(&Difference, &u, &v, &mut weights) {
        Ok(()) => assert!(finite(&weights)),
        Err(error) => {
            assert!(error == Error::NotFinite);
            assert!(!finite(&u) || !finite(&v) || largest(&u).max(largest(&v)).to_f64() > 1e18);
        }
    }
    if let Ok(limit) = rule::stability_limit(&Difference, &lambda, &u, &v) {
        assert!(limit > T::ZERO, "{limit}");
    }
    if let Ok(curvature) = rule::curvature(&lambda, &u, &v) {
        assert!(curvature >= T::ZERO && curvature.is_finite());
    }
}

/// A weight, or the square of a scale, that the scalar does not hold.
fn extreme<T: Real>(weight: T, scale: T) -> bool {
    let square = scale * scale;
    weight.abs().max(square) > T::MAX / T::from_f32(4.0) || weight.abs().max(square) < T::MIN_POSITIVE
}

/// After a step all numbers are finite; after an error they are as before.
fn steps<T: Real, R: Rule<T>>(mut rule: R, bytes: &mut Bytes) {
    let dim = bytes.below(10);
    let (mut u, mut v) = state(&mut rule, dim, bytes);
    for _ in 0..=bytes.below(4) {
        let (a, target, size): (Vec<T>, T, _) = (bytes.mixed(dim), bytes.real(), any_step(bytes));
        let before = (u.clone(), v.clone());
        match step::step(&mut rule, size, &mut u, &mut v, &a, target) {
            Ok(report) => {
                assert!(finite(&before.0) && finite(&before.1) && finite(&a) && target.is_finite());
                assert!(report.error.is_finite() && report.step.is_finite() && report.flips <= dim);
                assert!(no_nan(&u) && no_nan(&v), "{before:?} to {u:?}, {v:?}");
                if moderate(&before.0, &before.1) {
                    assert!(finite(&u) && finite(&v), "{before:?} by {a:?} to {u:?}, {v:?}");
                }
                // Of `Product` it is u ± v that keep their signs.
                if report.flips == 0 && rule.factor() == T::TWO {
                    assert!(u.iter().zip(&before.0).all(|(&new, &old)| keeps_sign(old, new)));
                    assert!(v.iter().zip(&before.1).all(|(&new, &old)| keeps_sign(old, new)));
                }
            }
            Err(error) => {
                assert_eq!(error, Error::NotFinite);
                assert!(same(&u, &before.0) && same(&v, &before.1));
            }
        }
    }
}

/// A floor lifts what is below it.
fn keeps_sign<T: Real>(old: T, new: T) -> bool {
    old < T::ZERO || new >= T::ZERO
}

fn batches<T: Real, R: Rule<T>>(mut rule: R, bytes: &mut Bytes) {
    let (dim, batch) = (1 + bytes.below(6), 1 + bytes.below(4));
    let (mut u, mut v) = state(&mut rule, dim, bytes);
    let (samples, targets): (Vec<T>, Vec<T>) = (bytes.mixed(dim * batch), bytes.mixed(batch));
    let before = (u.clone(), v.clone());
    let mut scratch = vec![T::NAN; step::batch_scratch_len(dim, batch)];
    match step::step_batch(&mut rule, any_step(bytes), &mut u, &mut v, &samples, &targets, &mut scratch) {
        Ok(report) => {
            assert!(finite(&before.0) && finite(&before.1) && finite(&samples) && finite(&targets));
            assert!(report.error.is_finite() && report.step.is_finite(), "{report:?}");
            assert!(no_nan(&u) && no_nan(&v));
            if moderate(&before.0, &before.1) {
                assert!(finite(&u) && finite(&v), "{before:?} to {u:?}, {v:?}");
            }
        }
        Err(error) => {
            assert_eq!(error, Error::NotFinite);
            assert!(same(&u, &before.0) && same(&v, &before.1));
        }
    }
}

/// Taps of the filters.
const TAPS: usize = 5;

/// A filter answers the last inputs, and takes what is not finite for silence.
fn filters<T: Real, R: Rule<T>>(rule: R, bytes: &mut Bytes) {
    let size = any_step(bytes);
    let (u, v) = (bytes.real(), if bytes.flag() { bytes.real() } else { T::ZERO });
    let Ok(mut filter) = Filter::<T, R, TAPS>::new(rule, size, u, v) else {
        assert!(size.check().is_err() || !u.is_finite() || !v.is_finite());
        return;
    };
    let mut inputs = vec![T::ZERO; TAPS];
    for _ in 0..bytes.below(24) {
        let (input, desired): (T, T) = (bytes.real(), bytes.real());
        inputs.push(if input.is_finite() { input } else { T::ZERO });
        let weights = filter.weights();
        let (before_u, before_v) = (*filter.state().0, *filter.state().1);
        let (mut answer, mut size) = (0.0, 0.0);
        for ((input, &weight), (&u, &v)) in
            inputs.iter().rev().zip(&weights).zip(before_u.iter().zip(&before_v))
        {
            answer += input.to_f64() * weight.to_f64();
            let squares = u.to_f64().powi(2) + v.to_f64().powi(2);
            // Squares may vanish.
            let least = T::MIN_POSITIVE.to_f64() / T::EPSILON.to_f64();
            size += input.to_f64().abs() * (squares + weight.to_f64().abs() + least);
        }
        let found = if bytes.byte() < 64 {
            let found = filter.predict(input);
            assert!(input.is_finite() || found.is_nan());
            input.is_finite().then_some(found)
        } else {
            match filter.step(input, desired) {
                Ok(report) => {
                    assert!(input.is_finite() && desired.is_finite());
                    assert!(report.error.is_finite() && report.step.is_finite());
                    let (u, v) = filter.state();
                    assert!(no_nan(u) && no_nan(v));
                    if moderate(&before_u, &before_v) {
                        assert!(finite(u) && finite(v));
                    }
                    size += desired.to_f64().abs() + report.error.to_f64().abs();
                    Some(desired - report.error)
                }
                Err(error) => {
                    assert_eq!(error, Error::NotFinite);
                    assert!(same(filter.state().0, &before_u) && same(filter.state().1, &before_v));
                    None
                }
            }
        };
        if let Some(found) = found.filter(|_| size > 1e-30 && size < 1e30) {
            let slack = 100.0 * T::EPSILON.to_f64() * size;
            assert!((found.to_f64() - answer).abs() <= slack, "{found}, not {answer} to {slack}");
        }
    }
}

/// A time step of the stochastic equation with any covariance.
fn equations<T: Real, R: Rule<T>>(mut rule: R, bytes: &mut Bytes) {
    let (dim, rank) = (1 + bytes.below(6), 1 + bytes.below(6));
    let (u, v) = state(&mut rule, dim, bytes);
    let (variances, factor): (Vec<T>, Vec<T>) = (bytes.mixed(dim), bytes.mixed(dim * rank));
    match bytes.below(3) {
        0 => {
            let covariance = Isotropic { dim, variance: bytes.real() };
            equation(rule, covariance, u, v, bytes);
        }
        1 => {
            if let Ok(covariance) = Diagonal::new(&variances) {
                equation(rule, covariance, u, v, bytes);
            }
        }
        _ => {
            let mut inner = vec![T::NAN; rank];
            if let Ok(covariance) = Factored::new(dim, rank, bytes.real(), &factor, &mut inner) {
                equation(rule, covariance, u, v, bytes);
            }
        }
    }
}

fn equation<T: Real, R: Rule<T>, K: Covariance<T>>(
    mut rule: R,
    mut covariance: K,
    mut u: Vec<T>,
    mut v: Vec<T>,
    bytes: &mut Bytes,
) {
    let dim = covariance.dim();
    let settings = if bytes.flag() {
        sde::Settings { step: T::HALF, dt: T::HALF, noise_variance: T::ZERO }
    } else {
        sde::Settings { step: bytes.real(), dt: bytes.real(), noise_variance: bytes.real() }
    };
    let target: Vec<T> = bytes.mixed(dim);
    let mut scratch = vec![T::NAN; sde::scratch_len(dim, covariance.noise_dim())];
    let mut rng = SplitMix64::new(bytes.byte().into());
    for _ in 0..3 {
        let before = (u.clone(), v.clone());
        let risk = sde::risk(&rule, &mut covariance, &target, &u, &v, &mut scratch[..2 * dim]);
        match sde::step(&mut rule, &mut covariance, settings, &target, &mut u, &mut v, &mut rng, &mut scratch)
        {
            Ok(found) => {
                assert!(settings.check().is_ok() && finite(&before.0) && finite(&before.1));
                assert!(found >= T::ZERO && found.is_finite() && risk == Ok(found));
                assert!(no_nan(&u) && no_nan(&v), "{before:?} to {u:?}, {v:?}");
                if moderate(&before.0, &before.1) {
                    assert!(finite(&u) && finite(&v), "{before:?} to {u:?}, {v:?}");
                }
            }
            Err(error) => {
                assert!(error == Error::NotFinite || settings.check() == Err(error), "{error:?}");
                assert!(same(&u, &before.0) && same(&v, &before.1));
            }
        }
        if let Ok(risk) = risk {
            assert!(risk >= T::ZERO && risk.is_finite());
        }
    }
}

/// Mass is conserved and nothing is negative, whatever the problem, the cells and the time step.
fn densities<T: Real>(bytes: &mut Bytes) {
    let classes: Vec<Class<T>> = (0..bytes.below(4))
        .map(|_| {
            let [share, variance, target] = [(); 3].map(|()| bytes.real::<T>());
            if bytes.flag() {
                Class { share: share.abs(), variance: variance.abs(), target }
            } else {
                Class { share: T::ONE, variance: T::ONE, target: bytes.tame() }
            }
        })
        .collect();
    let scale = if bytes.flag() { Scale::Shrinking } else { Scale::Constant };
    let settings = if bytes.flag() {
        fokker_planck::Settings {
            step: T::from_f32(0.1),
            initialisation: T::from_f32(0.3),
            noise_variance: T::ZERO,
            scale,
            half_width: T::from_f32(10.0),
        }
    } else {
        fokker_planck::Settings {
            step: bytes.real(),
            initialisation: bytes.real(),
            noise_variance: bytes.real(),
            scale,
            half_width: bytes.real(),
        }
    };
    let cells = bytes.below(24);
    let mut density = vec![T::NAN; cells * classes.len() + usize::from(bytes.byte() == 0)];
    let mut scratch = vec![T::NAN; fokker_planck::scratch_len(cells)];
    let Ok(mut limit) = FokkerPlanck::new(&classes, settings, &mut density, &mut scratch) else { return };
    let numbers = |limit: &FokkerPlanck<'_, T>| {
        let numbers = [limit.risk(), limit.curvature(), limit.mean_size(), limit.density_above(T::ONE)];
        assert!(numbers.iter().all(|&x| x >= T::ZERO), "{numbers:?} of {classes:?}, {settings:?}");
    };
    numbers(&limit);
    for _ in 0..bytes.below(12) {
        let dt = if bytes.flag() { T::from_f32(0.05) } else { bytes.real() };
        let before: Vec<Vec<T>> = (0..classes.len()).map(|class| limit.probability(class).to_vec()).collect();
        let time = limit.time();
        match limit.advance(dt) {
            Ok(risk) => assert!(risk >= T::ZERO && risk.is_finite()),
            Err(error) => {
                assert!(error == Error::NotFinite || error == Error::Setting { name: "dt" });
                assert!(limit.time() == time);
                assert!(before.iter().enumerate().all(|(class, p)| same(limit.probability(class), p)));
            }
        }
        numbers(&limit);
        for (class, of) in classes.iter().enumerate() {
            let mass = limit.mass(class);
            let slack = T::from_usize(1000) * T::EPSILON;
            assert!((mass - T::ONE).abs() <= slack, "{mass} of {of:?}, {settings:?}");
            assert!(limit.probability(class).iter().all(|&p| p >= T::ZERO));
            let c = limit.c(of.variance);
            assert!(c >= T::ZERO && c <= settings.initialisation * settings.initialisation);
        }
        assert!(limit.accumulated_noise().is_finite() && limit.time().is_finite());
    }
}

/// Mirror flow: finite coordinates or an error.
fn flows<T: Real>(bytes: &mut Bytes) {
    let dim = bytes.below(6);
    let (variances, targets, mut x): (Vec<T>, Vec<T>, Vec<T>) =
        (bytes.mixed(dim), bytes.mixed(dim), bytes.mixed(dim));
    let (c, dtau): (T, T) = (bytes.real(), bytes.real());
    for _ in 0..3 {
        match flow::step(&variances, &targets, c, dtau, &mut x) {
            Ok(()) => assert!(finite(&x), "{x:?}"),
            Err(Error::Setting { .. } | Error::NotFinite) => return,
            Err(error) => panic!("{error:?}"),
        }
    }
    assert!(x.iter().all(|&x| !flow::weight(c, x).is_nan()));
}

/// The Volterra equation: risks that are finite and not negative, or an error.
fn memories<T: Real>(bytes: &mut Bytes) {
    let directions: Vec<Direction<T>> = (0..bytes.below(4))
        .map(|_| Direction { eigenvalue: bytes.real(), squared_distance: bytes.real() })
        .collect();
    let len = bytes.below(9);
    let (mut risk, mut kernel) = (vec![T::NAN; len], vec![T::NAN; len]);
    let (gamma, noise, h) = (bytes.real(), bytes.real(), bytes.real());
    if volterra::solve(&directions, gamma, noise, h, &mut risk, &mut kernel).is_ok() {
        assert!(risk.iter().all(|&risk| risk >= T::ZERO && risk.is_finite()), "{risk:?}");
    }
}
