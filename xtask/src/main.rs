//! Development commands of the workspace: `cargo xtask VERB`.

mod bench;
mod budgets;
mod ci;
mod demo;
mod firmware;
mod kernels;
mod no_panic;
mod public_api;
mod setup;
mod shell;
mod size;
mod table;
mod test;

use std::process::ExitCode;

use shell::Failure;

const USAGE: &str = "\
Usage: cargo xtask VERB [OPTION]…

  setup                  install the Cortex-M target, QEMU and the other tools that tests need
  demo                   the whole loop: real data, fit, export, firmware in QEMU, comparison
  test [SECTION]         everything that continuous integration checks
  firmware [EXAMPLE]     run examples on the host and on a Cortex-M4F in QEMU, and compare
  bench-target [ROOM]    instructions of every kernel on a Cortex-M4F, ours and the peers'
  size                   flash, static RAM and stack of every room of the core
  no-panic [ROOM]        prove that no public kernel can panic on the Cortex-M4F
  ci                     test a fresh clone of HEAD, as continuous integration does

`cargo xtask VERB --help` tells more. Exit code: 0 success, 1 the work failed, 2 bad arguments.
";

type Verb = fn(lexopt::Parser) -> Result<(), Failure>;

const VERBS: &[(&str, &str, Verb)] = &[
    ("setup", setup::USAGE, setup::run),
    ("demo", demo::USAGE, demo::run),
    ("test", test::USAGE, test::run),
    ("firmware", firmware::USAGE, firmware::run),
    ("bench-target", bench::USAGE, bench::run),
    ("size", size::USAGE, size::run),
    ("no-panic", no_panic::USAGE, no_panic::run),
    ("ci", ci::USAGE, ci::run),
];

fn main() -> ExitCode {
    let mut arguments = lexopt::Parser::from_env();
    let verb = match arguments.next() {
        Ok(Some(lexopt::Arg::Value(verb))) => verb.to_string_lossy().into_owned(),
        Ok(Some(lexopt::Arg::Long("help") | lexopt::Arg::Short('h'))) => {
            print!("{USAGE}");
            return ExitCode::SUCCESS;
        }
        Ok(None) => {
            eprint!("{USAGE}");
            return ExitCode::from(2);
        }
        Ok(Some(argument)) => return bad_arguments(&argument.unexpected(), USAGE),
        Err(error) => return bad_arguments(&error, USAGE),
    };
    let Some((_, usage, run)) = VERBS.iter().find(|(name, ..)| *name == verb) else {
        return bad_arguments(&format!("no verb `{verb}`"), USAGE);
    };
    match run(arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure::Help) => {
            print!("{usage}");
            ExitCode::SUCCESS
        }
        Err(Failure::Arguments(error)) => bad_arguments(&error, usage),
        Err(Failure::Work(error)) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn bad_arguments(error: &dyn std::fmt::Display, usage: &str) -> ExitCode {
    eprint!("error: {error}\n\n{usage}");
    ExitCode::from(2)
}
