//! The checked-in header is what cbindgen makes of the sources. `UPDATE=1` rewrites it.

use std::{env, fs, path::Path, process::Command};

/// The sources with macros expanded: the functions come in pairs, one for each scalar. The switch is not
/// stable, hence the bootstrap variable; nothing that is linked is built with it.
fn expanded() -> String {
    let output = Command::new(env!("CARGO"))
        .args(["rustc", "--quiet", "--package", "reparam-capi", "--lib", "--profile", "check", "--"])
        .arg("-Zunpretty=expanded")
        .env("RUSTC_BOOTSTRAP", "1")
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("Rust source is UTF-8")
}

#[test]
fn header_is_up_to_date() {
    let capi = Path::new(env!("CARGO_MANIFEST_DIR"));
    let path = capi.join("include/reparam.h");
    let source = Path::new(env!("CARGO_TARGET_TMPDIR")).join("reparam_capi_expanded.rs");
    fs::write(&source, expanded()).expect("the target folder can be written");

    let config = cbindgen::Config::from_file(capi.join("cbindgen.toml")).expect("capi/cbindgen.toml");
    let mut generated = Vec::new();
    cbindgen::Builder::new()
        .with_config(config)
        .with_src(&source)
        .generate()
        .expect("bindings")
        .write(&mut generated);
    let generated = String::from_utf8(generated).expect("the header is UTF-8");

    if env::var_os("UPDATE").is_some() {
        fs::write(&path, &generated).expect("include/reparam.h can be written");
    }
    assert!(
        fs::read_to_string(&path).unwrap_or_default() == generated,
        "{} is not what the sources give: run `UPDATE=1 cargo test -p reparam-capi --test header`",
        path.display()
    );
}
