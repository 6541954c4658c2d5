//! Our side of `benches/peers/dirac_frenkel.py`: solves least squares and prints one JSON object.
//!
//! ```text
//! cargo run --release -p reparam-dense --example dirac_frenkel_peers -- J F RELATIVE REPEATS
//! ```
//!
//! J, by rows, and F hold 64-bit numbers and nothing else.
//!
//! `seconds` are the CPU seconds of each repeat, `eta` the solution of least norm with the singular values above RELATIVE times the
//! largest, `rank` their number.

use std::process::ExitCode;

use reparam::dirac_frenkel::{Method, Truncation};
use reparam_dense::{Solved, Stored, use_all_cores};

const USAGE: &str = "usage: dirac_frenkel_peers J F RELATIVE REPEATS";

struct Found {
    seconds: Vec<f64>,
    rank: usize,
    eta: Vec<f64>,
}

/// CPU seconds of all threads.
fn now() -> f64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 * 1e-9
}

fn read(file: &str) -> Option<Vec<f64>> {
    let bytes = std::fs::read(file).ok()?;
    Some(bytes.as_chunks().0.iter().map(|&bytes| f64::from_ne_bytes(bytes)).collect())
}

fn run(arguments: &[&str]) -> Option<Found> {
    let &[matrix, values, relative, repeats] = arguments else { return None };
    let repeats = repeats.parse().ok()?;
    let truncation = Truncation::new(relative.parse().ok()?, 0.0).ok()?;
    rayon::ThreadPoolBuilder::new().num_threads(1).build_global().ok()?;
    use_all_cores(false);
    let (matrix, values) = (read(matrix)?, read(values)?);
    let n = matrix.len() / values.len();
    let mut filled = Stored::new(n, values.len()).ok()?;
    let row = |_: &mut (), k: usize, row: &mut [f64]| {
        row.copy_from_slice(&matrix[k * n..(k + 1) * n]);
        Ok(values[k])
    };
    filled.fill_with(|| (), row).ok()?;
    let mut found = Found { seconds: Vec::new(), rank: 0, eta: vec![0.0; n] };
    for _ in 0..repeats {
        let start = now();
        // Rows are used up; the peer copies too.
        let solved = filled.clone().solve(Method::Truncated(truncation)).ok()?;
        match solved {
            Solved::Regular { eta, stage } => (found.rank, found.eta) = (stage.rank, eta),
            Solved::Spectrum(spectrum) => {
                let factored = spectrum.factored().ok()?;
                found.rank = factored.rank(truncation);
                factored.minimum_norm(found.rank, &mut found.eta).ok()?;
            }
        }
        found.seconds.push(now() - start);
    }
    Some(found)
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match run(&arguments.iter().map(String::as_str).collect::<Vec<_>>()) {
        Some(found) => {
            let Found { seconds, rank, eta } = found;
            println!(r#"{{"seconds":{seconds:?},"rank":{rank},"eta":{eta:?}}}"#);
            ExitCode::SUCCESS
        }
        None => {
            eprintln!("{USAGE}");
            ExitCode::from(2)
        }
    }
}
