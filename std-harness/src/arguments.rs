//! Checks of arguments that the systems share.

use std::path::PathBuf;

use crate::report::file::{check_writable, real};
use crate::{Error, Result};

/// An option, or the name of an argument, with the file that it was given, if any.
pub type Named<'a> = (&'static str, Option<&'a PathBuf>);

/// A positive number, for `value_parser`.
pub fn positive(text: &str) -> std::result::Result<f64, String> {
    match text.parse::<f64>() {
        Ok(number) if number > 0.0 && number < 1e9 => Ok(number),
        _ => Err("a positive number is needed".into()),
    }
}

/// Checks before long work that the outputs can be written, and that none of them would overwrite an input or
/// another output.
pub fn check_files(inputs: &[Named<'_>], outputs: &[Named<'_>]) -> Result<()> {
    let given = |&(name, path): &Named<'_>| Some((name, real(path?)));
    let mut taken: Vec<(&str, PathBuf)> = inputs.iter().filter_map(given).collect();
    for &(name, path) in outputs {
        let Some(path) = path else { continue };
        check_writable(path)?;
        let real = real(path);
        if real.exists() && !real.is_file() {
            // A device takes any number of outputs.
            continue;
        }
        if let Some((other, _)) = taken.iter().find(|(_, file)| *file == real) {
            return Err(Error::usage(format!("{name} and {other} name the same file")).file(path));
        }
        taken.push((name, real));
    }
    Ok(())
}
