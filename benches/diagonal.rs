//! Steps of an ensemble beside the bandwidth of the memory, filters, and a time step of the densities.
//!
//! The last line compares an ensemble's step with a triad `x ← y + s·z` over as many bytes, by turns: a step cannot be
//! faster than reading u, v and the sample and writing u and v once, five numbers a weight.

use std::hint::black_box;
use std::time::Instant;

use criterion::{BenchmarkId, Criterion, Throughput};
use reparam::Real;
use reparam::diagonal::fokker_planck::{Class, FokkerPlanck, Scale, Settings, scratch_len};
use reparam::diagonal::rule::{
    Difference, Exponentiated, Floored, HyperbolicEntropy, Linear, Product, Proportionate,
};
use reparam::diagonal::step::step;
use reparam::diagonal::{Filter, Rule, Step};
use reparam::random::{SplitMix64, fill_gaussian};

const DIM: usize = 10_000;
/// Together several times the caches.
const MEMBERS: usize = 256;
/// Numbers that a step moves from and to memory, a weight; and a triad, an element.
const WORDS: [usize; 2] = [5, 3];

/// Runs of one problem, each with its own sample.
struct Ensemble<T> {
    u: Vec<T>,
    v: Vec<T>,
    samples: Vec<T>,
}

impl<T: Real> Ensemble<T> {
    fn new() -> Self {
        let mut samples = vec![T::ZERO; MEMBERS * DIM];
        fill_gaussian(&mut SplitMix64::new(1), &mut samples);
        let scale = T::from_usize(DIM).sqrt().recip();
        samples.iter_mut().for_each(|a| *a *= scale);
        Self { u: vec![T::from_f32(0.3); MEMBERS * DIM], v: vec![T::from_f32(0.3); MEMBERS * DIM], samples }
    }

    /// A step of every member.
    fn step<R: Rule<T>>(&mut self, rule: &mut R) {
        let members = self.u.chunks_mut(DIM).zip(self.v.chunks_mut(DIM)).zip(self.samples.chunks(DIM));
        for ((u, v), a) in members {
            // Small: the weights must not leave the range over many rounds.
            let _ = black_box(step(rule, Step::Fixed(T::from_f32(1e-4)), u, v, a, T::ONE));
        }
    }

    /// x ← y + s·z over the same arrays.
    fn triad(&mut self) {
        let s = black_box(T::from_f32(1e-6));
        for ((x, &y), &z) in self.u.iter_mut().zip(&self.v).zip(&self.samples) {
            *x = y + s * z;
        }
        black_box(&mut self.u);
    }
}

fn ensembles<T: Real>(criterion: &mut Criterion, scalar: &str) {
    let mut group = criterion.benchmark_group("ensemble");
    group.sample_size(20);
    let bytes = |words: usize| Throughput::Bytes((words * MEMBERS * DIM * size_of::<T>()) as u64);
    let id = |name: &str| BenchmarkId::new(name, format!("{MEMBERS} of {DIM}, {scalar}"));
    let mut ensemble = Ensemble::<T>::new();
    group.throughput(bytes(WORDS[0]));
    group.bench_function(id("u v"), |bencher| bencher.iter(|| ensemble.step(&mut Product)));
    group.bench_function(id("u^2 - v^2"), |bencher| bencher.iter(|| ensemble.step(&mut Difference)));
    group.throughput(bytes(WORDS[1]));
    group.bench_function(id("triad"), |bencher| bencher.iter(|| ensemble.triad()));
}

fn filter<T: Real, R: Rule<T>>(criterion: &mut Criterion, name: &str, scalar: &str, rule: R, start: T) {
    let step = Step::Normalized { rate: T::HALF, regularization: T::from_f32(0.01) };
    let mut filter = Filter::<T, R, 512>::new(rule, step, start, start).unwrap();
    let mut signal = vec![T::ZERO; 4096];
    fill_gaussian(&mut SplitMix64::new(2), &mut signal);
    let mut n = 0;
    criterion.benchmark_group("filter").bench_function(
        BenchmarkId::new(name, format!("512 taps, {scalar}")),
        |bencher| {
            bencher.iter(|| {
                n = (n + 1) % signal.len();
                filter.step(signal[n], T::HALF * signal[(n + 4091) % 4096])
            });
        },
    );
}

fn filters<T: Real>(criterion: &mut Criterion, scalar: &str) {
    let small = T::from_f32(0.02);
    filter(criterion, "NLMS", scalar, Linear, T::ZERO);
    let proportion = Proportionate::new(512, -T::HALF, small).unwrap();
    filter(criterion, "IPNLMS", scalar, proportion, T::ZERO);
    filter(criterion, "u^2 - v^2", scalar, Difference, small);
    filter(criterion, "with a floor", scalar, Floored::new(small).unwrap(), small);
    filter(criterion, "EG", scalar, Exponentiated, small);
    filter(criterion, "hyperbolic entropy", scalar, HyperbolicEntropy::new(small).unwrap(), T::ZERO);
}

fn densities(criterion: &mut Criterion) {
    let classes =
        [(0.9, 0.0), (0.05, 3.0), (0.05, -3.0)].map(|(share, target)| Class { share, variance: 1.0, target });
    let settings = Settings {
        step: 0.1f64,
        initialisation: 0.3,
        noise_variance: 0.0,
        scale: Scale::Shrinking,
        half_width: 10.0,
    };
    let (mut density, mut scratch) = (vec![0.0; 3 * 1201], vec![0.0; scratch_len(1201)]);
    let mut limit = FokkerPlanck::new(&classes, settings, &mut density, &mut scratch).unwrap();
    criterion.bench_function("densities/3 classes of 1201 cells, f64", |bencher| {
        bencher.iter(|| limit.advance(black_box(1e-6)));
    });
}

/// Time of a step over that of a triad of as many bytes: the shortest of each in rounds by turns.
fn ratio<T: Real, R: Rule<T>>(mut rule: R) -> f64 {
    fn shortest(best: &mut f64, task: impl FnOnce()) {
        let start = Instant::now();
        task();
        *best = best.min(start.elapsed().as_secs_f64());
    }
    let mut ensemble = Ensemble::<T>::new();
    let (mut triad, mut step) = (f64::INFINITY, f64::INFINITY);
    for _ in 0..61 {
        shortest(&mut triad, || ensemble.triad());
        // The triad has made u that of v plus noise: a state like any other.
        shortest(&mut step, || ensemble.step(&mut rule));
    }
    step / WORDS[0] as f64 / (triad / WORDS[1] as f64)
}

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    ensembles::<f64>(&mut criterion, "f64");
    ensembles::<f32>(&mut criterion, "f32");
    filters::<f64>(&mut criterion, "f64");
    filters::<f32>(&mut criterion, "f32");
    densities(&mut criterion);
    criterion.final_summary();
    if std::env::args().any(|argument| argument == "--bench") {
        println!(
            "step of an ensemble over a triad of as many bytes: u v {:.2} (f64) {:.2} (f32), u^2 - v^2 {:.2} {:.2}",
            ratio::<f64, _>(Product),
            ratio::<f32, _>(Product),
            ratio::<f64, _>(Difference),
            ratio::<f32, _>(Difference)
        );
    }
}
