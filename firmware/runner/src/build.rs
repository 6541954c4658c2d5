use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::Error;

/// The target of the firmware: Cortex-M4F and M7F.
pub const TARGET: &str = "thumbv7em-none-eabihf";

/// Optimisation level.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// `opt-level = 3`.
    Speed,
    /// `opt-level = "s"`.
    Size,
}

impl Level {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Speed, Self::Size];

    /// As in `opt-level`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Speed => "3",
            Self::Size => "s",
        }
    }

    /// The Cargo profile.
    pub fn profile(self) -> &'static str {
        match self {
            Self::Speed => "release",
            Self::Size => "small",
        }
    }
}

/// A program of the firmware workspace.
#[derive(Clone, Debug)]
pub struct Program {
    name: String,
    package: &'static str,
    kind: &'static str,
    folder: &'static str,
    features: Vec<String>,
    variables: Vec<(String, OsString)>,
}

impl Program {
    /// `firmware/examples/NAME.rs`.
    pub fn example(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            package: "reparam-firmware",
            kind: "--example",
            folder: "examples",
            features: Vec::new(),
            variables: Vec::new(),
        }
    }

    /// `firmware/bench/src/bin/NAME.rs`.
    pub fn bench(name: impl Into<String>) -> Self {
        Self { package: "bench", kind: "--bin", folder: "", ..Self::example(name) }
    }

    /// With a feature of its package.
    pub fn feature(mut self, feature: impl Into<String>) -> Self {
        self.features.push(feature.into());
        self
    }

    /// With an environment variable for its build, such as the path of an export to include.
    pub fn variable(mut self, name: impl Into<String>, value: impl Into<OsString>) -> Self {
        self.variables.push((name.into(), value.into()));
        self
    }

    /// The name.
    pub fn name(&self) -> &str {
        &self.name
    }
}

/// The firmware workspace and where its build products go.
#[derive(Clone, Debug)]
pub struct Firmware {
    folder: PathBuf,
    target_folder: PathBuf,
}

impl Firmware {
    /// The firmware workspace in `folder`, built into `target_folder`.
    pub fn new(folder: impl Into<PathBuf>, target_folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into(), target_folder: target_folder.into() }
    }

    /// The firmware of the checkout that this crate was built from. See [`of`](Self::of).
    pub fn of_checkout() -> Self {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("lies in firmware/");
        Self::of(folder.parent().expect("firmware/ lies in the checkout"))
    }

    /// The firmware of the checkout in `root`, built into `firmware/` in the workspace's target folder.
    pub fn of(root: &Path) -> Self {
        Self::new(root.join("firmware"), target_folder_of(root).join("firmware"))
    }

    /// The folder of the firmware workspace.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The names of the programs in `firmware/examples/`.
    pub fn examples(&self) -> Result<Vec<String>, Error> {
        self.rust_files("examples")
    }

    /// The names of the programs in `firmware/bench/src/bin/`.
    pub fn benches(&self) -> Result<Vec<String>, Error> {
        self.rust_files("bench/src/bin")
    }

    /// The sorted stems of the `.rs` files in a folder of the workspace.
    pub fn rust_files(&self, folder: &str) -> Result<Vec<String>, Error> {
        let path = self.folder.join(folder);
        let entries =
            path.read_dir().map_err(|error| Error::File { path: path.clone(), why: error.to_string() })?;
        let mut names: Vec<_> = entries
            .flatten()
            .map(|entry| entry.path())
            .filter(|path| path.extension().is_some_and(|extension| extension == "rs"))
            .filter_map(|path| Some(path.file_stem()?.to_str()?.to_owned()))
            .collect();
        names.sort();
        Ok(names)
    }

    /// `cargo` in the firmware workspace.
    pub fn cargo(&self) -> Command {
        let mut command = cargo();
        command.current_dir(&self.folder).env("CARGO_TARGET_DIR", &self.target_folder);
        command
    }

    /// Builds for the Cortex-M4F and returns the ELF file.
    pub fn build_target(&self, program: &Program, level: Level) -> Result<PathBuf, Error> {
        let mut cargo = self.cargo();
        cargo.arg("build");
        for_target(&mut cargo)?;
        self.build(cargo, program, level.profile(), TARGET)
    }

    /// Builds for this machine and returns the executable.
    pub fn build_host(&self, program: &Program) -> Result<PathBuf, Error> {
        let mut cargo = self.cargo();
        cargo.arg("build");
        self.build(cargo, program, Level::Speed.profile(), "")
    }

    fn build(
        &self,
        mut cargo: Command,
        program: &Program,
        profile: &str,
        target: &str,
    ) -> Result<PathBuf, Error> {
        cargo.args(["--profile", profile, "--package", program.package, program.kind, &program.name]);
        cargo.envs(program.variables.iter().map(|(name, value)| (name, value)));
        if !program.features.is_empty() {
            cargo.args(["--features", &program.features.join(",")]);
        }
        build(&mut cargo, &program.name)?;
        let suffix = if target.is_empty() { env::consts::EXE_SUFFIX } else { "" };
        Ok(self
            .target_folder
            .join(target)
            .join(profile)
            .join(program.folder)
            .join(format!("{}{suffix}", program.name)))
    }

    /// The folder of a profile's build products for the Cortex-M4F.
    pub fn products(&self, profile: &str) -> PathBuf {
        self.target_folder.join(TARGET).join(profile)
    }
}

/// The target folder of the workspace of the checkout.
pub fn target_folder() -> PathBuf {
    target_folder_of(Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).expect("lies in firmware/"))
}

fn target_folder_of(root: &Path) -> PathBuf {
    let folder = env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from);
    // Relative to where the caller stands, not to where cargo will be started.
    env::current_dir().map_or(folder.clone(), |here| here.join(&folder))
}

/// The cargo that runs us if one does.
pub fn cargo() -> Command {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.stdin(Stdio::null());
    command
}

/// Adds to a cargo verb `--target …`, and the means to compile `core` from source where the toolchain has only that.
pub fn for_target(command: &mut Command) -> Result<(), Error> {
    command.args(["--target", TARGET]);
    let rustlib = sysroot()?.join("lib/rustlib");
    if rustlib.join(TARGET).join("lib").is_dir() {
        return Ok(());
    }
    if !rustlib.join("src/rust/library/core").is_dir() {
        return Err(Error::NoTarget);
    }
    // The source is that of the pinned compiler, which is all that the unstable flag is unstable about.
    command.env("RUSTC_BOOTSTRAP", "1").arg("-Zbuild-std=core");
    Ok(())
}

/// The folder of the toolchain.
pub fn sysroot() -> Result<PathBuf, Error> {
    let output = Command::new("rustc")
        .args(["--print", "sysroot"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .stderr(Stdio::inherit())
        .output()
        .map_err(|source| Error::Start { command: "rustc".into(), source })?;
    if !output.status.success() {
        return Err(Error::Build("the path of the toolchain".into()));
    }
    Ok(PathBuf::from(String::from_utf8_lossy(&output.stdout).trim()))
}

/// Runs a `cargo build`, quietly.
pub fn build(cargo: &mut Command, what: &str) -> Result<(), Error> {
    let status = cargo
        .arg("--quiet")
        .stdout(Stdio::null())
        .status()
        .map_err(|source| Error::Start { command: "cargo".into(), source })?;
    if status.success() { Ok(()) } else { Err(Error::Build(what.to_owned())) }
}
