//! Objectives: values against plain formulas, and candidates, moves and degrees against values.

mod instances;

use instances::{correlation, gaussians, heterogeneous, joint_diagonalization, random_frame};
use reparam::Real;
use reparam::givens::objective::{
    Absolute, Closure, Contrast, Degree, HeterogeneousQuadratic, JointDiagonalization, Kurtosis, Landscape,
    LogCosh, Objective, Procrustes, Projection, Sources, TestFunction, Trace, Varimax, Wahba,
};
use reparam::givens::{Error, Plane, Rotation};
use reparam::random::SplitMix64;

fn cast<T: Real>(x: &[f64]) -> Vec<T> {
    x.iter().map(|&x| T::from_f64(x)).collect()
}

fn planes(rows: usize) -> impl Iterator<Item = Plane> {
    (0..rows).flat_map(|j| (0..j).map(move |i| Plane { i, j }))
}

/// Candidate values, moves and the degree of `objective` against its own full value, in every plane.
///
/// `tolerance` is relative to `scale`, the size of what the value is a sum of.
fn consistent<T: Real>(name: &str, objective: &mut dyn Objective<T>, scale: f64, tolerance: f64) {
    let (rows, cols) = (objective.rows(), objective.cols());
    let mut frame: Vec<T> = cast(&random_frame(&mut SplitMix64::new(11), rows, cols));
    let mut scratch = vec![T::ZERO; objective.scratch_len()];
    let close = |x: T, y: T| ((x - y) / T::from_f64(scale)).abs() <= T::from_f64(tolerance);
    objective.value(&frame);
    for (count, plane) in planes(rows).enumerate() {
        for angle in [T::PI, T::ONE, -T::ONE, T::from_f64(1e-3)] {
            let rotation = Rotation::new(angle);
            let candidate = objective.rotated(&frame, plane, rotation, &mut scratch);
            let mut rotated = frame.clone();
            rotation.apply_rows(plane, cols, &mut rotated);
            let full = objective.value(&rotated);
            objective.value(&frame);
            assert!(close(candidate, full), "{name} {plane:?} {angle}: {candidate} for {full}");
        }
        if let Some(degree) = objective.degree() {
            let points = 2 * degree.get() + 1;
            let sample = |angle: T| {
                objective.rotated(&frame, plane, Rotation::new(angle), &mut vec![T::ZERO; scratch.len()])
            };
            let at = |k: usize| T::TAU * T::from_usize(k) / T::from_usize(points);
            let samples: Vec<T> = (0..points).map(|k| sample(at(k))).collect();
            // Interpolation by the Dirichlet kernel.
            let angle = T::from_f64(0.7);
            let interpolated = (0..points)
                .map(|k| {
                    let half = (angle - at(k)) * T::HALF;
                    let kernel = (half * T::from_usize(points)).sin_cos().0 / half.sin_cos().0;
                    samples[k] * kernel / T::from_usize(points)
                })
                .sum::<T>();
            assert!(close(interpolated, sample(angle)), "{name} {plane:?}: not of degree {degree:?}");
        }
        // Moves without a fresh value in between.
        let rotation = Rotation::new(T::from_usize(count + 1) * T::from_f64(0.37));
        objective.accept(&frame, plane, rotation);
        rotation.apply_rows(plane, cols, &mut frame);
    }
    let plane = Plane { i: 0, j: 1 };
    let kept = objective.rotated(&frame, plane, Rotation::new(T::ONE), &mut scratch);
    objective.value(&frame);
    let fresh = objective.rotated(&frame, plane, Rotation::new(T::ONE), &mut scratch);
    assert!(close(kept, fresh), "{name}: {kept} after moves, {fresh} fresh");
}

fn all_consistent<T: Real>(tolerance: f64) {
    let mut rng = SplitMix64::new(1);
    let matrix: Vec<T> = cast(&correlation(&mut rng, 20));
    for cols in [1, 2, 20] {
        let mut buffer = vec![T::ZERO; Trace::<T>::buffer_len(20, cols)];
        let scale = cols as f64;
        consistent("trace", &mut Trace::smallest(20, cols, &matrix, &mut buffer).unwrap(), scale, tolerance);
        consistent("pca", &mut Trace::largest(20, cols, &matrix, &mut buffer).unwrap(), scale, tolerance);
    }

    let matrices: Vec<T> = cast(&heterogeneous(1));
    let mut buffer = vec![T::ZERO; HeterogeneousQuadratic::<T>::buffer_len(20, 10)];
    let mut objective = HeterogeneousQuadratic::new(20, 10, &matrices, &mut buffer).unwrap();
    consistent("hqf", &mut objective, 10.0, tolerance);

    let matrices: Vec<T> = cast(&joint_diagonalization(1, 10, 5));
    let mut buffer = vec![T::ZERO; JointDiagonalization::<T>::buffer_len(10, 5)];
    let mut objective = JointDiagonalization::new(10, &matrices, &mut buffer).unwrap();
    consistent("ojd", &mut objective, 20.0, tolerance);

    let (a, b): (Vec<T>, Vec<T>) = (cast(&gaussians(&mut rng, 60)), cast(&gaussians(&mut rng, 36)));
    let mut buffer = vec![T::ZERO; Procrustes::<T>::buffer_len(5, 3)];
    let mut objective = Procrustes::new(5, 3, &a, &b, &mut buffer).unwrap();
    consistent("procrustes", &mut objective, 100.0, tolerance);

    let mut buffer = vec![T::ZERO; Wahba::<T>::buffer_len(4, 3)];
    let mut objective = Wahba::new(4, 3, &mut buffer).unwrap();
    for _ in 0..20 {
        let (b, a): (Vec<T>, Vec<T>) = (cast(&gaussians(&mut rng, 4)), cast(&gaussians(&mut rng, 3)));
        objective.add(T::HALF, &b, &a).unwrap();
    }
    consistent("wahba", &mut objective, 100.0, tolerance);

    let data: Vec<T> = cast(&gaussians(&mut rng, 5 * 40));
    fn projection<T: Real, C: Contrast<T>>(name: &str, data: &[T], contrast: C, scale: f64, tolerance: f64) {
        let mut buffer = vec![T::ZERO; Projection::<T, C>::buffer_len(5, 40)];
        let mut objective = Projection::new(5, 5, data, contrast, &mut buffer).unwrap();
        consistent(name, &mut objective, scale, tolerance);
    }
    projection("l1 pca", &data, Absolute, 200.0, tolerance);
    projection("varimax", &data, Varimax, 15.0, tolerance);
    for sources in [Sources::SuperGaussian, Sources::SubGaussian, Sources::Mixed] {
        projection("log cosh", &data, LogCosh(sources), 2.0, tolerance);
        projection("kurtosis", &data, Kurtosis(sources), 50.0, tolerance);
    }

    for (landscape, scale) in [
        (Landscape::Ackley, 40.0),
        (Landscape::Griewank, 3.0),
        (Landscape::Rastrigin, 3000.0),
        (Landscape::Rosenbrock, 10_000.0),
    ] {
        let mut buffer = vec![T::ZERO; TestFunction::<T>::buffer_len(6)];
        let mut objective = TestFunction::new(landscape, 6, &mut buffer).unwrap();
        consistent(&format!("{landscape:?}"), &mut objective, scale, 10.0 * tolerance);
    }

    let mut closure = Closure::new(4, 2, |q: &[T]| q[0] * q[3].exp() - q[7]);
    consistent("closure", &mut closure, 1.0, tolerance);
}

#[test]
fn candidates_and_moves_agree_with_full_values() {
    all_consistent::<f64>(1e-13);
    all_consistent::<f32>(3e-5);
}

/// Relative to the value itself, as the published figures are.
#[test]
fn candidates_are_relatively_exact() {
    fn check(name: &str, objective: &mut dyn Objective<f64>, seed: u64) {
        let (rows, cols) = (objective.rows(), objective.cols());
        let frame = random_frame(&mut SplitMix64::new(seed), rows, cols);
        for plane in planes(rows) {
            for angle in [std::f64::consts::PI, 1.0, 1e-3] {
                let rotation = Rotation::new(angle);
                objective.value(&frame);
                let candidate = objective.rotated(&frame, plane, rotation, &mut []);
                let mut rotated = frame.clone();
                rotation.apply_rows(plane, cols, &mut rotated);
                let full = objective.value(&rotated);
                assert!((candidate / full - 1.0).abs() <= 1e-10, "{name} {plane:?}: {candidate} for {full}");
            }
        }
    }
    for seed in 1..=3 {
        let matrix = correlation(&mut SplitMix64::new(seed), 20);
        let mut buffer = vec![0.0; Trace::<f64>::buffer_len(20, 2)];
        check("trace", &mut Trace::smallest(20, 2, &matrix, &mut buffer).unwrap(), seed);
        let matrices = heterogeneous(seed);
        let mut buffer = vec![0.0; HeterogeneousQuadratic::<f64>::buffer_len(20, 10)];
        check("hqf", &mut HeterogeneousQuadratic::new(20, 10, &matrices, &mut buffer).unwrap(), seed);
        let matrices = joint_diagonalization(seed, 10, 5);
        let mut buffer = vec![0.0; JointDiagonalization::<f64>::buffer_len(10, 5)];
        check("ojd", &mut JointDiagonalization::new(10, &matrices, &mut buffer).unwrap(), seed);
    }
}

/// Values against the definitions, written as loops over a 3 by 2 (or 3 by 3) frame.
#[test]
fn values_agree_with_their_definitions() {
    let mut rng = SplitMix64::new(5);
    let close = |name: &str, x: f64, y: f64| {
        assert!((x - y).abs() <= 1e-12 * y.abs().max(1.0), "{name}: {x} for {y}")
    };
    let q = random_frame(&mut rng, 3, 2);
    let column =
        |q: &[f64], cols: usize, c: usize| -> Vec<f64> { q.chunks(cols).map(|row| row[c]).collect() };
    let form = |m: &[f64], x: &[f64], y: &[f64]| -> f64 { (0..9).map(|k| x[k / 3] * m[k] * y[k % 3]).sum() };
    let matrices: Vec<f64> = (0..2).flat_map(|_| correlation(&mut rng, 3)).collect();
    let (q0, q1) = (column(&q, 2, 0), column(&q, 2, 1));

    let mut buffer = [0.0; 6];
    let trace = form(&matrices[..9], &q0, &q0) + form(&matrices[..9], &q1, &q1);
    close("trace", Trace::smallest(3, 2, &matrices[..9], &mut buffer).unwrap().value(&q), trace);
    close("pca", Trace::largest(3, 2, &matrices[..9], &mut buffer).unwrap().value(&q), -trace);
    let sum = form(&matrices[..9], &q0, &q0) + form(&matrices[9..], &q1, &q1);
    close("hqf", HeterogeneousQuadratic::new(3, 2, &matrices, &mut buffer).unwrap().value(&q), -sum);

    let w = random_frame(&mut rng, 3, 3);
    let columns: Vec<_> = (0..3).map(|c| column(&w, 3, c)).collect();
    let off = |m: &[f64]| -> f64 {
        (0..9).filter(|k| k / 3 != k % 3).map(|k| form(m, &columns[k / 3], &columns[k % 3]).powi(2)).sum()
    };
    let mut buffer = [0.0; JointDiagonalization::<f64>::buffer_len(3, 2)];
    let expected = off(&matrices[..9]) + off(&matrices[9..]);
    close("ojd", JointDiagonalization::new(3, &matrices, &mut buffer).unwrap().value(&w), expected);

    let (a, b) = (gaussians(&mut rng, 12), gaussians(&mut rng, 8));
    let residual: f64 = (0..8)
        .map(|k| {
            let (t, c) = (k / 2, k % 2);
            ((0..3).map(|r| a[3 * t + r] * q[2 * r + c]).sum::<f64>() - b[k]).powi(2)
        })
        .sum();
    let mut buffer = [0.0; Procrustes::<f64>::buffer_len(3, 2)];
    close("procrustes", Procrustes::new(3, 2, &a, &b, &mut buffer).unwrap().value(&q), residual);

    let mut buffer = [0.0; 6];
    let mut wahba = Wahba::new(3, 2, &mut buffer).unwrap();
    let mut expected = 0.0;
    for _ in 0..4 {
        let (b, a) = (gaussians(&mut rng, 3), gaussians(&mut rng, 2));
        wahba.add(0.7, &b, &a).unwrap();
        expected += 0.7 * (0..3).map(|r| (b[r] - q[2 * r] * a[0] - q[2 * r + 1] * a[1]).powi(2)).sum::<f64>();
    }
    close("wahba", wahba.value(&q), expected);

    let data = gaussians(&mut rng, 3 * 7);
    let projections: Vec<Vec<f64>> = [&q0, &q1]
        .iter()
        .map(|q| (0..7).map(|t| (0..3).map(|r| q[r] * data[7 * r + t]).sum()).collect())
        .collect();
    let each = |f: &dyn Fn(&[f64]) -> f64| -> f64 { projections.iter().map(|u| f(u)).sum() };
    let mean = |u: &[f64], f: &dyn Fn(f64) -> f64| u.iter().map(|&u| f(u)).sum::<f64>() / 7.0;
    let log_cosh = |u: f64| u.cosh().ln();
    let fourth = |u: f64| u.powi(4);
    fn value<C: Contrast<f64>>(data: &[f64], contrast: C, q: &[f64]) -> f64 {
        let mut buffer = [0.0; 14];
        Projection::new(3, 2, data, contrast, &mut buffer).unwrap().value(q)
    }
    close("l1", value(&data, Absolute, &q), each(&|u| -7.0 * mean(u, &f64::abs)));
    close("log cosh", value(&data, LogCosh(Sources::SuperGaussian), &q), each(&|u| mean(u, &log_cosh)));
    close("log cosh", value(&data, LogCosh(Sources::SubGaussian), &q), each(&|u| -mean(u, &log_cosh)));
    close(
        "negentropy",
        value(&data, LogCosh(Sources::Mixed), &q),
        each(&|u| -(mean(u, &log_cosh) - 0.374_567_207_491_437_96).powi(2)),
    );
    close("kurtosis", value(&data, Kurtosis(Sources::SuperGaussian), &q), each(&|u| -mean(u, &fourth)));
    close("kurtosis", value(&data, Kurtosis(Sources::SubGaussian), &q), each(&|u| mean(u, &fourth)));
    let excess = each(&|u| -(mean(u, &fourth) - 3.0).powi(2));
    close("kurtosis", value(&data, Kurtosis(Sources::Mixed), &q), excess);
    let varimax = each(&|u| mean(u, &|u| u * u).powi(2) - mean(u, &fourth));
    close("varimax", value(&data, Varimax, &q), varimax);
}

#[test]
fn test_functions_have_their_minimum_at_the_identity_and_the_textbook_values_elsewhere() {
    let evaluate = |landscape, q: &[f64]| {
        let mut buffer = [0.0; 8];
        TestFunction::new(landscape, 2, &mut buffer).unwrap().value(q)
    };
    let (e, tau) = (std::f64::consts::E, std::f64::consts::TAU);
    for landscape in [Landscape::Ackley, Landscape::Griewank, Landscape::Rastrigin, Landscape::Rosenbrock] {
        assert!(evaluate(landscape, &[1.0, 0.0, 0.0, 1.0]).abs() < 1e-12, "{landscape:?}");
    }
    // Off-diagonal entries column by column: (2, 1) before (1, 2).
    let (c, s) = (0.8, 0.6);
    let rotation = [c, -s, s, c];
    let (diagonal, others) = ([10.0 * (c - 1.0); 2], [10.0 * s, -10.0 * s]);
    let ackley = |x: [f64; 2]| {
        let (square, wave) = ((x[0] * x[0] + x[1] * x[1]) / 2.0, (tau * x[0]).cos() + (tau * x[1]).cos());
        -20.0 * (-0.2 * square.sqrt()).exp() - (wave / 2.0).exp() + 20.0 + e
    };
    let griewank =
        |x: [f64; 2]| 1.0 + (x[0] * x[0] + x[1] * x[1]) / 4000.0 - x[0].cos() * (x[1] / 2.0f64.sqrt()).cos();
    let rastrigin = |x: [f64; 2]| x.iter().map(|x| x * x - 10.0 * (tau * x).cos() + 10.0).sum::<f64>();
    let rosenbrock = |x: [f64; 2]| 100.0 * (x[1] - x[0] * x[0]).powi(2) + (1.0 - x[0]).powi(2);
    for (landscape, expected) in [
        (Landscape::Ackley, ackley(diagonal) + ackley(others)),
        (Landscape::Griewank, griewank(diagonal) + griewank(others)),
        (Landscape::Rastrigin, rastrigin(diagonal) + rastrigin(others)),
        (Landscape::Rosenbrock, rosenbrock([c, c]) + rosenbrock([1.0 + s, 1.0 - s])),
    ] {
        let value = evaluate(landscape, &rotation);
        assert!((value - expected).abs() < 1e-12 * expected.abs(), "{landscape:?}: {value} for {expected}");
    }
    // One dimension has no off-diagonal part.
    let mut buffer = [0.0; 4];
    assert_eq!(TestFunction::new(Landscape::Griewank, 1, &mut buffer).unwrap().value(&[1.0]), 0.0);
}

#[test]
fn degrees_are_declared() {
    let matrix = [1.0, 0.0, 0.0, 2.0];
    let (mut a, mut b) = ([0.0; 4], [0.0; 6]);
    assert_eq!(Trace::smallest(2, 2, &matrix, &mut a).unwrap().degree(), Some(Degree::Two));
    assert_eq!(JointDiagonalization::new(2, &matrix, &mut b).unwrap().degree(), Some(Degree::Four));
    assert_eq!(Contrast::<f64>::degree(&Kurtosis(Sources::Mixed)), None);
    assert_eq!(Contrast::<f64>::degree(&Kurtosis(Sources::SubGaussian)), Some(Degree::Four));
}

#[test]
fn bad_arguments_are_refused() {
    let mut buffer = [0.0; 64];
    let good = [2.0, 1.0, 1.0, 3.0];
    let skew = [2.0, 1.0, -1.0, 3.0];
    let holed = [2.0, f64::NAN, f64::NAN, 3.0];
    let refused = |matrix: &[f64], buffer: &mut [f64]| Trace::smallest(2, 1, matrix, buffer).unwrap_err();
    assert_eq!(refused(&good, &mut buffer[..3]), Error::Length { expected: 2, found: 3 });
    assert_eq!(refused(&good[..3], &mut buffer[..2]), Error::Length { expected: 4, found: 3 });
    assert_eq!(refused(&skew, &mut buffer[..2]), Error::NotSymmetric { row: 1, col: 0 });
    assert_eq!(refused(&holed, &mut buffer[..2]), Error::NotFinite);
    assert_eq!(
        Trace::smallest(1, 2, &good, &mut buffer[..2]).unwrap_err(),
        Error::Dimensions { rows: 1, cols: 2 }
    );
    assert_eq!(
        HeterogeneousQuadratic::new(2, 2, &good, &mut buffer[..4]).unwrap_err(),
        Error::Length { expected: 8, found: 4 }
    );
    assert_eq!(
        JointDiagonalization::new(2, &good[..3], &mut buffer[..6]).unwrap_err(),
        Error::Length { expected: 0, found: 3 }
    );
    assert_eq!(Procrustes::new(2, 1, &good, &holed[..2], &mut buffer[..8]).unwrap_err(), Error::NotFinite);
    assert_eq!(
        Projection::new(2, 2, &good[..3], Absolute, &mut buffer[..2]).unwrap_err(),
        Error::Length { expected: 2, found: 3 }
    );
    let mut wahba = Wahba::new(2, 1, &mut buffer[..2]).unwrap();
    assert_eq!(wahba.add(1.0, &good, &good[..1]), Err(Error::Length { expected: 2, found: 4 }));
    assert_eq!(wahba.add(f64::INFINITY, &good[..2], &good[..1]), Err(Error::NotFinite));
    assert_eq!(wahba.value(&[1.0, 0.0]), 0.0, "nothing was added");
    assert_eq!(
        TestFunction::<f64>::new(Landscape::Ackley, 3, &mut buffer[..11]).unwrap_err(),
        Error::Length { expected: 12, found: 11 }
    );
}
