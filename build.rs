//! Names what stable Rust does not: whether the target has a single-precision FPU with square root and fused
//! multiply-add, and whether `micromath` is the only backend. Refuses to build without a backend here, before
//! the compiler would drown the one useful message in others.

use std::env;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rustc-check-cfg=cfg(reparam_fpu, reparam_micromath)");
    let feature = |name: &str| env::var_os(format!("CARGO_FEATURE_{name}")).is_some();
    if !feature("LIBM") && !feature("STD") {
        if !feature("MICROMATH") {
            println!(
                "cargo::error=reparam needs elementary functions: enable feature `libm` (portable, the default), \
                 `std` (the platform's) or `micromath` (fast, low accuracy)"
            );
        }
        println!("cargo::rustc-cfg=reparam_micromath");
    }
    // Stable Rust does not expose ARM target features as `cfg`; the target's name tells.
    let target = env::var("TARGET").unwrap_or_default();
    if ["thumbv7em-none-eabihf", "thumbv8m.main-none-eabihf"].contains(&target.as_str()) {
        println!("cargo::rustc-cfg=reparam_fpu");
    }
}
