//! Recorded signals, and paths to simulate with.

use std::path::Path;

use hound::{SampleFormat, WavReader};

use crate::data::{Header, TableOptions, read_table};
use crate::{Error, Result};

/// A recording of one channel.
#[derive(Clone, Debug, PartialEq)]
pub struct Signal {
    /// The samples; all finite.
    pub samples: Vec<f64>,
    /// Samples per second, if the file says so.
    pub rate: Option<u32>,
}

/// Reads `.wav` (full scale is 1), or one column of a table (`.csv`, `.tsv`, `.npy`).
pub fn read(
    path: &Path,
    column: Option<(&'static str, Option<&String>)>,
    channel: Option<u16>,
) -> Result<Signal> {
    if path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("wav")) {
        return read_wav(path, channel);
    }
    let (option, column) = column.unwrap_or(("--columns", None));
    let options = TableOptions { columns: column.map(|name| vec![name.clone()]), ..TableOptions::default() };
    let table = read_table(path, &options)?;
    if table.cols() != 1 {
        let what = format!("{} columns, a signal has one", table.cols());
        let remedy = format!("choose one with {option}: {}", table.columns.join(", "));
        return Err(Error::usage(what).file(path).remedy(remedy));
    }
    Ok(Signal { samples: table.values, rate: None })
}

fn read_wav(path: &Path, channel: Option<u16>) -> Result<Signal> {
    let fail = |e: hound::Error| match e {
        hound::Error::IoError(e) if e.raw_os_error().is_some() => Error::io("read", path, &e),
        hound::Error::IoError(e) if e.kind() == std::io::ErrorKind::UnexpectedEof => {
            Error::failed("the recording is cut short").file(path)
        }
        e => Error::failed(format!("not a WAV file that can be read: {e}"))
            .file(path)
            .remedy("save it as uncompressed PCM, or as CSV"),
    };
    let reader = WavReader::open(path).map_err(fail)?;
    let spec = reader.spec();
    let channel = match channel {
        None if spec.channels == 1 => 0,
        None => {
            return Err(Error::usage(format!("{} channels, a signal has one", spec.channels))
                .file(path)
                .remedy("choose one with --channel, from 1"));
        }
        Some(channel) if channel <= spec.channels => channel - 1,
        Some(channel) => {
            return Err(Error::usage(format!("no channel {channel}, there are {}", spec.channels)).file(path));
        }
    };
    let of_channel = |place: usize| place % usize::from(spec.channels) == usize::from(channel);
    let samples: Vec<f64> = match spec.sample_format {
        SampleFormat::Float => {
            let samples = reader.into_samples::<f32>().map(|sample| sample.map(f64::from));
            samples.collect::<std::result::Result<_, _>>().map_err(fail)?
        }
        SampleFormat::Int => {
            let full_scale = 2f64.powi(i32::from(spec.bits_per_sample) - 1);
            let samples =
                reader.into_samples::<i32>().map(|sample| sample.map(|x| f64::from(x) / full_scale));
            samples.collect::<std::result::Result<_, _>>().map_err(fail)?
        }
    };
    let samples: Vec<f64> = samples
        .into_iter()
        .enumerate()
        .filter(|(place, _)| of_channel(*place))
        .map(|(_, sample)| sample)
        .collect();
    if let Some(place) = samples.iter().position(|sample| !sample.is_finite()) {
        let what = format!("sample {} is {}, which is not finite", place + 1, samples[place]);
        return Err(Error::failed(what).file(path).remedy("cut it out of both recordings"));
    }
    if samples.is_empty() {
        return Err(Error::failed("the recording is empty").file(path));
    }
    Ok(Signal { samples, rate: Some(spec.sample_rate) })
}

/// Reads an echo path, one number a line, and multiplies it by `gain`.
pub fn read_path(path: &Path, gain: f64, taps: usize) -> Result<Vec<f64>> {
    let options = TableOptions { header: Header::No, ..TableOptions::default() };
    let table = read_table(path, &options)?;
    if table.cols() != 1 {
        let what = format!("{} numbers in a line, a path has one", table.cols());
        return Err(Error::failed(what).file(path).remedy("give one number a line"));
    }
    let mut response: Vec<f64> = table.values.iter().map(|h| gain * h).collect();
    if response.iter().all(|&h| h == 0.0) {
        return Err(Error::failed("all numbers of the path are 0").file(path));
    }
    if response.len() > taps {
        let what = format!("the path has {} taps, the filter {taps}", response.len());
        return Err(Error::usage(what).file(path).remedy(format!("give --taps {}", response.len())));
    }
    response.resize(taps, 0.0);
    Ok(response)
}

/// The input convolved with a response.
pub fn convolve(input: &[f64], response: &[f64]) -> Vec<f64> {
    let active: Vec<(usize, f64)> = response.iter().copied().enumerate().filter(|(_, h)| *h != 0.0).collect();
    let at = |n: usize| active.iter().take_while(|(k, _)| *k <= n).map(|(k, h)| h * input[n - k]).sum();
    (0..input.len()).map(at).collect()
}

/// Root of the mean square.
pub fn rms(samples: &[f64]) -> f64 {
    (samples.iter().map(|x| x * x).sum::<f64>() / samples.len() as f64).sqrt()
}
