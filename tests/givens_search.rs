//! Searches as machines: counts, order, ends, refusals.

use reparam::Real;
use reparam::givens::frame::{clean_up_scratch, orthogonality_error};
use reparam::givens::objective::{Closure, Degree, Objective};
use reparam::givens::search::{
    Ask, Multistart, PatternConfig, PatternSearch, PlaneConfig, PlaneSearch, Report, Search, Stop, minimize,
    minimize_guarded, scatter,
};
use reparam::givens::{DriftGuard, Error, Plane};
use reparam::random::SplitMix64;

/// The first columns of the identity.
fn identity<T: Real>(rows: usize, cols: usize) -> Vec<T> {
    (0..rows * cols).map(|k| if k / cols == k % cols { T::ONE } else { T::ZERO }).collect()
}

fn run<T: Real, S: Search<T>>(
    search: &mut S,
    rows: usize,
    cols: usize,
    function: impl Fn(&[T]) -> T,
) -> (Report<T>, Vec<T>) {
    let mut frame = identity(rows, cols);
    let mut objective = Closure::new(rows, cols, function);
    let mut scratch = vec![T::ZERO; rows * cols];
    let report = minimize(&mut objective, &mut frame, search, &mut scratch).unwrap();
    assert_eq!(search.pending(), 0);
    assert_eq!(report, search.report());
    (report, frame)
}

fn constant_counts<T: Real>() {
    let published = PatternConfig::<T>::published();
    let coarse = PatternConfig { step_floor: T::from_f64(1e-6), ..published };
    for (rows, config, evaluations, iterations) in
        [(5, published, 2982, 142), (7, published, 6106, 142), (6, coarse, 1488, 48)]
    {
        let mut search = PatternSearch::new(rows, config).unwrap();
        let (report, frame) = run(&mut search, rows, rows, |_| T::ONE);
        assert_eq!(report.evaluations, evaluations, "rows {rows}");
        assert_eq!((report.iterations, report.runs, report.moves), (iterations, 2, 0), "rows {rows}");
        assert_eq!(report.stop, Some(Stop::Converged));
        assert_eq!(frame, identity::<T>(rows, rows), "a frame that never improves never moves");
    }
}

#[test]
fn constant_objective_costs_the_published_evaluations() {
    constant_counts::<f32>();
    constant_counts::<f64>();
}

fn never_accepted<T: Real>() {
    for bad in [T::NAN, T::INFINITY, -T::INFINITY] {
        let mut pattern = PatternSearch::new(3, PatternConfig::<T>::default()).unwrap();
        let mut exact = PlaneSearch::new(3, Some(Degree::Four), PlaneConfig::<T>::default()).unwrap();
        let mut model = PlaneSearch::new(3, None, PlaneConfig::<T>::default()).unwrap();
        for search in [&mut pattern as &mut dyn Search<T>, &mut exact, &mut model] {
            let mut evaluations = 0u32;
            while !matches!(search.ask(), Ask::Done(_)) {
                assert_eq!(search.tell(bad), None, "{bad}");
                evaluations += 1;
                assert!(evaluations < 1_000, "{bad} blocks the end");
            }
            let report = search.report();
            assert_eq!((report.value, report.stop, report.moves), (None, Some(Stop::Converged), 0), "{bad}");
        }
        // A frame without a value is left for the first that has one, and a hole is never entered.
        let function = |q: &[T]| if q[0] > T::from_f64(0.9) { bad } else { q[1] };
        let mut pattern = PatternSearch::new(3, PatternConfig::<T>::default()).unwrap();
        let (report, frame) = run(&mut pattern, 3, 1, function);
        assert!(report.value.unwrap() < T::from_f64(-0.999), "{bad}: {report:?}");
        assert!(frame[0] < T::from_f64(0.9));
        let mut model = PlaneSearch::new(3, None, PlaneConfig::<T>::default()).unwrap();
        let (report, frame) = run(&mut model, 3, 1, function);
        // Planes with a hole among their samples only offer the samples.
        assert!(report.value.unwrap() < T::from_f64(-0.95), "{bad}: {report:?}");
        assert!(frame[0] < T::from_f64(0.9));
    }
}

#[test]
fn values_that_are_not_finite_are_never_accepted_and_never_block() {
    never_accepted::<f32>();
    never_accepted::<f64>();
}

#[test]
fn candidates_come_in_the_documented_order_and_the_first_of_equals_wins() {
    let mut search = PatternSearch::new(4, PatternConfig::<f64>::default()).unwrap();
    assert_eq!((search.ask(), search.pending()), (Ask::Incumbent, 1));
    search.tell(0.0);
    let expected: Vec<_> = [(0, 1), (0, 2), (1, 2), (0, 3), (1, 3), (2, 3)]
        .into_iter()
        .flat_map(|(i, j)| [(Plane { i, j }, 1.0), (Plane { i, j }, -1.0)])
        .collect();
    assert_eq!(search.pending(), expected.len());
    let listed: Vec<_> = (0..search.pending()).map(|k| search.pending_at(k)).collect();
    let mut accepted = None;
    for (k, (plane, sign)) in expected.iter().enumerate() {
        let Ask::Rotated(candidate) = search.ask() else { panic!("a candidate, not {:?}", search.ask()) };
        assert_eq!(listed[k], search.ask());
        assert_eq!(search.pending(), expected.len() - k);
        assert_eq!(candidate.plane, *plane);
        let angle = candidate.rotation.s.atan2(candidate.rotation.c);
        assert!((angle - sign * std::f64::consts::PI).abs() < 1e-15, "{k}: {angle}");
        // Equally good from number 3 on.
        accepted = search.tell(if k < 3 { 1.0 } else { -1.0 });
        assert_eq!(accepted.is_some(), k + 1 == expected.len());
    }
    assert_eq!(accepted.unwrap().plane, expected[3].0);
    assert_eq!(search.ask(), Ask::Incumbent);
}

#[test]
fn budgets_are_kept_to_the_evaluation() {
    let function = |q: &[f64]| q.iter().zip(1..).map(|(x, k)| x * x * x * f64::from(k)).sum();
    for budget in [1u64, 2, 13, 14, 15, 30, 500] {
        let config = PatternConfig { evaluations: budget, ..PatternConfig::default() };
        let mut pattern = PatternSearch::new(4, config).unwrap();
        let config = PlaneConfig { evaluations: budget, ..PlaneConfig::default() };
        let mut plane = PlaneSearch::new(4, None, config).unwrap();
        for report in [run(&mut pattern, 4, 2, function).0, run(&mut plane, 4, 2, function).0] {
            assert!(report.evaluations <= budget && report.evaluations >= 1, "{budget}: {report:?}");
            assert!(report.value.is_some());
            if budget < 500 {
                assert_eq!(report.stop, Some(Stop::Evaluations), "{budget}");
            }
        }
    }
    let config = PatternConfig { evaluations: 3_000, ..PatternConfig::<f64>::default() };
    let mut search = PatternSearch::new(3, config).unwrap();
    let mut objective = Closure::new(3, 3, function);
    let (mut frame, mut best, mut scratch) = (identity(3, 3), vec![0.0; 9], vec![0.0; 9]);
    let report = Multistart::new(3, 3, u32::MAX, true)
        .unwrap()
        .minimize(&mut objective, &mut frame, &mut search, &mut best, &mut scratch, &mut SplitMix64::new(1))
        .unwrap();
    assert!(report.evaluations <= 3_000 && report.evaluations > 2_900, "{report:?}");
}

#[test]
fn settings_without_sense_are_refused() {
    let good = PatternConfig::<f64>::default();
    for (config, name) in [
        (PatternConfig { first_step: f64::NAN, ..good }, "first_step"),
        (PatternConfig { shrink: 1.0, ..good }, "shrink"),
        (PatternConfig { iteration_tolerance: 0.0, ..good }, "iteration_tolerance"),
        (PatternConfig { run_tolerance: f64::INFINITY, ..good }, "run_tolerance"),
        (PatternConfig { step_floor: -1.0, ..good }, "step_floor"),
        (PatternConfig { iterations: 0, ..good }, "iterations"),
        (PatternConfig { runs: 0, ..good }, "runs"),
        (PatternConfig { evaluations: 0, ..good }, "evaluations"),
    ] {
        assert_eq!(PatternSearch::new(3, config).unwrap_err(), Error::Setting { name });
    }
    assert_eq!(PatternSearch::new(1, good).unwrap_err(), Error::Dimensions { rows: 1, cols: 1 });
    let good = PlaneConfig::<f32>::default();
    for (config, name) in [
        (PlaneConfig { tolerance: f32::NAN, ..good }, "tolerance"),
        (PlaneConfig { relaxation: 2.0, ..good }, "relaxation"),
        (PlaneConfig { sweeps: 0, ..good }, "sweeps"),
        (PlaneConfig { evaluations: 0, ..good }, "evaluations"),
    ] {
        assert_eq!(PlaneSearch::new(3, None, config).unwrap_err(), Error::Setting { name });
    }
    assert_eq!(Multistart::<f32>::new(3, 3, 0, true).unwrap_err(), Error::Setting { name: "starts" });
    let mut objective = Closure::new(2, 1, |q: &[f64]| q[0]);
    let mut search = PatternSearch::new(2, PatternConfig::default()).unwrap();
    assert_eq!(
        minimize(&mut objective, &mut [1.0; 3], &mut search, &mut [0.0; 2]),
        Err(Error::Length { expected: 2, found: 3 })
    );
    assert_eq!(
        minimize(&mut objective, &mut [1.0, f64::NAN], &mut search, &mut [0.0; 2]),
        Err(Error::NotFinite)
    );
}

/// Scatter is uniform: second moments of the entries, and independence of where it starts.
#[test]
fn scattered_frames_are_uniform() {
    const DRAWS: usize = 20_000;
    let mut rng = SplitMix64::new(3);
    let mut frame = identity::<f64>(4, 2);
    let (mut mean, mut square, mut fourth) = (0.0, 0.0, 0.0);
    for _ in 0..DRAWS {
        scatter(4, 2, &mut frame, &mut rng);
        mean += frame[7];
        square += frame[7] * frame[7];
        fourth += frame[0].powi(4);
    }
    let n = DRAWS as f64;
    // On the unit sphere of four dimensions: 0, 1/4, 3/(4·6).
    assert!((mean / n).abs() < 4.0 * (0.25 / n).sqrt());
    assert!((square / n - 0.25).abs() < 4.0 * (0.0625 / n).sqrt());
    assert!((fourth / n - 0.125).abs() < 4.0 * (0.04 / n).sqrt());
    let dot: f64 = (0..4).map(|r| frame[2 * r] * frame[2 * r + 1]).sum();
    assert!(dot.abs() < 1e-11);
}

/// The first component with x₀ < 0 costs nothing: only the reflected component holds the minimum.
#[test]
fn multistart_reaches_both_components() {
    let determinant = |q: &[f64]| q[0] * q[3] - q[1] * q[2];
    for (reflect, expected) in [(true, -1.0), (false, 1.0)] {
        let mut objective = Closure::new(2, 2, determinant);
        let mut search = PatternSearch::new(2, PatternConfig::<f64>::default()).unwrap();
        let (mut frame, mut best, mut scratch) = (identity(2, 2), vec![0.0; 4], vec![0.0; 4]);
        let mut multistart = Multistart::new(2, 2, 4, reflect).unwrap();
        let report = multistart
            .minimize(
                &mut objective,
                &mut frame,
                &mut search,
                &mut best,
                &mut scratch,
                &mut SplitMix64::new(5),
            )
            .unwrap();
        assert_eq!(multistart.finished(), 4);
        assert!((report.value.unwrap() - expected).abs() < 1e-12);
        assert!((objective.value(&frame) - expected).abs() < 1e-12);
    }
}

/// A clean-up each hundred moves keeps a drifting single-precision frame orthonormal.
#[test]
fn a_guarded_search_keeps_the_frame_orthonormal() {
    let objective = |q: &[f32]| q.iter().zip(1..).map(|(x, k)| x * (k as f32).sin()).sum::<f32>();
    let spoiled = || identity::<f32>(4, 2).iter().map(|x| x * 1.001).collect::<Vec<_>>();
    let search = || PatternSearch::new(4, PatternConfig { runs: 20, ..PatternConfig::default() }).unwrap();
    let (mut free, mut guarded) = (spoiled(), spoiled());
    minimize(&mut Closure::new(4, 2, objective), &mut free, &mut search(), &mut [0.0; 8]).unwrap();
    assert!(orthogonality_error(4, 2, &free) > 1e-3);
    let mut closure = Closure::new(4, 2, objective);
    let (mut guard, mut scratch) = (DriftGuard::new(10), [0.0; clean_up_scratch(2)]);
    let report =
        minimize_guarded(&mut closure, &mut guarded, &mut search(), &mut [0.0; 8], &mut guard, &mut scratch)
            .unwrap();
    assert!(report.moves > 10);
    assert!(orthogonality_error(4, 2, &guarded) < 1e-5);
    assert_eq!(
        minimize_guarded(&mut closure, &mut guarded, &mut search(), &mut [0.0; 8], &mut guard, &mut [0.0; 5]),
        Err(Error::Length { expected: 6, found: 5 })
    );
}
