//! What a system's exporter hands over: named constants, inputs to verify with, and the host's outputs.

use std::path::Path;

use reparam_runner::Words;
use serde::Serialize;

use super::literal::comment;
use crate::{Error, Result};

/// A fitted object, ready for the target.
#[derive(Clone, Debug, PartialEq)]
pub struct Artifact {
    /// The system, by its name in the core.
    pub system: &'static str,
    /// Identifier in lower case: names the files, and prefixes the names in C.
    pub name: String,
    /// What it is, in one line.
    pub title: String,
    /// File of the fit.
    pub source: String,
    /// Seed of the fit, if it had one.
    pub seed: Option<u64>,
    /// What the fit achieved, by name.
    pub facts: Vec<(String, f64)>,
    /// What the product links.
    pub constants: Vec<Constant>,
    /// What the verification links besides.
    pub inputs: Vec<Constant>,
    /// Program in `firmware/examples/` that includes both and reports the outputs.
    pub program: &'static str,
    /// What the host computed from the same constants and inputs, in the order in which the program reports.
    pub outputs: Vec<Output>,
}

impl Artifact {
    /// The lines that generated files begin with.
    pub(super) fn header(&self) -> Vec<String> {
        let Self { title, source, .. } = self;
        let seed = self.seed.map_or(String::new(), |seed| format!(" (seed {seed})"));
        let origin = format!(
            "Written by `reparam deploy` {} from {source}{seed}. Make it anew rather than edit it.",
            env!("CARGO_PKG_VERSION")
        );
        [comment(&format!("{title}.")), comment(&origin)].concat()
    }
}

/// A named array.
#[derive(Clone, Debug, PartialEq)]
pub struct Constant {
    /// Name in lower case with underscores.
    pub name: &'static str,
    /// What it is, in which unit.
    pub doc: String,
    /// Length of each axis, the last one contiguous; none for a single value.
    pub shape: Vec<usize>,
    /// The values.
    pub values: Values,
}

impl Constant {
    /// A size.
    pub fn size(name: &'static str, doc: impl Into<String>, value: usize) -> Self {
        Self { name, doc: doc.into(), shape: Vec::new(), values: Values::Size(value) }
    }

    /// A switch.
    pub fn switch(name: &'static str, doc: impl Into<String>, value: bool) -> Self {
        Self { name, doc: doc.into(), shape: Vec::new(), values: Values::Bool(value) }
    }

    /// An array. The product of `shape` must be the number of values.
    pub fn array(name: &'static str, doc: impl Into<String>, shape: &[usize], values: Values) -> Self {
        assert_eq!(shape.iter().product::<usize>(), values.len(), "shape of {name}");
        Self { name, doc: doc.into(), shape: shape.to_vec(), values }
    }

    /// Bytes on the target; none for a size or a switch, which the compiler folds in.
    pub fn bytes(&self) -> usize {
        let width = match self.values {
            Values::F32(_) | Values::U32(_) => 4,
            Values::F64(_) | Values::U64(_) => 8,
            Values::U16(_) => 2,
            Values::U8(_) | Values::I8(_) => 1,
            Values::Size(_) | Values::Bool(_) => 0,
        };
        width * self.values.len()
    }
}

/// Values of one type.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
#[allow(missing_docs)]
pub enum Values {
    F32(Vec<f32>),
    F64(Vec<f64>),
    U64(Vec<u64>),
    U32(Vec<u32>),
    U16(Vec<u16>),
    U8(Vec<u8>),
    I8(Vec<i8>),
    Size(usize),
    Bool(bool),
}

impl Values {
    /// Number of values.
    pub fn len(&self) -> usize {
        match self {
            Self::F32(values) => values.len(),
            Self::F64(values) => values.len(),
            Self::U64(values) => values.len(),
            Self::U32(values) => values.len(),
            Self::U16(values) => values.len(),
            Self::U8(values) => values.len(),
            Self::I8(values) => values.len(),
            Self::Size(_) | Self::Bool(_) => 1,
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// What the host computed.
#[derive(Clone, Debug, PartialEq)]
pub struct Output {
    /// Name in the report of the program.
    pub name: &'static str,
    /// Names of the columns of one item; one item a row.
    pub columns: Vec<String>,
    /// Names of the items; counted from 1 if there are none.
    pub items: Vec<String>,
    /// In the target's arithmetic.
    pub host: Words,
    /// In the fit's own.
    pub reference: Vec<f64>,
}

/// `values` as `f32`. `field` names them in the error about one that has no finite `f32`.
pub(super) fn to_f32(field: &str, values: &[f64]) -> Result<Vec<f32>> {
    let narrow = |(index, &value): (usize, &f64)| {
        let narrow = value as f32;
        if narrow.is_finite() {
            return Ok(narrow);
        }
        Err(Error::failed(format!("{field}[{index}] is {value:e}, which no finite f32 holds")))
    };
    values.iter().enumerate().map(narrow).collect()
}

/// The stem of a file as an identifier in lower case: valid in Rust and C.
pub(super) fn identifier(file: &Path) -> String {
    let stem = file.file_stem().unwrap_or_default().to_string_lossy().to_lowercase();
    let mut name: String = stem.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    if !name.starts_with(|c: char| c.is_ascii_alphabetic()) {
        name.insert_str(0, "fit_");
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_are_valid() {
        for (file, name) in [
            ("out/Wine-frame.v2.json", "wine_frame_v2"),
            ("3d.json", "fit_3d"),
            ("_x", "fit__x"),
            ("é", "fit__"),
        ] {
            assert_eq!(identifier(Path::new(file)), name);
        }
    }

    #[test]
    fn what_f32_cannot_hold_is_named() {
        assert_eq!(to_f32("x", &[0.1, -1e-60]).unwrap(), [0.1, -0.0]);
        let error = to_f32("scale", &[1.0, 1e39]).unwrap_err().to_string();
        assert!(error.contains("scale[1]") && error.contains("1e39"), "{error}");
        assert!(to_f32("scale", &[f64::NAN]).is_err());
    }
}
