//! `reparam diagonal …`: diagonal linear networks, their limit, and sparse system identification.

pub mod covariance;
pub mod density;
pub mod ensemble;
pub mod flow;
pub mod limit;
pub mod model;

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
}

impl Command {
    /// Does it.
    pub fn run(self, context: &Context) -> Result<()> {
        match self.verb {
            Verb::Limit(options) => options.run(context),
        }
    }
}

/// A refusal of a kernel, as an error of the work.
fn failed(error: reparam::diagonal::Error) -> Error {
    Error::failed(error.to_string())
}
