//! Particles in a trap that attract or repel each other.

use std::f64::consts::PI;

/// What pulls a particle that is alone.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Trap {
    /// `(a(t) − x)³` with `a = 1.25(sin πt + 1.5)`.
    Swinging,
    /// `rate·(place − x)`: the law of all particles is Gaussian.
    Linear {
        /// How fast.
        rate: f64,
        /// Where to.
        place: f64,
    },
}

impl Trap {
    /// Pull on a particle at `x`, and its derivative in x.
    fn pull(self, t: f64, x: f64) -> [f64; 2] {
        match self {
            Self::Swinging => {
                let d = 1.25 * ((PI * t).sin() + 1.5) - x;
                [d * d * d, -3.0 * d * d]
            }
            Self::Linear { rate, place } => [rate * (place - x), -rate],
        }
    }
}

/// `dXᵢ = (pull(t, Xᵢ) + α(X̄ − Xᵢ))dt + √(2D) dWᵢ` with X̄ the mean of all particles: Raviola and Peherstorfer, arXiv 2605.00284.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Particles {
    /// How many.
    pub count: usize,
    /// What pulls each.
    pub trap: Trap,
    /// α: above 0 they attract each other.
    pub coupling: f64,
    /// D.
    pub diffusion: f64,
}

impl Particles {
    /// Drift at `x` to `drift`; returns its divergence.
    pub fn drift(&self, t: f64, x: &[f64], drift: &mut [f64]) -> f64 {
        let count = x.len() as f64;
        let mean = x.iter().sum::<f64>() / count;
        let mut divergence = self.coupling * (1.0 - count);
        for (&x, drift) in x.iter().zip(drift) {
            let [pull, slope] = self.trap.pull(t, x);
            *drift = pull + self.coupling * (mean - x);
            divergence += slope;
        }
        divergence
    }
}
