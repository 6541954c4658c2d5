//! Steps of stochastic gradients and the adaptive filter against closed forms and the published-limit figures.
//! Numbers without another source come from an independent numpy program with the recipe in each test's comment.

use reparam::diagonal::rule::{
    Difference, Exponentiated, Floored, HyperbolicEntropy, Linear, Product, Proportionate, Rule, curvature,
    stability_limit,
};
use reparam::diagonal::step::{batch_scratch_len, step, step_batch};
use reparam::diagonal::{Error, Filter, Step, flow};
use reparam::random::{SplitMix64, fill_gaussian, gaussian};

fn sample(rng: &mut SplitMix64, a: &mut [f64]) {
    fill_gaussian(rng, a);
    let scale = (a.len() as f64).sqrt().recip();
    a.iter_mut().for_each(|a| *a *= scale);
}

fn dot(x: &[f64], y: &[f64]) -> f64 {
    x.iter().zip(y).map(|(x, y)| x * y).sum()
}

fn betas<R: Rule<f64>>(rule: &R, u: &[f64], v: &[f64]) -> Vec<f64> {
    u.iter().zip(v).map(|(&u, &v)| rule.weight(u, v)).collect()
}

fn risk(target: &[f64], beta: &[f64]) -> f64 {
    target.iter().zip(beta).map(|(b, w)| (w - b) * (w - b)).sum::<f64>() / (2 * target.len()) as f64
}

/// u∘v and u² − v² are one network: matched starts, twice the step, the same weights.
#[test]
fn parametrizations_agree() {
    let d = 40;
    let mut rng = SplitMix64::new(3);
    let target: Vec<f64> = (0..d).map(|_| gaussian(&mut rng)).collect();
    let (mut u, mut v) = (vec![0.5; d], vec![0.4; d]);
    let (mut p, mut q): (Vec<_>, Vec<_>) =
        u.iter().zip(&v).map(|(&u, &v)| Difference::to_product(u, v)).unzip();
    let mut a = vec![0.0; d];
    for _ in 0..1000 {
        sample(&mut rng, &mut a);
        let y = dot(&a, &target);
        step(&mut Difference, Step::Fixed(0.1), &mut u, &mut v, &a, y).unwrap();
        step(&mut Product, Step::Fixed(0.2), &mut p, &mut q, &a, y).unwrap();
    }
    for (x, y) in betas(&Difference, &u, &v).iter().zip(betas(&Product, &p, &q)) {
        assert!((x - y).abs() < 1e-12, "{x} {y}");
    }
    assert!(risk(&target, &betas(&Difference, &u, &v)) < 0.2);
}

/// Noise shrinks u·v by the law mean log(uv) = 2 log α − 8γ²∫P; d = 800, 10 % of targets ±3, α = 0.3. Of each run by the
/// errors that it saw, −4γ² Σ r²|a|²/d, and on average by the risk. At t = 2 and t = 20.
#[test]
fn noise_shrinks_the_initialisation() {
    for (gamma, time, seeds, published) in
        [(0.1, 2, 24, -2.467), (0.2, 2, 24, -2.573), (0.1, 20, 4, -2.491), (0.2, 20, 4, -2.587)]
    {
        let d = 800;
        let target = sparse_target(d);
        let mut differences = vec![];
        let mut means = vec![];
        for seed in 0..seeds {
            let mut rng = SplitMix64::new(11 + seed);
            let (mut u, mut v, mut a) = (vec![0.3; d], vec![0.3; d], vec![0.0; d]);
            let (mut risks, mut errors) = (0.0, 0.0);
            for _ in 0..time * d {
                risks += risk(&target, &betas(&Difference, &u, &v)) / d as f64;
                sample(&mut rng, &mut a);
                let report =
                    step(&mut Difference, Step::Fixed(gamma), &mut u, &mut v, &a, dot(&a, &target)).unwrap();
                errors += report.error.powi(2) * dot(&a, &a) / d as f64;
            }
            let mean = u.iter().zip(&v).map(|(u, v)| (u * v).ln()).sum::<f64>() / d as f64;
            let start = 2.0 * 0.3f64.ln();
            assert!((mean - (start - 4.0 * gamma * gamma * errors)).abs() < 1e-3);
            differences.push(mean - (start - 8.0 * gamma * gamma * risks));
            means.push(mean);
        }
        let (difference, error) = mean_and_error(&differences);
        assert!(difference.abs() < 3.0 * error + 1e-3, "{difference} ± {error}");
        let (mean, error) = mean_and_error(&means);
        // The published value is that of a single run, ±0.005 between seeds.
        let single = (error * (seeds as f64).sqrt()).max(0.005);
        assert!((mean - published).abs() < 3.0 * single, "{mean} ± {single}");
    }
}

/// Mean and its standard error.
fn mean_and_error(x: &[f64]) -> (f64, f64) {
    let n = x.len() as f64;
    let mean = x.iter().sum::<f64>() / n;
    (mean, (x.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / (n - 1.0) / n).sqrt())
}

/// 0 in nine of ten, then +3 and −3.
fn sparse_target(d: usize) -> Vec<f64> {
    (0..d)
        .map(|i| {
            if i % 20 == 0 {
                3.0
            } else if i % 20 == 10 {
                -3.0
            } else {
                0.0
            }
        })
        .collect()
}

/// EG± keeps every u·v.
#[test]
fn exponentiated_keeps_the_product() {
    let d = 100;
    let mut rng = SplitMix64::new(5);
    let target = sparse_target(d);
    let (mut u, mut v, mut a) = (vec![0.3; d], vec![0.3; d], vec![0.0; d]);
    for _ in 0..16_000 {
        sample(&mut rng, &mut a);
        step(&mut Exponentiated, Step::Fixed(0.1), &mut u, &mut v, &a, dot(&a, &target)).unwrap();
    }
    assert!(u.iter().zip(&v).all(|(u, v)| (u * v - 0.09).abs() < 1e-12));
    assert!(risk(&target, &betas(&Exponentiated, &u, &v)) < 1e-3);
}

/// Lazy limit: with α → ∞ the network is linear least squares of step γₑ = 8γα², whose risk falls as e^(−γₑ(2 − γₑ)t).
#[test]
fn lazy_limit() {
    let (d, alpha) = (1000, 10.0f64);
    for effective in [0.5, 1.0, 1.5] {
        let gamma = effective / (8.0 * alpha * alpha);
        // 16 seeds: a single run scatters by a few per cent at d = 1000.
        let mut mean = [0.0; 3];
        for seed in 0..16 {
            let mut rng = SplitMix64::new(100 + seed);
            let target: Vec<f64> = (0..d).map(|_| gaussian(&mut rng)).collect();
            let start = target.iter().map(|b| b * b).sum::<f64>() / (2 * d) as f64;
            let (mut u, mut v, mut a) = (vec![alpha; d], vec![alpha; d], vec![0.0; d]);
            for mean in &mut mean {
                for _ in 0..d {
                    sample(&mut rng, &mut a);
                    step(&mut Difference, Step::Fixed(gamma), &mut u, &mut v, &a, dot(&a, &target)).unwrap();
                }
                *mean += risk(&target, &betas(&Difference, &u, &v)) / start / 16.0;
            }
        }
        for (t, mean) in mean.into_iter().enumerate() {
            let exact = (-effective * (2.0 - effective) * (t + 1) as f64).exp();
            assert!((mean / exact - 1.0).abs() < 0.05, "γₑ = {effective}, t = {}: {mean} {exact}", t + 1);
        }
    }
}

/// The mirror flow: figures of an independent integration of β' = −4λ(β − b)√(β² + 4c²), and small steps that follow it.
#[test]
fn gradient_flow() {
    let published = [(0.1, 0.37629), (0.2, 0.24866), (0.3, 0.09602), (0.4, 0.01885), (0.5, 0.00232)];
    let mut x = [0.0f64; 3];
    let targets = [0.0, 3.0, -3.0];
    let mut tau = 0.0;
    for (time, risk) in published {
        while tau < time - 5e-5 {
            flow::step(&[1.0; 3], &targets, 0.09, 1e-4, &mut x).unwrap();
            tau += 1e-4;
        }
        let beta = x.map(|x| flow::weight(0.09, x));
        let found = 0.05 * 0.5 * ((beta[1] - 3.0).powi(2) + (beta[2] + 3.0).powi(2));
        assert!((found - risk).abs() < 1e-4, "τ = {time}: {found} {risk}");
        if time == 0.3 {
            assert!((beta[1] - 1.61420).abs() < 1e-4);
        }
    }

    let (d, gamma, seeds) = (400, 0.01, 4);
    let target = sparse_target(d);
    let mut mean = [0.0; 4];
    for seed in 0..seeds {
        let mut rng = SplitMix64::new(7 + seed);
        let (mut u, mut v, mut a) = (vec![0.3; d], vec![0.3; d], vec![0.0; d]);
        for mean in &mut mean {
            for _ in 0..(0.1 / gamma * d as f64).round() as usize {
                sample(&mut rng, &mut a);
                step(&mut Difference, Step::Fixed(gamma), &mut u, &mut v, &a, dot(&a, &target)).unwrap();
            }
            *mean += risk(&target, &betas(&Difference, &u, &v)) / seeds as f64;
        }
    }
    for (mean, (time, risk)) in mean.iter().zip(published) {
        // By the Fokker-Planck equation, γ = 0.01 lies 2 % above the flow at τ = 0.3 and 8 % at τ = 0.4; four seeds spread by
        // about 5 %.
        let apart = if time == 0.4 { 0.08 } else { 0.02 };
        assert!((mean / risk - 1.0).abs() < apart + 0.05, "τ = {time}: {mean} {risk}");
    }
}

/// The step above which the network leaves an interpolating solution: 1000 weights, 100 of them 1, u·v = 0.25.
#[test]
fn stability_threshold() {
    let d = 1000;
    let target: Vec<f64> = (0..d).map(|i| if i % 10 == 0 { 1.0 } else { 0.0 }).collect();
    let (u, v): (Vec<f64>, Vec<f64>) =
        target.iter().map(|&b| Difference::from_weight(b, 0.5).unwrap()).unzip();
    let ones = vec![1.0; d];
    assert!((curvature(&ones, &u, &v).unwrap() - 0.5618).abs() < 1e-4);
    let limit = stability_limit(&Difference, &ones, &u, &v).unwrap();
    assert!((limit - 0.88999).abs() < 1e-5);
    let (p, q): (Vec<_>, Vec<_>) = u.iter().zip(&v).map(|(&u, &v)| Difference::to_product(u, v)).unzip();
    assert!((stability_limit(&Product, &ones, &p, &q).unwrap() / limit - 2.0).abs() < 1e-12);

    let growth = |gamma: f64| {
        let mut mean = 0.0;
        for seed in 0..4 {
            let mut rng = SplitMix64::new(40 + seed);
            let (mut u, mut v, mut a) = (u.clone(), v.clone(), vec![0.0; d]);
            u.iter_mut().for_each(|u| *u *= 1.0 + 1e-6 * gaussian::<f64, _>(&mut rng));
            v.iter_mut().for_each(|v| *v *= 1.0 + 1e-6 * gaussian::<f64, _>(&mut rng));
            let before = risk(&target, &betas(&Difference, &u, &v));
            for _ in 0..4 * d {
                sample(&mut rng, &mut a);
                step(&mut Difference, Step::Fixed(gamma), &mut u, &mut v, &a, dot(&a, &target)).unwrap();
            }
            mean += (risk(&target, &betas(&Difference, &u, &v)) / before).log10() / 4.0;
        }
        mean
    };
    let (below, above) = (growth(0.85), growth(0.95));
    println!("log10 P(4)/P(0): {below} at 0.85, {above} at 0.95");
    assert!((below + 0.44).abs() < 0.35 && (above - 0.38).abs() < 0.35 && above > below + 0.4);
}

/// A mini-batch of equal samples is one step; a batch of two is the step on the mean gradient, against finite differences.
#[test]
fn mini_batches() {
    let (mut rng, d) = (SplitMix64::new(21), 7);
    let mut a = vec![0.0; 2 * d];
    sample(&mut rng, &mut a);
    let targets = [0.7, -0.4];
    let (u, v) = (vec![0.6; d], vec![0.5; d]);
    let loss = |u: &[f64], v: &[f64]| {
        let beta = betas(&Product, u, v);
        a.chunks(d).zip(targets).map(|(a, y)| (dot(a, &beta) - y).powi(2) / 4.0).sum::<f64>()
    };
    let (mut moved_u, mut moved_v) = (u.clone(), v.clone());
    let mut scratch = vec![0.0; batch_scratch_len(d, 2)];
    let gamma = 1e-3;
    let report =
        step_batch(&mut Product, Step::Fixed(gamma), &mut moved_u, &mut moved_v, &a, &targets, &mut scratch)
            .unwrap();
    assert!((report.error.powi(2) - 2.0 * loss(&u, &v)).abs() < 1e-12);
    for i in 0..d {
        let mut up = u.clone();
        let mut down = u.clone();
        up[i] += 1e-5;
        down[i] -= 1e-5;
        let derivative = (loss(&up, &v) - loss(&down, &v)) / 2e-5;
        assert!(((u[i] - moved_u[i]) / gamma - derivative).abs() < 1e-8);
    }

    let twice: Vec<f64> = a[..d].iter().chain(&a[..d]).copied().collect();
    for rate in [Step::Fixed(0.1), Step::Normalized { rate: 0.5, regularization: 0.01 }] {
        let (mut one_u, mut one_v, mut two_u, mut two_v) = (u.clone(), v.clone(), u.clone(), v.clone());
        step(&mut Difference, rate, &mut one_u, &mut one_v, &a[..d], 0.7).unwrap();
        step_batch(&mut Difference, rate, &mut two_u, &mut two_v, &twice, &[0.7; 2], &mut scratch).unwrap();
        assert!(one_u.iter().zip(&two_u).all(|(x, y)| (x - y).abs() < 1e-15));
        assert!(one_v.iter().zip(&two_v).all(|(x, y)| (x - y).abs() < 1e-15));
    }
}

/// A normalized step leaves 1 − rate of the error on its own sample, to first order in the rate.
#[test]
fn a_posteriori_error() {
    fn check<R: Rule<f64>>(mut rule: R) {
        let mut rng = SplitMix64::new(8);
        let (mut u, mut v, mut a) = (vec![0.4; 30], vec![0.3; 30], vec![0.0; 30]);
        sample(&mut rng, &mut a);
        let rate = Step::Normalized { rate: 1e-4, regularization: 0.0 };
        let before = step(&mut rule, rate, &mut u, &mut v, &a, 0.9).unwrap().error;
        let after = 0.9 - dot(&a, &betas(&rule, &u, &v));
        assert!(((1.0 - after / before) / 1e-4 - 1.0).abs() < 1e-3);
    }
    check(Product);
    check(Difference);
    check(Exponentiated);
    check(Floored::new(0.1).unwrap());
    check(HyperbolicEntropy::new(0.1).unwrap());
    check(Linear);
    check(Proportionate::new(30, -0.5, 1e-3).unwrap());
}

/// h[100 + k] = e^(−k/10) cos(0.9k + 0.3), k < 64, of norm 1.
fn echo_path() -> Vec<f64> {
    let mut path = vec![0.0; 512];
    for (k, h) in path[100..164].iter_mut().enumerate() {
        *h = (-(k as f64) / 10.0).exp() * (0.9 * k as f64 + 0.3).cos();
    }
    let norm = dot(&path, &path).sqrt();
    path.iter_mut().for_each(|h| *h /= norm);
    path
}

/// White input and its echo with noise 30 dB below.
fn echo(seed: u64, samples: usize) -> (Vec<f64>, Vec<f64>) {
    let path = echo_path();
    let mut rng = SplitMix64::new(seed);
    let input: Vec<f64> = (0..samples).map(|_| gaussian(&mut rng)).collect();
    let output = (0..samples)
        .map(|n| {
            let clean: f64 = path.iter().take(n + 1).enumerate().map(|(k, h)| h * input[n - k]).sum();
            clean + 1e-3f64.sqrt() * gaussian::<f64, _>(&mut rng)
        })
        .collect();
    (input, output)
}

/// 20 log₁₀ of the relative error of the impulse response after each hundred samples.
fn misalignment<T: reparam::Real, R: Rule<T>>(
    rule: R,
    regularization: f64,
    start: f64,
    input: &[f64],
    output: &[f64],
) -> Vec<f64> {
    let step = Step::Normalized { rate: T::HALF, regularization: T::from_f64(regularization) };
    let start = T::from_f64(start);
    let mut filter = Filter::<T, R, 512>::new(rule, step, start, start).unwrap();
    let path = echo_path();
    let mut curve = vec![];
    for (n, (&x, &y)) in input.iter().zip(output).enumerate() {
        filter.step(T::from_f64(x), T::from_f64(y)).unwrap();
        if n % 100 == 99 {
            let error =
                filter.weights().iter().zip(&path).map(|(w, h)| (w.to_f64() - h).powi(2)).sum::<f64>();
            curve.push(10.0 * error.log10());
        }
    }
    curve
}

fn samples_to(curve: &[f64], level: f64) -> usize {
    100 * (1 + curve.iter().position(|&x| x <= level).expect("level is reached"))
}

/// A sparse echo path in white noise: the sparse filters are faster than NLMS and end at the same level.
///
/// Samples to −20 dB by an independent numpy program, mean of three seeds: NLMS 2870, the network 1530, hyperbolic entropy
/// of scale 2·α² 1070.
#[test]
fn sparse_echo_path() {
    let small = 0.02;
    // δ is a hundredth of Σ gain at the start.
    let gain = 0.01 * 512.0 * 8.0 * small * small;
    // The scale of hyperbolic entropy at which this path is found soonest; at 2·α² it takes a seventh longer.
    let scale = 2e-3;
    let (mut samples, mut ends) = ([0.0; 5], [0.0; 5]);
    for seed in 1..=3 {
        let (input, output) = echo(seed, 20_000);
        let curves = [
            misalignment::<f64, _>(Linear, 0.01 * 512.0, 0.0, &input, &output),
            misalignment::<f64, _>(Difference, gain, small, &input, &output),
            misalignment::<f64, _>(
                HyperbolicEntropy::new(scale).unwrap(),
                0.01 * 512.0 * scale,
                0.0,
                &input,
                &output,
            ),
            misalignment::<f64, _>(Proportionate::new(512, -0.5, 0.01).unwrap(), 0.01, 0.0, &input, &output),
            misalignment::<f64, _>(Exponentiated, gain, small, &input, &output),
        ];
        for ((samples, end), curve) in samples.iter_mut().zip(&mut ends).zip(curves) {
            *samples += samples_to(&curve, -20.0) as f64 / 3.0;
            *end += curve[curve.len() - 20..].iter().sum::<f64>() / 60.0;
        }
    }
    println!("samples to -20 dB {samples:.0?}, ends at {ends:.2?} dB");
    let [linear, network, entropy, proportionate, exponentiated] = samples;
    assert!(network <= 0.6 * linear);
    assert!(entropy <= 0.35 * linear);
    assert!(proportionate <= 0.6 * linear && exponentiated <= 0.6 * linear);
    let (low, high) = ends.iter().fold((f64::MAX, f64::MIN), |(low, high), &x| (low.min(x), high.max(x)));
    assert!(high - low < 1.0);
}

/// Single precision follows double precision.
#[test]
fn precision() {
    let (input, output) = echo(1, 8000);
    let small = 0.02;
    let regularization = 0.01 * 512.0 * 8.0 * small * small;
    let double = misalignment::<f64, _>(Difference, regularization, small, &input, &output);
    let single = misalignment::<f32, _>(Difference, regularization, small, &input, &output);
    for (x, y) in double.iter().zip(&single) {
        assert!((x - y).abs() < 0.01, "{x} {y}");
    }
}

/// A million samples of silence, of impulses and of full scale: every number stays finite. Only EG± refuses a step: the
/// exponential of the pull by one of the thousand impulses, which a filter that knows nothing hears, leaves the range.
#[test]
fn extreme_signals() {
    let step = Step::Normalized { rate: 0.5f32, regularization: 1e-3 };
    extreme_signal(Product, step, 0.04, 0.0, 0);
    extreme_signal(Difference, step, 0.02, 0.02, 0);
    extreme_signal(Floored::new(1e-3).unwrap(), step, 0.02, 0.02, 0);
    extreme_signal(Exponentiated, step, 0.02, 0.02, 1100);
    extreme_signal(HyperbolicEntropy::new(1e-3).unwrap(), step, 0.0, 0.0, 0);
    extreme_signal(Linear, step, 0.0, 0.0, 0);
    extreme_signal(Proportionate::new(32, -0.5, 1e-3).unwrap(), step, 0.0, 0.0, 0);
}

fn extreme_signal<R: Rule<f32>>(rule: R, step: Step<f32>, u: f32, v: f32, most_refused: u32) {
    let mut filter = Filter::<f32, _, 32>::new(rule, step, u, v).unwrap();
    let mut rng = SplitMix64::new(2);
    let mut refused = 0;
    for n in 0..3_000_000u32 {
        let (x, y) = match n / 1_000_000 {
            0 => (0.0, 0.0),
            1 => {
                if n % 1000 == 0 {
                    (1.0, 1.0)
                } else {
                    (0.0, 0.0)
                }
            }
            _ => (
                if gaussian::<f32, _>(&mut rng) > 0.0 { 1.0 } else { -1.0 },
                if n % 2 == 0 { 1.0 } else { -1.0 },
            ),
        };
        match filter.step(x, y) {
            Ok(report) => assert!(report.error.is_finite()),
            Err(error) => {
                assert_eq!(error, Error::NotFinite);
                refused += 1;
            }
        }
    }
    assert!(refused <= most_refused, "{refused}");
    assert!(filter.weights().iter().all(|w| w.is_finite()));
    assert!(filter.state().0.iter().chain(filter.state().1).all(|x| x.is_finite()));
}

/// What cannot be a step is refused, and nothing has changed.
#[test]
fn refused() {
    let (mut u, mut v) = ([0.5f32; 3], [0.25f32; 3]);
    let before = (u, v);
    let mut run =
        |a: [f32; 3], y: f32, size: f32| step(&mut Difference, Step::Fixed(size), &mut u, &mut v, &a, y);
    assert_eq!(run([1.0, f32::NAN, 0.0], 1.0, 0.1), Err(Error::NotFinite));
    assert_eq!(run([1.0, f32::INFINITY, 0.0], 1.0, 0.1), Err(Error::NotFinite));
    assert_eq!(run([1.0, 0.0, 0.0], f32::NAN, 0.1), Err(Error::NotFinite));
    assert_eq!(run([1e20, 0.0, 0.0], 1e20, 1e20), Err(Error::NotFinite));
    assert_eq!((u, v), before);
    // A step that is too long is made, and counted.
    let report = step(&mut Difference, Step::Fixed(1.0), &mut u, &mut v, &[1.0, 0.0, 0.0], 1.0).unwrap();
    assert_eq!(report.flips, 1);
    assert!(u.iter().chain(&v).all(|x| x.is_finite()));

    assert_eq!(
        step(&mut Difference, Step::Fixed(0.1), &mut u, &mut v[..2], &[0.0; 3], 0.0),
        Err(Error::Length { expected: 3, found: 2 })
    );
    assert_eq!(Step::Fixed(0.0).check(), Err(Error::Setting { name: "step" }));
    assert_eq!(Step::Fixed(f64::NAN).check(), Err(Error::Setting { name: "step" }));
    assert_eq!(Floored::new(0.0), Err(Error::Setting { name: "floor" }));
    assert_eq!(Proportionate::new(4, 1.0, 0.1), Err(Error::Setting { name: "proportion" }));
    assert_eq!(Difference::from_weight(1.0, -1.0), Err(Error::Setting { name: "scale" }));
    let mut filter = Filter::<f32, _, 4>::new(Difference, Step::Fixed(0.1), 0.1, 0.1).unwrap();
    assert_eq!(filter.step(f32::NAN, 0.0), Err(Error::NotFinite));
    assert!(filter.step(1.0, 1.0).is_ok());
}

/// u = v = 0 is a saddle of the product.
#[test]
fn saddle() {
    let (mut u, mut v) = ([0.0f64; 2], [0.0f64; 2]);
    for _ in 0..10 {
        step(&mut Product, Step::Fixed(0.1), &mut u, &mut v, &[1.0, 1.0], 1.0).unwrap();
    }
    assert_eq!((u, v), ([0.0; 2], [0.0; 2]));
}
