//! `reparam implicit` as a user meets it.

mod command;

use std::fs;
use std::path::Path;

use command::{fails, json, reparam, text};
use reparam_harness::data::TableOptions;
use reparam_harness::deploy::{Request, export};
use reparam_runner::Words;
use serde_json::Value;

fn sweep(folder: &Path, arguments: &str) -> Value {
    let all: Vec<&str> = "implicit sweep --json".split(' ').chain(arguments.split(' ')).collect();
    json(folder, &all)
}

fn number(row: &Value, key: &str) -> f64 {
    row[key].as_f64().unwrap_or_else(|| panic!("{key}: {row}"))
}

fn rows<'a>(report: &'a Value, method: &str) -> Vec<&'a Value> {
    let rows = report["rows"].as_array().unwrap();
    rows.iter().filter(|row| row["method"] == method).collect()
}

/// Means as in the published logs; explicit ones grow with the offset because of seeds that miss a state, their median does not.
#[test]
fn chain() {
    let folder = tempfile::tempdir().unwrap();
    let report = sweep(folder.path(), "--domain chain --eta 0.9 --offset 0,0.2,0.5,0.8,1 --plot chain.svg");
    for row in rows(&report, "implicit") {
        assert!((3.8..=4.9).contains(&number(row, "mean")), "{row}");
        assert_eq!((row["seeds"].as_u64(), row["diverged"].as_u64()), (Some(20), Some(0)));
        let (ones, orthogonal) = (number(row, "ones"), number(row, "orthogonal"));
        assert!(number(row, "mean") <= ones + orthogonal && number(row, "mean") >= ones.max(orthogonal));
        assert!((number(row, "described") - number(row, "mean")).abs() < 1e-9, "every state has a feature");
    }
    let explicit = rows(&report, "explicit");
    let (first, last) = (explicit[0], explicit[4]);
    // The logs' own start; rewards of the start are random.
    for (row, ones) in [(first, 24.41), (last, 57.57)] {
        close(number(row, "first_ones"), ones, 0.03 * ones);
        close(number(row, "first_orthogonal"), 9.94, 0.3);
    }
    assert!(number(last, "sd") > 1.5 * number(first, "sd"), "{first} {last}");
    assert!((number(last, "median") / number(first, "median") - 1.0).abs() < 0.02, "{first} {last}");
    let published = &last["published"];
    assert_eq!((published["mean"].as_f64(), published["median"].as_f64()), (Some(7.18036), Some(4.20963)));
    assert!(number(published, "sd") > 2.0 * number(&first["published"], "sd"));
    assert!(report["notes"][0].as_str().unwrap().contains("medians"));
    let plot = fs::read_to_string(folder.path().join("chain.svg")).unwrap();
    assert!(plot.contains("implicit, η = 0.9, step 0.0156: median"), "{plot}");
}

/// All rows of the chain agree with the published logs within three standard errors.
#[test]
fn published_logs() {
    let folder = tempfile::tempdir().unwrap();
    let report = sweep(folder.path(), "--reference --domains chain");
    let rows = report["rows"].as_array().unwrap();
    assert_eq!(rows.len(), 25);
    for row in rows {
        let difference = number(row, "mean") - number(&row["published"], "mean");
        assert_eq!(number(row, "difference"), difference);
        assert!(row["holds"] == true && difference.abs() <= number(row, "allowed"), "{row}");
        if row["method"] == "implicit" {
            assert!(number(row, "allowed") < 0.4 * number(&row["published"], "mean"), "{row}");
        }
    }
}

/// At offset 1 explicit values are far behind; the terminal state, which no feature describes, hides most of that.
#[test]
fn rooms() {
    let folder = tempfile::tempdir().unwrap();
    let report = sweep(folder.path(), "--domain rooms --eta 0.9 --offset 0,1 --seeds 6");
    let (explicit, implicit) = (rows(&report, "explicit")[1], rows(&report, "implicit")[1]);
    let ratio = |key: &str| number(explicit, key) / number(implicit, key);
    close(number(explicit, "first") / number(&explicit["published"], "first"), 1.0, 0.01);
    close(number(explicit, "first_ones"), number(explicit, "first"), 0.2);
    assert!(ratio("described") > 8.0, "{report}");
    assert!((4.0..4.8).contains(&ratio("mean")), "{report}");
    // The value 10 of that state and what is left elsewhere.
    let together = number(implicit, "described").hypot(10.0);
    assert!((number(implicit, "mean") / together - 1.0).abs() < 0.01, "{report}");
    let at_zero = rows(&report, "implicit")[0];
    assert!((number(at_zero, "mean") - number(at_zero, "described")).abs() < 1e-9, "{at_zero}");
}

/// Steps that are too large are counted, and their numbers do not reach means or medians.
#[test]
fn divergence() {
    let folder = tempfile::tempdir().unwrap();
    let report = sweep(
        folder.path(),
        "--domain chain --method implicit --eta 0.975 --step 0.0078125,0.125 --offset 1 -o runs.csv --plot steps.svg",
    );
    let [small, large] = rows(&report, "implicit")[..] else { panic!("{report}") };
    assert_eq!((small["diverged"].as_u64(), large["diverged"].as_u64()), (Some(0), Some(20)));
    assert_eq!(large["published"]["diverged"].as_u64(), Some(20), "as in the logs");
    assert!(
        large["mean"].is_null() && large["median"].is_null() && number(small, "median") < 6.0,
        "{report}"
    );
    let runs = fs::read_to_string(folder.path().join("runs.csv")).unwrap();
    let lines: Vec<Vec<&str>> = runs.lines().map(|line| line.split(',').collect()).collect();
    assert_eq!((lines.len(), lines[0].len()), (41, 11));
    assert!(lines.iter().all(|line| line.len() == 11));
    let norms: Vec<f64> = lines[1..21].iter().map(|line| line[7].parse().unwrap()).collect();
    assert!((norms.iter().sum::<f64>() / 20.0 - number(small, "mean")).abs() < 1e-12);
    assert!(lines[21..].iter().all(|line| line[5] == "1" && line[7].is_empty()));
    assert!(fs::read_to_string(folder.path().join("steps.svg")).unwrap().contains("step size"));
    let table = reparam(
        folder.path(),
        &["implicit", "sweep", "--method", "implicit", "--eta", "0.975", "--step", "0.125", "--offset", "1"],
    );
    let table = text(&table.stdout);
    assert!(table.contains('–') && !table.contains("NaN"), "{table}");
}

/// The car on radial basis functions, one seed, on one thread and on all.
#[test]
fn car() {
    let folder = tempfile::tempdir().unwrap();
    let arguments = "--domain car --eta 0.9 --offset 0,1 --seeds 2 --updates 20";
    let report = sweep(folder.path(), arguments);
    let explicit = rows(&report, "explicit");
    // The offset takes the common part away.
    assert!(number(explicit[0], "first") > 20.0 * number(explicit[1], "first"), "{report}");
    assert!(explicit[0]["published"].is_null(), "the logs are of 300 steps");
    for row in rows(&report, "implicit") {
        assert!(number(row, "mean") < number(row, "first"), "{row}");
    }
    assert_eq!(report, sweep(folder.path(), &format!("{arguments} --threads 1")));
}

#[test]
fn refusals_of_sweeps() {
    let folder = tempfile::tempdir().unwrap();
    let refused = |arguments: &str, parts: &[&str]| {
        let all: Vec<&str> = "implicit sweep".split(' ').chain(arguments.split(' ')).collect();
        fails(folder.path(), 2, &all, parts);
    };
    refused("--eta 0.85", &["--eta 0.85: no step is known", "give --step"]);
    refused("--eta 1", &["--eta", "[0, 1)"]);
    refused("--step 0", &["--step", "positive"]);
    refused("--offset inf", &["--offset"]);
    refused("--domain maze", &["maze"]);
    refused("--reference --eta 0.9", &["--reference"]);
    refused("--domains car", &["--reference"]);
    refused("-o same --plot same", &["same file"]);
}

fn example(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/data").join(name);
    path.to_str().unwrap().to_owned()
}

fn learn(folder: &Path, file: &str, arguments: &str) -> Value {
    let more = arguments.split(' ');
    let all: Vec<&str> = ["implicit", "learn", file, "--json"].into_iter().chain(more).collect();
    json(folder, &all)
}

fn close(x: f64, y: f64, tolerance: f64) {
    assert!((x - y).abs() <= tolerance, "{x} is not {y}");
}

/// Shares, plans, and what these are worth on the true process, as an independent program finds them.
#[test]
fn learned_plans() {
    let folder = tempfile::tempdir().unwrap();
    let (file, truth) = (example("machine_trajectory.csv"), example("machine.csv"));
    let expected = include_str!("../../tests/reference/implicit_learn.txt");
    for risk in ["0", "0.05", "0.2"] {
        let arguments =
            format!("--horizon 20 --risk {risk} --model {truth} -o learned.csv --policy policy.csv");
        let report = learn(folder.path(), &file, &arguments);
        assert_eq!((report["steps"].as_u64(), report["episodes"].as_u64()), (Some(2400), Some(60)));
        let lines = expected.lines().map(|line| line.split(' ').collect::<Vec<_>>());
        let (mut sum, mut largest) = (0.0, 0.0f64);
        for line in lines.filter(|line| line[0] == risk) {
            let state = line[1].parse::<usize>().unwrap() - 1;
            let of = |place: usize| line[place].parse::<f64>().unwrap();
            close(report["value"][state].as_f64().unwrap(), of(2), 1e-8);
            close(report["truth"]["achieved"][state].as_f64().unwrap(), of(3), 1e-8);
            close(report["truth"]["optimum"][state].as_f64().unwrap(), of(4), 1e-8);
            sum += of(4) - of(3);
            largest = largest.max(of(4) - of(3));
        }
        close(number(&report["truth"], "gap_mean"), sum / 10.0, 1e-8);
        close(number(&report["truth"], "gap_largest"), largest, 1e-8);
        // What was written is a model and a policy of `horizon`.
        let common = ["learned.csv", "--horizon", "20", "--json"];
        let solved = json(folder.path(), &[&["horizon", "solve", "--risk", risk], &common[..]].concat());
        assert_eq!((&solved["value"], &solved["policy"]), (&report["value"], &report["policy"]));
        if risk == "0" {
            let policy = ["horizon", "evaluate", "--start", "3", "--policy", "policy.csv", &truth];
            let law = json(folder.path(), &[&policy[..], &["--horizon", "20", "--json"]].concat());
            close(number(&law, "mean"), report["truth"]["achieved"][2].as_f64().unwrap(), 1e-9);
        }
    }
}

/// One state, two actions: of four tries one pays 1 or nothing, the other always 0.7.
#[test]
fn shares_have_a_closed_form() {
    let folder = tempfile::tempdir().unwrap();
    let rows = ["0,1", "0,1", "0,0", "0,1", "1,0.7", "1,0.7"].map(|row| format!("0,{row},0\n")).concat();
    fs::write(folder.path().join("t.csv"), format!("state,action,reward,next_state\n{rows}")).unwrap();
    let value = |more: &str| {
        let report = learn(folder.path(), "t.csv", &format!("--horizon 5 {more}"));
        (report["value"][0].as_f64().unwrap(), report["policy"][0][0].as_u64().unwrap())
    };
    let mean = value("--risk mean");
    close(mean.0, 5.0 * 0.75, 1e-12);
    assert_eq!(mean.1, 0);
    // −ln(3/4 e^−b + 1/4)/b a stage for the first, 0.7 for the second.
    let erm = |b: f64| -(0.75 * (-b).exp() + 0.25).ln() / b;
    close(value("--risk 0.1").0, 5.0 * erm(0.1), 1e-12);
    assert!(erm(1.0) < 0.7);
    assert_eq!(value("--risk 1"), (3.5, 1));
    // Means forget the risk.
    close(value("--risk 1 --rewards mean").0, 3.75, 1e-12);
    close(value("--risk mean --discount 0.5").0, 0.75 * (2.0 - 0.0625), 1e-12);
}

/// A model that has nothing but returns to learn from: its values are those of the behaviour, its plans are worth less than those
/// of shares.
#[test]
fn implicit_models() {
    let folder = tempfile::tempdir().unwrap();
    let (file, truth) = (example("machine_trajectory.csv"), example("machine.csv"));
    let arguments = format!("--by implicit --horizon 20 --model {truth}");
    let report = learn(folder.path(), &file, &arguments);
    assert!(number(&report, "relative_error") < 0.7, "{report}");
    assert!(number(&report["truth"], "gap_mean") > 0.0, "{report}");
    assert_eq!(report["pairs"].as_u64(), Some(20));
    fails(
        folder.path(),
        1,
        &["implicit", "learn", &file, "--by", "implicit", "--horizon", "20", "--step", "1000"],
        &["diverge", "smaller --step"],
    );
    let long = ["implicit", "learn", &file, "--by", "implicit", "--horizon", "20", "--eta", "0.99"];
    fails(folder.path(), 1, &long, &["no episode is long enough", "smaller --eta"]);
}

#[test]
fn refusals_of_learning() {
    let folder = tempfile::tempdir().unwrap();
    let head = "state,action,reward,next_state\n";
    let refused = |rows: &str, code: i32, more: &[&str], parts: &[&str]| {
        fs::write(folder.path().join("t.csv"), format!("{head}{rows}")).unwrap();
        let all = [&["implicit", "learn", "t.csv", "--horizon", "3"], more].concat();
        fails(folder.path(), code, &all, parts);
    };
    refused("0,0,1,1\n", 1, &[], &["t.csv:2:", "what follows state 1", "--unseen"]);
    refused("0,0,1,0\n0,0,nan,0\n", 1, &[], &["t.csv:3:", "finite number"]);
    refused("1,0,1,1\n", 2, &[], &["t.csv:", "--base 0 or --base 1"]);
    refused("0,0,1,0\n", 2, &["-o", "t.csv"], &["same file"]);
    fs::write(
        folder.path().join("one.csv"),
        "idstatefrom,idaction,idstateto,probability,reward\n0,0,0,1,1\n",
    )
    .unwrap();
    refused("0,0,1,1\n", 2, &["--model", "one.csv"], &["t.csv:", "2 states", "--model has 1"]);
    let gap = "idstatefrom,idaction,idstateto,probability,reward\n0,1,0,1,1\n1,0,0,1,1\n";
    fs::write(folder.path().join("gap.csv"), gap).unwrap();
    refused("0,0,1,0\n", 1, &["--model", "gap.csv", "--unseen", "0"], &["does not have in state 0"]);
    // A state without experience, told what it is worth.
    let report = learn(folder.path(), "t.csv", "--horizon 3");
    assert_eq!(report["value"][0].as_f64(), Some(3.0));
    fs::write(folder.path().join("t.csv"), format!("{head}0,0,1,1\n")).unwrap();
    let report = learn(folder.path(), "t.csv", "--horizon 3 --unseen -2");
    assert_eq!(report["value"], serde_json::json!([-3.0, -6.0]));
}

/// Values after a stream, as an independent program finds them; the state that is never seen follows the others, or stays at 0.
#[test]
fn streams() {
    let folder = tempfile::tempdir().unwrap();
    let file = example("chain_returns.csv");
    let report = json(folder.path(), &["implicit", "fit", &file, "--states", "11", "--json"]);
    for line in include_str!("../../tests/reference/implicit_fit.txt").lines() {
        let [state, explicit, implicit] = line.split(' ').collect::<Vec<_>>()[..] else { panic!("{line}") };
        let state: usize = state.parse().unwrap();
        close(report["explicit"][state].as_f64().unwrap(), explicit.parse().unwrap(), 1e-9);
        close(report["implicit"][state].as_f64().unwrap(), implicit.parse().unwrap(), 1e-9);
    }
    assert_eq!((report["seen"][5].as_u64(), report["explicit"][5].as_f64()), (Some(0), Some(0.0)));
    assert!(report["mean"][5].is_null());
    let refused = |more: &[&str], code: i32, parts: &[&str]| {
        fails(folder.path(), code, &[&["implicit", "fit", &file], more].concat(), parts);
    };
    refused(&["--states", "4"], 1, &["chain_returns.csv", "there is a state 10", "--states"]);
    refused(&["--base", "1"], 1, &["is not a state", "--base"]);
    refused(&["--columns", "state"], 1, &["1 columns", "--columns"]);
    refused(&["--step", "50"], 1, &["diverge", "--step"]);
    refused(&["--eta", "1"], 2, &["--eta"]);
}

/// What the firmware has built in is what the commands make of the example.
#[test]
fn deploys() {
    let folder = tempfile::tempdir().unwrap();
    let file = example("chain_returns.csv");
    let run = |arguments: &[&str]| {
        let output = reparam(folder.path(), arguments);
        assert!(output.status.success(), "{}", text(&output.stderr));
    };
    run(&["implicit", "fit", &file, "-o", "chain.json"]);
    run(&[
        "deploy",
        "chain.json",
        "--name",
        "implicit_chain",
        "--samples",
        "400",
        "-o",
        "out",
        "--export-only",
    ]);
    for name in ["implicit_chain.rs", "implicit_chain_inputs.rs"] {
        let made = fs::read_to_string(folder.path().join("out").join(name)).unwrap();
        let kept = Path::new(env!("CARGO_MANIFEST_DIR")).join("../firmware/exports").join(name);
        assert_eq!(made, fs::read_to_string(kept).unwrap(), "{name}: make it anew");
    }
    // In 32 bits as in 64, but for rounding.
    let artifact = export(&Request {
        fit: &folder.path().join("chain.json"),
        name: "chain".into(),
        matrix: None,
        data: None,
        table: &TableOptions::default(),
        samples: 400,
    });
    for output in artifact.unwrap().outputs {
        let Words::F32(host) = &output.host else { panic!("not f32") };
        assert_eq!(host.len(), if output.name == "loss" { 8 } else { 11 });
        host.iter().zip(&output.reference).for_each(|(&x, &y)| close(f64::from(x), y, 5e-5));
    }
    let fit = fs::read_to_string(folder.path().join("chain.json")).unwrap();
    let refused = |what: &str, with: &str, parts: &[&str]| {
        fs::write(folder.path().join("bad.json"), fit.replacen(what, with, 1)).unwrap();
        fails(folder.path(), 1, &["deploy", "bad.json", "--export-only"], parts);
    };
    refused("\"states\": 11", "\"states\": 12", &["bad.json:", "do not fit together"]);
    refused("\"eta\": 0.9", "\"eta\": 1.5", &["bad.json:", "out of range"]);
    refused("\"step\":", "\"stop\":", &["bad.json:", "step"]);
    fs::write(folder.path().join("more.csv"), "state,return\n0,1\n11,1\n").unwrap();
    let more = ["deploy", "chain.json", "--data", "more.csv", "--export-only"];
    fails(folder.path(), 1, &more, &["more.csv:", "state 11", "--states"]);
}
