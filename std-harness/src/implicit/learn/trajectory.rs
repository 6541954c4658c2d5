//! Trajectories as CSV: one step a line.
//!
//! Columns `state`, `action`, `reward`, in any order, and, where there are any, `next_state`, `episode`, `time`; others are ignored. With
//! `next_state`, a line whose state is not the successor of the line before begins a new episode if there is no column
//! `episode`, and is an error within one if there is. Without it, the successor is the state of the next line of the episode,
//! and the last line of an episode says nothing. `time` ascends within an episode, without `next_state` by the same
//! amount on each line: a step that is missing would be taken for a jump. States and actions are whole numbers from 0 or 1.

use std::path::Path;

use csv::{ByteRecord, ReaderBuilder};

use crate::data::csv::{line_of, unreadable};
use crate::{Error, Result};

/// What happened once.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Step {
    /// From 0.
    pub state: usize,
    /// From 0.
    pub action: usize,
    /// Paid for it.
    pub reward: f64,
    /// State after.
    pub next: usize,
    /// Line of the file.
    pub line: u64,
}

/// All of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Trajectories {
    /// Number of the first state and action in the file.
    pub base: u32,
    /// Largest state, of any column, less `base`, plus 1.
    pub states: usize,
    /// The same for actions.
    pub actions: usize,
    /// Steps that follow each other.
    pub episodes: Vec<Vec<Step>>,
}

/// Names of a column; the second one is that of models.
const COLUMNS: [(&str, &str); 6] = [
    ("state", "idstatefrom"),
    ("action", "idaction"),
    ("reward", "reward"),
    ("next_state", "idstateto"),
    ("episode", "episode"),
    ("time", "time"),
];
const NEEDED: usize = 3;
/// Pairs of a state and an action that there may be.
const LARGEST: usize = 1 << 24;

struct Line {
    state: u32,
    action: u32,
    reward: f64,
    next: Option<u32>,
    episode: Option<String>,
    time: Option<f64>,
    number: u64,
}

/// Reads a file. Ids begin at `base`, or, without it, where states and actions agree on 0 or 1.
pub fn read(path: &Path, base: Option<u32>) -> Result<Trajectories> {
    let text = std::fs::read(path).map_err(|e| Error::io("read", path, &e))?;
    parse(&text, path, base)
}

fn parse(text: &[u8], path: &Path, base: Option<u32>) -> Result<Trajectories> {
    let lines = lines(text, path)?;
    let state = lines.iter().map(|l| l.next.map_or(l.state, |next| l.state.min(next))).min().unwrap_or(0);
    let action = lines.iter().map(|line| line.action).min().unwrap_or(0);
    let base = match base {
        Some(base) if state.min(action) < base => {
            let below = |l: &&Line| l.state < base || l.action < base || l.next.is_some_and(|n| n < base);
            let number = lines.iter().find(below).map_or(1, |line| line.number);
            let what = format!("an id below {base}, where ids begin");
            return Err(Error::failed(what).at(path, number).remedy("give the right --base"));
        }
        Some(base) => base,
        None if state == action && state <= 1 => state,
        None => {
            let what =
                format!("states begin at {state} and actions at {action}: it is not certain where ids begin");
            return Err(Error::usage(what).file(path).remedy("say --base 0 or --base 1"));
        }
    };
    let last = lines.iter().map(|l| l.next.map_or(l.state, |next| l.state.max(next))).max().unwrap_or(base);
    let action = lines.iter().map(|line| line.action).max().unwrap_or(base);
    let (states, actions) = ((last - base) as usize + 1, (action - base) as usize + 1);
    if states.saturating_mul(actions) > LARGEST {
        return Err(Error::failed(format!("{states} states and {actions} actions are too many"))
            .file(path)
            .remedy("number states and actions without gaps"));
    }
    let episodes = episodes(&lines, path, base)?;
    if episodes.is_empty() {
        return Err(Error::failed("no step has a successor")
            .file(path)
            .remedy("add a column next_state, or more lines to an episode"));
    }
    Ok(Trajectories { base, states, actions, episodes })
}

fn lines(text: &[u8], path: &Path) -> Result<Vec<Line>> {
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
    let mut reader =
        ReaderBuilder::new().has_headers(false).flexible(true).trim(csv::Trim::All).from_reader(text);
    let mut record = ByteRecord::new();
    let mut next =
        |record: &mut ByteRecord| reader.read_byte_record(record).map_err(|e| unreadable(text, path, &e));
    if !next(&mut record)? {
        return Err(Error::failed("the file is empty").file(path));
    }
    let names: Vec<String> =
        record.iter().map(|cell| String::from_utf8_lossy(cell).to_ascii_lowercase()).collect();
    let mut places = [None; COLUMNS.len()];
    for (k, (place, column)) in places.iter_mut().zip(COLUMNS).enumerate() {
        let mut found = names.iter().enumerate().filter(|(_, name)| *name == column.0 || *name == column.1);
        *place = found.next().map(|(place, _)| place);
        if found.next().is_some() {
            return Err(Error::failed(format!("more than one column {:?}", column.0)).at(path, 1));
        }
        if place.is_none() && k < NEEDED {
            return Err(Error::failed(format!("no column {:?} in the first line", column.0))
                .at(path, 1)
                .remedy("let the first line be state,action,reward,next_state"));
        }
    }
    let mut lines: Vec<Line> = Vec::new();
    while next(&mut record)? {
        let line = line_of(text, record.position());
        if record.len() != names.len() {
            let what = format!("{} cells, but the first line has {}", record.len(), names.len());
            return Err(Error::failed(what).at(path, line));
        }
        let cell = |k: usize| places[k].map(|place| String::from_utf8_lossy(&record[place]));
        let bad = |k: usize, what: &str| {
            let cell = cell(k).unwrap_or_default();
            let what = format!("column {:?} holds {cell:?}, which is not {what}", COLUMNS[k].0);
            Error::failed(what).at(path, line)
        };
        let id = |k: usize| {
            let id = cell(k).map(|cell| cell.parse::<u32>().ok().filter(|&id| id < 1 << 28));
            id.map(|id| id.ok_or_else(|| bad(k, "a whole number below 268,435,456"))).transpose()
        };
        let number = |k: usize| {
            let number = cell(k).map(|cell| cell.parse::<f64>().ok().filter(|x| x.is_finite()));
            number.map(|x| x.ok_or_else(|| bad(k, "a finite number"))).transpose()
        };
        lines.push(Line {
            state: id(0)?.unwrap_or_default(),
            action: id(1)?.unwrap_or_default(),
            reward: number(2)?.unwrap_or_default(),
            next: id(3)?,
            episode: cell(4).map(|name| name.into_owned()),
            time: number(5)?,
            number: line,
        });
    }
    if lines.is_empty() {
        return Err(Error::failed("no steps: the file has one line").file(path));
    }
    Ok(lines)
}

/// Cuts lines into episodes.
fn episodes(lines: &[Line], path: &Path, base: u32) -> Result<Vec<Vec<Step>>> {
    let mut episodes: Vec<Vec<Step>> = Vec::new();
    let mut names = std::collections::BTreeSet::new();
    for group in lines.chunk_by(|a, b| a.episode == b.episode) {
        if let Some(name) = &group[0].episode
            && !names.insert(name)
        {
            return Err(Error::failed(format!("episode {name:?} goes on after another one"))
                .at(path, group[0].number)
                .remedy("keep the lines of an episode together"));
        }
        check_times(group, path)?;
        let mut episode = Vec::new();
        for (index, line) in group.iter().enumerate() {
            let after = group.get(index + 1);
            let Some(next) = line.next.or(after.map(|after| after.state)) else { break };
            episode.push(Step {
                state: (line.state - base) as usize,
                action: (line.action - base) as usize,
                reward: line.reward,
                next: (next - base) as usize,
                line: line.number,
            });
            let Some(after) = after.filter(|after| after.state != next) else { continue };
            if line.episode.is_some() {
                return Err(Error::failed(format!(
                    "state {}, but the line before leads to state {next}",
                    after.state
                ))
                .at(path, after.number)
                .remedy("give steps that do not follow each other episodes of their own"));
            }
            episodes.push(std::mem::take(&mut episode));
        }
        episodes.push(episode);
    }
    episodes.retain(|episode| !episode.is_empty());
    Ok(episodes)
}

fn check_times(group: &[Line], path: &Path) -> Result<()> {
    let mut first = None;
    for pair in group.windows(2) {
        let (Some(before), Some(time)) = (pair[0].time, pair[1].time) else { return Ok(()) };
        let step = time - before;
        if step <= 0.0 {
            let what = format!("time {time} after time {before}");
            return Err(Error::failed(what).at(path, pair[1].number).remedy("sort the lines by time"));
        }
        let usual: f64 = *first.get_or_insert(step);
        if pair[0].next.is_none() && (step - usual).abs() > 1e-6 * usual {
            return Err(Error::failed(format!(
                "{step} since the line before, not {usual}: a step is missing"
            ))
            .at(path, pair[1].number)
            .remedy("begin a new episode there, or add a column next_state"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Result<Trajectories> {
        parse(text.as_bytes(), Path::new("t.csv"), None)
    }

    #[test]
    fn with_and_without_successors() {
        let with = parsed("state,action,reward,next_state\n0,1,2.5,1\n1,0,-1,0\r\n1,1,0,1\n").unwrap();
        assert_eq!((with.base, with.states, with.actions), (0, 2, 2));
        let sizes: Vec<usize> = with.episodes.iter().map(Vec::len).collect();
        assert_eq!(sizes, [2, 1], "a jump begins an episode");
        assert_eq!(with.episodes[0][0], Step { state: 0, action: 1, reward: 2.5, next: 1, line: 2 });
        let without =
            parsed("time,episode,reward,state,action\n1,a,5,1,1\n2,a,6,2,1\n3,a,7,1,2\n1,b,8,3,1\n").unwrap();
        assert_eq!((without.base, without.states, without.actions), (1, 3, 2));
        let all: Vec<_> = without.episodes.iter().flatten().map(|s| (s.state, s.next, s.reward)).collect();
        assert_eq!(all, [(0, 1, 5.0), (1, 0, 6.0)], "the last line of an episode has no successor");
    }

    /// Whatever the bytes are, there is an answer.
    #[test]
    fn any_bytes() {
        use rand_core::Rng;
        use reparam::random::{SplitMix64, index};
        const HEADS: [&str; 3] =
            ["state,action,reward,next_state", "time,state,action,reward", "episode,state,action,reward"];
        const PIECES: [&str; 10] =
            [",", "\n", "\r\n", "\"", "\u{feff}", "nan", "-1", "4294967295", "99999999", "1e300"];
        let mut rng = SplitMix64::new(5);
        let mut read = 0;
        for round in 0..3000 {
            let mut text = format!("{}\n", HEADS[round % 3]);
            for line in 0..index(&mut rng, 8) {
                let mut id = || index(&mut rng, 2);
                text += &format!("{line},{},{},{}\n", id(), id(), id());
            }
            let mut bytes = text.into_bytes();
            for _ in 0..round / 3 % 4 {
                let place = index(&mut rng, bytes.len() as u32) as usize;
                let piece = PIECES[index(&mut rng, 10) as usize].bytes();
                match index(&mut rng, 3) {
                    0 => bytes[place] = rng.next_u32() as u8,
                    1 => drop(bytes.splice(place..place, piece)),
                    _ => drop(bytes.splice(place..=place, piece)),
                }
            }
            for base in [None, Some(0), Some(1)] {
                let Ok(found) = parse(&bytes, Path::new("t.csv"), base) else { continue };
                read += 1;
                let inside =
                    |step: &Step| step.state.max(step.next) < found.states && step.action < found.actions;
                assert!(
                    found.episodes.iter().all(|episode| !episode.is_empty() && episode.iter().all(inside))
                );
            }
        }
        assert!(read > 500, "{read}");
    }

    #[test]
    fn problems_name_the_line() {
        let next = "state,action,reward,next_state\n";
        for (text, parts) in [
            ("state,action\n0,0\n", ["t.csv:1:", "no column \"reward\"", "state,action,reward,next_state"]),
            (&format!("{next}0,0,1,0\n0,0,x,0\n"), ["t.csv:3:", "\"x\", which is not a finite number", ""]),
            (
                &format!("{next}0,0,1,0\n\n0,-1,1,0\n"),
                ["t.csv:4:", "\"-1\", which is not a whole number", ""],
            ),
            (&format!("{next}0,0,1\n"), ["t.csv:2:", "3 cells", ""]),
            (&format!("{next}0,1,1,0\n"), ["t.csv:", "not certain", "--base 0"]),
            (next, ["t.csv:", "no steps", ""]),
            ("state,action,reward\n0,0,1\n", ["t.csv:", "no step has a successor", "next_state"]),
            ("", ["t.csv:", "empty", ""]),
            (
                "episode,state,action,reward,next_state\n1,0,0,1,1\n1,0,0,1,0\n",
                ["t.csv:3:", "leads to state 1", "episodes of their own"],
            ),
            ("episode,state,action,reward\n1,0,0,1\n2,0,0,1\n1,0,0,1\n", ["t.csv:4:", "goes on", "together"]),
            ("time,state,action,reward\n1,0,0,1\n1,0,0,1\n", ["t.csv:3:", "time 1 after", "sort"]),
            ("time,state,action,reward\n1,0,0,1\n2,0,0,1\n4,0,0,1\n", ["t.csv:4:", "missing", "new episode"]),
        ] {
            let message = parsed(text).unwrap_err().to_string();
            assert!(parts.iter().all(|part| message.contains(part)), "{text:?}: {message}");
        }
        let below = parse(b"state,action,reward,next_state\n1,1,0,0\n", Path::new("t.csv"), Some(1));
        assert!(below.unwrap_err().to_string().starts_with("t.csv:2: an id below 1"));
    }
}
