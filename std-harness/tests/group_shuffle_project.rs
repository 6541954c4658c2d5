//! `reparam group-shuffle project` and `fill` as a user meets them: numbers, files, refusals.

mod command;

use std::fs;
use std::path::Path;

use command::{write_npy, write_npy_f32};
use reparam::group_shuffle::{Blocks, Class, Permutation, Shape, Shuffle, apply, projection};
use reparam::random::{SplitMix64, uniform};
use reparam_harness::data::Array;
use reparam_harness::data::safetensors::{Precision, Reader, write};
use serde_json::Value;

fn json(folder: &Path, arguments: &[&str]) -> Value {
    command::json(folder, &[&["group-shuffle"], arguments, &["--json"]].concat())
}

fn fails(folder: &Path, code: i32, arguments: &[&str], parts: &[&str]) {
    command::fails(folder, code, &[&["group-shuffle"], arguments].concat(), parts);
}

fn syms(seed: u64, count: usize) -> Vec<f64> {
    let mut rng = SplitMix64::new(seed);
    (0..count).map(|_| 2.0 * uniform::<f64, _>(&mut rng) - 1.0).collect()
}

fn tensors(path: &Path, names: &[&str]) -> Vec<Array> {
    let mut reader = Reader::open(path).expect("opens");
    assert_eq!(reader.names(), names);
    names.iter().map(|name| reader.read(name).expect("reads")).collect()
}

fn distance(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(x, y)| (x - y) * (x - y)).sum::<f64>().sqrt()
}

fn number(value: &Value, key: &str) -> f64 {
    value[key].as_f64().unwrap_or_else(|| panic!("{key} in {value}"))
}

/// Golden residuals of the independent numpy program, seeds 11 to 13, L P R; the default layout is that of the rows returned.
#[test]
fn residuals_and_factors() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    for (seed, dim, block, residual) in
        [(11, 16, "4", 5.736425319606701), (12, 32, "8", 11.19168759980826), (13, 32, "4", 16.04323252323826)]
    {
        let a = syms(seed, dim * dim);
        write_npy(&folder.join("a.npy"), &format!("({dim}, {dim})"), false, &a);
        let arguments = ["project", "a.npy", "--block", block, "-o", "out.safetensors"];
        let plain = json(folder, &[&arguments[..], &["--layout", "shuffle"]].concat());
        assert!((number(&plain, "residual") - residual).abs() < 1e-11);
        let mut keys: Vec<&str> = plain.as_object().unwrap().keys().map(String::as_str).collect();
        keys.sort_unstable();
        assert_eq!(keys, ["fill", "norm", "parameters", "residual", "seconds"]);
        let b: usize = block.parse().unwrap();
        let shape = Shape::new(b, dim / b, 2).unwrap();
        assert_eq!(number(&plain, "parameters") as usize, 2 * dim * b);
        assert_eq!(number(&plain, "fill"), (b as f64 * b as f64 / dim as f64).min(1.0));
        assert!((number(&plain, "norm") - distance(&a, &vec![0.0; dim * dim])).abs() < 1e-12);

        for (layout, class) in
            [("shuffle", Class::shuffle(shape)), ("shuffle-return", Class::shuffle_return(shape))]
        {
            let report = json(folder, &[&arguments[..], &["--layout", layout, "--threads", "2"]].concat());
            let [l, r] = &tensors(&folder.join("out.safetensors"), &["l", "r"])[..] else { panic!() };
            assert_eq!((&l.shape, &r.shape), (&vec![dim / b, b, b], &vec![dim / b, b, b]));
            let mut product = vec![0.0; dim * dim];
            projection::product(class.unwrap(), &l.values, &r.values, &mut product).unwrap();
            assert!((distance(&a, &product) - number(&report, "residual")).abs() < 1e-12);
            let reader = Reader::open(folder.join("out.safetensors")).unwrap();
            assert_eq!(reader.metadata("layout"), Some(layout));
            assert_eq!(reader.precision("l"), Precision::F64);
        }
        // The default is the second one, and the bytes do not depend on the number of threads.
        let two = fs::read(folder.join("out.safetensors")).unwrap();
        json(folder, &[&arguments[..], &["--threads", "1"]].concat());
        assert_eq!(fs::read(folder.join("out.safetensors")).unwrap(), two);
    }
}

/// The identity is in the class of the default layout; 32-bit input gives 32-bit factors; tensors are found by name.
#[test]
fn precisions_and_inputs() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let identity: Vec<f64> = (0..24 * 24).map(|k| f64::from(k % 25 == 0)).collect();
    write_npy_f32(&folder.join("i.npy"), "(24, 24)", &identity);
    let report = json(folder, &["project", "i.npy", "--block", "6", "-o", "o.safetensors"]);
    assert!(number(&report, "residual") < 1e-6);
    assert_eq!(Reader::open(folder.join("o.safetensors")).unwrap().precision("r"), Precision::F32);

    let two = [("w", identity.clone()), ("x", vec![0.0; 24 * 24])]
        .map(|(name, values)| (name.to_owned(), Array { shape: vec![24, 24], values }));
    write(folder.join("two.safetensors"), &two.into(), Precision::F64, &Default::default()).unwrap();
    let arguments = ["project", "two.safetensors", "--block", "6", "-o", "o.safetensors"];
    fails(folder, 2, &arguments, &["two.safetensors", "\"w\", \"x\""]);
    let report = json(folder, &[&arguments[..], &["--tensor", "w"]].concat());
    assert!(number(&report, "residual") < 1e-13);
}

/// A matrix that is not square: R of square blocks, L of blocks as high as the rows ask for.
#[test]
fn rectangles() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    for (rows, cols) in [(8, 24), (48, 24)] {
        let a = syms(5, rows * cols);
        write_npy(&folder.join("a.npy"), &format!("({rows}, {cols})"), false, &a);
        let report = json(folder, &["project", "a.npy", "--block", "6", "-o", "o.safetensors"]);
        let [l, r] = &tensors(&folder.join("o.safetensors"), &["l", "r"])[..] else { panic!() };
        assert_eq!((&l.shape, &r.shape), (&vec![4, rows / 4, 6], &vec![4, 6, 6]));
        let (left, right) =
            (Blocks { count: 4, rows: rows / 4, cols: 6 }, Blocks { count: 4, rows: 6, cols: 6 });
        let back = Shuffle::new(4, rows).unwrap().inverse().into();
        let middle = Shuffle::new(4, cols).unwrap().into();
        let class = Class::new(left, right, back, middle, Permutation::identity(cols)).unwrap();
        let mut product = vec![0.0; rows * cols];
        projection::product(class, &l.values, &r.values, &mut product).unwrap();
        assert!((distance(&a, &product) - number(&report, "residual")).abs() < 1e-12);
    }
    fails(
        folder,
        2,
        &["project", "a.npy", "--block", "6", "--orthogonal", "-o", "o.safetensors"],
        &["a.npy", "square", "48 × 24"],
    );
}

/// The orthogonal fit: orthogonal blocks at the distance that is printed, in both layouts, for one to three factors.
#[test]
fn orthogonal_factors() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let a = syms(6, 24 * 24);
    write_npy(&folder.join("a.npy"), "(24, 24)", false, &a);
    let mut last = f64::INFINITY;
    for (factors, names) in [("1", &["b1"][..]), ("2", &["l", "r"]), ("3", &["b1", "b2", "b3"])] {
        for layout in ["shuffle-return", "shuffle"] {
            let report = json(
                folder,
                &[
                    "project",
                    "a.npy",
                    "--block",
                    "6",
                    "--orthogonal",
                    "--factors",
                    factors,
                    "--layout",
                    layout,
                    "-o",
                    "o.safetensors",
                ],
            );
            let mut found = tensors(&folder.join("o.safetensors"), names);
            if factors == "2" {
                found.swap(0, 1);
            }
            let blocks: Vec<f64> = found.iter().flat_map(|tensor| tensor.values.clone()).collect();
            for q in blocks.chunks_exact(36) {
                for k in 0..36 {
                    let dot: f64 = (0..6).map(|p| q[p * 6 + k / 6] * q[p * 6 + k % 6]).sum();
                    assert!((dot - f64::from(k / 6 == k % 6)).abs() < 1e-12);
                }
            }
            let shape = Shape::new(6, 4, found.len()).unwrap();
            let mut product = vec![0.0; 24 * 24];
            for column in 0..24 {
                let mut x: Vec<f64> = (0..24).map(|i| f64::from(i == column)).collect();
                apply::apply(shape, &blocks, &mut x, &mut vec![0.0; apply::scratch_len(shape)]).unwrap();
                let mut y = x.clone();
                if layout == "shuffle" {
                    apply::read_shuffled(shape, &x, &mut y).unwrap();
                }
                (0..24).for_each(|i| product[i * 24 + column] = y[i]);
            }
            let residual = number(&report, "residual");
            assert!((distance(&a, &product) - residual).abs() < 1e-11, "{factors} factors, {layout}");
            if layout == "shuffle-return" {
                assert!(residual < last, "{factors} factors: {residual} after {last}");
                last = residual;
            }
        }
    }
}

#[test]
fn refusals() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    write_npy(&folder.join("a.npy"), "(12, 12)", false, &[1.0; 144]);
    write_npy(&folder.join("nan.npy"), "(2, 2)", false, &[1.0, f64::NAN, 0.0, 1.0]);
    write_npy(&folder.join("cube.npy"), "(2, 2, 2)", false, &[1.0; 8]);
    let out = ["-o", "o.safetensors"];
    let run = |words: &[&'static str]| [words, &out[..]].concat();
    fails(folder, 2, &run(&["project", "a.npy", "--block", "5"]), &["a.npy", "--block 4 or --block 6"]);
    fails(folder, 2, &run(&["project", "a.npy", "--block", "4", "--factors", "3"]), &["--orthogonal"]);
    fails(folder, 1, &run(&["project", "nan.npy", "--block", "1"]), &["nan.npy", "[0, 1] is NaN"]);
    fails(folder, 1, &run(&["project", "cube.npy", "--block", "1"]), &["cube.npy", "two axes"]);
    fails(folder, 1, &run(&["project", "none.npy", "--block", "1"]), &["none.npy"]);
    fails(folder, 2, &["project", "a.npy", "--block", "4", "-o", "a.npy"], &["same file"]);
    assert!(!folder.join("o.safetensors").exists());
    fails(folder, 2, &["fill", "--dim", "10", "--block", "4"], &["do not divide"]);
}

/// Fill of 64 in blocks of 4, and its picture.
#[test]
fn fill() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let report = json(folder, &["fill", "--dim", "64", "--block", "4", "--plot", "fill.svg"]);
    let kinds = report["kinds"].as_array().unwrap();
    let names: Vec<&str> = kinds.iter().map(|kind| kind["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["group-shuffle", "butterfly", "block-diagonal"]);
    assert_eq!(kinds[0]["fill"], serde_json::json!([0.0625, 0.25, 1.0]));
    assert_eq!(kinds[1]["fill"], serde_json::json!([0.0625, 0.125, 0.25]));
    assert_eq!(kinds[2]["fill"], serde_json::json!([0.0625, 0.0625, 0.0625]));
    assert_eq!(kinds[0]["factors_for_density"], 3);
    assert_eq!(kinds[1]["factors_for_density"], 5);
    assert_eq!(report["closed_parts"], 4);
    let svg = fs::read_to_string(folder.join("fill.svg")).unwrap();
    assert_eq!(svg.matches("<path").count(), 9);
    assert!(svg.ends_with("</svg>\n"));
    let table = command::reparam(folder, &["group-shuffle", "fill", "--dim", "768", "--block", "8"]);
    let text = command::text(&table.stdout);
    assert!(text.contains("0.0833") && text.contains("12 closed parts of 64"), "{text}");
}
