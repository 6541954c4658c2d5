//! `reparam givens …`: orthonormal frames.

pub mod benchmark;
pub mod convergence;
pub mod evaluator;
pub mod external;
pub mod fit;
pub mod fitted;
pub mod input;
pub mod problem;
pub mod search;
pub mod starts;

use std::path::PathBuf;

use clap::{Args, Subcommand};

pub use fitted::Fit;

use crate::Result;
use crate::context::Context;

/// `reparam givens`.
#[derive(Args, Debug)]
pub struct Command {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand, Debug)]
#[allow(clippy::large_enum_variant)]
enum Verb {
    /// Fit a frame to data, or to what an external program answers
    Fit(fit::FitOptions),
    /// Run the published experiments, with honest baselines beside them
    Benchmark(benchmark::BenchmarkOptions),
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
            Verb::Fit(options) => options.run(context),
            Verb::Benchmark(options) => options.run(context),
            Verb::Show { fit } => {
                let fit = Fit::read(&fit)?;
                context.print(&fit, || fit.to_string())
            }
        }
    }
}
