//! Ansätze that own their memory.

use rayon::prelude::*;
use reparam::Real;
use reparam::dirac_frenkel::Error;
use reparam::dirac_frenkel::ansatz::network::{Embedding, Network, Shape, scratch_len};
use reparam::dirac_frenkel::ansatz::{Ansatz, Gaussians, Jet, Positive, Sines};
use reparam::random::{SplitMix64, gaussian, uniform};

/// One of the core's ansätze.
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
    /// exp(−v) for one of the others.
    Positive(Box<Positive<Self>>),
}

/// Points that one thread takes at a time.
const PORTION: usize = 128;

impl Model {
    /// A network, with the period of each coordinate.
    pub fn network(shape: Shape, periods: Vec<f64>) -> Self {
        Self::Network { shape, periods, scratch: vec![0.0; scratch_len(shape)] }
    }

    /// exp(−v).
    pub fn positive(v: Self) -> Self {
        Self::Positive(Box::new(Positive(v)))
    }

    /// Random weights to start a fit from; `span`: from where to where, for each coordinate.
    pub fn draw(&self, span: &[[f64; 2]], rng: &mut SplitMix64) -> Vec<f64> {
        match self {
            Self::Gaussians(bumps) => {
                let [low, high] = span.first().copied().unwrap_or([0.0, 1.0]);
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
                let channels = width * dim;
                let mut theta = Vec::with_capacity(shape.weights());
                if shape.embedding() == Embedding::Full {
                    theta.resize(channels, 1.0);
                }
                theta.extend((0..channels).map(|_| f64::TAU * uniform::<f64, _>(rng)));
                if shape.embedding() == Embedding::Full {
                    theta.resize(3 * channels, 0.0);
                }
                let spread = 1.0 / (width as f64).sqrt();
                theta.extend((theta.len()..shape.weights()).map(|_| spread * gaussian::<f64, _>(rng)));
                theta
            }
            Self::Positive(density) => density.0.draw(span, rng),
        }
    }

    /// û at a point; `scratch` has as many numbers as there are weights.
    ///
    /// # Errors
    /// [`Error::Length`].
    pub fn value(&mut self, theta: &[f64], x: &[f64], scratch: &mut [f64]) -> Result<f64, Error> {
        if let [_] = x {
            let mut jets = [Jet::default()];
            self.jets(theta, x, &mut jets)?;
            return Ok(jets[0].value);
        }
        // Derivatives along all coordinates cost more.
        self.gradient(theta, x, scratch)
    }

    /// û at many points, one after the other, by all threads.
    ///
    /// # Errors
    /// [`Error::Length`].
    pub fn values(&self, theta: &[f64], points: &[f64]) -> Result<Vec<f64>, Error> {
        let dim = self.dim();
        let portions: Result<Vec<Vec<f64>>, Error> = points
            .par_chunks(PORTION * dim)
            .map(|points| {
                let mut model = self.clone();
                let mut scratch = vec![0.0; theta.len()];
                points.chunks(dim).map(|x| model.value(theta, x, &mut scratch)).collect()
            })
            .collect();
        Ok(portions?.concat())
    }
}

impl Ansatz<f64> for Model {
    fn weights(&self) -> usize {
        match self {
            Self::Gaussians(ansatz) => ansatz.weights(),
            Self::Sines(ansatz) => ansatz.weights(),
            Self::Network { shape, .. } => shape.weights(),
            Self::Positive(density) => density.weights(),
        }
    }

    fn dim(&self) -> usize {
        match self {
            Self::Gaussians(_) | Self::Sines(_) => 1,
            Self::Network { shape, .. } => shape.dim(),
            Self::Positive(density) => density.dim(),
        }
    }

    fn jets(&mut self, theta: &[f64], x: &[f64], jets: &mut [Jet<f64>]) -> Result<(), Error> {
        match self {
            Self::Gaussians(ansatz) => ansatz.jets(theta, x, jets),
            Self::Sines(ansatz) => ansatz.jets(theta, x, jets),
            Self::Network { shape, periods, scratch } => {
                Network::new(*shape, periods, scratch)?.jets(theta, x, jets)
            }
            Self::Positive(density) => density.jets(theta, x, jets),
        }
    }

    fn gradient(&mut self, theta: &[f64], x: &[f64], gradient: &mut [f64]) -> Result<f64, Error> {
        match self {
            Self::Gaussians(ansatz) => ansatz.gradient(theta, x, gradient),
            Self::Sines(ansatz) => ansatz.gradient(theta, x, gradient),
            Self::Network { shape, periods, scratch } => {
                Network::new(*shape, periods, scratch)?.gradient(theta, x, gradient)
            }
            Self::Positive(density) => density.gradient(theta, x, gradient),
        }
    }
}
