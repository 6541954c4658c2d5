//! `reparam diagonal identify`: a sparse response from two recorded signals, by all filters side by side.

pub mod filters;
pub mod fit;
pub mod signal;

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use rayon::prelude::*;
use reparam::random::{SplitMix64, fill_gaussian};
use serde::Serialize;

use self::filters::{Identified, Method, Setup, Signals};
use self::fit::Fit;
use self::signal::{Signal, convolve, read, read_path, rms};
use super::covariance::correlation;
use crate::arguments::{check_files, positive};
use crate::context::Context;
use crate::data::npy;
use crate::report::file::write_atomic;
use crate::report::plot::{Plot, Scale, Series};
use crate::report::table::{Table, count, fixed};
use crate::{Error, Result};

const EXAMPLES: &str = "\
Examples:
  reparam diagonal identify far_end.wav microphone.wav --taps 512 -o response.csv --plot-error error.svg
  reparam diagonal identify log.csv log.csv --input-column drive --output-column vibration --taps 64
  reparam diagonal identify speech.wav --path echo_path.txt --gain 1.39e-5 --taps 128 --snr 30 --plot misalignment.svg
  reparam diagonal identify --simulate 20000 --path examples/data/echo_path.txt --taps 512
";

/// `reparam diagonal identify`.
#[derive(Args, Debug, Clone)]
#[command(after_long_help = EXAMPLES, after_help = "Examples: --help")]
pub struct IdentifyOptions {
    /// What went in: `.wav`, or a table with one number a line (`.csv`, `.npy`)
    #[arg(value_name = "INPUT", required_unless_present = "simulate", conflicts_with = "simulate")]
    input: Option<PathBuf>,
    /// What came out, sample by sample. May be left out with --path
    #[arg(value_name = "OUTPUT")]
    output: Option<PathBuf>,
    #[command(flatten, next_help_heading = "Signals")]
    signals: SignalOptions,
    #[command(flatten, next_help_heading = "Filters")]
    filters: FilterOptions,
    #[command(flatten, next_help_heading = "Results")]
    results: ResultOptions,
}

#[derive(Args, Debug, Clone)]
struct SignalOptions {
    /// Column of a table INPUT, by name or position from 1
    #[arg(long, value_name = "NAME")]
    input_column: Option<String>,
    /// Column of a table OUTPUT
    #[arg(long, value_name = "NAME")]
    output_column: Option<String>,
    /// Channel of `.wav` files with several, from 1
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    channel: Option<u16>,
    /// A true response, one number a line: misalignment is measured against it, and it makes the output where none is given
    #[arg(long, value_name = "FILE")]
    path: Option<PathBuf>,
    /// Factor of the numbers of --path
    #[arg(long, value_name = "X", default_value_t = 1.0, value_parser = positive, requires = "path")]
    gain: f64,
    /// So many samples of Gaussian noise instead of INPUT
    #[arg(long, value_name = "N", requires = "path", value_parser = clap::value_parser!(u32).range(1..))]
    simulate: Option<u32>,
    /// --simulate: correlation of neighbouring samples
    #[arg(long, value_name = "RHO", default_value_t = 0.0, value_parser = correlation, requires = "simulate", allow_negative_numbers = true)]
    correlation: f64,
    /// Level of the output over the noise that is added to an output made by --path, in dB
    #[arg(long, value_name = "DB", default_value_t = 30.0, allow_negative_numbers = true)]
    snr: f64,
    /// Seed of what is random
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

#[derive(Args, Debug, Clone)]
struct FilterOptions {
    /// Length of the response in samples
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    taps: u32,
    /// Filters. Without it: all
    #[arg(long, value_enum, value_name = "NAME", value_delimiter = ',')]
    method: Option<Vec<Method>>,
    /// Share of the error that a step removes, below 2
    #[arg(long, value_name = "MU", default_value_t = 0.5, value_parser = rate)]
    rate: f64,
    /// Effective initialisation α of the networks, for signals of power 1: smaller is sparser and slower
    #[arg(long, value_name = "ALPHA", default_value_t = 0.02, value_parser = positive)]
    init: f64,
    /// floored: floor of u and v. Without it: ALPHA
    #[arg(long, value_name = "X", value_parser = positive)]
    floor: Option<f64>,
    /// ipnlms: −1 is NLMS, near 1 only large taps move
    #[arg(long, value_name = "A", default_value_t = -0.5, value_parser = correlation, allow_negative_numbers = true)]
    proportion: f64,
    /// Bound of the steps on silence, as a part of the usual Σ a²·gain at the start
    #[arg(long, value_name = "X", default_value_t = 0.01, value_parser = positive)]
    regularization: f64,
}

#[derive(Args, Debug, Clone)]
struct ResultOptions {
    /// Write the responses: `.csv`, a column for each filter; `.npy`, an array of taps (one filter) or filters × taps; or
    /// `.json`, one filter as `reparam deploy` takes it
    #[arg(short, long, value_name = "FILE.csv|.npy|.json")]
    output_file: Option<PathBuf>,
    /// Draw the misalignment, or without --path the error
    #[arg(long, value_name = "FILE.svg")]
    plot: Option<PathBuf>,
    /// Draw the error
    #[arg(long, value_name = "FILE.svg")]
    plot_error: Option<PathBuf>,
    /// Samples between the points of the curves. Without it: 100, or a 500th of long recordings
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    every: Option<u32>,
}

fn rate(text: &str) -> std::result::Result<f64, String> {
    match text.parse::<f64>() {
        Ok(number) if number > 0.0 && number < 2.0 => Ok(number),
        _ => Err("a number above 0 and below 2 is needed".into()),
    }
}

#[derive(Debug, Serialize)]
struct Report {
    system: &'static str,
    version: &'static str,
    taps: usize,
    samples: usize,
    /// Samples per second, if a file says so.
    sample_rate: Option<u32>,
    /// Root mean square of input and output.
    levels: [f64; 2],
    setup: BTreeMap<&'static str, f64>,
    seed: Option<u64>,
    /// Samples between the points of the curves.
    every: usize,
    methods: BTreeMap<Method, Curve>,
}

/// One filter.
#[derive(Debug, Serialize)]
struct Curve {
    /// Error over output, in dB, over every so many samples.
    error_db: Vec<f64>,
    /// Distance to the true response over it, in dB, after every so many samples.
    misalignment_db: Option<Vec<f64>>,
    /// The same over the last tenth of the signals.
    error_end_db: f64,
    misalignment_end_db: Option<f64>,
    /// Samples until the misalignment is below −10 and −20 dB.
    samples_to_10_db: Option<usize>,
    samples_to_20_db: Option<usize>,
    /// The fewest taps that hold 99 % of the energy of the response.
    taps_of_99_percent: usize,
    #[serde(skip)]
    response: Vec<f64>,
}

/// Both signals.
struct Recording {
    input: Vec<f64>,
    output: Vec<f64>,
    rate: Option<u32>,
    /// Whether anything of them is.
    random: bool,
}

impl IdentifyOptions {
    /// Does it.
    pub fn run(&self, context: &Context) -> Result<()> {
        let ResultOptions { output_file, plot, plot_error, .. } = &self.results;
        let inputs = [("INPUT", self.input.as_ref()), ("--path", self.signals.path.as_ref())];
        let output = [("OUTPUT", self.output.as_ref())];
        let outputs = [
            ("--output-file", output_file.as_ref()),
            ("--plot", plot.as_ref()),
            ("--plot-error", plot_error.as_ref()),
        ];
        check_files(&[&inputs[..], &output].concat(), &outputs)?;
        let stored = output_file.as_deref().map(|path| Ok((path, Format::of(path)?))).transpose()?;
        if let Some((path, Format::Json)) = stored
            && self.filters.method.as_ref().is_none_or(|methods| methods.len() != 1)
        {
            let error = Error::usage("a .json file holds the one filter of a device").file(path);
            return Err(error.remedy("choose it with --method NAME"));
        }
        let report = self.identify(context)?;
        if let Some((path, format)) = stored {
            format.write(path, &report.methods, || self.fit(&report))?;
        }
        if let Some(path) = plot {
            let known = self.signals.path.is_some();
            write_atomic(path, picture(&report, known).to_svg().as_bytes())?;
        }
        if let Some(path) = plot_error {
            write_atomic(path, picture(&report, false).to_svg().as_bytes())?;
        }
        context.print(&report, || report.to_string())
    }

    fn identify(&self, context: &Context) -> Result<Report> {
        let taps = self.filters.taps as usize;
        let truth =
            self.signals.path.as_ref().map(|path| read_path(path, self.signals.gain, taps)).transpose()?;
        let Recording { input, output, rate, random } = self.read(truth.as_deref())?;
        let (of_input, of_output) = (rms(&input), rms(&output));
        if of_input == 0.0 || of_output == 0.0 {
            let (file, what) =
                if of_input == 0.0 { (&self.input, "input") } else { (&self.output, "output") };
            let error = Error::failed(format!("the {what} is silent: there is nothing to learn from"));
            return Err(match file {
                Some(file) => error.file(file),
                None => error,
            });
        }
        // Power 1 on both sides: settings mean the same for samples in volts and in counts of a converter.
        let scaled = |samples: &[f64], by: f64| samples.iter().map(|x| x / by).collect::<Vec<f64>>();
        let (input, output) = (scaled(&input, of_input), scaled(&output, of_output));
        let unit = of_output / of_input;
        let scaled_truth = truth.as_ref().map(|truth| scaled(truth, unit));
        let every = self.results.every.map_or((input.len() / 500).max(100), |every| every as usize);
        if input.len() < every {
            let what = format!(
                "{} samples are fewer than the {every} between the points of the curves",
                input.len()
            );
            return Err(Error::usage(what).remedy("give a smaller --every, or more samples"));
        }
        let setup = self.filters.setup();
        let mut methods = self.filters.method.clone().unwrap_or_else(|| Method::value_variants().to_vec());
        methods.sort();
        methods.dedup();
        let progress = context.progress(Some((input.len() * methods.len()) as u64));
        progress.message(|| "samples of all filters".into());
        let signals = Signals { input: &input, output: &output, truth: scaled_truth.as_deref() };
        let run = |&method: &Method| {
            let identified = method.run::<f64>(&setup, signals, every, &progress);
            identified.map(|identified| (method, Curve::new(identified, every, unit)))
        };
        let curves = methods.par_iter().map(run).collect::<Result<BTreeMap<Method, Curve>>>()?;
        progress.finish();
        Ok(Report {
            system: "diagonal",
            version: env!("CARGO_PKG_VERSION"),
            taps,
            samples: input.len(),
            sample_rate: rate,
            levels: [of_input, of_output],
            setup: setup.named(),
            seed: random.then_some(self.signals.seed),
            every,
            methods: curves,
        })
    }

    /// The one filter, for the device.
    fn fit(&self, report: &Report) -> Result<Fit> {
        let Some((&method, curve)) = report.methods.first_key_value() else {
            return Err(Error::usage("no filter"));
        };
        let Setup { rate, init, floor, proportion, regularization, .. } = self.filters.setup();
        Ok(Fit {
            system: report.system.into(),
            version: report.version.into(),
            method,
            rate,
            init,
            floor,
            proportion,
            regularization,
            input_level: report.levels[0],
            output_level: report.levels[1],
            samples: report.samples,
            sample_rate: report.sample_rate,
            seed: report.seed,
            error_end_db: curve.error_end_db,
            misalignment_end_db: curve.misalignment_end_db,
            response: curve.response.clone(),
        })
    }

    fn read(&self, truth: Option<&[f64]>) -> Result<Recording> {
        let options = &self.signals;
        let mut rng = SplitMix64::new(options.seed);
        let input = match (&self.input, options.simulate) {
            (Some(path), _) => {
                let column = ("--input-column", options.input_column.as_ref());
                read(path, Some(column), options.channel)?
            }
            (None, samples) => {
                let mut samples = vec![0.0; samples.unwrap_or(0) as usize];
                fill_gaussian(&mut rng, &mut samples);
                autoregressive(&mut samples, options.correlation);
                Signal { samples, rate: None }
            }
        };
        let Some(path) = &self.output else {
            let Some(truth) = truth else {
                return Err(Error::usage("no OUTPUT to learn from")
                    .remedy("name the recorded output, or a true response with --path to simulate one"));
            };
            let mut output = convolve(&input.samples, truth);
            let mut noise = vec![0.0; output.len()];
            fill_gaussian(&mut rng, &mut noise);
            let level = rms(&output) * 10f64.powf(-options.snr / 20.0);
            output.iter_mut().zip(&noise).for_each(|(y, noise)| *y += level * noise);
            return Ok(Recording { input: input.samples, output, rate: input.rate, random: true });
        };
        let output = read(path, Some(("--output-column", options.output_column.as_ref())), options.channel)?;
        if let (Some(one), Some(other)) = (input.rate, output.rate)
            && one != other
        {
            return Err(Error::failed(format!("the output has {other} samples a second, the input {one}"))
                .file(path)
                .remedy("resample one of them"));
        }
        if input.samples.len() != output.samples.len() {
            let (one, other) = (input.samples.len(), output.samples.len());
            return Err(Error::failed(format!("the output has {other} samples, the input {one}"))
                .file(path)
                .remedy("cut both recordings to the same span"));
        }
        Ok(Recording {
            rate: input.rate.or(output.rate),
            random: options.simulate.is_some(),
            input: input.samples,
            output: output.samples,
        })
    }
}

/// A first-order autoregressive process of power 1 from white noise.
pub fn autoregressive(samples: &mut [f64], correlation: f64) {
    let innovation = (1.0 - correlation * correlation).sqrt();
    let mut last = None;
    for sample in samples {
        *sample = last.map_or(*sample, |last| correlation * last + innovation * *sample);
        last = Some(*sample);
    }
}

impl FilterOptions {
    fn setup(&self) -> Setup {
        Setup {
            taps: self.taps as usize,
            rate: self.rate,
            init: self.init,
            floor: self.floor.unwrap_or(self.init),
            proportion: self.proportion,
            regularization: self.regularization,
        }
    }
}

impl Setup {
    fn named(&self) -> BTreeMap<&'static str, f64> {
        BTreeMap::from([
            ("rate", self.rate),
            ("init", self.init),
            ("floor", self.floor),
            ("proportion", self.proportion),
            ("regularization", self.regularization),
        ])
    }
}

fn decibels(power: f64) -> f64 {
    10.0 * power.log10()
}

/// The first point at or below a level.
pub fn samples_to(curve: &[f64], level: f64, every: usize) -> Option<usize> {
    curve.iter().position(|&x| x <= level).map(|place| every * (place + 1))
}

/// Mean over the last tenth.
pub fn end(curve: &[f64]) -> f64 {
    let last = &curve[curve.len() - curve.len().div_ceil(10)..];
    last.iter().sum::<f64>() / last.len() as f64
}

impl Curve {
    fn new(identified: Identified, every: usize, unit: f64) -> Self {
        let error: Vec<f64> = identified.error.iter().map(|error| decibels(error * error)).collect();
        let misalignment: Vec<f64> = identified.misalignment.iter().map(|&power| decibels(power)).collect();
        let known = !misalignment.is_empty();
        Self {
            error_end_db: end(&error),
            misalignment_end_db: known.then(|| end(&misalignment)),
            samples_to_10_db: samples_to(&misalignment, -10.0, every),
            samples_to_20_db: samples_to(&misalignment, -20.0, every),
            taps_of_99_percent: essential(&identified.response),
            error_db: error,
            misalignment_db: known.then_some(misalignment),
            response: identified.response.iter().map(|w| unit * w).collect(),
        }
    }
}

fn essential(response: &[f64]) -> usize {
    let mut energies: Vec<f64> = response.iter().map(|w| w * w).collect();
    energies.sort_by(|a, b| b.total_cmp(a));
    let total: f64 = energies.iter().sum();
    let mut sum = 0.0;
    energies
        .iter()
        .take_while(|energy| {
            let before = sum;
            sum += **energy;
            before < 0.99 * total
        })
        .count()
}

/// How responses are stored.
#[derive(Clone, Copy)]
enum Format {
    Csv,
    Npy,
    Json,
}

impl Format {
    fn of(path: &Path) -> Result<Self> {
        match path
            .extension()
            .and_then(|extension| extension.to_str())
            .map(str::to_ascii_lowercase)
            .as_deref()
        {
            Some("csv") => Ok(Self::Csv),
            Some("npy") => Ok(Self::Npy),
            Some("json") => Ok(Self::Json),
            _ => Err(Error::usage("responses are written as .csv, .npy or .json").file(path)),
        }
    }

    fn write(
        self,
        path: &Path,
        methods: &BTreeMap<Method, Curve>,
        fit: impl FnOnce() -> Result<Fit>,
    ) -> Result<()> {
        let taps = methods.values().next().map_or(0, |curve| curve.response.len());
        match self {
            Self::Csv => {
                let mut text = String::from("tap");
                methods.keys().for_each(|method| text += &format!(",{}", method.name()));
                for tap in 0..taps {
                    // Writing to a string cannot fail.
                    let _ = write!(text, "\n{tap}");
                    methods.values().for_each(|curve| {
                        let _ = write!(text, ",{}", curve.response[tap]);
                    });
                }
                text.push('\n');
                write_atomic(path, text.as_bytes())
            }
            Self::Npy => {
                let shape = if methods.len() == 1 { vec![taps] } else { vec![methods.len(), taps] };
                let values: Vec<f64> = methods.values().flat_map(|curve| curve.response.clone()).collect();
                npy::write(path, &shape, &values)
            }
            Self::Json => fit()?.write(path),
        }
    }
}

fn picture(report: &Report, misalignment: bool) -> Plot {
    let series = report.methods.iter().map(|(method, curve)| {
        let points = match (&curve.misalignment_db, misalignment) {
            (Some(points), true) => points,
            _ => &curve.error_db,
        };
        let at = |(place, &y): (usize, &f64)| ((report.every * (place + 1)) as f64, y);
        Series {
            name: method.name(),
            points: points.iter().enumerate().map(at).collect(),
            steps: false,
            reference: *method == Method::Nlms,
            faint: false,
        }
    });
    Plot {
        title: format!("{} taps", report.taps),
        x_label: "samples".into(),
        y_label: if misalignment { "misalignment, dB" } else { "error over output, dB" }.into(),
        x_scale: Scale::Linear,
        y_scale: Scale::Linear,
        series: series.collect(),
    }
}

impl std::fmt::Display for Report {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let rate = self.sample_rate.map_or_else(String::new, |rate| format!(" at {rate} Hz"));
        writeln!(f, "{} samples{rate}, {} taps\n", count(self.samples as u64), self.taps)?;
        let known = self.methods.values().any(|curve| curve.misalignment_db.is_some());
        let mut head = vec!["filter", "error at the end, dB", "taps of 99 %"];
        if known {
            head.extend(["misalignment at the end, dB", "samples to −10 dB", "to −20 dB"]);
        }
        let mut table = Table::new(head);
        for (method, curve) in &self.methods {
            let mut row =
                vec![method.name(), fixed(curve.error_end_db, 2), curve.taps_of_99_percent.to_string()];
            if let Some(end) = curve.misalignment_end_db {
                let samples =
                    |samples: Option<usize>| samples.map_or_else(|| "–".to_owned(), |n| count(n as u64));
                row.extend([fixed(end, 2), samples(curve.samples_to_10_db), samples(curve.samples_to_20_db)]);
            }
            table.row(row);
        }
        write!(f, "{table}")
    }
}
