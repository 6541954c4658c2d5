//! Weights at the start: least squares with an ansatz, by Levenberg and Marquardt's method from a seed.

use reparam::dirac_frenkel::Ansatz;
use reparam::random::SplitMix64;

use super::case::{Target, relative_error};
use super::dense::Decomposition;
use super::failed;
use crate::{Error, Result, interrupt};

/// Iterations from one start.
const ITERATIONS: usize = 400;
/// Starts that are tried.
const STARTS: u64 = 4;
/// Relative error that is good enough.
const ENOUGH: f64 = 1e-6;

/// Weights that fit a target, and ‖û − u‖/‖u‖.
///
/// # Errors
/// If no start leads anywhere.
pub fn fit(target: &Target, seed: u64) -> Result<(Vec<f64>, f64)> {
    let mut best: Option<(Vec<f64>, f64)> = None;
    for start in 0..STARTS {
        let mut rng = SplitMix64::new(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(start));
        let theta = target.model.clone().draw(target.span[0], target.span[1], &mut rng);
        let found = improve(target, theta)?;
        if found.1.is_finite() && best.as_ref().is_none_or(|best| found.1 < best.1) {
            best = Some(found);
        }
        if best.as_ref().is_some_and(|best| best.1 < 1e-4) {
            break;
        }
    }
    best.ok_or_else(|| {
        Error::failed("no fit of the start is finite").remedy("try another --seed, or give --weights")
    })
}

/// Levenberg and Marquardt's method from given weights.
///
/// # Errors
/// If it is interrupted.
pub fn improve(target: &Target, mut theta: Vec<f64>) -> Result<(Vec<f64>, f64)> {
    let mut model = target.model.clone();
    let n = model.weights();
    let values = |model: &mut super::model::Model, theta: &[f64]| -> Result<Vec<f64>> {
        target.points.iter().map(|&x| model.value(theta, x).map_err(failed)).collect()
    };
    let mut found = values(&mut model, &theta)?;
    let mut error = relative_error(&found, &target.values);
    let mut gamma = 1e-2;
    let mut step = vec![0.0; n];
    for _ in 0..ITERATIONS {
        if interrupt::asked() {
            return Err(Error::failed("interrupted during the fit of the start"));
        }
        if error.is_nan() || error < ENOUGH {
            break;
        }
        let decomposition = Decomposition::new(n, target.points.len(), |k, row| {
            model.gradient(&theta, &[target.points[k]], row)?;
            Ok(target.values[k] - found[k])
        });
        let Ok(decomposition) = decomposition else { break };
        let factored = decomposition.factored().map_err(failed)?;
        let before = error;
        for _ in 0..12 {
            if factored.tikhonov(gamma, &mut step).is_err() {
                gamma *= 4.0;
                continue;
            }
            let place: Vec<f64> = theta.iter().zip(&step).map(|(theta, step)| theta + step).collect();
            let there = values(&mut model, &place)?;
            let next = relative_error(&there, &target.values);
            if next < error {
                (theta, found, error) = (place, there, next);
                gamma = (gamma / 3.0).max(1e-14);
                break;
            }
            gamma *= 4.0;
        }
        if error > before * (1.0 - 1e-9) {
            break;
        }
    }
    Ok((theta, error))
}
