//! What went wrong, where, and what to do.

use std::fmt;
use std::path::{Path, PathBuf};

/// Result of everything that can fail in the harness.
pub type Result<T> = std::result::Result<T, Error>;

/// A failure for the person at the terminal: it names the file and line where there is one, and the remedy
/// where there is one.
///
/// ```
/// use reparam_harness::Error;
///
/// let error = Error::failed("column \"age\" is empty").at("people.csv", 7).remedy("fill in the value");
/// assert_eq!(error.to_string(), "people.csv:7: column \"age\" is empty\n  remedy: fill in the value");
/// assert_eq!(error.exit_code(), 1);
/// ```
#[derive(Debug)]
pub struct Error {
    usage: bool,
    what: String,
    file: Option<PathBuf>,
    line: Option<u64>,
    remedy: Option<String>,
}

impl Error {
    /// The work failed: exit code 1.
    pub fn failed(what: impl Into<String>) -> Self {
        Self { usage: false, what: what.into(), file: None, line: None, remedy: None }
    }

    /// The arguments are wrong or contradict each other or the data: exit code 2.
    pub fn usage(what: impl Into<String>) -> Self {
        Self { usage: true, ..Self::failed(what) }
    }

    /// A failed operation on a file.
    pub fn io(doing: &str, file: impl AsRef<Path>, error: &std::io::Error) -> Self {
        Self::failed(format!("cannot {doing}: {error}")).file(file)
    }

    /// Names the file.
    #[must_use]
    pub fn file(mut self, file: impl AsRef<Path>) -> Self {
        self.file = Some(file.as_ref().to_owned());
        self
    }

    /// Names the file and the line, counted from 1.
    #[must_use]
    pub fn at(self, file: impl AsRef<Path>, line: u64) -> Self {
        Self { line: Some(line), ..self.file(file) }
    }

    /// Says what to do about it.
    #[must_use]
    pub fn remedy(mut self, remedy: impl Into<String>) -> Self {
        self.remedy = Some(remedy.into());
        self
    }

    /// 2 for bad arguments, 1 for failed work.
    pub fn exit_code(&self) -> u8 {
        if self.usage { 2 } else { 1 }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(file) = &self.file {
            write!(f, "{}:", file.display())?;
            if let Some(line) = self.line {
                write!(f, "{line}:")?;
            }
            write!(f, " ")?;
        }
        write!(f, "{}", self.what)?;
        if let Some(remedy) = &self.remedy {
            write!(f, "\n  remedy: {remedy}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Error {}
