//! What is solved: rows of least squares, where to look, what the solution should be.

use std::fmt;
use std::ops::Range;

use reparam::dirac_frenkel::{Error as Refused, Problem};

use super::fit::Fitter;
use super::model::Model;
use super::summary::Summary;
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

impl Clone for Box<dyn Rows> {
    fn clone(&self) -> Self {
        self.as_ref().copy()
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

/// Where a run stands at the begin of a step: what collocation points may depend on.
#[derive(Clone, Copy, Debug)]
pub struct Moment<'a> {
    /// All weights.
    pub theta: &'a [f64],
    /// Time.
    pub t: f64,
    /// Steps that are done.
    pub step: u64,
    /// For random numbers of this step: the same in a run that goes on after a break.
    pub seed: u64,
}

/// Makes the rows of a step.
pub type Make = dyn Fn(&Moment<'_>) -> Result<Box<dyn Rows>> + Send + Sync;

enum Source {
    Always(Box<dyn Rows>),
    EachStep(Box<Make>),
}

/// Weights that one least squares problem moves. Its rows see all weights.
pub struct Block {
    /// Which.
    pub weights: Range<usize>,
    points: usize,
    source: Source,
}

impl Block {
    /// The same rows in all steps; as many weights as the range has.
    pub fn new(weights: Range<usize>, rows: impl Rows + 'static) -> Self {
        Self { weights, points: rows.points(), source: Source::Always(Box::new(rows)) }
    }

    /// `points` rows that are made at the begin of each step.
    pub fn each_step(
        weights: Range<usize>,
        points: usize,
        make: impl Fn(&Moment<'_>) -> Result<Box<dyn Rows>> + Send + Sync + 'static,
    ) -> Self {
        Self { weights, points, source: Source::EachStep(Box::new(make)) }
    }

    /// Number of rows.
    pub fn points(&self) -> usize {
        self.points
    }

    /// Whether each step has rows of its own.
    pub fn is_made_each_step(&self) -> bool {
        matches!(self.source, Source::EachStep(_))
    }

    /// The rows of a step.
    ///
    /// # Errors
    /// Those of what makes them.
    pub fn rows(&self, moment: &Moment<'_>) -> Result<Box<dyn Rows>> {
        match &self.source {
            Source::Always(rows) => Ok(rows.copy()),
            Source::EachStep(make) => make(moment),
        }
    }
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
    /// Where: one point after the other, all of its coordinates.
    pub points: Vec<f64>,
    /// Values there.
    pub values: Vec<f64>,
    /// From where to where, for each coordinate.
    pub span: Vec<[f64; 2]>,
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
    /// Names of the coordinates.
    pub coordinates: Vec<&'static str>,
    /// Where fields are looked at: one place after the other, all of its coordinates.
    pub places: Vec<f64>,
    /// The places as an array, the first coordinate last: `[nx]`, `[ny, nx]`.
    pub shape: Vec<usize>,
    /// û of weights.
    pub values: Box<Values>,
    /// What it should be.
    pub exact: Box<Exact>,
    /// What stands behind `exact`, in words.
    pub reference: &'static str,
    /// What the values are, where they are not those of fields on a grid.
    pub summary: Option<Summary>,
    /// Weights at the start.
    pub start: Start,
    /// How they are fitted, if they are.
    pub fit: Fitter,
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

    /// Relative error of values.
    pub fn error(&self, values: &[f64], exact: &[f64]) -> f64 {
        match self.summary.as_ref().and_then(|summary| summary.parts.first()) {
            Some(part) => part.error(values, exact),
            None => relative_error(values, exact),
        }
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
