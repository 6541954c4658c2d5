//! Searches on the published suite: values that independent programs or closed forms give.

mod instances;

use instances::{
    correlation, gaussian, gaussians, golden, heterogeneous, joint_diagonalization, loadings, random_frame,
};
use rand_core::Rng;
use reparam::Real;
use reparam::givens::frame::orthogonality_error;
use reparam::givens::objective::{
    Absolute, Closure, HeterogeneousQuadratic, JointDiagonalization, Kurtosis, Landscape, LogCosh, Objective,
    Procrustes, Projection, Sources, TestFunction, Trace, Varimax, Wahba,
};
use reparam::givens::search::{
    Ask, Multistart, PatternConfig, PatternSearch, PlaneConfig, PlaneSearch, Report, Search, Stop, advance,
    minimize,
};
use reparam::random::{SplitMix64, uniform};

fn cast<T: Real>(x: &[f64]) -> Vec<T> {
    x.iter().map(|&x| T::from_f64(x)).collect()
}

/// The published settings with another tolerance for an iteration.
fn published(iteration_tolerance: f64) -> PatternConfig<f64> {
    PatternConfig { iteration_tolerance, ..PatternConfig::published() }
}

fn run<T: Real>(
    objective: &mut impl Objective<T>,
    frame: &mut [T],
    search: &mut impl Search<T>,
) -> Report<T> {
    let mut scratch = vec![T::ZERO; objective.scratch_len()];
    let report = minimize(objective, frame, search, &mut scratch).unwrap();
    let error = orthogonality_error(objective.rows(), objective.cols(), frame).to_f64();
    assert!(error < 1e3 * T::EPSILON.to_f64(), "no longer orthonormal: {error}");
    report
}

fn pattern(rows: usize, config: PatternConfig<f64>) -> PatternSearch<f64> {
    PatternSearch::new(rows, config).unwrap()
}

fn plane<T: Real>(objective: &impl Objective<T>, config: PlaneConfig<T>) -> PlaneSearch<T> {
    PlaneSearch::new(objective.rows(), objective.degree(), config).unwrap()
}

/// Acceptance: gap to the exact eigenvalues in [0, 2e-4], and never a step up.
///
/// The settings are those of the published eigenvalue experiment, two runs. The correlation matrix of AᵀA with a
/// square A has its smallest eigenvalues near 1/rows²: there a tolerance of 1e-7 an iteration stops 4e-4 (50 rows) to
/// 2e-3 (100 rows) above the optimum, and 1e-9 is needed.
#[test]
fn pattern_search_finds_the_smallest_eigenvalues() {
    for (rows, seed, tolerance) in [(20, 1, 1e-7), (20, 2, 1e-7), (50, 1, 1e-9), (100, 1, 1e-9)] {
        let matrix = correlation(&mut SplitMix64::new(seed), rows);
        let mut buffer = vec![0.0; Trace::<f64>::buffer_len(rows, 2)];
        let mut objective = Trace::smallest(rows, 2, &matrix, &mut buffer).unwrap();
        let mut frame = random_frame(&mut SplitMix64::new(77), rows, 2);
        let mut search = pattern(rows, PatternConfig { runs: 2, ..published(tolerance) });
        let (mut last, mut iterations) = (f64::INFINITY, 0);
        while advance(&mut objective, &mut frame, &mut search, &mut []).is_none() {
            let report = search.report();
            if report.iterations > iterations {
                let value = report.value.unwrap();
                // The candidate's value and the frame's own differ by rounding.
                assert!(value <= last + 1e-13, "{rows} {seed}: {last} to {value}");
                (last, iterations) = (value, report.iterations);
            }
        }
        let gap = search.report().value.unwrap() - golden(&format!("trace_smallest_{rows}_2"), seed);
        println!("trace St({rows},2) #{seed}: gap {gap:.2e}, {:?}", search.report());
        assert!((-1e-12..2e-4).contains(&gap), "{rows} {seed}: {gap}");
    }
}

/// CPU seconds of this thread, where the system tells.
fn cpu_seconds() -> Option<f64> {
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    stat.split(' ').next()?.parse::<f64>().ok().map(|nanoseconds| nanoseconds * 1e-9)
}

/// Two runs of the published search cost 180,000 to 570,000 evaluations, all runs until none improves a few million.
/// The bound on time is generous, for slow and instrumented builds; `cargo bench --bench givens` measures it.
#[test]
fn a_full_published_run_is_cheap() {
    for seed in [1, 2] {
        let matrix = correlation(&mut SplitMix64::new(seed), 20);
        let mut buffer = vec![0.0; Trace::<f64>::buffer_len(20, 2)];
        let mut objective = Trace::smallest(20, 2, &matrix, &mut buffer).unwrap();
        for (runs, evaluations) in [(2, 100_000..700_000), (1_000, 700_000..20_000_000)] {
            let mut frame = random_frame(&mut SplitMix64::new(77), 20, 2);
            let mut search = pattern(20, PatternConfig { runs, ..published(1e-7) });
            let before = cpu_seconds();
            let report = run(&mut objective, &mut frame, &mut search);
            let spent = cpu_seconds().zip(before).map(|(after, before)| after - before);
            println!("published, {runs} runs #{seed}: {report:?}, {spent:?} s of CPU");
            assert!(evaluations.contains(&report.evaluations), "{report:?}");
            assert!(spent.is_none_or(|seconds| seconds < 3.0), "{spent:?}");
        }
    }
}

/// Acceptance: a gap of 1e-10 in at most 20,000 evaluations.
#[test]
fn plane_search_finds_the_smallest_eigenvalues_exactly() {
    for seed in [1, 2] {
        let matrix = correlation(&mut SplitMix64::new(seed), 20);
        let mut buffer = vec![0.0; Trace::<f64>::buffer_len(20, 2)];
        let mut objective = Trace::smallest(20, 2, &matrix, &mut buffer).unwrap();
        for start in 1..=5 {
            let mut frame = random_frame(&mut SplitMix64::new(start), 20, 2);
            let config = PlaneConfig { evaluations: 20_000, ..PlaneConfig::default() };
            let mut search = plane(&objective, config);
            let report = run(&mut objective, &mut frame, &mut search);
            let gap = report.value.unwrap() - golden("trace_smallest_20_2", seed);
            println!("plane St(20,2) #{seed} from {start}: gap {gap:.2e}, {report:?}");
            assert!((-1e-13..1e-10).contains(&gap), "{seed} {start}: {gap}");
        }
    }
}

/// The published program computes `d·q_dᵀM q_d` where it states a sum over the columns; its values are
/// `d·λ_max(M)`.
#[test]
fn as_published_the_quadratic_is_one_top_eigenvalue() {
    let (rows, cols) = (20, 10);
    for (rho, value) in [
        (0.531_053_387_203_f64, 31.268_445_99),
        (0.313_461_820_082, 18.873_910_99),
        (0.452_647_874_921, 25.789_727_50),
    ] {
        let matrix: Vec<f64> = (0..400).map(|k| rho.powi((k / 20_i32 - k % 20).abs())).collect();
        let mut buffer = vec![0.0; 20];
        // Only the last column counts: a search over unit vectors with the factor d.
        let mut objective = Trace::largest(rows, 1, &matrix, &mut buffer).unwrap();
        let frame = random_frame(&mut SplitMix64::new(1), rows, cols);
        let mut column: Vec<f64> = frame.chunks(cols).map(|row| row[cols - 1]).collect();
        let report = run(&mut objective, &mut column, &mut pattern(rows, published(1e-10)));
        let found = -(cols as f64) * report.value.unwrap();
        assert!((found / value - 1.0).abs() < 1e-8, "{rho}: {found} for {value}");
    }
}

/// The best values that a generalised power method with 400 starts found, in at most 60 starts.
#[test]
fn multistart_finds_the_best_heterogeneous_quadratics() {
    for seed in 1..=5 {
        let matrices = heterogeneous(seed);
        let mut buffer = vec![0.0; HeterogeneousQuadratic::<f64>::buffer_len(20, 10)];
        let mut objective = HeterogeneousQuadratic::new(20, 10, &matrices, &mut buffer).unwrap();
        let mut search = plane(&objective, PlaneConfig::default());
        let mut multistart = Multistart::new(20, 10, 60, false).unwrap();
        let mut rng = SplitMix64::new(seed);
        let (mut frame, mut best) = (random_frame(&mut rng, 20, 10), vec![0.0; 200]);
        let report = multistart
            .minimize(&mut objective, &mut frame, &mut search, &mut best, &mut [], &mut rng)
            .unwrap();
        let (value, known) = (-report.value.unwrap(), golden("hqf_20_10", seed));
        println!("hqf #{seed}: {value} of {known}, {report:?}");
        assert!(value > known - 1e-6, "{seed}: {value} below {known}");
        assert!(value < golden("hqf_20_10_bound", seed));
        assert!((objective.value(&frame) + value).abs() < 1e-11);
        assert!(orthogonality_error(20, 10, &frame) < 1e-12);
    }
}

/// Acceptance: at least the value of a pattern search, in a twentieth of its evaluations.
#[test]
fn plane_search_needs_a_twentieth_of_the_evaluations() {
    let matrices = heterogeneous(2);
    let mut buffer = vec![0.0; HeterogeneousQuadratic::<f64>::buffer_len(20, 10)];
    let mut objective = HeterogeneousQuadratic::new(20, 10, &matrices, &mut buffer).unwrap();
    let start = random_frame(&mut SplitMix64::new(3), 20, 10);
    let slow = run(&mut objective, &mut start.clone(), &mut pattern(20, published(1e-9)));
    let mut search = plane(&objective, PlaneConfig::default());
    let fast = run(&mut objective, &mut start.clone(), &mut search);
    println!("pattern {slow:?}\nplane {fast:?}");
    assert!(fast.value.unwrap() <= slow.value.unwrap() + 1e-9);
    assert!(fast.evaluations * 20 <= slow.evaluations);
}

fn ojd<'a>(dim: usize, matrices: &'a [f64], buffer: &'a mut Vec<f64>) -> JointDiagonalization<'a, f64> {
    buffer.resize(JointDiagonalization::<f64>::buffer_len(dim, 5), 0.0);
    JointDiagonalization::new(dim, matrices, buffer).unwrap()
}

fn identity(dim: usize) -> Vec<f64> {
    (0..dim * dim).map(|k| if k % (dim + 1) == 0 { 1.0 } else { 0.0 }).collect()
}

/// Acceptance: the mean over ten instances, and each at most 1e-3 above Jacobi angles.
#[test]
fn joint_diagonalization_reaches_jacobi_angles() {
    let mut mean = 0.0;
    for seed in 1..=10 {
        let matrices = joint_diagonalization(seed, 10, 5);
        let (mut buffer, jacobi) = (Vec::new(), golden("ojd_10_5", seed));
        let mut objective = ojd(10, &matrices, &mut buffer);
        let config = PatternConfig { runs: 5, ..published(1e-8) };
        let report = run(&mut objective, &mut identity(10), &mut pattern(10, config));
        let value = report.value.unwrap();
        assert!(value <= jacobi + 1e-3, "{seed}: {value} above {jacobi}");
        mean += value / 10.0;
        let mut search = plane(&objective, PlaneConfig::default());
        let exact = run(&mut objective, &mut identity(10), &mut search).value.unwrap();
        assert!(exact <= jacobi + 1e-8, "{seed}: {exact} above {jacobi}");
    }
    println!("mean of joint diagonalization (10,5): {mean}");
    assert!((mean - 1.85).abs() < 0.25, "{mean}");
    let mut mean = 0.0;
    for seed in 1..=3 {
        let matrices = joint_diagonalization(seed, 20, 5);
        let (mut buffer, jacobi) = (Vec::new(), golden("ojd_20_5", seed));
        let mut objective = ojd(20, &matrices, &mut buffer);
        let mut search = plane(&objective, PlaneConfig::default());
        let value = run(&mut objective, &mut identity(20), &mut search).value.unwrap();
        assert!(value <= jacobi + 1e-3, "{seed}: {value} above {jacobi}");
        mean += value / 3.0;
    }
    assert!((mean - 7.285).abs() < 0.65, "{mean}");
}

/// A counter-example: a published "Jacobi" baseline chooses each angle from the *sum* of the matrices,
/// `θ = ½ atan2(2Σ C_ij, Σ C_ii − C_jj)`. That is Jacobi's eigenvalue method for the mean matrix, whose
/// eigenvectors are no joint diagonalizer.
#[test]
fn angles_from_summed_matrices_only_give_eigenvectors_of_the_mean() {
    for seed in 1..=10 {
        let matrices = joint_diagonalization(seed, 10, 5);
        let mut mean: Vec<f64> =
            (0..100).map(|k| (0..5).map(|m| matrices[100 * m + k] / 5.0).sum()).collect();
        // Rows i, j of Wᵀ and of WᵀMW.
        let mut transposed = identity(10);
        for _ in 0..20 {
            for (i, j) in (0..10).flat_map(|i| (i + 1..10).map(move |j| (i, j))) {
                let angle = 0.5 * (2.0 * mean[10 * i + j]).atan2(mean[11 * i] - mean[11 * j]);
                let (s, c) = angle.sin_cos();
                for k in 0..10 {
                    for matrix in [&mut mean, &mut transposed] {
                        let (x, y) = (matrix[10 * i + k], matrix[10 * j + k]);
                        (matrix[10 * i + k], matrix[10 * j + k]) = (c * x + s * y, c * y - s * x);
                    }
                }
                for k in 0..10 {
                    let (x, y) = (mean[10 * k + i], mean[10 * k + j]);
                    (mean[10 * k + i], mean[10 * k + j]) = (c * x + s * y, c * y - s * x);
                }
            }
        }
        let frame: Vec<f64> = (0..100).map(|k| transposed[k % 10 * 10 + k / 10]).collect();
        let mut buffer = Vec::new();
        let value = ojd(10, &matrices, &mut buffer).value(&frame);
        assert!((value - golden("ojd_10_5_mean_eigenvectors", seed)).abs() < 1e-9);
        assert!(value > golden("ojd_10_5", seed) + 0.1, "no better than the joint diagonalizer");
    }
}

/// Determinant by elimination without pivoting on the orthogonal factor: enough for a sign and 1e-10.
fn determinant(dim: usize, matrix: &[f64]) -> f64 {
    let (mut a, mut product) = (matrix.to_vec(), 1.0);
    for c in 0..dim {
        let pivot = (c..dim).max_by(|&x, &y| a[x * dim + c].abs().total_cmp(&a[y * dim + c].abs())).unwrap();
        if pivot != c {
            (0..dim).for_each(|k| a.swap(c * dim + k, pivot * dim + k));
            product = -product;
        }
        product *= a[c * dim + c];
        for r in c + 1..dim {
            let factor = a[r * dim + c] / a[c * dim + c];
            (c..dim).for_each(|k| a[r * dim + k] -= factor * a[c * dim + k]);
        }
    }
    product
}

/// A random frame with this determinant.
fn oriented(seed: u64, dim: usize, sign: f64) -> Vec<f64> {
    let mut frame = random_frame(&mut SplitMix64::new(seed), dim, dim);
    if determinant(dim, &frame) * sign < 0.0 {
        frame[..dim].iter_mut().for_each(|x| *x = -*x);
    }
    frame
}

/// Acceptance: only one component holds Ackley's optimum. A pattern search reaches it from at least 3 of 12
/// starts there and ends in [15, 18] from the other component; many starts with reflection reach it from
/// the other component.
#[test]
fn ackley_is_found_in_its_component_only_and_by_reflection_from_the_other() {
    let mut buffer = vec![0.0; TestFunction::<f64>::buffer_len(10)];
    let mut objective = TestFunction::new(Landscape::Ackley, 10, &mut buffer).unwrap();
    let mut reached = 0;
    for seed in 1..=12 {
        let mut frame = oriented(seed, 10, 1.0);
        let value = run(&mut objective, &mut frame, &mut pattern(10, published(1e-6))).value.unwrap();
        assert!((determinant(10, &frame) - 1.0).abs() < 1e-10, "left its component");
        println!("ackley det +1 #{seed}: {value}");
        reached += u32::from(value < 1e-6);
    }
    assert!(reached >= 3, "{reached} of 12");
    for seed in 1..=4 {
        let mut frame = oriented(seed, 10, -1.0);
        let value = run(&mut objective, &mut frame, &mut pattern(10, published(1e-6))).value.unwrap();
        assert!((determinant(10, &frame) + 1.0).abs() < 1e-10, "left its component");
        println!("ackley det -1 #{seed}: {value}");
        assert!((15.0..18.0).contains(&value), "{value}");
    }
    let (mut frame, mut best) = (oriented(1, 10, -1.0), vec![0.0; 100]);
    let mut search = pattern(10, PatternConfig::default());
    let mut multistart = Multistart::new(10, 10, 20, true).unwrap();
    let report = multistart
        .minimize(&mut objective, &mut frame, &mut search, &mut best, &mut [], &mut SplitMix64::new(1))
        .unwrap();
    println!("ackley with reflection: {report:?}");
    assert!(report.value.unwrap() < 1e-6, "{report:?}");
    assert!((determinant(10, &frame) - 1.0).abs() < 1e-10);
}

/// Acceptance: candidates evaluated by threads, in any order, give the same path bit for bit.
#[test]
fn parallel_and_serial_searches_are_the_same_bit_for_bit() {
    const THREADS: usize = 3;
    fn parallel<S: Search<f64> + Sync>(
        objective: &mut (impl Objective<f64> + Sync),
        frame: &mut [f64],
        search: &mut S,
    ) {
        while let count @ 1.. = search.pending() {
            let mut values = vec![0.0; count];
            if search.ask() == Ask::Incumbent {
                search.look(objective.cols(), frame);
                values[0] = objective.value(frame);
            } else {
                let (objective, search, frame) = (&*objective, &*search, &*frame);
                let chunk = count.div_ceil(THREADS);
                std::thread::scope(|scope| {
                    for (part, values) in values.chunks_mut(chunk).enumerate().rev() {
                        scope.spawn(move || {
                            for (k, value) in values.iter_mut().enumerate().rev() {
                                let Ask::Rotated(step) = search.pending_at(part * chunk + k) else {
                                    panic!()
                                };
                                *value = objective.rotated(frame, step.plane, step.rotation, &mut []);
                            }
                        });
                    }
                });
            }
            for value in values {
                if let Some(step) = search.tell(value) {
                    objective.accept(frame, step.plane, step.rotation);
                    step.apply(objective.cols(), frame);
                }
            }
        }
    }
    fn both<S: Search<f64> + Clone + Sync>(objective: &mut (impl Objective<f64> + Sync), search: S) {
        let (mut one, mut two) = (search.clone(), search);
        let start = random_frame(&mut SplitMix64::new(9), objective.rows(), objective.cols());
        let (mut serial, mut threaded) = (start.clone(), start);
        run(objective, &mut serial, &mut one);
        parallel(objective, &mut threaded, &mut two);
        assert_eq!(one.report(), two.report());
        assert_eq!(
            serial.iter().map(|x| x.to_bits()).collect::<Vec<_>>(),
            threaded.iter().map(|x| x.to_bits()).collect::<Vec<_>>()
        );
    }
    let matrix = correlation(&mut SplitMix64::new(1), 6);
    let mut buffer = vec![0.0; Trace::<f64>::buffer_len(6, 2)];
    let mut objective = Trace::smallest(6, 2, &matrix, &mut buffer).unwrap();
    both(&mut objective, pattern(6, PatternConfig::default()));
    let search = plane(&objective, PlaneConfig { sweeps: 20, ..PlaneConfig::default() });
    both(&mut objective, search);
    // Ties everywhere: a value with few levels.
    let data: Vec<f64> = (0..60).map(|k| f64::from(k * 7 % 5) - 2.0).collect();
    let mut buffer = vec![0.0; 60];
    let mut objective = Projection::new(6, 6, &data, Absolute, &mut buffer).unwrap();
    both(&mut objective, pattern(6, PatternConfig { runs: 3, ..PatternConfig::default() }));
}

#[test]
fn procrustes_and_wahba_reach_the_singular_value_solutions() {
    let mut rng = SplitMix64::new(1);
    let (a, b) = (gaussians(&mut rng, 120), gaussians(&mut rng, 120));
    let mut buffer = vec![0.0; Procrustes::<f64>::buffer_len(4, 4)];
    let mut objective = Procrustes::new(4, 4, &a, &b, &mut buffer).unwrap();
    let mut search = plane(&objective, PlaneConfig { tolerance: 1e-12, ..PlaneConfig::default() });
    let (mut frame, mut best) = (identity(4), vec![0.0; 16]);
    let report = Multistart::new(4, 4, 8, true)
        .unwrap()
        .minimize(&mut objective, &mut frame, &mut search, &mut best, &mut [], &mut rng)
        .unwrap();
    assert!((report.value.unwrap() - golden("procrustes_4_4", 1)).abs() < 1e-9, "{report:?}");

    let optimum: Vec<f64> = (0..9).map(|k| golden(&format!("wahba_frame_{k}"), 1)).collect();
    fn wahba<T: Real>(buffer: &mut [T]) -> Wahba<'_, T> {
        let mut rng = SplitMix64::new(1);
        let mut truth = random_frame(&mut rng, 3, 3);
        let sign = determinant(3, &truth);
        truth.iter_mut().for_each(|x| *x *= sign);
        let mut objective = Wahba::new(3, 3, buffer).unwrap();
        for _ in 0..40 {
            let weight = 0.5 + uniform::<f64, _>(&mut rng);
            let reference = gaussians(&mut rng, 3);
            let measured: Vec<f64> = (0..3)
                .map(|r| {
                    let exact: f64 = (0..3).map(|c| truth[3 * r + c] * reference[c]).sum();
                    exact + 0.01 * gaussian(&mut rng)
                })
                .collect();
            objective.add(T::from_f64(weight), &cast(&measured), &cast(&reference)).unwrap();
        }
        objective
    }
    fn largest_difference<T: Real>(frame: &[T], optimum: &[f64]) -> f64 {
        frame.iter().zip(optimum).map(|(x, y)| (x.to_f64() - y).abs()).fold(0.0, f64::max)
    }
    let mut buffer = [0.0; 9];
    let mut objective = wahba::<f64>(&mut buffer);
    let mut frame = identity(3);
    let mut search = plane(&objective, PlaneConfig::default());
    let report = run(&mut objective, &mut frame, &mut search);
    assert!((report.value.unwrap() - golden("wahba", 1)).abs() < 1e-11, "{report:?}");
    assert!(largest_difference(&frame, &optimum) < 1e-7, "{frame:?}");
    let mut frame = identity(3);
    run(&mut objective, &mut frame, &mut pattern(3, PatternConfig::default()));
    assert!(largest_difference(&frame, &optimum) < 1e-3, "{frame:?}");

    // Single precision: the value resolves 1e-5, the exact line search still finds the angles.
    let mut buffer = [0.0f32; 9];
    let mut objective = wahba::<f32>(&mut buffer);
    let mut frame: Vec<f32> = cast(&identity(3));
    let mut search = plane(&objective, PlaneConfig::default());
    run(&mut objective, &mut frame, &mut search);
    assert!(largest_difference(&frame, &optimum) < 1e-3, "{frame:?}");
    let mut frame: Vec<f32> = cast(&identity(3));
    let mut search = PatternSearch::new(3, PatternConfig::default()).unwrap();
    run(&mut objective, &mut frame, &mut search);
    assert!(largest_difference(&frame, &optimum) < 2e-3, "{frame:?}");
}

#[test]
fn varimax_reaches_kaisers_iteration() {
    for (n, p) in [(30, 5), (50, 10)] {
        let data = loadings(1, n, p);
        let mut buffer = vec![0.0; p * n];
        let mut objective = Projection::new(p, p, &data, Varimax, &mut buffer).unwrap();
        let mut search = plane(&objective, PlaneConfig { tolerance: 1e-14, ..PlaneConfig::default() });
        let mut rng = SplitMix64::new(2);
        let (mut frame, mut best) = (identity(p), vec![0.0; p * p]);
        let report = Multistart::new(p, p, 10, false)
            .unwrap()
            .minimize(&mut objective, &mut frame, &mut search, &mut best, &mut [], &mut rng)
            .unwrap();
        let known = golden(&format!("varimax_{n}_{p}"), 1);
        assert!((report.value.unwrap() - known).abs() < 1e-10, "({n}, {p}): {report:?} for {known}");
    }
}

/// The first L1 component exactly: the largest ‖X s‖ over all sign vectors s.
#[test]
fn l1_component_is_the_best_of_all_sign_vectors() {
    const SAMPLES: usize = 12;
    for seed in 1..=4 {
        let mut data = gaussians(&mut SplitMix64::new(seed), 4 * SAMPLES);
        // An outlier.
        data[5] = 20.0;
        let norm = |signs: u32| -> f64 {
            let sign = |t: usize| if signs >> t & 1 == 1 { 1.0 } else { -1.0 };
            let sums =
                data.chunks(SAMPLES).map(|row| row.iter().enumerate().map(|(t, x)| x * sign(t)).sum::<f64>());
            sums.map(|sum| sum * sum).sum::<f64>().sqrt()
        };
        let exact = (0..1 << SAMPLES).map(norm).fold(0.0, f64::max);
        let mut buffer = [0.0; SAMPLES];
        let mut objective = Projection::new(4, 1, &data, Absolute, &mut buffer).unwrap();
        let (mut frame, mut best, mut rng) = ([1.0, 0.0, 0.0, 0.0], [0.0; 4], SplitMix64::new(seed));
        let mut search = pattern(4, PatternConfig { iteration_tolerance: 1e-9, ..PatternConfig::default() });
        let report = Multistart::new(4, 1, 12, false)
            .unwrap()
            .minimize(&mut objective, &mut frame, &mut search, &mut best, &mut [], &mut rng)
            .unwrap();
        let found = -report.value.unwrap();
        assert!(found <= exact + 1e-9 && found > exact * (1.0 - 1e-5), "{seed}: {found} of {exact}");
    }
}

/// Distance of WᵀA from a permutation with signs, in [0, 1] (Amari).
fn amari(dim: usize, product: &[f64]) -> f64 {
    let spread = |line: &dyn Fn(usize) -> f64| {
        let largest = (0..dim).map(|k| line(k).abs()).fold(0.0, f64::max);
        (0..dim).map(|k| line(k).abs() / largest).sum::<f64>() - 1.0
    };
    let sum: f64 =
        (0..dim).map(|r| spread(&|k| product[r * dim + k]) + spread(&|k| product[k * dim + r])).sum();
    sum / (2 * dim * (dim - 1)) as f64
}

/// Orthogonally mixed independent sources: the matching sign separates, the opposite sign mixes.
#[test]
fn the_matching_sign_of_a_contrast_separates_sources() {
    const SAMPLES: usize = 2000;
    let laplace = |rng: &mut SplitMix64| {
        let u = uniform::<f64, _>(rng) - 0.5;
        -u.signum() * (1.0 - 2.0 * u.abs()).max(1e-300).ln() / 2.0f64.sqrt()
    };
    let flat = |rng: &mut SplitMix64| (uniform::<f64, _>(rng) - 0.5) * 12.0f64.sqrt();
    let dim = 3;
    let separation = |laplaces: usize, sources: Sources, kurtosis: bool| {
        let mut rng = SplitMix64::new(4);
        let signals: Vec<f64> = (0..dim * SAMPLES)
            .map(|k| if k / SAMPLES < laplaces { laplace(&mut rng) } else { flat(&mut rng) })
            .collect();
        let mixing = random_frame(&mut rng, dim, dim);
        let data: Vec<f64> = (0..dim * SAMPLES)
            .map(|k| {
                (0..dim).map(|s| mixing[k / SAMPLES * dim + s] * signals[s * SAMPLES + k % SAMPLES]).sum()
            })
            .collect();
        let (mut frame, mut best, mut buffer) = (identity(dim), vec![0.0; 9], vec![0.0; dim * SAMPLES]);
        let multistart = Multistart::new(dim, dim, 3, false).unwrap();
        fn solve(
            mut objective: impl Objective<f64>,
            mut multistart: Multistart<f64>,
            frame: &mut [f64],
            best: &mut [f64],
            rng: &mut impl Rng,
        ) {
            let mut search = plane(&objective, PlaneConfig::default());
            multistart.minimize(&mut objective, frame, &mut search, best, &mut [], rng).unwrap();
        }
        if kurtosis {
            let objective = Projection::new(dim, dim, &data, Kurtosis(sources), &mut buffer).unwrap();
            solve(objective, multistart, &mut frame, &mut best, &mut rng);
        } else {
            let objective = Projection::new(dim, dim, &data, LogCosh(sources), &mut buffer).unwrap();
            solve(objective, multistart, &mut frame, &mut best, &mut rng);
        }
        let product: Vec<f64> = (0..dim * dim)
            .map(|k| (0..dim).map(|r| frame[r * dim + k / dim] * mixing[r * dim + k % dim]).sum())
            .collect();
        amari(dim, &product)
    };
    for kurtosis in [false, true] {
        for (laplaces, sources) in
            [(3, Sources::SuperGaussian), (0, Sources::SubGaussian), (2, Sources::Mixed), (1, Sources::Mixed)]
        {
            let distance = separation(laplaces, sources, kurtosis);
            assert!(distance < 0.08, "{laplaces} {sources:?} {kurtosis}: {distance}");
        }
        for (laplaces, sources) in [(0, Sources::SuperGaussian), (3, Sources::SubGaussian)] {
            let distance = separation(laplaces, sources, kurtosis);
            assert!(distance > 0.25, "{laplaces} {sources:?} {kurtosis}: {distance}");
        }
    }
}

/// Single precision: the same searches with the tolerances of the type.
#[test]
fn single_precision_finds_the_smallest_eigenvalues() {
    let matrix: Vec<f32> = cast(&correlation(&mut SplitMix64::new(1), 20));
    let mut buffer = vec![0.0f32; Trace::<f32>::buffer_len(20, 2)];
    let mut objective = Trace::smallest(20, 2, &matrix, &mut buffer).unwrap();
    let start: Vec<f32> = cast(&random_frame(&mut SplitMix64::new(5), 20, 2));
    let exact = golden("trace_smallest_20_2", 1);
    let mut search = PatternSearch::new(20, PatternConfig::default()).unwrap();
    let report = run(&mut objective, &mut start.clone(), &mut search);
    assert!((f64::from(report.value.unwrap()) - exact).abs() < 2e-4, "{report:?}");
    assert_eq!(report.stop, Some(Stop::Converged));
    let mut search = plane(&objective, PlaneConfig::default());
    let report = run(&mut objective, &mut start.clone(), &mut search);
    assert!((f64::from(report.value.unwrap()) - exact).abs() < 2e-5, "{report:?}");
    assert_eq!(report.stop, Some(Stop::Converged));
}

/// A closure is the same search with full evaluations: the same moves as the incremental objective.
#[test]
fn full_and_incremental_evaluation_find_the_same() {
    let matrix = correlation(&mut SplitMix64::new(2), 8);
    let full = |q: &[f64]| -> f64 {
        let column = |c: usize| q.iter().skip(c).step_by(2).copied().collect::<Vec<f64>>();
        (0..2).map(column).map(|q| (0..64).map(|k| q[k / 8] * matrix[k] * q[k % 8]).sum::<f64>()).sum()
    };
    let start = random_frame(&mut SplitMix64::new(3), 8, 2);
    let (mut one, mut two) = (start.clone(), start);
    let slow = run(&mut Closure::new(8, 2, full), &mut one, &mut pattern(8, PatternConfig::default()));
    let mut buffer = vec![0.0; 16];
    let mut objective = Trace::smallest(8, 2, &matrix, &mut buffer).unwrap();
    let fast = run(&mut objective, &mut two, &mut pattern(8, PatternConfig::default()));
    assert!((slow.value.unwrap() - fast.value.unwrap()).abs() < 1e-6, "{slow:?} {fast:?}");
}
