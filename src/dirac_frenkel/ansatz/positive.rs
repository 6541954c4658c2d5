//! Densities: the exponential of another ansatz.

use crate::Real;

use super::{Ansatz, Jet};
use crate::dirac_frenkel::error::Error;

/// û = exp(−v) for an ansatz v: positive everywhere, and moderate numbers in v where û is tiny.
///
/// The form in which Raviola and Peherstorfer (arXiv 2605.00284) represent the density
/// of their five-dimensional Fokker–Planck example. Cost beside v: an exponential, one multiplication a weight, seven a
/// coordinate.
///
/// ```
/// use reparam::dirac_frenkel::ansatz::{Ansatz, Gaussians, Positive};
///
/// let mut density = Positive(Gaussians::line(1)?);
/// let mut gradient = [0.0f64; 3];
/// let value = density.gradient(&[2.0, 1.0, 0.0], &[0.0], &mut gradient)?;
/// assert!((value - (-2.0f64).exp()).abs() < 1e-16);
/// assert!((gradient[0] + value).abs() < 1e-16);
/// # Ok::<(), reparam::dirac_frenkel::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Positive<A>(
    /// v.
    pub A,
);

impl<T: Real, A: Ansatz<T>> Ansatz<T> for Positive<A> {
    fn weights(&self) -> usize {
        self.0.weights()
    }

    fn dim(&self) -> usize {
        self.0.dim()
    }

    fn jets(&mut self, theta: &[T], x: &[T], jets: &mut [Jet<T>]) -> Result<(), Error> {
        self.0.jets(theta, x, jets)?;
        for jet in jets {
            let value = (-jet.value).exp();
            let (v1, v2, v3) = (jet.first, jet.second, jet.third);
            *jet = Jet {
                value,
                first: -v1 * value,
                second: (v1 * v1 - v2) * value,
                third: (v1 * (T::from_f32(3.0) * v2 - v1 * v1) - v3) * value,
            };
        }
        Ok(())
    }

    fn gradient(&mut self, theta: &[T], x: &[T], gradient: &mut [T]) -> Result<T, Error> {
        let value = (-self.0.gradient(theta, x, gradient)?).exp();
        gradient.iter_mut().for_each(|g| *g *= -value);
        Ok(value)
    }
}
