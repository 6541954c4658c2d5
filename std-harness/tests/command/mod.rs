//! The `reparam` command, run by tests.

// Each test uses a part of it.
#![allow(dead_code)]

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

/// Runs the program in a folder.
pub(crate) fn reparam(folder: &Path, arguments: &[&str]) -> Output {
    command(folder, arguments).output().expect("reparam starts")
}

/// The program with arguments, in a folder.
pub(crate) fn command(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_reparam"));
    command.current_dir(folder).args(arguments);
    command
}

/// Output as text.
pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Runs it, asks for success, and reads the one JSON object on standard output.
pub(crate) fn json(folder: &Path, arguments: &[&str]) -> Value {
    let output = reparam(folder, arguments);
    assert!(output.status.success(), "{arguments:?}: {}", text(&output.stderr));
    assert_eq!(text(&output.stderr), "", "quiet when not a terminal");
    serde_json::from_slice(&output.stdout).expect("one JSON object")
}

/// Runs it, asks for this exit code and for these parts of the message.
pub(crate) fn fails(folder: &Path, code: i32, arguments: &[&str], parts: &[&str]) {
    let output = reparam(folder, arguments);
    let message = text(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{arguments:?}: {message}");
    for part in parts {
        assert!(message.contains(part), "{arguments:?}: {part:?} is not in {message}");
    }
}

/// Row-major doubles as a version 1.0 `.npy` file.
pub(crate) fn write_npy(path: &Path, shape: &str, fortran: bool, values: &[f64]) {
    write_npy_bytes(path, "<f8", shape, fortran, values.iter().flat_map(|x| x.to_le_bytes()));
}

/// The same rounded to 32 bits.
pub(crate) fn write_npy_f32(path: &Path, shape: &str, values: &[f64]) {
    write_npy_bytes(path, "<f4", shape, false, values.iter().flat_map(|&x| (x as f32).to_le_bytes()));
}

fn write_npy_bytes(path: &Path, kind: &str, shape: &str, fortran: bool, values: impl Iterator<Item = u8>) {
    let order = if fortran { "True" } else { "False" };
    let mut header = format!("{{'descr': '{kind}', 'fortran_order': {order}, 'shape': {shape}, }}");
    while !(10 + header.len() + 1).is_multiple_of(64) {
        header.push(' ');
    }
    header.push('\n');
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend((header.len() as u16).to_le_bytes());
    bytes.extend(header.as_bytes());
    bytes.extend(values);
    fs::write(path, bytes).expect("file");
}
