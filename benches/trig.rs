//! Elementary functions of `f32`, a thousand arguments a call, beside the platform's and those of `libm`.

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput};
use reparam::random::{SplitMix64, uniform};
use reparam::trig;

const COUNT: usize = 1000;

/// Arguments uniform in (−range, range).
fn arguments(range: f32) -> Vec<f32> {
    let mut rng = SplitMix64::new(1);
    (0..COUNT).map(|_| range * (2.0 * uniform::<f32, _>(&mut rng) - 1.0)).collect()
}

fn sin_cos(criterion: &mut Criterion) {
    type SinCos = fn(f32) -> (f32, f32);
    let peers: [(&str, SinCos); 3] =
        [("reparam", trig::sin_cos), ("platform", f32::sin_cos), ("libm", libm::sincosf)];
    let mut group = criterion.benchmark_group("sin_cos");
    group.throughput(Throughput::Elements(COUNT as u64));
    for range in [3.0, 100.0, 1e6] {
        let x = arguments(range);
        for (name, function) in peers {
            group.bench_with_input(BenchmarkId::new(name, range), &x, |bencher, x| {
                bencher
                    .iter(|| x.iter().map(|&x| function(black_box(x))).fold(0.0, |sum, (s, c)| sum + s + c));
            });
        }
    }
}

fn atan2(criterion: &mut Criterion) {
    type Atan2 = fn(f32, f32) -> f32;
    let peers: [(&str, Atan2); 3] =
        [("reparam", trig::atan2), ("platform", f32::atan2), ("libm", libm::atan2f)];
    let x = arguments(1.0);
    let mut group = criterion.benchmark_group("atan2");
    group.throughput(Throughput::Elements(COUNT as u64 - 1));
    for (name, function) in peers {
        group.bench_function(name, |bencher| {
            bencher.iter(|| x.windows(2).map(|pair| function(black_box(pair[0]), pair[1])).sum::<f32>());
        });
    }
}

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    sin_cos(&mut criterion);
    atan2(&mut criterion);
    criterion.final_summary();
}
