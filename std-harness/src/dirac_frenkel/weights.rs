//! Weights from files.

use std::path::Path;

use serde_json::Value;

use crate::data::{is_npy, npy};
use crate::report::json;
use crate::{Error, Result};

/// Weights of published comparisons: independent fits, each name with its seed.
const PUBLISHED: &str = include_str!("../../../examples/data/dirac_frenkel_weights.json");

/// `count` weights from `.npy`, or from a JSON array, or from the array `key` of a JSON object.
///
/// # Errors
/// That name the file.
pub fn read(path: &Path, key: Option<&str>, count: usize) -> Result<Vec<f64>> {
    let weights = if is_npy(path) {
        if key.is_some() {
            return Err(Error::usage("--key is for JSON objects").file(path));
        }
        npy::read(path)?.values
    } else {
        let value: Value =
            json::read(path, "JSON with weights: an array of numbers, or an object of arrays")?;
        choose(&value, key).map_err(|error| error.file(path))?
    };
    if weights.len() != count {
        let what = format!("{} weights; the problem has {count}", weights.len());
        return Err(Error::usage(what).file(path).remedy("choose the problem that they were fitted for"));
    }
    Ok(weights)
}

/// Of the published comparisons.
///
/// # Errors
/// If there is none of that name.
pub fn published(key: &str) -> Result<Vec<f64>> {
    let value = serde_json::from_str(PUBLISHED).map_err(|e| Error::failed(e.to_string()))?;
    choose(&value, Some(key))
}

fn choose(value: &Value, key: Option<&str>) -> Result<Vec<f64>> {
    let list = match (value, key) {
        (Value::Object(object), Some(key)) => object.get(key).ok_or_else(|| {
            let names: Vec<&str> = object.keys().map(String::as_str).collect();
            Error::usage(format!("there is no {key:?}")).remedy(format!("--key: {}", names.join(", ")))
        })?,
        (Value::Object(object), None) => {
            let names: Vec<&str> = object.keys().map(String::as_str).collect();
            return Err(Error::usage("an object of several arrays: which?")
                .remedy(format!("--key: {}", names.join(", "))));
        }
        (_, Some(_)) => return Err(Error::usage("--key is for JSON objects; this is none")),
        (list, None) => list,
    };
    let Value::Array(numbers) = list else { return Err(Error::failed("not an array of numbers")) };
    let number = |(index, value): (usize, &Value)| {
        value.as_f64().ok_or_else(|| Error::failed(format!("element {index}, {value}, is not a number")))
    };
    numbers.iter().enumerate().map(number).collect()
}
