//! What deployment found: host and target side by side, and what the target pays.

use std::fmt;
use std::path::PathBuf;

use reparam_runner::{Comparison, Report, Series, TargetRun, Tolerance, Words, compare};
use serde::{Serialize, Serializer};

use super::artifact::{Artifact, Output, Values};
use crate::report::table::{Table, count, number};
use crate::{Error, Result};

/// Items of an output without names that a person is shown, and columns of any output.
const SHOWN: usize = 4;
/// Items with names.
const NAMED_SHOWN: usize = 16;

/// The result of `reparam deploy`.
#[derive(Clone, Debug, Serialize)]
pub struct Outcome {
    /// The system.
    pub system: &'static str,
    /// Name of the artifact.
    pub name: String,
    /// What it is.
    pub title: String,
    /// The fit file.
    pub fit: String,
    /// Seed of the fit, if it had one.
    pub seed: Option<u64>,
    /// What the fit achieved.
    #[serde(serialize_with = "as_map")]
    pub facts: Vec<(String, f64)>,
    /// Files written.
    pub files: Vec<PathBuf>,
    /// Bytes of the exported arrays.
    pub constant_bytes: usize,
    /// What host and target computed; none if nothing was run.
    #[serde(flatten)]
    pub run: Option<Run>,
}

/// Host and target on the same inputs.
#[derive(Clone, Debug, Serialize)]
pub struct Run {
    /// Program of the firmware.
    pub program: &'static str,
    /// Target and emulator.
    pub machine: &'static str,
    /// Optimisation level of the firmware.
    pub opt_level: &'static str,
    /// What was computed.
    pub outputs: Vec<Sides>,
    /// Number of values compared.
    pub values: usize,
    /// Values that differ in any bit.
    pub different_bits: usize,
    /// Largest |host − target|.
    pub largest_difference: f64,
    /// Largest |target − fit|, where the fit is in its own precision.
    pub difference_from_fit: f64,
    /// Bytes of code and constants of the whole program.
    pub flash: u64,
    /// Bytes of statics of the whole program.
    pub ram: u64,
    /// Bytes of stack of the whole program, at its deepest.
    pub stack: u64,
    /// Instructions of one call, by kernel.
    #[serde(serialize_with = "as_map")]
    pub instructions: Vec<(String, u64)>,
}

/// One output.
#[derive(Clone, Debug, Serialize)]
pub struct Sides {
    /// Its name.
    pub name: &'static str,
    /// Names of its columns.
    pub columns: Vec<String>,
    /// Names of its rows, if they have any.
    pub items: Vec<String>,
    /// Computed by the host in the target's arithmetic, row-major.
    pub host: Values,
    /// Computed by the target.
    pub target: Values,
    /// In the precision of the fit.
    pub reference: Vec<f64>,
}

impl Outcome {
    /// Compares the host's outputs with those of a run on the target. An error where the target reported other
    /// names or sizes.
    pub fn new(artifact: &Artifact, files: Vec<PathBuf>, run: Option<TargetRun>) -> Result<Self> {
        Ok(Self {
            system: artifact.system,
            name: artifact.name.clone(),
            title: artifact.title.clone(),
            fit: artifact.source.clone(),
            seed: artifact.seed,
            facts: artifact.facts.clone(),
            files,
            constant_bytes: artifact.constants.iter().map(super::Constant::bytes).sum(),
            run: run.map(|run| Run::new(artifact, run)).transpose()?,
        })
    }

    /// An error if host and target differ in any bit: the work is then not done.
    pub fn verdict(&self) -> Result<()> {
        match &self.run {
            Some(run) if run.different_bits > 0 => Err(Error::failed(format!(
                "{} of {} values differ between host and target, by {:e} at most",
                run.different_bits, run.values, run.largest_difference
            ))),
            _ => Ok(()),
        }
    }
}

impl Run {
    fn new(artifact: &Artifact, run: TargetRun) -> Result<Self> {
        // Any finite difference is measured here and judged by the caller.
        let tolerance = Tolerance::Within(f64::INFINITY);
        let series =
            |output: &Output| Series { name: output.name.to_owned(), tolerance, words: output.host.clone() };
        let host = Report { series: artifact.outputs.iter().map(series).collect(), ..Report::default() };
        let Comparison { values, largest_difference, different_bits } =
            compare(&host, &run.report).map_err(|error| Error::failed(error.to_string()))?;
        let sides = |(output, target): (&Output, &Series)| Sides {
            name: output.name,
            columns: output.columns.clone(),
            items: output.items.clone(),
            host: numbers(&output.host),
            target: numbers(&target.words),
            reference: output.reference.clone(),
        };
        let off = |(output, target): (&Output, &Series)| {
            let target = target.words.to_f64();
            output.reference.iter().zip(target).map(|(x, y)| (x - y).abs()).fold(0.0, f64::max)
        };
        let pairs = || artifact.outputs.iter().zip(&run.report.series);
        Ok(Self {
            program: artifact.program,
            machine: "Cortex-M4F (QEMU mps2-an386)",
            opt_level: "3",
            outputs: pairs().map(sides).collect(),
            values,
            different_bits,
            largest_difference,
            difference_from_fit: pairs().map(off).fold(0.0, f64::max),
            flash: run.sizes.flash,
            ram: run.sizes.ram,
            stack: run.report.program_stack().unwrap_or(0),
            instructions: run.report.instructions.clone(),
        })
    }
}

fn numbers(words: &Words) -> Values {
    match words.clone() {
        Words::F32(values) => Values::F32(values),
        Words::F64(values) => Values::F64(values),
        Words::U32(values) => Values::U32(values),
        Words::U64(values) => Values::U64(values),
    }
}

fn as_map<S: Serializer, V: Serialize>(
    pairs: &[(String, V)],
    serializer: S,
) -> std::result::Result<S::Ok, S::Error> {
    serializer.collect_map(pairs.iter().map(|(name, value)| (name, value)))
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seed = self.seed.map_or(String::new(), |seed| format!(" (seed {seed})"));
        writeln!(f, "{}, from {}{seed}", self.title, self.fit)?;
        for (name, value) in &self.facts {
            writeln!(f, "  {name}: {}", number(*value, 6))?;
        }
        if let Some(run) = &self.run {
            run.write(self.constant_bytes, f)?;
        }
        writeln!(f)?;
        for (index, file) in self.files.iter().enumerate() {
            writeln!(f, "{}  {}", if index == 0 { "written" } else { "       " }, file.display())?;
        }
        Ok(())
    }
}

impl Run {
    fn write(&self, constant_bytes: usize, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for sides in &self.outputs {
            write!(f, "\n{sides}")?;
        }
        let values = count(self.values as u64);
        let mut table = Table::new(["agreement", "values", "differ", "largest difference", ""]);
        let verdict = if self.different_bits == 0 { "equal in every bit" } else { "DIFFERENT" };
        let different = count(self.different_bits as u64);
        let largest = number(self.largest_difference, 3);
        table.row(["target and host", &values, &different, &largest, verdict]);
        let off = number(self.difference_from_fit, 3);
        table.row(["target and fit", &values, "", &off, "f32 beside f64"]);
        write!(f, "\n{table}")?;

        let mut table = Table::new([self.machine, "", "", ""]);
        let mut cost = |name: &str, amount: u64, unit: &str, of: &str| {
            table.row([name, &count(amount), unit, of]);
        };
        cost("flash", self.flash, "bytes", "code, constants and start-up of the whole program");
        cost("", constant_bytes as u64, "bytes", "of these: the exported arrays");
        cost("RAM", self.ram, "bytes", "statics");
        cost("stack", self.stack, "bytes", "at its deepest");
        for (kernel, instructions) in &self.instructions {
            cost("work", *instructions, "instructions", &kernel.replace('_', " "));
        }
        write!(f, "\n{table}")
    }
}

impl fmt::Display for Sides {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = self.columns.len().max(1);
        let heads = |side: &str| {
            self.columns.iter().take(SHOWN).map(|column| format!("{side} {column}")).collect::<Vec<_>>()
        };
        let head = [self.name.to_owned()].into_iter().chain(heads("host")).chain(heads("target"));
        let mut table = Table::new(head);
        let (host, target) = (texts(&self.host), texts(&self.target));
        let shown = if self.items.is_empty() { SHOWN } else { NAMED_SHOWN };
        for (index, (host, target)) in host.chunks(width).zip(target.chunks(width)).take(shown).enumerate() {
            let name = self.items.get(index).cloned().unwrap_or_else(|| (index + 1).to_string());
            let cells = host.iter().take(SHOWN).chain(target.iter().take(SHOWN));
            table.row([&name].into_iter().chain(cells));
        }
        write!(f, "{table}")?;
        let items = host.len() / width;
        if items > shown || width > SHOWN {
            writeln!(f, "… {} x {width} in all", count(items as u64))?;
        }
        Ok(())
    }
}

fn texts(values: &Values) -> Vec<String> {
    fn of<T: fmt::Display>(values: &[T]) -> Vec<String> {
        values.iter().map(|value| format!("{value:.7}")).collect()
    }
    match values {
        Values::F32(values) => of(values),
        Values::F64(values) => of(values),
        Values::U64(values) => of(values),
        Values::U32(values) => of(values),
        Values::U16(values) => of(values),
        Values::U8(values) => of(values),
        Values::I8(values) => of(values),
        Values::Size(value) => of(&[value]),
        Values::Bool(value) => of(&[value]),
    }
}
