//! `reparam dirac-frenkel` in the plane: references beside an independent scipy program, runs from short fits, pictures and arrays.

mod command;

use std::path::Path;

use clap::ValueEnum;
use command::{fails, json};
use reparam::dirac_frenkel::Form;
use reparam_harness::dirac_frenkel::case::{Settings, relative_error};
use reparam_harness::dirac_frenkel::evolve::{By, Plan, Run};
use reparam_harness::dirac_frenkel::problems::characteristics::origin;
use reparam_harness::dirac_frenkel::problems::planes::{Collocation, Points};
use reparam_harness::dirac_frenkel::problems::{Choices, Name};
use reparam_harness::report::progress::Progress;
use serde_json::Value;

const GOLDEN: &str = include_str!("../../tests/reference/dirac_frenkel_planes.txt");
const SIDE: usize = 128;

fn exact(name: &str, times: &[f64]) -> Vec<Vec<f64>> {
    let choices = Choices::default();
    let case = Name::from_str(name, false).unwrap().case(&choices).unwrap();
    assert_eq!((case.shape.as_slice(), case.places.len()), (&[SIDE, SIDE][..], 2 * SIDE * SIDE));
    (case.exact)(times).unwrap()
}

/// u at places of the grid, at each of the times.
#[test]
fn references_agree_with_paths_by_another_program() {
    for name in ["transport", "vlasov"] {
        let rows: Vec<Vec<f64>> = GOLDEN
            .lines()
            .filter_map(|line| line.strip_prefix(name))
            .map(|line| line.split_whitespace().map(|word| word.parse().unwrap()).collect())
            .collect();
        let mut times: Vec<f64> = rows.iter().map(|row| row[0]).collect();
        times.dedup();
        assert!(times.len() >= 2);
        let found = exact(name, &times);
        for row in rows {
            let look = times.iter().position(|&time| time == row[0]).unwrap();
            let u = found[look][row[2] as usize * SIDE + row[1] as usize];
            assert!((u - row[3]).abs() < 1e-9, "{name} {row:?}: {u}");
        }
    }
}

/// A circle, and a path with an end in finite time the other way.
#[test]
fn paths_are_traced_back() {
    let [x, y] = origin(|[x, y]: [f64; 2]| [-y, x], [1.0, 0.0], 1.0);
    assert!((x - 1f64.cos()).abs() < 1e-10 && (y + 1f64.sin()).abs() < 1e-10, "{x} {y}");
    // x' = x²: 1/x grows by the time that is gone back.
    let [x] = origin(|[x]: [f64; 1]| [x * x], [2.0], 1.0);
    assert!((x - 1.0 / 1.5).abs() < 1e-11, "{x}");
    assert_eq!(origin(|[_]: [f64; 1]| [f64::NAN], [3.0], 0.0), [3.0]);
}

fn solve(folder: &Path, arguments: &str) -> Value {
    let words: Vec<&str> = "dirac-frenkel solve".split(' ').chain(arguments.split(' ')).collect();
    json(folder, &[&words[..], &["--json"]].concat())
}

/// What moves in the right direction keeps its error; what stands still, or moves in a wrong one, does not.
#[test]
fn solutions_move_as_the_reference_does() {
    for (name, time) in [("transport-small", 0.04), ("vlasov-small", 0.24)] {
        let folder = tempfile::tempdir().unwrap();
        let still = {
            let u = exact(name, &[0.0, time]);
            relative_error(&u[0], &u[1])
        };
        let words = format!(
            "{name} --fit-iterations 12 --method df,tikhonov --gamma 1e-4 --step 0.02 --time {time} --samples 2 --points 400 \
             --plot-solution u.svg --plot-times 0,{time} --snapshots u.npy --save-weights w.npy"
        );
        let report = solve(folder.path(), &words);
        let start = report["fits"][0].as_f64().unwrap();
        assert!(start < 0.15 && still > 0.3, "{name}: {start} {still}");
        for method in report["methods"].as_array().unwrap() {
            let end = method["error_end"].as_f64().unwrap();
            assert!(end < 1.3 * start + 0.02, "{name} {}: {start} {end}", method["method"]);
        }
        assert_eq!(report["rows"].as_u64(), Some(400));

        let array = reparam_harness::data::npy::read(&folder.path().join("u.npy")).unwrap();
        assert_eq!(array.shape, [2, 3, 1, SIDE, SIDE]);
        let u = exact(name, &[time]);
        let end = &array.values[2 * SIDE * SIDE..3 * SIDE * SIDE];
        let error = relative_error(end, &u[0]);
        assert!((error - report["methods"][0]["error_end"].as_f64().unwrap()).abs() < 1e-12);

        let svg = std::fs::read_to_string(folder.path().join("u.svg")).unwrap();
        for part in ["<svg", "reference", "DF − reference", "Tikhonov 1e-4", "t = 0"] {
            assert!(svg.contains(part), "{part}");
        }
        // Two times, a reference and two methods with their differences.
        assert_eq!(svg.matches("crispEdges").count(), 10);

        // Weights that were saved are the same start, whatever it was made of.
        let again = solve(
            folder.path(),
            &format!("{name} --weights w.npy --method df --step 0.02 --time {time} --samples 2 --points 400"),
        );
        assert_eq!(again["error_end"], report["methods"][0]["error_end"]);
    }
}

/// Collocation points of a step are the same after a break.
#[test]
fn random_points_repeat_themselves() {
    let collocation = Collocation::Random;
    let choices = Choices { points: Points { count: Some(300), collocation }, ..Choices::default() };
    let case = Name::VlasovSmall.case(&choices).unwrap();
    let theta: Vec<f64> = (0..case.weights()).map(|k| (1.7 * k as f64).sin()).collect();
    let run = |seed: u64, mut run: Run| {
        let settings = Settings { step: 1e-3, time: 6e-3, ..case.settings };
        let plan = Plan { case: &case, settings, form: Form::Published, by: By::Dfo, seed, samples: 2 };
        let mut states = Vec::new();
        let note = |run: &Run| {
            states.push(run.clone());
            Ok(())
        };
        plan.go_on(&mut run, &Progress::quiet(), note).unwrap();
        states
    };
    let whole = run(5, Run::new(theta.clone(), None));
    let resumed = run(5, whole[2].clone());
    assert_eq!([whole.len(), resumed.len()], [6, 3]);
    assert_eq!(whole[5].theta, resumed[2].theta);
    assert_ne!(run(6, Run::new(theta, None))[0].theta, whole[0].theta);
}

/// So does a start by Adam, by any number of threads.
#[test]
fn batches_repeat_themselves() {
    let folder = tempfile::tempdir().unwrap();
    let words = "vlasov-small --fit adam --fit-iterations 40 --fit-batch 128 --fit-decay exponential --method rsng --columns 20 \
                 --points 100 --step 0.01 --time 0.01 --samples 1";
    let words = words.split_whitespace().collect::<Vec<_>>().join(" ");
    let whole = solve(folder.path(), &words);
    let again = solve(folder.path(), &format!("{words} --threads 1"));
    assert_eq!([&whole["fits"], &whole["errors"]], [&again["fits"], &again["errors"]]);
    let other = solve(folder.path(), &words.replace("exponential", "cosine"));
    assert_ne!(whole["fits"], other["fits"]);
}

#[test]
fn bad_input_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let case = |arguments: &str, parts: &[&str]| {
        let words: Vec<&str> = "dirac-frenkel solve".split(' ').chain(arguments.split(' ')).collect();
        fails(folder.path(), 2, &words, parts);
    };
    case(
        "transport-small --points 1000",
        &["--points: 1000 points are no square grid", "961 or 1024", "random"],
    );
    case("burgers --points 64", &["--points: burgers is no equation in the plane"]);
    case("burgers --collocation random", &["--collocation"]);
    case("burgers --plot-solution u.svg --plot-times 1", &["--plot-times"]);
    case("burgers --plot-times 1", &["--plot-solution"]);
    case("burgers --fit adam --weights w.npy", &["--fit", "--weights"]);
    case("burgers --fit sgd", &["sgd"]);
    case("burgers --fit-rate 0", &["--fit-rate"]);
    case("burgers --save-weights a.npy --snapshots a.npy", &["same file"]);
}
