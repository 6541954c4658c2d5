//! `static` Rust, for `#![no_std]`.

use std::fmt::Write;

use super::artifact::{Artifact, Constant, Values};
use super::literal::{Syntax, comment};

const SYNTAX: Syntax = Syntax { open: '[', close: ']', f32_suffix: "", u64_suffix: "" };

/// The constants of the artifact.
pub fn constants(artifact: &Artifact) -> String {
    module(artifact, &artifact.constants)
}

/// The inputs that it is verified with.
pub fn inputs(artifact: &Artifact) -> String {
    module(artifact, &artifact.inputs)
}

fn module(artifact: &Artifact, constants: &[Constant]) -> String {
    let mut text = String::new();
    // Plain comments: the file must also work under `include!`.
    for line in artifact.header() {
        text += format!("// {line}").trim_end();
        text.push('\n');
    }
    for constant in constants {
        text.push('\n');
        item(constant, &mut text);
    }
    text
}

fn item(constant: &Constant, text: &mut String) {
    for line in comment(&constant.doc) {
        let _ = writeln!(text, "/// {line}");
    }
    let name = constant.name.to_uppercase();
    let scalar = match constant.values {
        Values::F32(_) => "f32",
        Values::F64(_) => "f64",
        Values::U64(_) => "u64",
        Values::U32(_) => "u32",
        Values::U16(_) => "u16",
        Values::U8(_) => "u8",
        Values::I8(_) => "i8",
        Values::Size(_) => "usize",
        Values::Bool(_) => "bool",
    };
    let literals = SYNTAX.literals(&constant.values);
    if constant.shape.is_empty() {
        let _ = writeln!(text, "pub const {name}: {scalar} = {};", literals.concat());
        return;
    }
    let array = constant.shape.iter().rev().fold(scalar.to_owned(), |of, length| format!("[{of}; {length}]"));
    // One row a line, whatever the reader's rustfmt thinks; and a number near π is a coincidence.
    *text += "#[rustfmt::skip]\n";
    if matches!(constant.values, Values::F32(_) | Values::F64(_)) {
        *text += "#[allow(clippy::approx_constant)]\n";
    }
    let _ = writeln!(text, "pub static {name}: {array} = {};", SYNTAX.array(&constant.shape, &literals));
}
