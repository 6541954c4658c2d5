//! A sparse echo path, identified on the device while the signals stream by.
//!
//! An adaptive filter hears what the loudspeaker plays and what the microphone picks up. Each sample it predicts the echo and
//! takes one normalized step: for `difference` two multiply-accumulates for the prediction and two for the step of each of
//! a tap's two numbers, one division a sample, nothing stored but the taps and the last inputs. Without an export of yours
//! the one in `exports/` is built in: half a second of noise at 8 kHz and its echo, 128 taps.
#![cfg_attr(target_os = "none", no_std, no_main)]

use core::hint::black_box;

use reparam::diagonal::rule::{
    Difference, Exponentiated, Floored, HyperbolicEntropy, Linear, Product, Proportionate,
};
use reparam::diagonal::{Filter, Rule, Step};

kit::entry!(program);

/// The filter, and the response that the host has found with it.
#[allow(unreachable_pub)]
mod fit {
    include!(concat!(env!("REPARAM_EXPORT_DIAGONAL_ECHO"), ".rs"));
}

/// The signals.
#[allow(unreachable_pub)]
mod inputs {
    include!(concat!(env!("REPARAM_EXPORT_DIAGONAL_ECHO"), "_inputs.rs"));
}

use fit::{INPUT_GAIN, METHOD, OUTPUT_GAIN, RATE, REGULARIZATION, RESPONSE, SETTINGS, START, TAPS};
use inputs::{BLOCK, SIGNALS};

/// Samples in a second.
const RATE_OF_SIGNALS: u64 = 8000;
const BLOCKS: usize = SIGNALS.len().div_ceil(BLOCK);

fn program() {
    // The one that is exported is what the linker keeps.
    match METHOD {
        0 => listen(Ok(Linear)),
        1 => listen(Proportionate::new(TAPS, SETTINGS[0], SETTINGS[1])),
        2 => listen(Ok(Product)),
        3 => listen(Ok(Difference)),
        4 => listen(Floored::new(SETTINGS[0])),
        5 => listen(Ok(Exponentiated)),
        _ => listen(HyperbolicEntropy::new(SETTINGS[0])),
    }
}

fn listen<R: Rule<f32>>(rule: Result<R, reparam::diagonal::Error>) {
    let step = Step::Normalized { rate: RATE, regularization: REGULARIZATION };
    let filter = rule.and_then(|rule| Filter::<f32, R, TAPS>::new(rule, step, START[0], START[1]));
    // `expect` would print the error, at the price of 40 kB of formatting.
    let Ok(mut filter) = filter else { panic!("settings that the export did not check") };

    let (mut errors, mut misalignments) = ([0.0; BLOCKS], [0.0; BLOCKS]);
    let mut instructions = Some(0);
    for ((block, error), misalignment) in SIGNALS.chunks(BLOCK).zip(&mut errors).zip(&mut misalignments) {
        let (relative, count) = kit::count_instructions(|| hear(&mut filter, block));
        *error = relative;
        *misalignment = distance(&filter.weights());
        instructions = instructions.zip(count).map(|(sum, count)| sum + count);
    }
    kit::values("relative_error", &errors);
    kit::values("misalignment", &misalignments);
    kit::values("response", &filter.weights());
    if let Some(instructions) = instructions {
        let sample = instructions / SIGNALS.len().max(1) as u64;
        kit::instructions("sample", sample);
        kit::instructions("second_at_8_khz", sample * RATE_OF_SIGNALS);
        kit::log!(
            info,
            "{=u64} instructions a sample, {=u64} a second at 8 kHz; relative error {=f32}, then {=f32}",
            sample,
            sample * RATE_OF_SIGNALS,
            errors.first().copied().unwrap_or_default(),
            errors.last().copied().unwrap_or_default()
        );
    }
    let [input, output] = SIGNALS.first().copied().unwrap_or_default();
    kit::bench::call("step_of_the_filter", || filter.step(black_box(input), black_box(output)));
}

/// Squared error before each step over squared output, summed over a block of samples.
fn hear<R: Rule<f32>>(filter: &mut Filter<f32, R, TAPS>, block: &[[f32; 2]]) -> f32 {
    let (mut square, mut power) = (0.0, 0.0);
    for &[input, output] in block {
        let output = OUTPUT_GAIN * output;
        // A sample that is not finite changes nothing.
        if let Ok(report) = filter.step(INPUT_GAIN * input, output) {
            square += report.error * report.error;
            power += output * output;
        }
    }
    square / power
}

/// Squared distance to the response that the host has found, over its square.
fn distance(weights: &[f32; TAPS]) -> f32 {
    let (mut square, mut power) = (0.0, 0.0);
    for (weight, response) in weights.iter().zip(&RESPONSE) {
        square += (weight - response) * (weight - response);
        power += response * response;
    }
    square / power
}
