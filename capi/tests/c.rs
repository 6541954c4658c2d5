//! A C program links the library and checks it from C: on the host as C99 and as C++, and on a Cortex-M4F in
//! QEMU. All three print the same bits.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use reparam_runner::{TARGET, cargo, for_target, qemu, run_text, target_folder};

/// Warnings are errors, and products and sums stay apart: the same bits on both sides.
const FLAGS: [&str; 6] = ["-Wall", "-Wextra", "-Wpedantic", "-Werror", "-O2", "-ffp-contract=off"];
const CORTEX_M4F: [&str; 4] = ["-mcpu=cortex-m4", "-mthumb", "-mfloat-abi=hard", "-mfpu=fpv4-sp-d16"];

/// Runs a command to its end and returns what it printed. Says how to install it if it is missing.
fn run(command: &mut Command) -> String {
    let (output, failure) = run_text(command).unwrap_or_else(|error| panic!("{error}"));
    if let Some(failure) = failure {
        panic!("{command:?} {failure}\n{output}");
    }
    output
}

/// Builds the static library as a user does and returns its path.
fn library(for_cortex_m: bool) -> PathBuf {
    let mut build = cargo();
    build.args(["build", "--quiet", "--release", "--package", "reparam-capi", "--target-dir"]);
    let mut folder = target_folder();
    build.arg(&folder);
    if for_cortex_m {
        for_target(&mut build).unwrap_or_else(|error| panic!("{error}"));
        folder.push(TARGET);
    }
    run(&mut build);
    folder.join("release/libreparam_capi.a")
}

fn out() -> &'static Path {
    Path::new(env!("CARGO_TARGET_TMPDIR"))
}

fn capi() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The C test sources that both sides compile.
fn sources() -> Vec<PathBuf> {
    let folder = capi().join("tests/c");
    let mut sources: Vec<_> = fs::read_dir(&folder)
        .expect("capi/tests/c")
        .map(|entry| entry.expect("an entry of capi/tests/c").path())
        .filter(|path| {
            path.extension().is_some_and(|e| e == "c") && path.file_stem().is_some_and(|s| s != "start")
        })
        .collect();
    sources.sort();
    sources
}

fn host(compiler: &str, language: &[&str]) -> String {
    let program = out().join(format!("c_{compiler}"));
    run(Command::new(compiler)
        .args(language)
        .args(FLAGS)
        .arg("-I")
        .arg(capi().join("include"))
        .args(sources())
        .args(["-x", "none"])
        .arg(library(false))
        .args(["-lm", "-o"])
        .arg(&program));
    run(&mut Command::new(&program))
}

fn target() -> String {
    let folder = capi().join("tests/c");
    let program = out().join("c_target.elf");
    run(Command::new("arm-none-eabi-gcc")
        .args(CORTEX_M4F)
        .arg("-std=c99")
        .args(FLAGS)
        .arg("-I")
        .arg(capi().join("include"))
        .args(["--specs=rdimon.specs", "-nostartfiles", "-Wl,--gc-sections", "-T"])
        .arg(folder.join("mps2.ld"))
        .args(sources())
        .arg(folder.join("start.c"))
        .arg(library(true))
        .args(["-lm", "-o"])
        .arg(&program));
    run(qemu().arg(&program))
}

#[test]
fn host_and_target_print_the_same_bits() {
    let c = host("cc", &["-std=c99"]);
    assert!(c.ends_with("all checks hold\n"), "{c}");
    assert_eq!(c, host("c++", &["-std=c++11", "-x", "c++"]), "C and C++ differ");
    assert_eq!(c, target(), "host and target differ");
}

/// Links every exported function for the target. A static library carries the panic machinery of `core`;
/// none of it may be reachable.
#[test]
fn nothing_exported_can_panic() {
    let library = library(true);
    let symbols = run(Command::new("arm-none-eabi-nm").args(["--quiet", "--defined-only"]).arg(&library));
    let exported: Vec<_> = symbols
        .lines()
        .filter_map(|line| line.split_once(" T ").map(|(_, name)| name))
        .filter(|name| name.starts_with("reparam_"))
        .collect();
    assert!(exported.contains(&"reparam_trig_sin_cos_f32"), "{symbols}");

    let program = out().join("c_all.elf");
    run(Command::new("arm-none-eabi-gcc")
        .args(CORTEX_M4F)
        .args(["-nostdlib", "-Wl,--gc-sections"])
        .args(exported.iter().map(|name| format!("-Wl,--undefined={name}")))
        .arg(format!("-Wl,--entry={}", exported[0]))
        .arg(&library)
        .arg("-o")
        .arg(&program));
    let linked = run(Command::new("arm-none-eabi-nm").arg(&program));
    for name in exported {
        assert!(linked.contains(name), "{name} was not linked");
    }
    let panics: Vec<_> = linked.lines().filter(|line| line.contains("panic")).collect();
    assert!(panics.is_empty(), "the linked program can panic: {panics:#?}");
}
