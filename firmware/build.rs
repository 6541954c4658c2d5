//! Link arguments of the target. Here rather than in `.cargo/config.toml`, where a `RUSTFLAGS` of the
//! environment would replace them. And the data that programs include.

use std::env;
use std::fmt::Write;
use std::fs;
use std::path::Path;

/// Recorded samples in flash, from the tables in `examples/data/` of the checkout.
const TABLES: &[&str] = &["imu_pair"];

/// Exports of the harness in `exports/`. Each is a pair of files, `NAME.rs` and `NAME_inputs.rs`, included by the
/// program of that name through `REPARAM_EXPORT_NAME`: the path without `.rs`.
const EXPORTS: &[&str] =
    &["diagonal_echo", "givens_project", "group_shuffle_online", "horizon_plan", "implicit_chain"];

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=memory.x");
    let here = env::var("CARGO_MANIFEST_DIR").unwrap();
    println!("cargo::rustc-link-search={here}");
    if env::var("CARGO_CFG_TARGET_OS").unwrap() == "none" {
        println!("cargo::rustc-link-arg-examples=-Tlink.x");
        println!("cargo::rustc-link-arg-examples=--nmagic");
        if env::var_os("CARGO_FEATURE_DEFMT").is_some() {
            println!("cargo::rustc-link-arg-examples=-Tdefmt.x");
        }
    }
    for name in TABLES {
        table(&Path::new(&here).join(format!("../examples/data/{name}.csv")), name);
    }
    for name in EXPORTS {
        let variable = format!("REPARAM_EXPORT_{}", name.to_uppercase());
        println!("cargo::rerun-if-env-changed={variable}");
        if env::var_os(&variable).is_none() {
            println!("cargo::rustc-env={variable}={here}/exports/{name}");
        }
    }
}

/// Writes `NAME.rs` into the build's folder: one static array of the rows of a table.
fn table(file: &Path, name: &str) {
    println!("cargo::rerun-if-changed={}", file.display());
    let text = fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    let mut lines = text.lines();
    let header = lines.next().unwrap_or_default();
    let mut rows = String::new();
    let mut count = 0;
    for line in lines {
        let values = line.split(',').map(|cell| cell.parse::<f32>().unwrap()).collect::<Vec<_>>();
        writeln!(rows, "    {values:?},").unwrap();
        count += 1;
    }
    let source = format!(
        "/// {header}\npub static {}: [[f32; {}]; {count}] = [\n{rows}];\n",
        name.to_uppercase(),
        header.split(',').count(),
    );
    let folder = env::var("OUT_DIR").unwrap();
    fs::write(Path::new(&folder).join(format!("{name}.rs")), source).unwrap();
}
