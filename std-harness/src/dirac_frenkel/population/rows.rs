//! The rows of a step: where the particles are now.

use std::sync::Arc;

use reparam::dirac_frenkel::ansatz::{Ansatz, Jet};
use reparam::dirac_frenkel::{Error as Refused, Problem};
use reparam::random::SplitMix64;

use super::gaussian::{Domain, Gaussian};
use super::moments::{self, Moments};
use super::particles::Particles;
use crate::Result;
use crate::dirac_frenkel::failed;
use crate::dirac_frenkel::model::Model;

/// Points of a round of the search for the particles, at least.
const ROUND: usize = 1000;

/// Where a density exp(−v) is looked at, and how.
#[derive(Clone, Debug)]
pub struct Sampling {
    /// v.
    pub model: Model,
    /// Of what.
    pub particles: Particles,
    /// Box.
    pub domain: Domain,
    /// Wider than the density ever is: where the search for it begins.
    pub first: Gaussian,
    /// Points that are uniform in the box.
    pub uniform: usize,
    /// Points of the Gaussian with the mean and the covariance of the density.
    pub gaussian: usize,
    /// s of [`Density`].
    pub power: f64,
}

impl Sampling {
    /// −v at many points.
    ///
    /// # Errors
    /// For weights of another number.
    pub fn log_density(&self, theta: &[f64], points: &[f64]) -> Result<Vec<f64>> {
        let values = self.model.values(theta, points).map_err(failed)?;
        Ok(values.into_iter().map(|v| -v).collect())
    }

    /// Number of rows.
    pub fn points(&self) -> usize {
        self.uniform + self.gaussian
    }

    /// The Gaussian with the density's mean and covariance, from `count` points a round.
    ///
    /// # Errors
    /// If there is none near.
    pub fn fit(&self, theta: &[f64], count: usize, rng: &mut SplitMix64) -> Result<Gaussian> {
        let density = |points: &[f64]| self.log_density(theta, points);
        moments::fit(&density, &self.domain, Some(&self.first), count, rng)
    }

    /// Its moments, from `count` points.
    ///
    /// # Errors
    /// As [`fit`](Self::fit).
    pub fn moments(&self, theta: &[f64], count: usize, rng: &mut SplitMix64) -> Result<Moments> {
        let around = self.fit(theta, (count / 10).max(100), rng)?;
        moments::moments(&|points| self.log_density(theta, points), &self.domain, &around, count, rng)
    }

    /// Draws the points of a step.
    ///
    /// # Errors
    /// If no Gaussian comes near the density.
    pub fn draw(&self, theta: &[f64], rng: &mut SplitMix64) -> Result<Vec<f64>> {
        let dim = self.domain.dim();
        let mut points = vec![0.0; self.points() * dim];
        let (uniform, others) = points.split_at_mut(self.uniform * dim);
        uniform.chunks_exact_mut(dim).for_each(|x| self.domain.draw(rng, x));
        if self.gaussian > 0 {
            let gaussian = self.fit(theta, self.gaussian.max(ROUND), rng)?;
            others.chunks_exact_mut(dim).for_each(|x| self.domain.draw_inside(&gaussian, rng, x));
        }
        Ok(points)
    }

    /// The rows of a step that begins with these weights.
    ///
    /// # Errors
    /// Those of [`draw`](Self::draw).
    pub fn rows(&self, theta: &[f64], rng: &mut SplitMix64) -> Result<Density> {
        let points = self.draw(theta, rng)?;
        Density::new(self, theta, points)
    }
}

/// Rows of the Fokker–Planck equation for û = exp(−v), each times ûˢ⁻¹: the residual of the density itself for s = 1, of its
/// square root for s = ½, of its logarithm for s = 0.
///
/// `∂û/∂θ = −û ∇v` and `F(û)/û = −∇·b + b·∇v + D Σ ((∂ᵢv)² − ∂ᵢ²v)` with the drift b. ûˢ is that at the begin of the step and a part of
/// its largest value at the points, so that nothing under- or overflows.
#[derive(Clone, Debug)]
pub struct Density {
    model: Model,
    particles: Particles,
    points: Arc<[f64]>,
    scales: Arc<[f64]>,
    jets: Vec<Jet<f64>>,
    drift: Vec<f64>,
}

impl Density {
    /// At points, one after the other; with the weights at the begin of the step.
    ///
    /// # Errors
    /// For weights of another number.
    pub fn new(sampling: &Sampling, theta: &[f64], points: Vec<f64>) -> Result<Self> {
        let dim = sampling.domain.dim();
        let logs = sampling.log_density(theta, &points)?;
        let largest = logs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let scales = logs.iter().map(|log| (sampling.power * (log - largest)).exp()).collect();
        Ok(Self {
            model: sampling.model.clone(),
            particles: sampling.particles,
            points: points.into(),
            scales,
            jets: vec![Jet::default(); dim],
            drift: vec![0.0; dim],
        })
    }
}

impl Problem<f64> for Density {
    fn weights(&self) -> usize {
        self.model.weights()
    }

    fn points(&self) -> usize {
        self.scales.len()
    }

    fn row(
        &mut self,
        theta: &[f64],
        t: f64,
        point: usize,
        row: &mut [f64],
    ) -> std::result::Result<f64, Refused> {
        let dim = self.jets.len();
        let x = self.points.get(point * dim..(point + 1) * dim).ok_or(Refused::Size)?;
        self.model.jets(theta, x, &mut self.jets)?;
        self.model.gradient(theta, x, row)?;
        let mut rate = -self.particles.drift(t, x, &mut self.drift);
        for (v, drift) in self.jets.iter().zip(&self.drift) {
            rate += drift * v.first + self.particles.diffusion * (v.first * v.first - v.second);
        }
        let scale = self.scales[point];
        row.iter_mut().for_each(|g| *g *= -scale);
        Ok(scale * rate)
    }
}
