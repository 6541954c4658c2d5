//! Actions that cannot be best for some stages are left out of them.
//!
//! In a process that does not depend on the stage, let Δ and δ be the largest and the smallest change of a state's value from
//! one stage to the one before. Means and exponential utility are monotone and pass constants through, so every action's value
//! changes by something from δ to Δ at the next stage, g·δ to g·Δ with a discount: an action whose value is below the best one's
//! by more than the sum of the Δ − δ since then is not best (Hastings 1976). Values and policies are those without it: as much
//! as rounding and the tolerance for ties may come to is left as a margin.

use reparam::Real;
use reparam::horizon::plan::Backup;
use reparam::horizon::{Error, Model};

/// More actions than these are not pruned: the kept ones are bits of a word.
const MOST_ACTIONS: usize = 64;
/// Actions that are worse by up to so many times the last Δ − δ are kept.
const ALLOWANCE: f32 = 4.0;
/// Stages after which states with several kept actions look at all of them again.
const REVISIT: usize = 8;

/// What is known of one state.
#[derive(Clone, Copy, Debug)]
pub struct Kept<T> {
    /// Its value at the stage decided last.
    value: T,
    /// The drift at which an action that is left out may be best.
    wake: T,
    /// The actions that may be best before, as bits.
    actions: u64,
}

impl<T: Real> Kept<T> {
    /// Before the first solution of a stage: worth nothing after the last stage, all actions.
    pub fn start() -> Self {
        Self { value: T::ZERO, wake: -T::INFINITY, actions: 0 }
    }
}

/// Smallest and largest value of all states, and of its change.
#[derive(Clone, Copy, Debug)]
pub struct Extremes<T> {
    value: [T; 2],
    change: [T; 2],
}

impl<T: Real> Extremes<T> {
    /// Of no state.
    pub fn none() -> Self {
        let none = [T::INFINITY, -T::INFINITY];
        Self { value: none, change: none }
    }

    /// Of the states of both.
    pub fn merge(self, other: Self) -> Self {
        // None is NaN.
        let least = |x, y| if y < x { y } else { x };
        let most = |x, y| if y > x { y } else { x };
        let merge = |x: [T; 2], y: [T; 2]| [least(x[0], y[0]), most(x[1], y[1])];
        Self { value: merge(self.value, other.value), change: merge(self.change, other.change) }
    }
}

/// What is known of all states.
#[derive(Clone, Debug)]
pub struct Pruning<T> {
    /// Number of actions.
    actions: usize,
    discount: T,
    /// Bound on the rounding error of an action's value, over the largest value or reward.
    rounding: T,
    largest_reward: T,
    tolerance: T,
    /// Sum of Δ − δ.
    drift: T,
    allowance: T,
    margin: T,
    stages: usize,
}

impl<T: Real> Pruning<T> {
    /// For a process of so many actions whose rows have up to `longest` edges; nothing if there is nothing to leave out.
    pub fn new(actions: usize, longest: usize, largest_reward: T, discount: T, tolerance: T) -> Option<Self> {
        (2..=MOST_ACTIONS).contains(&actions).then(|| Self {
            actions,
            discount,
            rounding: T::from_usize(4 * (longest + 16)) * T::EPSILON,
            largest_reward,
            tolerance: T::from_usize(actions) * tolerance,
            drift: T::ZERO,
            allowance: T::INFINITY,
            margin: T::INFINITY,
            stages: 0,
        })
    }

    /// Decides states of one stage, as `Backup::states`, and learns from it.
    pub fn states<M: Model<T>>(
        &self,
        backup: &mut Backup<'_, M, T>,
        first: usize,
        values: &mut [T],
        kept: &mut [Kept<T>],
        actions: &mut [u16],
    ) -> Result<Extremes<T>, Error> {
        let mut extremes = Extremes::none();
        let revisit = self.stages.is_multiple_of(REVISIT);
        for (k, ((value, kept), chosen)) in values.iter_mut().zip(kept).zip(actions).enumerate() {
            let state = first + k;
            let awake = self.drift >= kept.wake || revisit && !kept.actions.is_power_of_two();
            let candidates = if awake { self.look(backup, state, kept) } else { kept.actions };
            let (best, action) = backup.among(state, Bits(candidates))?;
            let change = best - kept.value;
            (*value, kept.value, *chosen) = (best, best, action as u16);
            extremes = extremes.merge(Extremes { value: [best; 2], change: [change; 2] });
        }
        Ok(extremes)
    }

    /// Looks at all actions of a state: those that may be best now.
    #[cold]
    #[inline(never)]
    fn look<M: Model<T>>(&self, backup: &mut Backup<'_, M, T>, state: usize, kept: &mut Kept<T>) -> u64 {
        let mut worth = [T::ZERO; MOST_ACTIONS];
        let worth = &mut worth[..self.actions];
        backup.worth(state, worth);
        let top = worth.iter().copied().fold(-T::INFINITY, T::max);
        let all = u64::MAX >> (64 - self.actions);
        kept.wake = -T::INFINITY;
        if !(top - self.margin).is_finite() || worth.iter().any(|q| q.is_nan()) {
            return all;
        }
        let (mut now, mut later, mut next) = (0, 0, -T::INFINITY);
        for (action, &q) in worth.iter().enumerate() {
            let below = top - q;
            now |= u64::from(below <= self.margin) << action;
            later |= u64::from(below <= self.margin + self.allowance) << action;
            next = if below <= self.margin + self.allowance { next } else { next.max(q) };
        }
        kept.actions = later;
        if later != all {
            kept.wake = self.drift + (top - next - self.margin);
        }
        now
    }

    /// After a stage.
    pub fn stage(&mut self, extremes: &Extremes<T>) {
        let [low, high] = extremes.value;
        let rounding = self.rounding * (self.largest_reward + high.max(-low));
        let [least, most] = extremes.change;
        let span = self.discount * (most - least) + rounding;
        self.drift += span;
        self.allowance = T::from_f32(ALLOWANCE) * span;
        self.margin = self.tolerance + rounding;
        self.stages += 1;
    }
}

/// The bits that are set, ascending.
#[derive(Clone)]
struct Bits(u64);

impl Iterator for Bits {
    type Item = usize;
    fn next(&mut self) -> Option<usize> {
        let bit = self.0.trailing_zeros() as usize;
        self.0 &= self.0.wrapping_sub(1);
        (bit < 64).then_some(bit)
    }
}
