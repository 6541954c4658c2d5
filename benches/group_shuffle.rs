//! Products, block maps, online steps and projections, beside the dense product of the same size. `f32` for what
//! is done with vectors, `f64` for what is done once.

use std::hint::black_box;

use criterion::{BatchSize, BenchmarkId, Criterion};
use reparam::dense::product;
use reparam::group_shuffle::convolution::{LayerShape, filter, layer};
use reparam::group_shuffle::online::{self, Rate};
use reparam::group_shuffle::{Class, Shape, apply, cayley, exponential, projection};
use reparam::random::{SplitMix64, fill_gaussian};

fn gaussian(seed: u64, len: usize) -> Vec<f32> {
    let mut x = vec![0.0; len];
    fill_gaussian(&mut SplitMix64::new(seed), &mut x);
    x
}

/// Orthogonal blocks of random parameters.
fn blocks(shape: Shape) -> Vec<f32> {
    let mut q = vec![0.0; shape.block_len()];
    let mut pivots = vec![0; cayley::pivot_len(shape.block())];
    cayley::blocks(shape, &gaussian(1, shape.parameter_len()), &mut q, &mut pivots).unwrap();
    q
}

fn products(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("product");
    for (block, blocks_of_factor, factors) in [(8, 8, 2), (4, 16, 3), (16, 16, 2), (32, 32, 2)] {
        let shape = Shape::new(block, blocks_of_factor, factors).unwrap();
        let (dim, q) = (shape.dim(), blocks(shape));
        let size = format!("{dim}, {factors} factors of blocks of {block}");
        let (mut x, mut scratch) = (gaussian(2, dim), vec![0.0; apply::scratch_len(shape)]);
        group.bench_function(BenchmarkId::new("apply", &size), |bencher| {
            bencher.iter(|| apply::apply(shape, black_box(&q), &mut x, &mut scratch));
        });
        group.bench_function(BenchmarkId::new("apply_transpose", &size), |bencher| {
            bencher.iter(|| apply::apply_transpose(shape, black_box(&q), &mut x, &mut scratch));
        });
        let (dense, mut y) = (gaussian(3, dim * dim), vec![0.0; dim]);
        group.bench_function(BenchmarkId::new("dense", &size), |bencher| {
            bencher.iter(|| product::matvec(dim, dim, black_box(&dense), &x, &mut y));
        });
    }
}

fn block_maps(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("block");
    for b in [2, 3, 4, 8, 16, 32] {
        let theta = gaussian(4, cayley::parameter_len(b));
        let (mut q, mut pivots) = (vec![0.0; b * b], vec![0; cayley::pivot_len(b)]);
        group.bench_function(BenchmarkId::new("cayley", b), |bencher| {
            bencher.iter(|| cayley::block(b, black_box(&theta), &mut q, &mut pivots));
        });
        let (mut gradient, mut scratch) =
            (vec![0.0; theta.len()], vec![0.0; cayley::gradient_scratch_len(b)]);
        group.bench_function(BenchmarkId::new("cayley gradient", b), |bencher| {
            bencher.iter(|| cayley::gradient(b, black_box(&q), &q, &mut gradient, &mut scratch));
        });
        if b <= 4 {
            group.bench_function(BenchmarkId::new("exponential", b), |bencher| {
                bencher.iter(|| exponential::block(b, black_box(&theta), &mut q));
            });
        }
    }
}

fn online_steps(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("online");
    for (block, blocks_of_factor) in [(8, 8), (16, 16)] {
        let shape = Shape::new(block, blocks_of_factor, 2).unwrap();
        let mut q = blocks(shape);
        let mut scratch = vec![0.0; online::scratch_len(shape)];
        // Steps of no length: the blocks must not drift over a billion of them.
        let rate = Rate::Normalized { eta: black_box(0.0), offset: 0.0 };
        group.bench_function(BenchmarkId::new("step", shape.dim()), |bencher| {
            bencher.iter_batched_ref(
                || (gaussian(5, shape.dim()), gaussian(6, shape.dim())),
                |(y, g)| online::step(shape, &mut q, y, g, rate, &mut scratch),
                BatchSize::SmallInput,
            );
        });
    }
}

fn projections(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("projection");
    group.sample_size(10);
    for (block, blocks_of_factor) in [(8, 8), (16, 16)] {
        let shape = Shape::new(block, blocks_of_factor, 2).unwrap();
        let class = Class::shuffle_return(shape).unwrap();
        let dim = shape.dim();
        let mut a = vec![0.0f64; dim * dim];
        fill_gaussian(&mut SplitMix64::new(7), &mut a);
        let (mut l, mut r) = (vec![0.0; class.left().len()], vec![0.0; class.right().len()]);
        let mut scratch = vec![0.0; projection::scratch_len(class.left(), class.right())];
        group.bench_function(BenchmarkId::new("project", dim), |bencher| {
            bencher.iter(|| projection::project(class, black_box(&a), &mut l, &mut r, &mut scratch));
        });
    }
}

fn convolutions(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("convolution");
    group.sample_size(10);
    for groups in [1, 4] {
        let shape = LayerShape::new([32, 32], [16, 16], 3, 1, [groups, groups], true).unwrap();
        let [first, second] = [shape.first(), shape.second()].map(|of| {
            let (mut skew, mut scratch) = (vec![0.0; of.len()], vec![0.0; of.scratch_len()]);
            filter::skew(of, &gaussian(8, of.len()), &mut skew).unwrap();
            filter::normalize(of, 0.7, 50, &mut skew, &mut scratch).unwrap();
            skew
        });
        let x = gaussian(9, shape.input_len());
        let (mut y, mut scratch) = (vec![0.0; shape.output_len()], vec![0.0; shape.scratch_len()]);
        group.bench_function(format!("32 channels of 16 x 16, {groups} groups, 5 terms"), |bencher| {
            bencher.iter(|| layer::apply(shape, [&first, &second], 5, black_box(&x), &mut y, &mut scratch));
        });
    }
}

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    products(&mut criterion);
    block_maps(&mut criterion);
    online_steps(&mut criterion);
    projections(&mut criterion);
    convolutions(&mut criterion);
    criterion.final_summary();
}
