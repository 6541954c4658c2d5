//! `bench-target`: instructions of one call, ours beside the peers'.

use std::collections::BTreeMap;
use std::ffi::OsStr;

use reparam_runner::{Firmware, Level, Program};
use serde_json::{Value, json};

use crate::budgets::Budgets;
use crate::shell::{self, Failure};
use crate::table::{Table, thousands};

pub(crate) const USAGE: &str = "\
Usage: cargo xtask bench-target [ROOM]… [--json] [--output FILE] [--book]

Instructions and stack of one call of every kernel on a Cortex-M4F (QEMU mps2-an386, `-icount shift=0`), at
opt-level 3 and at opt-level s, ours and the peers'. Fails where firmware/budgets.toml is exceeded.

  ROOM           only firmware/bench/src/bin/ROOM.rs
  --json         one JSON object on stdout instead of the table
  --output FILE  write the JSON object to a file as well
  --book         write the tables to docs/src/costs.md as well (of all rooms)
";

const OURS: &str = "reparam";

/// The page of the book that `--book` writes.
const PAGE: &str = "docs/src/costs.md";

/// One kernel by one implementer, at the two levels.
#[derive(Clone, Default)]
pub(crate) struct Cost {
    instructions: [u64; 2],
    stack: [u64; 2],
}

/// Implementers and their costs, by kernel, by room, in the order of the programs.
pub(crate) type Room = Vec<(String, Vec<(String, Cost)>)>;

pub(crate) fn run(mut arguments: lexopt::Parser) -> Result<(), Failure> {
    let (mut rooms, mut as_json, mut output, mut book) = (Vec::new(), false, None, false);
    while let Some(argument) = arguments.next()? {
        match argument {
            lexopt::Arg::Value(room) => rooms.push(room.to_string_lossy().into_owned()),
            lexopt::Arg::Long("json") => as_json = true,
            lexopt::Arg::Long("output") => output = Some(arguments.value()?),
            lexopt::Arg::Long("book") => book = true,
            lexopt::Arg::Long("help") | lexopt::Arg::Short('h') => return Err(Failure::Help),
            _ => return Err(argument.unexpected().into()),
        }
    }
    if book && !rooms.is_empty() {
        return Err(Failure::Arguments("--book is for all rooms: name none".into()));
    }
    compare(rooms, as_json, output.as_deref(), book)
}

/// Prints the tables of every room and checks all budgets.
pub(crate) fn check() -> Result<(), Failure> {
    compare(Vec::new(), false, None, false)
}

fn compare(rooms: Vec<String>, as_json: bool, output: Option<&OsStr>, book: bool) -> Result<(), Failure> {
    let firmware = Firmware::of_checkout();
    let known = firmware.benches()?;
    if let Some(room) = rooms.iter().find(|room| !known.contains(room)) {
        let known = known.join(", ");
        return Err(Failure::Arguments(format!("no room `{room}`; there are {known}").into()));
    }
    let all = rooms.is_empty();
    let rooms = if all { known } else { rooms };
    let measured = rooms
        .into_iter()
        .map(|room| Ok((measure(&firmware, &room)?, room)))
        .collect::<Result<Vec<_>, Failure>>()?;
    let budgets = Budgets::load()?;

    let object = json(&measured, &budgets);
    if let Some(path) = output {
        shell::write_whole(path.as_ref(), &format!("{object:#}\n"))?;
    }
    if book {
        shell::write_whole(&shell::root().join(PAGE), &page(&measured))?;
    }
    if as_json {
        println!("{object:#}");
    } else {
        for (kernels, room) in &measured {
            println!("{room}\n{}", table(kernels, &budgets));
        }
    }
    exceeded(measured.iter().flat_map(|(kernels, _)| kernels), &budgets, all)
}

/// Runs the benchmark of a room at both levels.
pub(crate) fn measure(firmware: &Firmware, room: &str) -> Result<Room, Failure> {
    let mut kernels = Room::new();
    for (level_index, level) in Level::ALL.into_iter().enumerate() {
        shell::step(format_args!("{room}, opt-level {}", level.name()));
        let report = firmware.run_target(&Program::bench(room), level)?.report;
        let stacks: BTreeMap<_, _> = report.stack.into_iter().collect();
        for (name, instructions) in report.instructions {
            let (kernel, by) = name.split_once('/').unwrap_or((&name, OURS));
            let kernel = entry(&mut kernels, kernel);
            let cost = entry(kernel, by);
            cost.instructions[level_index] = instructions;
            cost.stack[level_index] = stacks.get(&name).copied().unwrap_or(0);
        }
    }
    Ok(kernels)
}

/// The value under a name, added if it is new.
pub(crate) fn entry<'a, T: Default>(list: &'a mut Vec<(String, T)>, name: &str) -> &'a mut T {
    let index = list.iter().position(|(known, _)| known == name).unwrap_or_else(|| {
        list.push((name.to_owned(), T::default()));
        list.len() - 1
    });
    &mut list[index].1
}

/// Stack of our deepest kernel, by level.
pub(crate) fn deepest(kernels: &Room) -> [u64; 2] {
    let ours = kernels.iter().flat_map(|(_, costs)| costs).filter(|(by, _)| by == OURS);
    ours.fold([0; 2], |worst, (_, cost)| [0, 1].map(|level| worst[level].max(cost.stack[level])))
}

fn table(kernels: &Room, budgets: &Budgets) -> Table {
    let mut table =
        Table::new(&["kernel", "by", "opt-level 3", "opt-level s", "stack 3", "stack s", "budget"]);
    for (kernel, costs) in kernels {
        for (by, cost) in costs {
            let budget = budgets.instructions.get(kernel).filter(|_| by == OURS);
            let mut row = vec![kernel.clone(), by.clone()];
            row.extend(cost.instructions.into_iter().chain(cost.stack).map(thousands));
            row.push(budget.map_or(String::new(), |&budget| thousands(budget)));
            table.row(row);
        }
    }
    table
}

/// The tables as a page of the book.
fn page(measured: &[(Room, String)]) -> String {
    let mut page = "\
# Cost on the target

Instructions and bytes of stack of one call on a Cortex-M4F, `f32`, at opt-level 3 and s. Measured under QEMU
(`mps2-an386`, `-icount shift=0`), which counts instructions, not cycles; the same on every run. This page is written
by `cargo xtask bench-target --book`.
"
    .to_owned();
    for (kernels, room) in measured {
        page += &format!(
            "\n## {room}\n\n| kernel | by | opt-level 3 | opt-level s | stack 3 | stack s |\n|---|---|--:|--:|--:|--:|\n"
        );
        for (kernel, costs) in kernels {
            for (by, cost) in costs {
                let [fast, small] = cost.instructions.map(thousands);
                let [fast_stack, small_stack] = cost.stack.map(thousands);
                page += &format!("| `{kernel}` | {by} | {fast} | {small} | {fast_stack} | {small_stack} |\n");
            }
        }
    }
    page
}

fn json(measured: &[(Room, String)], budgets: &Budgets) -> Value {
    let rows = measured.iter().flat_map(|(kernels, room)| {
        kernels.iter().flat_map(move |(kernel, costs)| {
            costs.iter().map(move |(by, cost)| {
                json!({
                    "room": room,
                    "kernel": kernel,
                    "by": by,
                    "instructions": { "3": cost.instructions[0], "s": cost.instructions[1] },
                    "stack": { "3": cost.stack[0], "s": cost.stack[1] },
                    "budget": budgets.instructions.get(kernel).filter(|_| by == OURS),
                })
            })
        })
    });
    json!({
        "target": reparam_runner::TARGET,
        "machine": "QEMU mps2-an386, cortex-m4, -icount shift=0",
        "kernels": rows.collect::<Vec<_>>(),
    })
}

/// Budgets hold for our kernels at opt-level 3.
fn exceeded<'a>(
    kernels: impl Iterator<Item = &'a (String, Vec<(String, Cost)>)>,
    budgets: &Budgets,
    all: bool,
) -> Result<(), Failure> {
    let ours: BTreeMap<_, _> = kernels
        .filter_map(|(kernel, costs)| {
            let (_, cost) = costs.iter().find(|(by, _)| by == OURS)?;
            Some((kernel, cost.instructions[0]))
        })
        .collect();
    let mut failures = Vec::new();
    for (kernel, &budget) in &budgets.instructions {
        match ours.get(kernel) {
            Some(&count) if count > budget => {
                failures.push(format!("{kernel} takes {count} instructions, budget {budget}"));
            }
            None if all => failures.push(format!("the budget names `{kernel}`, which no program measures")),
            _ => {}
        }
    }
    if failures.is_empty() { Ok(()) } else { Err(failures.join("\n").into()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn budgets_are_checked() {
        let cost = |instructions| Cost { instructions: [instructions, 100], ..Cost::default() };
        let kernels = [("sqrt".to_owned(), vec![("libm".to_owned(), cost(50)), (OURS.to_owned(), cost(4))])];
        let budgets = |list: &[(&str, u64)]| Budgets {
            instructions: list.iter().map(|&(name, budget)| (name.to_owned(), budget)).collect(),
            ..Budgets::default()
        };
        assert!(exceeded(kernels.iter(), &budgets(&[("sqrt", 4)]), true).is_ok());
        assert!(exceeded(kernels.iter(), &budgets(&[("sqrt", 3)]), true).is_err());
        assert!(exceeded(kernels.iter(), &budgets(&[("other", 3)]), true).is_err());
        assert!(exceeded(kernels.iter(), &budgets(&[("other", 3)]), false).is_ok());
    }
}
