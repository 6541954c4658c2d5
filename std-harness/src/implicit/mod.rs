//! `reparam implicit …`: values as those of learned processes, and processes learned from trajectories.

pub mod domain;
pub mod estimator;
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
}

impl Command {
    /// Does it.
    pub fn run(self, context: &Context) -> Result<()> {
        match self.verb {
            Verb::Sweep(options) => options.run(context),
        }
    }
}

/// A refusal of a kernel, as an error of the work.
fn failed(error: reparam::implicit::Error) -> Error {
    Error::failed(error.to_string())
}
