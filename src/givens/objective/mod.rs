//! Objectives on frames, all as minimised, evaluated incrementally.
//!
//! | objective | as minimised | degree | cost of a candidate, multiply-adds |
//! |---|---|---|---|
//! | [`Trace`] | `±tr(QᵀAQ)`: principal and minor components | 2 | `9·cols` |
//! | [`HeterogeneousQuadratic`] | `−Σ q_cᵀM_c q_c` | 2 | `9·cols` |
//! | [`Procrustes`] | `‖AQ − B‖²` | 2 | `11·cols` |
//! | [`Wahba`] | `Σ w ‖b − Qa‖²`: sensor alignment | 2 | `6·cols` |
//! | [`JointDiagonalization`] | `Σ_k ‖offdiag(QᵀC_kQ)‖²` | 4 | `11·m·dim` |
//! | [`Projection`] of [`Absolute`] | `−Σ ⎸xᵀq⎹`: L1 principal components | | `6·cols·samples` |
//! | [`Projection`] of [`LogCosh`], [`Kurtosis`] | independent components | 4 or none | `6·cols·samples` |
//! | [`Projection`] of [`Varimax`] | minus the variance of squared loadings | 4 | `6·cols·samples` |
//! | [`TestFunction`] | Ackley, Griewank, Rastrigin, Rosenbrock on orthogonal matrices | | `2·dim` cosines |
//! | [`Closure`] | any function | | its own |
//!
//! Buffers are lent by the caller; `buffer_len` of each type says how long.

mod closure;
mod forms;
mod heterogeneous;
mod joint_diagonalization;
mod procrustes;
mod projection;
mod test_functions;
mod trace;
mod wahba;

pub use closure::Closure;
pub use heterogeneous::HeterogeneousQuadratic;
pub use joint_diagonalization::JointDiagonalization;
pub use procrustes::Procrustes;
pub use projection::{Absolute, Contrast, Kurtosis, LogCosh, Projection, Sources, Varimax};
pub use test_functions::{Landscape, TestFunction};
pub use trace::Trace;
pub use wahba::Wahba;

use super::{Error, Plane, Rotation};
use crate::Real;

/// A function of a frame, to be minimised.
///
/// A search evaluates many frames that differ from one frame by a single rotation. An implementation may keep
/// what it computed for that frame, so that [`rotated`](Self::rotated) costs less than
/// [`value`](Self::value). `rotated` takes `&self`: candidates may be evaluated in parallel, each thread with
/// its own scratch.
///
/// Frames are row-major slices of `rows·cols` numbers.
pub trait Objective<T: Real> {
    /// Rows of the frame.
    fn rows(&self) -> usize;

    /// Columns of the frame.
    fn cols(&self) -> usize;

    /// Numbers of scratch that [`rotated`](Self::rotated) needs.
    fn scratch_len(&self) -> usize {
        0
    }

    /// Degree of the value as a trigonometric polynomial in the angle of any one plane, if it is one.
    fn degree(&self) -> Option<Degree> {
        None
    }

    /// Value at `frame`, from scratch. The calls that follow refer to this frame.
    fn value(&mut self, frame: &[T]) -> T;

    /// Value that `frame` would have after this rotation.
    fn rotated(&self, frame: &[T], plane: Plane, rotation: Rotation<T>, scratch: &mut [T]) -> T;

    /// `frame`, still as it was, is about to be rotated so: brings up to date what is kept about it.
    fn accept(&mut self, frame: &[T], plane: Plane, rotation: Rotation<T>);
}

/// Degree of a trigonometric polynomial `a₀ + Σ_k a_k cos kθ + b_k sin kθ`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Degree {
    /// Of a function that is quadratic in the frame: five values determine it.
    Two,
    /// Of a function that is quartic in the frame: nine values determine it.
    Four,
}

impl Degree {
    /// The degree as a number.
    pub const fn get(self) -> usize {
        match self {
            Self::Two => 2,
            Self::Four => 4,
        }
    }
}

/// Row `index` of a row-major matrix; empty beyond its end.
#[inline(always)]
fn row<T>(matrix: &[T], index: usize, cols: usize) -> &[T] {
    let begin = index.wrapping_mul(cols);
    matrix.get(begin..begin.wrapping_add(cols)).unwrap_or(&[])
}

fn check_finite<T: Real>(numbers: &[T]) -> Result<(), Error> {
    if numbers.iter().all(|x| x.is_finite()) { Ok(()) } else { Err(Error::NotFinite) }
}

/// The incremental formulas read rows for columns. Rounding of a product `AᵀA` is no asymmetry.
fn check_symmetric<T: Real>(dim: usize, matrix: &[T]) -> Result<(), Error> {
    check_finite(matrix)?;
    let largest = matrix.iter().fold(T::ZERO, |largest, x| largest.max(x.abs()));
    let tolerance = largest * T::EPSILON * T::from_usize(dim.saturating_mul(16));
    for (r, below) in matrix.chunks_exact(dim.max(1)).enumerate() {
        let right = matrix.iter().skip(r).step_by(dim.max(1));
        if let Some(col) = below.iter().zip(right).take(r).position(|(&x, &y)| (x - y).abs() > tolerance) {
            return Err(Error::NotSymmetric { row: r, col });
        }
    }
    Ok(())
}
