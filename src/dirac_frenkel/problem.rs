//! What is solved: one row and one right-hand side for each collocation point.

use crate::Real;

use super::ansatz::{Ansatz, Jet};
use super::error::{Error, check_length};

/// A differential equation `∂û/∂t = F(û)` at collocation points.
///
/// Several fields are rows of several blocks; a row may stand for any equation that is linear in the velocity of the weights.
pub trait Problem<T: Real> {
    /// Number of weights.
    fn weights(&self) -> usize;

    /// Number of rows: collocation points, times fields.
    fn points(&self) -> usize;

    /// Writes ∂û/∂θ at the point to `row` and returns F(û) there.
    ///
    /// # Errors
    /// What keeps the row from being made; it ends the step.
    fn row(&mut self, theta: &[T], t: T, point: usize, row: &mut [T]) -> Result<T, Error>;
}

/// A scalar equation in `D` coordinates: `F` is a function of û's derivatives along each coordinate, of the point and of time.
///
/// ```
/// use reparam::dirac_frenkel::ansatz::Sines;
/// use reparam::dirac_frenkel::{Equation, Problem};
///
/// // ∂u/∂t = −∂u/∂x.
/// let points = [0.0, 1.0, 2.0, 3.0];
/// let mut advection = Equation::new(Sines::new(1, core::f64::consts::TAU)?, &points, |[u], _: &[f64; 1], _| -u.first)?;
/// let mut row = [0.0; 2];
/// let f = advection.row(&[0.5, 0.0], 0.0, 1, &mut row)?;
/// assert!((f + 0.5f64.sin() * 1f64.cos()).abs() < 1e-15);
/// # Ok::<(), reparam::dirac_frenkel::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Equation<'a, T, A, F, const D: usize> {
    ansatz: A,
    points: &'a [T],
    right_hand_side: F,
}

impl<'a, T: Real, A: Ansatz<T>, F: FnMut([Jet<T>; D], &[T; D], T) -> T, const D: usize>
    Equation<'a, T, A, F, D>
{
    /// `points`: one after the other, `D` coordinates each.
    ///
    /// # Errors
    /// [`Error::Size`] without a point, or if the ansatz has another number of coordinates; [`Error::Length`] if the last point is
    /// not whole.
    pub fn new(ansatz: A, points: &'a [T], right_hand_side: F) -> Result<Self, Error> {
        if D == 0 || points.is_empty() || ansatz.dim() != D {
            return Err(Error::Size);
        }
        let whole = points.len() / D * D;
        check_length(whole, points.len())?;
        Ok(Self { ansatz, points, right_hand_side })
    }

    /// û at a point.
    ///
    /// # Errors
    /// [`Error::Length`].
    pub fn value(&mut self, theta: &[T], x: &[T; D]) -> Result<T, Error> {
        let mut jets = [Jet::default(); D];
        self.ansatz.jets(theta, x, &mut jets)?;
        Ok(jets.first().map_or(T::ZERO, |jet| jet.value))
    }
}

impl<T: Real, A: Ansatz<T>, F: FnMut([Jet<T>; D], &[T; D], T) -> T, const D: usize> Problem<T>
    for Equation<'_, T, A, F, D>
{
    fn weights(&self) -> usize {
        self.ansatz.weights()
    }

    fn points(&self) -> usize {
        self.points.len().checked_div(D).unwrap_or(0)
    }

    fn row(&mut self, theta: &[T], t: T, point: usize, row: &mut [T]) -> Result<T, Error> {
        let points = self.points.get(point.saturating_mul(D)..).unwrap_or_default();
        let x = points.first_chunk::<D>().ok_or(Error::Size)?;
        let mut jets = [Jet::default(); D];
        self.ansatz.jets(theta, x, &mut jets)?;
        self.ansatz.gradient(theta, x, row)?;
        Ok((self.right_hand_side)(jets, x, t))
    }
}
