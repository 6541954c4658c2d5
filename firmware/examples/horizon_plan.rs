//! A device that plans for itself: backward induction over a model in flash, its aversion to risk switched at run time.
//!
//! The model takes four bytes an edge, the values of two stages eight bytes a state, the decisions of all stages two bits
//! each if there are up to four actions. Without an export of yours the one in `exports/` is built in: a sensor node that lives on
//! harvested energy, 36 states, four duties, the 24 hours of a day.
#![cfg_attr(target_os = "none", no_std, no_main)]

use core::hint::black_box;

use reparam::horizon::model::Q16;
use reparam::horizon::plan::{self, Settings};
use reparam::horizon::{Error, Flash, Packed, Risk, policy, solve};

kit::entry!(program);

/// The process.
#[allow(unreachable_pub)]
mod fit {
    include!(concat!(env!("REPARAM_EXPORT_HORIZON_PLAN"), ".rs"));
}

use fit::{ACTIONS, COL, PROB, REWARD, RISKS, ROW_PTR, STAGES, STATES, UNIT};

/// Words of the decisions.
const WORDS: usize = policy::words(STAGES, STATES, ACTIONS);

/// The probabilities by their type; the compiler copies them.
static PROBABILITIES: [Q16; PROB.len()] = {
    let (mut typed, mut k) = ([Q16(0); PROB.len()], 0);
    while k < PROB.len() {
        typed[k] = Q16(PROB[k]);
        k += 1;
    }
    typed
};

fn program() {
    // `expect` would print the error, at the price of 40 kB of formatting.
    let Ok(model) = Flash::new(STATES, ACTIONS, &ROW_PTR, &COL, &PROBABILITIES, &REWARD) else {
        panic!("a model that the export did not check")
    };
    let mut values = [[0.0; STATES]; RISKS.len()];
    let mut words = [[0; WORDS]; RISKS.len()];
    for ((&b, values), words) in RISKS.iter().zip(&mut values).zip(&mut words) {
        if plan(&model, b, values, words).is_err() {
            panic!("values beyond the range of f32")
        }
        values.iter_mut().for_each(|value| *value *= UNIT);
    }
    kit::values("value", values.as_flattened());
    kit::values("policy", words.as_flattened());
    let (mut value, mut decisions) = ([0.0; STATES], [0; WORDS]);
    kit::bench::call("plan_mean", || plan(&model, black_box(0.0), &mut value, &mut decisions).is_ok());
    let b = RISKS.last().copied().unwrap_or_default();
    kit::bench::call("plan_last_risk", || plan(&model, black_box(b), &mut value, &mut decisions).is_ok());
}

/// Values of the first stage, decisions of all.
fn plan(model: &Flash, b: f32, values: &mut [f32; STATES], words: &mut [u32; WORDS]) -> Result<(), Error> {
    let mut scratch = [0.0; plan::scratch_len(STATES)];
    let mut decisions = Packed::new(STAGES, STATES, ACTIONS, words)?;
    let found = solve(model, STAGES, Settings::new(Risk::Entropic(b)), &mut scratch, |h, x, a| {
        decisions.set(h, x, a)
    })?;
    values.copy_from_slice(found);
    Ok(())
}
