//! `reparam deploy`: what it writes is valid in every language and holds the fit, errors say what is wrong, and
//! the target computes what the host computes.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use reparam_harness::data::TableOptions;
use reparam_harness::deploy::{Artifact, Outcome, Request, export, write};
use reparam_runner::{Report, Series, TargetRun, Tolerance, Words, elf};
use serde_json::{Value, json};

/// A frame of 3 x 2 that turns the first two axes by a quarter.
fn small() -> Value {
    json!({
        "system": "givens", "version": "0.1.0", "objective_name": "pca", "objective": -2.5,
        "measures": { "share of the variance explained": 0.75 }, "evaluations": 100, "search": "plane",
        "starts": 1, "stopped": "converged", "seed": 7, "rows": 3, "dim": 2,
        "frame": [[0.0, -1.0], [1.0, 0.0], [0.0, 0.0]], "angles": [std::f64::consts::FRAC_PI_2, 0.0, 0.0],
        "reflected": false, "orthogonality_error": 0.0, "data": null,
        "columns": ["x", "y", "z"], "centre": [1.0, 0.0, -1.0], "scale": [1.0, 0.5, 4.0], "whitening": null,
    })
}

/// A reflected square frame behind a whitening matrix.
fn square() -> Value {
    let mut fit = small();
    let (s, c) = 0.7f64.sin_cos();
    fit["rows"] = json!(2);
    fit["frame"] = json!([[c, s], [s, -c]]);
    fit["angles"] = json!([0.7]);
    fit["reflected"] = json!(true);
    fit["columns"] = json!(["x", "y"]);
    fit["centre"] = json!([0.5, -0.25]);
    fit["scale"] = json!([1.0, 1.0]);
    fit["whitening"] = json!([[2.0, 0.3], [0.3, 1.5]]);
    fit
}

const SAMPLES: &str = "x,y,z\n1,0,-1\n2,0,-1\n1,1,-1\n1,0,3\n4,-2,7\n";

struct Folder(tempfile::TempDir);

impl Folder {
    fn new(fit: &Value) -> Self {
        let folder = Self(tempfile::tempdir().unwrap());
        fs::write(folder.path("small_fit.json"), fit.to_string()).unwrap();
        fs::write(folder.path("samples.csv"), SAMPLES).unwrap();
        folder
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn artifact(&self) -> reparam_harness::Result<Artifact> {
        let (fit, data) = (self.path("small_fit.json"), self.path("samples.csv"));
        let table = TableOptions::default();
        export(&Request {
            fit: &fit,
            name: "small".into(),
            matrix: None,
            data: Some(&data),
            table: &table,
            samples: 64,
        })
    }

    fn reparam(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_reparam"));
        command
            .current_dir(self.0.path())
            .args(["deploy", "small_fit.json"])
            .args(arguments)
            .output()
            .unwrap()
    }
}

fn run(command: &mut Command) {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && text.is_empty(), "{command:?}: {text}");
}

/// A tool of the pinned toolchain.
fn tool(name: &str) -> Command {
    let mut command = Command::new(name);
    command.current_dir(env!("CARGO_MANIFEST_DIR")).args(["--edition", "2024"]);
    command
}

#[test]
fn rust_is_formatted_and_compiles_without_std() {
    for fit in [small(), square()] {
        let folder = Folder::new(&fit);
        write(&folder.artifact().unwrap(), folder.0.path()).unwrap();
        let text = "#![no_std]\n//! A crate.\n\n\
            /// The constants.\npub mod fit {\n    include!(\"small.rs\");\n}\n\
            /// The inputs.\npub mod inputs {\n    include!(\"small_inputs.rs\");\n}\n\
            /// Compiles only if the sizes are as named.\n\
            pub const CENTRE: [f32; fit::ROWS] = fit::CENTRE;\n\
            /// As above.\n\
            pub const FIRST: [f32; fit::ROWS] = inputs::SAMPLES[0];\n";
        fs::write(folder.path("main.rs"), text).unwrap();
        run(tool("rustc")
            .args(["--crate-type", "lib", "--emit", "metadata", "-D", "warnings", "-D", "missing_docs", "-o"])
            .arg(folder.path("main.rmeta"))
            .arg(folder.path("main.rs")));
        for file in ["small.rs", "small_inputs.rs"] {
            run(tool("rustfmt").arg("--check").arg(folder.path(file)));
        }
    }
}

#[test]
fn c_compiles_without_warnings_and_holds_the_same_bits() {
    let folder = Folder::new(&small());
    write(&folder.artifact().unwrap(), folder.0.path()).unwrap();
    let text = "#include <stdio.h>\n#include <string.h>\n#include \"small.h\"\nint main(void) {\n\
        uint32_t bits;\nfor (size_t i = 0; i < 3; i++) {\nmemcpy(&bits, &small_angles[i], sizeof bits);\n\
        printf(\"%08lx \", (unsigned long)bits);\n}\n\
        printf(\"%u %u %d\", (unsigned)SMALL_ROWS, (unsigned)SMALL_COLS, SMALL_REFLECTED);\nreturn 0;\n}\n";
    fs::write(folder.path("main.c"), text).unwrap();
    run(Command::new("gcc").current_dir(folder.0.path()).args([
        "-Wall",
        "-Wextra",
        "-Wconversion",
        "-pedantic",
        "-Werror",
        "main.c",
        "-o",
        "main",
    ]));
    let output = Command::new(folder.path("main")).output().unwrap();
    let quarter = std::f32::consts::FRAC_PI_2.to_bits();
    assert_eq!(String::from_utf8_lossy(&output.stdout), format!("{quarter:08x} 00000000 00000000 3 2 0"));
}

#[test]
fn json_holds_the_same_bits() {
    let folder = Folder::new(&small());
    write(&folder.artifact().unwrap(), folder.0.path()).unwrap();
    let object: Value =
        serde_json::from_slice(&fs::read(folder.path("small_constants.json")).unwrap()).unwrap();
    let angles = &object["constants"]["angles"];
    assert_eq!((&angles["type"], &angles["shape"]), (&json!("f32"), &json!([3])));
    // The shortest decimal number of an `f32`, not that of the `f64` it is widened to.
    assert_eq!(angles["values"][0].to_string(), "1.5707964");
    assert_eq!(object["constants"]["inverse_scale"]["values"], json!([1.0, 2.0, 0.25]));
    assert_eq!((&object["seed"], &object["constants"]["rows"]), (&json!(7), &json!(3)));
}

/// What a target would bring back that computes `change(host)`.
fn pretend(artifact: &Artifact, change: impl Fn(f32) -> f32) -> TargetRun {
    let series = artifact.outputs.iter().map(|output| {
        let Words::F32(host) = &output.host else { panic!("not f32") };
        let words = Words::F32(host.iter().map(|&x| change(x)).collect());
        Series { name: output.name.into(), tolerance: Tolerance::Exact, words }
    });
    let report = Report {
        series: series.collect(),
        instructions: vec![("project_a_sample".into(), 1234)],
        stack: vec![("program".into(), 456)],
        ended: true,
        ..Report::default()
    };
    TargetRun { report, sizes: elf::Sizes { flash: 20_000, ram: 12 } }
}

#[test]
fn people_read_a_table() {
    let artifact = Folder::new(&small()).artifact().unwrap();
    let target = pretend(&artifact, |x| x);
    let outcome = Outcome::new(&artifact, vec!["out/small.rs".into()], Some(target)).unwrap();
    outcome.verdict().unwrap();
    assert_eq!(outcome.to_string(), include_str!("golden/deploy.txt"));
}

#[test]
fn a_difference_is_shown_and_fails() {
    let artifact = Folder::new(&small()).artifact().unwrap();
    let off = pretend(&artifact, |x| if x == 1.0 { 1.0 + f32::EPSILON } else { x });
    let outcome = Outcome::new(&artifact, Vec::new(), Some(off)).unwrap();
    assert!(outcome.to_string().contains("DIFFERENT"), "{outcome}");
    let error = outcome.verdict().unwrap_err();
    assert!(error.to_string().contains("values differ") && error.exit_code() == 1, "{error}");
    let mut silent = pretend(&artifact, |x| x);
    silent.report.series.pop();
    assert!(Outcome::new(&artifact, Vec::new(), Some(silent)).is_err(), "an output is missing");
}

#[test]
fn a_bad_fit_is_refused_by_the_name_of_the_field() {
    let cases: [(&str, Value, &str); 9] = [
        ("system", json!("teapot"), "\"teapot\" has no exporter"),
        ("angles", json!([0.0, 0.0]), "angles"),
        ("angles", json!([0.5, 0.0, 0.0]), "angles and frame disagree"),
        ("frame", json!([[1.0, 0.0]]), "frame"),
        ("centre", json!([1e300, 0.0, 0.0]), "centre[0]"),
        ("scale", json!([1.0, 0.0, 1.0]), "scale"),
        ("scale", json!([1.0, 1e-60, 1.0]), "1/scale[1]"),
        ("columns", json!(["x"]), "columns"),
        ("whitening", json!([[1.0]]), "whitening"),
    ];
    for (field, value, part) in cases {
        let mut fit = small();
        fit[field] = value;
        let message = Folder::new(&fit).artifact().unwrap_err().to_string();
        assert!(message.contains(part) && message.contains("small_fit.json"), "{field}: {message}");
    }
    let mut fit = small();
    fit.as_object_mut().unwrap().remove("centre");
    let message = Folder::new(&fit).artifact().unwrap_err().to_string();
    assert!(message.contains("centre"), "{message}");
}

#[test]
fn bad_data_and_places_are_refused() {
    let folder = Folder::new(&small());
    let check = |arguments: &[&str], code: i32, parts: &[&str]| {
        let output = folder.reparam(arguments);
        let message = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(code), "{message}");
        assert!(parts.iter().all(|part| message.contains(part)), "{message}");
    };
    check(&["--data", "none.csv"], 1, &["none.csv"]);
    check(&["--data", "samples.csv", "--columns", "x,y"], 1, &["2 columns", "3 rows", "--columns"]);
    check(&["--workspace", "."], 2, &["not a checkout", "--workspace"]);
    check(&["--samples", "0"], 2, &["--samples"]);
}

#[test]
fn the_target_computes_what_the_host_computes() {
    let checkout = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    for fit in [small(), square()] {
        let folder = Folder::new(&fit);
        let output = folder.reparam(&["--json", "-o", "out", "--workspace", checkout.to_str().unwrap()]);
        let message = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{message}\nWithout QEMU or the target: `cargo xtask setup`");
        let outcome: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(outcome["different_bits"], json!(0));
        assert_eq!(outcome["largest_difference"], json!(0.0));
        let (rows, dim) = (fit["rows"].as_u64().unwrap(), fit["dim"].as_u64().unwrap());
        assert_eq!(outcome["values"], json!(rows * dim + 64 * dim), "64 samples about the centre");
        assert!(outcome["difference_from_fit"].as_f64().unwrap() < 1e-5);
        for cost in ["flash", "ram", "stack"] {
            assert!(outcome[cost].as_u64().unwrap() > 0, "{cost}");
        }
        assert!(outcome["instructions"]["project_a_sample"].as_u64().unwrap() > 0);
    }
}
