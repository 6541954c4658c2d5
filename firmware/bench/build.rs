//! Link arguments of the target. Here rather than in `.cargo/config.toml`, where a `RUSTFLAGS` of the
//! environment would replace them.

use std::env;

fn main() {
    println!("cargo::rerun-if-changed=../memory.x");
    println!("cargo::rustc-link-search={}", env::var("CARGO_MANIFEST_DIR").unwrap() + "/..");
    if env::var("CARGO_CFG_TARGET_OS").unwrap() == "none" {
        println!("cargo::rustc-link-arg-bins=-Tlink.x");
        println!("cargo::rustc-link-arg-bins=--nmagic");
    }
}
