//! The deterministic limits against independent particles, closed forms and simulated ensembles.

use reparam::diagonal::covariance::{Covariance, Diagonal, Factored, Isotropic, Products};
use reparam::diagonal::fokker_planck::{Class, FokkerPlanck, Scale, Settings, half_width, scratch_len};
use reparam::diagonal::rule::{Difference, Exponentiated, Product, Rule, curvature};
use reparam::diagonal::step::step;
use reparam::diagonal::volterra::{Direction, solve};
use reparam::diagonal::{Error, Step, sde};
use reparam::random::{SplitMix64, fill_gaussian, gaussian};

const CLASSES: [Class<f64>; 3] = [
    Class { share: 0.9, variance: 1.0, target: 0.0 },
    Class { share: 0.05, variance: 1.0, target: 3.0 },
    Class { share: 0.05, variance: 1.0, target: -3.0 },
];

fn settings(step: f64) -> Settings<f64> {
    Settings { step, initialisation: 0.3, noise_variance: 0.0, scale: Scale::Shrinking, half_width: 10.0 }
}

fn risks(step: f64, cells: usize, dt: f64, times: &[f64]) -> Vec<f64> {
    let (mut density, mut scratch) = (vec![0.0; 3 * cells], vec![0.0; scratch_len(cells)]);
    let mut limit = FokkerPlanck::new(&CLASSES, settings(step), &mut density, &mut scratch).unwrap();
    assert!((limit.risk() - 0.45).abs() < 1e-3);
    times
        .iter()
        .map(|&time| {
            while limit.time() < time - 0.5 * dt {
                limit.advance(dt).unwrap();
                for class in 0..3 {
                    assert!((limit.mass(class) - 1.0).abs() < 1e-12, "{:e}", limit.mass(class) - 1.0);
                    assert!(limit.probability(class).iter().all(|&p| p >= 0.0));
                }
            }
            limit.risk()
        })
        .collect()
}

/// Published-limit figures of an independent particle simulation (20,000 particles, dt = 0.0025, 4 seeds): P(4) = 0.0362 ± 0.0004
/// and, extrapolated from finer grids, 0.0357 ± 0.0006, at γ = 0.1. First order: halving cells and steps halves the error.
#[test]
fn refinement() {
    let at_4 = |cells, dt| risks(0.1, cells, dt, &[4.0])[0];
    let values = [at_4(601, 0.02), at_4(1201, 0.01), at_4(2401, 0.005), at_4(4801, 0.0025)];
    let steps: Vec<f64> = values.windows(2).map(|pair| pair[0] - pair[1]).collect();
    println!("{values:?} {steps:?}");
    assert!(steps.windows(2).all(|pair| (1.7..3.0).contains(&(pair[0] / pair[1]))));
    let extrapolated = 2.0 * values[3] - values[2];
    assert!((extrapolated - 0.0357).abs() < 6e-4, "{extrapolated}");
}

/// Time, risk and curvature.
type Row = (f64, f64, f64);

/// The reference case by independent particles, 200,000 of them, dt = 0.01, one seed: risk and curvature. At γ = 0.05, t = 12 the mean
/// of ten runs of stochastic gradients at d = 1600 instead, whose error is known: 0.00170 ± 0.00002.
const PARTICLES: [(f64, &[Row]); 3] = [
    (0.05, &[(4.0, 0.2507, 0.2454), (8.0, 0.0266, 0.3997), (12.0, 0.00170, 0.4550)]),
    (0.1, &[(2.0, 0.2534, 0.2497), (4.0, 0.0357, 0.3985), (6.0, 0.00337, 0.4540), (8.0, 0.00192, 0.4587)]),
    (0.2, &[(2.0, 0.0539, 0.3960), (4.0, 0.00427, 0.4553), (12.0, 0.00051, 0.4388), (20.0, 0.00008, 0.4363)]),
];

/// The density follows the particles.
#[test]
fn particles() {
    for (gamma, rows) in PARTICLES {
        let cells = 4801;
        let (mut density, mut scratch) = (vec![0.0; 3 * cells], vec![0.0; scratch_len(cells)]);
        let mut limit = FokkerPlanck::new(&CLASSES, settings(gamma), &mut density, &mut scratch).unwrap();
        for &(time, risk, curvature) in rows {
            while limit.time() < time - 1e-9 {
                limit.advance(0.005).unwrap();
            }
            // First order in time and width where P falls steeply; the smallest value has one digit.
            let slack = if risk > 1e-4 { 0.06 } else { 0.15 };
            assert!(
                (limit.risk() / risk - 1.0).abs() < slack,
                "γ = {gamma}, t = {time}: {} {risk}",
                limit.risk()
            );
            assert!((limit.curvature() / curvature - 1.0).abs() < 0.01, "γ = {gamma}, t = {time}");
        }
    }
}

/// Late decay is exponential: at γ = 0.2 the logarithm of the risk falls linearly in t.
#[test]
fn late_decay() {
    let times: Vec<f64> = (8..=20).map(f64::from).collect();
    let logs: Vec<f64> = risks(0.2, 4801, 0.01, &times).into_iter().map(f64::ln).collect();
    let n = times.len() as f64;
    let (mean_t, mean_l) = (times.iter().sum::<f64>() / n, logs.iter().sum::<f64>() / n);
    let tl: f64 = times.iter().zip(&logs).map(|(t, l)| (t - mean_t) * (l - mean_l)).sum();
    let tt: f64 = times.iter().map(|t| (t - mean_t) * (t - mean_t)).sum();
    let ll: f64 = logs.iter().map(|l| (l - mean_l) * (l - mean_l)).sum();
    let slope = tl / tt;
    assert!((slope + 0.235).abs() < 0.02, "{slope}");
    assert!(tl * tl / (tt * ll) > 0.99);
}

/// Initialisation shrinks by c = c₀ e^(−8γ²λ∫P), or stays; small weights then stay small.
#[test]
fn effective_initialisation() {
    let cells = 401;
    let (mut density, mut scratch) = (vec![0.0; 3 * cells], vec![0.0; scratch_len(cells)]);
    let mut limit = FokkerPlanck::new(&CLASSES, settings(0.2), &mut density, &mut scratch).unwrap();
    let start = limit.density_above(1.0);
    for _ in 0..400 {
        limit.advance(0.01).unwrap();
    }
    let law = 0.09 * (-8.0 * 0.04 * limit.accumulated_noise()).exp();
    assert!(
        (limit.c(1.0) - law).abs() < 1e-15
            && (limit.effective_initialisation(1.0).powi(2) - law).abs() < 1e-15
    );
    assert!(law < 0.08 && start == 0.0 && (limit.density_above(1.0) - 0.1).abs() < 0.01);

    let constant = Settings { scale: Scale::Constant, ..settings(0.2) };
    let (mut density, mut scratch) = (vec![0.0; 3 * cells], vec![0.0; scratch_len(cells)]);
    let mut limit = FokkerPlanck::new(&CLASSES, constant, &mut density, &mut scratch).unwrap();
    for _ in 0..400 {
        limit.advance(0.01).unwrap();
    }
    assert_eq!(limit.c(1.0), 0.09);
}

/// Runs of stochastic gradients on u² − v² (or EG±) with K = diag(variances): risks and curvatures at the times.
fn ensemble<R: Rule<f64> + Copy>(
    rule: R,
    gamma: f64,
    variances: &[f64],
    target: &[f64],
    times: &[f64],
    seeds: u64,
) -> Vec<Vec<(f64, f64)>> {
    let d = target.len();
    let scale = (d as f64).sqrt().recip();
    (0..seeds)
        .map(|seed| {
            let mut rule = rule;
            let mut rng = SplitMix64::new(1000 + seed);
            let (mut u, mut v, mut a, mut z) = (vec![0.3; d], vec![0.3; d], vec![0.0; d], vec![0.0; d]);
            let mut covariance = Diagonal::new(variances).unwrap();
            let mut scratch = vec![0.0; sde::risk_scratch_len(d)];
            let mut k = 0;
            times
                .iter()
                .map(|time| {
                    while k < (time * d as f64).round() as usize {
                        fill_gaussian(&mut rng, &mut z);
                        covariance.color(&z, &mut a);
                        a.iter_mut().for_each(|a| *a *= scale);
                        let y = a.iter().zip(target).map(|(a, b)| a * b).sum();
                        step(&mut rule, Step::Fixed(gamma), &mut u, &mut v, &a, y).unwrap();
                        k += 1;
                    }
                    let risk = sde::risk(&rule, &mut covariance, target, &u, &v, &mut scratch).unwrap();
                    (risk, curvature(variances, &u, &v).unwrap())
                })
                .collect()
        })
        .collect()
}

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

fn mean_and_deviation(x: impl Iterator<Item = f64> + Clone) -> (f64, f64) {
    let n = x.clone().count() as f64;
    let mean = x.clone().sum::<f64>() / n;
    (mean, (x.map(|x| (x - mean) * (x - mean)).sum::<f64>() / (n - 1.0)).sqrt())
}

/// Ensembles at d = 400 follow the particles within their own scatter, the scatter of the particles, and the bias of finite d.
#[test]
fn ensembles() {
    let d = 400;
    let (target, ones) = (sparse_target(d), vec![1.0; d]);
    for (gamma, rows) in &PARTICLES {
        let times: Vec<f64> = rows.iter().map(|row| row.0).collect();
        let runs = ensemble(Difference, *gamma, &ones, &target, &times, 12);
        for (i, &(time, risk, curvature)) in rows.iter().enumerate() {
            let (mean, deviation) = mean_and_deviation(runs.iter().map(|run| run[i].0));
            let bound = 3.0 * deviation / 12f64.sqrt() + 0.08 * risk + 5e-6;
            assert!((mean - risk).abs() < bound, "γ = {gamma}, t = {time}: {mean} {risk} ± {bound}");
            let (mean, _) = mean_and_deviation(runs.iter().map(|run| run[i].1));
            assert!((mean / curvature - 1.0).abs() < 0.02, "γ = {gamma}, t = {time}: {mean} {curvature}");
        }
    }
}

/// The density of every class, not only of one: variances from 0.5 to 2, for both scales, against ensembles.
#[test]
fn diagonal_covariance() {
    let d = 400;
    let target = sparse_target(d);
    let variances: Vec<f64> = (0..d).map(|i| [0.5, 1.0, 1.5, 2.0][i / 10 % 4]).collect();
    let mut classes = vec![];
    for variance in [0.5, 1.0, 1.5, 2.0] {
        for target_of in [0.0, 3.0, -3.0] {
            let same = |&(&b, &lambda): &(&f64, &f64)| b == target_of && lambda == variance;
            let share = target.iter().zip(&variances).filter(same).count() as f64 / d as f64;
            classes.push(Class { share, variance, target: target_of });
        }
    }
    let cells = 1601;
    for scale in [Scale::Shrinking, Scale::Constant] {
        let (mut density, mut scratch) = (vec![0.0; classes.len() * cells], vec![0.0; scratch_len(cells)]);
        let settings = Settings { scale, ..settings(0.1) };
        let mut limit = FokkerPlanck::new(&classes, settings, &mut density, &mut scratch).unwrap();
        let runs = match scale {
            Scale::Shrinking => ensemble(Difference, 0.1, &variances, &target, &[1.0, 2.0], 12),
            Scale::Constant => ensemble(Exponentiated, 0.1, &variances, &target, &[1.0, 2.0], 12),
        };
        for (i, time) in [1.0, 2.0].into_iter().enumerate() {
            while limit.time() < time - 1e-9 {
                limit.advance(0.005).unwrap();
            }
            let (mean, deviation) = mean_and_deviation(runs.iter().map(|run| run[i].0));
            let bound = 3.0 * deviation / 12f64.sqrt() + 0.04 * mean;
            assert!(
                (mean - limit.risk()).abs() < bound,
                "{scale:?}, t = {time}: {mean} {} ± {bound}",
                limit.risk()
            );
        }
    }
}

/// Runs become alike as d grows: four times the dimension halves their scatter.
#[test]
fn concentration() {
    let deviation = |d: usize| {
        let runs = ensemble(Difference, 0.1, &vec![1.0; d], &sparse_target(d), &[2.0], 60);
        mean_and_deviation(runs.iter().map(|run| run[0].0)).1
    };
    let ratio = deviation(100) / deviation(400);
    assert!((ratio - 2.0).abs() < 0.6, "{ratio}");
}

/// A covariance that is not diagonal: K = G Gᵀ/(2d), G of d × 2d. Stochastic gradients, their stochastic equation, and means of an
/// independent program over 20 runs at d = 512, γ = 0.2, u = 1, v = 0, Gaussian targets.
#[test]
fn marchenko_pastur() {
    let (d, seeds, times) = (256, 10, [1.0, 2.0, 4.0, 6.0]);
    let mut by_method = [[0.0; 4]; 2];
    let mut curvatures = [0.0; 4];
    for seed in 0..seeds {
        let mut rng = SplitMix64::new(77 + seed);
        let mut factor = vec![0.0; 2 * d * d];
        fill_gaussian(&mut rng, &mut factor);
        let target: Vec<f64> = (0..d).map(|_| gaussian(&mut rng)).collect();
        let mut inner = vec![0.0; 2 * d];
        let mut covariance = Factored::new(d, 2 * d, 1.0 / (2 * d) as f64, &factor, &mut inner).unwrap();
        let variances: Vec<f64> =
            factor.chunks(2 * d).map(|row| row.iter().map(|x| x * x).sum::<f64>() / (2 * d) as f64).collect();
        let mut scratch = vec![0.0; sde::scratch_len(d, 2 * d)];
        for (method, risks) in by_method.iter_mut().enumerate() {
            let (mut u, mut v) = (vec![1.0; d], vec![0.0; d]);
            let (mut a, mut z) = (vec![0.0; d], vec![0.0; 2 * d]);
            let mut k = 0;
            for (i, time) in times.into_iter().enumerate() {
                while k < (time * d as f64) as usize {
                    if method == 0 {
                        fill_gaussian(&mut rng, &mut z);
                        covariance.color(&z, &mut a);
                        a.iter_mut().for_each(|a| *a /= (d as f64).sqrt());
                        let y = a.iter().zip(&target).map(|(a, b)| a * b).sum();
                        step(&mut Product, Step::Fixed(0.2), &mut u, &mut v, &a, y).unwrap();
                    } else {
                        let settings = sde::Settings { step: 0.2, dt: 1.0 / d as f64, noise_variance: 0.0 };
                        sde::step(
                            &mut Product,
                            &mut covariance,
                            settings,
                            &target,
                            &mut u,
                            &mut v,
                            &mut rng,
                            &mut scratch,
                        )
                        .unwrap();
                    }
                    k += 1;
                }
                let scratch = &mut scratch[..2 * d];
                risks[i] +=
                    sde::risk(&Product, &mut covariance, &target, &u, &v, scratch).unwrap() / seeds as f64;
                if method == 0 {
                    curvatures[i] += curvature(&variances, &u, &v).unwrap() / seeds as f64;
                }
            }
        }
    }
    println!("{by_method:?} {curvatures:?}");
    // Ten runs at half the dimension scatter by three per cent early and eight late.
    let published = [0.2809, 0.1665, 0.0707, 0.0375];
    let published_curvature = [1.0935, 1.2335, 1.4586, 1.5904];
    for i in 0..4 {
        let [gradients, equation] = [by_method[0][i], by_method[1][i]];
        assert!((gradients / equation - 1.0).abs() < 0.1, "{gradients} {equation}");
        assert!((gradients / published[i] - 1.0).abs() < 0.12);
        assert!((curvatures[i] / published_curvature[i] - 1.0).abs() < 0.04);
    }
}

/// The linear ancestor: λᵢ = i/d, σ = 0.1, distance 1; excess risks of an independent program.
#[test]
fn volterra() {
    let published = [
        (0.5, [0.14329, 0.08644, 0.03660, 0.01094]),
        (1.0, [0.10073, 0.04754, 0.01572, 0.00489]),
        (1.5, [0.08433, 0.03642, 0.01187, 0.00482]),
    ];
    let d = 400;
    let directions: Vec<_> =
        (1..=d).map(|i| Direction { eigenvalue: i as f64 / d as f64, squared_distance: 1.0 }).collect();
    let (mut risk, mut kernel) = (vec![0.0; 801], vec![0.0; 801]);
    for (gamma, excess) in published {
        solve(&directions, gamma, 0.01, 0.01, &mut risk, &mut kernel).unwrap();
        for (time, excess) in [1.0, 2.0, 4.0, 8.0].into_iter().zip(excess) {
            let found = risk[(time * 100.0) as usize] - 0.005;
            assert!((found / excess - 1.0).abs() < 0.01, "γ = {gamma}, t = {time}: {found} {excess}");
        }
    }
}

/// The three ways to give a covariance agree.
#[test]
fn covariances_agree() {
    fn products<K: Covariance<f64>>(mut covariance: K) -> (Vec<f64>, Vec<f64>) {
        let (mut applied, mut colored) = (vec![0.0; 3], vec![0.0; 3]);
        covariance.apply(&[1.0, -2.0, 0.5], &mut applied);
        covariance.color(&[0.3, 1.0, -1.0], &mut colored);
        (applied, colored)
    }
    let isotropic = products(Isotropic { dim: 3, variance: 4.0 });
    assert_eq!(isotropic, products(Diagonal::new(&[4.0; 3]).unwrap()));
    let mut inner = [0.0; 3];
    let factor = [1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0];
    assert_eq!(isotropic, products(Factored::new(3, 3, 4.0, &factor, &mut inner).unwrap()));
    let apply = |x: &[f64], out: &mut [f64]| out.iter_mut().zip(x).for_each(|(out, x)| *out = 4.0 * x);
    let color = |z: &[f64], out: &mut [f64]| out.iter_mut().zip(z).for_each(|(out, z)| *out = 2.0 * z);
    assert_eq!(isotropic, products(Products { dim: 3, noise_dim: 3, apply, color }));
}

#[test]
fn refused() {
    let (mut density, mut scratch) = (vec![0.0; 9], vec![0.0; scratch_len(3)]);
    let mut new = |settings| FokkerPlanck::new(&CLASSES, settings, &mut density, &mut scratch).map(|_| ());
    assert_eq!(new(settings(0.1)), Ok(()));
    assert_eq!(new(settings(0.0)), Err(Error::Setting { name: "step" }));
    assert_eq!(
        new(Settings { half_width: f64::NAN, ..settings(0.1) }),
        Err(Error::Setting { name: "half_width" })
    );
    assert_eq!(
        new(Settings { noise_variance: -1.0, ..settings(0.1) }),
        Err(Error::Setting { name: "noise_variance" })
    );
    let mut limit = FokkerPlanck::new(&CLASSES, settings(0.1), &mut density, &mut scratch).unwrap();
    assert_eq!(limit.advance(f64::INFINITY), Err(Error::Setting { name: "dt" }));
    let mut short = vec![0.0; 8];
    assert_eq!(
        FokkerPlanck::new(&CLASSES, settings(0.1), &mut short, &mut scratch).map(|_| ()),
        Err(Error::Empty)
    );
    assert_eq!(Diagonal::new(&[1.0, -1.0]).map(|_| ()), Err(Error::Setting { name: "variances" }));
    assert_eq!(
        Factored::new(2, 1, 1.0, &[1.0], &mut [0.0]).map(|_| ()),
        Err(Error::Length { expected: 2, found: 1 })
    );
    assert!((half_width(0.3f64, 3.0) - 5.5).abs() < 0.1);
    let (mut risk, mut kernel) = (vec![0.0; 3], vec![0.0; 3]);
    assert_eq!(solve::<f64>(&[], 0.1, 0.0, 0.1, &mut risk, &mut kernel), Err(Error::Empty));
    let one = [Direction { eigenvalue: 1.0, squared_distance: 1.0 }];
    assert_eq!(solve(&one, 100.0, 0.0, 1.0, &mut risk, &mut kernel), Err(Error::Setting { name: "h" }));
}
