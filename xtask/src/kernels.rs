//! The library of entry points (`firmware/no-panic`): building, listing, linking.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use reparam_runner::{Firmware, Level, TARGET};

use crate::setup;

/// The function that the panic handler calls and nobody defines.
const MARKER: &str = "reparam_panics";

/// The built library.
pub(crate) struct Kernels {
    archive: PathBuf,
    linker: Command,
    /// Every entry point.
    pub(crate) entries: Vec<Entry>,
}

/// One kernel with one scalar.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    /// The symbol: `no_panic::ROOM::KERNEL::SCALAR`.
    symbol: String,
}

impl Entry {
    fn part(&self, index: usize) -> &str {
        self.symbol.split("::").nth(index).unwrap_or_default()
    }

    /// The room.
    pub(crate) fn room(&self) -> &str {
        self.part(1)
    }

    /// The kernel.
    pub(crate) fn kernel(&self) -> &str {
        self.part(2)
    }

    /// `f32` or `f64`.
    pub(crate) fn scalar(&self) -> &str {
        self.part(3)
    }
}

impl std::fmt::Display for Entry {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        f.write_str(self.symbol.trim_start_matches("no_panic::"))
    }
}

impl Kernels {
    /// Builds the library; with kernels that panic if `deliberate`.
    pub(crate) fn build(level: Level, deliberate: bool) -> Result<Self, String> {
        let firmware = Firmware::of_checkout();
        let profile = match level {
            Level::Speed => "proof",
            Level::Size => "proof-small",
        };
        let mut cargo = firmware.cargo();
        cargo.args(["build", "--package", "no-panic", "--profile", profile]);
        reparam_runner::for_target(&mut cargo).map_err(|error| error.to_string())?;
        if deliberate {
            cargo.args(["--features", "deliberate"]);
        }
        reparam_runner::build(&mut cargo, "no-panic").map_err(|error| error.to_string())?;
        let archive = firmware.products(profile).join("libno_panic.a");
        let error = |why: &str| format!("{}: {why}", archive.display());
        let bytes = fs::read(&archive).map_err(|e| error(&e.to_string()))?;
        let symbols = symbols(&bytes).ok_or_else(|| error("not an archive with an index of symbols"))?;
        let mut entries: Vec<_> = symbols
            .into_iter()
            .filter(|symbol| symbol.starts_with("no_panic::"))
            .map(|symbol| Entry { symbol })
            .collect();
        entries.sort_by(|a, b| a.symbol.cmp(&b.symbol));
        Ok(Self { linker: linker()?, archive, entries })
    }

    /// The rooms that have entries.
    pub(crate) fn rooms(&self) -> Vec<&str> {
        let mut rooms: Vec<_> = self.entries.iter().map(Entry::room).collect();
        rooms.dedup();
        rooms
    }

    /// Links an entry alone. `Some` is the way from it to a panic, from the kernel on.
    pub(crate) fn panic_path(&self, entry: &Entry) -> Result<Option<String>, String> {
        let (linked, messages) = self.try_link(&[entry], &["--strip-all"], &self.file("entry"))?;
        if linked {
            return Ok(None);
        }
        if !messages.contains(MARKER) {
            return Err(format!("{entry} does not link: {messages}"));
        }
        let explain = ["--unresolved-symbols=ignore-all", "--why-live=*rust_begin_unwind*"];
        let (_, why) = self.try_link(&[entry], &explain, &self.file("entry"))?;
        Ok(Some(callers(&why)))
    }

    /// Links entries together and returns the file.
    pub(crate) fn link(&self, entries: &[&Entry], name: &str) -> Result<PathBuf, String> {
        let file = self.file(name);
        let options = ["--strip-all", "--unresolved-symbols=ignore-all"];
        match self.try_link(entries, &options, &file)? {
            (true, _) => Ok(file),
            (false, messages) => Err(format!("{name} does not link: {messages}")),
        }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.archive.with_file_name(format!("{name}.elf"))
    }

    fn try_link(&self, entries: &[&Entry], options: &[&str], file: &Path) -> Result<(bool, String), String> {
        let mut linker = Command::new(self.linker.get_program());
        linker.args(self.linker.get_args()).arg("--gc-sections").args(options);
        for (index, entry) in entries.iter().enumerate() {
            linker.args([if index == 0 { "--entry" } else { "--undefined" }, &entry.symbol]);
        }
        let output = linker.arg(&self.archive).arg("-o").arg(file).output();
        let output = output.map_err(|error| format!("cannot start {:?}: {error}", linker.get_program()))?;
        let text = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
        Ok((output.status.success(), text.concat()))
    }
}

/// The linker of the toolchain, or else that of GCC for the target.
fn linker() -> Result<Command, String> {
    let sysroot = reparam_runner::sysroot().map_err(|error| error.to_string())?;
    let rustlib = sysroot.join("lib/rustlib");
    let hosts = rustlib.read_dir().map_err(|error| format!("{}: {error}", rustlib.display()))?;
    let lld = hosts.flatten().map(|host| host.path().join("bin/rust-lld")).find(|file| file.is_file());
    if let Some(lld) = lld {
        let mut command = Command::new(lld);
        command.args(["-flavor", "gnu"]);
        return Ok(command);
    }
    setup::find("arm-none-eabi-ld")
        .map(Command::new)
        .ok_or_else(|| format!("no linker for {TARGET}: run `cargo xtask setup`"))
}

/// From lld's chain of references, the functions between the kernel and the panic handler.
fn callers(why: &str) -> String {
    let names = why.lines().filter_map(|line| line.rsplit_once(":(").map(|(_, name)| name));
    let names = names.map(|name| name.split(')').next().unwrap_or_default());
    let mut names: Vec<_> = names.filter(|name| !name.contains("rust_begin_unwind")).collect();
    names.reverse();
    names.join(" → ")
}

/// The names in the index of an archive in GNU format.
fn symbols(archive: &[u8]) -> Option<Vec<String>> {
    const HEADER: usize = 60;
    let index = archive.strip_prefix(b"!<arch>\n")?;
    if !index.starts_with(b"/ ") {
        return None;
    }
    let size: usize = std::str::from_utf8(index.get(48..58)?).ok()?.trim_end().parse().ok()?;
    let index = index.get(HEADER..)?.get(..size)?;
    let count = u32::from_be_bytes(index.get(..4)?.try_into().ok()?) as usize;
    let names = index.get(count.checked_mul(4)?.checked_add(4)?..)?;
    Some(
        names.split(|&byte| byte == 0).take(count).map(|name| String::from_utf8_lossy(name).into()).collect(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_index_of_an_archive() {
        let mut archive = b"!<arch>\n".to_vec();
        archive.extend_from_slice(format!("{:<48}{:<10}`\n", "/", 16).as_bytes());
        archive.extend_from_slice(b"\0\0\0\x02\0\0\0\0\0\0\0\0a\0b\0");
        assert_eq!(symbols(&archive).unwrap(), ["a", "b"]);
        assert_eq!(symbols(&archive[..70]), None);
        assert_eq!(symbols(b"\x7fELF"), None);
    }

    #[test]
    fn names_the_callers() {
        let why = "live symbol: lib.a(x.o):(__rustc::rust_begin_unwind)\n\
                   >>> referenced by: lib.a(core.o):(core::panicking::panic_fmt)\n\
                   >>> referenced by: lib.a(x.o):(no_panic::dense::solve::f32) (entry point)\n";
        assert_eq!(callers(why), "no_panic::dense::solve::f32 → core::panicking::panic_fmt");
    }
}
