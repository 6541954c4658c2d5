//! What holds for every input: conversions return, steps end in finite numbers or change nothing, densities keep their
//! mass. And the inputs at the edge of the range where that once failed.

use proptest::prelude::*;
use reparam::Real;
use reparam::diagonal::covariance::{Diagonal, Isotropic, Products};
use reparam::diagonal::fokker_planck::{Class, FokkerPlanck, Scale, Settings, scratch_len};
use reparam::diagonal::rule::{
    Difference, Exponentiated, Floored, HyperbolicEntropy, Linear, Product, Proportionate, Rule, curvature,
    weights,
};
use reparam::diagonal::step::{batch_scratch_len, step, step_batch};
use reparam::diagonal::volterra::{Direction, solve};
use reparam::diagonal::{Error, Filter, Step, filter, flow, sde};
use reparam::random::SplitMix64;

/// A size between 10⁻³ and 10³, with any sign.
fn number() -> impl Strategy<Value = f64> {
    (-3.0..3.0, any::<bool>()).prop_map(|(exponent, negative)| {
        let size = 10f64.powf(exponent);
        if negative { -size } else { size }
    })
}

fn numbers(len: usize) -> impl Strategy<Value = Vec<f64>> {
    prop::collection::vec(number(), len)
}

/// Calls `$f` with every rule.
macro_rules! every_rule {
    ($f:ident, $t:ty $(, $argument:expr)*) => {
        $f::<$t, _>(Product, $($argument),*)?;
        $f::<$t, _>(Difference, $($argument),*)?;
        $f::<$t, _>(Floored::new(1e-4 as $t).unwrap(), $($argument),*)?;
        $f::<$t, _>(Exponentiated, $($argument),*)?;
        $f::<$t, _>(HyperbolicEntropy::new(0.1 as $t).unwrap(), $($argument),*)?;
        $f::<$t, _>(Linear, $($argument),*)?;
        $f::<$t, _>(Proportionate::new(6, -0.5 as $t, 0.1).unwrap(), $($argument),*)?;
    };
}

/// Some steps: all numbers finite, or an error and none changed.
fn finite_or_error<T: Real, R: Rule<T>>(
    mut rule: R,
    size: Step<f64>,
    start: &[f64],
    samples: &[f64],
) -> Result<(), TestCaseError> {
    let narrow = |x: &[f64]| x.iter().map(|&x| T::from_f64(x)).collect::<Vec<_>>();
    let size = match size {
        Step::Fixed(size) => Step::Fixed(T::from_f64(size)),
        Step::Normalized { rate, regularization } => {
            Step::Normalized { rate: T::from_f64(rate), regularization: T::from_f64(regularization) }
        }
    };
    let dim = start.len() / 2;
    let (mut u, mut v) = (narrow(&start[..dim]), narrow(&start[dim..]));
    rule.observe(&u, &v);
    for a in samples.chunks(dim + 1) {
        let (a, before) = (narrow(a), (u.clone(), v.clone()));
        match step(&mut rule, size, &mut u, &mut v, &a[..dim], a[dim]) {
            Ok(report) => prop_assert!(report.error.is_finite() && report.step.is_finite()),
            Err(error) => {
                prop_assert_eq!(error, Error::NotFinite);
                prop_assert_eq!((&u, &v), (&before.0, &before.1));
            }
        }
        prop_assert!(u.iter().chain(&v).all(|x| x.is_finite()));
    }
    Ok(())
}

/// A small normalized step takes its rate of the error on its own sample.
fn a_posteriori<T: Real, R: Rule<T>>(mut rule: R, start: &[f64], a: &[f64]) -> Result<(), TestCaseError> {
    let narrow = |x: &[f64]| x.iter().map(|&x| T::from_f64(x)).collect::<Vec<_>>();
    let dim = start.len() / 2;
    let (mut u, mut v) = (narrow(&start[..dim]), narrow(&start[dim..]));
    u.iter_mut().chain(&mut v).for_each(|x| *x = x.abs());
    rule.observe(&u, &v);
    let a = narrow(a);
    let sum = |u: &[T], v: &[T], of: &dyn Fn(T, T, T) -> T| {
        a.iter().zip(u.iter().zip(v)).fold(T::ZERO, |sum, (&a, (&u, &v))| sum + of(a, u, v))
    };
    let curvature = sum(&u, &v, &|a, u, v| a * a * rule.gain(u, v));
    // An error for which every weight moves little of itself.
    let target = sum(&u, &v, &|a, u, v| a * rule.weight(u, v)) + T::from_f64(1e-3) * curvature.sqrt();
    let size = Step::Normalized { rate: T::from_f64(1e-4), regularization: T::ZERO };
    let error = step(&mut rule, size, &mut u, &mut v, &a, target).unwrap().error;
    let after = target - sum(&u, &v, &|a, u, v| a * rule.weight(u, v));
    let taken = ((error - after) / error).to_f64() / 1e-4;
    prop_assert!((taken - 1.0).abs() < 0.01, "{}", taken);
    Ok(())
}

proptest! {
    #[test]
    fn weights_return(weight in number(), scale in (-3.0..1.0f64).prop_map(|x| 10f64.powf(x))) {
        let (u, v) = Difference::from_weight(weight, scale).unwrap();
        let size = weight.hypot(2.0 * scale * scale);
        prop_assert!((Difference.weight(u, v) - weight).abs() < 1e-14 * size);
        prop_assert!((Difference::scale(u, v) / scale - 1.0).abs() < 1e-14);
        let (p, q) = Product::from_weight(weight, scale).unwrap();
        prop_assert!((Product.weight(p, q) - weight).abs() < 1e-14 * size);
        prop_assert!((Product::scale(p, q) / scale - 1.0).abs() < 1e-8 * (1.0 + size / (scale * scale)));
        let (back_u, back_v) = Product::to_difference(p, q);
        prop_assert!((back_u - u).abs() < 1e-14 * p && (back_v - v).abs() < 1e-14 * p);
        // The coordinate of the limits: x = ln(u/v), weight 2uv·sinh x.
        prop_assert!((flow::weight(scale * scale, (u / v).ln()) - weight).abs() < 1e-12 * size);
    }

    /// u∘v and ½(p² − q²) are one network: from any start, on any sample.
    #[test]
    fn parametrizations_take_the_same_step(start in numbers(12), a in numbers(6), target in number()) {
        let (mut u, mut v) = (start[..6].to_vec(), start[6..].to_vec());
        let (mut p, mut q): (Vec<_>, Vec<_>) =
            u.iter().zip(&v).map(|(&u, &v)| Product::to_difference(u, v)).unzip();
        let size = u.iter().chain(&v).zip(a.iter().cycle()).map(|(u, a)| u * u * (1.0 + a.abs())).sum::<f64>();
        let one = step(&mut Product, Step::Fixed(2e-6), &mut u, &mut v, &a, target).unwrap();
        let other = step(&mut Difference, Step::Fixed(1e-6), &mut p, &mut q, &a, target).unwrap();
        prop_assert!((one.error - other.error).abs() <= 1e-13 * size);
        for ((&u, &v), (&p, &q)) in u.iter().zip(&v).zip(p.iter().zip(&q)) {
            let k = 1.0 + (one.error * 1e-3).abs();
            prop_assert!((u * v - Difference.weight(p, q)).abs() <= 1e-13 * size * k * k);
        }
    }

    #[test]
    fn steps_are_finite_or_refused(
        start in numbers(12), samples in numbers(7 * 20), size in number(), normalized in any::<bool>(),
    ) {
        let size = size.abs();
        let size =
            if normalized { Step::Normalized { rate: size, regularization: 1e-3 } } else { Step::Fixed(size) };
        every_rule!(finite_or_error, f64, size, &start, &samples);
        every_rule!(finite_or_error, f32, size, &start, &samples);
    }

    #[test]
    fn normalized_steps_take_their_rate(start in numbers(12), a in numbers(6)) {
        every_rule!(a_posteriori, f64, &start, &a);
    }

    /// Mass 1, nothing negative, for all problems, cells and time steps; mean weight and c as their equations say.
    #[test]
    fn densities_keep_their_mass(
        gamma in 0.001..2.0f64, alpha in 0.01..2.0f64, noise_variance in 0.0..4.0f64, half_width in 0.5..15.0f64,
        classes in prop::collection::vec((0.01..1.0f64, 0.0..4.0f64, -5.0..5.0f64), 1..4),
        cells in 3usize..80, steps in prop::collection::vec(1e-6..10.0f64, 1..12), constant in any::<bool>(),
    ) {
        let classes: Vec<Class<f64>> = classes
            .into_iter()
            .map(|(share, variance, target)| Class { share, variance, target })
            .collect();
        let scale = if constant { Scale::Constant } else { Scale::Shrinking };
        let settings = Settings { step: gamma, initialisation: alpha, noise_variance, scale, half_width };
        let (mut density, mut scratch) = (vec![0.0; classes.len() * cells], vec![0.0; scratch_len(cells)]);
        let mut limit = FokkerPlanck::new(&classes, settings, &mut density, &mut scratch).unwrap();
        let mut time = 0.0;
        for dt in steps {
            let (noise, risk) = (limit.accumulated_noise(), limit.risk());
            prop_assert_eq!(limit.advance(dt), Ok(risk));
            time += dt;
            prop_assert!((limit.accumulated_noise() - noise - dt * (risk + noise_variance / 2.0)).abs()
                <= 1e-12 * limit.accumulated_noise());
            for (index, class) in classes.iter().enumerate() {
                prop_assert!((limit.mass(index) - 1.0).abs() < 1e-12, "{:e}", limit.mass(index) - 1.0);
                prop_assert!(limit.probability(index).iter().all(|&p| p >= 0.0));
                let c = limit.c(class.variance);
                prop_assert!(c >= 0.0 && c <= alpha * alpha && (!constant || c == alpha * alpha));
            }
        }
        prop_assert!((limit.time() - time).abs() < 1e-12 * time);
    }
}

/// Squares below the smallest number: the step is long all the same, and is looked at.
#[test]
fn tiny_samples() {
    let (mut u, mut v) = ([1.0f32], [1.0f32]);
    let report = step(&mut Difference, Step::Fixed(1e36), &mut u, &mut v, &[1e-25], 1e-10).unwrap();
    assert_eq!(report.flips, 1);
    let (mut u, mut v) = ([1e20f32], [1e20f32]);
    let refused = step(&mut Linear, Step::Fixed(f32::MAX), &mut u, &mut v, &[1e-25], f32::MAX);
    assert_eq!((refused, u), (Err(Error::NotFinite), [1e20]));
}

/// A floor hides no pull that is not finite; an error that overflows is one.
#[test]
fn extreme_batches() {
    let (mut u, mut v) = ([0.5f32], [0.5f32]);
    let mut floored = Floored::new(0.1f32).unwrap();
    let mut scratch = [0.0; batch_scratch_len(1, 1)];
    let mut run = |a: f32, y: f32, size| {
        step_batch(&mut floored, Step::Fixed(size), &mut u, &mut v, &[a], &[y], &mut scratch)
    };
    assert_eq!(run(0.0, f32::INFINITY, 0.1), Err(Error::NotFinite));
    assert_eq!(run(f32::NAN, 1.0, 0.1), Err(Error::NotFinite));
    assert_eq!(run(1e-25, 1e30, 1e-20), Err(Error::NotFinite), "the square of the error");
    assert_eq!((u, v), ([0.5], [0.5]));
}

/// Weights whose squares overflow.
#[test]
fn extreme_weights() {
    let mut found = [0.0f32];
    assert_eq!(weights(&Difference, &[1e20], &[1e20], &mut found), Err(Error::NotFinite));
    assert_eq!(Product::to_difference(f32::MAX, f32::MAX), (f32::MAX, 0.0));
    assert_eq!(Product::scale(f32::MAX, f32::MAX), 0.0);
    // A tap that sees nothing stays, whatever its size.
    let (mut u, mut v) = ([1e30f32, 0.0], [0.0f32; 2]);
    let mut entropy = HyperbolicEntropy::new(1e-3f32).unwrap();
    step(&mut entropy, Step::Fixed(0.1), &mut u, &mut v, &[0.0, 1.0], 1.0).unwrap();
    assert!(u[0] == 1e30 && (u[1] - 1e-4).abs() < 1e-10);
    assert_eq!(HyperbolicEntropy::new(1e20f32), Err(Error::Setting { name: "scale" }));
    assert_eq!(Proportionate::new(4, 0.0f32, 1e-45), Err(Error::Setting { name: "regularization" }));
    assert_eq!(curvature(&[1.0f32], &[1e20], &[0.0]), Err(Error::NotFinite));
}

/// Silence where an input is not finite, in steps and in predictions; starts that are not zero are known to the rule.
#[test]
fn extreme_inputs() {
    let mut heard = Filter::<f32, _, 3>::new(Linear, Step::Fixed(0.1), 1.0, 0.0).unwrap();
    assert!(heard.predict(f32::INFINITY).is_nan());
    assert_eq!(heard.predict(2.0), 2.0);
    assert_eq!(heard.step(f32::NAN, 0.0), Err(Error::NotFinite));
    assert_eq!(heard.predict(0.5), 2.5);

    let rule = Proportionate::new(3, 0.5f64, 1e-9).unwrap();
    let mut started = Filter::<f64, _, 3>::new(rule, Step::Fixed(0.01), 1.0, 0.0).unwrap();
    started.step(1.0, 0.0).unwrap();
    // Gain (1 − a)/(2n) + (1 + a)|w|/(2Σ|w|) = 1/12 + 1/4, error −1.
    assert!((started.weights()[0] - (1.0 - 0.01 / 3.0)).abs() < 1e-9);

    let mut line = [0.0f32; 4];
    assert_eq!(filter::push(&mut line, usize::MAX, 1.0), usize::MAX - 1);
    assert_eq!(line, [0.0; 4]);
}

/// Steps of the stochastic equation that would leave the range, and lengths that would.
#[test]
fn extreme_equations() {
    let settings = sde::Settings { step: 1e3f32, dt: 1.0, noise_variance: 0.0 };
    let (mut u, mut v) = ([1.0f32], [0.0f32]);
    let mut scratch = [0.0; sde::scratch_len(1, 1)];
    let mut covariance = Isotropic { dim: 1, variance: 1.0 };
    let mut rng = SplitMix64::new(1);
    let found = sde::step(
        &mut Exponentiated,
        &mut covariance,
        settings,
        &[-1e3],
        &mut u,
        &mut v,
        &mut rng,
        &mut scratch,
    );
    assert_eq!((found, u, v), (Err(Error::NotFinite), [1.0], [0.0]));
    let mut scratch = [0.0f32; 4];
    let mut tall = Diagonal::new(&[1.0f32, 1.0]).unwrap();
    let (u, v) = ([1e18f32, -1e18], [1e18f32, 1e18]);
    assert_eq!(sde::risk(&Product, &mut tall, &[0.0, 0.0], &u, &v, &mut scratch), Err(Error::NotFinite));
    assert_eq!(sde::scratch_len(usize::MAX, usize::MAX), usize::MAX);
    assert_eq!(scratch_len(usize::MAX), usize::MAX);
    assert_eq!(batch_scratch_len(usize::MAX, 1), usize::MAX);
    let nothing = |_: &[f32], _: &mut [f32]| {};
    let mut wide = Products { dim: 1, noise_dim: usize::MAX, apply: nothing, color: nothing };
    let settings = sde::Settings { step: 0.1, dt: 0.1, noise_variance: 0.0 };
    let (mut u, mut v) = ([1.0f32], [0.0f32]);
    let found = sde::step(&mut Product, &mut wide, settings, &[0.0], &mut u, &mut v, &mut rng, &mut scratch);
    assert_eq!(found, Err(Error::Length { expected: usize::MAX, found: 4 }));
}

/// Limits whose numbers would leave the range say so where they are made, or where they would do it.
#[test]
fn extreme_limits() {
    let class = Class { share: 1.0f32, variance: 1.0, target: 3.0 };
    let settings = Settings {
        step: 0.1,
        initialisation: 0.3,
        noise_variance: 0.0,
        scale: Scale::Shrinking,
        half_width: 10.0,
    };
    let (mut density, mut scratch) = ([0.0f32; 9], [0.0; scratch_len(9)]);
    let mut refused = |class, settings| {
        FokkerPlanck::new(&[class], settings, &mut density, &mut scratch).map(|_| ()).unwrap_err()
    };
    let setting = |name| Error::Setting { name };
    assert_eq!(refused(Class { share: 0.0, ..class }, settings), setting("share"));
    assert_eq!(refused(class, Settings { half_width: 100.0, ..settings }), setting("half_width"));
    assert_eq!(refused(class, Settings { initialisation: 1e20, ..settings }), setting("initialisation"));
    assert_eq!(refused(class, Settings { initialisation: 1e-30, ..settings }), setting("initialisation"));
    assert_eq!(refused(Class { target: 1e30, ..class }, settings), setting("half_width"));

    let classes = [class];
    let mut limit = FokkerPlanck::new(&classes, settings, &mut density, &mut scratch).unwrap();
    let before = limit.risk();
    assert_eq!(limit.advance(1e30), Err(Error::NotFinite));
    assert_eq!((limit.risk(), limit.time(), limit.mass(0)), (before, 0.0, 1.0));
    assert_eq!(limit.advance(0.1), Ok(before));

    let mut x = [0.0f32, 0.0];
    assert_eq!(flow::step(&[1.0; 2], &[0.1, 1e6], 0.1, 1.0, &mut x), Err(Error::NotFinite));
    assert!(x[0] > 0.0 && x[1] == 0.0);
    assert_eq!(flow::step(&[1.0; 2], &[f32::NAN, 0.0], 0.1, 1.0, &mut x), Err(Error::NotFinite));

    let directions = [Direction { eigenvalue: 1e10f32, squared_distance: 1e30 }];
    assert_eq!(solve(&directions, 1e-15, 0.0, 1.0, &mut [0.0], &mut [0.0]), Err(Error::NotFinite));
}
