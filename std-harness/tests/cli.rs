//! The `reparam` command as a user meets it: exit codes, messages, files, the same bits again.

mod command;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use command::{command, fails, json, reparam, text, write_npy};
use serde_json::Value;
use tempfile::TempDir;

/// A table of correlated columns with a name each, and a label that is no number.
fn write_table(path: &Path) {
    let mut lines = String::from("a,b,c,d,kind\n");
    for k in 0..60 {
        let t = f64::from(k);
        let (x, y) = ((t * 0.37).sin() * 3.0, (t * 1.91).cos());
        let row = [x + 5.0, 0.5 * x + y, y - x * y, 0.2 * (t * 7.3).sin()];
        lines += &format!(
            "{},{},{},{},{}\r\n",
            row[0],
            row[1],
            row[2],
            row[3],
            if k % 2 == 0 { "even" } else { "odd" }
        );
    }
    fs::write(path, lines).expect("write");
}

fn folder() -> TempDir {
    let folder = tempfile::tempdir().expect("temporary folder");
    write_table(&folder.path().join("t.csv"));
    folder
}

const PCA: [&str; 9] =
    ["givens", "fit", "t.csv", "--columns", "a,b,c,d", "--objective", "pca", "--components", "2"];

fn with<'a>(base: &[&'a str], more: &[&'a str]) -> Vec<&'a str> {
    base.iter().chain(more).copied().collect()
}

#[test]
fn trace_finds_the_smallest_eigenvalues() {
    let folder = folder();
    // Eigenvalues 1, 2, 3 and 5 of a matrix that is not diagonal: H diag H with H a reflection.
    let eigenvalues = [3.0, 1.0, 5.0, 2.0];
    let v = [0.5, -0.5, 0.1, 0.7];
    let norm: f64 = v.iter().map(|x| x * x).sum();
    let h = |r: usize, c: usize| f64::from(u8::from(r == c)) - 2.0 * v[r] * v[c] / norm;
    let entry = |r: usize, c: usize| (0..4).map(|k| h(r, k) * eigenvalues[k] * h(c, k)).sum::<f64>();
    let a: Vec<f64> = (0..16).map(|k| entry(k / 4, k % 4)).collect();
    for (name, fortran) in [("c.npy", false), ("f.npy", true)] {
        write_npy(&folder.path().join(name), "(4, 4)", fortran, &a);
        for search in ["plane", "rmps", "multistart"] {
            let arguments = ["givens", "fit", "--objective", "trace", "--matrix", name, "--components", "2"];
            let fit = json(folder.path(), &with(&arguments, &["--search", search, "--json", "--seed", "7"]));
            let tolerance = if search == "rmps" { 1e-5 } else { 1e-12 };
            assert!((fit["objective"].as_f64().unwrap() - 3.0).abs() < tolerance, "{search}: {fit}");
            assert!(fit["orthogonality_error"].as_f64().unwrap() < 1e-13);
            assert!(fit["evaluations"].as_u64().unwrap() > 10);
            assert_eq!(fit["seed"], 7);
            assert_eq!(fit["angles"].as_array().unwrap().len(), 5);
            let frame = fit["frame"].as_array().unwrap();
            assert!(frame.len() == 4 && frame.iter().all(|row| row.as_array().unwrap().len() == 2));
        }
    }
    // A tall array read in the wrong order would be a table of other rows.
    write_npy(&folder.path().join("tall.npy"), "(3, 2)", true, &[1.0, 2.0, 3.0, 4.0, 6.0, 8.0]);
    let fit = json(folder.path(), &["givens", "fit", "tall.npy", "--objective", "pca", "-d", "1", "--json"]);
    // Columns (1, 2, 3) and (4, 6, 8): exactly dependent, so one component explains everything.
    let share = fit["measures"]["share of the variance explained"].as_f64().unwrap();
    assert!((share - 1.0).abs() < 1e-12, "{fit}");
}

#[test]
fn results_are_files_and_tables() {
    let folder = folder();
    let at = |name: &str| folder.path().join(name);
    let output =
        reparam(folder.path(), &with(&PCA, &["-o", "fit.json", "--plot", "fit.svg", "--standardize"]));
    assert!(output.status.success(), "{}", text(&output.stderr));
    let table = text(&output.stdout);
    assert!(table.contains("share of the variance explained") && table.contains("\"c\""), "{table}");
    let fit: Value = serde_json::from_slice(&fs::read(at("fit.json")).unwrap()).unwrap();
    assert_eq!(
        (fit["system"].as_str(), fit["rows"].as_u64(), fit["dim"].as_u64()),
        (Some("givens"), Some(4), Some(2))
    );
    assert!(fit["scale"].as_array().unwrap().iter().all(|s| s.as_f64().unwrap() > 0.0));
    assert!(fs::read_to_string(at("fit.svg")).unwrap().starts_with("<svg "));
    let shown = json(folder.path(), &["givens", "show", "fit.json", "--json"]);
    assert_eq!(shown, fit);
    fs::write(
        at("bad.json"),
        fs::read_to_string(at("fit.json")).unwrap().replace("\"rows\": 4", "\"rows\": 5"),
    )
    .unwrap();
    fails(folder.path(), 1, &["givens", "show", "bad.json"], &["bad.json", "not a fitted frame", "remedy"]);
}

#[test]
fn every_objective_runs() {
    let folder = folder();
    let two: Vec<f64> = [[2.0, 1.0, 1.0, 3.0], [1.0, 0.4, 0.4, 2.0]].concat();
    write_npy(&folder.path().join("two.npy"), "(2, 2, 2)", false, &two);
    let table = ["t.csv", "--columns", "a,b,c,d"];
    for (objective, more) in [
        ("pca", with(&table, &["-d", "2"])),
        ("l1-pca", with(&table, &["-d", "2"])),
        ("ica", with(&table, &["-d", "2", "--contrast", "kurtosis", "--sources", "sub-gaussian"])),
        ("varimax", table.to_vec()),
        ("procrustes", vec!["t.csv", "--columns", "a,b,c", "--target-columns", "a,b"]),
        ("wahba", vec!["t.csv", "--columns", "a,b,c", "--target-columns", "b,c,d"]),
        ("hqf", vec!["two.npy"]),
        ("joint-diagonalization", vec!["two.npy"]),
        ("ackley", vec!["--rows", "3"]),
        ("griewank", vec!["--rows", "3"]),
        ("rastrigin", vec!["--rows", "3"]),
        ("rosenbrock", vec!["--rows", "3"]),
    ] {
        let arguments = with(&["givens", "fit", "--json", "--objective", objective], &more);
        let fit = json(folder.path(), &arguments);
        assert!(fit["orthogonality_error"].as_f64().unwrap() < 1e-12, "{fit}");
        if objective == "wahba" {
            assert_eq!(fit["reflected"], false, "an alignment is a rotation");
        }
    }
}

#[test]
fn bad_arguments_exit_with_2_and_say_what_to_do() {
    let folder = folder();
    let at = folder.path();
    fails(at, 2, &[], &["Usage"]);
    fails(at, 2, &["givens", "fit", "t.csv"], &["--objective"]);
    fails(at, 2, &["givens", "fit", "--objective", "sorcery"], &["sorcery", "possible values"]);
    fails(at, 2, &["givens", "fit", "--objective", "pca"], &["needs DATA"]);
    fails(at, 2, &PCA[..7], &["--components D with D from 1 to 4"]);
    fails(at, 2, &with(&PCA[..7], &["-d", "5"]), &["4 dimensions", "choose 1 to 4"]);
    fails(at, 2, &with(&PCA, &["--columns", "a,x"]), &[]);
    fails(
        at,
        2,
        &["givens", "fit", "t.csv", "--columns", "a,x", "--objective", "pca", "-d", "1"],
        &["\"x\"", "\"kind\""],
    );
    fails(at, 2, &with(&PCA, &["--matrix", "t.csv"]), &["--matrix has no meaning"]);
    fails(at, 2, &with(&PCA, &["--determinant", "positive"]), &["one connected piece"]);
    fails(at, 2, &with(&PCA, &["--tolerance", "0"]), &["positive number"]);
    fails(at, 2, &with(&PCA, &["--starts", "10", "--evaluations", "5"]), &["not enough"]);
    fails(at, 2, &with(&PCA, &["--delimiter", "ab"]), &["--delimiter"]);
    fails(at, 2, &["givens", "fit", "--evaluate", "cat"], &["--rows P and --components D"]);
    fails(at, 2, &["givens", "fit", "t.csv", "--columns", "a,b,c", "--objective", "wahba"], &["--target"]);
}

#[test]
fn bad_data_exit_with_1_and_name_file_line_and_remedy() {
    let folder = folder();
    let at = folder.path();
    let fit = |file: &'static str| ["givens", "fit", file, "--objective", "pca", "-d", "1"];
    fails(at, 1, &fit("t.csv"), &["t.csv:2: column \"kind\"", "\"even\"", "--columns a,b,c,d"]);
    fails(at, 1, &fit("none.csv"), &["none.csv: cannot read"]);
    for (content, part) in [
        ("a,b\n1,2\n,4\n", "x.csv:3: column \"a\" is empty"),
        ("a,b\r\n1,2\r\n3,inf\r\n", "x.csv:3: column \"b\" holds \"inf\""),
        ("a,b\n1,2\n3\n", "x.csv:3: 1 cells"),
        ("", "x.csv: the file is empty"),
    ] {
        fs::write(at.join("x.csv"), content).unwrap();
        fails(at, 1, &fit("x.csv"), &[part]);
    }
    fs::write(at.join("x.npy"), "1,2").unwrap();
    fails(at, 1, &fit("x.npy"), &["x.npy: not a .npy array", "numpy.save"]);
    write_npy(&at.join("skew.npy"), "(2, 2)", false, &[1.0, 2.0, 3.0, 4.0]);
    let trace = ["givens", "fit", "--objective", "trace", "-d", "1", "--matrix", "skew.npy"];
    fails(at, 1, &trace, &["skew.npy", "symmetric"]);
    fs::write(at.join("flat.csv"), "a,b\n1,2\n1,3\n").unwrap();
    fails(at, 1, &with(&fit("flat.csv"), &["--standardize"]), &["column \"a\" is constant"]);
    for (content, part) in [
        ("a,b\n", "x.csv: the table has no rows of data"),
        ("a,b\n1,2\n", "x.csv: nothing is left to fit: every column is constant"),
        ("a,b\n1,2\n1e308,3\n", "x.csv: row 2 of column \"a\" is 1e308"),
    ] {
        fs::write(at.join("x.csv"), content).unwrap();
        fails(at, 1, &fit("x.csv"), &[part]);
    }
    fs::write(at.join("x.csv"), "a\n1\n2\n").unwrap();
    fails(at, 2, &fit("x.csv"), &["x.csv: too few rows for a frame: 1"]);
    write_npy(&at.join("line.npy"), "(3,)", false, &[1.0, 2.0, 3.0]);
    fails(at, 2, &fit("line.npy"), &["line.npy: too few rows"]);
    write_npy(&at.join("none.npy"), "(0, 3)", false, &[]);
    fails(at, 1, &fit("none.npy"), &["none.npy: the table is empty (0 × 3)"]);
    for folder in ["dir.csv", "dir.npy"] {
        fs::create_dir(at.join(folder)).unwrap();
        fails(at, 1, &fit(folder), &[folder, ": cannot read"]);
    }
}

#[test]
fn outputs_that_cannot_be_written_are_known_before_the_search() {
    let folder = folder();
    let at = folder.path();
    let table = fs::read(at.join("t.csv")).unwrap();
    fs::create_dir(at.join("dir")).unwrap();
    // A command that would never end shows that nothing was started.
    let endless = ["givens", "fit", "--evaluate", "sleep 1000", "--rows", "3", "-d", "1"];
    for option in ["--output", "--plot", "--checkpoint"] {
        fails(
            at,
            1,
            &with(&endless, &[option, "no/such/x"]),
            &["no/such/x: cannot write: there is no folder"],
        );
        fails(at, 1, &with(&endless, &[option, "dir"]), &["dir: cannot write: this is a folder"]);
        fails(at, 2, &with(&PCA, &[option, "dir/../t.csv"]), &["and DATA name the same file"]);
    }
    fails(at, 1, &with(&endless, &["--output", "new/"]), &["new/: cannot write: this is a folder"]);
    fails(at, 2, &with(&endless, &["-o", "x", "--plot", "./x"]), &["--plot and --output name the same file"]);
    let benchmark = ["givens", "benchmark", "--plot", "no/such/x"];
    fails(at, 1, &benchmark, &["no/such/x: cannot write: there is no folder"]);
    assert_eq!(fs::read(at.join("t.csv")).unwrap(), table);
    assert_eq!(fs::read_dir(at).unwrap().count(), 2, "nothing was written");
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_loses_nothing() {
    let folder = folder();
    let whole = json(folder.path(), &with(&PCA, &["--json"]));
    for option in ["--output", "--plot", "--checkpoint"] {
        let output = reparam(folder.path(), &with(&PCA, &[option, "/dev/full"]));
        let message = text(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{message}");
        assert!(message.starts_with("error: /dev/full: cannot write: No space left"), "{message}");
        if option == "--output" {
            assert_eq!(serde_json::from_slice::<Value>(&output.stdout).unwrap(), whole);
        } else {
            assert!(text(&output.stdout).contains("share of the variance explained"));
        }
    }
    let full = || fs::File::options().write(true).open("/dev/full").unwrap();
    let output = command(folder.path(), &PCA).stdout(full()).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("cannot write to standard output"));
    let output = command(folder.path(), &PCA[..7]).stderr(full()).output().unwrap();
    assert_eq!(output.status.code(), Some(2), "an error that cannot be shown is no panic");
}

#[cfg(unix)]
#[test]
fn a_reader_that_has_seen_enough_is_no_error() {
    let folder = folder();
    let pipe = Stdio::piped;
    let mut child = command(folder.path(), &PCA).stdout(pipe()).stderr(pipe()).spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), text(&output.stderr)), (Some(0), String::new()));
}

#[test]
fn multistart_reaches_the_optimum_of_ackley() {
    let folder = folder();
    let arguments = ["givens", "fit", "--objective", "ackley", "--rows", "10", "--search", "multistart"];
    // Two of the book's forty starts: the others draw from generators of their own, and can only improve on them.
    let fit = json(folder.path(), &with(&arguments, &["--starts", "2", "--json", "--plot", "a.svg"]));
    assert!(fit["objective"].as_f64().unwrap() < 1e-6, "{}", fit["objective"]);
    let plot = fs::read_to_string(folder.path().join("a.svg")).unwrap();
    assert!(plot.contains("distance to the optimum"), "the optimum is known");
}

#[test]
fn the_same_seed_gives_the_same_bits_on_any_number_of_threads() {
    let folder = folder();
    let run = |seed: &str, threads: &str| {
        let arguments =
            ["givens", "fit", "--objective", "rastrigin", "--rows", "4", "--starts", "5", "--json"];
        let mut command = command(folder.path(), &with(&arguments, &["--seed", seed]));
        let output = command.env("RAYON_NUM_THREADS", threads).output().unwrap();
        assert!(output.status.success());
        text(&output.stdout)
    };
    let one = run("3", "1");
    assert_eq!(one, run("3", "4"));
    assert_ne!(one, run("4", "4"));
}

#[test]
fn a_run_that_was_cut_resumes_to_the_same_bits() {
    let folder = folder();
    let rmps = ["givens", "fit", "--objective", "ackley", "--rows", "6", "--search", "rmps", "--starts", "2"];
    let plane = ["givens", "fit", "t.csv", "--columns", "a,b,c,d", "--objective", "varimax", "--starts", "3"];
    for base in [&rmps[..], &plane[..]] {
        let whole = json(folder.path(), &with(base, &["--json"]));
        let evaluations = whole["evaluations"].as_u64().unwrap();
        let budgets = [evaluations / 3, evaluations / 2, 100 * evaluations].map(|budget| budget.to_string());
        let mut resume: Vec<&str> = Vec::new();
        let mut last = Value::Null;
        for budget in &budgets {
            let arguments = with(base, &["--json", "--checkpoint", "c.json", "--evaluations", budget]);
            last = json(folder.path(), &with(&arguments, &resume));
            if *budget != budgets[2] {
                assert_eq!(last["stopped"], "evaluations");
                assert!(last["evaluations"].as_u64().unwrap() <= budget.parse().unwrap());
            }
            resume = vec!["--resume", "c.json"];
        }
        assert_eq!(last, whole);
        fails(folder.path(), 2, &with(base, &["--resume", "c.json", "--seed", "9"]), &["seed was 0, is 9"]);
    }
    fs::write(folder.path().join("c.json"), "{").unwrap();
    fails(folder.path(), 1, &with(&rmps, &["--resume", "c.json"]), &["c.json:1:", "not a checkpoint"]);
}

/// A black box: `Σ k·q_k1²` over the rows, in the shell's own arithmetic of a small script.
fn black_box(folder: &Path, name: &str, special: &str) -> String {
    // awk as a filter of one line each: no implementation of awk buffers its input then.
    let script = format!(
        "count=0\nwhile read -r line; do\ncount=$((count + 1))\n{special}\n\
         echo \"$line\" | awk '{{ s = 0; for (k = 1; k <= $1; k++) s += k * $(2 + k) * $(2 + k); printf \"%.17g\\n\", s }}'\ndone\n"
    );
    fs::write(folder.join(name), script).unwrap();
    format!("sh {name}")
}

#[test]
fn an_external_program_is_minimised() {
    let folder = folder();
    let command = black_box(folder.path(), "box.sh", "");
    let base = ["givens", "fit", "--rows", "3", "--components", "1", "--json", "--evaluate", &command];
    let plane = json(folder.path(), &with(&base, &["--search", "plane", "--evaluations", "60"]));
    assert!((plane["objective"].as_f64().unwrap() - 1.0).abs() < 1e-6, "{plane}");
    let one = json(folder.path(), &with(&base, &["--evaluations", "90"]));
    assert_eq!(one["evaluations"], 90, "the budget is used and kept");
    let three = json(folder.path(), &with(&base, &["--evaluations", "90", "--processes", "3"]));
    assert_eq!(one, three, "the path does not depend on the number of processes");

    let cut = ["--evaluations", "50", "--checkpoint", "c.json"];
    json(folder.path(), &with(&base, &cut));
    let resumed = json(folder.path(), &with(&base, &["--evaluations", "90", "--resume", "c.json"]));
    assert_eq!(resumed["frame"], one["frame"]);
    assert_eq!(resumed["evaluations"], 90);
}

#[test]
fn an_external_program_that_fails_leaves_the_best_point() {
    let folder = folder();
    let at = folder.path();
    let run = |special: &str, more: &[&str]| {
        let _ = fs::remove_file(at.join("best.json"));
        let command = black_box(at, "box.sh", special);
        let base =
            ["givens", "fit", "--rows", "3", "--components", "1", "-o", "best.json", "--evaluate", &command];
        let output = reparam(at, &with(&base, more));
        (output.status.code(), text(&output.stderr))
    };
    let best = || -> Value { serde_json::from_slice(&fs::read(at.join("best.json")).unwrap()).unwrap() };

    let (code, message) = run("if [ $count = 20 ]; then echo out of wine >&2; exit 3; fi", &[]);
    assert_eq!(code, Some(1));
    for part in ["after 19 evaluations it ended", "exit status: 3", "out of wine"] {
        assert!(message.contains(part), "{message}");
    }
    assert_eq!((best()["stopped"].as_str(), best()["evaluations"].as_u64()), (Some("failed"), Some(19)));
    assert!(best()["objective"].as_f64().unwrap() < 3.0);

    let (code, message) = run("if [ $count = 20 ]; then echo fine; continue; fi", &[]);
    assert_eq!(code, Some(1));
    assert!(message.contains("it answered \"fine\", which is not a number"), "{message}");
    assert_eq!(best()["evaluations"], 19);

    let (code, message) = run("if [ $count = 5 ]; then sleep 30; fi", &["--evaluate-timeout", "0.3"]);
    assert_eq!(code, Some(1));
    assert!(
        message.contains("no answer within 0.3 s") && message.contains("--evaluate-timeout"),
        "{message}"
    );
    assert_eq!(best()["evaluations"], 4);

    let (code, message) =
        run("if [ $((count % 3)) = 0 ]; then echo nan; continue; fi", &["--evaluations", "60"]);
    assert_eq!((code, message.as_str()), (Some(0), ""), "NaN is an answer");
    assert!(best()["objective"].is_number());

    let (code, message) = run("echo inf; continue", &["--evaluations", "60"]);
    assert_eq!(code, Some(1));
    assert!(message.contains("none of") && message.contains("finite"), "{message}");
    assert!(!at.join("best.json").exists());

    fails(
        at,
        1,
        &["givens", "fit", "--rows", "3", "-d", "1", "--evaluate", "no-such-program-at-all"],
        &["after 0 evaluations it ended", "exit status: 127", "not found"],
    );
}

#[cfg(unix)]
#[test]
fn ctrl_c_keeps_the_best_point_and_leaves_whole_files() {
    let folder = folder();
    let at = |name: &str| folder.path().join(name);
    let arguments = [
        "givens",
        "fit",
        "--objective",
        "rastrigin",
        "--rows",
        "30",
        "--starts",
        "4",
        "--search",
        "rmps",
        "--json",
        "-o",
        "best.json",
        "--checkpoint",
        "c.json",
        "--checkpoint-every",
        "0.05",
    ];
    let child = command(folder.path(), &arguments)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("reparam starts");
    let begun = Instant::now();
    while !at("c.json").exists() {
        assert!(begun.elapsed() < Duration::from_secs(60), "no checkpoint");
        std::thread::sleep(Duration::from_millis(10));
    }
    let killed = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(killed.success());
    let output = child.wait_with_output().unwrap();
    let message = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{message}");
    assert!(message.contains("interrupted") && message.contains("--resume c.json"), "{message}");
    let printed: Value = serde_json::from_slice(&output.stdout).unwrap();
    let written: Value = serde_json::from_slice(&fs::read(at("best.json")).unwrap()).unwrap();
    assert_eq!(printed, written);
    assert_eq!(printed["stopped"], "interrupted");
    assert!(printed["objective"].is_number());
    let mut files: Vec<PathBuf> =
        fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert_eq!(files, [at("best.json"), at("c.json"), at("t.csv")], "no temporary file is left");
    // The checkpoint is whole: it resumes.
    let arguments = with(&arguments, &["--resume", "c.json", "--evaluations", "1000000"]);
    let resumed = json(folder.path(), &arguments);
    assert!(resumed["objective"].as_f64().unwrap() <= printed["objective"].as_f64().unwrap());
}

#[cfg(unix)]
#[test]
fn a_kill_leaves_a_whole_checkpoint() {
    let folder = folder();
    let checkpoint = folder.path().join("c.json");
    let fit =
        ["givens", "fit", "--objective", "rastrigin", "--rows", "30", "--search", "rmps", "--starts", "4"];
    let often = ["-o", "best.json", "--checkpoint", "c.json", "--checkpoint-every", "0.01"];
    let mut child = command(folder.path(), &with(&fit, &often)).stdout(Stdio::null()).spawn().unwrap();
    let begun = Instant::now();
    while !checkpoint.exists() {
        assert!(begun.elapsed() < Duration::from_secs(60), "no checkpoint");
        std::thread::sleep(Duration::from_millis(10));
    }
    // While it writes the one after.
    std::thread::sleep(Duration::from_millis(100));
    child.kill().unwrap();
    assert!(child.wait().unwrap().code().is_none(), "ended by the signal");
    assert!(!folder.path().join("best.json").exists());
    let resumed =
        json(folder.path(), &with(&fit, &["--resume", "c.json", "--evaluations", "100000", "--json"]));
    assert!(resumed["objective"].is_number());
}

/// The keys of a line of the benchmark, as the book lists them.
const ROW_KEYS: [&str; 13] = [
    "baseline",
    "difference",
    "evaluations",
    "exact",
    "instance",
    "measured",
    "method",
    "peers",
    "published",
    "quantity",
    "spread",
    "statistic",
    "suite",
];

#[test]
fn the_benchmark_puts_published_measured_and_difference_side_by_side() {
    let folder = folder();
    let arguments = ["givens", "benchmark", "--suite", "eigenvalue,joint", "--json", "--plot", "b.svg"];
    let report = json(folder.path(), &arguments);
    let rows = report["rows"].as_array().unwrap();
    let find = |suite: &str, method: &str| {
        let of = |row: &&Value| row["suite"] == suite && row["method"] == method;
        rows.iter().find(of).unwrap_or_else(|| panic!("no row {suite}, {method}"))
    };
    let number = |row: &Value, key: &str| row[key].as_f64().unwrap();
    let keys = |object: &Value| object.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(keys(&report), ["mode", "notes", "rows", "seed", "source", "system", "version"]);
    for row in rows {
        assert_eq!(keys(row), ROW_KEYS);
        assert!(row["measured"].is_number() && row["spread"].is_number(), "{row}");
        assert_eq!(row["published"].is_null(), row["difference"].is_null(), "{row}");
    }
    // The published values come back from the published seeds.
    let row = find("eigenvalue", "plane");
    assert!((number(row, "measured") / 25.644 - 1.0).abs() < 1e-5, "{row}");
    assert!((number(row, "measured") - number(row, "published") - number(row, "difference")).abs() < 1e-12);
    let relative = rows.iter().find(|row| row["quantity"] == "largest relative difference").unwrap();
    assert!(number(relative, "measured") < 1e-8, "{relative}");
    // The search is no worse than Jacobi's angles, and the counter-example is worse.
    let jacobi = |row: &Value| row["baseline"][1].as_f64().unwrap();
    let row = find("joint", "plane, 5 starts");
    assert!(number(row, "measured") < 1.001 * jacobi(row), "{row}");
    assert!(number(find("joint", "eigenvectors of the mean"), "measured") > 1.2 * jacobi(row));
    assert!(fs::read_to_string(folder.path().join("b.svg")).unwrap().contains("plane search"));
    fails(
        folder.path(),
        2,
        &["givens", "benchmark", "--suite", "ica", "--plot", "x.svg"],
        &["no", "optimum"],
    );
    fails(folder.path(), 2, &["givens", "benchmark", "--quick", "--full"], &["--full"]);
}
