//! Least squares whose rows come one by one: R by Givens rotations, then singular values by one-sided Jacobi.
//!
//! The matrix J of the derivatives is never stored, only the triangle R of J = Q R and Qᵀf. Rotating the *rows* of R until all are
//! orthogonal makes them σᵢvᵢᵀ in place, and the same rotations make Qᵀf the numbers uᵢᵀf: what a velocity of least norm needs
//! are neither U nor V, so that `n² + n + 1` numbers are enough.

use crate::Real;
use crate::dense::{Error as Refused, add_scaled, check_finite, dot, svd};

use super::error::{Error, check_length};
use super::problem::Problem;
use super::rows;

/// Singular values up to this part of their root sum of squares, in units of ε, are rounding: never kept.
const NOISE: f32 = 8.0;

/// Which singular values count.
///
/// σ is kept if `σ ≥ max(absolute, relative·σ₁)`, unless it is rounding.
///
/// ```
/// use reparam::dirac_frenkel::Truncation;
///
/// assert!(Truncation::new(1e-3, 0.0).is_ok());
/// assert!(Truncation::new(-1.0, 0.0).is_err());
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Truncation<T> {
    relative: T,
    absolute: T,
}

impl<T: Real> Truncation<T> {
    /// # Errors
    /// [`Error::Setting`] for a bound that is negative or not finite.
    pub fn new(relative: T, absolute: T) -> Result<Self, Error> {
        check_bound(relative, "relative")?;
        check_bound(absolute, "absolute")?;
        Ok(Self { relative, absolute })
    }

    /// What singular values must reach if σ₁ is the largest.
    pub fn bound(self, largest: T) -> T {
        self.absolute.max(self.relative * largest)
    }

    /// Keeps all that is not rounding: plain least squares of least norm.
    pub fn none() -> Self {
        Self { relative: T::ZERO, absolute: T::ZERO }
    }
}

pub(super) fn check_bound<T: Real>(bound: T, name: &'static str) -> Result<(), Error> {
    if bound >= T::ZERO && bound.is_finite() { Ok(()) } else { Err(Error::Setting { name }) }
}

/// Length of the state of [`LeastSquares`] with `n` unknowns.
pub const fn state_len(n: usize) -> usize {
    n.saturating_mul(n).saturating_add(n).saturating_add(1)
}

/// `min ‖J η − f‖` over `n` unknowns, rows still coming.
///
/// ```
/// use reparam::dirac_frenkel::least_squares::{LeastSquares, Truncation, state_len};
///
/// // Two unknowns of which only the sum is seen.
/// let mut state = [0.0; state_len(2)];
/// let mut rows = LeastSquares::new(2, &mut state)?;
/// for x in [1.0, 2.0] {
///     rows.add_row(&mut [x, x], 3.0 * x)?;
/// }
/// let mut scratch = [0.0; 2];
/// let factored = rows.factor(&mut scratch)?;
/// let rank = factored.rank(Truncation::none());
/// let mut eta = [0.0; 2];
/// factored.minimum_norm(rank, &mut eta)?;
/// assert_eq!(rank, 1);
/// assert!((eta[0] - 1.5f64).abs() < 1e-14 && (eta[1] - 1.5).abs() < 1e-14);
/// // What the rows do not see.
/// let mut x = [1.0, 0.0];
/// factored.project(rank, &mut x)?;
/// assert!((x[0] - 0.5).abs() < 1e-14 && (x[1] + 0.5).abs() < 1e-14);
/// # Ok::<(), reparam::dirac_frenkel::Error>(())
/// ```
#[derive(Debug)]
pub struct LeastSquares<'a, T> {
    n: usize,
    r: &'a mut [T],
    along: &'a mut [T],
    residual: &'a mut T,
}

impl<'a, T: Real> LeastSquares<'a, T> {
    /// No rows yet. `state`: [`state_len`], whatever it holds.
    ///
    /// # Errors
    /// [`Error::Size`] for no unknowns; [`Error::Length`].
    pub fn new(n: usize, state: &'a mut [T]) -> Result<Self, Error> {
        if n == 0 {
            return Err(Error::Size);
        }
        check_length(state_len(n), state.len())?;
        let (r, rest) = state.split_at_mut_checked(n.saturating_mul(n)).ok_or(Error::Size)?;
        let (residual, along) = rest.split_first_mut().ok_or(Error::Size)?;
        Ok(Self::in_parts(n, r, along, residual))
    }

    /// [`new`](Self::new) in parts that have the right lengths.
    pub(super) fn in_parts(n: usize, r: &'a mut [T], along: &'a mut [T], residual: &'a mut T) -> Self {
        r.fill(T::ZERO);
        along.fill(T::ZERO);
        *residual = T::ZERO;
        Self { n, r, along, residual }
    }

    /// Takes the row ∂û/∂θ at a point and the right-hand side there. `row` is used up. Elements whose squares vanish, below 1e-19 in
    /// `f32`, count as zero.
    ///
    /// Cost: n² multiply-adds, n divisions.
    ///
    /// # Errors
    /// [`Error::Length`]; [`Error::NotFinite`]: the state is as it was.
    #[inline(always)]
    pub fn add_row(&mut self, row: &mut [T], value: T) -> Result<(), Error> {
        check_length(self.n, row.len())?;
        if !value.is_finite() {
            return Err(Error::NotFinite);
        }
        check_finite(row).map_err(refused)?;
        *self.residual += rows::add(self.r, self.along, row, value);
        Ok(())
    }

    /// Takes all rows of a problem. `row`: n, scratch.
    #[inline(always)]
    pub(super) fn add_problem(
        &mut self,
        problem: &mut impl Problem<T>,
        theta: &[T],
        t: T,
        row: &mut [T],
    ) -> Result<(), Error> {
        for point in 0..problem.points() {
            let value = problem.row(theta, t, point, row)?;
            self.add_row(row, value)?;
        }
        Ok(())
    }

    /// Singular values and directions. `scratch`: n.
    ///
    /// Cost, per sweep: n²/2 pairs of rows at 3 to 7 multiply-adds an element; 6 to 11 sweeps.
    ///
    /// # Errors
    /// [`Error::NotFinite`] if the rows overflowed; [`Error::NoConvergence`].
    pub fn factor(self, scratch: &mut [T]) -> Result<Factored<'a, T>, Error> {
        rows::finish(self.r, self.along);
        Factored::new(self.n, self.r, self.along, *self.residual, scratch)
    }
}

/// `count` orthogonal rows σᵢvᵢᵀ, descending, and uᵢᵀf.
#[derive(Debug)]
pub struct Factored<'a, T> {
    n: usize,
    /// Rows, times `scale`.
    lines: &'a [T],
    along: &'a [T],
    /// ‖f‖² that no row reaches.
    residual: T,
    scale: T,
    /// Rows not longer than this are rounding, neither orthogonal nor in order.
    noise: T,
}

impl<'a, T: Real> Factored<'a, T> {
    /// From any rows of length `n`, as many as `along` has numbers; `residual` is ‖f‖² outside their span.
    /// `scratch`: as long as `along`.
    pub(super) fn new(
        n: usize,
        lines: &'a mut [T],
        along: &'a mut [T],
        residual: T,
        scratch: &mut [T],
    ) -> Result<Self, Error> {
        check_length(along.len(), scratch.len())?;
        let scale = svd::power_of_two_scale(lines).map_err(refused)?;
        let mut square = T::ZERO;
        for x in lines.iter_mut() {
            *x *= scale;
            square = square.mac(*x, *x);
        }
        let noise = T::from_f32(NOISE) * T::EPSILON * square.sqrt();
        svd::orthogonalize(n, lines, 1, along, scratch, noise).map_err(refused)?;
        if !(residual.is_finite() && along.iter().all(|x| x.is_finite())) {
            return Err(Error::NotFinite);
        }
        Ok(Self { n, lines, along, residual, scale, noise })
    }

    /// From a decomposition made elsewhere, by a library for large matrices, say: `lines` holds the rows σᵢvᵢᵀ of length `n`, σ descending,
    /// `along` the numbers uᵢᵀf, `residual` ‖f‖² outside the span of the uᵢ.
    ///
    /// # Errors
    /// [`Error::Size`] for no unknowns; [`Error::Length`]; [`Error::NotFinite`].
    ///
    /// ```
    /// use reparam::dirac_frenkel::least_squares::{Factored, Truncation};
    ///
    /// let factored = Factored::from_parts(2, &[0.0f64, 2.0, 1e-9, 0.0], &[1.0, 1.0], 0.0)?;
    /// let mut eta = [0.0; 2];
    /// factored.minimum_norm(factored.rank(Truncation::new(1e-6, 0.0)?), &mut eta)?;
    /// assert_eq!(eta, [0.0, 0.5]);
    /// # Ok::<(), reparam::dirac_frenkel::Error>(())
    /// ```
    pub fn from_parts(n: usize, lines: &'a [T], along: &'a [T], residual: T) -> Result<Self, Error> {
        if n == 0 {
            return Err(Error::Size);
        }
        check_length(n.saturating_mul(along.len()), lines.len())?;
        let noise = T::from_f32(NOISE) * T::EPSILON * dot(lines, lines).sqrt();
        let finite = residual.is_finite() && noise.is_finite() && along.iter().all(|x| x.is_finite());
        if finite {
            Ok(Self { n, lines, along, residual, scale: T::ONE, noise })
        } else {
            Err(Error::NotFinite)
        }
    }

    fn rows(&self) -> impl Iterator<Item = (&[T], T)> {
        self.lines.chunks_exact(self.n.max(1)).zip(self.along.iter().copied())
    }

    /// Singular values, descending but for those that are rounding.
    pub fn singular_values(&self) -> impl Iterator<Item = T> {
        self.rows().map(|(row, _)| dot(row, row).sqrt() / self.scale)
    }

    /// How many singular values are kept.
    pub fn rank(&self, truncation: Truncation<T>) -> usize {
        let mut lengths = self.rows().map(|(row, _)| dot(row, row).sqrt());
        let Some(largest) = lengths.next().filter(|&largest| largest > self.noise) else { return 0 };
        let scaled = Truncation { absolute: truncation.absolute * self.scale, ..truncation };
        let bound = scaled.bound(largest);
        if largest < bound {
            return 0;
        }
        lengths.take_while(|&length| length >= bound && length > self.noise).count().saturating_add(1)
    }

    /// The solution of least norm with the first `rank` singular values: `η = Σ (uᵢᵀf/σᵢ) vᵢ`.
    ///
    /// Cost: 2n·rank multiply-adds.
    ///
    /// # Errors
    /// [`Error::Length`]; [`Error::NotFinite`].
    pub fn minimum_norm(&self, rank: usize, eta: &mut [T]) -> Result<(), Error> {
        self.filtered(rank, T::ZERO, eta)
    }

    /// The solution of `min ‖Jη − f‖² + γ‖η‖²`.
    ///
    /// Cost: 2n² multiply-adds.
    ///
    /// # Errors
    /// [`Error::Setting`] unless γ > 0; [`Error::Length`]; [`Error::NotFinite`].
    pub fn tikhonov(&self, gamma: T, eta: &mut [T]) -> Result<(), Error> {
        if !(gamma > T::ZERO && gamma.is_finite()) {
            return Err(Error::Setting { name: "gamma" });
        }
        self.filtered(self.along.len(), gamma * self.scale * self.scale, eta)
    }

    fn filtered(&self, count: usize, gamma: T, eta: &mut [T]) -> Result<(), Error> {
        check_length(self.n, eta.len())?;
        eta.fill(T::ZERO);
        for (row, along) in self.rows().take(count) {
            let square = dot(row, row);
            // However small γ is, rounding is not to be divided by itself.
            if square > self.noise * self.noise {
                add_scaled(eta, along * self.scale / (square + gamma), row);
            }
        }
        if eta.iter().all(|x| x.is_finite()) { Ok(()) } else { Err(Error::NotFinite) }
    }

    /// Takes away from `x` what the first `rank` singular vectors see of it: `x ← P x`.
    ///
    /// Cost: 3n·rank multiply-adds.
    ///
    /// # Errors
    /// [`Error::Length`].
    pub fn project(&self, rank: usize, x: &mut [T]) -> Result<(), Error> {
        check_length(self.n, x.len())?;
        for (row, _) in self.rows().take(rank) {
            let square = dot(row, row);
            if square > T::ZERO {
                add_scaled(x, -dot(row, x) / square, row);
            }
        }
        Ok(())
    }

    /// ‖J x‖.
    ///
    /// # Errors
    /// [`Error::Length`].
    pub fn image(&self, x: &[T]) -> Result<T, Error> {
        check_length(self.n, x.len())?;
        let square = self.rows().fold(T::ZERO, |sum, (row, _)| {
            let seen = dot(row, x);
            sum.mac(seen, seen)
        });
        Ok(square.sqrt() / self.scale)
    }

    /// ‖J x − f‖.
    ///
    /// # Errors
    /// [`Error::Length`].
    pub fn residual(&self, x: &[T]) -> Result<T, Error> {
        check_length(self.n, x.len())?;
        let square = self.rows().fold(self.residual, |sum, (row, along)| {
            let left = along - dot(row, x) / self.scale;
            sum.mac(left, left)
        });
        Ok(square.sqrt())
    }
}

pub(super) fn refused(error: Refused) -> Error {
    match error {
        Refused::NotFinite => Error::NotFinite,
        Refused::NoConvergence => Error::NoConvergence,
        _ => Error::Size,
    }
}
