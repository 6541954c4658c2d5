//! `reparam group-shuffle adapt`: fine-tunes a frozen network on a shifted task, with GS rotations and their rivals.
//!
//! One protocol for all rows: the same trained network, the same samples, the same optimizer, the same learning
//! rates to choose from by accuracy on validation samples, and the reported accuracy from others.

pub mod layer;
pub mod method;
pub mod network;
pub mod task;

use std::path::{Path, PathBuf};
use std::time::Instant;

use clap::Args;
use rand_core::Rng;
use rayon::prelude::*;
use reparam::group_shuffle::adapter::Side;
use reparam::group_shuffle::format::Header;
use reparam::random::SplitMix64;
use serde::Serialize;

use self::layer::Adapter;
use self::method::Method;
use self::network::{Network, Score, Training};
use self::task::{Split, TaskOptions};
use super::rotation::shape;
use super::stored::{Matrix, Stored};
use crate::arguments::{check_files, positive};
use crate::context::Context;
use crate::data::safetensors::Precision;
use crate::data::{Array, prepare};
use crate::report::table::{Table, number};
use crate::{Error, Result, interrupt};

/// `reparam group-shuffle adapt`.
#[derive(Args, Debug, Clone)]
pub struct AdaptOptions {
    #[command(flatten, next_help_heading = "Task")]
    task: TaskOptions,
    /// Widths of the hidden layers; 0 for a single linear layer
    #[arg(long, value_name = "LIST", value_delimiter = ',', default_value = "64")]
    hidden: Vec<usize>,
    /// Side of a block of GSOFT; the other rows get about as many parameters. Without it: near the square root of the
    /// inputs
    #[arg(long, value_name = "B")]
    block: Option<usize>,
    /// Seeds: each splits the samples and draws networks anew
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u16).range(1..=1000))]
    seeds: u16,
    /// First seed
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Passes over the samples when adapting
    #[arg(long, value_name = "N", default_value_t = 60, value_parser = clap::value_parser!(u32).range(1..))]
    epochs: u32,
    /// Learning rates to choose from, the same for all rows
    #[arg(long, value_name = "LIST", value_delimiter = ',', value_parser = positive, default_value = "0.003,0.01,0.03,0.1,0.3")]
    rates: Vec<f64>,
    /// Write the frozen network of the first seed and its GSOFT adapter
    #[arg(long, short, value_name = "OUT.safetensors")]
    output: Option<PathBuf>,
}

/// Samples in a step.
const BATCH: usize = 32;
/// How the network is trained before it is frozen.
const TRAINING: Training = Training { epochs: 100, batch: BATCH, rate: 0.003 };

#[derive(Serialize)]
struct Report {
    system: &'static str,
    version: &'static str,
    task: String,
    widths: Vec<usize>,
    samples: Samples,
    seeds: Vec<u64>,
    epochs: u32,
    batch: usize,
    rates: Vec<f64>,
    /// Mean accuracy of the frozen network on test samples before the shift.
    accuracy_before_shift: Option<f64>,
    rows: Vec<Row>,
    notes: Vec<String>,
}

#[derive(Serialize)]
struct Samples {
    first_task: usize,
    adapt: usize,
    validation: usize,
    test: usize,
}

/// One method.
#[derive(Serialize)]
struct Row {
    method: &'static str,
    sizes: String,
    parameters: usize,
    /// Mean over the seeds, on test samples.
    accuracy: f64,
    /// Standard deviation over the seeds; `None` for one seed.
    deviation: Option<f64>,
    accuracies: Vec<f64>,
    /// Chosen by the mean accuracy on validation samples.
    rate: Option<f64>,
    validation_accuracy: f64,
    /// Whether it is the smallest or the largest of several.
    rate_at_edge: bool,
    /// Mean time of one run of the chosen rate, on one thread.
    seconds: f64,
}

/// What a run ended with.
struct Run {
    network: Network,
    validation: Score,
    test: Score,
    seconds: f64,
}

/// A network trained on the first task, and both tasks' samples.
struct Prepared {
    seed: u64,
    split: Split,
    network: Network,
}

impl AdaptOptions {
    /// Does it.
    pub fn run(&self, context: &Context) -> Result<()> {
        check_files(&self.task.files(), &[("--output", self.output.as_ref())])?;
        let task = self.task.read()?;
        let hidden = self.hidden.iter().copied().filter(|&width| width > 0);
        let widths: Vec<usize> = [task.inputs].into_iter().chain(hidden).chain([task.classes]).collect();
        let block = method::block(&widths, self.block)?;

        let seeds: Vec<u64> = (0..u64::from(self.seeds)).map(|k| self.seed.wrapping_add(k)).collect();
        let runs = seeds.len() * (1 + Method::TRAINED.len() * self.rates.len());
        let progress = context.progress(Some(runs as u64));
        progress.message(|| "networks trained and adapted".into());
        let prepare = |&seed: &u64| {
            let split = task.split(seed)?;
            let mut rng = SplitMix64::new(mixed(seed, 0));
            let mut network = Network::random(&widths, &mut rng);
            network.train(&split.before, TRAINING, &mut rng)?;
            progress.add(1);
            Ok(Prepared { seed, split, network })
        };
        let prepared = seeds.par_iter().map(prepare).collect::<Result<Vec<_>>>()?;

        let mut notes = Vec::new();
        let mut methods = Vec::new();
        for method in Method::TRAINED {
            match prepared.first().map(|p| method.sizes(p.network.layers(), block)).transpose() {
                Ok(sizes) => methods.push((method, sizes.unwrap_or_default())),
                Err(error) => notes.push(format!("{} is left out: {error}", method.name())),
            }
        }
        let (rates, count) = (self.rates.len(), seeds.len());
        let jobs: Vec<_> = (0..methods.len() * rates * count)
            .map(|k| (k / (rates * count), k / count % rates, k % count))
            .collect();
        let work = |&(m, r, s): &(usize, usize, usize)| {
            let run = self.adapt(&prepared[s], methods[m].0, block, self.rates[r]);
            progress.add(1);
            run
        };
        let mut runs = jobs.par_iter().map(work).collect::<Result<Vec<_>>>()?.into_iter();
        progress.finish();
        if interrupt::asked() {
            return Err(Error::failed("interrupted"));
        }

        let mut rows = vec![frozen(&prepared)?];
        for (method, sizes) in methods {
            let mut by_rate: Vec<(f64, Vec<Run>)> =
                self.rates.iter().map(|&rate| (rate, runs.by_ref().take(seeds.len()).collect())).collect();
            let best = best(&by_rate);
            let rate_at_edge = by_rate.len() > 1 && at_edge(&self.rates, by_rate[best].0);
            let (rate, runs) = by_rate.swap_remove(best);
            if method == Method::Gsoft
                && let (Some(path), Some(run), Some(before)) = (&self.output, runs.first(), prepared.first())
            {
                store(path, before, &run.network, &task.name, rate)?;
            }
            rows.push(Row {
                sizes,
                parameters: runs.first().map_or(0, |run| run.network.parameter_len()),
                rate: Some(rate),
                rate_at_edge,
                seconds: mean(runs.iter().map(|run| run.seconds)),
                ..row(method, &runs.iter().map(|run| (run.validation, run.test)).collect::<Vec<_>>())
            });
        }
        let edges: Vec<&str> = rows.iter().filter(|row| row.rate_at_edge).map(|row| row.method).collect();
        if !edges.is_empty() {
            notes.push(format!(
                "the best rate is the smallest or largest of --rates for {}: a wider range may do better",
                edges.join(", ")
            ));
        }
        let before_shift = prepared
            .iter()
            .filter_map(|p| p.split.unshifted.as_ref().map(|samples| p.network.score(samples)));
        let before_shift = before_shift.map(|score| Ok(score?.accuracy)).collect::<Result<Vec<f64>>>()?;
        let count = |samples: &network::Samples| samples.labels.len();
        let split = &prepared[0].split;
        let report = Report {
            system: "group_shuffle",
            version: env!("CARGO_PKG_VERSION"),
            task: task.name,
            widths,
            samples: Samples {
                first_task: count(&split.before),
                adapt: count(&split.adapt),
                validation: count(&split.validation),
                test: count(&split.test),
            },
            seeds,
            epochs: self.epochs,
            batch: BATCH,
            rates: self.rates.clone(),
            accuracy_before_shift: (!before_shift.is_empty()).then(|| mean(before_shift.iter().copied())),
            rows,
            notes,
        };
        context.print(&report, || report.to_string())
    }

    fn adapt(&self, prepared: &Prepared, method: Method, block: usize, rate: f64) -> Result<Run> {
        let Prepared { seed, split, network } = prepared;
        // The same order of the samples for all methods and rates.
        let mut rng = SplitMix64::new(mixed(*seed, 1));
        let mut network = network
            .adapted(|layer| Ok(method.adapter(layer, block)?.0), &mut SplitMix64::new(mixed(*seed, 2)))?;
        let start = Instant::now();
        network.train(
            &split.adapt,
            Training { epochs: self.epochs as usize, batch: BATCH, rate },
            &mut rng,
        )?;
        let seconds = start.elapsed().as_secs_f64();
        let (validation, test) = (network.score(&split.validation)?, network.score(&split.test)?);
        Ok(Run { network, validation, test, seconds })
    }
}

/// Writes the frozen network and the adapter of its layers: `layers.k` with a scale beside the rotation of the input,
/// `base.layers.k.weight` (outputs × inputs) and `base.layers.k.bias`.
fn store(path: &Path, before: &Prepared, adapted: &Network, task: &str, rate: f64) -> Result<()> {
    let mut stored = Stored::default();
    let array = |shape: &[usize], values: &[f32]| Array {
        shape: shape.to_vec(),
        values: values.iter().map(|&x| f64::from(x)).collect(),
    };
    for (k, layer) in adapted.layers().iter().enumerate() {
        let Adapter::Rotated { input, output: None } = layer.adapter() else { continue };
        let theta: Vec<f64> = input.theta().iter().map(|&x| f64::from(x)).collect();
        let header =
            Header { side: Side::Input, ..Header::new(shape(input.dim(), input.block(), method::FACTORS)?) };
        let scale = layer.scale().map(|scale| scale.iter().map(|&x| f64::from(x)).collect());
        stored
            .matrices
            .insert(format!("layers.{k}"), Matrix { header, values: theta, scale, butterfly: None });
        let (rows, cols) = (layer.outputs(), layer.inputs());
        stored.tensors.insert(format!("base.layers.{k}.weight"), array(&[rows, cols], layer.weight()));
        stored.tensors.insert(format!("base.layers.{k}.bias"), array(&[rows], layer.bias()));
    }
    let texts = [("task", task.to_owned()), ("seed", before.seed.to_string()), ("rate", rate.to_string())];
    stored.texts.extend(texts.map(|(key, text)| (key.to_owned(), text)));
    stored.write(path, Precision::F32)
}

/// An independent seed for each purpose.
fn mixed(seed: u64, purpose: u64) -> u64 {
    let mut rng = SplitMix64::new(seed);
    (0..=purpose).fold(0, |_, _| rng.next_u64())
}

fn mean(values: impl Iterator<Item = f64>) -> f64 {
    prepare::mean(&values.collect::<Vec<_>>())
}

/// Position of the rate with the best mean accuracy on validation samples; of equals, the one with the least loss.
fn best(by_rate: &[(f64, Vec<Run>)]) -> usize {
    let score = |runs: &[Run]| {
        let loss = mean(runs.iter().map(|run| run.validation.loss));
        // A run that diverged has no loss.
        let loss = if loss.is_finite() { loss } else { f64::MAX };
        (mean(runs.iter().map(|run| run.validation.accuracy)), -loss)
    };
    let better = |a: &usize, b: &usize| {
        let ((a, la), (b, lb)) = (score(&by_rate[*a].1), score(&by_rate[*b].1));
        a.total_cmp(&b).then(la.total_cmp(&lb))
    };
    (0..by_rate.len()).max_by(better).unwrap_or(0)
}

fn at_edge(rates: &[f64], rate: f64) -> bool {
    rates.iter().all(|&other| other <= rate) || rates.iter().all(|&other| other >= rate)
}

fn frozen(prepared: &[Prepared]) -> Result<Row> {
    let scores =
        prepared.iter().map(|p| Ok((p.network.score(&p.split.validation)?, p.network.score(&p.split.test)?)));
    Ok(row(Method::Frozen, &scores.collect::<Result<Vec<_>>>()?))
}

/// A row of the scores on validation and test samples.
fn row(method: Method, scores: &[(Score, Score)]) -> Row {
    let accuracies: Vec<f64> = scores.iter().map(|(_, test)| test.accuracy).collect();
    Row {
        method: method.name(),
        sizes: String::new(),
        parameters: 0,
        accuracy: prepare::mean(&accuracies),
        deviation: (accuracies.len() > 1).then(|| prepare::sample_deviation(&accuracies)),
        accuracies,
        rate: None,
        validation_accuracy: mean(scores.iter().map(|(validation, _)| validation.accuracy)),
        rate_at_edge: false,
        seconds: 0.0,
    }
}

impl std::fmt::Display for Report {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let widths: Vec<String> = self.widths.iter().map(usize::to_string).collect();
        let Samples { first_task, adapt, validation, test } = self.samples;
        writeln!(f, "{}", self.task)?;
        writeln!(
            f,
            "network {}; {first_task} samples before, {adapt} to adapt with, {validation} to choose the rate, {test} \
             for the test; {} seeds from {}",
            widths.join("-"),
            self.seeds.len(),
            self.seeds.first().unwrap_or(&0),
        )?;
        if let Some(accuracy) = self.accuracy_before_shift {
            writeln!(f, "accuracy before the shift: {:.2} %", 100.0 * accuracy)?;
        }
        let mut table =
            Table::new(["method", "sizes", "parameters", "accuracy %", "± seeds", "rate", "s/run"]);
        for row in &self.rows {
            table.row([
                row.method.to_owned(),
                row.sizes.clone(),
                row.parameters.to_string(),
                format!("{:.2}", 100.0 * row.accuracy),
                row.deviation.map_or_else(String::new, |deviation| format!("{:.2}", 100.0 * deviation)),
                row.rate.map_or_else(String::new, |rate| number(rate, 2)),
                row.rate.map_or_else(String::new, |_| number(row.seconds, 3)),
            ]);
        }
        write!(f, "\n{table}")?;
        self.notes.iter().try_for_each(|note| write!(f, "\n{note}\n"))
    }
}
