//! `reparam diagonal …`: diagonal linear networks, their limit, and sparse system identification.

pub mod covariance;
pub mod density;
pub mod ensemble;
pub mod flow;
pub mod identify;
pub mod limit;
pub mod model;
pub mod stability;

use clap::{Args, Subcommand};

use crate::context::Context;
use crate::{Error, Result};

/// `reparam diagonal`.
#[derive(Args, Debug)]
pub struct Command {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand, Debug)]
#[allow(clippy::large_enum_variant)]
enum Verb {
    /// Compare ensembles of stochastic gradients with their stochastic equation and their deterministic limits
    Limit(limit::LimitOptions),
    /// Identify a sparse response from two recorded signals, by all filters side by side
    Identify(identify::IdentifyOptions),
    /// Measure the largest stable step, and compare it with the predicted one
    Stability(stability::StabilityOptions),
}

impl Command {
    /// Does it.
    pub fn run(self, context: &Context) -> Result<()> {
        match self.verb {
            Verb::Limit(options) => options.run(context),
            Verb::Identify(options) => options.run(context),
            Verb::Stability(options) => options.run(context),
        }
    }
}

/// A refusal of a kernel, as an error of the work.
fn failed(error: reparam::diagonal::Error) -> Error {
    Error::failed(error.to_string())
}
