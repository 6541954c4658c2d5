//! `reparam horizon` as a user meets it. Golden numbers without another source are from an independent numpy program, which
//! enumerates laws as dictionaries.

mod command;
#[path = "../../fuzz/src/horizon_csv.rs"]
mod horizon_csv;
#[path = "../../tests/processes/mod.rs"]
mod processes;

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use command::{fails, json, reparam, text};
use processes::{Process, garnet};
use rand_core::Rng;
use reparam::Real;
use reparam::horizon::model::{ByRow, Probability, Reward};
use reparam::horizon::plan::{self, Settings};
use reparam::horizon::{Risk, Sparse};
use reparam::random::SplitMix64;
use reparam_harness::horizon::planner::{Decisions, Planner};
use reparam_harness::horizon::process::Process as Sorted;
use reparam_harness::report::progress::Progress;
use serde_json::Value;

/// A file of the examples.
fn example(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/data").join(name);
    path.to_str().unwrap().to_owned()
}

/// Writes a process as CSV, ids from 0.
fn write(folder: &Path, name: &str, process: &Process) -> PathBuf {
    let mut csv = String::from("idstatefrom,idaction,idstateto,probability,reward\r\n");
    for state in 0..process.states {
        for action in 0..process.actions {
            for (next, probability, reward) in process.row(state, action) {
                write!(csv, "{state},{action},{next},{probability:e},{reward}\r\n").unwrap();
            }
        }
    }
    let path = folder.join(name);
    fs::write(&path, csv).unwrap();
    path
}

fn number(report: &Value, key: &str) -> f64 {
    report[key].as_f64().unwrap_or_else(|| panic!("{key}: {report}"))
}

fn close(x: f64, y: f64, tolerance: f64) {
    assert!((x - y).abs() <= tolerance, "{x} is not {y}");
}

/// File, horizon, start as in the file and from 0; rows of b, value, mean, deviation, CVaR of 0.1 and 0.25.
type Domain = (&'static str, &'static str, &'static str, usize, &'static [[f64; 6]]);

/// Values, means, deviations and tails of three processes under the best policy for several risks.
#[test]
fn published_domains() {
    let folder = tempfile::tempdir().unwrap();
    let domains: [Domain; 3] = [
        (
            "machine.csv",
            "20",
            "3",
            2,
            &[
                [0.0, -4.7033373020, -4.703337, 8.961356, -26.945229, -15.359669],
                [0.01, -5.1501797580, -4.715925, 8.802491, -26.543174, -15.260925],
                [0.05, -8.9649567688, -5.074103, 8.730211, -26.708181, -15.951476],
                [0.1, -47.7743124840, -23.004188, 4.907886, -34.394377, -28.292725],
                [0.2, -160.1551744222, -24.411714, 4.173378, -33.016152, -28.386826],
            ],
        ),
        (
            "inventory.csv",
            "10",
            "0",
            0,
            &[
                [0.0, 353.6059264950, 353.605926, 74.547311, 224.305684, 259.382124],
                [0.01, 326.5336437982, 352.048725, 71.725224, 227.162990, 261.307254],
                [0.05, 238.8919360369, 333.345471, 61.334441, 225.517971, 255.190525],
            ],
        ),
        (
            "energy_node.csv",
            "24",
            "19",
            19,
            &[
                [0.0, 45.4561707825, 45.456171, 15.731894, 18.464677, 25.569247],
                [0.1, 34.2216914723, 44.744813, 14.784534, 19.464192, 25.885219],
                [1.0, -297.4353003365, 31.723413, 6.954677, 17.833543, 22.238240],
            ],
        ),
    ];
    for (file, horizon, start, place, rows) in domains {
        for &[b, value, mean, sd, tenth, quarter] in rows {
            let (file, risk) = (example(file), b.to_string());
            let arguments = [file.as_str(), "--horizon", horizon, "--risk", &risk, "--json"];
            let solved = json(folder.path(), &[&["horizon", "solve"], &arguments[..]].concat());
            close(solved["value"][place].as_f64().unwrap(), value, 1e-8);
            let more = ["--start", start, "--levels", "0.1,0.25"];
            let report = json(folder.path(), &[&["horizon", "evaluate"], &arguments[..], &more].concat());
            assert_eq!(number(&report, "bound"), 0.0);
            close(number(&report, "mean"), mean, 1e-6);
            close(number(&report, "sd"), sd, 1e-6);
            close(number(&report["levels"][0], "cvar"), tenth, 1e-6);
            close(number(&report["levels"][1], "cvar"), quarter, 1e-6);
        }
    }
}

/// With a discount g the risk of stage t is b·gᵗ.
#[test]
fn discounted_risk() {
    let folder = tempfile::tempdir().unwrap();
    let file = example("machine.csv");
    let arguments =
        ["horizon", "solve", &file, "--horizon", "10", "--risk", "0.5", "--discount", "0.9", "--json"];
    let report = json(folder.path(), &arguments);
    assert_eq!(number(&report, "discount"), 0.9);
    for (state, value) in [-5.45366661, -47.55820413, -18.87907305].into_iter().enumerate() {
        close(report["value"][state].as_f64().unwrap(), value, 1e-8);
    }
}

#[test]
fn exact_tails() {
    let folder = tempfile::tempdir().unwrap();
    let run = |verb: &str, file: &str, horizon: &str, start: &str, option: &str, level: &str| {
        let file = example(file);
        let arguments =
            ["horizon", verb, &file, "--horizon", horizon, "--start", start, option, level, "--json"];
        number(&json(folder.path(), &arguments), "value")
    };
    close(run("cvar", "machine.csv", "20", "3", "--tail", "0.1"), -23.494, 5e-4);
    close(run("cvar", "inventory.csv", "10", "0", "--tail", "0.25"), 266.131, 5e-4);
    close(run("cvar", "energy_node.csv", "24", "19", "--tail", "0.05"), 16.00259, 5e-6);
    close(run("threshold", "machine.csv", "20", "3", "--at-least", "-10"), 0.871146, 5e-7);
    close(run("threshold", "inventory.csv", "10", "0", "--at-least", "300"), 0.830578, 5e-7);
    close(run("threshold", "energy_node.csv", "24", "19", "--at-least", "30"), 0.8875470, 5e-8);

    let path = write(folder.path(), "garnet.csv", &garnet(12, 3, 3, 2));
    let of = |verb: &str, option: &str, level: &str| {
        let file = path.to_str().unwrap();
        json(
            folder.path(),
            &["horizon", verb, file, "--horizon", "8", "--start", "0", option, level, "--json"],
        )
    };
    let report = of("cvar", "--tail", "0.1");
    close(number(&report, "value"), 59.16054129, 1e-8);
    assert_eq!((number(&report, "target"), number(&report, "level")), (62.0, 0.1));
    close(number(&of("threshold", "--at-least", "63"), "value"), 0.9031937962, 1e-10);
    // EVaR by branch and bound: at most 0.01 off, and both ends hold the optimum.
    let report = of("evar", "--tail", "0.1");
    assert!(number(&report, "solves") <= 200.0, "{report}");
    let (value, bound) = (number(&report, "value"), number(&report, "bound"));
    assert!((57.68975767 - 0.01..=57.68975768).contains(&value) && bound >= 57.68975767, "{report}");
    let finer = json(
        folder.path(),
        &[
            "horizon",
            "evar",
            path.to_str().unwrap(),
            "--horizon",
            "8",
            "--start",
            "0",
            "--tail",
            "0.1",
            "--tolerance",
            "1e-7",
            "--json",
        ],
    );
    close(number(&finer, "value"), 57.68975767, 2e-7);
    close(number(&finer, "risk"), 0.4405, 2e-3);
}

#[test]
fn fronts() {
    let folder = tempfile::tempdir().unwrap();
    let path = write(folder.path(), "garnet.csv", &garnet(6, 3, 3, 11));
    let file = path.to_str().unwrap();
    let arguments = ["horizon", "front", file, "--horizon", "6", "--start", "0", "--largest", "2", "--json"];
    let report = json(folder.path(), &arguments);
    let breakpoints = report["breakpoints"].as_array().unwrap();
    assert_eq!(breakpoints.len(), 1, "{report}");
    close(breakpoints[0].as_f64().unwrap(), 0.10182, 1e-4);
    let machine = example("machine.csv");
    let arguments =
        ["horizon", "front", &machine, "--horizon", "20", "--start", "3", "--largest", "3", "--json"];
    let report = json(folder.path(), &arguments);
    assert_eq!(report["breakpoints"].as_array().unwrap().len(), 35);
    assert_eq!(report["truncated"], false);
    let best = report["pieces"].as_array().unwrap().iter().map(|p| number(p, "cvar")).fold(-1e9, f64::max);
    close(best, -26.535, 5e-4);
    let report = json(folder.path(), &[&arguments[..], &["--limit", "5"]].concat());
    assert_eq!((report["pieces"].as_array().unwrap().len(), &report["truncated"]), (5, &Value::Bool(true)));
}

/// A policy written by one verb and read by another; laws of few atoms keep their bound.
#[test]
fn policies_and_bounds() {
    let folder = tempfile::tempdir().unwrap();
    let machine = example("machine.csv");
    let common = [machine.as_str(), "--horizon", "20"];
    let run = |verb: &str, more: &[&str]| {
        json(folder.path(), &[&["horizon", verb], &common[..], more, &["--json"]].concat())
    };
    let solved = run("solve", &["--risk", "0.1", "-o", "policy.csv"]);
    assert_eq!(solved["policy"][19][2], 1, "ids count from 1, as in the file");
    let own = run("evaluate", &["--start", "3", "--policy", "policy.csv", "--plot", "law.svg"]);
    close(number(&own, "mean"), -23.004188, 1e-6);
    assert!(fs::read_to_string(folder.path().join("law.svg")).unwrap().starts_with("<svg"));
    let few = run("evaluate", &["--start", "3", "--policy", "policy.csv", "--atoms", "50"]);
    assert!(number(&few, "bound") > 0.0);
    close(number(&few, "mean"), number(&own, "mean"), 1e-9);
    let error = (number(&few["levels"][2], "cvar") - number(&own["levels"][2], "cvar")).abs();
    assert!(error <= number(&few, "bound") / 0.25);
    let single = run("solve", &["--single"]);
    close(single["value"][2].as_f64().unwrap(), -4.7033373020, 1e-4);
    // The same on one thread.
    let alone = run("solve", &["--risk", "0.1", "--threads", "1"]);
    assert_eq!(alone["value"], solved["value"]);

    let policy = fs::read_to_string(folder.path().join("policy.csv")).unwrap();
    fs::write(folder.path().join("short.csv"), policy.lines().take(9).collect::<Vec<_>>().join("\n"))
        .unwrap();
    let refused = |file: &str, parts: &[&str]| {
        let arguments = [&["horizon", "evaluate"], &common[..], &["--start", "3", "--policy", file]].concat();
        fails(folder.path(), 1, &arguments, parts);
    };
    refused("short.csv", &["short.csv:", "no action for stage 1, state 9"]);
    fs::write(folder.path().join("wrong.csv"), "stage,state,action\n1,1,3\n").unwrap();
    refused("wrong.csv", &["wrong.csv:2:", "action 3: there are 1 to 2"]);
}

#[test]
fn refusals() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("m.csv");
    let head = "idstatefrom,idaction,idstateto,probability,reward\n";
    let refused = |rows: &str, code: i32, more: &[&str], parts: &[&str]| {
        fs::write(&file, format!("{head}{rows}")).unwrap();
        let arguments = [&["horizon", "solve", "m.csv", "--horizon", "3"], more].concat();
        fails(folder.path(), code, &arguments, parts);
    };
    refused("0,0,0,0.9,1\n", 1, &[], &["m.csv:2:", "add up to 0.9"]);
    refused("1,0,1,1,1\n", 2, &[], &["m.csv:", "--base 0 or --base 1"]);
    refused("1,1,1,1,1\n", 1, &["--base", "0"], &["m.csv:", "state 0 does not occur"]);
    refused("1,0,1,1,1\n", 1, &["--base", "1"], &["m.csv:2:", "below 1"]);
    refused("0,0,0,1,1\n", 2, &["--risk", "much"], &["--risk"]);
    refused("0,0,0,1,1\n", 2, &["--discount", "0"], &["--discount"]);
    refused("0,0,0,1,1\n", 2, &["-o", "m.csv"], &["m.csv", "same file"]);
    fs::write(&file, format!("{head}0,0,0,1,0.12345\n")).unwrap();
    fails(
        folder.path(),
        1,
        &["horizon", "cvar", "m.csv", "--horizon", "3", "--start", "0", "--tail", "0.1"],
        &["--step"],
    );
    fails(
        folder.path(),
        2,
        &["horizon", "evaluate", "m.csv", "--horizon", "3", "--start", "1"],
        &["no state 1"],
    );
    let output = reparam(folder.path(), &["horizon", "solve", "m.csv", "--horizon", "3"]);
    assert!(text(&output.stdout).contains("1 states, 1 actions, 1 outcomes"), "{}", text(&output.stderr));
}

/// What the firmware has built in is what the commands make of the example.
#[test]
fn deploys() {
    let folder = tempfile::tempdir().unwrap();
    let file = example("energy_node.csv");
    let run = |arguments: &[&str]| {
        let output = reparam(folder.path(), arguments);
        assert!(output.status.success(), "{}", text(&output.stderr));
    };
    run(&["horizon", "solve", &file, "--horizon", "24", "--risk", "0.1", "-o", "energy_node.json"]);
    run(&["deploy", "energy_node.json", "--name", "horizon_plan", "-o", "out", "--export-only"]);
    for name in ["horizon_plan.rs", "horizon_plan_inputs.rs"] {
        let made = fs::read_to_string(folder.path().join("out").join(name)).unwrap();
        let kept = Path::new(env!("CARGO_MANIFEST_DIR")).join("../firmware/exports").join(name);
        assert_eq!(made, fs::read_to_string(kept).unwrap(), "{name}: make it anew");
    }
    let plan = fs::read_to_string(folder.path().join("energy_node.json")).unwrap();
    let refused = |what: &str, with: &str, parts: &[&str]| {
        fs::write(folder.path().join("bad.json"), plan.replacen(what, with, 1)).unwrap();
        fails(folder.path(), 1, &["deploy", "bad.json", "--export-only"], parts);
    };
    refused("\"states\": 36", "\"states\": 35", &["bad.json:", "do not fit together"]);
    refused("\"discount\": 1.0", "\"discount\": 0.9", &["bad.json:", "without a discount"]);
    refused("-20.0", "0.12345", &["bad.json:", "power of ten"]);
    refused("0.63,", "0.73,", &["bad.json:", "do not add up to 1"]);
}

/// All plans side by side; the exact one has the CVaR that `cvar` promises.
#[test]
fn plans_compared() {
    let folder = tempfile::tempdir().unwrap();
    let file = example("energy_node.csv");
    let arguments = ["horizon", "compare", &file, "--horizon", "24", "--start", "19", "--risks", "0.1,1"];
    let more = ["--level", "0.05", "--largest", "0.2", "--plot", "laws.svg", "--json"];
    let report = json(folder.path(), &[&arguments[..], &more].concat());
    let row = |name: &str| {
        let rows = report["policies"].as_array().unwrap();
        rows.iter().find(|row| row["policy"].as_str().unwrap().starts_with(name)).unwrap().clone()
    };
    close(number(&row("mean"), "mean"), 45.4561707825, 1e-9);
    close(number(&row("mean"), "cvar"), 13.994, 5e-4);
    close(number(&row("ERM, b = 1"), "mean"), 31.723413, 1e-6);
    close(number(&row("CVaR, exactly"), "cvar"), 16.00259, 5e-6);
    for kind in ["mean", "ERM", "EVaR", "best CVaR"] {
        assert!(number(&row(kind), "cvar") <= number(&row("CVaR, exactly"), "cvar"));
    }
    let plot = fs::read_to_string(folder.path().join("laws.svg")).unwrap();
    assert!(plot.contains("CVaR, exactly"));
}

/// Actions are left out only where that changes nothing: values and policies are the core's, bit for bit.
fn same_as_core<T: Real + Probability<f64> + Reward<f64> + Probability<T> + Reward<T>>(
    process: &Process,
    horizon: usize,
    risk: Risk<T>,
    discount: f64,
) {
    let folder = tempfile::tempdir().unwrap();
    let file = write(folder.path(), "m.csv", process);
    let process = Sorted::<T>::parse(&fs::read(&file).unwrap(), &file, Some(0)).unwrap();
    let settings = Settings { discount: T::from_f64(discount), ..Settings::new(risk) };
    let mut scratch = vec![T::ZERO; plan::scratch_len(process.states)];
    let mut table = Decisions::new(horizon, process.states);
    let policy = |stage: usize, state: usize, action: usize| table.stage_mut(stage)[state] = action as u16;
    let expected = match process.row_rewards() {
        Some(rewards) => {
            let Sorted { states, actions, row_ptr, col, prob, .. } = &process;
            let model = Sparse::new(*states, *actions, row_ptr, col, prob, ByRow(&rewards)).unwrap();
            plan::solve(&model, horizon, settings, &mut scratch, policy)
        }
        None => plan::solve(&process, horizon, settings, &mut scratch, policy),
    }
    .unwrap();
    let mut decisions = Decisions::new(horizon, process.states);
    let mut planner = Planner::new(&process).unwrap();
    for _ in 0..2 {
        let found = planner.solve(horizon, settings, Some(&mut decisions), &Progress::quiet()).unwrap();
        assert!(found == expected, "{risk:?}, discount {discount}: values");
        assert!(decisions == table, "{risk:?}, discount {discount}: policy");
    }
}

#[test]
fn actions_that_are_left_out_are_not_best() {
    // One that mixes, one with rewards by edge, one that never comes to rest: two states that take turns.
    let mut edges = garnet(40, 5, 3, 3);
    edges.rows.iter_mut().flatten().for_each(|edge| edge.2 += (edge.0 % 3) as f64);
    let turns = Process {
        states: 2,
        actions: 3,
        rows: [(1, 5.0), (0, 4.0), (1, 5.0), (0, 0.0), (1, 1.0), (0, 0.0)]
            .map(|(next, reward)| vec![(next, 1.0, reward)])
            .into(),
    };
    for process in [garnet(60, 7, 4, 2), edges, turns] {
        for risk in [Risk::Mean, Risk::Entropic(0.1), Risk::Entropic(-0.3), Risk::Entropic(3.0)] {
            for discount in [1.0, 0.9] {
                same_as_core::<f64>(&process, 60, risk, discount);
                let single = match risk {
                    Risk::Mean => Risk::Mean,
                    Risk::Entropic(b) => Risk::Entropic(b as f32),
                };
                same_as_core::<f32>(&process, 60, single, discount);
            }
        }
    }
}

/// The body of the fuzz target on seeded bytes.
#[test]
fn any_bytes_are_a_process_or_an_error() {
    let mut rng = SplitMix64::new(0xc57);
    let mut data = [0; 64];
    for _ in 0..30_000 {
        rng.fill_bytes(&mut data);
        let len = rng.next_u32() as usize % data.len();
        horizon_csv::run(&data[..len]);
    }
}
