//! `test`: everything that continuous integration checks.

use std::ffi::OsStr;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use reparam_runner::Firmware;

use crate::shell::{self, Failure};
use crate::table::Table;
use crate::{bench, firmware, no_panic, setup, size};

pub(crate) const USAGE: &str = "\
Usage: cargo xtask test [SECTION]…

Runs all checks, in the order of the table it prints at the end, and fails if any of them failed.
Sections: setup, format, lint, host, long, features, oldest, docs, firmware, no-panic, size, bench.
";

enum Outcome {
    Passed,
    Skipped(String),
}

type Section = fn() -> Result<Outcome, Failure>;

const SECTIONS: &[(&str, &str, Section)] = &[
    ("setup", "tools that the checks need", || done(setup::ensure())),
    ("format", "rustfmt", format),
    ("lint", "clippy, warnings denied", lint),
    ("host", "unit, integration, documentation and C tests", host),
    ("long", "exhaustive tests", long),
    ("features", "combinations of features, host and target", features),
    ("oldest", "the oldest supported toolchain", oldest),
    ("docs", "rustdoc, warnings denied", docs),
    ("firmware", "the same programs on the host and in QEMU", || done(firmware::all())),
    ("no-panic", "no kernel can panic, none was forgotten", || done(no_panic::check(&[]))),
    ("size", "flash, static RAM and stack within budget", || done(size::check())),
    ("bench", "instructions within budget", || done(bench::check())),
];

pub(crate) fn run(mut arguments: lexopt::Parser) -> Result<(), Failure> {
    let mut wanted = Vec::new();
    while let Some(argument) = arguments.next()? {
        match argument {
            lexopt::Arg::Value(name) => wanted.push(name.to_string_lossy().into_owned()),
            lexopt::Arg::Long("help") | lexopt::Arg::Short('h') => return Err(Failure::Help),
            _ => return Err(argument.unexpected().into()),
        }
    }
    if let Some(name) = wanted.iter().find(|name| SECTIONS.iter().all(|(known, ..)| known != name)) {
        return Err(Failure::Arguments(format!("no section `{name}`").into()));
    }
    let start = Instant::now();
    let mut table = Table::new(&["section", "seconds", "result"]);
    let mut failed = Vec::new();
    let chosen = SECTIONS.iter().filter(|(name, ..)| wanted.is_empty() || wanted.iter().any(|w| w == name));
    for (name, title, section) in chosen {
        eprintln!("\n==> {name}: {title}");
        let section_start = Instant::now();
        let result = match section() {
            Ok(Outcome::Passed) => "passed".to_owned(),
            Ok(Outcome::Skipped(why)) => format!("skipped: {why}"),
            Err(error) => {
                let text = match error {
                    Failure::Work(text) => text,
                    Failure::Arguments(error) => error.to_string(),
                    Failure::Help => unreachable!("sections take no arguments"),
                };
                eprintln!("error: {text}");
                failed.push(*name);
                "FAILED".to_owned()
            }
        };
        table.row(vec![(*name).to_owned(), seconds(section_start.elapsed()), result]);
        if *name == "setup" && !failed.is_empty() {
            break;
        }
    }
    table.row(vec!["total".to_owned(), seconds(start.elapsed()), String::new()]);
    print!("\n{table}");
    if failed.is_empty() { Ok(()) } else { Err(format!("failed: {}", failed.join(", ")).into()) }
}

fn seconds(time: Duration) -> String {
    format!("{:.0}", time.as_secs_f64())
}

fn done(result: Result<(), Failure>) -> Result<Outcome, Failure> {
    result.map(|()| Outcome::Passed)
}

/// `cargo …` in the root of the checkout, with our own terminal.
fn cargo<S: AsRef<OsStr>>(arguments: impl IntoIterator<Item = S>) -> Command {
    let mut command = reparam_runner::cargo();
    command.args(arguments);
    command
}

/// Runs every command and reports every failure.
fn all(commands: impl IntoIterator<Item = Command>) -> Result<Outcome, Failure> {
    let failures: Vec<_> =
        commands.into_iter().filter_map(|mut command| shell::run(&mut command).err()).collect();
    if failures.is_empty() { Ok(Outcome::Passed) } else { Err(failures.join("\n").into()) }
}

fn format() -> Result<Outcome, Failure> {
    let firmware = Firmware::of_checkout();
    let mut in_firmware = firmware.cargo();
    in_firmware.args(["fmt", "--all", "--check"]);
    let fuzz = cargo(["fmt", "--manifest-path", "fuzz/Cargo.toml", "--check"]);
    all([cargo(["fmt", "--all", "--check"]), in_firmware, fuzz])
}

const DENY_WARNINGS: [&str; 3] = ["--", "--deny", "warnings"];

fn lint() -> Result<Outcome, Failure> {
    let firmware = Firmware::of_checkout();
    let mut on_host = firmware.cargo();
    on_host.args([
        "clippy",
        "--quiet",
        "--package",
        "reparam-firmware",
        "--package",
        "bench",
        "--all-targets",
    ]);
    let mut on_target = firmware.cargo();
    on_target.args(["clippy", "--quiet", "--workspace", "--lib", "--bins", "--examples"]);
    reparam_runner::for_target(&mut on_target)?;
    // libFuzzer itself is C++ and takes a minute; lints do not link it.
    let mut fuzz = cargo(["clippy", "--quiet", "--manifest-path", "fuzz/Cargo.toml"]);
    fuzz.env("CARGO_TARGET_DIR", reparam_runner::target_folder())
        .env("CUSTOM_LIBFUZZER_PATH", shell::root().join("fuzz"));
    let workspace = cargo(["clippy", "--quiet", "--workspace", "--all-targets"]);
    all([workspace, on_host, on_target, fuzz].map(|mut command| {
        command.args(DENY_WARNINGS);
        command
    }))
}

/// The core twice: as the harness uses it, with the platform's mathematics, and as a user gets it.
fn host() -> Result<Outcome, Failure> {
    let mut kit = Firmware::of_checkout().cargo();
    kit.args(["test", "--package", "reparam-firmware", "--doc"]);
    all([
        cargo(["test", "--workspace", "--no-fail-fast"]),
        cargo(["test", "--package", "reparam", "--lib", "--tests", "--no-fail-fast"]),
        kit,
    ])
}

fn long() -> Result<Outcome, Failure> {
    all([cargo(["test", "--package", "reparam", "--tests", "--no-fail-fast", "--", "--ignored"])])
}

const BACKENDS: [&str; 5] = ["libm", "std", "std,libm", "micromath", "libm,micromath"];
const INTEROPERATION: [&str; 5] = ["", "defmt", "nalgebra", "serde", "defmt,nalgebra,serde"];

fn features() -> Result<Outcome, Failure> {
    let mut commands = Vec::new();
    for backend in BACKENDS {
        for other in INTEROPERATION {
            let features = [backend, other].join(",");
            let check = || {
                cargo([
                    "check",
                    "--quiet",
                    "--package",
                    "reparam",
                    "--no-default-features",
                    "--features",
                    &features,
                ])
            };
            commands.push(check());
            if !backend.contains("std") {
                let mut on_target = check();
                reparam_runner::for_target(&mut on_target)?;
                commands.push(on_target);
            }
        }
    }
    println!("{} combinations", commands.len());
    let with = ["--features", "defmt,nalgebra,serde"];
    let package = ["--package", "reparam"];
    let mut lint = cargo(["clippy", "--quiet", "--all-targets"]);
    lint.args(package).args(with).args(DENY_WARNINGS);
    let mut test = cargo(["test", "--test", "interoperation"]);
    test.args(package).args(with);
    commands.extend([lint, test]);
    all(commands)?;
    no_backend()
}

/// Without a backend the build fails with a sentence that says what to choose.
fn no_backend() -> Result<Outcome, Failure> {
    let mut check = cargo(["check", "--package", "reparam", "--no-default-features"]);
    let output = check.current_dir(shell::root()).stderr(Stdio::piped()).output();
    let output = output.map_err(|error| format!("cannot start cargo: {error}"))?;
    let message = String::from_utf8_lossy(&output.stderr);
    if output.status.success() || !message.contains("enable feature `libm`") {
        return Err("a build without a backend must fail and name the features to choose from"
            .to_owned()
            .into());
    }
    Ok(Outcome::Passed)
}

/// The dependencies behind these features support it too.
const OLDEST_FEATURES: [&str; 4] = ["libm", "std,libm", "micromath", "libm,defmt,serde"];

fn oldest() -> Result<Outcome, Failure> {
    let version = setup::OLDEST_TOOLCHAIN;
    if !setup::has_toolchain(version) {
        let why = format!("Rust {version} is not installed; clippy's `incompatible_msrv` still watches");
        return Ok(Outcome::Skipped(why));
    }
    all(OLDEST_FEATURES.map(|features| {
        let mut command = Command::new("rustup");
        command.args(["run", version, "cargo", "check", "--quiet", "--package", "reparam"]);
        command.args(["--no-default-features", "--features", features]).env_remove("CARGO");
        command
    }))
}

fn docs() -> Result<Outcome, Failure> {
    let workspace = cargo(["doc", "--quiet", "--workspace", "--no-deps", "--all-features"]);
    let mut kit = Firmware::of_checkout().cargo();
    kit.args(["doc", "--quiet", "--package", "reparam-firmware", "--no-deps"]);
    all([workspace, kit].map(|mut command| {
        command.env("RUSTDOCFLAGS", "--deny warnings");
        command
    }))
}
