//! The command line: the list of systems, and how the process begins and ends.

use std::io::Write;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::context::{Context, Global};
use crate::{
    Error, Result, deploy, diagonal, dirac_frenkel, givens, group_shuffle, horizon, implicit, interrupt,
};

/// Structured objects as plain numbers: fit on this machine, deploy to a microcontroller.
#[derive(Parser, Debug)]
#[command(
    name = "reparam",
    version,
    after_help = "Exit codes: 0 done, 1 the work failed or was interrupted, 2 bad arguments.\n\
                  Results go to standard output, progress and errors to standard error."
)]
struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    system: System,
}

// The subcommands: each is a module with a `Command` that has `run(self, &Context) -> Result<()>`.
macro_rules! systems {
    ($($(#[$about:meta])* $name:ident($module:ident),)*) => {
        #[derive(Subcommand, Debug)]
        // One value in the life of the program.
        #[allow(clippy::large_enum_variant)]
        enum System {
            $($(#[$about])* $name($module::Command),)*
        }

        impl System {
            fn run(self, context: &Context) -> Result<()> {
                match self {
                    $(Self::$name(command) => command.run(context),)*
                }
            }
        }
    };
}

systems! {
    /// Orthonormal frames: fit one to data or to a black box
    Givens(givens),
    /// Orthogonal matrices as shuffled blocks
    GroupShuffle(group_shuffle),
    /// Sparse vectors as products: stochastic gradients, their limit, sparse system identification
    Diagonal(diagonal),
    /// Planning over a finite horizon: mean, exponential utility, laws of the return, tails
    Horizon(horizon),
    /// Values as those of learned processes; models learned from trajectories, and plans on them
    Implicit(implicit),
    /// Differential equations as a few weights that move, with and without momentum
    DiracFrenkel(dirac_frenkel),
    /// Export a fit to firmware, run it on the target, compare with the host
    Deploy(deploy),
}

/// Runs the command line of this process.
pub fn main() -> ExitCode {
    // Prints help, version and errors of the arguments itself, with exit code 0 or 2.
    let cli = Cli::parse();
    interrupt::install();
    match run(cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Not `eprintln`, which panics where standard error cannot be written to.
            let _ = writeln!(std::io::stderr(), "error: {error}");
            ExitCode::from(error.exit_code())
        }
    }
}

fn run(cli: Cli) -> Result<()> {
    if let Some(threads) = cli.global.threads {
        rayon::ThreadPoolBuilder::new()
            .num_threads(threads.into())
            .build_global()
            .map_err(|e| Error::failed(format!("cannot start {threads} threads: {e}")))?;
    }
    let context = Context { global: cli.global };
    cli.system.run(&context)
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        super::Cli::command().debug_assert();
    }
}
