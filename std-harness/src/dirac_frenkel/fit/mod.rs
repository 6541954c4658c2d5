//! Weights at the start: least squares of an ansatz with a given function.

mod adam;
mod levenberg_marquardt;

use reparam::random::SplitMix64;
use serde::Serialize;

use super::case::{Target, relative_error};
use super::failed;
use crate::report::progress::Progress;
use crate::{Error, Result};

/// Starts that are tried by [`By::Lm`].
const STARTS: u64 = 4;
/// A start with a smaller relative error is not followed by another one.
const GOOD: f64 = 1e-4;
/// Relative error that is good enough.
const ENOUGH: f64 = 1e-6;

/// Methods.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum By {
    /// Levenberg and Marquardt's method: all points, all weights, from up to four starts
    Lm,
    /// Adam: gradients of some points at a time, from one start
    Adam,
}

/// How the rate of [`By::Adam`] falls.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Decay {
    /// As half a wave of the cosine, to 0
    Cosine,
    /// By the same factor in each iteration, to a thousandth
    Exponential,
}

impl Decay {
    /// Part of the rate that is left after a part of the iterations.
    fn left(self, done: f64) -> f64 {
        match self {
            Self::Cosine => 0.5 + 0.5 * (std::f64::consts::PI * done).cos(),
            Self::Exponential => 1e-3f64.powf(done),
        }
    }
}

/// How starts are fitted.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Fitter {
    /// Method.
    pub by: By,
    /// Iterations from one start.
    pub iterations: usize,
    /// Points of an iteration of Adam; all if there are no more.
    pub batch: usize,
    /// Rate of Adam at the begin.
    pub rate: f64,
    /// How it falls.
    pub decay: Decay,
}

impl Default for Fitter {
    fn default() -> Self {
        Self::of(By::Lm)
    }
}

impl Fitter {
    /// Usual settings of a method.
    pub fn of(by: By) -> Self {
        let iterations = match by {
            By::Lm => 400,
            By::Adam => 20_000,
        };
        Self { by, iterations, batch: 1024, rate: 5e-3, decay: Decay::Cosine }
    }

    /// Iterations of a fit, where they are known before.
    pub fn length(&self) -> Option<u64> {
        (self.by == By::Adam).then_some(self.iterations as u64)
    }

    /// Weights that fit a target, and ‖û − u‖/‖u‖. The same seed, the same weights.
    ///
    /// # Errors
    /// If no start leads anywhere; if it is interrupted.
    pub fn fit(&self, target: &Target, seed: u64, progress: &Progress) -> Result<(Vec<f64>, f64)> {
        let rng = |start| SplitMix64::new(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(start));
        let best = match self.by {
            By::Adam => {
                let mut rng = rng(0);
                let theta = target.model.draw(&target.span, &mut rng);
                Some(adam::improve(target, self, theta, &mut rng, progress)?)
            }
            By::Lm => {
                let mut best: Option<(Vec<f64>, f64)> = None;
                for start in 0..STARTS {
                    let theta = target.model.draw(&target.span, &mut rng(start));
                    let found = levenberg_marquardt::improve(target, self.iterations, theta, progress)?;
                    if found.1.is_finite() && best.as_ref().is_none_or(|best| found.1 < best.1) {
                        best = Some(found);
                    }
                    if best.as_ref().is_some_and(|best| best.1 < GOOD) {
                        break;
                    }
                }
                best
            }
        };
        best.filter(|best| best.1.is_finite()).ok_or_else(|| {
            Error::failed("no fit of the start is finite").remedy("try another --seed, or give --weights")
        })
    }
}

/// ‖û − u‖/‖u‖ of weights.
fn error(target: &Target, theta: &[f64]) -> Result<f64> {
    Ok(relative_error(&target.model.values(theta, &target.points).map_err(failed)?, &target.values))
}

fn interrupted() -> Error {
    Error::failed("interrupted during the fit of the start")
        .remedy("--save-weights keeps one that is finished")
}

#[cfg(test)]
mod tests {
    use std::f64::consts::PI;

    use super::*;
    use crate::dirac_frenkel::model::Model;
    use reparam::dirac_frenkel::ansatz::network::{Embedding, Shape};

    /// A periodic bump in the plane.
    fn bump() -> Target {
        let shape = Shape::new(2, 6, 1, Embedding::Phases).unwrap();
        let side: Vec<f64> = (0..16).map(|k| -1.0 + f64::from(k) / 8.0).collect();
        let points: Vec<f64> = side.iter().flat_map(|&y| side.iter().flat_map(move |&x| [x, y])).collect();
        let values = points.chunks(2).map(|x| ((PI * x[0]).cos() + (PI * x[1]).cos()).exp()).collect();
        Target { model: Model::network(shape, vec![2.0; 2]), points, values, span: vec![[-1.0, 1.0]; 2] }
    }

    #[test]
    fn both_methods_fit_and_repeat_themselves() {
        reparam_dense::use_all_cores(false);
        let target = bump();
        let adam = Fitter { by: By::Adam, iterations: 2000, batch: 64, rate: 2e-2, decay: Decay::Cosine };
        let exponential = Fitter { decay: Decay::Exponential, ..adam };
        let lm = Fitter { iterations: 60, ..Fitter::default() };
        for (fitter, bound) in [(adam, 5e-2), (exponential, 5e-2), (lm, 3e-3)] {
            let first = fitter.fit(&target, 3, &Progress::quiet()).unwrap();
            assert!(first.1 < bound, "{fitter:?}: {}", first.1);
            assert!((error(&target, &first.0).unwrap() - first.1).abs() < 1e-12);
            let one_thread = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
            let again = one_thread.install(|| fitter.fit(&target, 3, &Progress::quiet())).unwrap();
            assert_eq!(first, again, "{fitter:?}");
        }
    }

    #[test]
    fn rates_fall() {
        assert_eq!([Decay::Cosine.left(0.0), Decay::Exponential.left(0.0)], [1.0; 2]);
        assert!((Decay::Cosine.left(0.5) - 0.5).abs() < 1e-15 && Decay::Cosine.left(1.0).abs() < 1e-15);
        assert!((Decay::Exponential.left(2.0 / 3.0) - 1e-2).abs() < 1e-15);
    }
}
