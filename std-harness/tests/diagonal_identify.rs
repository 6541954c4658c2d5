//! `reparam diagonal identify` as a user meets it.

mod command;

use std::fs;
use std::path::Path;

use command::{fails, json, reparam, text};
use hound::{SampleFormat, WavSpec, WavWriter};
use reparam::random::{SplitMix64, fill_gaussian};
use reparam_harness::data::npy;
use serde_json::Value;

/// Figures of an independent numpy program over ten seeds: mean and standard error.
fn reference(name: &str) -> (f64, f64) {
    let lines = include_str!("../../tests/reference/diagonal_limit.txt");
    let line = lines
        .lines()
        .find(|line| line.split(' ').next() == Some(name))
        .unwrap_or_else(|| panic!("no {name}"));
    let numbers: Vec<f64> = line.split(' ').skip(3).map(|x| x.parse().unwrap()).collect();
    (numbers[0], numbers[1])
}

/// h[100 + k] = e^(−k/10) cos(0.9k + 0.3), k < 64: what examples/data/echo_path.txt holds with norm 1.
fn echo_path() -> Vec<f64> {
    let tail = (0..64).map(f64::from).map(|k| (-k / 10.0).exp() * (0.9 * k + 0.3).cos());
    [0.0; 100].into_iter().chain(tail).collect()
}

fn write_path(folder: &Path) {
    let lines: Vec<String> = echo_path().iter().map(f64::to_string).collect();
    fs::write(folder.join("path.txt"), lines.join("\n")).unwrap();
}

const METHODS: [&str; 7] = ["nlms", "ipnlms", "product", "difference", "floored", "eg", "hypentropy"];

/// Reports of `seeds` simulated recordings.
fn simulated(folder: &Path, correlation: &str, seeds: usize) -> Vec<Value> {
    write_path(folder);
    let run = |seed: usize| {
        let seed = seed.to_string();
        json(
            folder,
            &[
                "diagonal",
                "identify",
                "--simulate",
                "20000",
                "--path",
                "path.txt",
                "--taps",
                "512",
                "--json",
                "--correlation",
                correlation,
                "--seed",
                &seed,
            ],
        )
    };
    (1..=seeds).map(run).collect()
}

fn mean_and_error(values: &[f64]) -> (f64, f64) {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    (mean, (values.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / (n - 1.0) / n).sqrt())
}

fn of(reports: &[Value], method: &str, key: &str) -> (f64, f64) {
    let values: Vec<f64> =
        reports.iter().map(|report| report["methods"][method][key].as_f64().unwrap()).collect();
    mean_and_error(&values)
}

/// White input: all sparse filters are faster than NLMS, as much as an independent program says, and all end alike.
#[test]
fn sparse_paths_are_found_sooner() {
    let folder = tempfile::tempdir().unwrap();
    let reports = simulated(folder.path(), "0", 6);
    let (nlms, _) = of(&reports, "nlms", "samples_to_20_db");
    for method in METHODS {
        let (samples, error) = of(&reports, method, "samples_to_20_db");
        // The product is the difference in other coordinates.
        let same = if method == "product" { "difference" } else { method };
        let (expected, expected_error) = reference(&format!("white_{same}_samples"));
        // 100: the points of the curves.
        let bound = 4.0 * error.hypot(expected_error) + 100.0;
        assert!((samples - expected).abs() < bound, "{method}: {samples} {expected} ± {bound}");
        assert!(method == "nlms" || samples <= 0.6 * nlms, "{method}: {samples} {nlms}");
        let (end, error) = of(&reports, method, "misalignment_end_db");
        let (expected, expected_error) = reference(&format!("white_{same}_end"));
        assert!((end - expected).abs() < 4.0 * error.hypot(expected_error), "{method}: {end} {expected}");
    }
    let report = &reports[0];
    assert_eq!(report["methods"].as_object().unwrap().len(), 7);
    let curve = report["methods"]["eg"]["misalignment_db"].as_array().unwrap();
    assert_eq!(
        (curve.len(), report["every"].as_u64(), report["samples"].as_u64()),
        (200, Some(100), Some(20_000))
    );
    assert_eq!(report["methods"]["eg"]["error_db"].as_array().unwrap().len(), 200);
    // The noise is 30 dB below the output: no error falls below it, nor stays 3 dB above.
    for method in METHODS {
        let (error, _) = of(&reports, method, "error_end_db");
        assert!((-30.5..-27.0).contains(&error), "{method}: {error}");
    }
}

/// Coloured input freezes the plain network: it ends worse than NLMS can reach with time, and a floor is the remedy.
#[test]
fn coloured_input_freezes_the_network_and_a_floor_does_not() {
    let folder = tempfile::tempdir().unwrap();
    let reports = simulated(folder.path(), "0.9", 4);
    let end = |method: &str| of(&reports, method, "misalignment_end_db");
    let (frozen, error) = end("difference");
    let (floored, floored_error) = end("floored");
    assert!(floored < frozen - 4.0 * error.hypot(floored_error), "{floored} {frozen} ± {error}");
    for method in ["floored", "eg", "hypentropy", "ipnlms"] {
        let ((found, error), (expected, expected_error)) =
            (end(method), reference(&format!("coloured_{method}_end")));
        assert!((found - expected).abs() < 4.0 * error.hypot(expected_error), "{method}: {found} {expected}");
        let (samples, _) = of(&reports, method, "samples_to_20_db");
        let (nlms, _) = of(&reports, "nlms", "samples_to_20_db");
        assert!(samples < 0.5 * nlms, "{method}: {samples} {nlms}");
    }
}

fn write_wav(path: &Path, channels: u16, rate: u32, bits: u16, samples: &[f64]) {
    let float = bits == 32;
    let format = if float { SampleFormat::Float } else { SampleFormat::Int };
    let spec = WavSpec { channels, sample_rate: rate, bits_per_sample: bits, sample_format: format };
    let mut writer = WavWriter::create(path, spec).unwrap();
    for &sample in samples {
        if float {
            writer.write_sample(sample as f32).unwrap();
        } else {
            writer.write_sample((sample * 2f64.powi(i32::from(bits) - 1)) as i32).unwrap();
        }
    }
    writer.finalize().unwrap();
}

/// White input and, seven samples later, half of it, with −0.2 three samples after that.
fn recording() -> (Vec<f64>, Vec<f64>) {
    let mut input = vec![0.0; 6000];
    fill_gaussian(&mut SplitMix64::new(4), &mut input);
    input.iter_mut().for_each(|x| *x *= 0.1);
    let at = |n: usize, k: usize| if n >= k { input[n - k] } else { 0.0 };
    let output = (0..6000).map(|n| 0.5 * at(n, 7) - 0.2 * at(n, 10)).collect();
    (input, output)
}

#[test]
fn recordings_of_all_formats_give_the_response() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let (input, output) = recording();
    for bits in [16, 24, 32] {
        write_wav(&path(&format!("in{bits}.wav")), 1, 8000, bits, &input);
        write_wav(&path(&format!("out{bits}.wav")), 1, 8000, bits, &output);
    }
    let both: Vec<f64> = input.iter().zip(&output).flat_map(|(x, y)| [*x, *y]).collect();
    write_wav(&path("both.wav"), 2, 8000, 16, &both);
    let table: Vec<String> = input.iter().zip(&output).map(|(x, y)| format!("{x},{y}")).collect();
    fs::write(path("both.csv"), format!("drive,echo\n{}\n", table.join("\n"))).unwrap();
    let cases: [(&[&str], f64); 4] = [
        (&["in16.wav", "out16.wav"], 2e-3),
        (&["in24.wav", "out24.wav"], 1e-4),
        (&["in32.wav", "out32.wav"], 1e-5),
        (&["both.csv", "both.csv", "--input-column", "drive", "--output-column", "2"], 1e-5),
    ];
    for (files, tolerance) in cases {
        let more = ["--taps", "16", "-o", "h.csv", "--plot", "e.svg", "--plot-error", "f.svg", "--json"];
        let report = json(folder.path(), &[&["diagonal", "identify"], files, &more].concat());
        assert_eq!(report["sample_rate"].as_u64(), files[0].ends_with("wav").then_some(8000));
        assert_eq!(
            (report["seed"].clone(), report["methods"]["eg"]["misalignment_db"].clone()),
            (Value::Null, Value::Null)
        );
        let stored = fs::read_to_string(path("h.csv")).unwrap();
        let mut lines = stored.lines();
        assert_eq!(lines.next(), Some("tap,nlms,ipnlms,product,difference,floored,eg,hypentropy"));
        for (tap, line) in lines.enumerate() {
            let expected = if tap == 7 {
                0.5
            } else if tap == 10 {
                -0.2
            } else {
                0.0
            };
            let cells: Vec<f64> = line.split(',').map(|x| x.parse().unwrap()).collect();
            assert_eq!(cells[0], tap as f64);
            for (method, w) in METHODS.iter().zip(&cells[1..]) {
                // Without a floor the networks freeze before the last digits.
                let freezes = ["product", "difference"].contains(method);
                let tolerance = if freezes { tolerance.max(2e-3) } else { tolerance };
                assert!((w - expected).abs() < tolerance, "{files:?} {method} {line}");
            }
        }
        // 0.25 of 0.29 is less than 99 %.
        assert_eq!(report["methods"]["eg"]["taps_of_99_percent"], 2);
        assert!(fs::read_to_string(path("e.svg")).unwrap().contains("error over output"));
    }
    let arguments = [
        "diagonal",
        "identify",
        "in16.wav",
        "out16.wav",
        "--taps",
        "16",
        "--method",
        "eg,floored",
        "-o",
        "h.npy",
    ];
    let table = text(&reparam(folder.path(), &arguments).stdout);
    assert!(table.contains("8000 Hz") && table.contains("floored") && !table.contains("nlms"), "{table}");
    let stored = npy::read(&path("h.npy")).unwrap();
    assert_eq!(stored.shape, [2, 16]);
    assert!((stored.values[7] - 0.5).abs() < 2e-3, "floored comes first");
    fails(
        folder.path(),
        2,
        &["diagonal", "identify", "both.wav", "out16.wav", "--taps", "4"],
        &["both.wav", "2 channels", "--channel"],
    );
}

/// A true response beside a recorded output, with a gain.
#[test]
fn misalignment_of_a_recorded_output() {
    let folder = tempfile::tempdir().unwrap();
    let (input, output) = recording();
    let lines = |samples: &[f64]| samples.iter().map(f64::to_string).collect::<Vec<_>>().join("\n");
    fs::write(folder.path().join("x.csv"), lines(&input)).unwrap();
    fs::write(folder.path().join("y.csv"), lines(&output)).unwrap();
    fs::write(folder.path().join("path.txt"), "0\n0\n0\n0\n0\n0\n0\n5000\n0\n0\n-2000\n").unwrap();
    let arguments = [
        "diagonal", "identify", "x.csv", "y.csv", "--path", "path.txt", "--gain", "1e-4", "--taps", "16",
        "--json",
    ];
    let report = json(folder.path(), &arguments);
    for method in METHODS {
        let end = report["methods"][method]["misalignment_end_db"].as_f64().unwrap();
        // Without a floor the networks freeze.
        let freezes = ["product", "difference"].contains(&method);
        assert!(if freezes { (-70.0..-40.0).contains(&end) } else { end < -80.0 }, "{method}: {end}");
    }
}

#[test]
fn bad_input_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let (input, output) = recording();
    write_wav(&path("in.wav"), 1, 8000, 16, &input);
    write_wav(&path("fast.wav"), 1, 16000, 16, &output);
    write_wav(&path("short.wav"), 1, 8000, 16, &output[..5000]);
    write_wav(&path("nan.wav"), 1, 8000, 32, &[0.5, f64::NAN]);
    write_wav(&path("empty.wav"), 1, 8000, 16, &[]);
    write_wav(&path("silent.wav"), 1, 8000, 16, &[0.0; 6000]);
    fs::write(path("text.wav"), "no").unwrap();
    let cut = fs::read(path("in.wav")).unwrap();
    fs::write(path("cut.wav"), &cut[..3001]).unwrap();
    fs::write(path("x.csv"), "1\n2\nnan\n").unwrap();
    fs::write(path("two.csv"), "a,b\n1,2\n").unwrap();
    fs::write(path("path.txt"), "1\n2,5\n").unwrap();
    fs::write(path("zero.txt"), "0\n0\n").unwrap();
    fs::write(path("long.txt"), "1\n2\n3\n4\n5\n").unwrap();
    let refused = |code, more: &[&str], parts: &[&str]| {
        fails(folder.path(), code, &[&["diagonal", "identify"], more, &["--taps", "4"]].concat(), parts);
    };
    refused(2, &[], &["INPUT"]);
    refused(2, &["in.wav"], &["OUTPUT", "--path"]);
    refused(1, &["in.wav", "fast.wav"], &["fast.wav", "16000", "8000", "resample"]);
    refused(1, &["in.wav", "short.wav"], &["short.wav", "5000", "6000", "cut"]);
    refused(1, &["nan.wav", "nan.wav"], &["nan.wav", "sample 2", "not finite"]);
    refused(1, &["empty.wav", "empty.wav"], &["empty.wav", "empty"]);
    refused(1, &["silent.wav", "in.wav"], &["silent.wav", "silent"]);
    refused(1, &["text.wav", "in.wav"], &["text.wav", "WAV"]);
    refused(1, &["cut.wav", "in.wav"], &["cut.wav"]);
    refused(1, &["none.wav", "in.wav"], &["none.wav", "cannot read"]);
    refused(1, &["x.csv", "x.csv"], &["x.csv:3", "not finite"]);
    refused(2, &["two.csv", "two.csv"], &["two.csv", "2 columns", "--input-column", "a, b"]);
    refused(1, &["in.wav", "--path", "path.txt"], &["path.txt:2", "2 cells"]);
    refused(1, &["in.wav", "--path", "zero.txt"], &["zero.txt", "0"]);
    refused(2, &["in.wav", "--path", "long.txt"], &["long.txt", "--taps 5"]);
    refused(2, &["in.wav", "in.wav", "--rate", "2"], &["--rate"]);
    refused(2, &["in.wav", "in.wav", "-o", "h.txt"], &["h.txt", ".npy"]);
    refused(2, &["in.wav", "in.wav", "-o", "in.wav"], &["same file"]);
    refused(2, &["two.csv", "two.csv", "--input-column", "a", "--output-column", "b"], &["--every"]);
    assert!(!path("h.txt").exists());
}
