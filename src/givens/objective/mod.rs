//! Objectives on frames, all as minimised, evaluated incrementally where that pays.
//!
//! Buffers are lent by the caller; the length of each is a `const fn` beside the constructor.

mod closure;

pub use closure::Closure;

use super::{Plane, Rotation};
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
