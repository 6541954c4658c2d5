//! Velocities from less than all: random columns of J, or a random sketch of its range.
//!
//! [`Columns`]: only `count` of the weights move in a step, chosen anew for each (Berman and Peherstorfer, *Randomized Sparse Neural
//! Galerkin Schemes*, 2023). [`Sketch`]: all move, in the span of the rows of QᵀJ with Q an orthonormal basis of J Γ, Γ Gaussian
//! (Raviola and Peherstorfer 2026, appendix D): nearly the velocity and the null space of the full problem once `count` is
//! above the rank that is kept, at a cost that grows with `count` instead of the number of weights.

use rand_core::Rng;

use crate::Real;
use crate::dense::{add_scaled, dot, givens_qr};
use crate::random::{fill_gaussian, uniform};

use super::error::{Error, check_length};
use super::least_squares::{Factored, LeastSquares, Truncation, refused, state_len};
use super::problem::Problem;
use super::velocity::{Flow, Method, Momentum, Stage, from_factored, solve};

/// Length of the scratch of [`Columns`].
pub const fn columns_scratch_len(weights: usize, count: usize) -> usize {
    weights.saturating_mul(2).saturating_add(state_len(count)).saturating_add(count.saturating_mul(2))
}

/// Least squares over `count` random weights; the others rest.
#[derive(Debug)]
pub struct Columns<'a, P, G, T> {
    problem: P,
    count: usize,
    truncation: Truncation<T>,
    rng: G,
    scratch: &'a mut [T],
}

impl<'a, T: Real, P: Problem<T>, G: Rng> Columns<'a, P, G, T> {
    /// `scratch`: [`columns_scratch_len`].
    ///
    /// # Errors
    /// [`Error::Setting`] unless `count` is from 1 to the number of weights; [`Error::Length`].
    pub fn new(
        problem: P,
        count: usize,
        truncation: Truncation<T>,
        rng: G,
        scratch: &'a mut [T],
    ) -> Result<Self, Error> {
        check_count(count, problem.weights())?;
        check_length(columns_scratch_len(problem.weights(), count), scratch.len())?;
        let mut flow = Self { problem, count, truncation, rng, scratch };
        flow.begin();
        Ok(flow)
    }

    /// The problem.
    pub fn problem(&mut self) -> &mut P {
        &mut self.problem
    }
}

impl<T: Real, P: Problem<T>, G: Rng> Flow<T> for Columns<'_, P, G, T> {
    fn weights(&self) -> usize {
        self.problem.weights()
    }

    /// Chooses the weights that move in this step.
    fn begin(&mut self) {
        // Knuth, The Art of Computer Programming, volume 2, algorithm 3.4.2 S.
        let (mut wanted, mut left) = (self.count, self.problem.weights());
        for chosen in self.scratch.iter_mut().take(left) {
            let take = T::from_usize(left) * uniform::<T, _>(&mut self.rng) < T::from_usize(wanted);
            *chosen = if take { T::ONE } else { T::ZERO };
            wanted = wanted.saturating_sub(usize::from(take));
            left = left.saturating_sub(1);
        }
    }

    /// Momentum is left as it is.
    fn velocity(
        &mut self,
        theta: &[T],
        t: T,
        _h: Option<T>,
        _momentum: &mut [T],
        velocity: &mut [T],
    ) -> Result<Stage<T>, Error> {
        let (n, count) = (self.problem.weights(), self.count);
        check_length(n, velocity.len())?;
        let (chosen, rest) = self.scratch.split_at_mut_checked(n).ok_or(Error::Size)?;
        let (row, rest) = rest.split_at_mut_checked(n).ok_or(Error::Size)?;
        let (part, rest) = rest.split_at_mut_checked(count).ok_or(Error::Size)?;
        let (eta, state) = rest.split_at_mut_checked(count).ok_or(Error::Size)?;
        let mut rows = LeastSquares::new(count, state)?;
        for point in 0..self.problem.points() {
            let value = self.problem.row(theta, t, point, row)?;
            // A rounded product may have left fewer than wanted: zeros, which no velocity has a part in.
            part.fill(T::ZERO);
            let of_chosen = row.iter().zip(&*chosen).filter(|(_, chosen)| **chosen != T::ZERO);
            part.iter_mut().zip(of_chosen).for_each(|(part, (&x, _))| *part = x);
            rows.add_row(part, value)?;
        }
        let stage = solve(&rows.factor(part)?, Method::Truncated(self.truncation), eta)?;
        velocity.fill(T::ZERO);
        let moving = velocity.iter_mut().zip(&*chosen).filter(|(_, chosen)| **chosen != T::ZERO);
        moving.zip(&*eta).for_each(|((velocity, _), &eta)| *velocity = eta);
        Ok(stage)
    }
}

/// Length of the scratch of [`Sketch`].
pub const fn sketch_scratch_len(weights: usize, count: usize) -> usize {
    let matrices =
        weights.saturating_mul(count).saturating_mul(2).saturating_add(count.saturating_mul(count));
    matrices.saturating_add(weights).saturating_add(count.saturating_mul(2))
}

/// Least squares in a random sketch of the range of J. Goes over the rows twice.
///
/// An orthonormal basis from a triangle loses digits with the condition of the sketch: in `f32` keep `count` near the rank that is
/// kept.
#[derive(Debug)]
pub struct Sketch<'a, P, G, T> {
    problem: P,
    count: usize,
    truncation: Truncation<T>,
    memory: Option<Momentum<T>>,
    rng: G,
    scratch: &'a mut [T],
}

impl<'a, T: Real, P: Problem<T>, G: Rng> Sketch<'a, P, G, T> {
    /// `scratch`: [`sketch_scratch_len`].
    ///
    /// # Errors
    /// [`Error::Setting`] unless `count` is from 1 to the number of weights; [`Error::Length`].
    pub fn new(
        problem: P,
        count: usize,
        truncation: Truncation<T>,
        memory: Option<Momentum<T>>,
        rng: G,
        scratch: &'a mut [T],
    ) -> Result<Self, Error> {
        check_count(count, problem.weights())?;
        check_length(sketch_scratch_len(problem.weights(), count), scratch.len())?;
        Ok(Self { problem, count, truncation, memory, rng, scratch })
    }

    /// The problem.
    pub fn problem(&mut self) -> &mut P {
        &mut self.problem
    }
}

impl<T: Real, P: Problem<T>, G: Rng> Flow<T> for Sketch<'_, P, G, T> {
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
        let (n, count) = (self.problem.weights(), self.count);
        check_length(n, velocity.len())?;
        let (row, rest) = self.scratch.split_at_mut_checked(n).ok_or(Error::Size)?;
        let (gamma, rest) = rest.split_at_mut_checked(n.saturating_mul(count)).ok_or(Error::Size)?;
        let (lines, rest) = rest.split_at_mut_checked(n.saturating_mul(count)).ok_or(Error::Size)?;
        let (r, rest) = rest.split_at_mut_checked(count.saturating_mul(count)).ok_or(Error::Size)?;
        let (sketched, along) = rest.split_at_mut_checked(count).ok_or(Error::Size)?;
        fill_gaussian(&mut self.rng, gamma);
        // J Γ = Q R.
        r.fill(T::ZERO);
        for point in 0..self.problem.points() {
            self.problem.row(theta, t, point, row)?;
            sketch(row, gamma, sketched);
            givens_qr::add_row(count, 0, r, &mut [], sketched, &mut []).map_err(refused)?;
        }
        let largest =
            r.iter().step_by(count.saturating_add(1)).fold(T::ZERO, |largest, x| largest.max(x.abs()));
        let noise = T::from_usize(count) * T::EPSILON * largest;
        // Qᵀ J and Qᵀ f, a row of Q at a time.
        lines.fill(T::ZERO);
        along.fill(T::ZERO);
        let mut square = T::ZERO;
        for point in 0..self.problem.points() {
            let value = self.problem.row(theta, t, point, row)?;
            sketch(row, gamma, sketched);
            orthonormal_row(r, noise, sketched);
            for ((line, along), &q) in lines.chunks_exact_mut(n.max(1)).zip(&mut *along).zip(&*sketched) {
                add_scaled(line, q, row);
                *along = along.mac(q, value);
            }
            square = square.mac(value, value);
        }
        let left = (square - dot(along, along)).max(T::ZERO);
        let factored = Factored::new(n, lines, along, left, sketched)?;
        let method = Method::Truncated(self.truncation);
        from_factored(&factored, method, self.memory, h, momentum, velocity, row)
    }
}

fn check_count(count: usize, weights: usize) -> Result<(), Error> {
    if (1..=weights).contains(&count) { Ok(()) } else { Err(Error::Setting { name: "count" }) }
}

/// `sketched ← Γᵀ row`, Γᵀ being stored by rows.
fn sketch<T: Real>(row: &[T], gamma: &[T], sketched: &mut [T]) {
    let mut lines = gamma.chunks_exact(row.len().max(1));
    for sketched in sketched {
        *sketched = lines.next().map_or(T::ZERO, |line| dot(line, row));
    }
}

/// `y ← y R⁻¹`: a row of Q. Directions whose pivot is rounding are left out.
fn orthonormal_row<T: Real>(r: &[T], noise: T, y: &mut [T]) {
    let mut y = y;
    for (k, line) in r.chunks_exact(y.len().max(1)).enumerate() {
        let (Some((head, tail)), Some((&pivot, r_tail))) =
            (y.split_first_mut(), line.get(k..).and_then(<[T]>::split_first))
        else {
            return;
        };
        *head = if pivot.abs() > noise { *head / pivot } else { T::ZERO };
        add_scaled(tail, -*head, r_tail);
        y = tail;
    }
}
