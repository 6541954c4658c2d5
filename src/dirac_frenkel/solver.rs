use crate::Real;

use super::error::Error;
use super::least_squares::LeastSquares;
use super::problem::Problem;
use super::step::{self, Form};
use super::velocity::{Flow, Method, Momentum, Stage, from_factored};

/// A solution with `N` weights in fixed memory: `N² + 2N + 1` numbers beside its weights.
///
/// ```
/// use reparam::dirac_frenkel::ansatz::Sines;
/// use reparam::dirac_frenkel::{Equation, Form, Method, Momentum, Solver, Truncation};
///
/// // ∂u/∂t = −∂u/∂x, u = sin(x − t) = sin θ₁ sin x + sin θ₂ cos x.
/// let points = [0.0, 1.0, 2.0, 3.0, 4.0, 5.0];
/// let mut problem = Equation::new(Sines::new(1, core::f64::consts::TAU)?, &points, |[u], _: &[f64; 1], _| -u.first)?;
/// let method = Method::Truncated(Truncation::new(1e-6, 0.0)?);
/// let mut solver = Solver::<f64, 2>::new([1.0, 0.0], method, Some(Momentum::new(0.5, 1.0)?))?;
/// let start = problem.value(solver.theta(), &[1.0])?;
/// for k in 0..100 {
///     solver.rk4(&mut problem, Form::Velocity, 1e-3 * f64::from(k), 1e-3)?;
/// }
/// assert!((problem.value(solver.theta(), &[1.1])? - start).abs() < 1e-6);
/// # Ok::<(), reparam::dirac_frenkel::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Solver<T, const N: usize> {
    theta: [T; N],
    memory: Memory<T, N>,
    method: Method<T>,
    momentum: Option<Momentum<T>>,
}

/// What least squares and momentum keep.
#[derive(Clone, Debug, PartialEq)]
struct Memory<T, const N: usize> {
    r: [[T; N]; N],
    along: [T; N],
    residual: T,
    momentum: [T; N],
}

/// A problem with the memory of a solver.
struct Borrowed<'a, P, T, const N: usize> {
    problem: &'a mut P,
    method: Method<T>,
    momentum: Option<Momentum<T>>,
    r: &'a mut [[T; N]; N],
    along: &'a mut [T; N],
    residual: &'a mut T,
}

impl<T: Real, P: Problem<T>, const N: usize> Flow<T> for Borrowed<'_, P, T, N> {
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
        let mut row = [T::ZERO; N];
        let mut rows = LeastSquares::in_parts(N, self.r.as_flattened_mut(), self.along, self.residual);
        rows.add_problem(self.problem, theta, t, &mut row)?;
        let factored = rows.factor(&mut row)?;
        from_factored(&factored, self.method, self.momentum, h, momentum, velocity, &mut row)
    }
}

impl<T: Real, const N: usize> Solver<T, N> {
    /// Starts at the weights `theta`, with no momentum yet.
    ///
    /// # Errors
    /// [`Error::Setting`] for momentum with Tikhonov's method; [`Error::NotFinite`].
    pub fn new(theta: [T; N], method: Method<T>, momentum: Option<Momentum<T>>) -> Result<Self, Error> {
        const { assert!(N > 0) };
        method.check(momentum)?;
        if !theta.iter().all(|x| x.is_finite()) {
            return Err(Error::NotFinite);
        }
        let memory =
            Memory { r: [[T::ZERO; N]; N], along: [T::ZERO; N], residual: T::ZERO, momentum: [T::ZERO; N] };
        Ok(Self { theta, memory, method, momentum })
    }

    /// The weights.
    pub fn theta(&self) -> &[T; N] {
        &self.theta
    }

    /// The mean of past velocities (or displacements, [`Form::Published`]). A start inside a collapse needs the true velocity
    /// here; a random one leads nowhere.
    pub fn momentum_mut(&mut self) -> &mut [T; N] {
        &mut self.memory.momentum
    }

    /// [`step::euler`]. Stack: 3N numbers.
    ///
    /// # Errors
    /// As there; [`Error::Length`] if the problem has another number of weights.
    pub fn euler<P: Problem<T>>(&mut self, problem: &mut P, t: T, dt: T) -> Result<Stage<T>, Error> {
        let Memory { r, along, residual, momentum } = &mut self.memory;
        let mut flow = Borrowed { problem, method: self.method, momentum: self.momentum, r, along, residual };
        let mut scratch = [[T::ZERO; N]; 2];
        step::euler(&mut flow, &mut self.theta, momentum, t, dt, scratch.as_flattened_mut())
    }

    /// [`step::rk4`]. Stack: 5N numbers.
    ///
    /// # Errors
    /// As there; [`Error::Length`] if the problem has another number of weights.
    pub fn rk4<P: Problem<T>>(
        &mut self,
        problem: &mut P,
        form: Form,
        t: T,
        dt: T,
    ) -> Result<[Stage<T>; 4], Error> {
        let Memory { r, along, residual, momentum } = &mut self.memory;
        let mut flow = Borrowed { problem, method: self.method, momentum: self.momentum, r, along, residual };
        let mut scratch = [[T::ZERO; N]; 4];
        step::rk4(&mut flow, form, &mut self.theta, momentum, t, dt, scratch.as_flattened_mut())
    }
}
