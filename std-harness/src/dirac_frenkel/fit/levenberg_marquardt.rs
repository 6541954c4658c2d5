//! Levenberg and Marquardt's method.

use reparam::dirac_frenkel::Ansatz;
use reparam_dense::Stored;

use super::{ENOUGH, interrupted};
use crate::dirac_frenkel::case::{Target, relative_error};
use crate::dirac_frenkel::failed;
use crate::report::progress::Progress;
use crate::{Result, interrupt};

/// From given weights, until nothing gets better.
///
/// Cost of an iteration: a decomposition with all points, values at all points up to twelve times.
///
/// # Errors
/// If it is interrupted.
pub(super) fn improve(
    target: &Target,
    iterations: usize,
    mut theta: Vec<f64>,
    progress: &Progress,
) -> Result<(Vec<f64>, f64)> {
    let (n, dim) = (target.model.weights(), target.model.dim());
    let mut stored = Stored::new(n, target.values.len()).map_err(failed)?;
    let values = |theta: &[f64]| target.model.values(theta, &target.points).map_err(failed);
    let mut found = values(&theta)?;
    let mut error = relative_error(&found, &target.values);
    let mut gamma = 1e-2;
    let mut step = vec![0.0; n];
    for _ in 0..iterations {
        if interrupt::asked() {
            return Err(interrupted());
        }
        progress.add(1);
        if error.is_nan() || error < ENOUGH {
            break;
        }
        let made = stored.fill_with(
            || target.model.clone(),
            |model, k, row| {
                model.gradient(&theta, &target.points[k * dim..(k + 1) * dim], row)?;
                Ok(target.values[k] - found[k])
            },
        );
        let Ok(spectrum) = made.and_then(|()| stored.spectrum()) else { break };
        let factored = spectrum.factored().map_err(failed)?;
        let before = error;
        for _ in 0..12 {
            if factored.tikhonov(gamma, &mut step).is_err() {
                gamma *= 4.0;
                continue;
            }
            let place: Vec<f64> = theta.iter().zip(&step).map(|(theta, step)| theta + step).collect();
            let there = values(&place)?;
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
