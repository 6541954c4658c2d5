//! `reparam diagonal limit` as a user meets it, at small sizes.

mod command;

use std::fs;

use command::{command, fails, json, reparam, text, write_npy};
use serde_json::Value;

fn numbers(report: &Value, method: &str, key: &str) -> Vec<f64> {
    let values =
        report["methods"][method][key].as_array().unwrap_or_else(|| panic!("no {method} {key}: {report}"));
    values.iter().map(|x| x.as_f64().unwrap()).collect()
}

/// Means of the ensembles differ from the densities by no more than three standard errors, what the grid leaves open, and
/// what a finite dimension adds where the risk falls steeply: at d = 100 up to a tenth of it, and as 1/d.
#[test]
fn ensembles_follow_the_densities() {
    let folder = tempfile::tempdir().unwrap();
    let dim = 400.0;
    for parametrization in ["difference", "product", "exponentiated"] {
        // The same path: half the rate on u² − v².
        let step = if parametrization == "product" { "0.4" } else { "0.2" };
        let arguments = [
            "diagonal",
            "limit",
            "--step",
            step,
            "--times",
            "0,1,2,4",
            "--seeds",
            "16",
            "--json",
            "--dim",
            "400",
            "--parametrization",
            parametrization,
            "--covariance",
            "diagonal",
            "--condition",
            "4",
            "--cells",
            "1000",
        ];
        let report = json(folder.path(), &arguments);
        assert_eq!(report["times"], serde_json::json!([0.0, 1.0, 2.0, 4.0]));
        let (limit, grid) =
            (numbers(&report, "fokker-planck", "risk"), numbers(&report, "fokker-planck", "risk_error"));
        for method in ["sgd", "sde"] {
            let (risk, sd) = (numbers(&report, method, "risk"), numbers(&report, method, "risk_sd"));
            for k in 0..4 {
                let bound = 3.0 * sd[k] / 4.0 + grid[k] + 10.0 / dim * limit[k];
                let difference = (risk[k] - limit[k]).abs();
                assert!(difference <= bound, "{parametrization} {method} {k}: {difference} {bound} {report}");
            }
            let curvature = numbers(&report, method, "curvature");
            let of_limit = numbers(&report, "fokker-planck", "curvature");
            assert!(curvature.iter().zip(&of_limit).all(|(x, y)| (x / y - 1.0).abs() < 0.03), "{report}");
        }
        // Without noise from the samples the risk is smaller, more so the later.
        let flow = numbers(&report, "gradient-flow", "risk");
        assert!(flow[3] < 0.9 * limit[3], "{report}");
    }
}

#[test]
fn a_break_changes_no_bit() {
    let folder = tempfile::tempdir().unwrap();
    let base = [
        "diagonal", "limit", "--dim", "2000", "--times", "1,3", "--seeds", "3", "--method", "sgd,sde",
        "--json",
    ];
    let with = |more: &[&'static str]| [&base[..], more].concat();
    let whole = json(folder.path(), &base);
    let child = command(folder.path(), &with(&["--checkpoint", "c.json", "--checkpoint-every", "0.001"]))
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    // The state is complete from the first checkpoint on.
    while !folder.path().join("c.json").exists() {
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    #[cfg(unix)]
    {
        let id = rustix::process::Pid::from_raw(child.id().try_into().unwrap()).unwrap();
        rustix::process::kill_process(id, rustix::process::Signal::INT).unwrap();
    }
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", text(&output.stderr));
    assert!(text(&output.stderr).contains("--resume c.json"), "{}", text(&output.stderr));
    let resumed = json(folder.path(), &with(&["--resume", "c.json", "--threads", "1"]));
    assert_eq!(resumed, whole);
    fails(folder.path(), 2, &with(&["--resume", "c.json", "--seed", "2"]), &["c.json", "seed was 1, is 2"]);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "no half-written file");
}

#[test]
fn covariances_of_all_kinds() {
    let folder = tempfile::tempdir().unwrap();
    write_npy(&folder.path().join("k.npy"), "(2, 2)", false, &[1.0, 0.5, 0.5, 1.0]);
    write_npy(&folder.path().join("f.npy"), "(4, 2)", false, &[1.0, 0.0, 0.0, 1.0, 0.6, 0.8, 0.8, 0.6]);
    write_npy(&folder.path().join("v.npy"), "(4,)", false, &[1.0, 2.0, 0.5, 1.0]);
    fs::write(folder.path().join("target.txt"), "1.5\n0\n-2\n0\n").unwrap();
    let run = |more: &[&str]| {
        json(
            folder.path(),
            &[&["diagonal", "limit", "--times", "0,1", "--seeds", "2", "--step", "0.05", "--json"], more]
                .concat(),
        )
    };
    let report = run(&["--covariance", "v.npy", "--target", "target.txt"]);
    // (1·1.5² + 0.5·2²)/(2·4)
    assert!((numbers(&report, "sgd", "risk")[0] - 0.53125).abs() < 1e-12);
    assert!((numbers(&report, "fokker-planck", "risk")[0] - 0.53125).abs() < 1e-3);
    let report = run(&["--covariance", "k.npy", "--sparsity", "1", "--amplitude", "1"]);
    // (1, −1) K (1, −1)ᵀ/4
    assert!((numbers(&report, "sde", "risk")[0] - 0.25).abs() < 1e-12);
    assert_eq!(
        report["methods"].as_object().unwrap().len(),
        2,
        "no limit for a covariance that is not diagonal"
    );
    let report = run(&["--covariance", "f.npy", "--target", "target.txt", "--ridge", "0.1"]);
    // F'β = (1.5 − 1.2, −1.6): 0.09 + 2.56 + 0.1·6.25, divided by 8.
    assert!((numbers(&report, "sgd", "risk")[0] - 3.275 / 8.0).abs() < 1e-12);
    for kind in ["marchenko-pastur", "low-rank", "toeplitz"] {
        let report = run(&["--covariance", kind, "--dim", "50"]);
        assert!(numbers(&report, "sgd", "risk").iter().all(|risk| *risk > 0.0));
    }
}

#[test]
fn tables_pictures_and_divergence() {
    let folder = tempfile::tempdir().unwrap();
    let output = reparam(
        folder.path(),
        &[
            "diagonal", "limit", "--dim", "50", "--step", "4", "--seeds", "2", "--method", "sgd", "--plot",
            "risk.svg",
        ],
    );
    let table = text(&output.stdout);
    assert!(output.status.success() && table.contains("inf") && table.contains("left the range"), "{table}");
    let arguments = [
        "diagonal",
        "limit",
        "--dim",
        "50",
        "--seeds",
        "3",
        "--plot",
        "risk.svg",
        "--method",
        "sgd,fokker-planck",
    ];
    let table = text(&reparam(folder.path(), &arguments).stdout);
    assert!(table.contains("sgd risk") && table.contains("± grid") && !table.contains("sde"), "{table}");
    let svg = fs::read_to_string(folder.path().join("risk.svg")).unwrap();
    assert!(svg.contains("fill-opacity") && svg.contains("mean of 3 runs") && svg.contains("fokker-planck"));
}

#[test]
fn bad_input_is_named() {
    let folder = tempfile::tempdir().unwrap();
    write_npy(&folder.path().join("skew.npy"), "(2, 2)", false, &[1.0, 0.5, 0.0, 1.0]);
    write_npy(&folder.path().join("negative.npy"), "(2,)", false, &[1.0, -1.0]);
    fs::write(folder.path().join("target.txt"), "1\n2\nx\n").unwrap();
    fs::write(folder.path().join("two.txt"), "1\n2\n").unwrap();
    let refused = |code, more: &[&str], parts: &[&str]| {
        fails(folder.path(), code, &[&["diagonal", "limit"], more].concat(), parts);
    };
    refused(2, &["--times", "2,1"], &["--times", "ascending"]);
    refused(2, &["--step", "0"], &["--step"]);
    refused(2, &["--covariance", "round"], &["round", "isotropic"]);
    refused(2, &["--covariance", "toeplitz", "--method", "fokker-planck"], &["not diagonal", "sgd,sde"]);
    refused(2, &["--covariance", "marchenko-pastur", "--dim", "100000"], &["640 MB", "toeplitz"]);
    refused(1, &["--covariance", "skew.npy"], &["skew.npy", "not symmetric", "[1, 0]"]);
    refused(1, &["--covariance", "negative.npy"], &["negative.npy", "variance 1", "-1"]);
    refused(1, &["--target", "target.txt"], &["target.txt:3", "\"x\""]);
    refused(2, &["--target", "two.txt", "--dim", "3"], &["two.txt", "--dim is 3"]);
    refused(2, &["--target", "two.txt", "--sparsity", "0.5"], &["--target"]);
    refused(2, &["--method", "fokker-planck", "--checkpoint", "c.json"], &["--checkpoint"]);
    refused(1, &["--plot", "no/such.svg"], &["no/such"]);
    refused(2, &["--target", "two.txt", "--plot", "two.txt"], &["same file"]);
}

/// The checks of `--reference` that take no minutes, with few seeds and bounds as wide as those make them.
#[test]
fn figures_of_the_independent_program_hold() {
    let folder = tempfile::tempdir().unwrap();
    let checks = "coordinates,shrinking,exponentiated,flow,threshold,concentration,linear,decay,precision";
    let arguments = ["diagonal", "limit", "--reference", "--seeds", "6", "--checks", checks, "--json"];
    let report = json(folder.path(), &arguments);
    let rows = report["rows"].as_array().unwrap();
    for row in rows {
        let of = |key: &str| row[key].as_f64().unwrap();
        assert_eq!(row["holds"], (of("measured") - of("reference")).abs() <= of("allowed"));
        assert_eq!(row["holds"], true, "{row}");
        assert!((of("measured") - of("reference") - of("difference")).abs() < 1e-12);
    }
    assert_eq!(rows.len(), 1 + 8 + 1 + 15 + 3 + 2 + 12 + 2 + 7);
    let table = text(
        &reparam(folder.path(), &["diagonal", "limit", "--reference", "--seeds", "2", "--checks", "linear"])
            .stdout,
    );
    assert!(table.contains("linear: 12 of 12 rows hold"), "{table}");
    fails(folder.path(), 2, &["diagonal", "limit", "--reference", "--dim", "5"], &["--reference"]);
    fails(folder.path(), 2, &["diagonal", "limit", "--checks", "flow"], &["--reference"]);
}
