//! Our side of `benches/peers/horizon.py`: plans on a process on one thread and prints one JSON object.
//!
//! ```text
//! cargo run --release -p reparam-harness --example horizon_peers -- MODEL.csv HORIZON mean|B REPEATS
//! ```
//!
//! `seconds` are the CPU seconds of each repeat, with a policy for all stages and without what is done once, `value` the
//! values of all states at the first stage, `policy` the actions by stage and state.

use std::path::Path;
use std::process::ExitCode;

use reparam::horizon::Risk;
use reparam::horizon::plan::Settings;
use reparam_harness::horizon::planner::{Decisions, Planner};
use reparam_harness::horizon::process::Process;
use reparam_harness::report::progress::Progress;
use serde::Serialize;

const USAGE: &str = "usage: horizon_peers MODEL.csv HORIZON mean|B REPEATS";

#[derive(Serialize)]
struct Solved {
    seconds: Vec<f64>,
    value: Vec<f64>,
    policy: Vec<Vec<u16>>,
}

/// CPU seconds of all threads.
fn now() -> f64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 * 1e-9
}

fn run(arguments: &[&str]) -> Option<Solved> {
    let &[file, horizon, risk, repeats] = arguments else { return None };
    let (horizon, repeats) = (horizon.parse().ok()?, repeats.parse().ok()?);
    let risk = if risk == "mean" { Risk::Mean } else { Risk::Entropic(risk.parse().ok()?) };
    rayon::ThreadPoolBuilder::new().num_threads(1).build_global().ok()?;
    let process = Process::<f64>::parse(&std::fs::read(file).ok()?, Path::new(file), None).ok()?;
    let mut planner = Planner::new(&process).ok()?;
    let mut decisions = Decisions::new(horizon, process.states);
    let (mut seconds, mut value) = (Vec::new(), Vec::new());
    for _ in 0..repeats {
        let start = now();
        let solved = planner.solve(horizon, Settings::new(risk), Some(&mut decisions), &Progress::quiet());
        seconds.push(now() - start);
        value = solved.ok()?.to_vec();
    }
    let policy = (0..horizon).map(|stage| decisions.stage(stage).to_vec()).collect();
    Some(Solved { seconds, value, policy })
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match run(&arguments.iter().map(String::as_str).collect::<Vec<_>>()) {
        Some(solved) => {
            println!("{}", serde_json::to_string(&solved).expect("finite numbers"));
            ExitCode::SUCCESS
        }
        None => {
            eprintln!("{USAGE}");
            ExitCode::from(2)
        }
    }
}
