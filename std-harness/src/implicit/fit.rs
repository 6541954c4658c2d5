//! `reparam implicit fit`: values from a stream of samples, one step a sample, explicit and implicit side by side.

use std::path::{Path, PathBuf};

use clap::Args;
use reparam::Real;
use reparam::implicit::train::explicit_step;
use reparam::implicit::{Error as Refused, OneHot, Stop};
use serde::{Deserialize, Serialize};

use super::estimator::Model;
use super::failed;
use super::sweep::discount;
use crate::arguments::{check_files, positive};
use crate::context::Context;
use crate::data::{TableOptions, read_table};
use crate::report::json;
use crate::report::table::{Table, number};
use crate::{Error, Result, interrupt};

const MAKE: &str = "make it anew with `reparam implicit fit SAMPLES.csv -o FIT.json`";

/// `reparam implicit fit`.
#[derive(Args, Debug, Clone)]
pub struct FitOptions {
    /// Samples in the order in which they come: two columns, a state and a return from it
    #[arg(value_name = "SAMPLES.csv")]
    file: PathBuf,
    #[command(flatten)]
    table: TableOptions,
    /// Number of the first state
    #[arg(long, value_name = "0|1", default_value_t = 0, value_parser = clap::value_parser!(u32).range(0..=1))]
    base: u32,
    /// Number of states. Without it: up to the largest in the samples
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=2000))]
    states: Option<u32>,
    /// Discount of the learned process
    #[arg(long, value_name = "ETA", default_value_t = 0.9, value_parser = discount)]
    eta: f64,
    /// Step size of implicit values. Without it: (1 − η)²
    #[arg(long, value_name = "STEP", value_parser = positive)]
    step: Option<f64>,
    /// Step size of explicit values
    #[arg(long, value_name = "STEP", default_value_t = 0.1, value_parser = positive)]
    explicit_step: f64,
    /// How often the samples come
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    passes: u32,
    /// Write settings, samples and values, for `reparam deploy`
    #[arg(long, short, value_name = "FIT.json")]
    output: Option<PathBuf>,
}

/// Settings, samples and what they lead to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Fit {
    /// `"implicit"`.
    pub system: String,
    /// Version of the program that made it.
    pub version: String,
    /// File of the samples, without folders.
    pub source: String,
    /// Number of the first state.
    pub base: u32,
    /// n.
    pub states: usize,
    /// η.
    pub eta: f64,
    /// Of implicit values.
    pub step: f64,
    /// Of explicit values.
    pub explicit_step: f64,
    /// How often the samples came.
    pub passes: u32,
    /// States from 0, and returns.
    pub samples: Vec<(usize, f64)>,
    /// Implicit values at the end.
    pub implicit: Vec<f64>,
    /// Explicit values at the end.
    pub explicit: Vec<f64>,
}

#[derive(Serialize)]
struct Report<'a> {
    #[serde(flatten)]
    fit: &'a Fit,
    /// Samples of each state.
    seen: &'a [usize],
    /// Mean return of each state; nothing for one that was not seen.
    mean: &'a [Option<f64>],
}

/// Explicit and implicit values that see the same samples, from the same start: all 0.
#[derive(Clone, Debug)]
pub struct Learner<T> {
    /// Implicit values.
    pub model: Model<T>,
    /// Explicit ones.
    pub explicit: Vec<T>,
    scratch: Vec<T>,
    steps: [T; 2],
}

impl<T: Real> Learner<T> {
    /// With a model whose values are 0, and step sizes of implicit and explicit values.
    pub fn new(model: Model<T>, steps: [T; 2]) -> Self {
        let zeros = vec![T::ZERO; model.rewards().len()];
        Self { model, explicit: zeros.clone(), scratch: zeros, steps }
    }

    /// One sample; the implicit loss before, ½(w − return)².
    pub fn step(&mut self, state: usize, value: T) -> std::result::Result<T, Refused> {
        let sample = || [(OneHot(state), value)];
        explicit_step(&mut self.explicit, sample(), self.steps[1], &mut self.scratch, Stop::default())?;
        self.model.step(sample(), self.steps[0])
    }
}

impl Fit {
    /// Writes it, whole or not at all.
    pub fn write(&self, path: &Path) -> Result<()> {
        json::write(path, self)
    }

    /// Reads and checks what [`write`](Self::write) wrote.
    pub fn read(path: &Path) -> Result<Self> {
        let fit: Self = json::read(path, "values that `reparam implicit fit -o FIT.json` writes")?;
        let bad = |what: String| Error::failed(what).file(path).remedy(MAKE);
        if fit.states == 0 || fit.implicit.len() != fit.states || fit.explicit.len() != fit.states {
            return Err(bad("its arrays do not fit together".into()));
        }
        if !((0.0..1.0).contains(&fit.eta) && fit.step > 0.0 && fit.explicit_step > 0.0) {
            return Err(bad("a setting is out of range".into()));
        }
        if let Some(place) =
            fit.samples.iter().position(|&(state, value)| state >= fit.states || !value.is_finite())
        {
            return Err(bad(format!("samples[{place}] is not one of a state and a finite return")));
        }
        Ok(fit)
    }
}

/// States from 0, and returns, of a table of two columns.
pub fn samples(path: &Path, options: &TableOptions, base: u32) -> Result<Vec<(usize, f64)>> {
    let table = read_table(path, options)?;
    if table.cols() != 2 {
        let what = format!("{} columns, expected two: state and return", table.cols());
        return Err(Error::failed(what).file(path).remedy("choose the columns with --columns"));
    }
    let sample = |(row, pair): (usize, &[f64])| {
        let state = pair[0] - f64::from(base);
        if state < 0.0 || state.fract() != 0.0 || state > 1e6 {
            let what = format!("row {}: {} is not a state; they count from {base}", row + 1, pair[0]);
            return Err(Error::failed(what)
                .file(path)
                .remedy("give the right --base, or order the columns with --columns"));
        }
        Ok((state as usize, pair[1]))
    };
    table.values.chunks_exact(2).enumerate().map(sample).collect()
}

impl FitOptions {
    /// Does it.
    pub fn run(&self, context: &Context) -> Result<()> {
        check_files(&[("SAMPLES.csv", Some(&self.file))], &[("--output", self.output.as_ref())])?;
        let samples = samples(&self.file, &self.table, self.base)?;
        let largest = samples.iter().map(|&(state, _)| state + 1).max().unwrap_or(1);
        let states = self.states.map_or(largest, |states| states as usize);
        if largest > states.min(2000) {
            let what = format!("there is a state {}", largest - 1 + self.base as usize);
            return Err(Error::failed(what).file(&self.file).remedy("give more --states, 2000 at most"));
        }
        let step = self.step.unwrap_or_else(|| (1.0 - self.eta).powi(2));
        let mut learner = Learner::new(Model::near_identity(states, self.eta)?, [step, self.explicit_step]);
        let progress = context.progress(Some(u64::from(self.passes) * samples.len() as u64));
        progress.message(|| "samples".into());
        for pass in 0..self.passes {
            for (index, &(state, value)) in samples.iter().enumerate() {
                if interrupt::asked() {
                    return Err(Error::failed("interrupted"));
                }
                learner.step(state, value).map_err(|error| match error {
                    Refused::Diverged | Refused::NotFinite => {
                        Error::failed(format!("pass {}, sample {}: steps diverge", pass + 1, index + 1))
                            .remedy("give a smaller --step, or --explicit-step below 2")
                    }
                    error => failed(error),
                })?;
                progress.add(1);
            }
        }
        progress.finish();
        let fit = Fit {
            system: "implicit".into(),
            version: env!("CARGO_PKG_VERSION").into(),
            source: self.file.file_name().unwrap_or_default().to_string_lossy().into_owned(),
            base: self.base,
            states,
            eta: self.eta,
            step,
            explicit_step: self.explicit_step,
            passes: self.passes,
            implicit: learner.model.values().map_err(failed)?.to_vec(),
            explicit: learner.explicit,
            samples,
        };
        if let Some(path) = &self.output {
            fit.write(path)?;
        }
        let (mut seen, mut sums) = (vec![0; states], vec![0.0; states]);
        for &(state, value) in &fit.samples {
            seen[state] += 1;
            sums[state] += value;
        }
        let mean: Vec<Option<f64>> =
            sums.iter().zip(&seen).map(|(sum, &n)| (n > 0).then(|| sum / n as f64)).collect();
        context.print(&Report { fit: &fit, seen: &seen, mean: &mean }, || {
            let mut table = Table::new(["state", "samples", "mean return", "explicit", "implicit"]);
            for state in 0..states {
                table.row([
                    (state + fit.base as usize).to_string(),
                    seen[state].to_string(),
                    mean[state].map_or_else(String::new, |mean| number(mean, 5)),
                    number(fit.explicit[state], 5),
                    number(fit.implicit[state], 5),
                ]);
            }
            table.to_string()
        })
    }
}
