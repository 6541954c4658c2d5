//! `reparam group-shuffle rotate-quantize` as a user meets it.

mod command;

use std::path::Path;

use command::{fails, json, write_npy};
use reparam::group_shuffle::apply;
use reparam::random::{SplitMix64, fill_gaussian};
use reparam_harness::group_shuffle::stored::Stored;
use serde_json::Value;

/// Independent Gaussian channels of which three are 30, 18 and 12 times as large.
fn tokens(folder: &Path, rows: usize, dim: usize) {
    let mut values = vec![0.0; rows * dim];
    fill_gaussian(&mut SplitMix64::new(14), &mut values);
    for row in values.chunks_exact_mut(dim) {
        for (channel, scale) in [(dim / 7, 30.0), (dim / 2, 18.0), (dim - 3, 12.0)] {
            row[channel] *= scale;
        }
    }
    write_npy(&folder.join("x.npy"), &format!("({rows}, {dim})"), false, &values);
}

/// Errors of the publication's own experiment with such tokens, from another program's random numbers.
fn assert_published(error: f64, published: f64) {
    assert!((error / published - 1.0).abs() < 0.1, "{error}, published {published}");
}

fn error(report: &Value, rotation: &str, bits: usize) -> f64 {
    let rows = report["rows"].as_array().unwrap();
    let row = rows.iter().find(|row| row["rotation"] == rotation);
    row.unwrap_or_else(|| panic!("no {rotation} in {report}"))["errors"][bits].as_f64().unwrap()
}

#[test]
fn hadamard_wins_where_it_exists_and_is_a_gs_matrix() {
    let folder = tempfile::tempdir().unwrap();
    tokens(folder.path(), 1024, 64);
    let arguments =
        ["group-shuffle", "rotate-quantize", "x.npy", "--block", "8", "--json", "-o", "q.safetensors"];
    let report = json(folder.path(), &arguments);
    for bits in [0, 1] {
        let e = |rotation| error(&report, rotation, bits);
        let hadamard = e("Hadamard");
        assert!((e("GS, Hadamard blocks") / hadamard - 1.0).abs() < 1e-9);
        assert!(e("none") > 3.0 * hadamard && e("dense, random") > 1.3 * hadamard);
        // Learning does about as well as additions, and better than what is not learned.
        assert!(e("GS, learned from the identity") < e("dense, random"));
        assert!(e("GS, learned from Hadamard blocks") < 1.1 * hadamard);
        assert!(e("GS, learned from the identity") < e("block diagonal, learned"));
    }
    for (rotation, published) in [("none", [0.0443, 2.2e-4]), ("Hadamard", [0.0064, 1.9e-5])] {
        (0..2).for_each(|bits| assert_published(error(&report, rotation, bits), published[bits]));
    }
    assert!(error(&report, "none", 0) > 50.0 * error(&report, "none", 1), "four bits lose more than eight");
    assert_eq!(report["rows"][1]["cost"], 64 * 6);

    // The file holds an orthogonal matrix for the core's kernel.
    let stored = Stored::read(&folder.path().join("q.safetensors")).unwrap();
    let matrix = &stored.matrices["rotation"];
    let mut x = vec![0.0; 64];
    fill_gaussian(&mut SplitMix64::new(3), &mut x);
    let norm = |x: &[f64]| x.iter().map(|x| x * x).sum::<f64>();
    let before = norm(&x);
    apply::apply(matrix.header.shape, &matrix.values, &mut x, &mut [0.0; 8]).unwrap();
    assert!((norm(&x) / before - 1.0).abs() < 1e-12);

    let again = json(folder.path(), &[&arguments[..], &["--threads", "1"]].concat());
    assert_eq!(again, report, "the same for any number of threads");
}

#[test]
fn learned_blocks_win_where_no_hadamard_matrix_exists() {
    let folder = tempfile::tempdir().unwrap();
    tokens(folder.path(), 1024, 42);
    let report =
        json(folder.path(), &["group-shuffle", "rotate-quantize", "x.npy", "--block", "7", "--json"]);
    let e = |rotation| error(&report, rotation, 0);
    let learned = e("GS, learned from cosine blocks");
    assert_published(e("none"), 0.0302);
    assert_published(learned, 0.0059);
    assert!(learned < 0.8 * e("dense, random"));
    assert!(learned < 0.8 * e("GS, cosine blocks"));
    assert!(learned < 0.8 * e("block diagonal, learned"));
    assert!(e("GS, learned from the identity") < 0.8 * e("dense, random"));
    assert!(report["notes"].to_string().contains("order 42"));
}

#[test]
fn bad_input_is_named() {
    let folder = tempfile::tempdir().unwrap();
    tokens(folder.path(), 8, 12);
    write_npy(&folder.path().join("v.npy"), "(4,)", false, &[1.0; 4]);
    write_npy(&folder.path().join("zero.npy"), "(2, 2)", false, &[0.0; 4]);
    write_npy(&folder.path().join("row.npy"), "(1, 4)", false, &[1.0; 4]);
    write_npy(&folder.path().join("nan.npy"), "(1, 2)", false, &[1.0, f64::NAN]);
    write_npy(&folder.path().join("other.npy"), "(2, 3)", false, &[1.0; 6]);
    let refused = |code, more: &[&str], parts: &[&str]| {
        fails(folder.path(), code, &[&["group-shuffle", "rotate-quantize"], more].concat(), parts);
    };
    refused(2, &["x.npy", "--block", "5"], &["blocks of 5 do not divide 12", "1, 2, 3, 4, 6, 12"]);
    refused(2, &["x.npy", "--bits", "1"], &["--bits"]);
    refused(1, &["v.npy"], &["v.npy", "[4]", "tokens × channels"]);
    refused(1, &["zero.npy"], &["zero.npy", "zero"]);
    refused(2, &["row.npy"], &["row.npy", "--calibration"]);
    refused(1, &["nan.npy"], &["nan.npy", "not finite"]);
    refused(2, &["x.npy", "--calibration", "other.npy"], &["other.npy", "tokens of 3", "12"]);
    refused(1, &["absent.npy"], &["absent.npy", "cannot read"]);
}
