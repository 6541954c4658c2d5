//! `setup`: installs what the other verbs need and this machine lacks.

use std::env;
use std::path::PathBuf;
use std::process::Command;

use crate::shell::{self, Failure};

pub(crate) const USAGE: &str = "\
Usage: cargo xtask setup

Installs, each only if it is missing:
  the pinned Rust toolchain's components and the Cortex-M4F target (rustup)
  the oldest supported Rust toolchain, for the build that tests it (rustup)
  qemu-system-arm, the Cortex-M4F emulator (apt)
  gcc-arm-none-eabi and newlib, to link the C API into a C program for the target (apt)
As root, or through sudo. Without apt it says what to install by hand.
";

/// The oldest toolchain that compiles the core: `rust-version` in Cargo.toml.
pub(crate) const OLDEST_TOOLCHAIN: &str = "1.85.0";

struct Tool {
    program: &'static str,
    packages: &'static [&'static str],
    purpose: &'static str,
}

const TOOLS: &[Tool] = &[
    // The first is all that firmware needs.
    Tool {
        program: "qemu-system-arm",
        packages: &["qemu-system-arm"],
        purpose: "runs the firmware on an emulated Cortex-M4F",
    },
    Tool {
        program: "arm-none-eabi-gcc",
        packages: &["gcc-arm-none-eabi", "libnewlib-arm-none-eabi"],
        purpose: "links the C API into a C program for the Cortex-M4F",
    },
    Tool {
        program: "cc",
        packages: &["gcc", "libc6-dev"],
        purpose: "links the C API into a C program for this machine",
    },
    Tool { program: "c++", packages: &["g++"], purpose: "checks that the header of the C API is C++ too" },
];

const BY_HAND: &str = "\
this system has no apt-get. Install by hand, so that these programs are found in PATH:
  qemu-system-arm     Fedora: qemu-system-arm; Arch: qemu-system-arm; macOS: brew install qemu
  arm-none-eabi-gcc   Fedora: arm-none-eabi-gcc-cs arm-none-eabi-newlib; Arch: arm-none-eabi-gcc
                      arm-none-eabi-newlib; macOS: brew install --cask gcc-arm-embedded
  cc, c++             the system's C and C++ compilers; macOS: xcode-select --install
then run `cargo xtask setup` again";

pub(crate) fn run(mut arguments: lexopt::Parser) -> Result<(), Failure> {
    if let Some(argument) = arguments.next()? {
        return Err(match argument {
            lexopt::Arg::Long("help") | lexopt::Arg::Short('h') => Failure::Help,
            _ => argument.unexpected().into(),
        });
    }
    ensure()
}

/// Installs what is missing.
pub(crate) fn ensure() -> Result<(), Failure> {
    toolchain()?;
    tools(TOOLS)?;
    oldest_toolchain();
    shell::step("set-up is complete");
    Ok(())
}

/// Installs what building and running firmware needs.
pub(crate) fn ensure_firmware() -> Result<(), Failure> {
    target()?;
    tools(&TOOLS[..1])?;
    Ok(())
}

fn toolchain() -> Result<(), String> {
    target()?;
    let sysroot = reparam_runner::sysroot().map_err(|error| error.to_string())?;
    for (program, component) in [("cargo-fmt", "rustfmt"), ("cargo-clippy", "clippy")] {
        if !sysroot.join("bin").join(program).is_file() && find(program).is_none() {
            shell::step(format_args!("installing {component}, which checks the style of the source"));
            shell::run(Command::new("rustup").args(["component", "add", component]))?;
        }
    }
    Ok(())
}

fn target() -> Result<(), String> {
    let sysroot = reparam_runner::sysroot().map_err(|error| error.to_string())?;
    let target = reparam_runner::TARGET;
    if !sysroot.join("lib/rustlib").join(target).is_dir() {
        shell::step(format_args!("installing Rust's core library for {target}, the target of the firmware"));
        shell::run(Command::new("rustup").args(["target", "add", target])).map_err(|error| {
            format!(
                "{error}. Remedy: install rustup (https://rustup.rs), or with the system's own Rust install its \
                 package of the core library for {target}"
            )
        })?;
    }
    Ok(())
}

fn tools(wanted: &[Tool]) -> Result<(), String> {
    let missing: Vec<_> = wanted.iter().filter(|tool| find(tool.program).is_none()).collect();
    if missing.is_empty() {
        return Ok(());
    }
    for tool in &missing {
        shell::step(format_args!("{} is missing; it {}", tool.program, tool.purpose));
    }
    if find("apt-get").is_none() {
        return Err(BY_HAND.to_owned());
    }
    let packages: Vec<_> = missing.iter().flat_map(|tool| tool.packages).copied().collect();
    shell::step(format_args!("installing {} with apt-get", packages.join(" ")));
    // The lists may be old or absent: refresh them only if they do not lead to the packages.
    if apt_get(&["install"], &packages).is_err() {
        apt_get(&["update"], &[])?;
        apt_get(&["install"], &packages)?;
    }
    match missing.iter().find(|tool| find(tool.program).is_none()) {
        Some(tool) => Err(format!("{} was installed but is not found in PATH", tool.program)),
        None => Ok(()),
    }
}

fn apt_get(verb: &[&str], packages: &[&str]) -> Result<(), String> {
    let mut command = as_root("apt-get")?;
    command.args(verb).args(["--yes", "--quiet"]);
    if !packages.is_empty() {
        command.arg("--no-install-recommends").args(packages);
    }
    shell::run(&mut command)
}

/// A command with root's rights, never asking a question.
fn as_root(program: &str) -> Result<Command, String> {
    if shell::output("id", &["-u"]).as_deref() == Some("0") {
        let mut command = Command::new(program);
        command.env("DEBIAN_FRONTEND", "noninteractive");
        return Ok(command);
    }
    if find("sudo").is_none() {
        return Err(format!(
            "{program} needs root's rights, and there is no sudo: run `cargo xtask setup` as root"
        ));
    }
    let mut command = Command::new("sudo");
    command.args(["env", "DEBIAN_FRONTEND=noninteractive", program]);
    Ok(command)
}

/// Its absence costs one check, which then says that it was skipped.
fn oldest_toolchain() {
    if has_toolchain(OLDEST_TOOLCHAIN) {
        return;
    }
    shell::step(format_args!("installing Rust {OLDEST_TOOLCHAIN}, the oldest that the core supports"));
    let install = ["toolchain", "install", OLDEST_TOOLCHAIN, "--profile", "minimal", "--no-self-update"];
    if let Err(error) = shell::run(Command::new("rustup").args(install)) {
        eprintln!("warning: {error}; the check with the oldest toolchain will be skipped");
    }
}

/// Whether rustup has a toolchain.
pub(crate) fn has_toolchain(version: &str) -> bool {
    shell::output("rustup", &["run", version, "rustc", "--version"]).is_some()
}

/// The file of a program in the path.
pub(crate) fn find(program: &str) -> Option<PathBuf> {
    env::split_paths(&env::var_os("PATH")?).map(|folder| folder.join(program)).find(|file| file.is_file())
}
