//! `f32` sine, cosine and arctangent against `f64` and in their special values.

mod ulp;

use std::f32::consts::{FRAC_PI_2, FRAC_PI_4, PI};

use reparam::Real;
use reparam::random::{SplitMix64, uniform};
use reparam::trig::{atan2, sin_cos};
use ulp::{error, worst};

/// Largest error of sine and cosine over every `step`-th `f32` from `low` to `high`, both positive. A negative
/// argument must give the same bits, sine negated; else the error is infinite.
fn largest(low: f32, high: f32, step: u32) -> f64 {
    worst(low.to_bits()..=high.to_bits(), step, |x| {
        let ((sin, cos), (minus_sin, minus_cos)) = (sin_cos(x), sin_cos(-x));
        if (-sin).to_bits() != minus_sin.to_bits() || cos.to_bits() != minus_cos.to_bits() {
            return f64::INFINITY;
        }
        let (exact_sin, exact_cos) = f64::from(x).sin_cos();
        error(sin, exact_sin).max(error(cos, exact_cos))
    })
}

#[test]
fn within_one_and_a_half_ulp() {
    let errors = [(0.0, PI), (PI, 128.0), (128.0, f32::MAX)].map(|(low, high)| largest(low, high, 997));
    println!("sin_cos, ulp: {errors:?} on [0, π], [π, 128], beyond");
    assert!(errors.iter().all(|&error| error <= 1.5));
}

/// A proof for all `f32` of magnitude up to 128, and for all finite ones with `REPARAM_EVERY_F32` in the
/// environment.
#[test]
#[ignore = "exhaustive: 1.1e9 arguments"]
fn within_one_and_a_half_ulp_exhaustively() {
    let mut ranges = vec![(0.0, PI), (PI, 128.0)];
    if std::env::var_os("REPARAM_EVERY_F32").is_some() {
        ranges.push((128.0, f32::MAX));
    }
    for (low, high) in ranges {
        let largest = largest(low, high, 1);
        println!("sin_cos, ulp: {largest} on [{low:e}, {high:e}]");
        assert!(largest <= 1.5);
    }
}

/// Products of rotations must not grow: the mean of sin² + cos² − 1 vanishes.
#[test]
fn rotations_are_unbiased() {
    const N: u32 = 4_000_000;
    let square = |(sin, cos): (f32, f32)| f64::from(sin).powi(2) + f64::from(cos).powi(2) - 1.0;
    let sum: f64 =
        (0..N).map(|i| square(sin_cos((f64::from(i) * std::f64::consts::TAU / f64::from(N)) as f32))).sum();
    let mean = sum / f64::from(N);
    println!("mean of sin² + cos² − 1: {mean:e}");
    assert!(mean.abs() < 1e-10);
}

#[test]
fn special_angles() {
    assert_eq!(sin_cos(0.0), (0.0, 1.0));
    assert!(sin_cos(-0.0).0.is_sign_negative());
    for tiny in [f32::from_bits(1), f32::MIN_POSITIVE, 1e-20] {
        assert_eq!(sin_cos(tiny), (tiny, 1.0));
    }
    for x in [f32::INFINITY, f32::NEG_INFINITY, f32::NAN] {
        let (sin, cos) = sin_cos(x);
        assert!(sin.is_nan() && cos.is_nan());
    }
    // The f32 closest to a multiple of π/2 (found by continued fractions), and the extremes.
    for x in [16_367_173.0 * 2f32.powi(72), f32::MAX, 128.0, 127.999_99, 1e10, 3.0e38] {
        let (sin, cos) = sin_cos(x);
        let (exact_sin, exact_cos) = f64::from(x).sin_cos();
        assert!(error(sin, exact_sin) <= 1.5 && error(cos, exact_cos) <= 1.5, "{x}");
    }
}

#[test]
fn arctangent_within_two_ulp() {
    let mut rng = SplitMix64::new(1);
    let mut largest = 0f64;
    let mut check = |y: f32, x: f32| {
        let error = error(atan2(y, x), f64::from(y).atan2(f64::from(x)));
        assert!(error <= 1.6, "atan2({y:e}, {x:e}): {error}");
        largest = largest.max(error);
    };
    for _ in 0..1_000_000 {
        let angle = f64::TAU * uniform::<f64, _>(&mut rng);
        check(angle.sin() as f32, angle.cos() as f32);
        let word = rand_core::Rng::next_u64(&mut rng);
        let (y, x) = (f32::from_bits(word as u32), f32::from_bits((word >> 32) as u32));
        if y.is_finite() && x.is_finite() {
            check(y, x);
        }
    }
    // A dense grid of ratios in every octant.
    for i in (0..=1f32.to_bits()).step_by(4999) {
        let t = f32::from_bits(i);
        for (y, x) in [(t, 1.0), (1.0, t), (1.0, -t), (t, -1.0), (-t, -1.0), (-1.0, -t), (-1.0, t), (-t, 1.0)]
        {
            check(y, x);
        }
    }
    println!("atan2, ulp: {largest}");
}

#[test]
fn arctangent_on_axes_diagonals_and_beyond() {
    let values = [0.0, f32::from_bits(1), 1.0, f32::MAX, f32::INFINITY];
    let signed = || values.into_iter().flat_map(|x| [x, -x]);
    for (y, x) in signed().flat_map(|y| signed().map(move |x| (y, x))) {
        let exact = f64::from(y).atan2(f64::from(x)) as f32;
        let angle = atan2(y, x);
        assert_eq!(angle.is_sign_negative(), exact.is_sign_negative(), "atan2({y}, {x})");
        assert!((angle - exact).abs() <= 2.4e-7 * exact.abs(), "atan2({y}, {x}): {angle} {exact}");
    }
    assert_eq!(
        [atan2(0.0, -1.0), atan2(-0.0, -1.0), atan2(1.0, 0.0), atan2(-1.0, -0.0)],
        [PI, -PI, FRAC_PI_2, -FRAC_PI_2]
    );
    assert_eq!(atan2(f32::INFINITY, f32::NEG_INFINITY), 3.0 * FRAC_PI_4);
    for (y, x) in [(f32::NAN, 1.0), (1.0, f32::NAN), (f32::NAN, f32::INFINITY), (0.0, f32::NAN)] {
        assert!(atan2(y, x).is_nan());
    }
}
