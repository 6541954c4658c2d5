//! Our side of `benches/peers/diagonal.py`: runs one filter over made-up signals and prints one JSON object.
//!
//! ```text
//! cargo run --release --example diagonal_peers -- nlms|difference f32|f64 SAMPLES PASSES
//! ```
//!
//! 512 taps. The input is 2u − 1 of `SplitMix64` with seed 1, the output its echo and noise of seed 2. Each pass starts anew.
//! `check` is the sum of the squared errors of the last tenth of a pass; the caller measures the time.

use std::process::ExitCode;

use reparam::Real;
use reparam::diagonal::rule::{Difference, Linear};
use reparam::diagonal::{Filter, Rule, Step};
use reparam::random::{SplitMix64, uniform};

const USAGE: &str = "usage: diagonal_peers nlms|difference f32|f64 SAMPLES PASSES";

fn numbers(seed: u64, count: usize) -> Vec<f64> {
    let mut rng = SplitMix64::new(seed);
    (0..count).map(|_| 2.0 * uniform::<f64, _>(&mut rng) - 1.0).collect()
}

fn run<T: Real, R: Rule<T> + Clone>(rule: &R, start: f64, samples: usize, passes: usize) -> f64 {
    let (input, noise) = (numbers(1, samples), numbers(2, samples));
    let delayed = |n: usize, by: usize| n.checked_sub(by).map_or(0.0, |n| input[n]);
    let output = (0..samples).map(|n| 0.5 * delayed(n, 5) - 0.25 * delayed(n, 40) + 0.01 * noise[n]);
    let output: Vec<T> = output.map(T::from_f64).collect();
    let input: Vec<T> = input.iter().map(|&x| T::from_f64(x)).collect();
    let step = Step::Normalized { rate: T::HALF, regularization: T::from_f64(1e-3) };
    let start = T::from_f64(start);
    let mut check = 0.0;
    for _ in 0..passes {
        let mut filter =
            Filter::<T, R, 512>::new(rule.clone(), step, start, start).expect("settings in range");
        check = 0.0;
        for (n, (&x, &y)) in input.iter().zip(&output).enumerate() {
            let error = filter.step(x, y).expect("finite signals").error.to_f64();
            if n >= samples - samples / 10 {
                check += error * error;
            }
        }
    }
    check
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let [filter, scalar, samples, passes] = arguments[..] else {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    };
    let (Ok(samples), Ok(passes)) = (samples.parse(), passes.parse()) else {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    };
    let check = match (filter, scalar) {
        ("nlms", "f32") => run::<f32, _>(&Linear, 0.0, samples, passes),
        ("nlms", "f64") => run::<f64, _>(&Linear, 0.0, samples, passes),
        ("difference", "f32") => run::<f32, _>(&Difference, 0.02, samples, passes),
        ("difference", "f64") => run::<f64, _>(&Difference, 0.02, samples, passes),
        _ => {
            eprintln!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    println!("{{\"check\": {check:e}}}");
    ExitCode::SUCCESS
}
