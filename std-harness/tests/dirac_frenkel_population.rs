//! Densities of particles: the paths of the reference, the moments of a density, the rows of the equation, the command.

mod command;

use std::process::Stdio;

use command::{command, fails, json};
use reparam::dirac_frenkel::Problem;
use reparam::dirac_frenkel::ansatz::network::{Embedding, Shape};
use reparam_harness::Error;
use reparam_harness::dirac_frenkel::model::Model;
use reparam_harness::dirac_frenkel::population::gaussian::{Domain, Gaussian, stream};
use reparam_harness::dirac_frenkel::population::moments::{fit, moments};
use reparam_harness::dirac_frenkel::population::particles::{Particles, Trap};
use reparam_harness::dirac_frenkel::population::paths::Paths;
use reparam_harness::dirac_frenkel::population::rows::{Density, Sampling};
use serde_json::Value;

fn swinging(count: usize) -> Particles {
    Particles { count, trap: Trap::Swinging, coupling: -0.5, diffusion: 0.01 }
}

fn paths<'a>(particles: &'a Particles, start: &'a Gaussian) -> Paths<'a> {
    Paths { particles, start, count: 20_000, step: 0.01, plain: false, seed: 7 }
}

fn close(found: f64, expected: f64, error: f64) {
    assert!((found - expected).abs() <= error, "{found}, not {expected} ± {error}");
}

/// Linear pull: along the mean of all particles at its rate, across at the rate with the coupling; D(1 − e^(−2rate·t))/rate + s²e^(−2rate·t).
#[test]
fn a_linear_trap_has_a_gaussian_law() {
    let particles =
        Particles { count: 3, trap: Trap::Linear { rate: 0.8, place: 1.5 }, coupling: 0.7, diffusion: 0.05 };
    let covariance = vec![0.1, 0.0, 0.0, 0.0, 0.1, 0.0, 0.0, 0.0, 0.1];
    let start = Gaussian::new(vec![0.0, 1.0, 3.0], covariance).unwrap();
    let at = |t: f64| {
        let (along, across) = (0.8f64, 1.5f64);
        let variance = |rate: f64| {
            let left = (-2.0 * rate * t).exp();
            0.05 * (1.0 - left) / rate + 0.1 * left
        };
        let (common, shared) = ((-along * t).exp(), (variance(along) - variance(across)) / 3.0);
        let mean: Vec<f64> = [0.0, 1.0, 3.0]
            .iter()
            .map(|m| 1.5 + (4.0 / 3.0 - 1.5) * common + (m - 4.0 / 3.0) * (-across * t).exp())
            .collect();
        (mean, variance(across) + shared, shared)
    };
    let found = paths(&particles, &start).moments(&[0.0, 0.5, 2.0]).unwrap();
    for (moments, t) in found.iter().zip([0.0, 0.5, 2.0]) {
        let (mean, variance, covariance) = at(t);
        for (i, &mean) in mean.iter().enumerate() {
            close(moments.mean[i], mean, 4.5 * moments.mean_error[i]);
            for j in 0..3 {
                let expected = if i == j { variance } else { covariance };
                close(moments.covariance[3 * i + j], expected, 4.5 * moments.covariance_error[3 * i + j]);
            }
        }
        // Standard errors are those of independent paths, as far as 64 groups tell.
        let ratio = moments.mean_error[0] / (variance / 20_000.0).sqrt();
        assert!((0.7..1.35).contains(&ratio), "{ratio}");
    }
}

/// Without noise and scatter paths are solutions of an ordinary differential equation: the corrector is of second order, without it of first.
#[test]
fn orders_of_the_paths() {
    let particles =
        Particles { count: 2, trap: Trap::Linear { rate: 1.0, place: 0.0 }, coupling: 0.0, diffusion: 0.0 };
    let start = Gaussian::isotropic(2, 1.0, 1e-30).unwrap();
    let error = |step: f64, plain: bool| {
        let paths = Paths { count: 128, step, plain, ..paths(&particles, &start) };
        (paths.moments(&[1.0]).unwrap()[0].mean[0] - (-1.0f64).exp()).abs()
    };
    for (plain, order) in [(true, 1.0), (false, 2.0)] {
        let found = (error(0.05, plain) / error(0.025, plain)).log2();
        assert!((found - order).abs() < 0.1, "{found}");
    }
}

#[test]
fn paths_are_those_of_an_independent_program() {
    let mut lines = 0;
    for line in include_str!("../../tests/reference/dirac_frenkel_population.txt").lines() {
        let words: Vec<&str> = line.split(' ').collect();
        let numbers: Vec<f64> = words[1..].iter().map(|word| word.parse().unwrap()).collect();
        let count = numbers[0] as usize;
        let (particles, start) = (swinging(count), Gaussian::isotropic(count, 2.0, 0.02).unwrap());
        let found = paths(&particles, &start).moments(&[numbers[1]]).unwrap().swap_remove(0);
        // The particles are alike: so are their moments, and the average over them is what the program has.
        let pairs: Vec<usize> = (0..count * count).filter(|k| k % (count + 1) != 0).collect();
        let variances: Vec<usize> = (0..count).map(|k| k * (count + 1)).collect();
        let all: Vec<usize> = (0..count).collect();
        let cases = [
            (&found.mean, &found.mean_error, all),
            (&found.covariance, &found.covariance_error, variances),
            (&found.covariance, &found.covariance_error, pairs),
        ];
        for (k, (values, errors, entries)) in cases.into_iter().enumerate() {
            let average = entries.iter().map(|&i| values[i]).sum::<f64>() / entries.len() as f64;
            let own = entries.iter().map(|&i| errors[i]).fold(0.0, f64::max);
            for &i in &entries {
                close(values[i], average, 5.0 * errors[i]);
            }
            close(average, numbers[2 + k], 4.5 * own.hypot(numbers[5 + k]));
        }
        lines += 1;
    }
    assert_eq!(lines, 12);
}

#[test]
fn threads_do_not_change_the_paths() {
    let (particles, start) = (swinging(2), Gaussian::isotropic(2, 2.0, 0.02).unwrap());
    let paths = Paths { count: 1000, ..paths(&particles, &start) };
    let on = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| paths.moments(&[0.3, 1.0]).unwrap())
    };
    assert_eq!(on(1), on(3));
    let error = Paths { count: 100, ..paths }.moments(&[1.0]).unwrap_err().to_string();
    assert!(error.contains("100 paths are too few"), "{error}");
}

/// Three quarters of a Gaussian and a quarter of another one beside it, times 5.
#[test]
fn moments_of_a_mixture() {
    let domain = Domain(vec![[0.0, 4.0]; 3]);
    let one = Gaussian::new(vec![2.0, 1.5, 2.2], vec![0.02, 0.01, 0.0, 0.01, 0.03, 0.005, 0.0, 0.005, 0.01]);
    let one = one.unwrap();
    let other = Gaussian::isotropic(3, 1.9, 0.02).unwrap();
    let log = |points: &[f64]| -> Result<Vec<f64>, Error> {
        let at = |x: &[f64]| {
            (3.75 * one.log_density(x).exp() + 1.25 * other.log_density(x).exp()).max(1e-300).ln()
        };
        Ok(points.chunks(3).map(at).collect())
    };
    let beside = |mean: f64, variance: f64| Some(Gaussian::isotropic(3, mean, variance).unwrap());
    for first in [None, beside(2.0, 0.5), beside(2.5, 0.18)] {
        let mut rng = stream(3, 0);
        let around = fit(&log, &domain, first.as_ref(), 2000, &mut rng).unwrap();
        let found = moments(&log, &domain, &around, 40_000, &mut rng).unwrap();
        assert!(found.effective > 15_000.0 && found.effective < 40_000.0, "{}", found.effective);
        close(found.log_mass, 5f64.ln(), 0.02);
        for i in 0..3 {
            let mean = |i: usize| 0.75 * one.mean()[i] + 0.25 * 1.9;
            close(found.mean[i], mean(i), 4.5 * found.mean_error[i]);
            for j in 0..3 {
                let k = 3 * i + j;
                let apart = 0.75 * 0.25 * (one.mean()[i] - 1.9) * (one.mean()[j] - 1.9);
                let expected = 0.75 * one.covariance()[k] + 0.25 * other.covariance()[k] + apart;
                close(found.covariance[k], expected, 4.5 * found.covariance_error[k]);
                assert!(found.covariance_error[k] < 1e-3);
            }
        }
    }
}

/// What is no bump is refused, and mass far away shows in the effective number.
#[test]
fn what_is_no_bump_is_said() {
    let domain = Domain(vec![[0.0, 4.0]; 2]);
    let nothing = |points: &[f64]| -> Result<Vec<f64>, Error> { Ok(vec![f64::NAN; points.len() / 2]) };
    let error = fit(&nothing, &domain, None, 500, &mut stream(1, 0)).unwrap_err().to_string();
    assert!(error.contains("not one bump"), "{error}");
    let one = Gaussian::isotropic(2, 1.0, 0.01).unwrap();
    let two = Gaussian::isotropic(2, 3.5, 0.01).unwrap();
    let both = |points: &[f64]| -> Result<Vec<f64>, Error> {
        let at = |x: &[f64]| (one.log_density(x).exp() + two.log_density(x).exp()).max(1e-300).ln();
        Ok(points.chunks(2).map(at).collect())
    };
    let found = moments(&both, &domain, &one, 20_000, &mut stream(1, 0)).unwrap();
    assert!(found.effective < 2000.0, "{}", found.effective);
    close(found.mean[0], 2.25, 4.5 * found.mean_error[0]);
}

/// F(û) = −∇·(b û) + D Δû from differences of values, beside the rows in all their scalings.
#[test]
fn rows_are_the_equation() {
    let shape = Shape::new(3, 4, 1, Embedding::Full).unwrap();
    let model = Model::network(shape, vec![4.0; 3]);
    let theta: Vec<f64> = (0..shape.weights()).map(|k| 0.4 * ((3 * k + 1) as f64).sin()).collect();
    let domain = Domain(vec![[0.0, 4.0]; 3]);
    let sampling = Sampling {
        model: model.clone(),
        particles: swinging(3),
        first: Gaussian::isotropic(3, 2.0, 0.5).unwrap(),
        domain,
        uniform: 4,
        gaussian: 0,
        power: 0.0,
    };
    let points = sampling.draw(&theta, &mut stream(1, 0)).unwrap();
    let t = 0.3;
    let log = |theta: &[f64], x: &[f64]| -model.values(theta, x).unwrap()[0];
    let u = |x: &[f64]| log(&theta, x).exp();
    let flux = |x: &[f64], i: usize| {
        let mut drift = vec![0.0; 3];
        swinging(3).drift(t, x, &mut drift);
        drift[i] * u(x)
    };
    let moved = |x: &[f64], i: usize, h: f64| -> Vec<f64> {
        x.iter().enumerate().map(|(k, &x)| if k == i { x + h } else { x }).collect()
    };
    let largest = points.chunks(3).map(&u).fold(0.0, f64::max);
    for power in [0.0, 0.5, 1.0] {
        let sampling = Sampling { power, ..sampling.clone() };
        let mut rows = Density::new(&sampling, &theta, points.clone()).unwrap();
        for (point, x) in points.chunks(3).enumerate() {
            let mut row = vec![0.0; shape.weights()];
            let f = rows.row(&theta, t, point, &mut row).unwrap();
            let scale = (u(x) / largest).powf(power) / u(x);
            let h = 1e-4;
            let mut expected = 0.0;
            for i in 0..3 {
                let (up, down) = (moved(x, i, h), moved(x, i, -h));
                expected -= (flux(&up, i) - flux(&down, i)) / (2.0 * h);
                expected += 0.01 * (u(&up) - 2.0 * u(x) + u(&down)) / (h * h);
            }
            close(f, scale * expected, 1e-5 * (scale * expected).abs() + 1e-7 * scale * u(x));
            for k in [0, 13, 30, shape.weights() - 1] {
                let by = |h: f64| log(&moved(&theta, k, h), x).exp();
                let expected = scale * (by(1e-5) - by(-1e-5)) / 2e-5;
                close(row[k], expected, 1e-7 * scale * u(x) + 1e-6 * expected.abs());
            }
        }
    }
}

fn solve(more: &str) -> Value {
    let folder = tempfile::tempdir().unwrap();
    let words = format!("dirac-frenkel solve fokker-planck-small --json {more}");
    json(folder.path(), &words.split_whitespace().collect::<Vec<_>>())
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("{value}"))
}

#[test]
fn a_density_follows_its_particles() {
    let report = solve("--time 0.5 --samples 2 --method df,dfo --paths 20000");
    assert_eq!(report["weights"], 201);
    assert!(number(&report["fits"][0]) < 5e-3);
    for row in report["methods"].as_array().unwrap() {
        assert!(number(&row["error_mean"]) < 1e-2 && number(&row["error_end"]) < 1e-2, "{row}");
        assert_eq!(row["error_end"], row["parts"]["mean"]["error_end"]);
        assert!(number(&row["parts"]["covariance"]["error_end"]) < 0.15, "{row}");
        assert!(number(&row["effective"]) > 5000.0);
        assert!(number(&row["chance"]["mean"]) < 2e-3 && number(&row["chance"]["covariance"]) < 0.05);
        assert_eq!(row["log_mass"][0].as_array().unwrap().len(), 3);
    }
}

#[test]
fn points_are_the_same_after_a_break() {
    let folder = tempfile::tempdir().unwrap();
    let words = "dirac-frenkel solve fokker-planck-small --json --time 0.6 --samples 1 --method dfo,rsng --columns 40 \
                 --fit-iterations 8 --paths 128";
    let words: Vec<&str> = words.split_whitespace().collect();
    let whole = json(folder.path(), &words);
    // Killed as soon as there is a checkpoint.
    let file = folder.path().join("run.json");
    let more = ["--checkpoint", "run.json", "--checkpoint-every", "0.001"];
    let mut child =
        command(folder.path(), &[&words[..], &more].concat()).stdout(Stdio::null()).spawn().unwrap();
    while !file.exists() {
        std::thread::sleep(std::time::Duration::from_millis(2));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let state: Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
    let steps: Vec<u64> =
        state["state"].as_array().unwrap().iter().map(|run| run["step"].as_u64().unwrap()).collect();
    assert!(steps.iter().any(|step| (1..60).contains(step)), "{steps:?}");
    let resumed = json(folder.path(), &[&words[..], &["--resume", "run.json"]].concat());
    for k in 0..2 {
        assert_eq!(whole["methods"][k]["errors"], resumed["methods"][k]["errors"]);
        assert_eq!(whole["methods"][k]["rank"], resumed["methods"][k]["rank"]);
    }
}

#[test]
fn moments_are_drawn_and_written() {
    let folder = tempfile::tempdir().unwrap();
    let words = "dirac-frenkel solve fokker-planck-small --json --time 0.05 --samples 5 --method df,dfo --fit-iterations 5 \
                 --paths 1000 --plot e.svg --plot-mean m.svg --plot-covariance c.svg --snapshots s.npy";
    json(folder.path(), &words.split_whitespace().collect::<Vec<_>>());
    for (file, part) in [("e.svg", "relative error"), ("m.svg", "mean of the first"), ("c.svg", "first two")]
    {
        let svg = std::fs::read_to_string(folder.path().join(file)).unwrap();
        assert!(svg.starts_with("<svg") && svg.contains("DFO") && svg.contains(part), "{file}");
    }
    let array = reparam_harness::data::npy::read(&folder.path().join("s.npy")).unwrap();
    // Mean, covariance, errors of both, effective number, mass.
    assert_eq!(array.shape, [2, 6, 1, 14]);
    assert!((array.values[0] - 2.0).abs() < 0.05 && (array.values[2] - 0.02).abs() < 0.01);

    let case = |arguments: &str, parts: &[&str]| {
        let words: Vec<&str> = "dirac-frenkel solve".split(' ').chain(arguments.split(' ')).collect();
        fails(folder.path(), 2, &words, parts);
    };
    case("fokker-planck-small --residual 1.5", &["from 0 to 1"]);
    case("fokker-planck-small --paths 100", &["--paths"]);
    case("fokker-planck-small --plot-solution u.svg", &["--plot-mean"]);
    case("burgers --plot-mean m.svg", &["burgers has no moments"]);
}
