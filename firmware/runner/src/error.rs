use std::fmt;
use std::path::PathBuf;

/// What went wrong, in words for the person at the terminal.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// A command could not be started.
    Start {
        /// The command.
        command: String,
        /// Why.
        source: std::io::Error,
    },
    /// `cargo build` failed; it has said why on stderr.
    Build(String),
    /// The target's `core` library is missing and so is its source.
    NoTarget,
    /// A program failed.
    Failed {
        /// The program.
        program: String,
        /// How it ended.
        how: String,
        /// What it printed.
        output: String,
    },
    /// A line of a report is not of the protocol.
    Report {
        /// The line.
        line: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// Host and target reported different things.
    Disagree(String),
    /// A file could not be read.
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        why: String,
    },
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Self::Start { command, source } if source.kind() == std::io::ErrorKind::NotFound => {
                write!(f, "{command} not found: `cargo xtask setup` installs it")
            }
            Self::Start { command, source } => write!(f, "cannot start {command}: {source}"),
            Self::Build(what) => write!(f, "building {what} failed"),
            Self::NoTarget => {
                write!(f, "the target {} is not installed: run `cargo xtask setup`", crate::TARGET)
            }
            Self::Failed { program, how, output } => {
                write!(f, "{program} {how}")?;
                if !output.is_empty() {
                    write!(f, "; it printed:\n{}", output.trim_end())?;
                }
                Ok(())
            }
            Self::Report { line, why } => write!(f, "cannot read the line `{line}`: {why}"),
            Self::Disagree(what) => f.write_str(what),
            Self::File { path, why } => write!(f, "{}: {why}", path.display()),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Start { source, .. } => Some(source),
            _ => None,
        }
    }
}
