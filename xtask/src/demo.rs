//! `demo`: the whole loop on real data, in the commands that a user would type.

use std::process::Command;

use crate::setup;
use crate::shell::{self, Failure};

pub(crate) const USAGE: &str = "\
Usage: cargo xtask demo

Installs what is missing of the Cortex-M4F target and QEMU, fits a robust two-dimensional view of the table
examples/data/wine.csv by black-box search, exports it, builds the firmware, runs it in QEMU on wines that the fit
has not seen, and prints what host and target computed and what the target pays. Files: target/demo/.
";

const SEED: &str = "1";

pub(crate) fn run(mut arguments: lexopt::Parser) -> Result<(), Failure> {
    if let Some(argument) = arguments.next()? {
        return Err(match argument {
            lexopt::Arg::Long("help") | lexopt::Arg::Short('h') => Failure::Help,
            _ => argument.unexpected().into(),
        });
    }
    setup::ensure_firmware()?;

    shell::step("building the `reparam` command");
    let mut build = reparam_runner::cargo();
    shell::run(build.args(["build", "--quiet", "--release", "--package", "reparam-harness"]))?;
    let target = reparam_runner::target_folder();
    let reparam = target.join("release").join(format!("reparam{}", std::env::consts::EXE_SUFFIX));
    let folder = target.join("demo");
    std::fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let fit = folder.join("wine_frame.json");

    let step = |title: &str, command: &mut Command| -> Result<(), Failure> {
        let words = shell::words(command).replacen(&*reparam.to_string_lossy(), "reparam", 1);
        shell::step(format_args!("{title}\n    {words}"));
        Ok(shell::run(command)?)
    };
    step(
        "fitting: two directions in which 143 wines spread most, by sums of absolute values",
        Command::new(&reparam)
            .args(["givens", "fit", "examples/data/wine.csv", "--objective", "l1-pca", "--components", "2"])
            .args(["--standardize", "--starts", "8", "--seed", SEED, "-o"])
            .arg(&fit),
    )?;
    step(
        "deploying: 35 wines that the fit has not seen, on the host and on a Cortex-M4F",
        Command::new(&reparam)
            .arg("deploy")
            .arg(&fit)
            .args(["--data", "examples/data/wine_new.csv", "-o"])
            .arg(&folder),
    )
}
