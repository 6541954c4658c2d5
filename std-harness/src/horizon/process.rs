//! A process on the heap, and the CSV it comes from.
//!
//! One line is one outcome: `idstatefrom,idaction,idstateto,probability,reward`, columns in any order, other columns ignored. Ids are
//! whole numbers from 0 or from 1. Lines of a state and an action need not be together. Nothing is guessed: probabilities
//! that do not add up, states without actions, ids that skip a number and repeated lines are errors that name the line.

use std::io::{self, Read};
use std::path::{Path, PathBuf};

use clap::Args;
use csv::{ByteRecord, ReaderBuilder};
use reparam::Real;
use reparam::horizon::model::ROW_SUM_TOLERANCE;
use reparam::horizon::{Edge, Model};

use super::garnet;
use crate::data::csv::{line_of, unreadable};
use crate::{Error, Result};

/// The file, and how its ids count.
#[derive(Args, Debug, Clone)]
pub struct ModelOptions {
    /// Process: CSV with columns idstatefrom, idaction, idstateto, probability, reward; or garnet:STATES,ACTIONS,SUCCESSORS,SEED, a
    /// random one
    #[arg(value_name = "MODEL.csv")]
    pub file: PathBuf,
    /// Number of the first state and action in the file. Without it: that of the smallest ids, if both agree on 0 or 1
    #[arg(long, value_name = "0|1", value_parser = clap::value_parser!(u32).range(0..=1))]
    pub base: Option<u32>,
}

impl ModelOptions {
    /// Reads the process.
    pub fn read<T: Real>(&self) -> Result<Process<T>> {
        if let Some(sizes) = self.file.to_str().and_then(|name| name.strip_prefix(garnet::PREFIX)) {
            return garnet::generate(sizes);
        }
        let text = std::fs::read(&self.file).map_err(|e| Error::io("read", &self.file, &e))?;
        Process::parse(&text, &self.file, self.base)
    }

    /// A state named on the command line, from 0.
    pub fn state<T: Real>(&self, process: &Process<T>, id: u32) -> Result<usize> {
        let state = id.checked_sub(process.base).map(|state| state as usize);
        state.filter(|&state| state < process.states).ok_or_else(|| {
            let last = process.base as usize + process.states - 1;
            Error::usage(format!("no state {id}: there are {} to {last}", process.base)).file(&self.file)
        })
    }
}

/// A process, a number of stages, and where they begin.
#[derive(Args, Debug, Clone)]
pub struct Start {
    /// The process.
    #[command(flatten)]
    pub model: ModelOptions,
    /// Number of stages
    #[arg(long, value_name = "H", value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub horizon: u32,
    /// State at the first stage, numbered as in the file
    #[arg(long, value_name = "ID")]
    pub start: u32,
}

impl Start {
    /// Reads the process, and numbers the state from 0.
    pub fn read(&self) -> Result<(Process<f64>, usize)> {
        let process = self.model.read()?;
        let start = self.model.state(&process, self.start)?;
        Ok((process, start))
    }

    /// Number of stages.
    pub fn stages(&self) -> usize {
        self.horizon as usize
    }
}

/// Sparse rows, sorted by state, action and successor.
#[derive(Clone, Debug, PartialEq)]
pub struct Process<T> {
    /// Number of states.
    pub states: usize,
    /// Number of actions.
    pub actions: usize,
    /// Number of the first state and action in the file.
    pub base: u32,
    /// Start of each row, and the end of the last: `states·actions + 1`.
    pub row_ptr: Vec<u32>,
    /// Successors.
    pub col: Vec<u32>,
    /// Probabilities.
    pub prob: Vec<T>,
    /// Rewards, one for each edge.
    pub reward: Vec<T>,
}

/// The columns, by their names.
const COLUMNS: [&str; 5] = ["idstatefrom", "idaction", "idstateto", "probability", "reward"];

/// One line.
struct Line<T> {
    state: u32,
    action: u32,
    next: u32,
    probability: T,
    reward: T,
}

impl<T: Real> Process<T> {
    /// From the text of a file.
    pub fn parse(text: &[u8], path: &Path, base: Option<u32>) -> Result<Self> {
        let lines = read_lines(text, path)?;
        let base = find_base(&lines, path, base)?;
        let at = |index: usize| line_of_record(text, index);
        for (index, line) in lines.iter().enumerate() {
            if line.state < base || line.next < base || line.action < base {
                let what = format!("an id below {base}, where ids begin");
                return Err(Error::failed(what).at(path, at(index)).remedy("give the right --base"));
            }
        }
        let largest = |id: fn(&Line<T>) -> u32| lines.iter().map(id).max().unwrap_or(base);
        let states = (largest(|l| l.state.max(l.next)) - base) as usize + 1;
        let actions = (largest(|l| l.action) - base) as usize + 1;
        // Before anything is allocated that grows with the ids.
        check_states(&lines, base, states, at, path)?;
        let rows = states.checked_mul(actions).filter(|&rows| rows < 1 << 31 && lines.len() < 1 << 31);
        let rows =
            rows.ok_or_else(|| Error::failed("more than 2³¹ states and actions, or lines").file(path))?;
        if rows > 1 << 24 && rows / 64 > lines.len() {
            let what = format!("{states} states and {actions} actions, but {} outcomes", lines.len());
            return Err(Error::failed(what)
                .file(path)
                .remedy("number the actions of each state from the first"));
        }
        let row = |line: &Line<T>| (line.state - base) as usize * actions + (line.action - base) as usize;

        // Counting sort by row.
        let mut row_ptr = vec![0u32; rows + 1];
        lines.iter().for_each(|line| row_ptr[row(line) + 1] += 1);
        for k in 0..rows {
            row_ptr[k + 1] += row_ptr[k];
        }
        let (mut free, mut order) = (row_ptr.clone(), vec![0u32; lines.len()]);
        for (index, line) in lines.iter().enumerate() {
            let place = &mut free[row(line)];
            order[*place as usize] = index as u32;
            *place += 1;
        }
        drop(free);
        for k in 0..rows {
            let range = row_ptr[k] as usize..row_ptr[k + 1] as usize;
            let order = &mut order[range];
            order.sort_by(|&x, &y| {
                let (x, y) = (&lines[x as usize], &lines[y as usize]);
                // Equal rewards in runs: that saves exponentials.
                let rewards = x.reward.to_f64().total_cmp(&y.reward.to_f64());
                rewards.then(x.next.cmp(&y.next))
            });
            let sum: f64 = order.iter().map(|&i| lines[i as usize].probability.to_f64()).sum();
            let (state, action) = (k / actions + base as usize, k % actions + base as usize);
            if let Some(pair) = order.windows(2).find(|pair| {
                let (x, y) = (&lines[pair[0] as usize], &lines[pair[1] as usize]);
                (x.next, x.reward) == (y.next, y.reward)
            }) {
                let (first, second) = (pair[0].min(pair[1]) as usize, pair[0].max(pair[1]) as usize);
                let what =
                    format!("the same outcome of state {state}, action {action} as in line {}", at(first));
                return Err(Error::failed(what)
                    .at(path, at(second))
                    .remedy("keep one of the two lines, with the whole probability"));
            }
            // Rounded to T, each term may be off by half a unit in the last place.
            let tolerance = ROW_SUM_TOLERANCE.max(T::EPSILON.to_f64());
            if !order.is_empty() && (sum - 1.0).abs() > tolerance {
                let first = order.iter().copied().min().unwrap_or(0) as usize;
                let what = format!("probabilities of state {state}, action {action} add up to {sum}, not 1");
                return Err(Error::failed(what)
                    .at(path, at(first))
                    .remedy("add the outcomes that are missing, or divide by the sum"));
            }
        }
        let lines_of = |k: &u32| &lines[*k as usize];
        // Outcomes of probability 0 say nothing.
        let keep: Vec<u32> = order.iter().copied().filter(|&k| lines_of(&k).probability > T::ZERO).collect();
        if keep.len() < order.len() {
            let mut pointer = vec![0u32; rows + 1];
            keep.iter().for_each(|k| pointer[row(lines_of(k)) + 1] += 1);
            for k in 0..rows {
                pointer[k + 1] += pointer[k];
            }
            row_ptr = pointer;
        }
        Ok(Self {
            states,
            actions,
            base,
            row_ptr,
            col: keep.iter().map(|k| lines_of(k).next - base).collect(),
            prob: keep.iter().map(|k| lines_of(k).probability).collect(),
            reward: keep.iter().map(|k| lines_of(k).reward).collect(),
        })
    }

    /// The only reward of each row, 0 for an empty one; nothing if a reward depends on what follows.
    pub fn row_rewards(&self) -> Option<Vec<T>> {
        let rows = self.row_ptr.windows(2).map(|pair| &self.reward[pair[0] as usize..pair[1] as usize]);
        rows.map(|row| match row {
            [] => Some(T::ZERO),
            [first, rest @ ..] => rest.iter().all(|r| r == first).then_some(*first),
        })
        .collect()
    }

    fn row(&self, state: usize, action: usize) -> std::ops::Range<usize> {
        let row = state * self.actions + action;
        self.row_ptr[row] as usize..self.row_ptr[row + 1] as usize
    }
}

impl<T: Real> Model<T> for Process<T> {
    fn states(&self) -> usize {
        self.states
    }
    fn actions(&self) -> usize {
        self.actions
    }
    #[inline]
    fn edges(&self, _stage: usize, state: usize, action: usize) -> impl Iterator<Item = Edge<T>> {
        let range = self.row(state, action);
        let edges = self.col[range.clone()].iter().zip(&self.prob[range.clone()]).zip(&self.reward[range]);
        edges.map(|((&next, &probability), &reward)| Edge { next: next as usize, probability, reward })
    }
}

/// An error unless each state has an action.
fn check_states<T>(
    lines: &[Line<T>],
    base: u32,
    states: usize,
    at: impl Fn(usize) -> u64,
    path: &Path,
) -> Result<()> {
    // More states than lines: one of the first has none.
    let mut acts = vec![false; states.min(lines.len() + 1)];
    for line in lines {
        if let Some(acts) = acts.get_mut((line.state - base) as usize) {
            *acts = true;
        }
    }
    let Some(state) = acts.iter().position(|acts| !acts) else { return Ok(()) };
    let id = state as u32 + base;
    match lines.iter().position(|line| line.next == id) {
        Some(index) => Err(Error::failed(format!("state {id} has no action")).at(path, at(index)).remedy(
            "if nothing happens there, add a line that leads back to it with probability 1 and reward 0",
        )),
        None => Err(Error::failed(format!("state {id} does not occur"))
            .file(path)
            .remedy("number the states without gaps")),
    }
}

/// Reads all lines.
fn read_lines<T: Real>(text: &[u8], path: &Path) -> Result<Vec<Line<T>>> {
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
    let mut reader = reader(Bounded { text, left: 0 });
    let mut record = ByteRecord::new();
    let mut next = |record: &mut ByteRecord| {
        reader.get_mut().left = LONGEST_LINE;
        reader.read_byte_record(record).map_err(|e| match e.kind() {
            csv::ErrorKind::Io(_) => {
                Error::failed(format!("a line of more than {} KiB", LONGEST_LINE / 1024))
                    .at(path, line_of(text, record.position()))
                    .remedy("end each outcome with a line break, and close quotation marks")
            }
            _ => unreadable(text, path, &e),
        })
    };
    if !next(&mut record)? {
        return Err(Error::failed("the file is empty").file(path));
    }
    let width = record.len();
    let mut places = [0; 5];
    for (place, column) in places.iter_mut().zip(COLUMNS) {
        let named = |(_, cell): &(usize, &[u8])| cell.eq_ignore_ascii_case(column.as_bytes());
        let mut found = record.iter().enumerate().filter(named);
        *place = match (found.next(), found.next()) {
            (Some((place, _)), None) => place,
            (None, _) => {
                return Err(Error::failed(format!("no column {column:?} in the first line"))
                    .at(path, 1)
                    .remedy(format!("let the first line be {}", COLUMNS.join(","))));
            }
            _ => return Err(Error::failed(format!("more than one column {column:?}")).at(path, 1)),
        };
    }
    let mut lines = Vec::new();
    while next(&mut record)? {
        let line = || line_of(text, record.position());
        if record.len() != width {
            let what = format!("{} cells, but the first line has {width}", record.len());
            return Err(Error::failed(what).at(path, line()));
        }
        let cell = |k: usize| std::str::from_utf8(&record[places[k]]).unwrap_or("").trim();
        let id = |k: usize| {
            cell(k).parse::<u32>().ok().filter(|&id| id < u32::MAX).ok_or_else(|| {
                Error::failed(format!(
                    "column {:?} holds {:?}, which is not a whole number",
                    COLUMNS[k],
                    cell(k)
                ))
                .at(path, line())
            })
        };
        let number = |k: usize| match cell(k).parse::<f64>() {
            Ok(x) if x.is_finite() && T::from_f64(x).is_finite() => Ok(x),
            _ => Err(Error::failed(format!(
                "column {:?} holds {:?}, which is not a finite number",
                COLUMNS[k],
                cell(k)
            ))
            .at(path, line())),
        };
        let probability = number(3)?;
        if !(0.0..=1.0).contains(&probability) {
            let what = format!("the probability {probability} is not between 0 and 1");
            return Err(Error::failed(what).at(path, line()));
        }
        lines.push(Line {
            state: id(0)?,
            action: id(1)?,
            next: id(2)?,
            probability: T::from_f64(probability),
            reward: T::from_f64(number(4)?),
        });
    }
    if lines.is_empty() {
        return Err(Error::failed("no outcomes: the file has one line").file(path));
    }
    Ok(lines)
}

fn reader<R: Read>(text: R) -> csv::Reader<R> {
    ReaderBuilder::new().has_headers(false).flexible(true).trim(csv::Trim::All).from_reader(text)
}

/// Bytes of a line: each may be a cell, which takes many times its size in memory.
const LONGEST_LINE: usize = 1 << 20;

/// A text that fails where a line takes more than it was left.
struct Bounded<'a> {
    text: &'a [u8],
    left: usize,
}

impl Read for Bounded<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.left == 0 && !self.text.is_empty() {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        let end = buffer.len().min(self.left);
        let count = self.text.read(&mut buffer[..end])?;
        self.left -= count;
        Ok(count)
    }
}

/// The line, from 1, of the record with this index after the first one.
fn line_of_record(text: &[u8], index: usize) -> u64 {
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
    let mut reader = reader(text);
    let mut record = ByteRecord::new();
    for _ in 0..index + 2 {
        if !reader.read_byte_record(&mut record).unwrap_or(false) {
            break;
        }
    }
    line_of(text, record.position())
}

fn find_base<T>(lines: &[Line<T>], path: &Path, base: Option<u32>) -> Result<u32> {
    let state = lines.iter().map(|line| line.state.min(line.next)).min().unwrap_or(0);
    let action = lines.iter().map(|line| line.action).min().unwrap_or(0);
    match base {
        Some(base) => Ok(base),
        None if state == action && state <= 1 => Ok(state),
        None => Err(Error::usage(format!(
            "states begin at {state} and actions at {action}: it is not certain where ids begin"
        ))
        .file(path)
        .remedy("say --base 0 or --base 1")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "idstatefrom,idaction,idstateto,probability,reward\n";

    fn parse(rows: &str) -> Result<Process<f64>> {
        Process::parse(format!("{HEAD}{rows}").as_bytes(), Path::new("m.csv"), None)
    }

    #[test]
    fn lines_in_any_order_with_either_base() {
        let zero = parse("0,0,1,0.5,1\n1,0,0,1,-2\n0,0,0,0.5,0\n").unwrap();
        assert_eq!((zero.states, zero.actions, zero.base), (2, 1, 0));
        assert_eq!((&zero.row_ptr[..], &zero.col[..]), (&[0, 2, 3][..], &[0, 1, 0][..]));
        assert_eq!(zero.reward, [0.0, 1.0, -2.0]);
        let one = parse("1,1,2,0.5,1\r\n2,1,1,1,-2\r\n1,1,1,0.5,0\r\n").unwrap();
        assert_eq!(Process { base: 0, ..one }, zero);
        let other =
            "\u{feff}reward,note,probability,idstateto,idaction,idstatefrom\n7,x,1,0,0,0\n5,y,0,0,0,0\n";
        let other = Process::<f32>::parse(other.as_bytes(), Path::new("m.csv"), None).unwrap();
        assert_eq!((other.reward, other.col), (vec![7.0], vec![0]));
    }

    #[test]
    fn problems_name_the_line() {
        for (rows, parts) in [
            ("0,0,0,0.5,1\n0,0,1,0.4,1\n1,0,1,1,0\n", ["m.csv:2:", "add up to 0.9"]),
            ("0,0,0,1,1\n0,1,0,-0.1,1\n", ["m.csv:3:", "not between 0 and 1"]),
            ("0,0,0,NaN,1\n", ["m.csv:2:", "not a finite number"]),
            ("0,0,0,1,inf\n", ["m.csv:2:", "not a finite number"]),
            ("0,0,1,1,1\n", ["m.csv:2:", "state 1 has no action"]),
            ("0,0,2,1,1\n2,0,2,1,0\n", ["m.csv:", "state 1 does not occur"]),
            ("0,0,0,0.5,1\n\n0,0,0,0.5,1\n", ["m.csv:4:", "as in line 2"]),
            ("0,1,0,1,1\n", ["m.csv:", "--base 0 or --base 1"]),
            ("0,0,4000000000,1,1\n", ["m.csv:", "state 1 does not occur"]),
            ("0,0,0,1,1\n0,2000000000,0,1,1\n", ["m.csv:", "2000000001 actions, but 2 outcomes"]),
            ("0,0,0,1\n", ["m.csv:2:", "4 cells"]),
            ("0,0.5,0,1,1\n", ["m.csv:2:", "whole number"]),
            ("", ["m.csv:", "no outcomes"]),
        ] {
            let message = parse(rows).unwrap_err().to_string();
            assert!(parts.iter().all(|part| message.contains(part)), "{rows:?}: {message}");
        }
        let message = Process::<f64>::parse(b"a,b\n", Path::new("m.csv"), None).unwrap_err().to_string();
        assert!(message.contains("m.csv:1: no column \"idstatefrom\""), "{message}");
    }

    #[test]
    fn lines_without_an_end_are_refused() {
        let long = |n: usize| "0,".repeat(n / 2);
        for (text, line) in [
            (long(LONGEST_LINE + 20_000), 1),
            (format!("{HEAD}0,0,0,0.5,1\n{}", long(LONGEST_LINE + 20_000)), 3),
            (format!("{HEAD}0,0,0,0.5,1\n0,0,\"{}", "0,0\n".repeat(LONGEST_LINE / 3)), 3),
        ] {
            let error = Process::<f64>::parse(text.as_bytes(), Path::new("m.csv"), None).unwrap_err();
            let message = error.to_string();
            assert!(message.contains(&format!("m.csv:{line}: a line of more than 1024 KiB")), "{message}");
        }
        // Other columns may be long, and there may be many lines.
        let note = "x".repeat(LONGEST_LINE / 2);
        let text = format!("note,{HEAD}{note},0,0,0,0.5,1\n{note},0,0,0,0.25,2\n{note},0,0,0,0.25,3\n");
        let process = Process::<f64>::parse(text.as_bytes(), Path::new("m.csv"), None).unwrap();
        assert_eq!(process.reward, [1.0, 2.0, 3.0]);
    }
}
