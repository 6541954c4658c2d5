//! Charts, and whole searches on instances of the published suite, `f64`.

#[path = "../tests/instances/mod.rs"]
mod instances;

use std::hint::black_box;

use criterion::{BatchSize, BenchmarkId, Criterion};
use instances::{correlation, heterogeneous, joint_diagonalization, random_frame};
use reparam::givens::objective::{HeterogeneousQuadratic, JointDiagonalization, Objective, Trace};
use reparam::givens::search::{PatternConfig, PatternSearch, PlaneConfig, PlaneSearch, minimize};
use reparam::givens::{Rotation, angle_count, chart};
use reparam::random::SplitMix64;

fn charts(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("chart");
    for (rows, cols) in [(3, 3), (8, 8), (20, 2), (20, 10), (50, 7)] {
        let size = format!("{rows}x{cols}");
        let angles: Vec<f64> = (0..angle_count(rows, cols)).map(|k| (k as f64 * 0.7).sin()).collect();
        let rotations: Vec<_> = angles.iter().map(|&angle| Rotation::new(angle)).collect();
        let mut frame = vec![0.0; rows * cols];
        group.bench_function(BenchmarkId::new("materialise", &size), |bencher| {
            bencher.iter(|| chart::materialise(rows, cols, black_box(&angles), false, &mut frame));
        });
        let mut back = vec![0.0; angles.len()];
        group.bench_function(BenchmarkId::new("decompose", &size), |bencher| {
            bencher.iter_batched_ref(
                || frame.clone(),
                |frame| chart::decompose(rows, cols, frame, &mut back),
                BatchSize::SmallInput,
            );
        });
        group.bench_function(BenchmarkId::new("gradient", &size), |bencher| {
            bencher.iter_batched_ref(
                || (frame.clone(), frame.clone()),
                |(frame, cotangent)| chart::gradient(rows, cols, &angles, frame, cotangent, &mut back),
                BatchSize::SmallInput,
            );
        });
        let mut x = vec![1.0; rows];
        group.bench_function(BenchmarkId::new("apply from angles", &size), |bencher| {
            bencher.iter(|| chart::apply(cols, black_box(&angles), false, &mut x));
        });
        group.bench_function(BenchmarkId::new("apply from rotations", &size), |bencher| {
            bencher.iter(|| chart::apply(cols, black_box(&rotations), false, &mut x));
        });
    }
}

/// Searches from a frame and returns the number of evaluations.
type Run<'a> = &'a mut dyn FnMut(&mut dyn Objective<f64>, &mut [f64]) -> u64;

/// A run from one start to its end, by the published pattern search and by plane search.
fn search(criterion: &mut Criterion, name: &str, objective: &mut dyn Objective<f64>) {
    let (rows, degree) = (objective.rows(), objective.degree());
    let start = random_frame(&mut SplitMix64::new(100), rows, objective.cols());
    let mut group = criterion.benchmark_group(name);
    group.sample_size(10);
    let mut run = |method: &str, search: Run| {
        let evaluations = search(objective, &mut start.clone());
        group.bench_function(format!("{method}, {evaluations} evaluations"), |bencher| {
            bencher.iter_batched_ref(
                || start.clone(),
                |frame| search(objective, frame),
                BatchSize::LargeInput,
            );
        });
    };
    run("pattern, published", &mut |objective, frame| {
        let mut search = PatternSearch::new(rows, PatternConfig::published()).unwrap();
        minimize(objective, frame, &mut search, &mut []).unwrap().evaluations
    });
    run("plane", &mut |objective, frame| {
        let mut search = PlaneSearch::new(rows, degree, PlaneConfig::default()).unwrap();
        minimize(objective, frame, &mut search, &mut []).unwrap().evaluations
    });
}

fn searches(criterion: &mut Criterion) {
    let matrix = correlation(&mut SplitMix64::new(1), 20);
    let mut buffer = [0.0; Trace::<f64>::buffer_len(20, 2)];
    search(criterion, "trace 20x2", &mut Trace::smallest(20, 2, &matrix, &mut buffer).unwrap());

    let matrices = heterogeneous(1);
    let mut buffer = [0.0; HeterogeneousQuadratic::<f64>::buffer_len(20, 10)];
    let mut objective = HeterogeneousQuadratic::new(20, 10, &matrices, &mut buffer).unwrap();
    search(criterion, "heterogeneous quadratics 20x10", &mut objective);

    let matrices = joint_diagonalization(1, 10, 5);
    let mut buffer = [0.0; JointDiagonalization::<f64>::buffer_len(10, 5)];
    let mut objective = JointDiagonalization::new(10, &matrices, &mut buffer).unwrap();
    search(criterion, "joint diagonalization 10, 5", &mut objective);
}

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    charts(&mut criterion);
    searches(&mut criterion);
    criterion.final_summary();
}
