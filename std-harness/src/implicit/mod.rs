//! `reparam implicit …`: values as those of learned processes, and processes learned from trajectories.

pub mod domain;
pub mod estimator;
pub mod fit;
pub mod learn;
pub mod sweep;

use clap::{Args, Subcommand};

use crate::context::Context;
use crate::{Error, Result};

/// `reparam implicit`.
#[derive(Args, Debug)]
pub struct Command {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand, Debug)]
#[allow(clippy::large_enum_variant)]
enum Verb {
    /// Learn values of a known domain, explicitly and implicitly, over steps, discounts and reward offsets
    Sweep(sweep::SweepOptions),
    /// Learn values from a stream of samples, explicitly and implicitly, for a device to learn them again
    Fit(fit::FitOptions),
    /// Learn a model from trajectories, plan on it, and measure what is lost to the true process
    Learn(learn::LearnOptions),
}

impl Command {
    /// Does it.
    pub fn run(self, context: &Context) -> Result<()> {
        match self.verb {
            Verb::Sweep(options) => options.run(context),
            Verb::Fit(options) => options.run(context),
            Verb::Learn(options) => options.run(context),
        }
    }
}

/// A refusal of a kernel, as an error of the work.
fn failed(error: reparam::implicit::Error) -> Error {
    Error::failed(error.to_string())
}
