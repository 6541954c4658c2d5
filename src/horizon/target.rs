//! Exact planning for CVaR and for the probability of a threshold.
//!
//! Neither obeys a recursion over states alone. Over pairs of a state and what is still to be earned, g, both do (Bäuerle and Ott
//! 2011): `W(x, g) = min_a E W′(x′, g − r)` with `W = max(g, 0)` after the last stage is the least expected shortfall, and
//! `CVaR = max over g of g − W(x₀, g)/level`; with the indicator of g ≤ 0, and the maximum, it is `P(Z ≥ g)`. The best
//! action depends on stage, state and g. All rewards must be multiples of a step: g then lives on a [`Lattice`].

use crate::Real;

use super::categorical::{Lattice, split};
use super::error::{Error, check_level};
use super::model::Model;
use super::walk::{Buffers, Row, edges};

/// What is optimized.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Objective {
    /// E max(g − Z, 0), to be small: for CVaR.
    Shortfall,
    /// P(Z ≥ g), to be large.
    Reach,
}

/// The lattice of targets that `plan` needs: it covers the returns of every policy. Cost: a visit of every edge and
/// stage.
///
/// # Errors
/// [`Error::Setting`] for a step that is not positive and finite, [`Error::Size`] for too many targets.
pub fn covering<T: Real>(model: &impl Model<T>, horizon: usize, step: T) -> Result<Lattice<T>, Error> {
    let (low, high) = reward_range(model, horizon);
    Lattice::between(low, high, horizon, step)
}

/// Length of the scratch of [`plan`].
pub const fn scratch_len(states: usize, targets: usize) -> usize {
    states.saturating_mul(targets).saturating_mul(2)
}

/// W at the first stage.
#[derive(Clone, Copy, Debug)]
pub struct Targets<'a, T> {
    lattice: Lattice<T>,
    objective: Objective,
    values: &'a [T],
}

impl<T: Real> Targets<'_, T> {
    /// Optimal CVaR from a state, and the target g to set out with. Ties: the lowest target.
    ///
    /// # Errors
    /// [`Error::Setting`] for a level outside (0, 1], or if the objective was another; [`Error::Size`] if there is no such
    /// state.
    pub fn cvar(&self, state: usize, level: T) -> Result<(T, T), Error> {
        check_level(level)?;
        if self.objective != Objective::Shortfall {
            return Err(Error::Setting { name: "objective" });
        }
        let mut best: Option<(T, T)> = None;
        for (k, &shortfall) in self.row(state).iter().enumerate() {
            let target = self.target(k);
            let value = target - shortfall / level;
            if best.is_none_or(|(best, _)| value > best + tolerance(best)) {
                best = Some((value, target));
            }
        }
        best.ok_or(Error::Size)
    }

    /// Largest probability, from a state, of a return of at least `threshold`, which is rounded up to the lattice: no return lies
    /// between.
    ///
    /// # Errors
    /// [`Error::Setting`] if the objective was another or `threshold` is NaN; [`Error::Size`] if there is no such state.
    pub fn reach(&self, state: usize, threshold: T) -> Result<T, Error> {
        if self.objective != Objective::Reach {
            return Err(Error::Setting { name: "objective" });
        }
        let row = self.row(state);
        let (whole, part) = split(threshold / self.lattice.step);
        let place = whole - T::from_f64(f64::from(self.lattice.lowest));
        let place = if part > T::ZERO { place + T::ONE } else { place };
        if threshold.is_nan() {
            return Err(Error::Setting { name: "threshold" });
        }
        if row.is_empty() {
            return Err(Error::Size);
        }
        if place < T::ZERO {
            return Ok(T::ONE);
        }
        Ok(row.get(place.to_f64() as usize).copied().unwrap_or_default())
    }

    /// W of a state, target by target.
    pub fn row(&self, state: usize) -> &[T] {
        Row::new(self.lattice.count, self.values).of(state)
    }

    /// The k-th target.
    pub fn target(&self, k: usize) -> T {
        (T::from_f64(f64::from(self.lattice.lowest)) + T::from_usize(k)) * self.lattice.step
    }
}

/// Solves for all states and targets; `policy(stage, state, k, action)` hears each decision, last stage first, with the
/// number k of the target on the lattice.
///
/// Cost: a multiply-add for each stage, edge and target.
///
/// ```
/// use reparam::horizon::Sparse;
/// use reparam::horizon::model::ByEdge;
/// use reparam::horizon::target::{self, Objective};
///
/// // From state 0 a coin leads to state 1, which may take 5 or toss for 4 or 100, or to state 2, which pays 100.
/// let model = Sparse::new(
///     3, 2, &[0u8, 2, 2, 3, 5, 6, 6], &[1u8, 2, 0, 0, 0, 0], &[0.5, 0.5, 1.0, 0.5, 0.5, 1.0],
///     ByEdge(&[0i8, 0, 5, 4, 100, 100]),
/// )?;
/// let lattice = target::covering(&model, 2, 1.0)?;
/// let mut scratch = vec![0.0f64; target::scratch_len(3, lattice.count)];
/// let mut toss = false;
/// let targets = target::plan(&model, 2, Objective::Shortfall, lattice, &mut scratch, |stage, state, k, action| {
///     toss |= stage == 1 && state == 1 && k == 100 && action == 1;
/// })?;
/// // From state 1 on its own the toss is worse, 4 instead of 5. Seen from state 0 it is better: 52.
/// assert_eq!(targets.cvar(0, 0.5)?, (52.0, 100.0));
/// assert!(toss);
/// # Ok::<(), reparam::horizon::Error>(())
/// ```
///
/// # Errors
/// [`Error::OffLattice`]; [`Error::Range`] unless the lattice covers all returns, see [`covering`];
/// [`Error::Setting`], [`Error::Length`], [`Error::Size`], [`Error::NoAction`].
pub fn plan<'a, T: Real>(
    model: &impl Model<T>,
    horizon: usize,
    objective: Objective,
    lattice: Lattice<T>,
    scratch: &'a mut [T],
    mut policy: impl FnMut(usize, usize, usize, usize),
) -> Result<Targets<'a, T>, Error> {
    lattice.check()?;
    let (low, high) = reward_range(model, horizon);
    let needed = Lattice::between(low, high, horizon, lattice.step)?;
    let top = |l: &Lattice<T>| i64::from(l.lowest).saturating_add(i64::try_from(l.count).unwrap_or(i64::MAX));
    if needed.lowest < lattice.lowest || top(&needed) > top(&lattice) {
        return Err(Error::Range { stage: 0, state: 0 });
    }
    let mut buffers = Buffers::new(model.states(), lattice.count, scratch)?;
    buffers.start(|row| {
        for (k, w) in row.iter_mut().enumerate() {
            let target = (T::from_f64(f64::from(lattice.lowest)) + T::from_usize(k)) * lattice.step;
            *w = match objective {
                Objective::Shortfall => target.max(T::ZERO),
                Objective::Reach if target <= T::ZERO => T::ONE,
                Objective::Reach => T::ZERO,
            };
        }
    });
    let values = buffers.walk(horizon, |stage, state, next, row| {
        for (block, row) in row.chunks_mut(BLOCK).enumerate() {
            let first = block.wrapping_mul(BLOCK);
            let mut best: [Option<(T, usize)>; BLOCK] = [None; BLOCK];
            for action in 0..model.actions() {
                let Ok(edges) = edges(model, stage, state, action) else { continue };
                let mut sums = [T::ZERO; BLOCK];
                for edge in edges {
                    let (whole, part) = split(edge.reward / lattice.step);
                    if part > T::ZERO {
                        return Err(Error::OffLattice { state, action });
                    }
                    let next = next.of(edge.next);
                    for (k, (sum, _)) in (first..).zip(sums.iter_mut().zip(&*row)) {
                        let after = after(next, k, whole, objective, lattice.step);
                        *sum = sum.mac(edge.probability, after);
                    }
                }
                for (best, sum) in best.iter_mut().zip(sums) {
                    let score = if objective == Objective::Reach { sum } else { -sum };
                    if best.is_none_or(|(best, _)| score > best + tolerance(best)) {
                        *best = Some((score, action));
                    }
                }
            }
            for (k, (w, best)) in (first..).zip(row.iter_mut().zip(best)) {
                let (score, action) = best.ok_or(Error::NoAction { state })?;
                *w = score.abs();
                policy(stage, state, k, action);
            }
        }
        Ok(())
    })?;
    Ok(Targets { lattice, objective, values })
}

/// Targets for which an edge is looked at once.
const BLOCK: usize = 16;

/// W of the successor at target `k − shift`: off the lattice the target is met, or out of reach.
#[inline(always)]
fn after<T: Real>(row: &[T], k: usize, shift: T, objective: Objective, step: T) -> T {
    let place = T::from_usize(k) - shift;
    if place < T::ZERO {
        return if objective == Objective::Reach { T::ONE } else { T::ZERO };
    }
    let index = place.to_f64() as usize;
    match (row.get(index), row.last()) {
        (Some(&w), _) => w,
        (None, Some(&top)) if objective == Objective::Shortfall => {
            top.mac(step, T::from_usize(index.saturating_sub(row.len().saturating_sub(1))))
        }
        _ => T::ZERO,
    }
}

/// Differences below this are a tie.
fn tolerance<T: Real>(value: T) -> T {
    (T::from_f32(4.0) * T::EPSILON * value.abs()).max(T::from_f32(1e-12))
}

/// Smallest and largest reward of any outcome of any action.
fn reward_range<T: Real>(model: &impl Model<T>, horizon: usize) -> (T, T) {
    let (mut low, mut high) = (T::ZERO, T::ZERO);
    for stage in 0..horizon {
        for state in 0..model.states() {
            for action in 0..model.actions() {
                for edge in edges(model, stage, state, action).into_iter().flatten() {
                    low = low.min(edge.reward);
                    high = high.max(edge.reward);
                }
            }
        }
    }
    (low, high)
}
