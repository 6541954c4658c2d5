//! What is solved: rows of least squares, where to look, what the solution should be.

use std::fmt;
use std::ops::Range;

use reparam::dirac_frenkel::{Error as Refused, Problem};

use super::model::Model;
use crate::Result;

/// A [`Problem`] of the core that runs side by side can copy. Every problem that is `Clone`, `Send`, `Sync` and owns what it
/// needs is one.
pub trait Rows: Problem<f64> + Send + Sync {
    /// A copy.
    fn copy(&self) -> Box<dyn Rows>;
}

impl<P: Problem<f64> + Clone + Send + Sync + 'static> Rows for P {
    fn copy(&self) -> Box<dyn Rows> {
        Box::new(self.clone())
    }
}

impl Problem<f64> for Box<dyn Rows> {
    fn weights(&self) -> usize {
        self.as_ref().weights()
    }

    fn points(&self) -> usize {
        self.as_ref().points()
    }

    fn row(
        &mut self,
        theta: &[f64],
        t: f64,
        point: usize,
        row: &mut [f64],
    ) -> std::result::Result<f64, Refused> {
        self.as_mut().row(theta, t, point, row)
    }
}

/// Weights that one least squares problem moves. Its rows see all weights.
pub struct Block {
    /// Which.
    pub weights: Range<usize>,
    /// Its rows; as many weights as the range has.
    pub rows: Box<dyn Rows>,
}

/// How steps are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Integrator {
    /// Euler's method
    Euler,
    /// Runge-Kutta of order 4
    Rk4,
}

/// How much of the mean of past velocities stays.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Retention {
    /// As a part, β.
    Beta(f64),
    /// As a time, τ.
    Tau(f64),
}

/// Settings that a problem is solved with unless the user has others.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize)]
pub struct Settings {
    /// Step in time.
    pub step: f64,
    /// Until when.
    pub time: f64,
    /// Method.
    pub integrator: Integrator,
    /// Singular values below this part of the largest are dropped.
    pub relative: f64,
    /// And those below this.
    pub absolute: f64,
    /// Memory of momentum.
    pub retention: Retention,
    /// Strength of momentum.
    pub lambda: f64,
}

/// Weights at the start.
pub enum Start {
    /// These.
    Known(Vec<f64>),
    /// Fits, one for each field: the fields' weights follow one another.
    Fit(Vec<Target>),
}

/// A function to fit.
pub struct Target {
    /// By what.
    pub model: Model,
    /// Where.
    pub points: Vec<f64>,
    /// Values there.
    pub values: Vec<f64>,
    /// Period of x: from where to where.
    pub span: [f64; 2],
}

/// Values of all fields at all places, one field after the other.
pub type Values = dyn Fn(&[f64]) -> Result<Vec<f64>> + Send + Sync;

/// Values at times, ascending.
pub type Exact = dyn Fn(&[f64]) -> Result<Vec<Vec<f64>>> + Send + Sync;

/// An equation with everything that belongs to it.
pub struct Case {
    /// Its name on the command line.
    pub name: String,
    /// What moves.
    pub blocks: Vec<Block>,
    /// Names of the fields.
    pub fields: Vec<&'static str>,
    /// Where fields are looked at.
    pub places: Vec<f64>,
    /// û of weights.
    pub values: Box<Values>,
    /// What it should be.
    pub exact: Box<Exact>,
    /// What stands behind `exact`, in words.
    pub reference: &'static str,
    /// Weights at the start.
    pub start: Start,
    /// Velocity of the weights at the start, where one is known: momentum may start at it.
    pub known_velocity: Option<Vec<f64>>,
    /// How it is solved.
    pub settings: Settings,
}

impl Case {
    /// Number of weights.
    pub fn weights(&self) -> usize {
        self.blocks.iter().map(|block| block.weights.len()).sum()
    }
}

impl fmt::Debug for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Case")
            .field("name", &self.name)
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}

/// ‖u − exact‖ / ‖exact‖.
pub fn relative_error(u: &[f64], exact: &[f64]) -> f64 {
    let (error, size) = u
        .iter()
        .zip(exact)
        .fold((0.0, 0.0), |(error, size), (u, exact)| (error + (u - exact).powi(2), size + exact * exact));
    (error / size).sqrt()
}
