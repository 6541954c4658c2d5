//! The result of a fit: what `-o` writes, what `--json` prints, what `reparam deploy` reads.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::report::json;
use crate::report::table::{Table, count, fixed, number};
use crate::{Error, Result};

/// A frame fitted to data or to a black box.
///
/// A sample `x` (one row of the data, `rows` numbers) has the coordinates
/// `y = Qᵀ W ((x − centre) / scale)`, with `W` the identity if there is no whitening.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Fit {
    /// `"givens"`.
    pub system: String,
    /// Version of the program that made it.
    pub version: String,
    /// What was minimised, by name, or the command of the black box.
    pub objective_name: String,
    /// Value of the frame, as minimised.
    pub objective: f64,
    /// The same in the objective's usual terms, such as the share of variance explained, by name.
    pub measures: BTreeMap<String, f64>,
    /// Evaluations of the objective, all starts together.
    pub evaluations: u64,
    /// Search by name.
    pub search: String,
    /// Starts that ran.
    pub starts: u64,
    /// Why it ended: `converged`, `runs`, `evaluations`, `interrupted` or `failed`.
    pub stopped: String,
    /// Seed of the random starts.
    pub seed: u64,
    /// Rows of the frame: numbers in a sample.
    pub rows: usize,
    /// Columns of the frame: coordinates found.
    pub dim: usize,
    /// The frame, one inner vector per row.
    pub frame: Vec<Vec<f64>>,
    /// Its angles in radians, in the core's order ([`reparam::givens`]).
    pub angles: Vec<f64>,
    /// Whether a square frame has determinant −1.
    pub reflected: bool,
    /// Largest |QᵀQ − I|.
    pub orthogonality_error: f64,
    /// Data file, if there was one.
    pub data: Option<String>,
    /// Names of the data's columns, one per row of the frame.
    pub columns: Vec<String>,
    /// Subtracted from each column; zeros if the data were not centred.
    pub centre: Vec<f64>,
    /// Divides each centred column; ones if the data were not scaled.
    pub scale: Vec<f64>,
    /// Symmetric matrix that whitens the scaled columns, one inner vector per row, if the data were whitened.
    pub whitening: Option<Vec<Vec<f64>>>,
}

impl Fit {
    /// Reads and checks what `reparam givens fit -o` wrote.
    pub fn read(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let fit: Self = json::read(path, "a fitted frame (written by `reparam givens fit -o`)")?;
        fit.check().map_err(|what| {
            Error::failed(format!("not a fitted frame: {what}"))
                .file(path)
                .remedy("make it anew with `reparam givens fit -o`")
        })?;
        Ok(fit)
    }

    /// Writes it, whole or not at all.
    pub fn write(&self, path: impl AsRef<Path>) -> Result<()> {
        json::write(path, self)
    }

    /// The frame, row-major.
    pub fn flat(&self) -> Vec<f64> {
        self.frame.concat()
    }

    fn check(&self) -> std::result::Result<(), String> {
        let Self { rows, dim, .. } = *self;
        if self.system != "givens" {
            return Err(format!("its system is {:?}", self.system));
        }
        if dim == 0 || rows < dim || self.frame.len() != rows || self.frame.iter().any(|row| row.len() != dim)
        {
            return Err(format!("the frame is not {rows} × {dim} with at least as many rows as columns"));
        }
        let of_columns = [self.columns.len(), self.centre.len(), self.scale.len()];
        if of_columns != [rows; 3] {
            return Err(format!("columns, centre and scale have {of_columns:?} entries instead of {rows}"));
        }
        if self.whitening.as_ref().is_some_and(|w| w.len() != rows || w.iter().any(|row| row.len() != rows)) {
            return Err(format!("the whitening matrix is not {rows} × {rows}"));
        }
        if self.scale.contains(&0.0) {
            return Err("a scale is zero".into());
        }
        Ok(())
    }
}

impl fmt::Display for Fit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const SHOWN: usize = 8;
        let mut facts = Table::new(["", ""]);
        let mut fact = |name: &str, value: String| facts.row([name, &value]);
        fact("objective", format!("{} = {}", self.objective_name, number(self.objective, 10)));
        for (name, value) in &self.measures {
            fact("", format!("{name} = {}", number(*value, 6)));
        }
        fact("frame", format!("{} × {}, {} angles", self.rows, self.dim, self.angles.len()));
        fact("orthogonality error", number(self.orthogonality_error, 2));
        fact("evaluations", count(self.evaluations));
        let starts =
            if self.starts == 1 { "1 start".into() } else { format!("{} starts", count(self.starts)) };
        fact("search", format!("{}, {starts}, seed {}: {}", self.search, self.seed, self.stopped));
        for line in facts.to_string().lines().skip(2) {
            writeln!(f, "{line}")?;
        }

        let head = (1..=self.dim.min(SHOWN)).map(|column| format!("q{column}"));
        let mut frame = Table::new(std::iter::once("column".to_owned()).chain(head));
        for (name, row) in self.columns.iter().zip(&self.frame).take(4 * SHOWN) {
            let cells = row.iter().take(SHOWN).map(|x| fixed(*x, 6));
            frame.row(std::iter::once(format!("{name:?}")).chain(cells));
        }
        write!(f, "\n{frame}")?;
        if self.dim > SHOWN || self.rows > 4 * SHOWN {
            writeln!(f, "… (all {} × {} numbers: --json)", self.rows, self.dim)?;
        }
        Ok(())
    }
}
