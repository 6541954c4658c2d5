use reparam::horizon::law::{Functional, Law, Quantiles};
use reparam::horizon::model::Q16;
use reparam::horizon::plan::{self, Backup, Settings};
use reparam::horizon::quantile::{self, Cursor, Rule};
use reparam::horizon::{Flash, Model, Risk, moments};

use crate::Status;
use crate::memory::{len, reference, slice, slice_mut, store, stored};
use crate::status::status;

/// Size of a model in units of 8 bytes.
pub const REPARAM_HORIZON_MODEL_WORDS: usize = 28;

/// Most outcomes of one action of a model whose laws are asked for.
pub const REPARAM_HORIZON_LAW_EDGES: usize = 64;

/// The mean.
pub const REPARAM_HORIZON_MEAN: u32 = 0;
/// -1/b log E exp(-b Z), `setting` is b.
pub const REPARAM_HORIZON_ENTROPIC: u32 = 1;
/// The smallest value that is reached with probability `setting`: value at risk.
pub const REPARAM_HORIZON_QUANTILE: u32 = 2;
/// The mean of the worst share `setting` of outcomes: conditional value at risk.
pub const REPARAM_HORIZON_CVAR: u32 = 3;
/// Entropic value at risk of level `setting`.
pub const REPARAM_HORIZON_EVAR: u32 = 4;
/// The probability of at least `setting`.
pub const REPARAM_HORIZON_AT_LEAST: u32 = 5;
/// The mean minus `setting` times the variance.
pub const REPARAM_HORIZON_MEAN_VARIANCE: u32 = 6;

/// First word of a model that was initialised.
const INITIALISED: u64 = 0x93c7_1e55_d04b_68a9;

/// A Markov decision process whose tables were checked. It keeps the pointers to the tables, which must stay as they are.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct reparam_horizon_model {
    /// Not for use.
    pub opaque: [u64; REPARAM_HORIZON_MODEL_WORDS],
}

/// Checks tables and makes a model of them. Row `state * actions + action` has the outcomes `row_ptr[row]` to
/// `row_ptr[row + 1] - 1`; an action without any is not available. Outcome k leads to state `col[k]` with probability
/// `(prob[k] + 1) / 65536` and pays `reward[k]`. `row_ptr` has `states * actions + 1` elements, the others have `edges`.
/// Fails with REPARAM_STATUS_FORM for tables that are no process: probabilities that do not add up to 1, states that do
/// not exist or have no action, pointers that do not ascend from 0 to `edges`.
#[allow(clippy::too_many_arguments)]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn reparam_horizon_model_init(
    model: *mut reparam_horizon_model,
    states: usize,
    actions: usize,
    edges: usize,
    row_ptr: *const u16,
    col: *const u8,
    prob: *const u16,
    reward: *const i8,
) -> Status {
    status(|| {
        let pointers = len(states, actions)?.checked_add(1).ok_or(Status::Size)?;
        // SAFETY: the header's contract; `Q16` is a transparent `u16`.
        let (model, row_ptr, col, prob, reward) = unsafe {
            (
                reference(model)?,
                slice(row_ptr, pointers)?,
                slice(col, edges)?,
                slice(prob.cast::<Q16>(), edges)?,
                slice(reward, edges)?,
            )
        };
        let [mark, rest @ ..] = &mut model.opaque;
        *mark = 0;
        const { assert!(size_of::<Flash<'_>>() <= 8 * (REPARAM_HORIZON_MODEL_WORDS - 1), "too few words") };
        store(rest, Flash::new(states, actions, row_ptr, col, prob, reward)?)?;
        *mark = INITIALISED;
        Ok(())
    })
}

/// The model in the caller's memory.
///
/// # Safety
/// The header's contract.
unsafe fn flash(model: *mut reparam_horizon_model) -> Result<Flash<'static>, Status> {
    // SAFETY: the header's contract.
    let model = unsafe { reference(model)? };
    let [mark, rest @ ..] = &mut model.opaque;
    if *mark != INITIALISED {
        return Err(Status::NotInitialised);
    }
    // SAFETY: marked after this type was stored; the tables stay as they are by the header's contract.
    Ok(*unsafe { stored::<Flash<'static>>(rest) })
}

macro_rules! horizon {
    ($t:ident: $step:ident, $solve:ident, $moments:ident, $law:ident, $functional:ident) => {
        /// Decides one stage. `value` holds what each state is worth at the next stage (after the last one 0, or what the
        /// caller says) and gets what it is worth at this one; `actions` gets the best actions, of equally good ones the
        /// lowest. `risk` is b of -1/b log E exp(-b Z), 0 for the mean; it may be another for another solution. Rewards
        /// count discount^stage, stages from 0. All have `states` elements, `scratch` too. Fails with
        /// REPARAM_STATUS_NOT_FINITE if values leave the range.
        #[allow(clippy::too_many_arguments)]
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $step(
            model: *mut reparam_horizon_model,
            stage: usize,
            risk: $t,
            discount: $t,
            value: *mut $t,
            actions: *mut u8,
            scratch: *mut $t,
        ) -> Status {
            status(|| {
                // SAFETY: the header's contract.
                let model = unsafe { flash(model)? };
                let states = Model::<$t>::states(&model);
                // SAFETY: the header's contract.
                let (value, actions, scratch) = unsafe {
                    (slice_mut(value, states)?, slice_mut(actions, states)?, slice_mut(scratch, states)?)
                };
                scratch.iter_mut().zip(&*value).for_each(|(to, &from)| *to = from);
                let settings = Settings { discount, ..Settings::new(Risk::Entropic(risk)) };
                let mut chosen = actions.iter_mut();
                let mut policy = |_state: usize, action: usize| {
                    if let Some(chosen) = chosen.next() {
                        *chosen = action as u8;
                    }
                };
                Backup::new(&model, stage, settings, scratch)?.states(0, value, &mut policy)?;
                Ok(())
            })
        }

        /// Decides `horizon` stages. `value` gets what each state is worth at the first one, `policy` the best action at
        /// `policy[stage * states + state]`: `horizon * states` elements. `scratch` has `2 * states`. The rest is as for
        /// one stage.
        #[allow(clippy::too_many_arguments)]
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $solve(
            model: *mut reparam_horizon_model,
            horizon: usize,
            risk: $t,
            discount: $t,
            value: *mut $t,
            policy: *mut u8,
            scratch: *mut $t,
        ) -> Status {
            status(|| {
                // SAFETY: the header's contract.
                let model = unsafe { flash(model)? };
                let states = Model::<$t>::states(&model);
                // SAFETY: the header's contract.
                let (value, policy, scratch) = unsafe {
                    (
                        slice_mut(value, states)?,
                        slice_mut(policy, len(horizon, states)?)?,
                        slice_mut(scratch, plan::scratch_len(states))?,
                    )
                };
                let settings = Settings { discount, ..Settings::new(Risk::Entropic(risk)) };
                let solved = plan::solve(&model, horizon, settings, scratch, |stage, state, action| {
                    if let Some(chosen) = policy.get_mut(stage.wrapping_mul(states).wrapping_add(state)) {
                        *chosen = action as u8;
                    }
                })?;
                value.iter_mut().zip(solved).for_each(|(to, &from)| *to = from);
                Ok(())
            })
        }

        /// Mean, variance and third central moment of the return of a policy from each state: `moments` has `3 * states`
        /// elements, `policy` has `horizon * states`, `scratch` has `6 * states`. Fails with REPARAM_STATUS_FORM if the
        /// policy takes an action that is not available.
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $moments(
            model: *mut reparam_horizon_model,
            horizon: usize,
            policy: *const u8,
            moments: *mut $t,
            scratch: *mut $t,
        ) -> Status {
            status(|| {
                // SAFETY: the header's contract.
                let model = unsafe { flash(model)? };
                let states = Model::<$t>::states(&model);
                // SAFETY: the header's contract.
                let (policy, out, scratch) = unsafe {
                    (
                        slice(policy, len(horizon, states)?)?,
                        slice_mut(moments, len(3, states)?)?,
                        slice_mut(scratch, moments::central_scratch_len(states))?,
                    )
                };
                let policy = table(policy, states);
                let found = moments::central(&model, horizon, &policy, scratch)?;
                out.iter_mut().zip(found).for_each(|(to, &from)| *to = from);
                Ok(())
            })
        }

        /// The law of the return of a policy from one state as `atoms` values of equal probability, ascending, into
        /// `law`: each is the mean of its share. No law is further than `bound` from the true one in W1. `policy` has
        /// `horizon * states` elements, `scratch` has `2 * states * atoms`. Fails with REPARAM_STATUS_SIZE for actions of
        /// more than REPARAM_HORIZON_LAW_EDGES outcomes.
        #[allow(clippy::too_many_arguments)]
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $law(
            model: *mut reparam_horizon_model,
            horizon: usize,
            policy: *const u8,
            state: usize,
            atoms: usize,
            law: *mut $t,
            bound: *mut $t,
            scratch: *mut $t,
        ) -> Status {
            status(|| {
                // SAFETY: the header's contract.
                let model = unsafe { flash(model)? };
                let states = Model::<$t>::states(&model);
                // SAFETY: the header's contract.
                let (policy, law, bound, scratch) = unsafe {
                    (
                        slice(policy, len(horizon, states)?)?,
                        slice_mut(law, atoms)?,
                        reference(bound)?,
                        slice_mut(scratch, len(len(states, atoms)?, 2)?)?,
                    )
                };
                let mut cursors = [Cursor::EMPTY; REPARAM_HORIZON_LAW_EDGES];
                let policy = table(policy, states);
                let rule = Rule::BinMean;
                let laws = quantile::evaluate(&model, horizon, &policy, rule, atoms, scratch, &mut cursors)?;
                law.iter_mut().zip(laws.of(state)?.values()).for_each(|(to, &from)| *to = from);
                *bound = laws.bound();
                Ok(())
            })
        }

        /// A functional of a law of `atoms` values of equal probability, ascending: one of REPARAM_HORIZON_... with its
        /// `setting`. Planning is for the first two alone; for the others it would be wrong stage by stage.
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $functional(
            functional: u32,
            setting: $t,
            atoms: usize,
            law: *const $t,
            result: *mut $t,
        ) -> Status {
            status(|| {
                // SAFETY: the header's contract.
                let (law, result) = unsafe { (slice(law, atoms)?, reference(result)?) };
                let functional = match functional {
                    REPARAM_HORIZON_MEAN => Functional::Mean,
                    REPARAM_HORIZON_ENTROPIC => Functional::Entropic(setting),
                    REPARAM_HORIZON_QUANTILE => Functional::Quantile(setting),
                    REPARAM_HORIZON_CVAR => Functional::Cvar(setting),
                    REPARAM_HORIZON_EVAR => Functional::Evar(setting),
                    REPARAM_HORIZON_AT_LEAST => Functional::AtLeast(setting),
                    REPARAM_HORIZON_MEAN_VARIANCE => Functional::MeanVariance(setting),
                    _ => return Err(Status::Setting),
                };
                let of = Quantiles::new(law)?;
                *result = functional.of(&of as &Quantiles<'_, $t>)?;
                if result.is_finite() && of.mean().is_finite() { Ok(()) } else { Err(Status::NotFinite) }
            })
        }
    };
}

/// A table of bytes as a policy.
fn table(bytes: &[u8], states: usize) -> impl Fn(usize, usize) -> usize + '_ {
    move |stage, state| {
        bytes.get(stage.wrapping_mul(states).wrapping_add(state)).map_or(usize::MAX, |&a| usize::from(a))
    }
}

horizon!(f32: reparam_horizon_step_f32, reparam_horizon_solve_f32, reparam_horizon_moments_f32,
    reparam_horizon_law_f32, reparam_horizon_functional_f32);
horizon!(f64: reparam_horizon_step_f64, reparam_horizon_solve_f64, reparam_horizon_moments_f64,
    reparam_horizon_law_f64, reparam_horizon_functional_f64);
