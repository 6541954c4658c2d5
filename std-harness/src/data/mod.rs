//! Tables from CSV, arrays from `.npy`, named tensors from and to `.safetensors`; preparation.

pub mod csv;
pub mod npy;
pub mod prepare;
pub mod safetensors;

use std::path::Path;

use clap::{Args, ValueEnum};

use crate::{Error, Result};

/// Rows of numbers with named columns, row-major.
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    /// One name per column; positions from 1 where the file has none.
    pub columns: Vec<String>,
    /// The values, one row after the other; all finite.
    pub values: Vec<f64>,
}

impl Table {
    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.values.len() / self.columns.len().max(1)
    }

    /// Number of columns.
    pub fn cols(&self) -> usize {
        self.columns.len()
    }
}

/// A dense array of any number of axes, row-major (the last axis is contiguous), all values finite.
#[derive(Clone, Debug, PartialEq)]
pub struct Array {
    /// Length of each axis.
    pub shape: Vec<usize>,
    /// The values.
    pub values: Vec<f64>,
}

/// How a table file is read.
#[derive(Args, Clone, Debug, Default)]
pub struct TableOptions {
    /// Columns to use, by name or position from 1, in this order: `a,b,7,9-12`. Without it, all of them
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    pub columns: Option<Vec<String>>,
    /// Whether the first line of a CSV file holds the column names. `auto`: it does if none of its cells is a
    /// number
    #[arg(long, value_enum, default_value_t)]
    pub header: Header,
    /// Character between the cells of a CSV file; `tab` for tabs. Without it: tab for `.tsv`, else comma
    #[arg(long, value_name = "CHAR")]
    pub delimiter: Option<String>,
}

/// Whether the first line of a table names its columns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Header {
    /// It does if none of its cells is a number.
    #[default]
    Auto,
    /// It does.
    Yes,
    /// It holds data.
    No,
}

/// Reads a table from `.npy` (one or two axes) or, under any other name, CSV.
pub fn read_table(path: impl AsRef<Path>, options: &TableOptions) -> Result<Table> {
    let path = path.as_ref();
    if !is_npy(path) {
        return csv::read(path, options);
    }
    let array = npy::read(path)?;
    let (rows, cols) = match array.shape[..] {
        [rows] => (rows, 1),
        [rows, cols] => (rows, cols),
        _ => {
            let what = format!("an array of shape {:?}, expected a table (two axes)", array.shape);
            return Err(Error::failed(what).file(path));
        }
    };
    if rows == 0 || cols == 0 {
        return Err(Error::failed(format!("the table is empty ({rows} × {cols})")).file(path));
    }
    let names: Vec<String> = (1..=cols).map(|position| position.to_string()).collect();
    let Some(list) = &options.columns else {
        return Ok(Table { columns: names, values: array.values });
    };
    let chosen = choose_columns(list, &names).map_err(|e| e.file(path))?;
    let pick = |row: &[f64]| chosen.iter().map(|&column| row[column]).collect::<Vec<_>>();
    let values = array.values.chunks_exact(cols).flat_map(pick).collect();
    Ok(Table { columns: chosen.into_iter().map(|column| names[column].clone()).collect(), values })
}

/// Reads an array with any number of axes: `.npy`, or a CSV table as one with two.
pub fn read_array(path: impl AsRef<Path>, options: &TableOptions) -> Result<Array> {
    let path = path.as_ref();
    if is_npy(path) && options.columns.is_none() {
        return npy::read(path);
    }
    let table = read_table(path, options)?;
    Ok(Array { shape: vec![table.rows(), table.cols()], values: table.values })
}

/// Whether the name says that this is a NumPy file.
pub fn is_npy(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("npy"))
}

/// Positions (from 0) of the columns in a user's list of names, positions from 1 and ranges of positions.
fn choose_columns(list: &[String], names: &[String]) -> Result<Vec<usize>> {
    let mut chosen = Vec::new();
    for item in list {
        let item = item.trim();
        let mut matching = names.iter().enumerate().filter(|(_, name)| *name == item);
        if let Some((column, _)) = matching.next() {
            if matching.next().is_some() {
                let what = format!("more than one column is named {item:?}");
                return Err(Error::usage(what).remedy("choose it in --columns by its position, from 1"));
            }
            chosen.push(column);
            continue;
        }
        let (first, last) = item.split_once('-').unwrap_or((item, item));
        match (first.trim().parse::<usize>(), last.trim().parse::<usize>()) {
            (Ok(first), Ok(last)) if 1 <= first && first <= last && last <= names.len() => {
                chosen.extend(first - 1..last);
            }
            _ => {
                let what = format!("no column {item:?}");
                let remedy = format!("the columns are {} (positions 1 to {})", quoted(names), names.len());
                return Err(Error::usage(what).remedy(remedy));
            }
        }
    }
    if let Some((_, &twice)) = chosen.iter().enumerate().find(|(position, c)| chosen[..*position].contains(c))
    {
        return Err(Error::usage(format!("column {:?} is chosen twice in --columns", names[twice])));
    }
    Ok(chosen)
}

/// The names as a list for a message, cut short if long.
fn quoted(names: &[String]) -> String {
    let mut text = names.iter().take(30).map(|name| format!("{name:?}")).collect::<Vec<_>>().join(", ");
    if names.len() > 30 {
        text += ", …";
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_by_name_position_and_range() {
        let names = ["a", "b", "3", "b", "e"].map(String::from);
        let choose =
            |list: &[&str]| choose_columns(&list.iter().map(|s| s.to_string()).collect::<Vec<_>>(), &names);
        assert_eq!(choose(&["e", "a"]).unwrap(), [4, 0]);
        assert_eq!(choose(&["3"]).unwrap(), [2], "a name wins over a position");
        assert_eq!(choose(&["1-2", "5"]).unwrap(), [0, 1, 4]);
        for (list, part) in
            [("b", "more than one"), ("6", "no column"), ("0", "no column"), ("2-1", "no column")]
        {
            let error = choose(&[list]).unwrap_err();
            assert!(error.to_string().contains(part), "{error}");
            assert_eq!(error.exit_code(), 2);
        }
        assert!(choose(&["1", "a"]).unwrap_err().to_string().contains("twice"));
    }
}
