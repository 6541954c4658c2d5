//! The flow with all rows and all weights: Dirac-Frenkel and, with momentum, Dirac-Frenkel-Onsager.

use crate::Real;

use super::error::{Error, check_length};
use super::least_squares::{LeastSquares, state_len};
use super::problem::Problem;
use super::velocity::{Flow, Method, Momentum, Stage, from_factored};

/// Length of the scratch of [`DiracFrenkel`].
pub const fn scratch_len(weights: usize) -> usize {
    state_len(weights).saturating_add(weights)
}

/// Least squares over all collocation points for each velocity.
#[derive(Debug)]
pub struct DiracFrenkel<'a, P, T> {
    problem: P,
    method: Method<T>,
    memory: Option<Momentum<T>>,
    scratch: &'a mut [T],
}

impl<'a, T: Real, P: Problem<T>> DiracFrenkel<'a, P, T> {
    /// `scratch`: [`scratch_len`].
    ///
    /// # Errors
    /// [`Error::Size`] for a problem without weights; [`Error::Length`]; [`Error::Setting`] for momentum with Tikhonov's method.
    pub fn new(
        problem: P,
        method: Method<T>,
        memory: Option<Momentum<T>>,
        scratch: &'a mut [T],
    ) -> Result<Self, Error> {
        if problem.weights() == 0 {
            return Err(Error::Size);
        }
        check_length(scratch_len(problem.weights()), scratch.len())?;
        method.check(memory)?;
        Ok(Self { problem, method, memory, scratch })
    }

    /// The problem.
    pub fn problem(&mut self) -> &mut P {
        &mut self.problem
    }
}

impl<T: Real, P: Problem<T>> Flow<T> for DiracFrenkel<'_, P, T> {
    fn weights(&self) -> usize {
        self.problem.weights()
    }

    fn velocity(
        &mut self,
        theta: &[T],
        t: T,
        h: Option<T>,
        momentum: &mut [T],
        velocity: &mut [T],
    ) -> Result<Stage<T>, Error> {
        let n = self.problem.weights();
        check_length(n, velocity.len())?;
        let (row, state) = self.scratch.split_at_mut_checked(n).ok_or(Error::Size)?;
        let mut rows = LeastSquares::new(n, state)?;
        rows.add_problem(&mut self.problem, theta, t, row)?;
        let factored = rows.factor(row)?;
        from_factored(&factored, self.method, self.memory, h, momentum, velocity, row)
    }
}
