//! An identified response with all that a device needs to identify it again: what `-o FILE.json` writes and
//! `reparam deploy` reads.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::filters::{Method, Setup};
use crate::report::json;
use crate::{Error, Result};

const MAKE: &str = "make it anew with `reparam diagonal identify … --method NAME -o FIT.json`";

/// A filter, its settings, and the response that it has found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Fit {
    /// `"diagonal"`.
    pub system: String,
    /// Version of the program that made it.
    pub version: String,
    /// The filter.
    pub method: Method,
    /// Share of the error that a step removes.
    pub rate: f64,
    /// α: effective initialisation for signals of power 1.
    pub init: f64,
    /// Floor of `floored`, likewise.
    pub floor: f64,
    /// a of `ipnlms`.
    pub proportion: f64,
    /// Part of Σ a²·gain at the start that bounds the step.
    pub regularization: f64,
    /// Root mean square of the input, which the filter divides by.
    pub input_level: f64,
    /// Root mean square of the output, likewise.
    pub output_level: f64,
    /// Samples heard.
    pub samples: usize,
    /// Samples per second, if a file said so.
    pub sample_rate: Option<u32>,
    /// Seed of what was random.
    pub seed: Option<u64>,
    /// Error over output at the end, in dB.
    pub error_end_db: f64,
    /// Distance to the true response over it at the end, in dB, where it is known.
    pub misalignment_end_db: Option<f64>,
    /// The impulse response, in units of the output for one of the input.
    pub response: Vec<f64>,
}

impl Fit {
    /// Reads and checks what [`write`](Self::write) wrote.
    pub fn read(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let fit: Self = json::read(
            path,
            "an identified response (written by `reparam diagonal identify --method NAME -o FIT.json`)",
        )?;
        let bad = |what: String| {
            Error::failed(format!("not an identified response: {what}")).file(path).remedy(MAKE)
        };
        let positive = [
            ("rate", fit.rate),
            ("init", fit.init),
            ("floor", fit.floor),
            ("regularization", fit.regularization),
            ("input_level", fit.input_level),
            ("output_level", fit.output_level),
        ];
        if let Some((name, value)) = positive.into_iter().find(|(_, x)| !(*x > 0.0 && x.is_finite())) {
            return Err(bad(format!("{name} is {value}, not a positive number")));
        }
        if let Some(tap) = fit.response.iter().position(|w| !w.is_finite()) {
            return Err(bad(format!("response[{tap}] is {}", fit.response[tap])));
        }
        if fit.response.iter().all(|&w| w == 0.0) {
            return Err(bad("the response is zero".into()));
        }
        Ok(fit)
    }

    /// Writes it, whole or not at all.
    pub fn write(&self, path: impl AsRef<Path>) -> Result<()> {
        json::write(path, self)
    }

    /// The settings of its filter.
    pub fn setup(&self) -> Setup {
        Setup {
            taps: self.response.len(),
            rate: self.rate,
            init: self.init,
            floor: self.floor,
            proportion: self.proportion,
            regularization: self.regularization,
        }
    }
}
