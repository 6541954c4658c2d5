//! Beside the core's rotations: the same velocity, momentum and report, whatever way is taken.

use reparam::dirac_frenkel::least_squares::{Factored, Truncation};
use reparam::dirac_frenkel::{DiracFrenkel, Error, Flow, Method, Momentum, Problem, Stage, full};
use reparam_dense::{Dense, Solved, Stored};

const POINTS: usize = 256;

/// A sum of columns times rows whose sizes fall as 10^(−fall·k).
#[derive(Clone)]
struct Graded {
    n: usize,
    fall: f64,
}

impl Problem<f64> for Graded {
    fn weights(&self) -> usize {
        self.n
    }
    fn points(&self) -> usize {
        POINTS
    }
    fn row(&mut self, _: &[f64], t: f64, point: usize, row: &mut [f64]) -> Result<f64, Error> {
        row.fill(0.0);
        for k in 0..self.n {
            let a = 10f64.powf(-self.fall * k as f64)
                * (std::f64::consts::PI * k as f64 * (point as f64 + 0.5) / POINTS as f64).cos();
            for (j, row) in row.iter_mut().enumerate() {
                *row += a * (1.0 + t + ((k + 1) * (j + 1)) as f64).sin();
            }
        }
        Ok((0.1 * point as f64).sin())
    }
}

/// Three velocities; the last one, its report, and momentum.
fn three(flow: &mut impl Flow<f64>) -> (Stage<f64>, Vec<f64>, Vec<f64>) {
    let n = flow.weights();
    let mut momentum: Vec<f64> = (0..n).map(|k| (k as f64).cos()).collect();
    let (mut velocity, mut stage) = (vec![0.0; n], Stage::default());
    for k in 0..3 {
        stage = flow.velocity(&[], 0.1 * f64::from(k), Some(0.5), &mut momentum, &mut velocity).unwrap();
    }
    (stage, momentum, velocity)
}

fn truncated(relative: f64) -> Method<f64> {
    Method::Truncated(Truncation::new(relative, 0.0).unwrap())
}

fn agree(problem: Graded, method: Method<f64>, memory: Option<Momentum<f64>>, tolerance: f64) {
    let mut scratch = vec![0.0; full::scratch_len(problem.n)];
    let mut core = DiracFrenkel::new(problem.clone(), method, memory, &mut scratch).unwrap();
    let mut dense = Dense::new(problem.clone(), method, memory).unwrap();
    let (a, b) = (three(&mut core), three(&mut dense));
    let what = format!("{} {} {method:?}", problem.n, problem.fall);
    assert_eq!(a.0.rank, b.0.rank, "{what}");
    let size = a.2.iter().map(|x| x * x).sum::<f64>().sqrt();
    for (x, y) in a.2.iter().chain(&a.1).zip(b.2.iter().chain(&b.1)) {
        assert!((x - y).abs() <= tolerance * size, "{what}: {x} {y}");
    }
    for (x, y) in [
        (a.0.largest, b.0.largest),
        // Without truncation, the smallest of all; of those that are found here.
        (a.0.kept, if matches!(method, Method::Tikhonov(_)) { a.0.kept } else { b.0.kept }),
        (a.0.residual_before, b.0.residual_before),
        (a.0.residual_after, b.0.residual_after),
        (a.0.null, b.0.null),
    ] {
        // What is left out has a part in the report.
        assert!((x - y).abs() <= tolerance.max(1e-6) * x.abs() + 1e-12, "{what}: {x} {y}");
    }
}

#[test]
fn velocities_agree_with_the_core() {
    let memory = Some(Momentum::new(0.8, 0.7).unwrap());
    for (n, fall) in [(1, 0.2), (7, 0.2), (30, 0.2), (80, 0.2), (120, 0.1), (120, 0.3)] {
        for relative in [1e-2, 1e-4, 1e-5f64] {
            // With a residual, rounding grows by the square of the condition.
            let tolerance = (1e-15 / (relative * relative)).max(2e-8);
            agree(Graded { n, fall }, truncated(relative), memory, tolerance);
            agree(Graded { n, fall }, truncated(relative), None, tolerance);
        }
        for gamma in [1e-4, 1e-8] {
            agree(Graded { n, fall }, Method::Tikhonov(gamma), None, 2e-6);
        }
    }
}

/// Which way is taken: a rank that is low, one that is full, and neither.
#[test]
fn few_singular_values_are_found_where_few_matter() {
    let solved = |n, fall, relative| {
        let mut stored = Stored::new(n, POINTS).unwrap();
        stored.fill(&Graded { n, fall }, &[], 0.0).unwrap();
        stored.solve(truncated(relative)).unwrap()
    };
    let count = |solved: &Solved| match solved {
        Solved::Spectrum(spectrum) => {
            spectrum.factored().map(|f: Factored<'_, f64>| f.singular_values().count()).unwrap()
        }
        Solved::Regular { .. } => 0,
    };
    let low = count(&solved(120, 0.3, 1e-3));
    assert!((32..=60).contains(&low), "{low}");
    assert_eq!(count(&solved(40, 0.0, 1e-3)), 0);
    assert_eq!(count(&solved(120, 0.02, 1e-9)), 120);
}

#[test]
fn what_is_not_finite_is_refused() {
    let mut stored = Stored::new(3, 4).unwrap();
    let bad = |_: &mut (), k: usize, row: &mut [f64]| {
        row.fill(if k == 2 { f64::NAN } else { 1.0 });
        Ok(1.0)
    };
    assert!(matches!(stored.fill_with(|| (), bad), Err(Error::NotFinite)));
    assert!(matches!(Stored::new(0, 4), Err(Error::Size)));
}
