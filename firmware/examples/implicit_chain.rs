//! Values of the states of a process, learned on the device while samples stream by.
//!
//! A sample is a state and a return from it. Implicit values are those of a small process with learned transitions and rewards: a
//! sample solves an 11 × 11 system, and moves all of them. Explicit ones stand beside them: a sample moves one, and a state that
//! is never seen stays at 0. Without an export of yours the one in `exports/` is built in: a chain of 11 states, one of which
//! no sample begins in.
#![cfg_attr(target_os = "none", no_std, no_main)]

use core::hint::black_box;

use reparam::implicit::train::explicit_step;
use reparam::implicit::{Error, Implicit, OneHot, Stop};

kit::entry!(program);

/// Settings, and where learning begins.
#[allow(unreachable_pub)]
mod fit {
    include!(concat!(env!("REPARAM_EXPORT_IMPLICIT_CHAIN"), ".rs"));
}

/// The samples.
#[allow(unreachable_pub)]
mod inputs {
    include!(concat!(env!("REPARAM_EXPORT_IMPLICIT_CHAIN"), "_inputs.rs"));
}

use fit::{ETA, EXPLICIT_RATE, LOGITS, RATE, STATES};
use inputs::{BLOCK, RETURNS, STATE};

const BLOCKS: usize = STATE.len().div_ceil(BLOCK);

struct Values {
    implicit: Implicit<f32, STATES>,
    explicit: [f32; STATES],
}

fn program() {
    // `expect` would print the error, at the price of 40 kB of formatting.
    let Ok(implicit) = Implicit::from_parameters(LOGITS, [0.0; STATES], ETA) else {
        panic!("a start that the export did not check")
    };
    let mut values = Values { implicit, explicit: [0.0; STATES] };
    let mut losses = [0.0; BLOCKS];
    let mut instructions = Some(0);
    for ((states, returns), loss) in STATE.chunks(BLOCK).zip(RETURNS.chunks(BLOCK)).zip(&mut losses) {
        let (sum, count) = kit::count_instructions(|| learn(&mut values, states, returns));
        // A step that would diverge changes nothing.
        *loss = sum.unwrap_or(f32::INFINITY) / states.len() as f32;
        instructions = instructions.zip(count).map(|(sum, count)| sum + count);
    }
    let learned = values.implicit.values().unwrap_or([f32::NAN; STATES]);
    kit::values("loss", &losses);
    kit::values("implicit", &learned);
    kit::values("explicit", &values.explicit);
    if let Some(instructions) = instructions {
        let sample = instructions / STATE.len().max(1) as u64;
        kit::instructions("sample", sample);
        kit::log!(
            info,
            "{=u64} instructions a sample; loss {=f32}, then {=f32}",
            sample,
            losses.first().copied().unwrap_or_default(),
            losses.last().copied().unwrap_or_default()
        );
    }
    let (state, value) =
        (STATE.first().copied().unwrap_or_default(), RETURNS.first().copied().unwrap_or_default());
    kit::bench::call("step", || learn(&mut values, &[black_box(state)], &[black_box(value)]).is_ok());
}

/// A step for each sample; the sum of the implicit losses before them.
fn learn(values: &mut Values, states: &[u8], returns: &[f32]) -> Result<f32, Error> {
    let mut sum = 0.0;
    for (&state, &value) in states.iter().zip(returns) {
        let sample = || [(OneHot(usize::from(state)), value)];
        let mut scratch = [0.0; STATES];
        explicit_step(&mut values.explicit, sample(), EXPLICIT_RATE, &mut scratch, Stop::default())?;
        sum += values.implicit.step(sample(), RATE)?;
    }
    Ok(sum)
}
