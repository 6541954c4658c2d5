//! JSON for programs.

use std::io::Write;
use std::path::Path;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::file::write_atomic;
use crate::{Error, Result};

/// `value` as JSON text, indented, with a final newline. Numbers are the shortest that read back to the same
/// bits; NaN and infinities become `null`.
pub fn to_string(value: &impl Serialize) -> Result<String> {
    let mut text = serde_json::to_string_pretty(value).map_err(|e| Error::failed(format!("JSON: {e}")))?;
    text.push('\n');
    Ok(text)
}

/// Writes `value` to `path`, whole or not at all.
pub fn write(path: impl AsRef<Path>, value: &impl Serialize) -> Result<()> {
    write_atomic(path, to_string(value)?.as_bytes())
}

/// Reads a value from `path`; `what` says in errors what the file should be and how to make one.
pub fn read<T: DeserializeOwned>(path: impl AsRef<Path>, what: &str) -> Result<T> {
    let path = path.as_ref();
    let bytes = std::fs::read(path).map_err(|e| Error::io("read", path, &e))?;
    serde_json::from_slice(&bytes)
        .map_err(|e| Error::failed(format!("not {what}: {e}")).at(path, e.line() as u64))
}

/// Writes text to standard output. A reader that has seen enough (`| head`) is no error.
pub fn print(text: &str) -> Result<()> {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(e) if e.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(Error::failed(format!("cannot write to standard output: {e}")))
        }
        _ => Ok(()),
    }
}
