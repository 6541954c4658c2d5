//! Gaussians in several coordinates, boxes, and what both are drawn from.

use rand_core::Rng;
use reparam::dense::cholesky;
use reparam::random::{SplitMix64, fill_gaussian, uniform_in};

use crate::{Error, Result};

/// A Gaussian distribution.
#[derive(Clone, Debug, PartialEq)]
pub struct Gaussian {
    mean: Vec<f64>,
    covariance: Vec<f64>,
    /// Upper triangle U with `covariance = UᵀU`.
    factor: Vec<f64>,
    /// Logarithm of the density at the mean.
    peak: f64,
}

impl Gaussian {
    /// With a mean and a covariance matrix, row-major.
    ///
    /// # Errors
    /// If the matrix is not positive definite.
    pub fn new(mean: Vec<f64>, covariance: Vec<f64>) -> Result<Self> {
        let dim = mean.len();
        let mut factor = covariance.clone();
        cholesky::factor(dim, &mut factor)
            .map_err(|e| Error::failed(format!("a covariance matrix of the particles: {e}")))?;
        let log_root: f64 = factor.iter().step_by(dim + 1).map(|u| u.ln()).sum();
        let peak = -0.5 * dim as f64 * std::f64::consts::TAU.ln() - log_root;
        Ok(Self { mean, covariance, factor, peak })
    }

    /// Independent coordinates of one mean and one variance.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn isotropic(dim: usize, mean: f64, variance: f64) -> Result<Self> {
        let covariance = (0..dim * dim).map(|k| if k % (dim + 1) == 0 { variance } else { 0.0 }).collect();
        Self::new(vec![mean; dim], covariance)
    }

    /// The same place, with a covariance `factor` times as large.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn wider(&self, factor: f64) -> Result<Self> {
        Self::new(self.mean.clone(), self.covariance.iter().map(|c| factor * c).collect())
    }

    /// Number of coordinates.
    pub fn dim(&self) -> usize {
        self.mean.len()
    }

    /// Mean.
    pub fn mean(&self) -> &[f64] {
        &self.mean
    }

    /// Covariance matrix, row-major.
    pub fn covariance(&self) -> &[f64] {
        &self.covariance
    }

    /// Draws a point: `mean + Uᵀz`.
    pub fn draw(&self, rng: &mut SplitMix64, x: &mut [f64]) {
        let dim = self.dim();
        let mut z = vec![0.0; dim];
        fill_gaussian(rng, &mut z);
        x.copy_from_slice(&self.mean);
        for (k, (z, row)) in z.iter().zip(self.factor.chunks_exact(dim)).enumerate() {
            x[k..].iter_mut().zip(&row[k..]).for_each(|(x, u)| *x += u * z);
        }
    }

    /// Logarithm of the density.
    pub fn log_density(&self, x: &[f64]) -> f64 {
        let dim = self.dim();
        let mut y: Vec<f64> = x.iter().zip(&self.mean).map(|(x, m)| x - m).collect();
        // Uᵀy = x − mean.
        for (k, row) in self.factor.chunks_exact(dim).enumerate() {
            y[k] /= row[k];
            let known = y[k];
            y[k + 1..].iter_mut().zip(&row[k + 1..]).for_each(|(y, u)| *y -= u * known);
        }
        self.peak - 0.5 * y.iter().map(|y| y * y).sum::<f64>()
    }
}

/// An interval for each coordinate.
#[derive(Clone, Debug, PartialEq)]
pub struct Domain(pub Vec<[f64; 2]>);

impl Domain {
    /// Number of coordinates.
    pub fn dim(&self) -> usize {
        self.0.len()
    }

    /// Logarithm of its volume.
    pub fn log_volume(&self) -> f64 {
        self.0.iter().map(|[low, high]| (high - low).ln()).sum()
    }

    /// Whether a point lies in it.
    pub fn contains(&self, x: &[f64]) -> bool {
        x.iter().zip(&self.0).all(|(x, [low, high])| (*low..*high).contains(x))
    }

    /// Draws a point, uniformly.
    pub fn draw(&self, rng: &mut SplitMix64, x: &mut [f64]) {
        x.iter_mut().zip(&self.0).for_each(|(x, &[low, high])| *x = uniform_in(rng, low, high));
    }

    /// Draws a point of a Gaussian that lies inside. Where hardly any does, one that is moved to the boundary.
    pub fn draw_inside(&self, gaussian: &Gaussian, rng: &mut SplitMix64, x: &mut [f64]) {
        for _ in 0..1000 {
            gaussian.draw(rng, x);
            if self.contains(x) {
                return;
            }
        }
        x.iter_mut().zip(&self.0).for_each(|(x, &[low, high])| *x = x.clamp(low, high));
    }
}

/// The `index`-th of the generators of a seed. Their states are words of a generator: no two are parts of one sequence, as those of seeds
/// at equal distances may be.
pub fn stream(seed: u64, index: u64) -> SplitMix64 {
    let mixed = SplitMix64::new(seed).next_u64() ^ index.wrapping_mul(0xd134_2543_de82_ef95);
    SplitMix64::new(SplitMix64::new(mixed).next_u64())
}
