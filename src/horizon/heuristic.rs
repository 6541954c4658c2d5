//! Planning stage by stage for any functional of the law: a heuristic.
//!
//! At each stage and state, take the action whose law of the return, followed by what was chosen before, has the best
//! functional. For the mean and exponential utility that is optimal. For every other functional that is continuous in W₁ it
//! is not (Marthe et al. 2023, theorem 2), quantiles and CVaR among them; [`target`](super::target) plans for CVaR exactly, over a
//! larger state. The result says which of the two it is.
//!
//! ```
//! use reparam::horizon::heuristic;
//! use reparam::horizon::law::Functional;
//! use reparam::horizon::model::ByEdge;
//! use reparam::horizon::quantile::{Cursor, Rule};
//! use reparam::horizon::{Law, Sparse};
//!
//! // From state 0 a coin leads to state 1, which may take 5 or toss for 4 or 100, or to state 2, which pays 100.
//! let model = Sparse::new(
//!     3, 2, &[0u8, 2, 2, 3, 5, 6, 6], &[1u8, 2, 0, 0, 0, 0], &[0.5, 0.5, 1.0, 0.5, 0.5, 1.0],
//!     ByEdge(&[0i8, 0, 5, 4, 100, 100]),
//! )?;
//! let mut scratch = [0.0f64; heuristic::scratch_len(3, 4)];
//! let mut cursors = [Cursor::EMPTY; 2];
//! let mut toss = false;
//! let plan = heuristic::plan(
//!     &model, 2, Functional::Cvar(0.5), Rule::BinMean, 4, &mut scratch, &mut cursors,
//!     |stage, state, action| toss |= (stage, state, action) == (1, 1, 1),
//! )?;
//! // 5 is better than the mean of the worse half of the toss, 4. But what counts is the law from state 0, where the
//! // toss would have given 52.
//! assert!(!plan.is_optimal() && !toss);
//! assert_eq!(plan.laws().of(0)?.cvar(0.5)?, 5.0);
//! # Ok::<(), reparam::horizon::Error>(())
//! ```
//!
//! Planning proper does not take such a functional:
//!
//! ```compile_fail
//! use reparam::horizon::law::Functional;
//! use reparam::horizon::plan::Settings;
//!
//! let settings = Settings::new(Functional::Cvar(0.5));
//! ```

use crate::Real;

use super::error::Error;
use super::law::{Functional, Quantiles};
use super::model::Model;
use super::plan::tie_tolerance;
use super::quantile::{Cursor, Laws, Rule, merge};
use super::walk::{Buffers, edges};

/// Length of the numbers in the scratch of [`plan`].
pub const fn scratch_len(states: usize, atoms: usize) -> usize {
    states.saturating_mul(2).saturating_add(1).saturating_mul(atoms)
}

/// What stage-by-stage planning came to.
#[derive(Clone, Copy, Debug)]
pub struct Heuristic<'a, T> {
    laws: Laws<'a, T>,
    optimal: bool,
}

impl<'a, T: Real> Heuristic<'a, T> {
    /// Whether no policy is better, up to the error of the laws: only for the mean and exponential utility.
    pub fn is_optimal(&self) -> bool {
        self.optimal
    }

    /// Laws of the return of the policy found, from each state; they do not bound their error.
    pub fn laws(&self) -> Laws<'a, T> {
        self.laws
    }
}

/// Plans for a functional, with laws of `atoms` atoms; `policy(stage, state, action)` hears each decision, last stage first.
/// Cost: that of [`quantile::evaluate`](super::quantile::evaluate) for all actions, and the functional of each law.
///
/// # Errors
/// [`Error::Length`], [`Error::Size`]; [`Error::Setting`] for a level outside (0, 1]; [`Error::NoAction`],
/// [`Error::NotFinite`].
#[expect(clippy::too_many_arguments, reason = "two kinds of scratch")]
pub fn plan<'a, T: Real>(
    model: &impl Model<T>,
    horizon: usize,
    functional: Functional<T>,
    rule: Rule,
    atoms: usize,
    scratch: &'a mut [T],
    cursors: &mut [Cursor<T>],
    mut policy: impl FnMut(usize, usize, usize),
) -> Result<Heuristic<'a, T>, Error> {
    super::error::check_length(scratch_len(model.states(), atoms), scratch.len())?;
    let (candidate, laws) = scratch.split_at_mut_checked(atoms).ok_or(Error::Size)?;
    let mut buffers = Buffers::new(model.states(), atoms, laws)?;
    buffers.start(|law| law.fill(T::ZERO));
    let values = buffers.walk(horizon, |stage, state, next, law| {
        let mut best: Option<(T, usize)> = None;
        for action in 0..model.actions() {
            let Ok(edges) = edges(model, stage, state, action) else { continue };
            merge(edges, next, rule, candidate, cursors)?;
            let Ok(of) = Quantiles::new(candidate) else { return Err(Error::NotFinite { stage, state }) };
            let score = functional.of(&of)?;
            if best.is_none_or(|(best, _)| score > best + tie_tolerance()) {
                best = Some((score, action));
                law.copy_from_slice(candidate);
            }
        }
        let (_, action) = best.ok_or(Error::NoAction { state })?;
        policy(stage, state, action);
        Ok(())
    })?;
    Ok(Heuristic { laws: Laws::new(atoms, values, T::INFINITY), optimal: functional.is_optimizable() })
}
