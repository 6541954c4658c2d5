//! Backward walk over the stages of a policy, with two buffers of so many numbers a state.

use crate::Real;

use super::error::{Error, check_length};
use super::model::{Edge, Model};
use super::policy::Policy;

/// Numbers of all states at one stage.
pub(super) struct Buffers<'a, T> {
    width: usize,
    now: &'a mut [T],
    next: &'a mut [T],
}

impl<'a, T: Real> Buffers<'a, T> {
    /// `width` numbers for each state, twice.
    pub(super) fn new(states: usize, width: usize, scratch: &'a mut [T]) -> Result<Self, Error> {
        if width == 0 || states == 0 {
            return Err(Error::Size);
        }
        let half = states.checked_mul(width).ok_or(Error::Size)?;
        check_length(half.checked_mul(2).ok_or(Error::Size)?, scratch.len())?;
        let (now, next) = scratch.split_at_mut_checked(half).ok_or(Error::Size)?;
        Ok(Self { width, now, next })
    }

    /// Sets the numbers after the last stage, the same for each state.
    pub(super) fn start(&mut self, set: impl Fn(&mut [T])) {
        self.now.chunks_exact_mut(self.width.max(1)).for_each(set);
    }

    /// From the last stage to the first: `back(stage, state, numbers of all states at the next stage, numbers of this
    /// state)`. Returns those of the first stage.
    pub(super) fn walk(
        self,
        horizon: usize,
        mut back: impl FnMut(usize, usize, Row<'_, T>, &mut [T]) -> Result<(), Error>,
    ) -> Result<&'a mut [T], Error> {
        let Self { width, mut now, mut next } = self;
        for stage in (0..horizon).rev() {
            core::mem::swap(&mut now, &mut next);
            for (state, numbers) in now.chunks_exact_mut(width.max(1)).enumerate() {
                back(stage, state, Row::new(width, next), numbers)?;
            }
        }
        Ok(now)
    }
}

/// The numbers of all states.
#[derive(Clone, Copy)]
pub(super) struct Row<'a, T> {
    width: usize,
    numbers: &'a [T],
}

impl<'a, T> Row<'a, T> {
    /// Of so many numbers a state.
    pub(super) fn new(width: usize, numbers: &'a [T]) -> Self {
        Self { width, numbers }
    }

    /// Those of one state.
    #[inline(always)]
    pub(super) fn of(self, state: usize) -> &'a [T] {
        let start = state.wrapping_mul(self.width);
        self.numbers.get(start..).and_then(|tail| tail.get(..self.width)).unwrap_or_default()
    }
}

/// Edges of the action that the policy takes, each with its whole reward; an error if there are none.
#[inline(always)]
pub(super) fn edges<'m, T: Real, M: Model<T>>(
    model: &'m M,
    stage: usize,
    state: usize,
    action: usize,
) -> Result<impl Iterator<Item = Edge<T>> + use<'m, T, M>, Error> {
    let pays = model.reward(stage, state, action);
    let mut edges = model.edges(stage, state, action).peekable();
    if edges.peek().is_none() {
        return Err(Error::Unavailable { stage, state, action });
    }
    Ok(edges
        .map(move |edge| Edge { reward: if M::EDGE_REWARDS { pays + edge.reward } else { pays }, ..edge }))
}

/// As [`edges`], of the policy's action.
#[inline(always)]
pub(super) fn follow<'m, T: Real, M: Model<T>, P: Policy>(
    model: &'m M,
    policy: &P,
    stage: usize,
    state: usize,
) -> Result<impl Iterator<Item = Edge<T>> + use<'m, T, M, P>, Error> {
    edges(model, stage, state, policy.action(stage, state))
}

/// Smallest and largest reward of any outcome that the policy can meet, in any stage and state.
pub(super) fn reward_range<T: Real>(
    model: &impl Model<T>,
    horizon: usize,
    policy: &impl Policy,
) -> Result<(T, T), Error> {
    let (mut low, mut high) = (T::INFINITY, -T::INFINITY);
    for stage in 0..horizon {
        for state in 0..model.states() {
            for edge in follow(model, policy, stage, state)? {
                low = low.min(edge.reward);
                high = high.max(edge.reward);
            }
        }
    }
    Ok(if horizon == 0 { (T::ZERO, T::ZERO) } else { (low, high) })
}
