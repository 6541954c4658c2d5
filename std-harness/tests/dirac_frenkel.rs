//! `reparam dirac-frenkel` as a user meets it. Errors without another source are those of an independent numpy program with the same
//! starting weights.

mod command;

use std::path::Path;

use command::{fails, json};
use reparam_harness::dirac_frenkel::spectral::Spectral;
use serde_json::Value;

/// Starting weights of the examples.
fn weights() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/data/dirac_frenkel_weights.json");
    path.to_str().unwrap().to_owned()
}

fn solve(arguments: &str) -> Value {
    let folder = tempfile::tempdir().unwrap();
    let words: Vec<&str> = "dirac-frenkel solve".split(' ').chain(arguments.split(' ')).collect();
    json(folder.path(), &[&words[..], &["--json"]].concat())
}

fn from_weights(problem: &str, key: &str, more: &str) -> Value {
    let (folder, weights) = (tempfile::tempdir().unwrap(), weights());
    let mut words = vec!["dirac-frenkel", "solve", problem, "--weights", &weights, "--key", key, "--json"];
    words.extend(more.split(' '));
    json(folder.path(), &words)
}

fn number(report: &Value, key: &str) -> f64 {
    report[key].as_f64().unwrap_or_else(|| panic!("{key}: {report}"))
}

fn ends(report: &Value) -> Vec<f64> {
    report["methods"].as_array().unwrap().iter().map(|row| number(row, "error_end")).collect()
}

fn near(found: f64, expected: f64, relative: f64) {
    assert!((found / expected - 1.0).abs() <= relative, "{found}, not {expected}");
}

#[test]
fn a_reaction_is_advected_through_its_collapse() {
    let plain = solve("advection-reaction --method df");
    near(number(&plain, "error_end"), 4.579, 5e-3);
    // From the first collapse, π/2, on.
    assert_eq!(number(&plain, "truncated_steps"), 44292.0);
    let momentum = solve("advection-reaction --method dfo");
    assert!(number(&momentum, "error_end") < 1e-11);
    assert_eq!(number(&momentum, "truncated_steps"), 2.0);
    let printed = solve("advection-reaction --method dfo --lambda 1e-5");
    near(number(&printed, "error_end"), 4.579, 5e-3);
}

#[test]
fn waves_cross_with_momentum() {
    let report = solve("waves --method df,dfo");
    let ends = ends(&report);
    near(ends[0], 1.2325, 1e-3);
    assert!(ends[1] < 5e-11, "{ends:?}");
    assert_eq!(number(&report["methods"][1], "truncated_steps"), 1.0);
    // A step that never lands on the collision.
    let beside = solve("waves --method df --step 3e-4");
    assert!(number(&beside, "error_end") < 1e-12);
    assert_eq!(number(&beside, "truncated_steps"), 0.0);
    // Nearly equal waves.
    let near_equal = solve("waves --method df --rho 4.635e-6");
    near(number(&near_equal, "error_end"), 2.79e-2, 0.1);
}

#[test]
fn redundant_gaussians() {
    let equal = solve("redundant --amplitudes 0.5,0.5 --method df");
    assert!(number(&equal, "error_end") < 1e-12);
    assert_eq!([number(&equal, "rank_min"), number(&equal, "rank_max")], [3.0, 3.0]);
    let plain = solve("redundant --method df,dfo");
    for end in ends(&plain) {
        near(end, 5.776e-5, 0.01);
    }
    near(number(&solve("redundant --method dfo --warm"), "error_end"), 5.66e-9, 0.2);
    assert!(number(&solve("redundant --method dfo --warm --tau 1e6"), "error_end") < 1e-11);
    near(number(&solve("redundant --method df --amplitudes 0.5,0.3,0.2"), "error_end"), 5.013e-5, 0.01);
}

#[test]
fn burgers_equation() {
    let one = from_weights("burgers", "burgers_1", "--method df,dfo,tikhonov,tsvd --gamma 1e-6 --tsvd 1e-4");
    for (end, expected) in ends(&one).into_iter().zip([4.681e-3, 4.327e-3, 1.07e-4, 5.54e-4]) {
        near(end, expected, 0.01);
    }
    let two = from_weights("burgers", "burgers_2", "--method df,dfo");
    for (end, expected) in ends(&two).into_iter().zip([3.553e-3, 3.575e-3]) {
        near(end, expected, 0.01);
    }
    // A sketch of 16 columns does what all 41 do.
    let sketch = from_weights("burgers", "burgers_1", "--method rdfo --columns 16 --seeds 2");
    near(number(&sketch, "error_end"), 4.327e-3, 0.02);
    assert_eq!(sketch["methods"][0]["errors"].as_array().unwrap().len(), 2);
    assert!(number(&sketch, "error_end_sd") > 0.0);
}

#[test]
fn allen_cahn_equation() {
    let report = from_weights("allen-cahn", "ac_1", "--method df,dfo");
    for (end, expected) in ends(&report).into_iter().zip([6.121e-3, 6.131e-3]) {
        near(end, expected, 0.01);
    }
}

#[test]
fn solitons() {
    let report = from_weights("solitons", "kdv_11", "--method df,dfo");
    for (end, expected) in ends(&report).into_iter().zip([2.009e-2, 9.336e-3]) {
        near(end, expected, 0.1);
    }
}

/// The start is fitted where no weights are given, and the fit is good.
#[test]
fn starts_are_fitted() {
    for problem in ["burgers", "solitons"] {
        let report = solve(&format!("{problem} --method df --step 1e-3 --time 1e-3 --samples 1 --seed 3"));
        let fit = report["fits"][0].as_f64().unwrap();
        assert!(fit < 2e-3, "{problem}: {fit}");
    }
}

/// A hundredth of the time of the large problem: 139 weights a field, least squares by faer.
#[test]
fn detonation_begins() {
    let report = from_weights(
        "detonation-small",
        "rdw_1",
        "--method df,dfo,tikhonov --gamma 1e-5 --time 0.08 --samples 2",
    );
    let ends = ends(&report);
    assert!(ends[0] < 5e-4 && ends[1] < 5e-4 && ends[2] < 2e-4, "{ends:?}");
    assert_eq!(number(&report, "weights"), 278.0);
}

/// Heat, and an advected reaction with growth: exact.
#[test]
fn the_spectral_reference_is_exact() {
    let rates = |u: &[f64], first: &[f64], rate: &mut [f64]| {
        rate[0] = -2.0 * first[0];
        rate[1] = 0.5 * u[1];
    };
    let spectral = Spectral {
        span: [0.0, std::f64::consts::TAU],
        modes: 64,
        step: 1e-3,
        diffusion: &[0.1, 0.3],
        rates: &rates,
    };
    let found = spectral.solve(|x| vec![(3.0 * x).sin(), (2.0 * x).cos()], &[0.0, 1.0], 16).unwrap();
    for k in 0..16 {
        let x = std::f64::consts::TAU * f64::from(k) / 16.0;
        let k = k as usize;
        assert!((found[1][k] - (-0.9f64).exp() * (3.0 * (x - 2.0)).sin()).abs() < 1e-10);
        assert!((found[1][16 + k] - (0.5f64 - 1.2).exp() * (2.0 * x).cos()).abs() < 1e-10);
    }
}

#[test]
fn an_interrupted_run_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let run = |more: &[&str]| {
        let mut words =
            vec!["dirac-frenkel", "solve", "redundant", "--json", "--method", "dfo,rdfo", "--columns", "5"];
        words.extend(more);
        json(folder.path(), &words)
    };
    let whole = run(&[]);
    // What is in the file when the command ends is a state on the way.
    run(&["--checkpoint", "run.json", "--checkpoint-every", "0.001"]);
    let state: Value =
        serde_json::from_slice(&std::fs::read(folder.path().join("run.json")).unwrap()).unwrap();
    assert!(
        state["state"]
            .as_array()
            .unwrap()
            .iter()
            .any(|run| (1..400).contains(&run["step"].as_u64().unwrap()))
    );
    let resumed = run(&["--resume", "run.json"]);
    for (a, b) in ends(&whole).into_iter().zip(ends(&resumed)) {
        assert_eq!(a.to_bits(), b.to_bits());
    }
    let other = [
        "dirac-frenkel",
        "solve",
        "redundant",
        "--resume",
        "run.json",
        "--method",
        "dfo,rdfo",
        "--columns",
        "4",
    ];
    fails(folder.path(), 2, &other, &["run.json", "belongs to another run", "RDFO 4"]);
    fails(
        folder.path(),
        1,
        &["dirac-frenkel", "solve", "redundant", "--resume", "none.json"],
        &["none.json", "cannot read"],
    );
}

#[test]
fn files_are_written() {
    let folder = tempfile::tempdir().unwrap();
    let words = "dirac-frenkel solve waves --step 1e-2 --method df,dfo --samples 20 --json --plot e.svg \
                 --plot-solution u.svg --plot-weights w.svg --snapshots u.npy";
    json(folder.path(), &words.split_whitespace().collect::<Vec<_>>());
    for file in ["e.svg", "u.svg", "w.svg"] {
        let svg = std::fs::read_to_string(folder.path().join(file)).unwrap();
        assert!(svg.starts_with("<svg") && svg.contains("DFO"), "{file}");
    }
    let array = reparam_harness::data::npy::read(&folder.path().join("u.npy")).unwrap();
    assert_eq!(array.shape, [2, 21, 1, 151]);
    // Both start as two waves at −2 and 2.
    let x: f64 = -12.0 + 24.0 * 75.0 / 151.0;
    let start = (-0.5 * (x + 2.0).powi(2)).exp() + (-0.5 * (x - 2.0).powi(2)).exp();
    assert!((array.values[75] - start).abs() < 1e-12);
}

#[test]
fn bad_input_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    std::fs::write(here.join("few.json"), "[1, 2]").unwrap();
    std::fs::write(here.join("word.json"), "[1, \"a\"]").unwrap();
    std::fs::write(here.join("cut.json"), "[1,\n 2").unwrap();
    let weights = weights();
    let case = |code: i32, arguments: &str, parts: &[&str]| {
        let words: Vec<&str> = "dirac-frenkel solve".split(' ').chain(arguments.split(' ')).collect();
        fails(here, code, &words, parts);
    };
    case(2, "burgers --weights few.json", &["few.json", "2 weights; the problem has 41"]);
    case(1, "burgers --weights word.json", &["word.json", "element 1"]);
    case(1, "burgers --weights cut.json", &["cut.json:2"]);
    case(1, "burgers --weights none.json", &["none.json", "cannot read"]);
    case(2, &format!("burgers --weights {weights}"), &["which?", "burgers_1"]);
    case(2, &format!("burgers --weights {weights} --key x"), &["there is no \"x\"", "burgers_1"]);
    case(2, "burgers --method sgd", &["sgd"]);
    case(2, "burgers --beta 1", &["[0, 1)"]);
    case(2, "burgers --beta 0.5 --tau 1", &["--tau"]);
    case(2, "burgers --step 3", &["--step 3 is longer than --time 2"]);
    case(2, "burgers --columns 50", &["a field of burgers has 41 weights"]);
    case(2, "burgers --warm", &["no velocity is known"]);
    case(2, "burgers --plot-weights w.svg", &["too many to draw"]);
    case(2, "waves --rho -2", &["--rho"]);
    case(2, "redundant --amplitudes 1,-1", &["--amplitudes"]);
    case(2, "waves --plot a.svg --snapshots a.svg", &["same file"]);
}

/// Steps far too long: the run ends where numbers do, and the report says so.
#[test]
fn a_run_that_blows_up_says_so() {
    let report = from_weights("allen-cahn", "ac_1", "--method df --step 2 --time 8");
    assert!(report["error_end"].is_null() && report["error_mean"].is_null());
    let stopped = report["stopped"][0].as_str().unwrap();
    assert!(stopped.starts_with("time ") && stopped.contains("infinite or NaN"), "{stopped}");
    // Least norm without truncation stays finite, but is of no use.
    let report = from_weights("burgers", "burgers_1", "--method df --rank-tolerance 1e-13");
    assert!(number(&report, "error_end") > 1e6);
}
