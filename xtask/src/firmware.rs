//! `firmware`: the same program on the host and on the target.

use reparam_runner::{Comparison, Firmware, Level, Program, Report, TargetRun, compare};

use crate::shell::{self, Failure};
use crate::table::{Table, thousands};

pub(crate) const USAGE: &str = "\
Usage: cargo xtask firmware [EXAMPLE]…

Builds programs of firmware/examples/ for the host and for a Cortex-M4F, runs both (the latter in QEMU), and
compares every value they report: bit by bit, unless the program states a tolerance. Without EXAMPLE, all.
";

pub(crate) fn run(mut arguments: lexopt::Parser) -> Result<(), Failure> {
    let mut names = Vec::new();
    while let Some(argument) = arguments.next()? {
        match argument {
            lexopt::Arg::Value(name) => names.push(name.to_string_lossy().into_owned()),
            lexopt::Arg::Long("help") | lexopt::Arg::Short('h') => return Err(Failure::Help),
            _ => return Err(argument.unexpected().into()),
        }
    }
    let firmware = Firmware::of_checkout();
    let known = firmware.examples()?;
    if let Some(name) = names.iter().find(|name| !known.contains(name)) {
        let known = known.join(", ");
        return Err(Failure::Arguments(format!("no example `{name}`; there are {known}").into()));
    }
    compare_all(&firmware, if names.is_empty() { known } else { names })
}

/// Every example.
pub(crate) fn all() -> Result<(), Failure> {
    let firmware = Firmware::of_checkout();
    compare_all(&firmware, firmware.examples()?)
}

fn compare_all(firmware: &Firmware, names: Vec<String>) -> Result<(), Failure> {
    let mut table = Table::new(&[
        "program",
        "values",
        "differ",
        "largest difference",
        "flash",
        "RAM",
        "stack",
        "instructions",
    ]);
    let mut failures = Vec::new();
    for name in names {
        shell::step(format_args!("{name}, on the host and in QEMU"));
        match run_both(firmware, &name) {
            Ok((comparison, target)) => table.row(row(name, comparison, &target)),
            Err(error) => failures.push(format!("{name}: {error}")),
        }
    }
    print!("{table}");
    if failures.is_empty() { Ok(()) } else { Err(failures.join("\n").into()) }
}

fn run_both(firmware: &Firmware, name: &str) -> Result<(Comparison, TargetRun), reparam_runner::Error> {
    let program = Program::example(name);
    let host = firmware.run_host(&program)?;
    let target = firmware.run_target(&program, Level::Speed)?;
    Ok((compare(&host, &target.report)?, target))
}

fn row(name: String, comparison: Comparison, target: &TargetRun) -> Vec<String> {
    let Report { instructions, .. } = &target.report;
    vec![
        name,
        comparison.values.to_string(),
        comparison.different_bits.to_string(),
        format!("{:e}", comparison.largest_difference),
        thousands(target.sizes.flash),
        thousands(target.sizes.ram),
        target.report.program_stack().map_or(String::new(), thousands),
        instructions
            .iter()
            .map(|(name, n)| format!("{name} {}", thousands(*n)))
            .collect::<Vec<_>>()
            .join(", "),
    ]
}
