//! `ci`: what continuous integration does, on this machine.

use std::env;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};
use std::{fs, process};

use crate::shell::{self, Failure};

pub(crate) const USAGE: &str = "\
Usage: cargo xtask ci

Clones HEAD into a temporary folder and runs .ci/run there, from nothing built, as continuous integration does.
Fails if that takes more than 30 minutes. Changes that are not committed are not tested.
";

const LIMIT: Duration = Duration::from_secs(30 * 60);

pub(crate) fn run(mut arguments: lexopt::Parser) -> Result<(), Failure> {
    if let Some(argument) = arguments.next()? {
        return Err(match argument {
            lexopt::Arg::Long("help") | lexopt::Arg::Short('h') => Failure::Help,
            _ => argument.unexpected().into(),
        });
    }
    let folder = env::temp_dir().join(format!("reparam-ci-{}", process::id()));
    shell::step(format_args!("cloning HEAD into {}", folder.display()));
    let start = Instant::now();
    let result = clone_and_test(&folder);
    let time = start.elapsed();
    let _ = fs::remove_dir_all(&folder);
    result?;
    println!("continuous integration: {:.1} minutes", time.as_secs_f64() / 60.0);
    if time > LIMIT { Err("that is more than 30 minutes".to_owned().into()) } else { Ok(()) }
}

fn clone_and_test(folder: &Path) -> Result<(), String> {
    shell::run(Command::new("git").args(["clone", "--quiet", "--no-local"]).arg(shell::root()).arg(folder))?;
    let mut test = Command::new(folder.join(".ci/run"));
    // What cargo set for us would lead the clone back to this checkout.
    for (name, _) in env::vars_os() {
        if name.to_string_lossy().starts_with("CARGO_") && name != "CARGO_HOME" || name == "CARGO" {
            test.env_remove(name);
        }
    }
    shell::run(test.current_dir(folder))
}
