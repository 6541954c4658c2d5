//! Values and steps of implicit values by factors and by iteration, for one pseudo-action and for several. `f64`.

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion};
use reparam::implicit::process::{Method, Process, Work};
use reparam::implicit::train::{explicit_step, implicit_step};
use reparam::implicit::{OneHot, Stop};
use reparam::random::{SplitMix64, fill_gaussian};

fn gaussian(seed: u64, len: usize) -> Vec<f64> {
    let mut x = vec![0.0; len];
    fill_gaussian(&mut SplitMix64::new(seed), &mut x);
    x
}

/// A batch of 25 visits.
fn batch(n: usize) -> impl Iterator<Item = (OneHot, f64)> + Clone {
    (0..25).map(move |k| (OneHot(k % n), k as f64 / 25.0))
}

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    let iteration = Method::Iteration { tolerance: 1e-6, limit: 5000 };
    for (n, actions) in [(11, 1), (11, 4), (121, 1)] {
        let mut group = criterion.benchmark_group(format!("implicit, {n} states, {actions} actions"));
        for (name, method) in [("factors", Method::Factors), ("iteration", iteration)] {
            let process = Process::new(n, actions, 0.95, method).unwrap();
            let mut logits = gaussian(1, process.logits_len());
            let mut rewards = gaussian(2, process.rewards_len());
            let mut transitions = vec![0.0; process.logits_len() + n * n];
            let (mut factors, mut vectors) = (vec![0.0; n * n], vec![0.0; 4 * n]);
            let (mut pivots, mut taken) = (vec![0; n], vec![0; n]);
            let (values, rest) = vectors.split_at_mut(n);
            let (adjoint, spare) = rest.split_at_mut(n);
            let mut work = Work {
                transitions: &mut transitions,
                factors: &mut factors,
                pivots: &mut pivots,
                taken: &mut taken,
                values,
                adjoint,
                spare,
            };
            group.bench_function(BenchmarkId::new("values", name), |bencher| {
                bencher.iter(|| process.values(black_box(&logits), &rewards, &mut work).unwrap());
            });
            // Steps of no length: the parameters must not drift over a million of them.
            group.bench_function(BenchmarkId::new("step", name), |bencher| {
                bencher.iter(|| {
                    let (rate, stop) = (black_box(0.0), Stop::default());
                    implicit_step(&process, &mut logits, &mut rewards, &mut work, batch(n), rate, stop)
                        .unwrap()
                });
            });
        }
        let mut weights = gaussian(3, n);
        let mut gradient = vec![0.0; n];
        group.bench_function("explicit step", |bencher| {
            bencher.iter(|| {
                let (rate, stop) = (black_box(0.0), Stop::default());
                explicit_step(&mut weights, batch(n), rate, &mut gradient, stop).unwrap()
            });
        });
    }
    criterion.final_summary();
}
