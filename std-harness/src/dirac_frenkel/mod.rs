//! `reparam dirac-frenkel …`: differential equations solved by a few weights that move.

pub mod case;
pub mod evolve;
pub mod fields;
pub mod fit;
pub mod model;
pub mod picture;
pub mod population;
pub mod problems;
pub mod published;
pub mod solve;
pub mod spectral;
pub mod summary;
pub mod weights;

use clap::{Args, Subcommand};

use crate::context::Context;
use crate::{Error, Result};

/// `reparam dirac-frenkel`.
#[derive(Args, Debug)]
pub struct Command {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand, Debug)]
#[allow(clippy::large_enum_variant)]
enum Verb {
    /// Solve an equation by several methods, beside a reference
    Solve(solve::SolveOptions),
}

impl Command {
    /// Does it.
    pub fn run(self, context: &Context) -> Result<()> {
        match self.verb {
            Verb::Solve(options) => options.run(context),
        }
    }
}

/// A refusal of a kernel, as an error of the work.
fn failed(error: reparam::dirac_frenkel::Error) -> Error {
    Error::failed(error.to_string())
}
