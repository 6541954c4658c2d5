//! Values, for the program `implicit_chain`: the start and the settings are exported, and the target learns the values of all
//! states from samples that stream by.

use reparam::Real;
use reparam_runner::Words;

use super::Request;
use super::artifact::{Artifact, Constant, Output, Values, to_f32};
use crate::implicit::estimator::Model;
use crate::implicit::fit::{Fit, Learner, samples};
use crate::{Error, Result};

/// Program of the firmware.
const PROGRAM: &str = "implicit_chain";
/// Samples between the points of the curve.
const BLOCK: usize = 50;
/// A step takes 20 bytes of stack for each pair of states.
const LARGEST: usize = 32;

/// The artifact of values.
pub(super) fn export(request: &Request) -> Result<Artifact> {
    let fit = Fit::read(request.fit)?;
    let n = fit.states;
    if n > LARGEST {
        return Err(Error::failed(format!("{n} states"))
            .file(request.fit)
            .remedy(format!("the target takes {LARGEST}: put states together")));
    }
    let mut stream = match request.data {
        Some(path) => samples(path, request.table, fit.base)?,
        None => fit.samples.clone(),
    };
    stream.truncate(request.samples);
    if let Some(&(state, _)) = stream.iter().find(|&&(state, _)| state >= n) {
        let file = request.data.unwrap_or(request.fit);
        let what = format!("state {}: the fit has {n}", state + fit.base as usize);
        return Err(Error::failed(what).file(file).remedy("fit with more --states"));
    }
    let narrow = |field: &str, values: &[f64]| to_f32(field, values).map_err(|e| e.file(request.fit));
    let start = Model::<f64>::near_identity(n, fit.eta)?;
    let logits = narrow("logits", start.logits())?;
    let settings = narrow("settings", &[fit.eta, fit.step, fit.explicit_step])?;
    let (states, returns): (Vec<usize>, Vec<f64>) = stream.iter().copied().unzip();
    let returns = narrow("returns", &returns)?;
    let small: Vec<(usize, f32)> = states.iter().copied().zip(returns.iter().copied()).collect();
    let model = Model::new(logits.clone(), vec![0.0; n], settings[0])?;
    let found = learned(Learner::new(model, [settings[1], settings[2]]), &small)?;
    let exact = learned(Learner::new(start, [fit.step, fit.explicit_step]), &stream)?;
    let names: Vec<String> = (0..n).map(|state| format!("x{}", state + fit.base as usize)).collect();
    let output = |name, columns: &[String], host: Vec<f32>, reference| Output {
        name,
        columns: columns.to_vec(),
        items: Vec::new(),
        host: Words::F32(host),
        reference,
    };
    let scalar = |name, doc: &str, value: f32| Constant::array(name, doc, &[], Values::F32(vec![value]));
    let seen = (0..n).filter(|state| states.contains(state)).count();
    Ok(Artifact {
        system: "implicit",
        name: request.name.clone(),
        title: format!("Values of {n} states as those of a learned process"),
        source: request.source(),
        seed: None,
        facts: vec![("states that samples begin in".into(), seen as f64)],
        constants: vec![
            Constant::size("states", "States.", n),
            scalar("eta", "Discount of the learned process.", settings[0]),
            scalar("rate", "Step size of implicit values.", settings[1]),
            scalar("explicit_rate", "Step size of explicit values.", settings[2]),
            Constant::array(
                "logits",
                "Logits of the transitions at the start. Rewards are 0 there.",
                &[n, n],
                Values::F32(logits),
            ),
        ],
        inputs: vec![
            Constant::array(
                "state",
                "State of each sample, from 0.",
                &[states.len()],
                Values::U8(states.iter().map(|&state| state as u8).collect()),
            ),
            Constant::array("returns", "Return from it.", &[returns.len()], Values::F32(returns)),
            Constant::size("block", "Samples between two points of the curve.", BLOCK),
        ],
        program: PROGRAM,
        outputs: vec![
            output("loss", &[format!("of {BLOCK} samples")], found.losses, exact.losses),
            output("implicit", &names, found.implicit, exact.implicit),
            output("explicit", &names, found.explicit, exact.explicit),
        ],
    })
}

/// What learning comes to.
struct Found<T> {
    losses: Vec<T>,
    implicit: Vec<T>,
    explicit: Vec<T>,
}

/// What the program of the firmware does, in any precision.
fn learned<T: Real>(mut learner: Learner<T>, stream: &[(usize, T)]) -> Result<Found<T>> {
    let failed = |e: reparam::implicit::Error| Error::failed(e.to_string());
    let mut losses = Vec::new();
    for (block, samples) in stream.chunks(BLOCK).enumerate() {
        let mut sum = T::ZERO;
        for (index, &(state, value)) in samples.iter().enumerate() {
            let sample = block * BLOCK + index + 1;
            sum += learner.step(state, value).map_err(|e| Error::failed(format!("sample {sample}: {e}")))?;
        }
        losses.push(sum / T::from_usize(samples.len()));
    }
    let implicit = learner.model.values().map_err(failed)?.to_vec();
    Ok(Found { losses, implicit, explicit: learner.explicit })
}
