//! Tables for people.

use std::fmt;

/// A plain text table: numbers to the right, words to the left.
///
/// ```
/// use reparam_harness::report::table::Table;
///
/// let mut table = Table::new(["name", "value"]);
/// table.row(["pi", "3.1416"]);
/// table.row(["answer", "42"]);
/// assert_eq!(table.to_string(), "name     value\n------  ------\npi      3.1416\nanswer      42\n");
/// ```
#[derive(Clone, Debug)]
pub struct Table {
    head: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// An empty table with these column heads.
    pub fn new<S: Into<String>>(head: impl IntoIterator<Item = S>) -> Self {
        Self { head: head.into_iter().map(Into::into).collect(), rows: Vec::new() }
    }

    /// Adds a row; missing cells stay empty.
    pub fn row<S: Into<String>>(&mut self, cells: impl IntoIterator<Item = S>) {
        let mut row: Vec<String> = cells.into_iter().map(Into::into).collect();
        row.resize(self.head.len(), String::new());
        self.rows.push(row);
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let columns: Vec<(usize, bool)> = (0..self.head.len())
            .map(|column| {
                let mut width = self.head[column].chars().count();
                let mut right = !self.rows.is_empty();
                for row in &self.rows {
                    width = width.max(row[column].chars().count());
                    right &= row[column].is_empty() || reads_as_number(&row[column]);
                }
                (width, right)
            })
            .collect();
        let line = |cells: &[String], f: &mut fmt::Formatter<'_>| {
            let mut text = String::new();
            for (cell, &(width, right)) in cells.iter().zip(&columns) {
                let pad = " ".repeat(width - cell.chars().count());
                text += &if right { format!("{pad}{cell}  ") } else { format!("{cell}{pad}  ") };
            }
            writeln!(f, "{}", text.trim_end())
        };
        line(&self.head, f)?;
        line(&columns.iter().map(|&(width, _)| "-".repeat(width)).collect::<Vec<_>>(), f)?;
        self.rows.iter().try_for_each(|row| line(row, f))
    }
}

fn reads_as_number(cell: &str) -> bool {
    cell.starts_with(|c: char| c.is_ascii_digit() || "+-−–.≤<".contains(c)) || cell == "inf" || cell == "NaN"
}

/// `x` with `digits` significant digits, in plain or scientific notation, whichever reads better.
pub fn number(x: f64, digits: usize) -> String {
    if x == 0.0 {
        return "0".into();
    }
    if !x.is_finite() {
        return format!("{x}");
    }
    let exponent = format!("{:.*e}", digits - 1, x);
    let exponent: i32 = exponent.split('e').nth(1).and_then(|e| e.parse().ok()).unwrap_or(0);
    if (-4..7).contains(&exponent) {
        format!("{x:.*}", (digits as i32 - 1 - exponent).max(0) as usize)
    } else {
        format!("{x:.*e}", digits.min(4) - 1)
    }
}

/// `x` with `decimals` places; zero has no sign.
pub fn fixed(x: f64, decimals: usize) -> String {
    let text = format!("{x:.decimals$}");
    match text.strip_prefix('-') {
        Some(digits) if digits.bytes().all(|byte| b"0.".contains(&byte)) => digits.into(),
        _ => text,
    }
}

/// A count in groups of three digits: `1,234,567`.
pub fn count(n: u64) -> String {
    let digits = n.to_string();
    let mut grouped = String::new();
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_well() {
        assert_eq!(number(1.85071, 6), "1.85071");
        assert_eq!(number(583.3451699, 7), "583.3452");
        assert_eq!(number(1.2345e-9, 6), "1.235e-9");
        assert_eq!((number(0.0, 3), number(-0.0, 3)), ("0".into(), "0".into()));
        assert_eq!((fixed(-1e-9, 3), fixed(-0.5, 3)), ("0.000".into(), "-0.500".into()));
        assert_eq!(number(2.6e7, 6), "2.600e7");
        assert_eq!(count(0), "0");
        assert_eq!(count(1234567), "1,234,567");
    }
}
