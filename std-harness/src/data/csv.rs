//! Tables from comma-separated text.

use std::path::Path;

use csv::{ReaderBuilder, StringRecord};

use super::{Header, Table, TableOptions, choose_columns};
use crate::{Error, Result};

/// Reads a table of numbers. Quoted cells, CRLF and a byte order mark are understood. A cell that is empty,
/// not a number or not finite is an error that names the line; so is a row of another length. Columns that
/// are not numbers are left out by choosing others ([`TableOptions::columns`]).
pub fn read(path: &Path, options: &TableOptions) -> Result<Table> {
    let mut text = std::fs::read(path).map_err(|e| Error::io("read", path, &e))?;
    if text.starts_with(b"\xef\xbb\xbf") {
        text.drain(..3);
    }
    parse(&text, path, options)
}

fn parse(text: &[u8], path: &Path, options: &TableOptions) -> Result<Table> {
    let mut reader = ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter(path, options)?)
        .trim(csv::Trim::All)
        .from_reader(text);
    let mut record = StringRecord::new();
    let mut next = |record: &mut StringRecord| -> Result<bool> {
        reader.read_record(record).map_err(|e| unreadable(text, path, &e))
    };

    if !next(&mut record)? {
        return Err(Error::failed("the file is empty").file(path));
    }
    let named = match options.header {
        Header::Yes => true,
        Header::No => false,
        Header::Auto => record.iter().all(|cell| cell.parse::<f64>().is_err()),
    };
    let names: Vec<String> = if named {
        let named = record.iter().enumerate();
        named.map(|(c, name)| if name.is_empty() { (c + 1).to_string() } else { name.to_owned() }).collect()
    } else {
        (1..=record.len()).map(|position| position.to_string()).collect()
    };
    let chosen = match &options.columns {
        Some(list) => choose_columns(list, &names).map_err(|e| e.file(path))?,
        None => (0..names.len()).collect(),
    };

    let mut values = Vec::new();
    let mut more = !named || next(&mut record)?;
    while more {
        if record.len() != names.len() {
            let what = format!("{} cells, but the first line has {}", record.len(), names.len());
            return Err(Error::failed(what)
                .at(path, line_of(text, record.position()))
                .remedy("give every line the same number of cells, or name the right --delimiter"));
        }
        for &column in &chosen {
            let cell = &record[column];
            match cell.parse::<f64>() {
                Ok(value) if value.is_finite() => values.push(value),
                _ => return Err(bad_cell(&record, column, &names).at(path, line_of(text, record.position()))),
            }
        }
        more = next(&mut record)?;
    }
    if values.is_empty() {
        return Err(Error::failed("the table has no rows of data").file(path));
    }
    Ok(Table { columns: chosen.into_iter().map(|column| names[column].clone()).collect(), values })
}

fn delimiter(path: &Path, options: &TableOptions) -> Result<u8> {
    match options.delimiter.as_deref() {
        Some("tab" | "\\t" | "\t") => Ok(b'\t'),
        Some(text) => match text.as_bytes() {
            [byte] if byte.is_ascii() && !b"\"\r\n".contains(byte) => Ok(*byte),
            _ => Err(Error::usage(format!("--delimiter {text:?} is not one ASCII character"))
                .remedy("give one character, such as --delimiter ';', or --delimiter tab")),
        },
        None if path.extension().is_some_and(|e| e.eq_ignore_ascii_case("tsv")) => Ok(b'\t'),
        None => Ok(b','),
    }
}

/// The line, from 1, on which a record begins. The reader's own count is that of the record before it where
/// lines end in CRLF or are blank.
pub(crate) fn line_of(text: &[u8], position: Option<&csv::Position>) -> u64 {
    let end =
        position.and_then(|position| usize::try_from(position.byte()).ok()).unwrap_or(0).min(text.len());
    let blank = text[end..].iter().take_while(|byte| b"\r\n".contains(byte)).count();
    let before = &text[..end + blank];
    let line_ends = before.iter().zip(before.iter().skip(1).chain([&0]));
    1 + line_ends.filter(|&(&byte, &next)| byte == b'\n' || (byte == b'\r' && next != b'\n')).count() as u64
}

pub(crate) fn unreadable(text: &[u8], path: &Path, error: &csv::Error) -> Error {
    let line = line_of(text, error.position());
    match error.kind() {
        csv::ErrorKind::Utf8 { err, .. } => Error::failed(format!("the text is not UTF-8 ({err})"))
            .at(path, line)
            .remedy("save the file as UTF-8"),
        _ => Error::failed(format!("unreadable CSV: {error}")).file(path),
    }
}

fn bad_cell(record: &StringRecord, column: usize, names: &[String]) -> Error {
    let cell = &record[column];
    let name = &names[column];
    if cell.is_empty() {
        return Error::failed(format!("column {name:?} is empty"))
            .remedy("fill in the value or remove the line, or leave the column out with --columns");
    }
    if cell.parse::<f64>().is_ok() {
        return Error::failed(format!("column {name:?} holds {cell:?}, which is not finite"))
            .remedy("replace the value or remove the line, or leave the column out with --columns");
    }
    let shown: String = cell.chars().take(40).collect();
    let error = Error::failed(format!("column {name:?} holds {shown:?}, which is not a number"));
    let numeric: Vec<usize> =
        (0..record.len().min(names.len())).filter(|&c| record[c].parse::<f64>().is_ok()).collect();
    if numeric.is_empty() {
        return error.remedy("if the cells are not separated by commas, name the separator with --delimiter");
    }
    let unique = |c: usize| names.iter().filter(|name| **name == names[c]).count() == 1;
    let item =
        |c: usize| if unique(c) && !names[c].contains(',') { names[c].clone() } else { (c + 1).to_string() };
    let mut list = numeric.iter().take(12).map(|&c| item(c)).collect::<Vec<_>>().join(",");
    if list.contains(|c: char| c.is_whitespace() || "()[]'$&;*?<>|".contains(c)) {
        list = format!("\"{list}\"");
    }
    let dots = if numeric.len() > 12 { " …" } else { "" };
    error.remedy(format!("choose columns of numbers: --columns {list}{dots}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(text: &str, columns: Option<&str>, header: Header) -> Result<Table> {
        let columns = columns.map(|list| list.split(',').map(String::from).collect());
        parse(text.as_bytes(), Path::new("t.csv"), &TableOptions { columns, header, delimiter: None })
    }

    #[test]
    fn header_or_not_and_crlf() {
        let named = table("x,y\r\n1,2\r\n3,-4e-1\r\n", None, Header::Auto).unwrap();
        assert_eq!((named.columns, named.values), (vec!["x".into(), "y".into()], vec![1.0, 2.0, 3.0, -0.4]));
        let bare = table("1,2\n3,4", None, Header::Auto).unwrap();
        assert_eq!((bare.columns.clone(), bare.rows()), (vec!["1".to_string(), "2".into()], 2));
        let years = table("2001,2002\n1,2\n", None, Header::Yes).unwrap();
        assert_eq!((years.columns, years.values), (vec!["2001".to_string(), "2002".into()], vec![1.0, 2.0]));
        let labelled = table("5.1,setosa\n4.9,setosa\n", Some("1"), Header::Auto).unwrap();
        assert_eq!(labelled.values, [5.1, 4.9]);
        let quoted = table("\"a, b\",c\n\"1\", 2 \n", None, Header::Auto).unwrap();
        assert_eq!((quoted.columns[0].as_str(), quoted.values), ("a, b", vec![1.0, 2.0]));
    }

    #[test]
    fn problems_name_line_and_remedy() {
        for (text, parts) in [
            ("a,b\n1,2\n3,\n", ["t.csv:3:", "column \"b\" is empty", "--columns"]),
            ("a,b\r\n1,2\r\n\r\n3,x\r\n", ["t.csv:4:", "\"x\", which is not a number", "--columns a"]),
            ("a,b\n1,nan\n", ["t.csv:2:", "not finite", "remedy"]),
            ("a,b\n1,2,3\n", ["t.csv:2:", "3 cells", "--delimiter"]),
            ("a;b\n1;2\n", ["t.csv:2:", "not a number", "--delimiter"]),
            ("", ["t.csv:", "empty", ""]),
            ("a,b\n", ["t.csv:", "no rows", ""]),
        ] {
            let error = table(text, None, Header::Auto).unwrap_err();
            let message = error.to_string();
            assert!(parts.iter().all(|part| message.contains(part)), "{text:?}: {message}");
            assert_eq!(error.exit_code(), 1);
        }
    }
}
