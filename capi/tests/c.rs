//! A C program links the library and checks it from C: on the host as C99 and as C++, and on a Cortex-M4F in
//! QEMU. All three print the same bits.

use std::{
    fs, io,
    path::{Path, PathBuf},
    process::Command,
};

const TARGET: &str = "thumbv7em-none-eabihf";
const WARNINGS: [&str; 5] = ["-Wall", "-Wextra", "-Wpedantic", "-Werror", "-O2"];
const CORTEX_M4F: [&str; 4] = ["-mcpu=cortex-m4", "-mthumb", "-mfloat-abi=hard", "-mfpu=fpv4-sp-d16"];

/// Runs a command to its end and returns what it printed.
fn run(command: &mut Command) -> String {
    let tool = command.get_program().to_string_lossy().into_owned();
    let output = match command.output() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            panic!("{tool} is not installed: `cargo xtask setup` installs it")
        }
        result => result.expect("a child process starts"),
    };
    let stdout = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        output.status.success(),
        "{command:?} failed, {}\n{stdout}{}",
        output.status,
        String::from_utf8_lossy(&output.stderr)
    );
    stdout
}

/// Builds the static library as a user does, for the host or for a target, and returns its path.
fn library(target: Option<&str>) -> PathBuf {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["build", "--quiet", "--release", "--package", "reparam-capi"]);
    let mut folder = out().parent().expect("the target folder").to_path_buf();
    cargo.arg("--target-dir").arg(&folder);
    if let Some(target) = target {
        cargo.args(["--target", target]);
        folder.push(target);
    }
    run(&mut cargo);
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
        .args(WARNINGS)
        .arg("-I")
        .arg(capi().join("include"))
        .args(sources())
        .args(["-x", "none"])
        .arg(library(None))
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
        .args(WARNINGS)
        .arg("-I")
        .arg(capi().join("include"))
        .args(["--specs=rdimon.specs", "-nostartfiles", "-Wl,--gc-sections", "-T"])
        .arg(folder.join("mps2.ld"))
        .args(sources())
        .arg(folder.join("start.c"))
        .arg(library(Some(TARGET)))
        .args(["-lm", "-o"])
        .arg(&program));
    run(Command::new("qemu-system-arm")
        .args(["-M", "mps2-an386", "-cpu", "cortex-m4", "-nographic", "-monitor", "none", "-serial", "none"])
        .args(["-semihosting-config", "enable=on,target=native", "-kernel"])
        .arg(&program))
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
    let library = library(Some(TARGET));
    let symbols = run(Command::new("arm-none-eabi-nm").args(["--quiet", "--defined-only"]).arg(&library));
    let exported: Vec<_> = symbols
        .lines()
        .filter_map(|line| line.split_once(" T ").map(|(_, name)| name))
        .filter(|name| name.starts_with("reparam_"))
        .collect();
    assert!(exported.contains(&"reparam_sin_cos_f32"), "{symbols}");

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
