//! `reparam givens benchmark`: the published experiments, reproduced, with honest baselines beside them.
//!
//! Published numbers are those of Kim, Roy and Das, *BOOOM* (arXiv 2605.04087), as their public program and its
//! tables give them. Each suite is one file and says in its notes what its numbers do and do not show.

pub mod baselines;
pub mod instances;
pub mod mersenne;

mod eigenvalue;
mod ica;
mod joint;
mod kohn_sham;
mod landscapes;
mod low_rank;
mod quadratics;
mod varimax;

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};
use rayon::prelude::*;
use reparam::givens::search::{PatternConfig, PlaneConfig};
use reparam::random::SplitMix64;
use serde::Serialize;
use serde_json::Value;

use super::problem::Problem;
use super::search::Settings;
use super::starts::{self, Component, Finished, Starts};
use crate::arguments::check_files;
use crate::checkpoint::Checkpoint;
use crate::context::Context;
use crate::report::comparison::{Row, table};
use crate::report::file::write_atomic;
use crate::report::plot::{Plot, Scale, Series};
use crate::report::progress::Progress;
use crate::{Error, Result, interrupt};

/// `reparam givens benchmark`.
#[derive(Args, Debug, Clone)]
pub struct BenchmarkOptions {
    /// Suites to run. Without it, all
    #[arg(long, value_enum, value_name = "NAME", value_delimiter = ',')]
    suite: Option<Vec<Suite>>,
    /// Small sizes, a minute or two on two cores: the default
    #[arg(long, conflicts_with = "full")]
    quick: bool,
    /// All published sizes and ten instances each
    #[arg(long)]
    full: bool,
    /// Seed of the instances and of the starts
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Draw the distance to the optimum over evaluations, for the first suite that has one
    #[arg(long, value_name = "FILE.svg")]
    plot: Option<PathBuf>,
}

/// A suite, by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Suite {
    /// What the published heterogeneous quadratics compute: a top eigenvalue
    Eigenvalue,
    /// Heterogeneous quadratics as stated
    Quadratics,
    /// Low rank plus sparse
    LowRank,
    /// Independent components
    Ica,
    /// Varimax rotation of loadings
    Varimax,
    /// Orthogonal joint diagonalization
    Joint,
    /// Smallest eigenvalues of a Hamiltonian
    KohnSham,
    /// Ackley, Griewank, Rastrigin, Rosenbrock on orthogonal matrices
    Landscapes,
}

impl Suite {
    fn name(self) -> String {
        self.to_possible_value().map_or_else(String::new, |value| value.get_name().to_owned())
    }

    /// Whether the distance to an optimum can be drawn.
    fn has_optimum(self) -> bool {
        matches!(self, Self::Eigenvalue | Self::Quadratics | Self::Varimax | Self::Joint | Self::KohnSham)
    }

    fn run(self, plan: &Plan) -> Result<Results> {
        match self {
            Self::Eigenvalue => eigenvalue::run(plan),
            Self::Quadratics => quadratics::run(plan),
            Self::LowRank => low_rank::run(plan),
            Self::Ica => ica::run(plan),
            Self::Varimax => varimax::run(plan),
            Self::Joint => joint::run(plan),
            Self::KohnSham => kohn_sham::run(plan),
            Self::Landscapes => landscapes::run(plan),
        }
    }
}

/// How much to run.
struct Plan {
    full: bool,
    seed: u64,
    progress: Progress,
}

/// Rows of a suite, with what has to be said about them.
struct Results {
    rows: Vec<Row>,
    notes: Vec<&'static str>,
    /// Distance to the optimum over evaluations, by method, for one instance.
    curves: Vec<(String, Vec<(u64, f64)>)>,
}

/// What a search found.
struct Solved {
    value: f64,
    frame: Vec<f64>,
    evaluations: u64,
    /// Of the best start.
    history: Vec<(u64, f64)>,
}

impl Plan {
    /// Number of instances of each kind.
    fn instances(&self) -> usize {
        if self.full { 10 } else { 5 }
    }

    /// A generator for instance number `index` of a kind of instance.
    fn rng(&self, kind: &str, index: usize) -> SplitMix64 {
        let mix = kind
            .bytes()
            .fold(self.seed, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3));
        let mut seeds = SplitMix64::new(mix.wrapping_add(index as u64));
        SplitMix64::new(rand_core::Rng::next_u64(&mut seeds))
    }

    /// Does the work for each index, on all cores; the results come in order.
    fn each<T: Send>(&self, count: usize, work: impl Fn(usize) -> Result<T> + Sync) -> Result<Vec<T>> {
        (0..count)
            .into_par_iter()
            .map(|index| {
                let result = work(index);
                self.progress.add(1);
                result
            })
            .collect()
    }

    /// Runs a search.
    fn solve(&self, problem: &dyn Problem, settings: &Settings, starts: &Starts) -> Result<Solved> {
        let mut none = Checkpoint::new(None, Value::Null, Duration::MAX);
        let silent = Progress::new(true, None);
        let mut finished = starts::run(problem, settings, starts, None, &mut none, &silent)?;
        if interrupt::asked() {
            return Err(Error::failed("interrupted"));
        }
        if let Some(error) = finished.iter_mut().find_map(|start| start.outcome.error.take()) {
            return Err(error);
        }
        let evaluations = starts::evaluations(&finished);
        match starts::best(&finished) {
            Some(Finished { outcome, history, .. }) => Ok(Solved {
                value: outcome.value.unwrap_or(f64::NAN),
                frame: outcome.frame.clone(),
                evaluations,
                history: history
                    .iter()
                    .copied()
                    .chain(outcome.value.map(|v| (outcome.evaluations, v)))
                    .collect(),
            }),
            None => Err(Error::failed("no start ran")),
        }
    }
}

/// One start, in the component that it falls into.
fn once(seed: u64, budget: u64) -> Starts {
    Starts { count: 1, component: Component::AsDrawn, first: None, seed, budget: Some(budget) }
}

/// Pattern search with the settings of a published experiment.
fn published(iteration_tolerance: f64, runs: u32) -> Settings {
    Settings::Pattern(PatternConfig { iteration_tolerance, runs, ..PatternConfig::published() })
}

/// Plane search with the default settings.
fn plane() -> Settings {
    Settings::Plane(PlaneConfig::default())
}

#[derive(Serialize)]
struct Report {
    system: &'static str,
    version: &'static str,
    mode: &'static str,
    seed: u64,
    source: &'static str,
    rows: Vec<Row>,
    notes: Vec<(String, &'static str)>,
}

const SOURCE: &str = "published: Kim, Roy and Das, arXiv 2605.04087, numbers of their public program";

impl BenchmarkOptions {
    /// Does it.
    pub fn run(&self, context: &Context) -> Result<()> {
        let suites = match &self.suite {
            Some(suites) => suites.clone(),
            None => Suite::value_variants().to_vec(),
        };
        if self.plot.is_some() && !suites.iter().any(|suite| suite.has_optimum()) {
            return Err(Error::usage("--plot: none of these suites has an optimum to draw the distance to"));
        }
        check_files(&[], &[("--plot", self.plot.as_ref())])?;
        let plan = Plan { full: self.full, seed: self.seed, progress: context.progress(None) };
        let mut report = Report {
            system: "givens",
            version: env!("CARGO_PKG_VERSION"),
            mode: if self.full { "full" } else { "quick" },
            seed: self.seed,
            source: SOURCE,
            rows: Vec::new(),
            notes: Vec::new(),
        };
        let mut plot = None;
        let mut failed = None;
        for suite in suites {
            plan.progress.message(|| format!("problems solved; now: {}", suite.name()));
            let Results { rows, notes, curves } = match suite.run(&plan) {
                Ok(results) => results,
                // What the suites before it found is worth showing.
                Err(error) => {
                    failed = Some(error);
                    break;
                }
            };
            report.rows.extend(rows.into_iter().map(|row| Row { suite: suite.name(), ..row }));
            report.notes.extend(notes.into_iter().map(|note| (suite.name(), note)));
            if plot.is_none() && !curves.is_empty() {
                plot = Some(convergence(&suite.name(), curves));
            }
        }
        plan.progress.finish();
        let drawn = match (&self.plot, plot) {
            (Some(path), Some(plot)) => write_atomic(path, plot.to_svg().as_bytes()),
            _ => Ok(()),
        };
        if failed.is_some() && report.rows.is_empty() {
            return failed.map_or(Ok(()), Err);
        }
        context.print(&report, || {
            let mut text = table(&report.rows);
            text += &format!("\n{SOURCE}\n");
            report.notes.iter().for_each(|(suite, note)| text += &format!("{suite}: {note}\n"));
            text
        })?;
        failed.map_or(Ok(()), Err).and(drawn)
    }
}

fn convergence(suite: &str, curves: Vec<(String, Vec<(u64, f64)>)>) -> Plot {
    let series = curves.into_iter().map(|(name, points)| Series {
        name,
        points: points.into_iter().map(|(evaluations, distance)| (evaluations as f64, distance)).collect(),
        steps: true,
        reference: false,
        faint: false,
    });
    Plot {
        title: format!("Suite {suite}, first instance"),
        x_label: "evaluations".into(),
        y_label: "distance to the optimum".into(),
        x_scale: Scale::Log,
        y_scale: Scale::Log,
        series: series.collect(),
    }
}

/// The history as distances to a value, for [`Results::curves`].
fn curve(name: &str, solved: &Solved, optimum: f64) -> (String, Vec<(u64, f64)>) {
    // Below this the distance is rounding.
    let floor = 1e-15 * optimum.abs().max(1.0);
    let distance = |&(evaluations, value): &(u64, f64)| (evaluations, (value - optimum).max(floor));
    (name.into(), solved.history.iter().map(distance).collect())
}
