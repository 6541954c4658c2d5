//! `no-panic`: no kernel can panic, and no kernel was forgotten.

use std::collections::BTreeMap;
use std::fs;

use reparam_runner::Level;

use crate::kernels::{Entry, Kernels};
use crate::public_api::{self, Function};
use crate::shell::{self, Failure};
use crate::table::Table;

pub(crate) const USAGE: &str = "\
Usage: cargo xtask no-panic [ROOM]…

Links every public kernel alone for the Cortex-M4F with a panic handler that cannot link, at opt-level 3 and s,
without link-time optimisation. A panic path is an error that names the kernel and the way to the panic.
Also an error: a public function of the core without an entry in firmware/no-panic/src/ROOM.rs.
";

pub(crate) fn run(mut arguments: lexopt::Parser) -> Result<(), Failure> {
    let mut rooms = Vec::new();
    while let Some(argument) = arguments.next()? {
        match argument {
            lexopt::Arg::Value(room) => rooms.push(room.to_string_lossy().into_owned()),
            lexopt::Arg::Long("help") | lexopt::Arg::Short('h') => return Err(Failure::Help),
            _ => return Err(argument.unexpected().into()),
        }
    }
    check(&rooms)
}

/// Checks the given rooms, or all.
pub(crate) fn check(rooms: &[String]) -> Result<(), Failure> {
    let wanted = |room: &str| rooms.is_empty() || rooms.iter().any(|wanted| wanted == room);
    gate_works()?;

    let mut failures = Vec::new();
    let mut counts: BTreeMap<String, [usize; 2]> = BTreeMap::new();
    for (level_index, level) in Level::ALL.into_iter().enumerate() {
        shell::step(format_args!("linking every kernel alone, opt-level {}", level.name()));
        let kernels = Kernels::build(level, false)?;
        if let Some(room) = rooms.iter().find(|room| !kernels.rooms().contains(&room.as_str())) {
            let known = kernels.rooms().join(", ");
            return Err(Failure::Arguments(format!("no room `{room}`; there are {known}").into()));
        }
        for entry in kernels.entries.iter().filter(|entry| wanted(entry.room())) {
            counts.entry(entry.room().to_owned()).or_default()[level_index] += 1;
            if let Some(path) = kernels.panic_path(entry)? {
                failures.push(format!("{entry} can panic at opt-level {}: {path}", level.name()));
            }
        }
    }
    let mut table = Table::new(&["room", "linked, 3", "linked, s"]);
    for (room, counts) in &counts {
        table.row([room.clone()].into_iter().chain(counts.map(|n| n.to_string())).collect());
    }
    print!("{table}");
    failures.extend(forgotten(wanted)?);
    if failures.is_empty() { Ok(()) } else { Err(failures.join("\n").into()) }
}

/// Kernels that do panic are caught, each by name.
fn gate_works() -> Result<(), String> {
    let kernels = Kernels::build(Level::Speed, true)?;
    let deliberate: Vec<&Entry> = kernels.entries.iter().filter(|e| e.room() == "deliberate").collect();
    if deliberate.is_empty() {
        return Err("the gate's own test has no kernels".into());
    }
    for entry in deliberate {
        match kernels.panic_path(entry)? {
            Some(path) if path.contains(entry.kernel()) => {}
            _ => return Err(format!("the gate is broken: it lets {entry} pass, which panics")),
        }
    }
    Ok(())
}

/// Public functions that no entry calls.
fn forgotten(wanted: impl Fn(&str) -> bool) -> Result<Vec<String>, String> {
    let folder = shell::root().join("firmware/no-panic");
    let exempt = folder.join("exempt.toml");
    let error = |error: &dyn std::fmt::Display| format!("{}: {error}", exempt.display());
    let text = fs::read_to_string(&exempt).map_err(|e| error(&e))?;
    let exempt: toml::Table = text.parse().map_err(|e: toml::de::Error| error(&e))?;
    let functions = public_api::functions(&shell::root().join("src"))?;
    let mut rooms: Vec<_> = functions.iter().map(|function| function.room.as_str()).collect();
    rooms.dedup();
    let mut failures = Vec::new();
    for room in rooms.into_iter().filter(|room| wanted(room)) {
        let file = format!("firmware/no-panic/src/{room}.rs");
        let registry = fs::read_to_string(shell::root().join(&file)).unwrap_or_default();
        let exempt: Vec<_> = exempt
            .get(room)
            .and_then(toml::Value::as_table)
            .into_iter()
            .flat_map(|table| table.keys())
            .collect();
        let functions: Vec<_> = functions.iter().filter(|function| function.room == room).collect();
        for missing in uncalled(&functions, &exempt, &registry) {
            failures.push(format!("{file} has no entry for {missing}"));
        }
        for name in exempt {
            if !functions.iter().any(|function| function.to_string() == *name) {
                failures.push(format!("exempt.toml names {room} {name}, which is no public function"));
            }
        }
    }
    Ok(failures)
}

/// Names are shared (`new`, `solve`): a name must be called as often as there are functions that bear it.
fn uncalled(functions: &[&Function], exempt: &[&String], registry: &str) -> Vec<String> {
    let mut by_name: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for function in functions {
        let full = function.to_string();
        if !exempt.contains(&&full) {
            by_name.entry(&function.name).or_default().push(full);
        }
    }
    by_name
        .into_iter()
        .filter(|(name, functions)| calls(registry, name) < functions.len())
        .map(|(name, functions)| match functions.len() {
            1 => functions[0].clone(),
            n => format!("all of {} ({} calls of {n})", functions.join(", "), calls(registry, name)),
        })
        .collect()
}

/// How often `.name` or `::name` occurs.
fn calls(text: &str, name: &str) -> usize {
    text.match_indices(name)
        .filter(|&(at, _)| {
            let before = text[..at].ends_with("::") || text[..at].ends_with('.');
            let after = text[at + name.len()..].chars().next();
            before && !after.is_some_and(|c| c.is_alphanumeric() || c == '_')
        })
        .count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_forgotten_function_is_found() {
        let function = |owner: &str, name: &str| Function {
            room: "dense".into(),
            owner: owner.into(),
            name: name.into(),
        };
        let functions = [function("lu", "solve"), function("Lu", "solve"), function("lu", "factor")];
        let functions: Vec<_> = functions.iter().collect();
        let both =
            "lu_solve(x: T) { lu::solve(x) } type_solve(x: T) { Lu::new(x).solve(x) } f() { lu::factor() }";
        assert!(uncalled(&functions, &[], both).is_empty());
        let one = "lu_solve(x: T) { lu::solve(x) } f() { lu::factor::<T>() }";
        assert_eq!(uncalled(&functions, &[], one), ["all of lu::solve, Lu::solve (1 calls of 2)"]);
        assert!(uncalled(&functions, &[&"Lu::solve".to_owned()], one).is_empty());
        assert_eq!(uncalled(&functions[2..], &[], "factor() { qr::factor_pivoted() }"), ["lu::factor"]);
    }
}
