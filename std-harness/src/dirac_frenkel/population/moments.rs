//! Mean and covariance of a density that is known up to a factor, by importance sampling.

use rayon::prelude::*;
use reparam::random::{SplitMix64, uniform};

use super::gaussian::{Domain, Gaussian};
use crate::{Error, Result};

/// Mean and covariance with standard errors.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Moments {
    /// Mean.
    pub mean: Vec<f64>,
    /// Covariance matrix, row-major.
    pub covariance: Vec<f64>,
    /// Standard errors of the mean.
    pub mean_error: Vec<f64>,
    /// Standard errors of the covariance.
    pub covariance_error: Vec<f64>,
    /// Effective number of points: that many independent ones would be as good.
    pub effective: f64,
    /// Logarithm of the integral of the density; 0 where it is normalized.
    pub log_mass: f64,
}

/// Logarithm of a density at many points, one after the other.
pub type LogDensity<'a> = dyn Fn(&[f64]) -> Result<Vec<f64>> + 'a;

/// Part of the points of [`moments`] that are uniform.
const UNIFORM: f64 = 0.1;
/// How much wider than the Gaussian the others are, in covariance.
const WIDER: f64 = 1.5;
/// Rounds of [`fit`] at most.
const ROUNDS: usize = 60;

/// Weights of points that add up to 1.
struct Weighted {
    weights: Vec<f64>,
    effective: f64,
    /// Logarithm of the mean of the weights before.
    log_mean: f64,
}

fn weighted(logs: &[f64]) -> Weighted {
    let largest = logs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let mut weights: Vec<f64> = logs.iter().map(|log| (log - largest).exp()).collect();
    let sum: f64 = weights.iter().sum();
    weights.iter_mut().for_each(|w| *w /= sum);
    let effective = weights.iter().map(|w| w * w).sum::<f64>().recip();
    Weighted { weights, effective, log_mean: largest + (sum / logs.len() as f64).ln() }
}

fn mean_and_covariance(points: &[f64], weights: &[f64], dim: usize) -> (Vec<f64>, Vec<f64>) {
    let mut mean = vec![0.0; dim];
    for (x, w) in points.chunks_exact(dim).zip(weights) {
        mean.iter_mut().zip(x).for_each(|(mean, x)| *mean += w * x);
    }
    let mut covariance = vec![0.0; dim * dim];
    for (x, w) in points.chunks_exact(dim).zip(weights) {
        for i in 0..dim {
            for j in 0..dim {
                covariance[i * dim + j] += w * (x[i] - mean[i]) * (x[j] - mean[j]);
            }
        }
    }
    (mean, covariance)
}

/// The Gaussian with the mean and the covariance of a density in a box, from `count` points a round.
///
/// Starts from `first`, q, which has to be wider, or from the whole box, q = 1, and sharpens: with points of the Gaussian that fits `q¹⁻ᵝuᵝ`
/// the next β is the largest for which a quarter of them still counts, until β = 1 (Del Moral, Doucet and Jasra, *Sequential Monte Carlo samplers*,
/// 2006). A last round has points of the Gaussian that fits u itself. Depends on nothing but the arguments.
///
/// Cost: about a round for each power of four by which the first points fill more space than the density.
///
/// # Errors
/// If no Gaussian comes near the density; those of `density`.
pub fn fit(
    density: &LogDensity<'_>,
    domain: &Domain,
    first: Option<&Gaussian>,
    count: usize,
    rng: &mut SplitMix64,
) -> Result<Gaussian> {
    let dim = domain.dim();
    let mut found: Option<Gaussian> = first.cloned();
    let mut beta = 0.0;
    for _ in 0..ROUNDS {
        let mut points = vec![0.0; count * dim];
        for x in points.chunks_exact_mut(dim) {
            match &found {
                None => domain.draw(rng, x),
                Some(gaussian) => domain.draw_inside(gaussian, rng, x),
            }
        }
        let values = density(&points)?;
        if values.iter().any(|x| x.is_nan()) {
            break;
        }
        let logs_of = |gaussian: Option<&Gaussian>| -> Vec<f64> {
            points
                .chunks_exact(dim)
                .map(|x| gaussian.map_or(0.0, |gaussian| gaussian.log_density(x)))
                .collect()
        };
        let (from, proposed) = (logs_of(first), logs_of(found.as_ref()));
        let at = |beta: f64| {
            let all = from.iter().zip(&values).zip(&proposed);
            weighted(&all.map(|((q, u), p)| (1.0 - beta) * q + beta * u - p).collect::<Vec<_>>())
        };
        let last = beta == 1.0;
        let enough = |weighted: &Weighted| weighted.effective >= 0.25 * count as f64;
        let mut now = at(1.0);
        if !last && !enough(&now) {
            let (mut low, mut high) = (beta, 1.0);
            for _ in 0..30 {
                let middle = 0.5 * (low + high);
                if enough(&at(middle)) { low = middle } else { high = middle }
            }
            // A density that is far from a Gaussian has few points that count even at the same β.
            beta = low.max(1.5 * beta).min(1.0);
            now = at(beta);
        } else {
            beta = 1.0;
        }
        if now.effective.is_nan() || now.effective <= 2.0 * dim as f64 {
            break;
        }
        let (mean, covariance) = mean_and_covariance(&points, &now.weights, dim);
        found = Some(Gaussian::new(mean, covariance)?);
        if last {
            return found.ok_or_else(|| Error::failed("no round"));
        }
    }
    Err(Error::failed("no Gaussian comes near the density: it is not one bump inside the box"))
}

/// Moments of a density in a box, from `count` points around a Gaussian that was [`fit`]ted to it, self-normalized.
///
/// Nine of ten points are from a Gaussian half as wide again in covariance, the tenth is uniform: no weight is larger than ten times that of a
/// uniform point, and mass far from the bump is seen as a fall of the effective number.
///
/// # Errors
/// Those of `density`; if it is not finite anywhere.
pub fn moments(
    density: &LogDensity<'_>,
    domain: &Domain,
    around: &Gaussian,
    count: usize,
    rng: &mut SplitMix64,
) -> Result<Moments> {
    let dim = domain.dim();
    let wide = around.wider(WIDER)?;
    let mut points = vec![0.0; count * dim];
    for x in points.chunks_exact_mut(dim) {
        if uniform::<f64, _>(rng) < UNIFORM { domain.draw(rng, x) } else { wide.draw(rng, x) }
    }
    // Outside of the box there is nothing to count; what was drawn is.
    let inside: Vec<f64> =
        points.chunks_exact(dim).filter(|x| domain.contains(x)).flatten().copied().collect();
    let values = density(&inside)?;
    let flat = UNIFORM.ln() - domain.log_volume();
    let logs: Vec<f64> = values
        .par_iter()
        .zip(inside.par_chunks_exact(dim))
        .map(|(u, x)| {
            let bump = (1.0 - UNIFORM).ln() + wide.log_density(x);
            let larger = bump.max(flat);
            u - larger - ((bump - larger).exp() + (flat - larger).exp()).ln()
        })
        .collect();
    let Weighted { weights, effective, log_mean } = weighted(&logs);
    if !effective.is_finite() {
        return Err(Error::failed("the density is not finite"));
    }
    let (mean, covariance) = mean_and_covariance(&inside, &weights, dim);
    let (mut mean_error, mut covariance_error) = (vec![0.0; dim], vec![0.0; dim * dim]);
    for (x, w) in inside.chunks_exact(dim).zip(&weights) {
        for i in 0..dim {
            mean_error[i] += (w * (x[i] - mean[i])).powi(2);
            for j in 0..dim {
                let product = (x[i] - mean[i]) * (x[j] - mean[j]);
                covariance_error[i * dim + j] += (w * (product - covariance[i * dim + j])).powi(2);
            }
        }
    }
    mean_error.iter_mut().chain(&mut covariance_error).for_each(|square| *square = square.sqrt());
    let log_mass = log_mean + (weights.len() as f64 / count as f64).ln();
    Ok(Moments { mean, covariance, mean_error, covariance_error, effective, log_mass })
}
