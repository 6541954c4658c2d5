//! Ansätze that own their memory.

use reparam::Real;
use reparam::dirac_frenkel::Error;
use reparam::dirac_frenkel::ansatz::network::{Network, Shape, scratch_len};
use reparam::dirac_frenkel::ansatz::{Ansatz, Gaussians, Jet, Sines};
use reparam::random::{SplitMix64, gaussian, uniform};

/// One of the core's ansätze in one coordinate.
#[derive(Clone, Debug)]
pub enum Model {
    /// Bumps.
    Gaussians(Gaussians<f64>),
    /// Sines of the weights as amplitudes.
    Sines(Sines<f64>),
    /// A network with a periodic embedding.
    Network {
        /// Sizes.
        shape: Shape,
        /// Of each coordinate.
        periods: Vec<f64>,
        /// The core's scratch.
        scratch: Vec<f64>,
    },
}

impl Model {
    /// A network.
    pub fn network(shape: Shape, period: f64) -> Self {
        Self::Network { shape, periods: vec![period], scratch: vec![0.0; scratch_len(shape)] }
    }

    /// Random weights to start a fit on [`low`, `high`) from.
    pub fn draw(&self, low: f64, high: f64, rng: &mut SplitMix64) -> Vec<f64> {
        match self {
            Self::Gaussians(bumps) => {
                let count = bumps.count();
                // Shapes about as wide as the distance between the centres: w stands for πw/P on the line.
                let shape = count as f64 / std::f64::consts::PI;
                let mut theta: Vec<f64> = (0..count).map(|_| 0.1 * gaussian::<f64, _>(rng)).collect();
                theta.extend((0..count).map(|_| shape * (0.75 + 0.5 * uniform::<f64, _>(rng))));
                let place = |k: usize, u: f64| low + (high - low) * (k as f64 + u) / count as f64;
                theta.extend((0..count).map(|k| place(k, uniform::<f64, _>(rng))));
                theta
            }
            Self::Sines(sines) => (0..2 * sines.count()).map(|_| gaussian::<f64, _>(rng)).collect(),
            Self::Network { shape, .. } => {
                let (dim, width) = (shape.dim(), shape.width());
                let mut theta: Vec<f64> =
                    (0..width * dim).map(|_| f64::TAU * uniform::<f64, _>(rng)).collect();
                let spread = 1.0 / (width as f64).sqrt();
                theta.extend((theta.len()..shape.weights()).map(|_| spread * gaussian::<f64, _>(rng)));
                theta
            }
        }
    }

    /// û.
    ///
    /// # Errors
    /// [`Error::Length`].
    pub fn value(&mut self, theta: &[f64], x: f64) -> Result<f64, Error> {
        let mut jets = [Jet::default()];
        self.jets(theta, &[x], &mut jets)?;
        Ok(jets[0].value)
    }
}

impl Ansatz<f64> for Model {
    fn weights(&self) -> usize {
        match self {
            Self::Gaussians(ansatz) => ansatz.weights(),
            Self::Sines(ansatz) => ansatz.weights(),
            Self::Network { shape, .. } => shape.weights(),
        }
    }

    fn dim(&self) -> usize {
        1
    }

    fn jets(&mut self, theta: &[f64], x: &[f64], jets: &mut [Jet<f64>]) -> Result<(), Error> {
        match self {
            Self::Gaussians(ansatz) => ansatz.jets(theta, x, jets),
            Self::Sines(ansatz) => ansatz.jets(theta, x, jets),
            Self::Network { shape, periods, scratch } => {
                Network::new(*shape, periods, scratch)?.jets(theta, x, jets)
            }
        }
    }

    fn gradient(&mut self, theta: &[f64], x: &[f64], gradient: &mut [f64]) -> Result<f64, Error> {
        match self {
            Self::Gaussians(ansatz) => ansatz.gradient(theta, x, gradient),
            Self::Sines(ansatz) => ansatz.gradient(theta, x, gradient),
            Self::Network { shape, periods, scratch } => {
                Network::new(*shape, periods, scratch)?.gradient(theta, x, gradient)
            }
        }
    }
}
