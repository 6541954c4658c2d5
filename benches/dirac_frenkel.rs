//! Velocities of Dirac-Frenkel dynamics: networks of the publication's kind for Burgers' equation, and what a stage is made of.

use criterion::{BenchmarkId, Criterion};
use reparam::Real;
use reparam::dirac_frenkel::ansatz::network::{Embedding, Network, Shape, scratch_len};
use reparam::dirac_frenkel::random::{Sketch, sketch_scratch_len};
use reparam::dirac_frenkel::{
    Ansatz, DiracFrenkel, Equation, Flow, Jet, Method, Momentum, Problem, Truncation, full,
};
use reparam::random::{SplitMix64, fill_gaussian};

fn velocities<T: Real>(criterion: &mut Criterion, scalar: &str, width: usize, layers: usize) {
    let shape = Shape::new(1, width, layers, Embedding::Phases).unwrap();
    let n = shape.weights();
    let points: Vec<T> = (0..256).map(|k| T::from_f64(f64::from(k) / 128.0 - 1.0)).collect();
    let mut theta = vec![T::ZERO; n];
    fill_gaussian(&mut SplitMix64::new(1), &mut theta);
    let right_hand_side = |[u]: [Jet<T>; 1], _: &[T; 1], _| T::from_f32(0.02) * u.second - u.value * u.first;
    let truncation = Truncation::new(T::from_f32(1e-3), T::ZERO).unwrap();
    let memory = Some(Momentum::new(T::from_f32(0.9), T::ONE).unwrap());
    let (mut m, mut velocity) = (vec![T::ZERO; n], vec![T::ZERO; n]);
    let mut group = criterion.benchmark_group("dirac_frenkel");
    group.sample_size(20);
    let id = |name: &str| BenchmarkId::new(name, format!("{n} weights, 256 points, {scalar}"));

    let mut scratch = vec![T::ZERO; scratch_len(shape)];
    let period = [T::TWO];
    let mut network = Network::new(shape, &period, &mut scratch).unwrap();
    group.bench_function(id("network"), |bencher| {
        bencher.iter(|| network.gradient(&theta, &points[7..8], &mut velocity));
    });
    let mut equation = Equation::new(network, &points, right_hand_side).unwrap();
    let mut row = vec![T::ZERO; n];
    group.bench_function(id("row"), |bencher| {
        bencher.iter(|| equation.row(&theta, T::ZERO, 7, &mut row));
    });
    let mut scratch = vec![T::ZERO; full::scratch_len(n)];
    let mut flow = DiracFrenkel::new(equation, Method::Truncated(truncation), memory, &mut scratch).unwrap();
    group.bench_function(id("velocity"), |bencher| {
        bencher.iter(|| flow.velocity(&theta, T::ZERO, None, &mut m, &mut velocity));
    });

    let mut scratch = vec![T::ZERO; scratch_len(shape)];
    let network = Network::new(shape, &period, &mut scratch).unwrap();
    let equation = Equation::new(network, &points, right_hand_side).unwrap();
    let count = n / 2;
    let mut scratch = vec![T::ZERO; sketch_scratch_len(n, count)];
    let rng = SplitMix64::new(2);
    let mut flow = Sketch::new(equation, count, truncation, memory, rng, &mut scratch).unwrap();
    group.bench_function(id("velocity from a sketch of half"), |bencher| {
        bencher.iter(|| flow.velocity(&theta, T::ZERO, None, &mut m, &mut velocity));
    });
}

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    velocities::<f32>(&mut criterion, "f32", 5, 1);
    velocities::<f64>(&mut criterion, "f64", 5, 1);
    velocities::<f64>(&mut criterion, "f64", 6, 3);
    criterion.final_summary();
}
