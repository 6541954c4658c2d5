//! What is minimised: the core's objectives on data of this machine, and external programs.

use std::collections::BTreeMap;
use std::sync::Mutex;

use clap::ValueEnum;
use nalgebra::{DMatrix, SymmetricEigen};
use reparam::givens::objective::{
    Absolute, Degree, HeterogeneousQuadratic, JointDiagonalization, Kurtosis, Landscape, LogCosh, Objective,
    Procrustes, Projection, Sources, TestFunction, Trace, Varimax, Wahba,
};
use serde::Serialize;

use super::evaluator::{Evaluator, Local};
use super::external::External;
use crate::{Error, Result};

/// A function of frames with a shape, and how to evaluate it.
pub trait Problem: Sync {
    /// Rows of the frame.
    fn rows(&self) -> usize;

    /// Columns of the frame.
    fn cols(&self) -> usize;

    /// Degree of the value in the angle of a plane, if it is a trigonometric polynomial.
    fn degree(&self) -> Option<Degree>;

    /// Whether starts must run one after the other, because the evaluator is busy with all cores already.
    fn is_exclusive(&self) -> bool {
        false
    }

    /// Makes an evaluator and hands it to `body`. `alone`: no other start runs beside this one, so that it may use
    /// all cores.
    fn with_evaluator(
        &self,
        alone: bool,
        body: &mut dyn FnMut(&mut dyn Evaluator) -> Result<()>,
    ) -> Result<()>;

    /// The value in usual terms, by name.
    fn measures(&self, value: f64) -> BTreeMap<String, f64>;
}

/// Ready-made objectives, by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Name {
    /// tr(QᵀAQ) of a symmetric --matrix: the smallest eigenvalues
    Trace,
    /// Principal components: minus the variance of the projections
    Pca,
    /// L1 principal components, robust against outliers: −Σ |xᵀq|
    L1Pca,
    /// −Σ qᵀMq, one symmetric matrix per column: DATA is a d × p × p array
    #[value(alias = "hqf")]
    HeterogeneousQuadratics,
    /// Σ ‖offdiag(QᵀCQ)‖² of symmetric matrices: DATA is an m × p × p array
    #[value(alias = "ojd")]
    JointDiagonalization,
    /// Independent components of whitened data: see --contrast and --sources
    Ica,
    /// Minus the variance of squared loadings: DATA has one row per variable, one column per factor
    Varimax,
    /// ‖AQ − B‖²: A is DATA, B is --target
    Procrustes,
    /// Σ ‖b − Qa‖²: measured vectors b are DATA, reference vectors a are --target
    Wahba,
    /// Test function on orthogonal matrices, optimum 0 at the identity
    Ackley,
    /// Test function on orthogonal matrices, optimum 0 at the identity
    Griewank,
    /// Test function on orthogonal matrices, optimum 0 at the identity
    Rastrigin,
    /// Test function on orthogonal matrices, optimum 0 at the identity
    Rosenbrock,
}

impl Name {
    /// As on the command line.
    pub fn text(self) -> String {
        self.to_possible_value().map_or_else(String::new, |value| value.get_name().to_owned())
    }
}

/// Function whose expectation tells independent components apart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Nonlinearity {
    /// E log cosh u
    #[default]
    LogCosh,
    /// E u⁴
    Kurtosis,
}

/// An objective of the core with its data.
#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub enum Builtin {
    /// `tr(QᵀAQ)` of a symmetric `rows × rows` matrix, or minus that.
    Trace { rows: usize, cols: usize, matrix: Vec<f64>, largest: bool },
    /// Absolute projections of `rows × samples` data.
    L1Pca { rows: usize, cols: usize, data: Vec<f64> },
    /// `cols` matrices of `rows × rows`.
    HeterogeneousQuadratics { rows: usize, cols: usize, matrices: Vec<f64> },
    /// Matrices of `dim × dim`.
    JointDiagonalization { dim: usize, matrices: Vec<f64> },
    /// Whitened `rows × samples` data.
    Ica { rows: usize, cols: usize, data: Vec<f64>, contrast: Nonlinearity, sources: Sources },
    /// Loadings, `dim × variables`.
    Varimax { dim: usize, data: Vec<f64> },
    /// `n × rows` and `n × cols`.
    Procrustes { rows: usize, cols: usize, a: Vec<f64>, b: Vec<f64> },
    /// `n × rows` and `n × cols`.
    Wahba { rows: usize, cols: usize, measured: Vec<f64>, reference: Vec<f64> },
    /// A test function.
    Test { landscape: Landscape, dim: usize },
}

type Anything<'a> = &'a mut (dyn Objective<f64> + Sync);

impl Builtin {
    /// Whether a negated column, and so a reflected frame, has the same value.
    pub fn ignores_signs(&self) -> bool {
        !matches!(self, Self::Procrustes { .. } | Self::Wahba { .. } | Self::Test { .. })
    }

    /// Where the value depends on the frame's span alone, turns the columns to the principal axes in it, the most
    /// important first, the largest entry of each positive.
    pub fn align(&self, frame: &mut [f64]) {
        let Self::Trace { rows, cols, matrix, largest } = self else { return };
        let q = DMatrix::from_row_slice(*rows, *cols, frame);
        let projected = q.tr_mul(&(DMatrix::from_row_slice(*rows, *rows, matrix) * &q));
        let eigen = SymmetricEigen::new((&projected + projected.transpose()) * 0.5);
        let mut order: Vec<usize> = (0..*cols).collect();
        order.sort_by(|&a, &b| eigen.eigenvalues[a].total_cmp(&eigen.eigenvalues[b]));
        if *largest {
            order.reverse();
        }
        let axes = q * eigen.eigenvectors;
        for (column, &axis) in order.iter().enumerate() {
            let axis = axes.column(axis);
            let sign = axis[axis.iamax()].signum();
            frame.iter_mut().skip(column).step_by(*cols).zip(&axis).for_each(|(x, &y)| *x = sign * y);
        }
    }

    /// Its smallest value, where that is known beforehand.
    pub fn optimum(&self) -> Option<f64> {
        matches!(self, Self::Test { .. }).then_some(0.0)
    }

    /// Checks the data by making the objective once.
    pub fn check(&self) -> Result<()> {
        self.with_objective(&mut |_| Ok(()))
    }

    /// Value of a frame, from scratch.
    pub fn value(&self, frame: &[f64]) -> Result<f64> {
        let mut value = f64::NAN;
        self.with_objective(&mut |objective| {
            value = objective.value(frame);
            Ok(())
        })?;
        Ok(value)
    }

    /// Makes the objective with its buffers.
    fn with_objective(&self, body: &mut dyn FnMut(Anything<'_>) -> Result<()>) -> Result<()> {
        let refused =
            |e: reparam::givens::Error| Error::failed(format!("the objective refuses its data: {e}"));
        let buffer = |length: usize| vec![0.0; length];
        match self {
            Self::Trace { rows, cols, matrix, largest } => {
                let mut buffer = buffer(Trace::<f64>::buffer_len(*rows, *cols));
                let make = if *largest { Trace::largest } else { Trace::smallest };
                body(&mut make(*rows, *cols, matrix, &mut buffer).map_err(refused)?)
            }
            Self::L1Pca { rows, cols, data } => {
                let mut buffer = buffer(cols * data.len() / rows.max(&1));
                body(&mut Projection::new(*rows, *cols, data, Absolute, &mut buffer).map_err(refused)?)
            }
            Self::HeterogeneousQuadratics { rows, cols, matrices } => {
                let mut buffer = buffer(HeterogeneousQuadratic::<f64>::buffer_len(*rows, *cols));
                body(&mut HeterogeneousQuadratic::new(*rows, *cols, matrices, &mut buffer).map_err(refused)?)
            }
            Self::JointDiagonalization { dim, matrices } => {
                let count = matrices.len() / (dim * dim).max(1);
                let mut buffer = buffer(JointDiagonalization::<f64>::buffer_len(*dim, count));
                body(&mut JointDiagonalization::new(*dim, matrices, &mut buffer).map_err(refused)?)
            }
            Self::Ica { rows, cols, data, contrast, sources } => {
                let mut buffer = buffer(cols * data.len() / rows.max(&1));
                match contrast {
                    Nonlinearity::LogCosh => {
                        let contrast = LogCosh(*sources);
                        body(
                            &mut Projection::new(*rows, *cols, data, contrast, &mut buffer)
                                .map_err(refused)?,
                        )
                    }
                    Nonlinearity::Kurtosis => {
                        let contrast = Kurtosis(*sources);
                        body(
                            &mut Projection::new(*rows, *cols, data, contrast, &mut buffer)
                                .map_err(refused)?,
                        )
                    }
                }
            }
            Self::Varimax { dim, data } => {
                let mut buffer = buffer(data.len());
                body(&mut Projection::new(*dim, *dim, data, Varimax, &mut buffer).map_err(refused)?)
            }
            Self::Procrustes { rows, cols, a, b } => {
                let mut buffer = buffer(Procrustes::<f64>::buffer_len(*rows, *cols));
                body(&mut Procrustes::new(*rows, *cols, a, b, &mut buffer).map_err(refused)?)
            }
            Self::Wahba { rows, cols, measured, reference } => {
                let mut buffer = buffer(Wahba::<f64>::buffer_len(*rows, *cols));
                let mut objective = Wahba::new(*rows, *cols, &mut buffer).map_err(refused)?;
                for (measured, reference) in measured.chunks_exact(*rows).zip(reference.chunks_exact(*cols)) {
                    objective.add(1.0, measured, reference).map_err(refused)?;
                }
                body(&mut objective)
            }
            Self::Test { landscape, dim } => {
                let mut buffer = buffer(TestFunction::<f64>::buffer_len(*dim));
                body(&mut TestFunction::new(*landscape, *dim, &mut buffer).map_err(refused)?)
            }
        }
    }

    /// Multiply-adds of a candidate, roughly.
    fn candidate_cost(&self) -> usize {
        let length = |data: &[f64], rows: usize| data.len() / rows.max(1);
        match self {
            Self::L1Pca { rows, cols, data } => 6 * cols * length(data, *rows),
            Self::Ica { rows, cols, data, .. } => 30 * cols * length(data, *rows),
            Self::Varimax { data, .. } => 6 * data.len(),
            Self::JointDiagonalization { dim, matrices } => 11 * length(matrices, *dim),
            Self::Test { landscape: Landscape::Rosenbrock, dim } => 2 * dim * dim,
            Self::Test { dim, .. } => 60 * dim,
            _ => 11 * self.cols(),
        }
    }
}

impl Problem for Builtin {
    fn rows(&self) -> usize {
        match *self {
            Self::Trace { rows, .. }
            | Self::L1Pca { rows, .. }
            | Self::HeterogeneousQuadratics { rows, .. }
            | Self::Ica { rows, .. }
            | Self::Procrustes { rows, .. }
            | Self::Wahba { rows, .. } => rows,
            Self::JointDiagonalization { dim, .. } | Self::Varimax { dim, .. } | Self::Test { dim, .. } => {
                dim
            }
        }
    }

    fn cols(&self) -> usize {
        match *self {
            Self::Trace { cols, .. }
            | Self::L1Pca { cols, .. }
            | Self::HeterogeneousQuadratics { cols, .. }
            | Self::Ica { cols, .. }
            | Self::Procrustes { cols, .. }
            | Self::Wahba { cols, .. } => cols,
            Self::JointDiagonalization { dim, .. } | Self::Varimax { dim, .. } | Self::Test { dim, .. } => {
                dim
            }
        }
    }

    fn degree(&self) -> Option<Degree> {
        let mut degree = None;
        // Data that the objective refuses were refused when the problem was made.
        let _ = self.with_objective(&mut |objective| {
            degree = objective.degree();
            Ok(())
        });
        degree
    }

    fn with_evaluator(
        &self,
        alone: bool,
        body: &mut dyn FnMut(&mut dyn Evaluator) -> Result<()>,
    ) -> Result<()> {
        // Below some ten microseconds, handing candidates to other cores costs more than it gains.
        let spread = alone && self.candidate_cost() > 20_000 && rayon::current_num_threads() > 1;
        self.with_objective(&mut |objective| {
            let mut local = if spread { Local::parallel(objective) } else { Local::serial(objective) };
            body(&mut local)
        })
    }

    fn measures(&self, value: f64) -> BTreeMap<String, f64> {
        let one = |name: &str, value: f64| BTreeMap::from([(name.to_owned(), value)]);
        match self {
            Self::Trace { rows, matrix, largest: true, .. } => {
                let total: f64 = matrix.iter().step_by(rows + 1).sum();
                one("share of the variance explained", -value / total)
            }
            Self::L1Pca { rows, cols, data } => {
                let samples = (data.len() / rows.max(&1)) as f64;
                BTreeMap::from([
                    ("mean absolute projection".to_owned(), -value / samples),
                    (
                        "mean absolute projection of ordinary PCA, for comparison".to_owned(),
                        pca_dispersion(*rows, *cols, data) / samples,
                    ),
                ])
            }
            Self::JointDiagonalization { matrices, .. } => {
                let total: f64 = matrices.iter().map(|x| x * x).sum();
                one("share of the squared entries off the diagonal", value / total)
            }
            Self::Procrustes { rows, a, .. } => {
                one("root mean square misfit", (value.max(0.0) / (a.len() / rows.max(&1)) as f64).sqrt())
            }
            Self::Wahba { rows, measured, .. } => one(
                "root mean square misfit",
                (value.max(0.0) / (measured.len() / rows.max(&1)) as f64).sqrt(),
            ),
            _ => BTreeMap::new(),
        }
    }
}

/// Σ |xᵀq| of the directions of largest variance: what the robust directions have to beat. `data` is row-major with
/// one sample a column.
fn pca_dispersion(rows: usize, cols: usize, data: &[f64]) -> f64 {
    let data = DMatrix::from_row_slice(rows, data.len() / rows.max(1), data);
    let eigen = SymmetricEigen::new(&data * data.transpose());
    let mut order: Vec<_> = (0..rows).collect();
    order.sort_by(|&a, &b| eigen.eigenvalues[b].total_cmp(&eigen.eigenvalues[a]));
    let direction = |&k: &usize| (data.tr_mul(&eigen.eigenvectors.column(k))).lp_norm(1);
    order.iter().take(cols).map(direction).sum()
}

/// An external program.
pub struct BlackBox {
    rows: usize,
    cols: usize,
    external: Mutex<External>,
}

impl BlackBox {
    /// With its processes.
    pub fn new(rows: usize, cols: usize, external: External) -> Self {
        Self { rows, cols, external: Mutex::new(external) }
    }
}

impl Problem for BlackBox {
    fn rows(&self) -> usize {
        self.rows
    }

    fn cols(&self) -> usize {
        self.cols
    }

    fn degree(&self) -> Option<Degree> {
        None
    }

    fn is_exclusive(&self) -> bool {
        true
    }

    fn with_evaluator(&self, _: bool, body: &mut dyn FnMut(&mut dyn Evaluator) -> Result<()>) -> Result<()> {
        let mut external = self.external.lock().map_err(|_| Error::failed("the black box is unusable"))?;
        body(&mut *external)
    }

    fn measures(&self, _: f64) -> BTreeMap<String, f64> {
        BTreeMap::new()
    }
}
