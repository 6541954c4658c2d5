//! The `reparam` command.

use std::process::ExitCode;

fn main() -> ExitCode {
    reparam_harness::cli::main()
}
