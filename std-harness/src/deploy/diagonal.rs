//! Identified responses, for the program `diagonal_echo`: the filter and its settings are exported, and the response that
//! the host has found; the target identifies it again from signals that stream by.

use reparam::Real;
use reparam::diagonal::filter::{push, window};
use reparam::diagonal::rule::weights;
use reparam::diagonal::{Rule, step};
use reparam::random::{SplitMix64, gaussian};
use reparam_runner::Words;

use super::Request;
use super::artifact::{Artifact, Constant, Output, Values, to_f32};
use crate::data::read_table;
use crate::diagonal::identify::filters::{Setup, Visit};
use crate::diagonal::identify::fit::Fit;
use crate::diagonal::identify::signal::convolve;
use crate::{Error, Result};

/// Program of the firmware.
const PROGRAM: &str = "diagonal_echo";
/// Samples between the points of the curves.
const BLOCK: usize = 100;
/// Noise below the output where signals are made up: 30 dB.
const NOISE: f64 = 0.031_622_776_601_683_79;

/// The artifact of an identified response.
pub(super) fn export(request: &Request) -> Result<Artifact> {
    let fit = Fit::read(request.fit)?;
    let (setup, taps) = (fit.setup(), fit.response.len());
    let signals = signals(&fit, request)?;
    let narrow = |field: &str, values: &[f64]| to_f32(field, values).map_err(|e| e.file(request.fit));

    // In the filter both signals have power 1.
    let unit = fit.input_level / fit.output_level;
    let response: Vec<f64> = fit.response.iter().map(|w| unit * w).collect();
    let gains = [1.0 / fit.input_level, 1.0 / fit.output_level];
    let small = Listening {
        setup: &setup,
        gains: [narrow("1/input_level", &gains[..1])?[0], narrow("1/output_level", &gains[1..])?[0]],
        response: &narrow("response", &response)?,
        signals: &to_f32("signals", &signals)?,
    };
    let exact = Listening { setup: &setup, gains, response: &response, signals: &signals };
    let settings: [f32; 2] = fit.method.settings(&setup);
    let found = fit.method.visit::<f32, _>(&setup, small).map_err(|e| e.file(request.fit))?;
    let reference = fit.method.visit::<f64, _>(&setup, exact).map_err(|e| e.file(request.fit))?;

    let output = |name, column: &str, host: Vec<f32>, reference| Output {
        name,
        columns: vec![column.into()],
        items: Vec::new(),
        host: Words::F32(host),
        reference,
    };
    let scalar = |name, doc: &str, value: f32| Constant::array(name, doc, &[], Values::F32(vec![value]));
    let mut facts = vec![("error over output of the host's run, dB".into(), fit.error_end_db)];
    facts.extend(fit.misalignment_end_db.map(|level| ("its misalignment, dB".into(), level)));
    Ok(Artifact {
        system: "diagonal",
        name: request.name.clone(),
        title: format!("Adaptive filter of {taps} taps ({})", fit.method.name()),
        source: request.source(),
        seed: fit.seed,
        facts,
        constants: vec![
            Constant::size("taps", "Taps: length of the response in samples.", taps),
            Constant::size(
                "method",
                "How taps move: 0 nlms, 1 ipnlms, 2 product, 3 difference, 4 floored, 5 eg, 6 hypentropy.",
                fit.method as usize,
            ),
            Constant::array(
                "settings",
                "Of ipnlms proportion and regularization, of floored the floor, of hypentropy the scale.",
                &[2],
                Values::F32(settings.into()),
            ),
            Constant::array(
                "start",
                "u and v of every tap at the start.",
                &[2],
                Values::F32(found.start.into()),
            ),
            scalar("rate", "Share of the error that a step removes.", found.rate),
            scalar("regularization", "Bounds the step on silent input.", found.regularization),
            scalar("input_gain", "Brings the input to power 1.", small.gains[0]),
            scalar("output_gain", "Brings the output to power 1.", small.gains[1]),
            Constant::array(
                "response",
                "The response that the host has found, between both signals of power 1. Times input_gain/output_gain \
                 it is that between the signals as they come.",
                &[taps],
                Values::F32(small.response.to_vec()),
            ),
        ],
        inputs: vec![
            Constant::array(
                "signals",
                "Input and output, sample by sample.",
                &[signals.len() / 2, 2],
                Values::F32(small.signals.to_vec()),
            ),
            Constant::size("block", "Samples between two points of the curves.", BLOCK),
        ],
        program: PROGRAM,
        outputs: vec![
            output("relative_error", "of 100 samples", found.errors, reference.errors),
            output("misalignment", "after 100 samples", found.misalignments, reference.misalignments),
            output("response", "tap", found.response, reference.response),
        ],
    })
}

/// What the program of the firmware does, in any precision.
#[derive(Clone, Copy)]
struct Listening<'a, T> {
    setup: &'a Setup,
    /// Of input and output.
    gains: [T; 2],
    response: &'a [T],
    /// Input and output by turns.
    signals: &'a [T],
}

/// What it comes to.
struct Found<T> {
    start: [T; 2],
    rate: T,
    regularization: T,
    errors: Vec<T>,
    misalignments: Vec<T>,
    response: Vec<T>,
}

impl<T: Real> Visit<T> for Listening<'_, T> {
    type Output = Found<T>;

    fn visit<R: Rule<T>>(self, mut rule: R, (u, v): (T, T)) -> Result<Found<T>> {
        let failed = |e: reparam::diagonal::Error| Error::failed(e.to_string());
        let taps = self.setup.taps;
        let size = self.setup.step(&rule, (u, v))?;
        let step::Step::Normalized { rate, regularization } = size else {
            return Err(Error::failed("the steps of a device are normalized"));
        };
        let mut found = Found {
            start: [u, v],
            rate,
            regularization,
            errors: Vec::new(),
            misalignments: Vec::new(),
            response: vec![T::ZERO; taps],
        };
        let (mut u, mut v) = (vec![u; taps], vec![v; taps]);
        let (mut delay, mut position) = (vec![T::ZERO; 2 * taps], 0);
        for block in self.signals.chunks(2 * BLOCK) {
            let (mut square, mut power) = (T::ZERO, T::ZERO);
            for (n, pair) in block.chunks_exact(2).enumerate() {
                let (input, output) = (self.gains[0] * pair[0], self.gains[1] * pair[1]);
                position = push(&mut delay, position, input);
                let a = window(&delay, position, taps);
                let report = step::step(&mut rule, size, &mut u, &mut v, a, output).map_err(|e| {
                    let sample = found.errors.len() * BLOCK + n + 1;
                    Error::failed(format!("sample {sample}: {e}"))
                })?;
                square += report.error * report.error;
                power += output * output;
            }
            found.errors.push(square / power);
            weights(&rule, &u, &v, &mut found.response).map_err(failed)?;
            found.misalignments.push(distance(&found.response, self.response));
        }
        Ok(found)
    }
}

fn distance<T: Real>(weights: &[T], response: &[T]) -> T {
    let (mut square, mut power) = (T::ZERO, T::ZERO);
    for (&weight, &response) in weights.iter().zip(response) {
        square += (weight - response) * (weight - response);
        power += response * response;
    }
    square / power
}

/// Input and output by turns: the first samples of the table, two columns. Without a table, noise through the response.
fn signals(fit: &Fit, request: &Request) -> Result<Vec<f64>> {
    let Some(path) = request.data else {
        let mut rng = SplitMix64::new(fit.seed.unwrap_or(1));
        let input: Vec<f64> =
            (0..request.samples).map(|_| fit.input_level * gaussian::<f64, _>(&mut rng)).collect();
        let output = convolve(&input, &fit.response);
        let noisy = output.iter().map(|y| y + NOISE * fit.output_level * gaussian::<f64, _>(&mut rng));
        return Ok(input.iter().copied().zip(noisy).flat_map(|(x, y)| [x, y]).collect());
    };
    let table = read_table(path, request.table)?;
    if table.cols() != 2 {
        let what = format!("{} columns, expected two: input and output", table.cols());
        return Err(Error::failed(what).file(path).remedy("choose the columns with --columns"));
    }
    let signals: Vec<f64> = table.values.into_iter().take(2 * request.samples).collect();
    // Errors are compared with the output, block by block.
    for (index, block) in signals.chunks(2 * BLOCK).enumerate() {
        if block.iter().skip(1).step_by(2).all(|&y| y == 0.0) {
            let what = format!("the output is silent from sample {} on", index * BLOCK + 1);
            return Err(Error::failed(what)
                .file(path)
                .remedy(format!("leave out blocks of {BLOCK} silent samples")));
        }
    }
    Ok(signals)
}
