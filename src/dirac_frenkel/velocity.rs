//! The velocity of the weights: least norm, truncated or regularized, and what momentum adds where the rows see nothing.

use crate::Real;
use crate::dense::{add_scaled, dot};

use super::error::{Error, check_length};
use super::least_squares::{Factored, Truncation, check_bound};

/// How least squares that are nearly singular are solved.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Method<T> {
    /// Least norm with the singular values that are kept; [`Truncation::none`] is plain least norm.
    Truncated(Truncation<T>),
    /// `min ‖Jη − f‖² + γ‖η‖²`. Knows no null space, hence no momentum.
    Tikhonov(T),
}

impl<T> Method<T> {
    /// # Errors
    /// [`Error::Setting`] for momentum with Tikhonov's method.
    pub fn check(&self, memory: Option<Momentum<T>>) -> Result<(), Error> {
        let fits = memory.is_none() || matches!(self, Self::Truncated(_));
        if fits { Ok(()) } else { Err(Error::Setting { name: "momentum" }) }
    }
}

/// Memory of past velocities: `θ̇ = η̄ + λ P m` with m an exponential mean of the η̄ and P the projector onto the numerical null
/// space (Raviola and Peherstorfer, *Dirac-Frenkel-Onsager*, 2026, algorithm 1).
///
/// It changes nothing while the null space stays what it is: m is then orthogonal to it.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Momentum<T> {
    beta: T,
    lambda: T,
}

impl<T: Real> Momentum<T> {
    /// β in [0, 1): part of the mean that stays. λ ≥ 0: how much is injected; about 1.
    ///
    /// # Errors
    /// [`Error::Setting`].
    pub fn new(beta: T, lambda: T) -> Result<Self, Error> {
        if !(beta >= T::ZERO && beta < T::ONE) {
            return Err(Error::Setting { name: "beta" });
        }
        check_bound(lambda, "lambda")?;
        Ok(Self { beta, lambda })
    }

    /// With the relaxation time τ in steps of `dt`: `β = τ/(τ + dt)`, implicit Euler for `τ ṁ = η̄ − m`.
    ///
    /// # Errors
    /// [`Error::Setting`].
    ///
    /// ```
    /// use reparam::dirac_frenkel::Momentum;
    ///
    /// assert_eq!(Momentum::relaxing(0.5f64, 0.5, 1.0)?, Momentum::new(0.5, 1.0)?);
    /// # Ok::<(), reparam::dirac_frenkel::Error>(())
    /// ```
    pub fn relaxing(tau: T, dt: T, lambda: T) -> Result<Self, Error> {
        check_bound(tau, "tau")?;
        if !(dt > T::ZERO && dt.is_finite()) {
            return Err(Error::Setting { name: "dt" });
        }
        // τ/(τ + dt) may round to 1.
        Self::new((tau / (tau + dt)).min(T::ONE - T::EPSILON), lambda)
    }

    /// `m ← β m + (1 − β) h η̄`.
    ///
    /// # Errors
    /// [`Error::Length`].
    pub fn follow(self, momentum: &mut [T], eta: &[T], h: T) -> Result<(), Error> {
        check_length(momentum.len(), eta.len())?;
        let share = (T::ONE - self.beta) * h;
        momentum.iter_mut().zip(eta).for_each(|(m, &eta)| *m = (self.beta * *m).mac(share, eta));
        Ok(())
    }
}

/// What a velocity was made of.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Stage<T> {
    /// Number of singular values that were kept; of all unknowns with Tikhonov's method.
    pub rank: usize,
    /// Largest singular value σ₁.
    pub largest: T,
    /// Smallest that was kept, σᵣ.
    pub kept: T,
    /// Largest that was dropped, σᵣ₊₁; 0 if none was.
    pub dropped: T,
    /// ‖Jη̄ − f‖ before momentum.
    pub residual_before: T,
    /// ‖Jθ̇ − f‖.
    pub residual_after: T,
    /// ‖P m‖.
    pub null: T,
    /// ‖J P m‖: 0 in an exact null space, else at most σᵣ₊₁‖m‖.
    pub image: T,
}

impl<T> Stage<T> {
    /// Whether singular values were dropped of `weights`.
    pub fn is_truncated(&self, weights: usize) -> bool {
        self.rank < weights
    }
}

/// A velocity θ̇ for weights θ.
pub trait Flow<T: Real> {
    /// Number of weights.
    fn weights(&self) -> usize;

    /// A step begins.
    fn begin(&mut self) {}

    /// Writes θ̇ to `velocity` and lets `momentum` take up η̄, or `h·η̄` where `h` is given: momentum then is a mean of
    /// displacements, and what is injected is divided by `h`.
    ///
    /// # Errors
    /// Any [`Error`]; `momentum` is then of no use.
    fn velocity(
        &mut self,
        theta: &[T],
        t: T,
        h: Option<T>,
        momentum: &mut [T],
        velocity: &mut [T],
    ) -> Result<Stage<T>, Error>;
}

/// Velocity from a factored least squares problem: the last part of every [`Flow`].
///
/// Cost: about 6n² multiply-adds. `scratch`: n, holds P m then.
///
/// # Errors
/// [`Error::Length`]; [`Error::Setting`] for momentum with Tikhonov's method; [`Error::NotFinite`].
pub fn from_factored<T: Real>(
    factored: &Factored<'_, T>,
    method: Method<T>,
    memory: Option<Momentum<T>>,
    h: Option<T>,
    momentum: &mut [T],
    velocity: &mut [T],
    scratch: &mut [T],
) -> Result<Stage<T>, Error> {
    check_length(velocity.len(), momentum.len())?;
    check_length(velocity.len(), scratch.len())?;
    method.check(memory)?;
    let mut stage = solve(factored, method, velocity)?;
    let Some(memory) = memory else { return Ok(stage) };
    let h = h.unwrap_or(T::ONE);
    memory.follow(momentum, velocity, h)?;
    scratch.iter_mut().zip(&*momentum).for_each(|(unseen, &m)| *unseen = m);
    factored.project(stage.rank, scratch)?;
    stage.null = dot(scratch, scratch).sqrt();
    stage.image = factored.image(scratch)?;
    add_scaled(velocity, memory.lambda / h, scratch);
    stage.residual_after = factored.residual(velocity)?;
    if velocity.iter().chain(&*momentum).all(|x| x.is_finite()) { Ok(stage) } else { Err(Error::NotFinite) }
}

/// The velocity without momentum.
pub(super) fn solve<T: Real>(
    factored: &Factored<'_, T>,
    method: Method<T>,
    velocity: &mut [T],
) -> Result<Stage<T>, Error> {
    let rank = match method {
        Method::Truncated(truncation) => {
            let rank = factored.rank(truncation);
            factored.minimum_norm(rank, velocity)?;
            rank
        }
        Method::Tikhonov(gamma) => {
            factored.tikhonov(gamma, velocity)?;
            velocity.len()
        }
    };
    let residual = factored.residual(velocity)?;
    let mut stage = Stage { rank, residual_before: residual, residual_after: residual, ..Stage::default() };
    for (k, value) in factored.singular_values().take(rank.saturating_add(1)).enumerate() {
        if k == 0 {
            stage.largest = value;
        }
        if k < rank {
            stage.kept = value;
        } else {
            stage.dropped = value;
        }
    }
    Ok(stage)
}
