//! Interrupted searches that resume with the same bits.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::report::json;
use crate::{Error, Result};

const FORMAT: &str = "reparam checkpoint 1";

#[derive(Serialize)]
struct Written<'a, T> {
    format: &'a str,
    task: &'a Value,
    state: &'a T,
}

#[derive(Deserialize)]
struct Read<T> {
    format: String,
    task: Value,
    state: T,
}

/// Writes the state of a search to a file now and then.
#[derive(Debug)]
pub struct Checkpoint {
    file: Option<PathBuf>,
    task: Value,
    every: Duration,
    last: Instant,
}

impl Checkpoint {
    /// Writes to `file`, if there is one, at most once in `every`. `task` is everything that the trajectory
    /// depends on (data, options, seed), as a JSON object: [`load`] refuses a state of another task.
    pub fn new(file: Option<PathBuf>, task: Value, every: Duration) -> Self {
        Self { file, task, every, last: Instant::now() }
    }

    /// Writes if it is time to.
    pub fn offer<T: Serialize>(&mut self, state: impl FnOnce() -> T) -> Result<()> {
        if self.file.is_some() && self.last.elapsed() >= self.every { self.save(&state()) } else { Ok(()) }
    }

    /// Writes now. Whatever happens meanwhile, the file holds one whole state.
    pub fn save<T: Serialize>(&mut self, state: &T) -> Result<()> {
        let Some(file) = &self.file else { return Ok(()) };
        json::write(file, &Written { format: FORMAT, task: &self.task, state })?;
        self.last = Instant::now();
        Ok(())
    }

    /// How often it writes; `None` if it never does.
    pub fn every(&self) -> Option<Duration> {
        self.file.as_ref().map(|_| self.every)
    }

    /// The file, if there is one.
    pub fn file(&self) -> Option<&Path> {
        self.file.as_deref()
    }
}

/// Reads a state that [`Checkpoint`] wrote for the same task.
pub fn load<T: DeserializeOwned>(file: &Path, task: &Value) -> Result<T> {
    let read: Read<T> = json::read(file, "a checkpoint of this program (written by --checkpoint)")?;
    if read.format != FORMAT {
        let what = format!("the checkpoint has format {:?}, this program reads {FORMAT:?}", read.format);
        return Err(Error::failed(what).file(file).remedy("start again without --resume"));
    }
    if let Some(difference) = difference(&read.task, task) {
        return Err(Error::usage(format!("the checkpoint belongs to another run: {difference}"))
            .file(file)
            .remedy("repeat the options of that run and give the same data, or start without --resume"));
    }
    Ok(read.state)
}

/// The first key whose values differ, in words.
fn difference(then: &Value, now: &Value) -> Option<String> {
    let (Value::Object(then), Value::Object(now)) = (then, now) else {
        return (then != now).then(|| "the tasks differ".into());
    };
    let absent = Value::Null;
    now.keys().chain(then.keys()).find_map(|key| {
        let (then, now) = (then.get(key).unwrap_or(&absent), now.get(key).unwrap_or(&absent));
        (then != now).then(|| format!("{key} was {then}, is {now}"))
    })
}

/// 64-bit FNV-1a digest of numbers, for telling one data set from another.
pub fn digest<'a>(values: impl IntoIterator<Item = &'a f64>) -> String {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for byte in values.into_iter().flat_map(|value| value.to_bits().to_le_bytes()) {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
    }
    format!("{hash:016x}")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_the_same_task_resumes() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("c.json");
        let task = json!({"seed": 1, "data": digest(&[1.0, 0.1 + 0.2])});
        let state = vec![0.1 + 0.2, -0.0, f64::MIN_POSITIVE / 3.0, f64::MAX];
        Checkpoint::new(Some(file.clone()), task.clone(), Duration::ZERO).save(&state).unwrap();
        let read: Vec<f64> = load(&file, &task).unwrap();
        assert!(read.iter().zip(&state).all(|(a, b)| a.to_bits() == b.to_bits()));

        let other = json!({"seed": 2, "data": task["data"]});
        let error = load::<Vec<f64>>(&file, &other).unwrap_err();
        assert!(error.to_string().contains("seed was 1, is 2"), "{error}");
        std::fs::write(&file, "{\"format\":").unwrap();
        assert!(load::<Vec<f64>>(&file, &task).unwrap_err().to_string().contains("not a checkpoint"));
    }
}
