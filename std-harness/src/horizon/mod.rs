//! `reparam horizon …`: planning over a finite horizon.

pub mod compare;
pub mod evaluate;
pub mod evar;
pub mod front;
pub mod garnet;
pub mod plan_file;
pub mod planner;
pub mod process;
pub mod pruning;
pub mod solve;
pub mod target;

use clap::{Args, Subcommand};

use crate::context::Context;
use crate::{Error, Result};

/// `reparam horizon`.
#[derive(Args, Debug)]
pub struct Command {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand, Debug)]
#[allow(clippy::large_enum_variant)]
enum Verb {
    /// Find the best policy for the mean return or exponential utility
    Solve(solve::SolveOptions),
    /// Find the law of the return of a policy, and what one may ask of it
    Evaluate(evaluate::EvaluateOptions),
    /// Find the policy with the best entropic value at risk
    Evar(evar::EvarOptions),
    /// List the policies that are best for some risk level
    Front(front::FrontOptions),
    /// Find the largest conditional value at risk, exactly
    Cvar(target::CvarOptions),
    /// Find the largest probability of a return of at least a threshold, exactly
    Threshold(target::ThresholdOptions),
    /// Plan in all these ways, and compare the laws of the return
    Compare(compare::CompareOptions),
}

impl Command {
    /// Does it.
    pub fn run(self, context: &Context) -> Result<()> {
        match self.verb {
            Verb::Solve(options) => options.run(context),
            Verb::Evaluate(options) => options.run(context),
            Verb::Evar(options) => options.run(context),
            Verb::Front(options) => options.run(context),
            Verb::Cvar(options) => options.run(context),
            Verb::Threshold(options) => options.run(context),
            Verb::Compare(options) => options.run(context),
        }
    }
}

/// A refusal of a kernel, as an error of the work.
fn failed(error: reparam::horizon::Error) -> Error {
    Error::failed(error.to_string())
}
