//! The law of the return of a policy on a grid.
//!
//! Where all rewards are multiples of the grid's step the law is exact. Others split their mass between two neighbours in
//! proportion: the mean stays right, the variance grows, and the error is at most half a step in W₁ for each stage
//! with such a reward (categorical dynamic programming; Bellemare, Dabney and Munos 2017).

use crate::Real;

use super::error::Error;
use super::law::Grid;
use super::model::Model;
use super::policy::Policy;
use super::walk::{Buffers, Row, follow, reward_range};

/// Values `(lowest + k)·step` for `k` in `0..count`.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Lattice<T> {
    /// The lowest value, in steps. At most 0, since the return after the last stage is 0.
    pub lowest: i32,
    /// Number of values.
    pub count: usize,
    /// Distance of neighbours.
    pub step: T,
}

impl<T: Real> Lattice<T> {
    /// The lattice that holds every return of a policy: `H·(max r − min r)/step` values, about.
    ///
    /// # Errors
    /// [`Error::Setting`] for a step that is not positive and finite; [`Error::Size`] if there are more than 2³¹ values;
    /// [`Error::Unavailable`].
    pub fn covering(
        model: &impl Model<T>,
        horizon: usize,
        policy: &impl Policy,
        step: T,
    ) -> Result<Self, Error> {
        let (low, high) = reward_range(model, horizon, policy)?;
        Self::between(low, high, horizon, step)
    }

    /// The lattice of all sums of up to H rewards between `low` and `high`.
    pub(super) fn between(low: T, high: T, horizon: usize, step: T) -> Result<Self, Error> {
        if !(step > T::ZERO && step.is_finite()) {
            return Err(Error::Setting { name: "step" });
        }
        let stages = T::from_usize(horizon);
        let lowest = stages * split(low / step).0.min(T::ZERO);
        let (whole, part) = split(high / step);
        let highest = stages * (if part > T::ZERO { whole + T::ONE } else { whole }).max(T::ZERO);
        let limit = T::from_f32(2_147_483_648.0);
        if !(lowest > -limit && highest < limit && highest - lowest < limit) {
            return Err(Error::Size);
        }
        let lowest = lowest.to_f64() as i32;
        let count = (highest.to_f64() - f64::from(lowest)) as usize;
        Ok(Self { lowest, count: count.saturating_add(1), step })
    }

    pub(super) fn check(&self) -> Result<(), Error> {
        if !(self.step > T::ZERO && self.step.is_finite()) {
            return Err(Error::Setting { name: "step" });
        }
        let zero = usize::try_from(self.lowest.unsigned_abs()).unwrap_or(usize::MAX);
        if self.lowest > 0 || zero >= self.count { Err(Error::Setting { name: "lowest" }) } else { Ok(()) }
    }
}

/// Largest multiple of the step not above a reward, in steps, and what is left, in [0, 1): 0 if it is rounding.
pub(super) fn split<T: Real>(reward_in_steps: T) -> (T, T) {
    let nearest = reward_in_steps.round();
    let tolerance = T::from_f32(64.0) * T::EPSILON * nearest.abs().max(T::ONE);
    if (reward_in_steps - nearest).abs() <= tolerance {
        return (nearest, T::ZERO);
    }
    let whole = reward_in_steps.floor();
    (whole, reward_in_steps - whole)
}

/// Length of the scratch of [`evaluate`].
pub const fn scratch_len(states: usize, count: usize) -> usize {
    states.saturating_mul(count).saturating_mul(2)
}

/// Laws of the return from each state.
#[derive(Clone, Copy, Debug)]
pub struct Laws<'a, T> {
    lattice: Lattice<T>,
    mass: &'a [T],
    bound: T,
}

impl<'a, T: Real> Laws<'a, T> {
    /// That of one state.
    ///
    /// # Errors
    /// [`Error::Size`] if there is no such state.
    pub fn of(&self, state: usize) -> Result<Grid<'a, T>, Error> {
        Grid::new(self.lattice.lowest, self.lattice.step, Row::new(self.lattice.count, self.mass).of(state))
    }

    /// No law is further from the true one than this, in W₁; 0 if all rewards were on the lattice.
    pub fn bound(&self) -> T {
        self.bound
    }
}

/// Laws of the return of `policy` on a lattice. Cost: a multiply-add for each stage, edge and value, two off the lattice.
///
/// ```
/// use reparam::horizon::categorical::{self, Lattice};
/// use reparam::horizon::model::ByEdge;
/// use reparam::horizon::{Law, Sparse};
///
/// // A coin that pays 1 for heads, ten times: the binomial law.
/// let coin = Sparse::new(1, 1, &[0u8, 2], &[0u8, 0], &[0.5, 0.5], ByEdge(&[0i8, 1]))?;
/// let lattice = Lattice::covering(&coin, 10, &|_, _| 0, 1.0)?;
/// let mut scratch = [0.0f64; categorical::scratch_len(1, 11)];
/// let laws = categorical::evaluate(&coin, 10, &|_, _| 0, lattice, &mut scratch)?;
/// assert_eq!(laws.bound(), 0.0);
/// assert!((laws.of(0)?.at_least(9.0) - 11.0 / 1024.0).abs() < 1e-15);
/// # Ok::<(), reparam::horizon::Error>(())
/// ```
///
/// # Errors
/// [`Error::Range`] if a return leaves the lattice; [`Error::Setting`], [`Error::Length`], [`Error::Size`],
/// [`Error::Unavailable`].
pub fn evaluate<'a, T: Real>(
    model: &impl Model<T>,
    horizon: usize,
    policy: &impl Policy,
    lattice: Lattice<T>,
    scratch: &'a mut [T],
) -> Result<Laws<'a, T>, Error> {
    lattice.check()?;
    let mut buffers = Buffers::new(model.states(), lattice.count, scratch)?;
    let zero = lattice.lowest.unsigned_abs() as usize;
    buffers.start(|law| {
        law.fill(T::ZERO);
        if let Some(mass) = law.get_mut(zero) {
            *mass = T::ONE;
        }
    });
    // Stages with a reward off the lattice.
    let (mut split_stages, mut split_stage) = (0usize, horizon);
    let mass = buffers.walk(horizon, |stage, state, next, law| {
        law.fill(T::ZERO);
        for edge in follow(model, policy, stage, state)? {
            let (whole, part) = split(edge.reward / lattice.step);
            if part > T::ZERO && split_stage != stage {
                split_stages = split_stages.saturating_add(1);
                split_stage = stage;
            }
            let out = Error::Range { stage, state };
            add(law, next.of(edge.next), whole, edge.probability * (T::ONE - part)).ok_or(out)?;
            if part > T::ZERO {
                add(law, next.of(edge.next), whole + T::ONE, edge.probability * part).ok_or(out)?;
            }
        }
        Ok(())
    })?;
    let bound = T::HALF * lattice.step * T::from_usize(split_stages);
    Ok(Laws { lattice, mass, bound })
}

/// Adds `weight·from`, moved by `shift` places; nothing if mass would leave the lattice.
fn add<T: Real>(to: &mut [T], from: &[T], shift: T, weight: T) -> Option<()> {
    let places =
        if shift.abs() < T::from_f32(2_147_483_648.0) { shift.abs().to_f64() as usize } else { usize::MAX };
    let (lost, kept, to) = if shift >= T::ZERO {
        let (kept, lost) = from.split_at_checked(from.len().saturating_sub(places))?;
        (lost, kept, to.get_mut(places.min(from.len())..)?)
    } else {
        let (lost, kept) = from.split_at_checked(places.min(from.len()))?;
        (lost, kept, to)
    };
    if lost.iter().any(|&m| m > T::ZERO) {
        return None;
    }
    to.iter_mut().zip(kept).for_each(|(to, &from)| *to = to.mac(weight, from));
    Some(())
}
