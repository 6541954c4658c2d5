//! What the verbs share: failures, commands, the checkout.

use std::fmt::Display;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{fs, io};

/// Why a verb did not succeed.
pub(crate) enum Failure {
    /// `--help` was asked for.
    Help,
    /// Exit code 2.
    Arguments(lexopt::Error),
    /// Exit code 1.
    Work(String),
}

impl From<lexopt::Error> for Failure {
    fn from(error: lexopt::Error) -> Self {
        Self::Arguments(error)
    }
}

impl From<String> for Failure {
    fn from(error: String) -> Self {
        Self::Work(error)
    }
}

impl From<reparam_runner::Error> for Failure {
    fn from(error: reparam_runner::Error) -> Self {
        Self::Work(error.to_string())
    }
}

/// The root of the checkout.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("xtask/ lies in the checkout")
}

/// Runs a command in the root of the checkout with our own terminal.
pub(crate) fn run(command: &mut Command) -> Result<(), String> {
    if command.get_current_dir().is_none() {
        command.current_dir(root());
    }
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("`{}` failed ({status})", words(command))),
        Err(error) => Err(format!("cannot start `{}`: {error}", words(command))),
    }
}

/// The standard output of a command, if it succeeds.
pub(crate) fn output(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).current_dir(root()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// The words of a command, as typed.
pub(crate) fn words(command: &Command) -> String {
    let program = Path::new(command.get_program()).file_name().unwrap_or(command.get_program());
    let words: Vec<_> = std::iter::once(program).chain(command.get_args()).collect();
    words.iter().map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}

/// Writes a file so that it is there whole or not at all.
pub(crate) fn write_whole(path: &Path, text: &str) -> Result<(), String> {
    let error = |error: io::Error| format!("{}: {error}", path.display());
    let mut half = path.as_os_str().to_owned();
    half.push(".part");
    let half = PathBuf::from(half);
    fs::write(&half, text).and_then(|()| fs::rename(&half, path)).map_err(error)
}

/// Prints the title of a step on stderr.
pub(crate) fn step(title: impl Display) {
    eprintln!("==> {title}");
}
