//! What stands for the solution: a function of x with weights, its derivatives in both.

mod gaussians;
pub mod network;
mod positive;
mod sines;

pub use gaussians::Gaussians;
pub use network::Network;
pub use positive::Positive;
pub use sines::Sines;

use crate::Real;

use super::error::Error;

/// û and its derivatives along one coordinate.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Jet<T> {
    /// û.
    pub value: T,
    /// ∂û.
    pub first: T,
    /// ∂²û.
    pub second: T,
    /// ∂³û.
    pub third: T,
}

/// A function û(θ, x) of a point x with weights θ.
pub trait Ansatz<T: Real> {
    /// Number of weights.
    fn weights(&self) -> usize;

    /// Number of coordinates.
    fn dim(&self) -> usize;

    /// û and its derivatives along each coordinate: `jets` has [`dim`](Self::dim) entries.
    ///
    /// # Errors
    /// [`Error::Length`].
    fn jets(&mut self, theta: &[T], x: &[T], jets: &mut [Jet<T>]) -> Result<(), Error>;

    /// û; ∂û/∂θ is written to `gradient`.
    ///
    /// # Errors
    /// [`Error::Length`].
    fn gradient(&mut self, theta: &[T], x: &[T], gradient: &mut [T]) -> Result<T, Error>;
}
