//! The command line: systems, verbs, global options, exit codes.

use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use serde::Serialize;

use crate::report::json;
use crate::report::progress::Progress;
use crate::{Error, Result, deploy, givens, interrupt};

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

/// Options of every verb.
#[derive(Args, Debug, Clone, Default)]
pub struct Global {
    /// Print one JSON object instead of a table
    #[arg(long, global = true)]
    pub json: bool,
    /// Show no progress
    #[arg(long, short, global = true)]
    pub quiet: bool,
    /// Threads; results do not depend on it. Without it: one per core, or RAYON_NUM_THREADS
    #[arg(long, global = true, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub threads: Option<u16>,
}

#[derive(Subcommand, Debug)]
// One value in the life of the program.
#[allow(clippy::large_enum_variant)]
enum System {
    /// Orthonormal frames: fit one to data or to a black box
    Givens(givens::Command),
    /// Export a fit to firmware, run it on the target, compare with the host
    Deploy(deploy::Command),
}

/// What a verb needs besides its own arguments.
#[derive(Debug, Clone, Default)]
pub struct Context {
    /// Options of every verb.
    pub global: Global,
}

impl Context {
    /// Prints a result: as JSON if asked to, else as text for people.
    pub fn print(&self, result: &impl Serialize, text: impl FnOnce() -> String) -> Result<()> {
        if self.global.json { json::print(&json::to_string(result)?) } else { json::print(&text()) }
    }

    /// A progress bar up to `length`, or a counter.
    pub fn progress(&self, length: Option<u64>) -> Progress {
        Progress::new(self.global.quiet, length)
    }
}

/// Runs the command line of this process.
pub fn main() -> ExitCode {
    // Prints help, version and errors of the arguments itself, with exit code 0 or 2.
    let cli = Cli::parse();
    interrupt::install();
    match run(cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
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
    match cli.system {
        System::Givens(command) => command.run(&context),
        System::Deploy(command) => command.run(&context),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        super::Cli::command().debug_assert();
    }
}
