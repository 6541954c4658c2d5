//! The law of the return of a policy as N equal atoms.
//!
//! Each stage mixes and shifts the laws of the successors and projects the result back onto N atoms (quantile dynamic
//! programming, Marthe et al. 2023, section 3, after Rowland et al. 2019). A projection moves at most range/(2N) in
//! W₁, mixing and shifting nothing, and ranges grow by Δr a stage: after H stages the error is at most `Δr·H(H + 1)/(4N)`,
//! `Δr·H(H − 1)/(4N)` if rewards do not depend on what follows. The constant is sharp. Each functional that is L-Lipschitz in W₁
//! is off by at most L times that: 1 for the mean, 1/level for CVaR.
//!
//! [`Rule::BinMean`] keeps the mean exactly, and on lattices of rewards, where cumulative probabilities tie with levels, it
//! is several times nearer to the truth than [`Rule::Midpoint`]; both obey the bound.

use core::slice::IterMut;

use crate::Real;

use super::error::Error;
use super::law::{Quantiles, rounding};
use super::model::{Edge, Model};
use super::policy::Policy;
use super::walk::{Buffers, Row, follow, reward_range};

/// How a law becomes N atoms.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Rule {
    /// Atom i is the mean of the i-th N-th of the law.
    #[default]
    BinMean,
    /// Atom i is the quantile of level (2i − 1)/(2N), the published rule.
    Midpoint,
}

/// A place in the atoms of one successor: scratch of the merge.
#[derive(Clone, Copy, Debug)]
pub struct Cursor<T> {
    /// Value of the next atom.
    value: T,
    /// Weight of each atom, in N-ths.
    weight: T,
    /// Reward on the way.
    reward: T,
    state: usize,
    atom: usize,
}

impl<T: Real> Cursor<T> {
    /// To fill scratch with.
    pub const EMPTY: Self = Self { value: T::ZERO, weight: T::ZERO, reward: T::ZERO, state: 0, atom: 0 };
}

/// Length of the numbers in the scratch of [`evaluate`].
pub const fn scratch_len(states: usize, atoms: usize) -> usize {
    states.saturating_mul(atoms).saturating_mul(2)
}

/// Largest number of edges of one row at stages `0..stages`: the number of cursors that [`evaluate`] needs at most.
pub fn cursors<T: Real>(model: &impl Model<T>, stages: usize) -> usize {
    let mut most = 0;
    for stage in 0..stages {
        for state in 0..model.states() {
            for action in 0..model.actions() {
                most = most.max(model.edges(stage, state, action).count());
            }
        }
    }
    most
}

/// Laws of the return from each state.
#[derive(Clone, Copy, Debug)]
pub struct Laws<'a, T> {
    atoms: usize,
    values: &'a [T],
    bound: T,
}

impl<'a, T: Real> Laws<'a, T> {
    pub(super) fn new(atoms: usize, values: &'a [T], bound: T) -> Self {
        Self { atoms, values, bound }
    }

    /// That of one state.
    ///
    /// # Errors
    /// [`Error::Size`] if there is no such state.
    pub fn of(&self, state: usize) -> Result<Quantiles<'a, T>, Error> {
        Quantiles::new(Row::new(self.atoms, self.values).of(state))
    }

    /// No law is further from the true one than this, in W₁, rounding aside.
    pub fn bound(&self) -> T {
        self.bound
    }
}

/// Laws of the return of `policy`, `atoms` atoms each. Cost: about `H·edges·atoms·log₂(successors)` comparisons.
///
/// ```
/// use reparam::horizon::model::ByEdge;
/// use reparam::horizon::quantile::{self, Cursor, Rule};
/// use reparam::horizon::{Law, Sparse};
///
/// // A coin that pays 1 for heads, ten times.
/// let coin = Sparse::new(1, 1, &[0u8, 2], &[0u8, 0], &[0.5, 0.5], ByEdge(&[0i8, 1]))?;
/// let mut scratch = [0.0f64; quantile::scratch_len(1, 50)];
/// let mut cursors = [Cursor::EMPTY; 2];
/// let laws = quantile::evaluate(&coin, 10, &|_, _| 0, Rule::BinMean, 50, &mut scratch, &mut cursors)?;
/// assert_eq!(laws.bound(), 0.55);
/// let law = laws.of(0)?;
/// assert!((law.mean() - 5.0).abs() < 1e-12 && (law.variance() - 2.5).abs() < 0.1);
/// # Ok::<(), reparam::horizon::Error>(())
/// ```
///
/// # Errors
/// [`Error::Length`] also for too few cursors; [`Error::Size`]; [`Error::Unavailable`]; [`Error::NotFinite`].
pub fn evaluate<'a, T: Real>(
    model: &impl Model<T>,
    horizon: usize,
    policy: &impl Policy,
    rule: Rule,
    atoms: usize,
    scratch: &'a mut [T],
    cursors: &mut [Cursor<T>],
) -> Result<Laws<'a, T>, Error> {
    let mut buffers = Buffers::new(model.states(), atoms, scratch)?;
    let bound = bound(model, horizon, policy, atoms)?;
    buffers.start(|law| law.fill(T::ZERO));
    let values = buffers.walk(horizon, |stage, state, next, law| {
        merge(follow(model, policy, stage, state)?, next, rule, law, cursors)?;
        if law.iter().all(|x| x.is_finite()) { Ok(()) } else { Err(Error::NotFinite { stage, state }) }
    })?;
    Ok(Laws::new(atoms, values, bound))
}

/// `Δr·H(H ± 1)/(4N)`.
fn bound<T: Real>(
    model: &impl Model<T>,
    horizon: usize,
    policy: &impl Policy,
    atoms: usize,
) -> Result<T, Error> {
    let (low, high) = reward_range(model, horizon, policy)?;
    let mut random = false;
    for stage in 0..horizon {
        for state in 0..model.states() {
            let mut edges = follow(model, policy, stage, state)?;
            let first = edges.next().map(|edge| edge.reward);
            random |= edges.any(|edge| Some(edge.reward) != first);
        }
    }
    let stages = T::from_usize(horizon);
    let other = if random { stages + T::ONE } else { stages - T::ONE };
    Ok((high - low) * stages * other.max(T::ZERO) / (T::from_f32(4.0) * T::from_usize(atoms)))
}

/// Mixes the shifted laws of the successors and projects the mixture.
pub(super) fn merge<T: Real>(
    edges: impl Iterator<Item = Edge<T>>,
    next: Row<'_, T>,
    rule: Rule,
    law: &mut [T],
    cursors: &mut [Cursor<T>],
) -> Result<(), Error> {
    let (mut used, available) = (0usize, cursors.len());
    for edge in edges {
        let first = next.of(edge.next).first().copied().unwrap_or(T::NAN);
        if let Some(cursor) = cursors.get_mut(used) {
            let (reward, weight, state) = (edge.reward, edge.probability, edge.next);
            *cursor = Cursor { value: reward + first, weight, reward, state, atom: 0 };
        }
        used = used.saturating_add(1);
    }
    let heap = cursors.get_mut(..used).ok_or(Error::Length { expected: used, found: available })?;
    for k in (0..used / 2).rev() {
        sift_down(heap, k);
    }
    let mut projector = Projector::new(rule, law);
    let mut heap = heap;
    while let Some(top) = heap.first_mut() {
        projector.push(top.value, top.weight);
        top.atom = top.atom.saturating_add(1);
        if let Some(&value) = next.of(top.state).get(top.atom) {
            top.value = top.reward + value;
        } else {
            // This successor is used up: the last one takes its place.
            let Some((&mut last, rest)) = heap.split_last_mut() else { break };
            if let Some(top) = rest.first_mut() {
                *top = last;
            }
            heap = rest;
        }
        sift_down(heap, 0);
    }
    projector.finish();
    Ok(())
}

/// Restores the order of a heap, smallest value first, below one place.
fn sift_down<T: Real>(heap: &mut [Cursor<T>], mut place: usize) {
    let Some(&moving) = heap.get(place) else { return };
    loop {
        let left = place.saturating_mul(2).saturating_add(1);
        let (Some(&first), second) = (heap.get(left), heap.get(left.saturating_add(1))) else { break };
        let (child, smaller) = match second {
            Some(&second) if second.value < first.value => (left.saturating_add(1), second),
            _ => (left, first),
        };
        if moving.value <= smaller.value {
            break;
        }
        if let Some(hole) = heap.get_mut(place) {
            *hole = smaller;
        }
        place = child;
    }
    if let Some(hole) = heap.get_mut(place) {
        *hole = moving;
    }
}

/// Turns ascending weighted values into atoms of weight 1; the weights add up to the number of atoms.
struct Projector<'a, T> {
    rule: Rule,
    atoms: IterMut<'a, T>,
    /// Weight that has passed, or is in the bin.
    passed: T,
    /// Level of the next atom.
    level: T,
    sum: T,
    /// Smallest value in the bin.
    first: T,
    last: T,
    tolerance: T,
}

impl<'a, T: Real> Projector<'a, T> {
    fn new(rule: Rule, law: &'a mut [T]) -> Self {
        let tolerance = rounding::<T>() * T::from_usize(law.len());
        let (atoms, zero) = (law.iter_mut(), T::ZERO);
        Self { rule, atoms, passed: zero, level: T::HALF, sum: zero, first: zero, last: zero, tolerance }
    }

    fn push(&mut self, value: T, weight: T) {
        self.last = value;
        match self.rule {
            Rule::Midpoint => {
                self.passed += weight;
                while self.level <= self.passed + self.tolerance {
                    let Some(atom) = self.atoms.next() else { return };
                    *atom = value;
                    self.level += T::ONE;
                }
            }
            Rule::BinMean => {
                let mut left = weight;
                while left > T::ZERO {
                    if self.passed == T::ZERO {
                        self.first = value;
                    }
                    let take = left.min(T::ONE - self.passed);
                    self.sum = self.sum.mac(take, value);
                    self.passed += take;
                    left -= take;
                    if self.passed + self.tolerance < T::ONE || !self.emit() {
                        return;
                    }
                }
            }
        }
    }

    /// Closes a bin; false if there are no more.
    fn emit(&mut self) -> bool {
        // Rounding must not carry the mean out of the bin, or the atoms would not ascend.
        let mean = (self.sum / self.passed).max(self.first).min(self.last);
        (self.sum, self.passed) = (T::ZERO, T::ZERO);
        self.atoms.next().map(|atom| *atom = mean).is_some()
    }

    /// Rounding may have left atoms open.
    fn finish(mut self) {
        if self.rule == Rule::BinMean && self.passed > T::ZERO {
            self.emit();
        }
        let last = self.last;
        self.atoms.for_each(|atom| *atom = last);
    }
}
