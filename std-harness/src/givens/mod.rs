//! `reparam givens …`: orthonormal frames.

mod fitted;

use std::path::PathBuf;

use clap::{Args, Subcommand};

pub use fitted::Fit;

use crate::Result;
use crate::cli::Context;

/// `reparam givens`.
#[derive(Args, Debug)]
pub struct Command {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand, Debug)]
enum Verb {
    /// Print a fitted frame
    Show {
        /// What `reparam givens fit -o` wrote
        #[arg(value_name = "FIT.json")]
        fit: PathBuf,
    },
}

impl Command {
    /// Does it.
    pub fn run(self, context: &Context) -> Result<()> {
        match self.verb {
            Verb::Show { fit } => {
                let fit = Fit::read(&fit)?;
                context.print(&fit, || fit.to_string())
            }
        }
    }
}
