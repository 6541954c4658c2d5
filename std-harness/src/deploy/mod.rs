//! `reparam deploy`: a fitted object as `static` data in firmware, and proof that the target computes what the
//! host computes.
//!
//! A system plugs in with one file and one line in `EXPORTERS`: from its fit file, the exporter makes an
//! [`Artifact`] of named constants, inputs to verify with, and the host's outputs. The rest is common to all
//! systems: the writers ([`rust`], [`c`], [`json`]), the build and the run in QEMU, and the comparison
//! ([`Outcome`]).

mod artifact;
pub mod c;
mod diagonal;
mod givens;
mod group_shuffle;
mod horizon;
mod implicit;
pub mod json;
mod literal;
mod outcome;
pub mod rust;
mod workspace;

use std::fs;
use std::path::{Path, PathBuf};

use clap::Args;
use reparam_runner::{Level, Program};
use serde::Deserialize;

pub use artifact::{Artifact, Constant, Output, Values};
pub use outcome::Outcome;

use crate::context::Context;
use crate::data::TableOptions;
use crate::report::file::write_atomic;
use crate::report::json::read;
use crate::{Error, Result};

/// Makes the artifact of a system from its fit file.
type Exporter = fn(&Request) -> Result<Artifact>;

/// The systems, by the key `system` of their fit files.
const EXPORTERS: &[(&str, Exporter)] = &[
    ("diagonal", diagonal::export),
    ("givens", givens::export),
    ("horizon", horizon::export),
    ("implicit", implicit::export),
];

/// The system of fits that are tensors: their metadata name no other.
const TENSORS: Exporter = group_shuffle::export;

/// What an exporter is asked for.
#[derive(Clone, Debug)]
pub struct Request<'a> {
    /// The fit file.
    pub fit: &'a Path,
    /// Name of the artifact.
    pub name: String,
    /// Which matrix of a fit of several.
    pub matrix: Option<String>,
    /// Table of samples to verify with.
    pub data: Option<&'a Path>,
    /// How the table is read.
    pub table: &'a TableOptions,
    /// At most so many samples.
    pub samples: usize,
}

impl Request<'_> {
    /// Name of the fit file, without folders: what the export says about its origin.
    pub fn source(&self) -> String {
        self.fit.file_name().unwrap_or_default().to_string_lossy().into_owned()
    }
}

/// `reparam deploy`.
#[derive(Args, Debug)]
pub struct Command {
    /// What a verb of a system wrote with -o: a fit in JSON, or an orthogonal matrix in .safetensors
    #[arg(value_name = "FIT")]
    fit: PathBuf,
    /// Which matrix of a .safetensors file of several
    #[arg(long, value_name = "NAME")]
    matrix: Option<String>,
    /// Table of samples to verify with, and to learn from if answers stand beside them. Without it, the table of the
    /// fit, or random samples
    #[arg(long, value_name = "DATA.csv")]
    data: Option<PathBuf>,
    #[command(flatten)]
    table: TableOptions,
    /// At most so many samples
    #[arg(long, value_name = "N", default_value_t = 64, value_parser = clap::value_parser!(u16).range(1..=4096))]
    samples: u16,
    /// Folder for NAME.rs, NAME_inputs.rs, NAME.h and NAME_constants.json
    #[arg(long, short, value_name = "DIR", default_value = "deploy")]
    output: PathBuf,
    /// NAME of the files. Without it, that of the fit file
    #[arg(long)]
    name: Option<PathBuf>,
    /// Write the files, build and run nothing
    #[arg(long)]
    export_only: bool,
    /// Checkout of reparam with the sources of the firmware. Without it: REPARAM_WORKSPACE, else the one around
    /// the current folder
    #[arg(long, value_name = "DIR")]
    workspace: Option<PathBuf>,
}

impl Command {
    /// Does it.
    pub fn run(self, context: &Context) -> Result<()> {
        let artifact = export(&Request {
            fit: &self.fit,
            name: artifact::identifier(self.name.as_ref().unwrap_or(&self.fit)),
            matrix: self.matrix.clone(),
            data: self.data.as_deref(),
            table: &self.table,
            samples: self.samples.into(),
        })?;
        let files = write(&artifact, &self.output)?;
        let target = if self.export_only {
            None
        } else {
            let firmware = workspace::find(self.workspace.as_deref())?;
            let progress = context.progress(None);
            progress.message(|| "building the firmware, running it in QEMU".into());
            let program = program(&artifact, &self.output)?;
            let run = firmware.run_target(&program, Level::Speed);
            progress.finish();
            Some(run.map_err(|error| Error::failed(error.to_string()))?)
        };
        let outcome = Outcome::new(&artifact, files, target)?;
        context.print(&outcome, || outcome.to_string())?;
        outcome.verdict()
    }
}

/// The artifact of a fit file, by the exporter of its system.
pub fn export(request: &Request) -> Result<Artifact> {
    #[derive(Deserialize)]
    struct Key {
        system: String,
    }
    if request.fit.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("safetensors")) {
        return TENSORS(request);
    }
    let what = "what the `fit` verb of a system writes with -o";
    let Key { system } = read(request.fit, what)?;
    let Some((_, exporter)) = EXPORTERS.iter().find(|(name, _)| *name == system) else {
        let known = EXPORTERS.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ");
        return Err(Error::failed(format!("system {system:?} has no exporter"))
            .file(request.fit)
            .remedy(format!("deploy a fit of one of: {known}")));
    };
    exporter(request)
}

/// Writes the artifact in every language; the files written.
pub fn write(artifact: &Artifact, folder: &Path) -> Result<Vec<PathBuf>> {
    fs::create_dir_all(folder).map_err(|e| Error::io("make the folder", folder, &e))?;
    let name = &artifact.name;
    let texts = [
        (format!("{name}.rs"), rust::constants(artifact)),
        (format!("{name}_inputs.rs"), rust::inputs(artifact)),
        (format!("{name}.h"), c::header(artifact)),
        (format!("{name}_constants.json"), json::object(artifact)?),
    ];
    let write = |(file, text): (String, String)| {
        let path = folder.join(file);
        write_atomic(&path, text.as_bytes())?;
        Ok(path)
    };
    texts.into_iter().map(write).collect()
}

/// The firmware's program, told by an environment variable of its build to include the files written in
/// `folder` rather than those checked in.
fn program(artifact: &Artifact, folder: &Path) -> Result<Program> {
    let folder = folder.canonicalize().map_err(|e| Error::io("find", folder, &e))?;
    let variable = format!("REPARAM_EXPORT_{}", artifact.program.to_uppercase());
    Ok(Program::example(artifact.program).variable(variable, folder.join(&artifact.name)))
}
