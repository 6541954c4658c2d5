//! From logits and rewards to values, and the gradient back.
//!
//! With P the row-wise softmax of A and M = I − ηP: `w = M⁻¹R`; for a loss with gradient g at w, `u = M⁻ᵀg`,
//! `∂/∂R = u`, `∂/∂A_ij = η·u_i·P_ij·(w_j − (Pw)_i)`: the exact gradient, one factorization and two solves. Each row of
//! ∂/∂A adds up to zero. With several pseudo-actions w_i is the largest over actions of `R_ai + η(P_a w)_i`, and the
//! gradient that of the action taken.

use crate::Real;
use crate::dense::lu;
use crate::runs::{runs, runs_mut};

use super::error::{Error, check_length};

/// Sizes, and how values are computed.
///
/// Parameters are slices: `actions × n × n` logits, `actions × n` rewards.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(try_from = "Stored<T>", bound(deserialize = "T: Real + serde::Deserialize<'de>"))
)]
pub struct Process<T> {
    n: usize,
    actions: usize,
    eta: T,
    method: Method<T>,
}

/// A process as it is stored, not checked yet.
#[cfg(feature = "serde")]
#[derive(serde::Deserialize)]
struct Stored<T> {
    n: usize,
    actions: usize,
    eta: T,
    method: Method<T>,
}

#[cfg(feature = "serde")]
impl<T: Real> TryFrom<Stored<T>> for Process<T> {
    type Error = Error;

    fn try_from(Stored { n, actions, eta, method }: Stored<T>) -> Result<Self, Error> {
        Self::new(n, actions, eta, method)
    }
}

/// How linear systems are solved.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Method<T> {
    /// LU factors of M: n³/3 multiply-adds and n² for each solve.
    Factors,
    /// Fixed-point iteration until w is at most this far from the solution, in the largest element: n² multiply-adds
    /// each time, `ln(tolerance)/ln(η)` times or so. The way for large n.
    Iteration {
        /// Distance from the solution.
        tolerance: T,
        /// Iterations after which it gives up.
        limit: usize,
    },
}

/// Scratch, and what [`Process::values`] leaves for [`Process::adjoint`].
#[derive(Debug)]
pub struct Work<'a, T> {
    /// P of all actions, then of the actions taken: `(actions + 1) × n × n`.
    pub transitions: &'a mut [T],
    /// Factors of M, `n × n`; empty for [`Method::Iteration`].
    pub factors: &'a mut [T],
    /// Its pivots, n; empty for [`Method::Iteration`].
    pub pivots: &'a mut [usize],
    /// Action taken in each state.
    pub taken: &'a mut [usize],
    /// w, n.
    pub values: &'a mut [T],
    /// u, n.
    pub adjoint: &'a mut [T],
    /// 2n.
    pub spare: &'a mut [T],
}

impl<T: Real> Process<T> {
    /// Of n states and so many pseudo-actions, usually one, with discount η.
    ///
    /// # Errors
    /// [`Error::Size`]; [`Error::Setting`] unless 0 ≤ η < 1 and a tolerance is positive.
    pub fn new(n: usize, actions: usize, eta: T, method: Method<T>) -> Result<Self, Error> {
        if n == 0
            || actions == 0
            || n.checked_mul(n).and_then(|nn| nn.checked_mul(actions.checked_add(1)?)).is_none()
        {
            return Err(Error::Size);
        }
        if !(eta >= T::ZERO && eta < T::ONE) {
            return Err(Error::Setting { name: "eta" });
        }
        if let Method::Iteration { tolerance, .. } = method {
            if !(tolerance > T::ZERO && tolerance.is_finite()) {
                return Err(Error::Setting { name: "tolerance" });
            }
        }
        Ok(Self { n, actions, eta, method })
    }

    /// n.
    pub const fn states(&self) -> usize {
        self.n
    }

    /// Number of pseudo-actions.
    pub const fn actions(&self) -> usize {
        self.actions
    }

    /// η.
    pub fn eta(&self) -> T {
        self.eta
    }

    pub(super) fn has_factors(&self) -> bool {
        self.method == Method::Factors
    }

    /// Number of logits.
    pub const fn logits_len(&self) -> usize {
        self.actions.wrapping_mul(self.n).wrapping_mul(self.n)
    }

    /// Number of rewards.
    pub const fn rewards_len(&self) -> usize {
        self.actions.wrapping_mul(self.n)
    }

    fn check(&self, logits: &[T], rewards: &[T], work: &Work<'_, T>) -> Result<(), Error> {
        let (n, matrix) = (self.n, self.n.wrapping_mul(self.n));
        check_length(self.logits_len(), logits.len())?;
        check_length(self.rewards_len(), rewards.len())?;
        check_length(self.logits_len().wrapping_add(matrix), work.transitions.len())?;
        if self.method == Method::Factors {
            check_length(matrix, work.factors.len())?;
            check_length(n, work.pivots.len())?;
        }
        check_length(n, work.taken.len())?;
        check_length(n, work.values.len())?;
        check_length(n, work.adjoint.len())?;
        check_length(n.wrapping_mul(2), work.spare.len())
    }

    /// w, into `work.values`. Cost: n² exponentials for each action, and [`Method`].
    ///
    /// # Errors
    /// [`Error::Length`]; [`Error::NotFinite`]; [`Error::NoConvergence`] from iteration, or if with several actions no
    /// policy is stable.
    pub fn values(&self, logits: &[T], rewards: &[T], work: &mut Work<'_, T>) -> Result<(), Error> {
        self.check(logits, rewards, work)?;
        let (all, _) = work.transitions.split_at_mut_checked(logits.len()).ok_or(Error::Size)?;
        softmax_rows(self.n, logits, all)?;
        if !rewards.iter().all(|r| r.is_finite()) {
            return Err(Error::NotFinite);
        }
        match self.method {
            Method::Factors => self.policy_iteration(rewards, work),
            Method::Iteration { tolerance, limit } => self.value_iteration(rewards, work, tolerance, limit),
        }
    }

    /// Solves for the actions taken, until none is better.
    fn policy_iteration(&self, rewards: &[T], work: &mut Work<'_, T>) -> Result<(), Error> {
        work.taken.fill(0);
        // Each policy is better than the last one but for rounding.
        for _ in 0..100 {
            self.take(work);
            let (_, taken) = work.transitions.split_at_checked(self.logits_len()).ok_or(Error::Size)?;
            let rows = runs_mut(work.factors, self.n).zip(runs(taken, self.n));
            for (i, (factors, row)) in rows.enumerate() {
                for (j, (m, &p)) in factors.iter_mut().zip(row).enumerate() {
                    *m = if i == j { T::ONE - self.eta * p } else { -self.eta * p };
                }
            }
            lu::factor(self.n, work.factors, work.pivots).map_err(|_| Error::NotFinite)?;
            self.reward_of_taken(rewards, work.taken, work.values);
            lu::solve(self.n, work.factors, work.pivots, work.values).map_err(|_| Error::NotFinite)?;
            if self.actions == 1 || !self.improve(rewards, work) {
                return Ok(());
            }
        }
        Err(Error::NoConvergence)
    }

    fn value_iteration(
        &self,
        rewards: &[T],
        work: &mut Work<'_, T>,
        tolerance: T,
        limit: usize,
    ) -> Result<(), Error> {
        // The distance to the solution is at most η/(1 − η) times the last change.
        let small = self.small(tolerance);
        work.values.fill(T::ZERO);
        for _ in 0..limit {
            let mut change = T::ZERO;
            for i in 0..self.n {
                let (value, action) = self.best(rewards, work.transitions, work.values, i);
                let old = work.values.get(i).copied().unwrap_or_default();
                if let Some((spare, taken)) = work.spare.get_mut(i).zip(work.taken.get_mut(i)) {
                    (*spare, *taken) = (value, action);
                }
                change = change.max((value - old).abs());
                if !value.is_finite() {
                    return Err(Error::NotFinite);
                }
            }
            work.values.iter_mut().zip(&*work.spare).for_each(|(value, &next)| *value = next);
            if change <= small {
                self.take(work);
                return Ok(());
            }
        }
        Err(Error::NoConvergence)
    }

    /// Value and lowest action of the largest `R_ai + η(P_a w)_i`.
    #[inline(always)]
    fn best(&self, rewards: &[T], transitions: &[T], values: &[T], i: usize) -> (T, usize) {
        let mut best = (-T::INFINITY, 0);
        for action in 0..self.actions {
            let row = row(self.n, transitions, action.wrapping_mul(self.n).wrapping_add(i));
            let next = row.iter().zip(values).fold(T::ZERO, |sum, (&p, &w)| sum.mac(p, w));
            let reward =
                rewards.get(action.wrapping_mul(self.n).wrapping_add(i)).copied().unwrap_or_default();
            let value = reward.mac(self.eta, next);
            // Also NaN, to be found by the caller.
            if action == 0 || value > best.0 || value.is_nan() {
                best = (value, action);
            }
        }
        best
    }

    /// Takes the action that is best for the current values, where it is better than the one taken by more than rounding;
    /// whether there is such a state.
    fn improve(&self, rewards: &[T], work: &mut Work<'_, T>) -> bool {
        let mut changed = false;
        for (i, (taken, &old)) in work.taken.iter_mut().zip(&*work.values).enumerate() {
            let (value, action) = self.best(rewards, work.transitions, work.values, i);
            let margin = T::from_f32(64.0) * T::EPSILON * (T::ONE + value.abs());
            if *taken != action && value > old + margin {
                *taken = action;
                changed = true;
            }
        }
        changed
    }

    /// Rows of P of the actions taken.
    fn take(&self, work: &mut Work<'_, T>) {
        let Some((all, selected)) = work.transitions.split_at_mut_checked(self.logits_len()) else { return };
        for (i, (to, &action)) in runs_mut(selected, self.n).zip(&*work.taken).enumerate() {
            let from = row(self.n, all, action.wrapping_mul(self.n).wrapping_add(i));
            to.iter_mut().zip(from).for_each(|(to, &p)| *to = p);
        }
    }

    fn reward_of_taken(&self, rewards: &[T], taken: &[usize], to: &mut [T]) {
        for (i, (to, &action)) in to.iter_mut().zip(taken).enumerate() {
            *to = rewards.get(action.wrapping_mul(self.n).wrapping_add(i)).copied().unwrap_or_default();
        }
    }

    /// Rows of P of the actions taken, after [`values`](Self::values): `n × n`.
    pub fn transitions<'w>(&self, work: &'w Work<'_, T>) -> &'w [T] {
        work.transitions.get(self.logits_len()..).unwrap_or_default()
    }

    /// u = M⁻ᵀg, after [`values`](Self::values): `work.adjoint` holds g, then u.
    ///
    /// # Errors
    /// [`Error::Length`], [`Error::NotFinite`], [`Error::NoConvergence`].
    pub fn adjoint(&self, work: &mut Work<'_, T>) -> Result<(), Error> {
        check_length(self.n, work.adjoint.len())?;
        check_length(self.n.wrapping_mul(2), work.spare.len())?;
        match self.method {
            Method::Factors => {
                lu::solve_t(self.n, work.factors, work.pivots, work.adjoint).map_err(|_| Error::NotFinite)
            }
            Method::Iteration { tolerance, limit } => self.iterate_adjoint(work, tolerance, limit),
        }
    }

    /// `u ← g + ηPᵀu`, from u = g.
    fn iterate_adjoint(&self, work: &mut Work<'_, T>, tolerance: T, limit: usize) -> Result<(), Error> {
        // In the sum of sizes Pᵀ does not lengthen: the distance to the solution is at most η/(1 − η) times the last change.
        let small = self.small(tolerance);
        let selected = work.transitions.get(self.logits_len()..).unwrap_or_default();
        let (g, next) = work.spare.split_at_mut_checked(self.n).ok_or(Error::Size)?;
        g.iter_mut().zip(&*work.adjoint).for_each(|(g, &u)| *g = u);
        for _ in 0..limit {
            next.iter_mut().zip(&*g).for_each(|(next, &g)| *next = g);
            for (i, &u) in work.adjoint.iter().enumerate() {
                let row = row(self.n, selected, i);
                next.iter_mut().zip(row).for_each(|(to, &p)| *to = to.mac(self.eta * u, p));
            }
            let mut change = T::ZERO;
            for (u, &next) in work.adjoint.iter_mut().zip(&*next) {
                change += (next - *u).abs();
                *u = next;
            }
            if !change.is_finite() {
                return Err(Error::NotFinite);
            }
            if change <= small {
                return Ok(());
            }
        }
        Err(Error::NoConvergence)
    }

    /// The last change of an iteration that is within the tolerance.
    fn small(&self, tolerance: T) -> T {
        tolerance * (T::ONE - self.eta) / self.eta.max(T::EPSILON)
    }

    /// A step of the parameters along the gradient, of size `rate`, after [`adjoint`](Self::adjoint). Cost: 3n²
    /// multiply-adds.
    ///
    /// # Errors
    /// [`Error::Length`]; [`Error::Diverged`] if a parameter would become infinite: none has changed.
    pub fn descend(
        &self,
        logits: &mut [T],
        rewards: &mut [T],
        work: &Work<'_, T>,
        rate: T,
    ) -> Result<(), Error> {
        self.check(logits, rewards, work)?;
        // |w_j − (Pw)_i| ≤ 2·max|w| and P ≤ 1: if this is finite, every element is.
        let largest = |x: &[T]| {
            x.iter().fold(T::ZERO, |largest, x| if x.is_nan() { T::NAN } else { largest.max(x.abs()) })
        };
        let bound = T::TWO * rate.abs() * largest(work.adjoint) * (T::ONE + largest(work.values));
        if !(bound + largest(logits) + largest(rewards)).is_finite() {
            return Err(Error::Diverged);
        }
        let selected = self.transitions(work);
        for (i, ((&u, &action), p)) in
            work.adjoint.iter().zip(&*work.taken).zip(runs(selected, self.n)).enumerate()
        {
            let place = action.wrapping_mul(self.n).wrapping_add(i);
            let next = p.iter().zip(&*work.values).fold(T::ZERO, |sum, (&p, &w)| sum.mac(p, w));
            let step = rate * u;
            if let Some(reward) = rewards.get_mut(place) {
                *reward -= step;
            }
            let row = logits.chunks_exact_mut(self.n.max(1)).nth(place).unwrap_or_default();
            for ((a, &p), &w) in row.iter_mut().zip(p).zip(&*work.values) {
                *a = a.mac(-self.eta * step * p, w - next);
            }
        }
        Ok(())
    }
}

/// One row of a matrix of n columns.
#[inline(always)]
fn row<T>(n: usize, matrix: &[T], i: usize) -> &[T] {
    matrix.chunks_exact(n.max(1)).nth(i).unwrap_or_default()
}

/// Softmax of each row of n logits, relative to the largest. Cost: an exponential an element, a division a row.
///
/// # Errors
/// [`Error::Size`], [`Error::Length`]; [`Error::NotFinite`] if a logit is NaN or +∞, or a row has nothing but −∞.
pub fn softmax_rows<T: Real>(n: usize, logits: &[T], probabilities: &mut [T]) -> Result<(), Error> {
    if n == 0 || logits.len() % n != 0 {
        return Err(Error::Size);
    }
    check_length(logits.len(), probabilities.len())?;
    for (from, to) in runs(logits, n).zip(runs_mut(probabilities, n)) {
        let largest = from.iter().fold(-T::INFINITY, |largest, &a| largest.max(a));
        let mut sum = T::ZERO;
        for (&a, p) in from.iter().zip(&mut *to) {
            *p = (a - largest).exp();
            sum += *p;
        }
        if !sum.is_finite() {
            return Err(Error::NotFinite);
        }
        let scale = sum.recip();
        to.iter_mut().for_each(|p| *p *= scale);
    }
    Ok(())
}

/// A process of `N` states and one pseudo-action that owns its parameters: for microcontrollers.
///
/// Its transitions and factors need 2·`N`² numbers of stack during a step.
///
/// ```
/// use reparam::implicit::{Implicit, OneHot};
///
/// // Three states whose values are 5, 6 and 7; the third is never seen.
/// let mut model = Implicit::<f32, 3>::new(0.9)?;
/// for step in 0..300 {
///     model.step([(OneHot(step % 2), [5.0, 6.0][step % 2])], 0.02)?;
/// }
/// let w = model.values()?;
/// assert!((w[0] - 5.0).abs() < 0.3 && (w[1] - 6.0).abs() < 0.3);
/// // It has followed the others. An explicit value would still be 0.
/// assert!(w[2] > 4.0);
/// # Ok::<(), reparam::implicit::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Implicit<T, const N: usize> {
    logits: [[T; N]; N],
    rewards: [T; N],
    eta: T,
}

impl<T: Real, const N: usize> Implicit<T, N> {
    /// Uniform transitions, no rewards: all values 0.
    ///
    /// # Errors
    /// [`Error::Setting`] unless 0 ≤ η < 1.
    pub fn new(eta: T) -> Result<Self, Error> {
        Self::from_parameters([[T::ZERO; N]; N], [T::ZERO; N], eta)
    }

    /// From logits and rewards.
    ///
    /// # Errors
    /// [`Error::Setting`] unless 0 ≤ η < 1; [`Error::NotFinite`].
    pub fn from_parameters(logits: [[T; N]; N], rewards: [T; N], eta: T) -> Result<Self, Error> {
        const { assert!(N > 0) };
        Process::new(N, 1, eta, Method::Factors)?;
        if !logits.as_flattened().iter().chain(&rewards).all(|x| x.is_finite()) {
            return Err(Error::NotFinite);
        }
        Ok(Self { logits, rewards, eta })
    }

    /// Logits of the transitions.
    pub fn logits(&self) -> &[[T; N]; N] {
        &self.logits
    }

    /// Rewards.
    pub fn rewards(&self) -> &[T; N] {
        &self.rewards
    }

    /// w. Cost: N³/3 multiply-adds, N² exponentials.
    ///
    /// # Errors
    /// [`Error::NotFinite`] if it leaves the range of the scalar.
    pub fn values(&self) -> Result<[T; N], Error> {
        let mut values = [T::ZERO; N];
        self.with_work(|process, logits, rewards, work| {
            process.values(logits, rewards, work)?;
            values.copy_from_slice(work.values);
            Ok(())
        })?;
        Ok(values)
    }

    /// One step on a batch: see [`train::implicit_step`](super::train::implicit_step). Returns the loss before.
    ///
    /// # Errors
    /// [`Error::Diverged`], [`Error::NotFinite`], [`Error::Feature`]: nothing has changed.
    pub fn step<F: super::Feature<T>, B>(&mut self, batch: B, rate: T) -> Result<T, Error>
    where
        B: IntoIterator<Item = (F, T)>,
    {
        let stop = super::Stop::default();
        let (mut logits, mut rewards) = (self.logits, self.rewards);
        let loss = self.with_work(|process, _, _, work| {
            let (logits, rewards) = (logits.as_flattened_mut(), rewards.as_mut_slice());
            super::train::implicit_step(process, logits, rewards, work, batch, rate, stop)
        })?;
        (self.logits, self.rewards) = (logits, rewards);
        Ok(loss)
    }

    fn with_work<O>(
        &self,
        run: impl FnOnce(&Process<T>, &[T], &[T], &mut Work<'_, T>) -> Result<O, Error>,
    ) -> Result<O, Error> {
        let process = Process::new(N, 1, self.eta, Method::Factors)?;
        let mut transitions = [[[T::ZERO; N]; N]; 2];
        let (mut factors, mut pivots) = ([[T::ZERO; N]; N], [0; N]);
        let (mut taken, mut numbers) = ([0; N], [[T::ZERO; N]; 4]);
        let (values, rest) = numbers.as_flattened_mut().split_at_mut_checked(N).ok_or(Error::Size)?;
        let (adjoint, spare) = rest.split_at_mut_checked(N).ok_or(Error::Size)?;
        let mut work = Work {
            transitions: transitions.as_flattened_mut().as_flattened_mut(),
            factors: factors.as_flattened_mut(),
            pivots: &mut pivots,
            taken: &mut taken,
            values,
            adjoint,
            spare,
        };
        run(&process, self.logits.as_flattened(), &self.rewards, &mut work)
    }
}
