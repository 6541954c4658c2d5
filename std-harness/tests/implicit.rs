//! `reparam implicit` as a user meets it.

mod command;

use std::fs;
use std::path::Path;

use command::{fails, json, reparam, text};
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
