//! Tells `src/real/fpu.rs` whether the target has a single-precision FPU with square root and fused
//! multiply-add. Stable Rust does not expose ARM target features as `cfg`, the target's name does.

use std::env;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rustc-check-cfg=cfg(reparam_fpu)");
    let target = env::var("TARGET").unwrap_or_default();
    if ["thumbv7em-none-eabihf", "thumbv8m.main-none-eabihf"].contains(&target.as_str()) {
        println!("cargo::rustc-cfg=reparam_fpu");
    }
}
