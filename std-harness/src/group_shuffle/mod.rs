//! `reparam group-shuffle …`: orthogonal matrices as shuffled blocks.

pub mod adapt;
pub mod apply;
pub mod butterfly;
pub mod convert;
pub mod fill;
pub mod project;
pub mod projection;
pub mod quantize;
pub mod rotation;
pub mod stored;

use clap::{Args, Subcommand};

use crate::context::Context;
use crate::{Error, Result};

/// `reparam group-shuffle`.
#[derive(Args, Debug)]
pub struct Command {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand, Debug)]
#[allow(clippy::large_enum_variant)]
enum Verb {
    /// Find the nearest product of shuffled blocks to a matrix
    Project(project::ProjectOptions),
    /// Show which entries products of factors can fill, and draw it
    Fill(fill::FillOptions),
    /// Fine-tune a frozen network on a shifted task, with GS rotations and their rivals
    Adapt(adapt::AdaptOptions),
    /// Measure what a rotation before quantization of activations saves
    RotateQuantize(quantize::QuantizeOptions),
    /// Convert adapters from Hugging Face PEFT, and back
    Convert(convert::ConvertOptions),
}

impl Command {
    /// Does it.
    pub fn run(self, context: &Context) -> Result<()> {
        match self.verb {
            Verb::Project(options) => options.run(context),
            Verb::Fill(options) => options.run(context),
            Verb::Adapt(options) => options.run(context),
            Verb::RotateQuantize(options) => options.run(context),
            Verb::Convert(options) => options.run(context),
        }
    }
}

/// A refusal of a kernel, as an error of the work.
fn failed(error: reparam::group_shuffle::Error) -> Error {
    Error::failed(error.to_string())
}
