//! What every verb gets besides its own arguments: the global options, and where results and progress go.

use clap::Args;
use serde::Serialize;

use crate::Result;
use crate::report::json;
use crate::report::progress::Progress;

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
