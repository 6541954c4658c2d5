//! Our side of `benches/peers/peers.py`: solves one instance by one method and prints one JSON object.
//!
//! ```text
//! cargo run --release --example peers -- INSTANCE SEED METHOD [EVALUATIONS]
//! ```
//!
//! Instances are those of the tests, `f64`; the start is the frame of seed 100.

#[path = "../../tests/instances/mod.rs"]
mod instances;

use std::process::ExitCode;

use instances::{correlation, gaussians, heterogeneous, joint_diagonalization, random_frame};
use reparam::givens::objective::{
    Absolute, HeterogeneousQuadratic, JointDiagonalization, Objective, Projection, Trace,
};
use reparam::givens::search::{
    Multistart, PatternConfig, PatternSearch, PlaneConfig, PlaneSearch, Report, Search, minimize,
};
use reparam::random::SplitMix64;

const USAGE: &str = "\
usage: peers INSTANCE SEED METHOD [EVALUATIONS]
  INSTANCE  trace_20_2 | hqf_20_10 | ojd_10_5 | l1pca_10_2
  METHOD    pattern_published | pattern_two_runs | pattern | plane | multistart";

fn solve(objective: &mut dyn Objective<f64>, method: &str, evaluations: u64) -> Option<Report<f64>> {
    let (rows, cols) = (objective.rows(), objective.cols());
    let mut frame = random_frame(&mut SplitMix64::new(100), rows, cols);
    let mut scratch = vec![0.0; objective.scratch_len()];
    let pattern = |config| PatternSearch::new(rows, PatternConfig { evaluations, ..config });
    let plane = PlaneConfig { evaluations, ..PlaneConfig::default() };
    let report = match method {
        "pattern_published" => {
            let mut search = pattern(PatternConfig::published()).ok()?;
            minimize(objective, &mut frame, &mut search, &mut scratch)
        }
        // As the publication ran its trace problem.
        "pattern_two_runs" => {
            let published = PatternConfig::published();
            let mut search =
                pattern(PatternConfig { iteration_tolerance: 1e-7, runs: 2, ..published }).ok()?;
            minimize(objective, &mut frame, &mut search, &mut scratch)
        }
        "pattern" => {
            let mut search = pattern(PatternConfig::default()).ok()?;
            minimize(objective, &mut frame, &mut search, &mut scratch)
        }
        "plane" => {
            let mut search = PlaneSearch::new(rows, objective.degree(), plane).ok()?;
            minimize(objective, &mut frame, &mut search, &mut scratch)
        }
        // Of plane search, or of pattern search where values along a plane are no polynomial.
        "multistart" => {
            let mut pattern = pattern(PatternConfig::default()).ok()?;
            let mut plane = PlaneSearch::new(rows, objective.degree(), plane).ok()?;
            let search: &mut dyn Search<f64> =
                if objective.degree().is_some() { &mut plane } else { &mut pattern };
            let (mut best, mut rng) = (frame.clone(), SplitMix64::new(101));
            let mut starts = Multistart::new(rows, cols, 20, true).ok()?;
            starts.minimize(objective, &mut frame, search, &mut best, &mut scratch, &mut rng)
        }
        _ => return None,
    };
    report.ok()
}

fn run(instance: &str, seed: u64, method: &str, evaluations: u64) -> Option<Report<f64>> {
    match instance {
        "trace_20_2" => {
            let matrix = correlation(&mut SplitMix64::new(seed), 20);
            let mut buffer = vec![0.0; Trace::<f64>::buffer_len(20, 2)];
            solve(&mut Trace::smallest(20, 2, &matrix, &mut buffer).ok()?, method, evaluations)
        }
        "hqf_20_10" => {
            let matrices = heterogeneous(seed);
            let mut buffer = vec![0.0; HeterogeneousQuadratic::<f64>::buffer_len(20, 10)];
            let mut objective = HeterogeneousQuadratic::new(20, 10, &matrices, &mut buffer).ok()?;
            solve(&mut objective, method, evaluations)
        }
        "ojd_10_5" => {
            let matrices = joint_diagonalization(seed, 10, 5);
            let mut buffer = vec![0.0; JointDiagonalization::<f64>::buffer_len(10, 5)];
            solve(&mut JointDiagonalization::new(10, &matrices, &mut buffer).ok()?, method, evaluations)
        }
        "l1pca_10_2" => {
            let data = gaussians(&mut SplitMix64::new(seed), 10 * 50);
            let mut buffer = vec![0.0; Projection::<f64, Absolute>::buffer_len(2, 50)];
            solve(&mut Projection::new(10, 2, &data, Absolute, &mut buffer).ok()?, method, evaluations)
        }
        _ => None,
    }
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let parsed = match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [instance, seed, method] => seed.parse().ok().map(|seed| (instance, seed, method, u64::MAX)),
        [instance, seed, method, evaluations] => {
            seed.parse().ok().zip(evaluations.parse().ok()).map(|(seed, n)| (instance, seed, method, n))
        }
        _ => None,
    };
    let report = parsed.and_then(|(instance, seed, method, n)| run(instance, seed, method, n));
    match report.and_then(|report| report.value.map(|value| (report, value))) {
        Some((report, value)) => {
            println!("{{\"value\": {value:e}, \"evaluations\": {}}}", report.evaluations);
            ExitCode::SUCCESS
        }
        None => {
            eprintln!("{USAGE}");
            ExitCode::from(2)
        }
    }
}
