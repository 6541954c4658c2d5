//! `reparam deploy` of identified responses: from two signals over a fit to a device that identifies it again.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use reparam_harness::data::TableOptions;
use reparam_harness::deploy::{Artifact, Request, Values, export};
use reparam_runner::Words;
use serde_json::{Value, json};

const METHODS: [&str; 7] = ["nlms", "ipnlms", "product", "difference", "floored", "eg", "hypentropy"];

/// Two taps of sixteen.
fn fit(method: &str) -> Value {
    let mut response = [0.0; 16];
    (response[3], response[9]) = (1.5, -0.5);
    json!({
        "system": "diagonal", "version": "0.1.0", "method": method, "rate": 0.5, "init": 0.1, "floor": 0.05,
        "proportion": -0.5, "regularization": 0.01, "input_level": 2.0, "output_level": 4.0, "samples": 1000,
        "sample_rate": 8000, "seed": 3, "error_end_db": -30.0, "misalignment_end_db": null, "response": response,
    })
}

struct Folder(tempfile::TempDir);

impl Folder {
    fn new(fit: &Value) -> Self {
        let folder = Self(tempfile::tempdir().unwrap());
        fs::write(folder.path("fit.json"), fit.to_string()).unwrap();
        folder
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn artifact(&self, data: Option<&str>, samples: usize) -> reparam_harness::Result<Artifact> {
        let data = data.map(|name| self.path(name));
        export(&Request {
            fit: &self.path("fit.json"),
            name: "echo".into(),
            matrix: None,
            data: data.as_deref(),
            table: &TableOptions::default(),
            samples,
        })
    }

    fn reparam(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_reparam"));
        command.current_dir(self.0.path()).args(arguments).output().unwrap()
    }
}

fn checkout() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

fn output<'a>(artifact: &'a Artifact, name: &str) -> (&'a [f32], &'a [f64]) {
    let output = artifact.outputs.iter().find(|output| output.name == name).unwrap();
    let Words::F32(host) = &output.host else { panic!("not f32") };
    (host, &output.reference)
}

/// Every filter finds the response again in signals that it made, in both precisions, and knows how near it is.
#[test]
fn responses_are_found_again() {
    for method in METHODS {
        let artifact = Folder::new(&fit(method)).artifact(None, 1500).unwrap();
        let (errors, exact_errors) = output(&artifact, "relative_error");
        let (misalignments, _) = output(&artifact, "misalignment");
        let (response, exact) = output(&artifact, "response");
        assert_eq!((errors.len(), misalignments.len(), response.len()), (15, 15, 16));
        // Noise 30 dB below the level of the fit, which is 2 dB above this output; steps add a part of it.
        assert!(errors[0] > 0.03 && errors[14] < 0.006, "{method}: {errors:?}");
        assert!(misalignments[14] < 0.002, "{method}: {misalignments:?}");
        assert!(errors.iter().zip(exact_errors).all(|(&x, y)| (f64::from(x) - y).abs() < 1e-4 * (y + 0.01)));
        // In units of the filter, both signals of power 1: 1.5 · 2/4 and −0.5 · 2/4.
        assert!(
            (response[3] - 0.75).abs() < 0.03 && (response[9] + 0.25).abs() < 0.03,
            "{method}: {response:?}"
        );
        assert!(response.iter().zip(exact).all(|(&x, y)| (f64::from(x) - y).abs() < 1e-5));
        let distance: f64 = exact
            .iter()
            .enumerate()
            .map(|(k, w)| {
                (w - [(3, 0.75), (9, -0.25)].iter().find(|at| at.0 == k).map_or(0.0, |at| at.1)).powi(2)
            })
            .sum();
        let reported = output(&artifact, "misalignment").1[14];
        assert!((reported - distance / (0.75f64.powi(2) + 0.25f64.powi(2))).abs() < 1e-12);
    }
}

/// What the product links.
#[test]
fn constants_are_those_of_the_fit() {
    let artifact = Folder::new(&fit("floored")).artifact(None, 100).unwrap();
    let values = |name: &str| {
        let constant = artifact.constants.iter().find(|constant| constant.name == name).unwrap();
        constant.values.clone()
    };
    assert_eq!(values("taps"), Values::Size(16));
    assert_eq!(values("method"), Values::Size(4));
    assert_eq!(values("settings"), Values::F32(vec![0.05, 0.0]));
    assert_eq!(values("start"), Values::F32(vec![0.1, 0.1]));
    assert_eq!(values("rate"), Values::F32(vec![0.5]));
    // 0.01 · 16 taps · 4(u² + v²).
    let Values::F32(regularization) = values("regularization") else { panic!("not f32") };
    assert!((regularization[0] - 0.01 * 16.0 * 0.08).abs() < 1e-8);
    assert_eq!(values("input_gain"), Values::F32(vec![0.5]));
    assert_eq!(values("output_gain"), Values::F32(vec![0.25]));
}

#[test]
fn bad_fits_and_signals_are_refused() {
    let cases: [(&str, Value, &str); 6] = [
        ("method", json!("teapot"), "teapot"),
        ("rate", json!(0.0), "rate is 0"),
        ("input_level", json!(-1.0), "input_level is -1"),
        ("response", json!([0.0, 0.0]), "the response is zero"),
        ("response", json!([1e300, 1.0]), "response[0]"),
        ("response", json!([]), "the response is zero"),
    ];
    for (field, value, part) in cases {
        let mut fit = fit("difference");
        fit[field] = value;
        let message = Folder::new(&fit).artifact(None, 100).unwrap_err().to_string();
        assert!(message.contains(part) && message.contains("fit.json"), "{field}: {message}");
    }
    let folder = Folder::new(&fit("difference"));
    fs::write(folder.path("three.csv"), "a,b,c\n1,2,3\n").unwrap();
    fs::write(folder.path("silent.csv"), format!("x,y\n{}{}", "1,1\n".repeat(100), "1,0\n".repeat(100)))
        .unwrap();
    for (file, part) in
        [("three.csv", "3 columns"), ("silent.csv", "silent from sample 101"), ("none.csv", "none.csv")]
    {
        let message = folder.artifact(Some(file), 300).unwrap_err().to_string();
        assert!(message.contains(part) && message.contains(file), "{message}");
    }
    assert!(folder.artifact(Some("silent.csv"), 100).is_ok());
}

/// The whole way on the signals of the examples: identify, deploy, and the bits of the target.
#[test]
fn the_target_hears_what_the_host_hears() {
    let folder = Folder::new(&fit("difference"));
    let table = checkout().join("examples/data/echo.csv");
    let table = table.to_str().unwrap();
    let several = folder.reparam(&[
        "diagonal",
        "identify",
        table,
        table,
        "--input-column",
        "played",
        "--output-column",
        "heard",
        "--taps",
        "128",
        "-o",
        "echo.json",
    ]);
    assert_eq!(several.status.code(), Some(2), "several filters are no device");
    for method in ["difference", "eg"] {
        let identify = folder.reparam(&[
            "diagonal",
            "identify",
            table,
            table,
            "--input-column",
            "played",
            "--output-column",
            "heard",
            "--taps",
            "128",
            "--method",
            method,
            "-o",
            "echo.json",
        ]);
        assert!(identify.status.success(), "{}", String::from_utf8_lossy(&identify.stderr));
        let deploy = folder.reparam(&[
            "deploy",
            "echo.json",
            "--data",
            table,
            "--samples",
            "2000",
            "--json",
            "-o",
            "out",
            "--workspace",
            checkout().to_str().unwrap(),
        ]);
        let message = String::from_utf8_lossy(&deploy.stderr);
        assert!(deploy.status.success(), "{message}\nWithout QEMU or the target: `cargo xtask setup`");
        let outcome: Value = serde_json::from_slice(&deploy.stdout).unwrap();
        assert_eq!((&outcome["different_bits"], &outcome["values"]), (&json!(0), &json!(20 + 20 + 128)));
        assert!(outcome["difference_from_fit"].as_f64().unwrap() < 1e-3);
        assert!(outcome["instructions"]["sample"].as_u64().unwrap() > 0);
        let errors = &outcome["outputs"][0]["target"];
        assert!(errors[0].as_f64().unwrap() > 0.1 && errors[19].as_f64().unwrap() < 0.01, "{errors}");
    }
}
