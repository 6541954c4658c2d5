//! Velocities with hundreds of weights, on faer. The core's rotations need no memory beside a triangle; products of blocks are
//! faster once the triangle leaves the cache.
//!
//! A crate of its own, so that faer's decompositions are compiled once.

mod gram;
mod low_rank;
mod spectrum;
mod stored;

pub use spectrum::Spectrum;
pub use stored::{Solved, Stored};

use reparam::dirac_frenkel::velocity::from_factored;
use reparam::dirac_frenkel::{Error, Flow, Method, Momentum, Problem, Stage};

/// Whether one decomposition may use all cores: when nothing else goes on beside it.
pub fn use_all_cores(all: bool) {
    faer::set_global_parallelism(if all { faer::Par::rayon(0) } else { faer::Par::Seq });
}

/// As [`DiracFrenkel`](reparam::dirac_frenkel::DiracFrenkel), for many weights.
#[derive(Debug)]
pub struct Dense<P> {
    problem: P,
    method: Method<f64>,
    memory: Option<Momentum<f64>>,
    stored: Stored,
    scratch: Vec<f64>,
}

impl<P: Problem<f64>> Dense<P> {
    /// # Errors
    /// [`Error::Size`] for a problem without weights; [`Error::Setting`] for momentum with Tikhonov's method.
    pub fn new(problem: P, method: Method<f64>, memory: Option<Momentum<f64>>) -> Result<Self, Error> {
        method.check(memory)?;
        let scratch = vec![0.0; problem.weights()];
        let stored = Stored::new(problem.weights(), problem.points())?;
        Ok(Self { problem, method, memory, stored, scratch })
    }
}

impl<P: Problem<f64> + Clone + Send + Sync> Flow<f64> for Dense<P> {
    fn weights(&self) -> usize {
        self.problem.weights()
    }

    fn velocity(
        &mut self,
        theta: &[f64],
        t: f64,
        h: Option<f64>,
        momentum: &mut [f64],
        velocity: &mut [f64],
    ) -> Result<Stage<f64>, Error> {
        self.stored.fill(&self.problem, theta, t)?;
        match self.stored.solve(self.method)? {
            Solved::Spectrum(spectrum) => {
                let factored = spectrum.factored()?;
                from_factored(&factored, self.method, self.memory, h, momentum, velocity, &mut self.scratch)
            }
            Solved::Regular { eta, stage } => {
                velocity.copy_from_slice(&eta);
                if let Some(memory) = self.memory {
                    memory.follow(momentum, velocity, h.unwrap_or(1.0))?;
                }
                Ok(stage)
            }
        }
    }
}
