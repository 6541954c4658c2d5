//! Elementary functions against `f64` references, identities and special values.

mod ulp;

use reparam::Real;
use reparam::random::{SplitMix64, uniform_in};
use ulp::{error, worst};

/// Name, ours, the same in `f64`, largest admissible error in units of the last place.
type Case = (&'static str, fn(f32) -> f32, fn(f64) -> f64, f64);

const CASES: [Case; 6] = [
    ("exp", Real::exp, f64::exp, 1.0),
    ("exp_m1", Real::exp_m1, f64::exp_m1, 1.5),
    ("ln", Real::ln, f64::ln, 0.9),
    ("ln_1p", Real::ln_1p, f64::ln_1p, 0.9),
    ("tanh", Real::tanh, f64::tanh, 2.75),
    ("sqrt", Real::sqrt, f64::sqrt, 0.5),
];

/// Every `step`-th bit pattern, infinities and NaNs among them.
fn check(step: u32) {
    for (name, ours, exact, bound) in CASES {
        let largest = worst(0..=u32::MAX, step, |x| error(ours(x), exact(f64::from(x))));
        println!("{name}: {largest} ulp");
        assert!(largest <= bound, "{name}: {largest} ulp");
    }
}

#[test]
fn single_precision_within_bounds() {
    check(2003);
}

#[test]
#[ignore = "dense: 6 functions of 7e7 arguments; of all 4.3e9 with REPARAM_EVERY_F32 in the environment"]
fn single_precision_within_bounds_densely() {
    check(if std::env::var_os("REPARAM_EVERY_F32").is_some() { 1 } else { 61 });
}

#[test]
fn hypotenuse() {
    let mut rng = SplitMix64::new(4);
    let mut largest = 0f64;
    for _ in 0..1_000_000 {
        let word = rand_core::Rng::next_u64(&mut rng);
        let x = f32::from_bits(word as u32);
        let y =
            [f32::from_bits((word >> 32) as u32), x * uniform_in(&mut rng, -1.0, 1.0)][(word & 1) as usize];
        if x.is_finite() && y.is_finite() {
            largest = largest.max(error(Real::hypot(x, y), f64::from(x).hypot(f64::from(y))));
        }
    }
    println!("hypot: {largest} ulp");
    assert!(largest <= 1.25);
    assert_eq!(Real::hypot(3.0f32, -4.0), 5.0);
    assert_eq!(Real::hypot(0.0f32, -0.0), 0.0);
    assert_eq!(Real::hypot(f32::MAX, f32::MAX), f32::INFINITY);
    assert_eq!(Real::hypot(f32::NAN, f32::NEG_INFINITY), f32::INFINITY);
    assert!(Real::hypot(f32::NAN, 1.0).is_nan());
}

/// What holds in both types.
fn common<T: Real>() {
    let number = T::from_f64;
    let (zero, one, infinity) = (T::ZERO, T::ONE, T::INFINITY);
    let near = |x: T, y: T| (x - y).abs() <= number(4.0) * T::EPSILON * x.abs().max(y.abs());

    assert!(zero.exp() == one && zero.exp_m1() == zero && one.ln() == zero && zero.ln_1p() == zero);
    assert!(zero.tanh() == zero && infinity.tanh() == one && (-infinity).tanh() == -one);
    assert!(infinity.exp() == infinity && (-infinity).exp() == zero && (-infinity).exp_m1() == -one);
    assert!(zero.ln() == -infinity && (-one).ln().is_nan() && infinity.ln() == infinity);
    assert!((-one).ln_1p() == -infinity && (-T::TWO).ln_1p().is_nan() && infinity.ln_1p() == infinity);
    assert!((-one).sqrt().is_nan() && infinity.sqrt() == infinity && number(2.25).sqrt() == number(1.5));
    for f in [T::exp, T::exp_m1, T::ln, T::ln_1p, T::tanh, T::sqrt, T::floor, T::round, T::signum, T::abs] {
        assert!(f(T::NAN).is_nan());
    }

    let mut rng = SplitMix64::new(5);
    for _ in 0..10_000 {
        let x = uniform_in(&mut rng, number(-5.0), number(5.0));
        assert!(near(x.exp() * (-x).exp(), one));
        assert!(near(x.exp_m1() + one, x.exp()) || x < zero);
        assert!((x.abs().exp().ln() - x.abs()).abs() <= number(8.0) * T::EPSILON);
        assert!(near(x.abs().ln_1p().exp_m1(), x.abs()) || x.abs() > one);
        assert!(near(x.tanh(), -(-x).tanh()));
        let (sin, cos) = x.sin_cos();
        assert!(near(sin * sin + cos * cos, one));
        assert!((sin.atan2(cos) - (x - T::TAU * (x / T::TAU).round())).abs() <= number(8.0) * T::EPSILON);
        assert!(near(x.hypot(one), (x * x + one).sqrt()));
        assert!(x.floor() <= x && x < x.floor() + one && x.floor().floor() == x.floor());
        assert!((x - x.round()).abs() <= T::HALF);
        assert!(near(x.powi(3), x * x * x) && near(x.powi(-2), (x * x).recip()) && x.powi(0) == one);
        assert!(x.signum() * x.abs() == x && x.copysign(-one) == -x.abs());
        assert!(x.min(zero) + x.max(zero) == x && x.min(T::NAN) == x && T::NAN.max(x) == x);
    }
    let halves = [-2.5, -1.5, -0.5, 0.5, 1.5, 2.5].map(number);
    assert!(halves.map(T::round) == [-3.0, -2.0, -1.0, 1.0, 2.0, 3.0].map(number));
    assert!(halves.map(T::floor) == [-3.0, -2.0, -1.0, 0.0, 1.0, 2.0].map(number));
    let below_half = number(0.5) - T::EPSILON * number(0.25);
    assert!(below_half.round() == zero && T::MAX.round() == T::MAX && (-T::MAX).floor() == -T::MAX);
    assert!(T::TWO.powi(i32::MIN) == zero && (-one).powi(i32::MAX) == -one);
    // One rounding: 1 − ε² would round to 1.
    let (above, below) = (one + T::EPSILON, one - T::EPSILON);
    assert!(above.mul_add(below, -one) == -T::EPSILON * T::EPSILON && (-one).mac(above, below) == zero);
}

#[test]
fn identities_in_single_precision() {
    common::<f32>();
}

#[test]
fn identities_in_double_precision() {
    common::<f64>();
}
