//! From the command line and files to a problem.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};
use reparam::givens::objective::{Landscape, Sources};
use serde_json::{Value, json};

use super::external::External;
use super::problem::{BlackBox, Builtin, Name, Nonlinearity, Problem};
use crate::arguments::{Named, positive};
use crate::checkpoint::digest;
use crate::data::prepare::{Centre, PrepareOptions, Prepared, covariance, prepare, transpose};
use crate::data::{Array, Table, TableOptions, read_array, read_table};
use crate::{Error, Result};

/// What is minimised, on which data.
#[derive(Args, Debug, Clone)]
pub struct InputOptions {
    /// Table (CSV, or .npy with two axes) or array (.npy with three axes), as the objective expects
    #[arg(value_name = "DATA")]
    pub data: Option<PathBuf>,
    /// What is minimised
    #[arg(long, value_enum, value_name = "NAME", required_unless_present = "evaluate")]
    pub objective: Option<Name>,
    /// Minimise what this command answers, instead of an objective: see below
    #[arg(long, value_name = "COMMAND", conflicts_with = "objective")]
    pub evaluate: Option<String>,
    /// Columns of the frame. Square frames need no number
    #[arg(long, short = 'd', value_name = "D")]
    pub components: Option<usize>,
    /// Rows of the frame, where no data say: black boxes and test functions
    #[arg(long, value_name = "P")]
    pub rows: Option<usize>,
    /// Symmetric matrix of `trace`: .npy or CSV
    #[arg(long, value_name = "FILE")]
    pub matrix: Option<PathBuf>,
    /// Second table of `procrustes` and `wahba`. Without it: DATA again, with --target-columns
    #[arg(long, value_name = "FILE")]
    pub target: Option<PathBuf>,
    /// Columns of the second table
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    pub target_columns: Option<Vec<String>>,
    /// How the table is read.
    #[command(flatten)]
    pub table: TableOptions,
    /// What is done to it.
    #[command(flatten)]
    pub prepare: PrepareOptions,
    /// Contrast of ica
    #[arg(long, value_enum, default_value_t)]
    pub contrast: Nonlinearity,
    /// Sources that ica looks for
    #[arg(long, value_enum, default_value_t = Side::Mixed)]
    pub sources: Side,
    /// Processes of --evaluate that work at the same time
    #[arg(long, value_name = "N", default_value_t = 1, requires = "evaluate",
          value_parser = clap::value_parser!(u16).range(1..))]
    pub processes: u16,
    /// Longest wait for an answer of --evaluate, in seconds. Without it: for ever
    #[arg(long, value_name = "SECONDS", requires = "evaluate", value_parser = positive)]
    pub evaluate_timeout: Option<f64>,
}

/// Which side of the Gaussian the sources lie on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Side {
    /// Heavier tails (speech, Laplace, Student)
    SuperGaussian,
    /// Lighter tails (uniform, sine, binary)
    SubGaussian,
    /// Either, or both
    Mixed,
}

impl From<Side> for Sources {
    fn from(side: Side) -> Self {
        match side {
            Side::SuperGaussian => Self::SuperGaussian,
            Side::SubGaussian => Self::SubGaussian,
            Side::Mixed => Self::Mixed,
        }
    }
}

/// A problem with what the result has to say about its data.
pub struct Input {
    /// What is minimised.
    pub problem: Box<dyn Problem>,
    /// The same, if it is an objective of the core.
    pub builtin: Option<Builtin>,
    /// Its name, or the command.
    pub name: String,
    /// Data file.
    pub data: Option<String>,
    /// One name per row of the frame.
    pub columns: Vec<String>,
    /// Subtracted from each column.
    pub centre: Vec<f64>,
    /// Divides each column after that.
    pub scale: Vec<f64>,
    /// Whitening matrix, row-major.
    pub whitening: Option<Vec<f64>>,
    /// Everything that the values depend on, for checkpoints.
    pub fingerprint: Value,
}

impl InputOptions {
    /// The files that are read.
    pub fn files(&self) -> [Named<'_>; 3] {
        [("DATA", self.data.as_ref()), ("--matrix", self.matrix.as_ref()), ("--target", self.target.as_ref())]
    }

    /// Reads the data and makes the problem.
    pub fn load(&self) -> Result<Input> {
        let Some(name) = self.objective else { return self.black_box() };
        self.refuse_what_is_not_used(name)?;
        let (builtin, prepared, columns) = match name {
            Name::Trace => self.trace()?,
            Name::Pca | Name::L1Pca | Name::Ica | Name::Varimax => self.of_table(name)?,
            Name::HeterogeneousQuadratics | Name::JointDiagonalization => self.of_matrices(name)?,
            Name::Procrustes | Name::Wahba => self.of_two_tables(name)?,
            Name::Ackley => self.test(Landscape::Ackley)?,
            Name::Griewank => self.test(Landscape::Griewank)?,
            Name::Rastrigin => self.test(Landscape::Rastrigin)?,
            Name::Rosenbrock => self.test(Landscape::Rosenbrock)?,
        };
        let (rows, cols) = (builtin.rows(), builtin.cols());
        builtin.check().map_err(|error| match self.matrix.as_ref().or(self.data.as_ref()) {
            Some(file) => error.file(file),
            None => error,
        })?;
        let columns = columns.unwrap_or_else(|| positions(rows));
        let (centre, scale, whitening) = match prepared {
            Some(Prepared { centre, scale, whitening, .. }) => (centre, scale, whitening),
            None => (vec![0.0; rows], vec![1.0; rows], None),
        };
        let fingerprint = json!({
            "objective": name.text(), "rows": rows, "components": cols, "data": builtin.digest(),
            "contrast": self.contrast, "sources": format!("{:?}", self.sources),
        });
        Ok(Input {
            problem: Box::new(builtin.clone()),
            builtin: Some(builtin),
            name: name.text(),
            data: self.matrix.as_ref().or(self.data.as_ref()).map(|path| path.display().to_string()),
            columns,
            centre,
            scale,
            whitening,
            fingerprint,
        })
    }

    fn black_box(&self) -> Result<Input> {
        let command = self.evaluate.clone().unwrap_or_default();
        if let Some(unused) = [("--matrix", self.matrix.is_some()), ("--target", self.target.is_some())]
            .iter()
            .find(|(_, given)| *given)
        {
            return Err(Error::usage(format!("{} has no meaning with --evaluate", unused.0)));
        }
        let table = self.data.as_ref().map(|data| read_table(data, &self.table)).transpose()?;
        let prepared = table.as_ref().map(|table| prepare(table, &self.prepare, Centre::None)).transpose()?;
        let rows = match (&table, self.rows) {
            (Some(table), None) => table.cols(),
            (None, Some(rows)) => rows,
            (Some(table), Some(rows)) if rows == table.cols() => rows,
            (Some(table), Some(rows)) => {
                let what = format!("--rows {rows}, but DATA has {} columns", table.cols());
                return Err(Error::usage(what).remedy("leave out one of the two"));
            }
            (None, None) => {
                return Err(Error::usage("--evaluate needs the shape of the frame")
                    .remedy("say --rows P and --components D, or give DATA with P columns"));
            }
        };
        let cols = self.components_of(rows, None, self.data.as_ref())?;
        let timeout = self.evaluate_timeout.map(Duration::from_secs_f64);
        let external = External::start(&command, rows, cols, self.processes.into(), timeout)?;
        let (centre, scale, whitening) = match prepared {
            Some(Prepared { centre, scale, whitening, .. }) => (centre, scale, whitening),
            None => (vec![0.0; rows], vec![1.0; rows], None),
        };
        Ok(Input {
            problem: Box::new(BlackBox::new(rows, cols, external)),
            builtin: None,
            fingerprint: json!({"evaluate": command, "rows": rows, "components": cols}),
            name: command,
            data: self.data.as_ref().map(|path| path.display().to_string()),
            columns: table.map_or_else(|| positions(rows), |table| table.columns),
            centre,
            scale,
            whitening,
        })
    }

    /// An option that would silently do nothing is an error.
    fn refuse_what_is_not_used(&self, name: Name) -> Result<()> {
        let test = matches!(name, Name::Ackley | Name::Griewank | Name::Rastrigin | Name::Rosenbrock);
        let two = matches!(name, Name::Procrustes | Name::Wahba);
        let of_table = matches!(name, Name::Pca | Name::L1Pca | Name::Ica | Name::Varimax);
        let prepared = self.prepare.centre.is_some() || self.prepare.standardize || self.prepare.whiten;
        let unused = [
            ("--matrix", self.matrix.is_some() && name != Name::Trace),
            ("--target", self.target.is_some() && !two),
            ("--target-columns", self.target_columns.is_some() && !two),
            ("--rows", self.rows.is_some() && !test),
            ("DATA", self.data.is_some() && (test || (name == Name::Trace && self.matrix.is_some()))),
            ("--center, --standardize or --whiten", prepared && !of_table),
        ];
        match unused.iter().find(|(_, given)| *given) {
            Some((option, _)) => {
                Err(Error::usage(format!("{option} has no meaning with --objective {}", name.text())))
            }
            None => Ok(()),
        }
    }

    fn data(&self, name: Name, what: &str) -> Result<&PathBuf> {
        self.data.as_ref().ok_or_else(|| {
            Error::usage(format!("--objective {} needs DATA: {what}", name.text()))
                .remedy(format!("reparam givens fit DATA --objective {}", name.text()))
        })
    }

    /// Number of columns of the frame; `square`: what it must be, if it must. `file` says the number of rows.
    fn components_of(&self, rows: usize, square: Option<usize>, file: Option<&PathBuf>) -> Result<usize> {
        if rows < 2 {
            let few = Error::usage(format!("too few rows for a frame: {rows}, but a rotation takes 2"));
            return Err(match file {
                Some(file) => few.file(file).remedy("the rows of the frame are the columns of the data"),
                None => few,
            });
        }
        match (self.components, square) {
            (Some(cols), Some(needed)) if cols != needed => {
                Err(Error::usage(format!("--components {cols}, but this objective needs {needed} here")))
            }
            (_, Some(needed)) => Ok(needed),
            (Some(cols), None) if cols == 0 || cols > rows => {
                Err(Error::usage(format!("--components {cols}: there are {rows} dimensions"))
                    .remedy(format!("choose 1 to {rows}")))
            }
            (Some(cols), None) => Ok(cols),
            (None, None) => Err(Error::usage("how many columns should the frame have?")
                .remedy(format!("say --components D with D from 1 to {rows}"))),
        }
    }

    fn trace(&self) -> Result<(Builtin, Option<Prepared>, Option<Vec<String>>)> {
        let path = self.matrix.as_ref().or(self.data.as_ref()).ok_or_else(|| {
            Error::usage("--objective trace needs a symmetric matrix").remedy("say --matrix A.npy")
        })?;
        let Array { shape, values } = read_array(path, &self.table)?;
        let rows = match shape[..] {
            [rows, cols] if rows == cols => rows,
            _ => return Err(Error::failed(format!("shape {shape:?} is not a square matrix")).file(path)),
        };
        let cols = self.components_of(rows, None, Some(path))?;
        Ok((Builtin::Trace { rows, cols, matrix: values, largest: false }, None, None))
    }

    fn of_table(&self, name: Name) -> Result<(Builtin, Option<Prepared>, Option<Vec<String>>)> {
        let path = self.data(name, "a table, one sample per line")?;
        let table = read_table(path, &self.table)?;
        let rows = table.cols();
        let cols = self.components_of(rows, (name == Name::Varimax).then_some(rows), Some(path))?;
        let mut options = self.prepare.clone();
        let default = match name {
            Name::Varimax => Centre::None,
            Name::L1Pca => Centre::Median,
            _ => Centre::Mean,
        };
        if name == Name::Ica {
            if options.standardize || options.centre.is_some_and(|centre| centre != Centre::Mean) {
                return Err(Error::usage("ica centres by the mean and whitens: other preparations spoil it"));
            }
            options.whiten = true;
        }
        let prepared = prepare(&table, &options, default).map_err(|error| error.file(path))?;
        if prepared.values.iter().all(|&x| x == 0.0) {
            let what = "nothing is left to fit: every column is constant";
            return Err(Error::failed(what)
                .file(path)
                .remedy("give more rows, or other columns with --columns"));
        }
        let builtin = match name {
            Name::Pca => {
                let matrix = covariance(&prepared.values, rows);
                Builtin::Trace { rows, cols, matrix, largest: true }
            }
            Name::L1Pca => Builtin::L1Pca { rows, cols, data: transpose(&prepared.values, rows) },
            Name::Ica => Builtin::Ica {
                rows,
                cols,
                data: transpose(&prepared.values, rows),
                contrast: self.contrast,
                sources: self.sources.into(),
            },
            _ => Builtin::Varimax { dim: rows, data: transpose(&prepared.values, rows) },
        };
        Ok((builtin, Some(prepared), Some(table.columns)))
    }

    fn of_matrices(&self, name: Name) -> Result<(Builtin, Option<Prepared>, Option<Vec<String>>)> {
        let path = self.data(name, "an .npy array of symmetric matrices, shape (count, p, p)")?;
        let Array { shape, values } = read_array(path, &self.table)?;
        let (count, rows) = match shape[..] {
            [count, rows, cols] if rows == cols && count > 0 => (count, rows),
            [rows, cols] if rows == cols => (1, rows),
            _ => {
                let what = format!("shape {shape:?}, expected symmetric matrices: (count, p, p)");
                return Err(Error::failed(what).file(path));
            }
        };
        let builtin = if name == Name::JointDiagonalization {
            self.components_of(rows, Some(rows), Some(path))?;
            Builtin::JointDiagonalization { dim: rows, matrices: values }
        } else {
            if count > rows {
                let what = format!("{count} matrices of {rows} × {rows}: a frame has at most {rows} columns");
                return Err(Error::failed(what).file(path));
            }
            let cols = self.components_of(rows, Some(count), Some(path))?;
            Builtin::HeterogeneousQuadratics { rows, cols, matrices: values }
        };
        Ok((builtin, None, None))
    }

    fn of_two_tables(&self, name: Name) -> Result<(Builtin, Option<Prepared>, Option<Vec<String>>)> {
        let path = self.data(name, "a table, and another one in --target")?;
        let target = self.target.as_ref().unwrap_or(path);
        if self.target.is_none() && self.target_columns.is_none() {
            return Err(Error::usage(format!("--objective {} needs a second table", name.text()))
                .remedy("say --target FILE, or --target-columns LIST for other columns of DATA"));
        }
        let first = read_table(path, &self.table)?;
        let second = TableOptions { columns: self.target_columns.clone(), ..self.table.clone() };
        let second = read_table(target, &second)?;
        if first.rows() != second.rows() {
            let what = format!("{} rows, but {} has {}", second.rows(), path.display(), first.rows());
            return Err(Error::failed(what)
                .file(target)
                .remedy("give two tables whose rows belong together"));
        }
        let rows = first.cols();
        let cols = self.components_of(rows, Some(second.cols()), Some(path))?;
        if cols > rows {
            let what =
                format!("DATA has {rows} columns and the target {cols}: a frame is not wider than tall");
            return Err(Error::usage(what).remedy("exchange the two tables"));
        }
        let Table { columns, values } = first;
        let builtin = if name == Name::Procrustes {
            Builtin::Procrustes { rows, cols, a: values, b: second.values }
        } else {
            Builtin::Wahba { rows, cols, measured: values, reference: second.values }
        };
        Ok((builtin, None, Some(columns)))
    }

    fn test(&self, landscape: Landscape) -> Result<(Builtin, Option<Prepared>, Option<Vec<String>>)> {
        let dim = self.rows.or(self.components).ok_or_else(|| {
            Error::usage("a test function needs the size of the square frame").remedy("say --rows M")
        })?;
        self.components_of(dim, Some(dim), None)?;
        if dim > 10_000 {
            return Err(Error::usage(format!("--rows {dim}: choose 2 to 10000")));
        }
        Ok((Builtin::Test { landscape, dim }, None, None))
    }
}

impl Builtin {
    fn digest(&self) -> String {
        match self {
            Self::Trace { matrix: data, .. }
            | Self::L1Pca { data, .. }
            | Self::HeterogeneousQuadratics { matrices: data, .. }
            | Self::JointDiagonalization { matrices: data, .. }
            | Self::Ica { data, .. }
            | Self::Varimax { data, .. } => digest(data),
            Self::Procrustes { a, b, .. } => digest(a.iter().chain(b)),
            Self::Wahba { measured, reference, .. } => digest(measured.iter().chain(reference)),
            Self::Test { .. } => digest([]),
        }
    }
}

fn positions(rows: usize) -> Vec<String> {
    (1..=rows).map(|position| position.to_string()).collect()
}
