//! Explicit and implicit values on the heap, from the same start.

use clap::ValueEnum;
use rand_core::Rng;
use reparam::Real;
use reparam::implicit::process::{Method as Solver, Process, Work};
use reparam::implicit::train::{explicit_step, implicit_step};
use reparam::implicit::{Error as Refused, Feature, Stop};
use reparam::random::{gaussian, uniform};
use serde::Serialize;

use super::failed;
use crate::Result;

/// What is learned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Method {
    /// The values themselves
    Explicit,
    /// Logits and rewards of a process that has them
    Implicit,
}

impl Method {
    /// Its name on the command line.
    pub fn name(self) -> String {
        self.to_possible_value().map_or_else(String::new, |value| value.get_name().to_owned())
    }
}

/// Logits and rewards, and room to work.
#[derive(Clone, Debug)]
pub struct Model<T> {
    process: Process<T>,
    logits: Vec<T>,
    rewards: Vec<T>,
    transitions: Vec<T>,
    factors: Vec<T>,
    pivots: Vec<usize>,
    taken: Vec<usize>,
    /// w, n; adjoint, n; 2n spare.
    numbers: Vec<T>,
}

impl<T: Real> Model<T> {
    /// Of n values, one pseudo-action; everything allocated.
    pub fn new(logits: Vec<T>, rewards: Vec<T>, eta: T) -> Result<Self> {
        let n = rewards.len();
        let process = Process::new(n, 1, eta, Solver::Factors).map_err(failed)?;
        let (transitions, factors) = (vec![T::ZERO; 2 * n * n], vec![T::ZERO; n * n]);
        let (pivots, taken, numbers) = (vec![0; n], vec![0; n], vec![T::ZERO; 4 * n]);
        Ok(Self { process, logits, rewards, transitions, factors, pivots, taken, numbers })
    }

    /// R.
    pub fn rewards(&self) -> &[T] {
        &self.rewards
    }

    /// A, row by row.
    pub fn logits(&self) -> &[T] {
        &self.logits
    }

    fn with<O>(&mut self, run: impl FnOnce(&Process<T>, &mut [T], &mut [T], &mut Work<'_, T>) -> O) -> O {
        let n = self.rewards.len();
        let (values, rest) = self.numbers.split_at_mut(n);
        let (adjoint, spare) = rest.split_at_mut(n);
        let mut work = Work {
            transitions: &mut self.transitions,
            factors: &mut self.factors,
            pivots: &mut self.pivots,
            taken: &mut self.taken,
            values,
            adjoint,
            spare,
        };
        run(&self.process, &mut self.logits, &mut self.rewards, &mut work)
    }

    /// w.
    pub fn values(&mut self) -> std::result::Result<&[T], Refused> {
        self.with(|process, logits, rewards, work| process.values(logits, rewards, work))?;
        Ok(&self.numbers[..self.rewards.len()])
    }

    /// P, row by row.
    pub fn transitions(&mut self) -> std::result::Result<&[T], Refused> {
        self.values()?;
        Ok(&self.transitions[self.logits.len()..])
    }
    /// One step on a batch; the loss before.
    pub fn step<F: Feature<T>>(
        &mut self,
        batch: impl IntoIterator<Item = (F, T)>,
        rate: T,
    ) -> std::result::Result<T, Refused> {
        self.with(|process, logits, rewards, work| {
            implicit_step(process, logits, rewards, work, batch, rate, Stop::default())
        })
    }
}

impl Model<f64> {
    /// As published: logits ln(d + 2·1{i = j}) with d uniform on the simplex, less the largest of the row; rewards 0.1·N(0, 1).
    pub fn random(n: usize, eta: f64, rng: &mut impl Rng) -> Result<Self> {
        let mut logits = vec![0.0; n * n];
        for (i, row) in logits.chunks_exact_mut(n).enumerate() {
            row.iter_mut().for_each(|d| *d = -(1.0 - uniform::<f64, _>(rng)).ln());
            let sum: f64 = row.iter().sum();
            for (j, d) in row.iter_mut().enumerate() {
                *d = (*d / sum + if i == j { 2.0 } else { 0.0 }).ln();
            }
            let largest = row.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            row.iter_mut().for_each(|d| *d -= largest);
        }
        let rewards = (0..n).map(|_| 0.1 * gaussian::<f64, _>(rng)).collect();
        Self::new(logits, rewards, eta)
    }

    /// The published start without chance: d = 1/n, no rewards.
    pub fn near_identity(n: usize, eta: f64) -> Result<Self> {
        let part = 1.0 / n as f64;
        let off = (part / (2.0 + part)).ln();
        let logits = (0..n * n).map(|k| if k % (n + 1) == 0 { 0.0 } else { off }).collect();
        Self::new(logits, vec![0.0; n], eta)
    }
}

/// Values that are learned in one of two ways.
#[derive(Clone, Debug)]
pub enum Estimator {
    /// w, and scratch.
    Explicit(Vec<f64>, Vec<f64>),
    /// A and R.
    Implicit(Model<f64>),
}

impl Estimator {
    /// Both methods begin with the values of the model.
    pub fn new(method: Method, mut model: Model<f64>) -> Result<Self> {
        match method {
            Method::Explicit => {
                let w = model.values().map_err(failed)?.to_vec();
                Ok(Self::Explicit(w.clone(), w))
            }
            Method::Implicit => Ok(Self::Implicit(model)),
        }
    }

    /// w.
    pub fn values(&mut self) -> std::result::Result<&[f64], Refused> {
        match self {
            Self::Explicit(w, _) => Ok(w),
            Self::Implicit(model) => model.values(),
        }
    }

    /// One step on a batch; the loss before.
    pub fn step<F: Feature<f64>>(
        &mut self,
        batch: impl IntoIterator<Item = (F, f64)>,
        rate: f64,
    ) -> std::result::Result<f64, Refused> {
        match self {
            Self::Explicit(w, scratch) => explicit_step(w, batch, rate, scratch, Stop::default()),
            Self::Implicit(model) => model.step(batch, rate),
        }
    }
}
