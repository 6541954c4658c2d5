//! `reparam group-shuffle adapt` as a user meets it, at small sizes.

mod command;

use std::path::Path;

use command::{command, fails, json, write_npy};
use reparam::random::{SplitMix64, fill_gaussian};
use reparam_harness::data::safetensors::Reader;
use reparam_harness::group_shuffle::stored::Stored;
use serde_json::Value;

const QUICK: [&str; 9] =
    ["group-shuffle", "adapt", "--seeds", "2", "--epochs", "6", "--rates", "0.01,0.03", "--json"];

fn with<'a>(more: &[&'a str]) -> Vec<&'a str> {
    [&QUICK[..], more].concat()
}

fn row<'a>(report: &'a Value, method: &str) -> &'a Value {
    let rows = report["rows"].as_array().unwrap();
    rows.iter().find(|row| row["method"] == method).unwrap_or_else(|| panic!("no {method} in {report}"))
}

/// Without the times, which no two runs share.
fn timeless(mut report: Value) -> Value {
    for row in report["rows"].as_array_mut().unwrap() {
        row["seconds"] = Value::Null;
    }
    report
}

#[test]
fn digits_recover_from_a_turn() {
    let folder = tempfile::tempdir().unwrap();
    let report = json(folder.path(), &with(&["-o", "adapter.safetensors"]));
    let accuracy = |method: &str| row(&report, method)["accuracy"].as_f64().unwrap();
    assert!(report["accuracy_before_shift"].as_f64().unwrap() > 0.9);
    assert!(accuracy("frozen") < 0.5);
    for method in ["full fine-tuning", "LoRA", "OFT", "BOFT", "GSOFT", "Double GSOFT"] {
        assert!(accuracy(method) > 0.7, "{method}: {}", accuracy(method));
        assert_eq!(row(&report, method)["accuracies"].as_array().unwrap().len(), 2);
    }
    // 2 factors of 8 blocks of 28 for each of two layers, and a scale for each of 64 + 10 outputs.
    assert_eq!(row(&report, "GSOFT")["parameters"], 2 * 448 + 74);
    assert_eq!(row(&report, "full fine-tuning")["parameters"], 65 * 64 + 65 * 10);

    let path = folder.path().join("adapter.safetensors");
    let stored = Stored::read(&path).unwrap();
    let matrix = &stored.matrices["layers.0"];
    assert_eq!((matrix.header.shape.block(), matrix.header.shape.factors()), (8, 2));
    assert!(matrix.values.iter().any(|&x| x.abs() > 0.01), "it has learned");
    assert_eq!(stored.matrices["layers.1"].scale.as_ref().unwrap().len(), 10);
    let reader = Reader::open(&path).unwrap();
    assert_eq!(reader.metadata("layers.0:group_shuffle.side"), Some("input"));
    assert_eq!(reader.shape("base.layers.1.weight").unwrap(), [10, 64]);
    // PEFT has nothing like it.
    let back = ["group-shuffle", "convert", "adapter.safetensors", "--to", "peft", "-o", "back"];
    fails(folder.path(), 1, &back, &["layers.0", "2 factors", "PEFT"]);

    let again = json(folder.path(), &with(&["--threads", "1"]));
    assert_eq!(timeless(again), timeless(report), "the same for any number of threads");
}

/// Two classes in eight dimensions, told apart by a plane.
fn write_task(folder: &Path, name: &str, flip: f64) {
    let mut values = vec![0.0; 120 * 8];
    fill_gaussian(&mut SplitMix64::new(2), &mut values);
    let labels: Vec<f64> =
        values.chunks_exact(8).map(|x| f64::from(u8::from(x[0] + flip * x[3] > 0.0))).collect();
    write_npy(&folder.join(format!("{name}.npy")), "(120, 8)", false, &values);
    write_npy(&folder.join(format!("{name}_labels.npy")), "(120,)", false, &labels);
}

#[test]
fn a_linear_layer_on_data_of_the_user() {
    let folder = tempfile::tempdir().unwrap();
    write_task(folder.path(), "a", 1.0);
    write_task(folder.path(), "b", -1.0);
    let data = ["--inputs", "a.npy", "--labels", "a_labels.npy"];
    let other = ["--shifted-inputs", "b.npy", "--shifted-labels", "b_labels.npy"];
    let linear = ["group-shuffle", "adapt", "--seeds", "2", "--rates", "0.1,0.3", "--hidden", "0", "--json"];
    let report = json(folder.path(), &[&linear[..], &data, &other].concat());
    assert_eq!(report["widths"], serde_json::json!([8, 2]));
    assert_eq!(report["accuracy_before_shift"], Value::Null, "the tasks have no samples in common");
    let accuracy = |method: &str| row(&report, method)["accuracy"].as_f64().unwrap();
    assert!(accuracy("frozen") < 0.5);
    for method in ["full fine-tuning", "LoRA", "BOFT", "GSOFT", "Double GSOFT"] {
        assert!(accuracy(method) > 0.7, "{report}");
    }
    for shift in ["permute", "orthogonal"] {
        json(
            folder.path(),
            &with(&[&data[..], &["--hidden", "8", "--shift", shift, "--samples", "20"]].concat()),
        );
    }
}

#[test]
fn bad_input_is_named() {
    let folder = tempfile::tempdir().unwrap();
    write_task(folder.path(), "a", 1.0);
    write_npy(&folder.path().join("half.npy"), "(120,)", false, &[0.5; 120]);
    write_npy(&folder.path().join("short.npy"), "(2, 8)", false, &[1.0; 16]);
    write_npy(&folder.path().join("short_labels.npy"), "(2,)", false, &[1.0, 0.0]);
    let refused = |code, more: &[&str], parts: &[&str]| {
        fails(folder.path(), code, &[&["group-shuffle", "adapt"], more].concat(), parts);
    };
    let data = ["--inputs", "a.npy", "--labels", "a_labels.npy", "--shift", "permute"];
    refused(2, &["--inputs", "a.npy"], &["--labels"]);
    refused(2, &["--rates", "0.1,-1"], &["--rates"]);
    refused(2, &["--block", "7"], &["--block 7", "[2, 4, 8, 16, 32, 64]"]);
    refused(2, &["--inputs", "a.npy", "--labels", "a_labels.npy"], &["square images", "--shift"]);
    refused(2, &[&data[..], &["--hidden", "15"]].concat(), &["[8, 15]", "--hidden"]);
    refused(1, &["--inputs", "a.npy", "--labels", "half.npy"], &["half.npy", "0.5", "class"]);
    refused(
        1,
        &["--inputs", "a_labels.npy", "--labels", "a_labels.npy"],
        &["a_labels.npy", "samples × numbers"],
    );
    let short =
        ["--inputs", "short.npy", "--labels", "short_labels.npy", "--shift", "permute", "--hidden", "8"];
    refused(2, &short, &["too few samples"]);
    refused(
        1,
        &["-o", "no/such.safetensors", "--seeds", "1", "--epochs", "1", "--rates", "0.1"],
        &["no/such"],
    );
}

#[cfg(unix)]
#[test]
fn an_interruption_ends_it_and_leaves_no_file() {
    let folder = tempfile::tempdir().unwrap();
    let arguments = ["group-shuffle", "adapt", "--epochs", "100000", "-o", "out.safetensors"];
    let child = command(folder.path(), &arguments)
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    std::thread::sleep(std::time::Duration::from_millis(1500));
    let id = rustix::process::Pid::from_raw(child.id().try_into().unwrap()).unwrap();
    rustix::process::kill_process(id, rustix::process::Signal::INT).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("interrupted"));
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}
