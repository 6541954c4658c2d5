//! Our side of `benches/peers/group_shuffle.py`: runs one task on one thread and prints one JSON object.
//!
//! ```text
//! cargo run --release -p reparam-harness --example group_shuffle_peers -- apply|project f32|f64 DIM BLOCK COLUMNS REPEATS
//! ```
//!
//! Numbers are 2u − 1 of `SplitMix64`, the seeds 1 for the blocks and 2 for the columns or the matrix. `seconds` is the shortest
//! CPU time of the repeats, `check` a number that both sides must agree on.

use std::process::ExitCode;

use reparam::Real;
use reparam::group_shuffle::{Class, Shape, projection};
use reparam::random::{SplitMix64, uniform};
use reparam_harness::group_shuffle::apply::{Scalar, apply_columns};

const USAGE: &str = "usage: group_shuffle_peers apply|project f32|f64 DIM BLOCK COLUMNS REPEATS";

fn numbers<T: Real>(seed: u64, count: usize) -> Vec<T> {
    let mut rng = SplitMix64::new(seed);
    (0..count).map(|_| T::from_f64(2.0 * uniform::<f64, _>(&mut rng) - 1.0)).collect()
}

/// CPU seconds of this thread.
fn now() -> f64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 * 1e-9
}

fn shortest(repeats: usize, mut task: impl FnMut()) -> f64 {
    let times = (0..repeats).map(|_| {
        let start = now();
        task();
        now() - start
    });
    times.fold(f64::INFINITY, f64::min)
}

fn apply<T: Scalar>(shape: Shape, columns: usize, repeats: usize) -> Option<(f64, f64)> {
    let blocks: Vec<T> = numbers(1, shape.block_len());
    let x: Vec<T> = numbers(2, shape.dim() * columns);
    let (mut out, mut buffer) = (vec![T::ZERO; x.len()], vec![T::ZERO; x.len()]);
    let seconds = shortest(repeats, || {
        apply_columns(shape, columns, &blocks, &x, &mut out, &mut buffer).expect("sizes fit");
    });
    Some((seconds, out.iter().map(|x| x.to_f64() * x.to_f64()).sum::<f64>().sqrt()))
}

fn project<T: Real>(shape: Shape, repeats: usize) -> Option<(f64, f64)> {
    let class = Class::shuffle(shape).ok()?;
    let a: Vec<T> = numbers(2, shape.dim() * shape.dim());
    let (mut l, mut r) = (vec![T::ZERO; class.left().len()], vec![T::ZERO; class.right().len()]);
    let mut scratch = vec![T::ZERO; projection::scratch_len(class.left(), class.right())];
    let mut squared = T::ZERO;
    let seconds = shortest(repeats, || {
        squared = projection::project(class, &a, &mut l, &mut r, &mut scratch).expect("finite numbers");
    });
    Some((seconds, squared.to_f64().sqrt()))
}

fn run(arguments: &[&str]) -> Option<(f64, f64)> {
    let [task, scalar, sizes @ ..] = arguments else { return None };
    let sizes: Vec<usize> = sizes.iter().map(|size| size.parse().ok()).collect::<Option<_>>()?;
    let [dim, block, columns, repeats] = sizes[..] else { return None };
    let shape = Shape::new(block, dim.checked_div(block)?, 2).ok()?;
    match (*task, *scalar) {
        ("apply", "f32") => apply::<f32>(shape, columns, repeats),
        ("apply", "f64") => apply::<f64>(shape, columns, repeats),
        ("project", "f32") => project::<f32>(shape, repeats),
        ("project", "f64") => project::<f64>(shape, repeats),
        _ => None,
    }
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match run(&arguments.iter().map(String::as_str).collect::<Vec<_>>()) {
        Some((seconds, check)) => {
            println!("{{\"seconds\": {seconds:e}, \"check\": {check:e}}}");
            ExitCode::SUCCESS
        }
        None => {
            eprintln!("{USAGE}");
            ExitCode::from(2)
        }
    }
}
