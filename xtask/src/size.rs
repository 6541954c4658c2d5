//! `size`: flash, static RAM and worst stack of every room of the core.

use std::ffi::OsStr;

use reparam_runner::{Firmware, Level, elf};
use serde_json::{Value, json};

use crate::bench;
use crate::budgets::{Budgets, SizeBudget};
use crate::kernels::{Entry, Kernels};
use crate::shell::{self, Failure};
use crate::table::{Table, thousands};

pub(crate) const USAGE: &str = "\
Usage: cargo xtask size [--kernels] [--json] [--output FILE]

Flash, static RAM and stack of every room of the core on a Cortex-M4F, f32, at opt-level 3 and s: the closure of
all its kernels linked together, and the deepest call that the room's benchmark makes. Fails where
firmware/budgets.toml is exceeded.

  --kernels      also the flash of every kernel linked alone
  --json         one JSON object on stdout instead of the tables
  --output FILE  write the JSON object to a file as well
";

/// The scalar that the FPU of the target computes with.
const SCALAR: &str = "f32";

/// At opt-level 3 and s.
#[derive(Clone, Copy, Default)]
struct Cost {
    flash: [u64; 2],
    ram: [u64; 2],
    /// Absent where no benchmark calls the room.
    stack: Option<[u64; 2]>,
}

pub(crate) fn run(mut arguments: lexopt::Parser) -> Result<(), Failure> {
    let (mut alone, mut as_json, mut output) = (false, false, None);
    while let Some(argument) = arguments.next()? {
        match argument {
            lexopt::Arg::Long("kernels") => alone = true,
            lexopt::Arg::Long("json") => as_json = true,
            lexopt::Arg::Long("output") => output = Some(arguments.value()?),
            lexopt::Arg::Long("help") | lexopt::Arg::Short('h') => return Err(Failure::Help),
            _ => return Err(argument.unexpected().into()),
        }
    }
    measure(alone, as_json, output.as_deref())
}

/// Prints the table of the rooms and checks all budgets.
pub(crate) fn check() -> Result<(), Failure> {
    measure(false, false, None)
}

fn measure(alone: bool, as_json: bool, output: Option<&OsStr>) -> Result<(), Failure> {
    let budgets = Budgets::load()?;
    let (mut rooms, kernels) = flash()?;
    let firmware = Firmware::of_checkout();
    for room in firmware.benches()? {
        if let Some((_, cost)) = rooms.iter_mut().find(|(name, _)| *name == room) {
            cost.stack = Some(bench::deepest(&bench::measure(&firmware, &room)?));
        }
    }

    let object = json(&rooms, &kernels, &budgets);
    if let Some(path) = output {
        shell::write_whole(path.as_ref(), &format!("{object:#}\n"))?;
    }
    if as_json {
        println!("{object:#}");
    } else {
        print!("{}", room_table(&rooms, &budgets));
        if alone {
            print!("\n{}", kernel_table(&kernels));
        }
    }
    let failures = exceeded(&rooms, &kernels, &budgets);
    if failures.is_empty() { Ok(()) } else { Err(failures.join("\n").into()) }
}

/// Costs without stack of every room, and flash of every kernel linked alone.
type Flash = (Vec<(String, Cost)>, Vec<(String, [u64; 2])>);

fn flash() -> Result<Flash, String> {
    let mut result = Flash::default();
    for (level_index, level) in Level::ALL.into_iter().enumerate() {
        shell::step(format_args!("linking the kernels of every room, opt-level {}", level.name()));
        let kernels = Kernels::build(level, false)?;
        let sizes = |entries: &[&Entry], name: &str| {
            let file = kernels.link(entries, name)?;
            elf::sizes(&file).map_err(|error| error.to_string())
        };
        for room in kernels.rooms() {
            let entries: Vec<_> =
                kernels.entries.iter().filter(|e| e.room() == room && e.scalar() == SCALAR).collect();
            let together = sizes(&entries, room)?;
            let cost: &mut Cost = bench::entry(&mut result.0, room);
            cost.flash[level_index] = together.flash;
            cost.ram[level_index] = together.ram;
            for entry in entries {
                let name = format!("{room}::{}", entry.kernel());
                bench::entry::<[u64; 2]>(&mut result.1, &name)[level_index] = sizes(&[entry], "entry")?.flash;
            }
        }
    }
    Ok(result)
}

fn room_table(rooms: &[(String, Cost)], budgets: &Budgets) -> Table {
    let header = ["room", "flash 3", "flash s", "budget", "RAM", "budget", "stack 3", "stack s", "budget"];
    let mut table = Table::new(&header);
    for (room, cost) in rooms {
        let budget = budgets.sizes.get(room);
        let limit = |of: fn(&SizeBudget) -> u64| budget.map_or(String::new(), |budget| thousands(of(budget)));
        let stack = cost.stack.map_or([String::new(), String::new()], |stack| stack.map(thousands));
        let [flash_3, flash_s] = cost.flash.map(thousands);
        let [stack_3, stack_s] = stack;
        let ram = thousands(cost.ram[0].max(cost.ram[1]));
        table.row(vec![
            room.clone(),
            flash_3,
            flash_s,
            limit(|b| b.flash),
            ram,
            limit(|b| b.ram),
            stack_3,
            stack_s,
            limit(|b| b.stack),
        ]);
    }
    table
}

fn kernel_table(kernels: &[(String, [u64; 2])]) -> Table {
    let mut table = Table::new(&["kernel", "flash 3", "flash s"]);
    for (kernel, flash) in kernels {
        table.row([kernel.clone()].into_iter().chain(flash.map(thousands)).collect());
    }
    table
}

fn json(rooms: &[(String, Cost)], kernels: &[(String, [u64; 2])], budgets: &Budgets) -> Value {
    let levels = |[speed, size]: [u64; 2]| json!({ "3": speed, "s": size });
    let rooms = rooms.iter().map(|(room, cost)| {
        let budget = budgets.sizes.get(room);
        json!({
            "room": room,
            "flash": levels(cost.flash),
            "ram": levels(cost.ram),
            "stack": cost.stack.map(levels),
            "budget": budget.map(|b| json!({ "flash": b.flash, "ram": b.ram, "stack": b.stack })),
        })
    });
    let kernels = kernels.iter().map(|(kernel, flash)| json!({ "kernel": kernel, "flash": levels(*flash) }));
    json!({
        "target": reparam_runner::TARGET,
        "scalar": SCALAR,
        "rooms": rooms.collect::<Vec<_>>(),
        "kernels": kernels.collect::<Vec<_>>(),
    })
}

/// A budget holds at both levels. Every room has one.
fn exceeded(rooms: &[(String, Cost)], kernels: &[(String, [u64; 2])], budgets: &Budgets) -> Vec<String> {
    let mut failures = Vec::new();
    let mut over = |what: String, cost: [u64; 2], budget: u64| {
        let worst = cost[0].max(cost[1]);
        if worst > budget {
            failures.push(format!("{what} takes {worst} bytes, budget {budget}"));
        }
    };
    for (room, cost) in rooms {
        if let Some(budget) = budgets.sizes.get(room) {
            over(format!("{room}: flash"), cost.flash, budget.flash);
            over(format!("{room}: static RAM"), cost.ram, budget.ram);
            over(format!("{room}: stack"), cost.stack.unwrap_or_default(), budget.stack);
        }
    }
    for (kernel, &budget) in &budgets.flash {
        if let Some((_, flash)) = kernels.iter().find(|(name, _)| name == kernel) {
            over(format!("{kernel}: flash"), *flash, budget);
        }
    }
    for (room, _) in rooms.iter().filter(|(room, _)| !budgets.sizes.contains_key(room)) {
        failures.push(format!("no budget [size.{room}]"));
    }
    for room in budgets.sizes.keys().filter(|&name| rooms.iter().all(|(room, _)| room != name)) {
        failures.push(format!("the budget names the room `{room}`, which does not exist"));
    }
    for kernel in budgets.flash.keys().filter(|&name| kernels.iter().all(|(kernel, _)| kernel != name)) {
        failures.push(format!("the budget names the kernel `{kernel}`, which does not exist"));
    }
    failures
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn budgets_are_checked_at_both_levels() {
        let cost = Cost { flash: [90, 100], ram: [0, 0], stack: Some([50, 40]) };
        let rooms = [("trig".to_owned(), cost)];
        let kernels = [("trig::sin_cos".to_owned(), [60, 70])];
        let failures = |toml: &str| {
            let budgets = Budgets::parse(&format!("[instructions]\n{toml}")).unwrap();
            exceeded(&rooms, &kernels, &budgets)
        };
        let room = |flash, stack| format!("[size.trig]\nflash = {flash}\nram = 0\nstack = {stack}\n");
        assert!(failures(&format!("[flash]\n\"trig::sin_cos\" = 70\n{}", room(100, 50))).is_empty());
        assert_eq!(failures(&room(99, 50)).len(), 1);
        assert_eq!(failures(&room(100, 49)).len(), 1);
        assert_eq!(failures("").len(), 1, "a room without a budget");
        let unknown = "[size.dense]\nflash = 1\nram = 0\nstack = 1\n";
        assert_eq!(failures(&(room(100, 50) + unknown)).len(), 1);
        assert_eq!(failures(&format!("[flash]\n\"trig::sin_cos\" = 69\n{}", room(100, 50))).len(), 1);
        assert_eq!(failures(&format!("[flash]\n\"trig::other\" = 70\n{}", room(100, 50))).len(), 1);
    }
}
