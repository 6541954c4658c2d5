//! `reparam implicit sweep`: explicit and implicit values of a known domain, over steps, discounts and reward offsets.

pub mod published;
pub mod reference;
pub mod run;

use std::fmt::{self, Write};
use std::path::PathBuf;

use clap::Args;
use serde::Serialize;

use self::published::{Published, best_step};
use self::reference::Comparison;
use self::run::{Plan, Run, Setting};
use super::domain::{Domain, Place};
use super::estimator::Method;
use crate::arguments::{check_files, positive};
use crate::context::Context;
use crate::data::prepare::{mean, median, sample_deviation};
use crate::report::file::write_atomic;
use crate::report::plot::{Plot, Scale, Series};
use crate::report::table::{Table, number};
use crate::{Error, Result};

const EXAMPLES: &str = "\
Examples:
  reparam implicit sweep --domain chain --eta 0.9 --plot chain.svg
  reparam implicit sweep --domain rooms --method implicit --eta 0.8,0.9,0.95 --step 0.25,0.5,1,2,4 --offset 0,1 -o runs.csv
  reparam implicit sweep --domain car --eta 0.95 --seeds 5
  reparam implicit sweep --reference --json
";

/// `reparam implicit sweep`.
#[derive(Args, Debug, Clone)]
#[command(after_long_help = EXAMPLES, after_help = "Examples: --help")]
pub struct SweepOptions {
    /// What to learn the values of
    #[arg(long, value_enum, default_value = "chain")]
    domain: Domain,
    /// How. Without it: both ways
    #[arg(long, value_enum, value_name = "NAME", value_delimiter = ',')]
    method: Option<Vec<Method>>,
    /// Discounts of the learned process; for explicit values of the one that they start from
    #[arg(long, value_name = "ETA1,ETA2,…", value_delimiter = ',', default_value = "0.9", value_parser = discount)]
    eta: Vec<f64>,
    /// Step sizes. Without it: for each method the one that the published program found best, which is known for discounts 0.8, 0.9,
    /// 0.95 and 0.975
    #[arg(long, value_name = "STEP1,STEP2,…", value_delimiter = ',', value_parser = positive)]
    step: Option<Vec<f64>>,
    /// What is added to every reward
    #[arg(long, value_name = "C1,C2,…", value_delimiter = ',', default_value = "0,0.2,0.5,0.8,1",
        allow_hyphen_values = true, value_parser = finite)]
    offset: Vec<f64>,
    /// Runs of each setting; all settings see the same data
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    seeds: u32,
    /// Seed of the seeds
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Steps of a run
    #[arg(long, value_name = "N", default_value_t = 300, value_parser = clap::value_parser!(u32).range(1..=10_000_000))]
    updates: u32,
    /// Samples of a step
    #[arg(long, value_name = "N", default_value_t = 25, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    batch: u32,
    /// Write all runs: CSV with columns method, eta, step, offset, seed, diverged, first, norm, ones, orthogonal, described
    #[arg(long, short, value_name = "RUNS.csv")]
    output: Option<PathBuf>,
    /// Draw the last residual over offsets, or, with one offset, over step sizes
    #[arg(long, value_name = "FILE.svg")]
    plot: Option<PathBuf>,
    /// Instead of settings of yours: all that the published logs of three domains have their best steps for, beside what is measured
    /// now. Minutes
    #[arg(long, conflicts_with_all = ["domain", "method", "eta", "step", "offset", "updates", "batch", "output", "plot"])]
    reference: bool,
    /// Only these domains of them
    #[arg(long, value_enum, value_name = "NAME", value_delimiter = ',', requires = "reference")]
    domains: Option<Vec<Domain>>,
}

/// A number in [0, 1), for `value_parser`.
pub fn discount(text: &str) -> std::result::Result<f64, String> {
    match text.parse::<f64>() {
        Ok(eta) if (0.0..1.0).contains(&eta) => Ok(eta),
        _ => Err("a number in [0, 1) is needed".into()),
    }
}

fn finite(text: &str) -> std::result::Result<f64, String> {
    match text.parse::<f64>() {
        Ok(number) if number.abs() < 1e9 => Ok(number),
        _ => Err("a number is needed".into()),
    }
}

#[derive(Serialize)]
struct Report {
    system: &'static str,
    version: &'static str,
    domain: Domain,
    seeds: u32,
    seed: u64,
    updates: u32,
    batch: u32,
    rows: Vec<Row>,
    notes: Vec<String>,
}

/// The runs of a setting. Means and deviation are those of the runs that have not diverged.
#[derive(Clone, Debug, Serialize)]
pub struct Row {
    /// What the runs are of.
    #[serde(flatten)]
    pub setting: Setting,
    /// Runs.
    pub seeds: usize,
    /// Those of them that have diverged.
    pub diverged: usize,
    /// Mean norm of the residual at the start.
    pub first: f64,
    /// Mean norm of the part of it that all places share.
    pub first_ones: f64,
    /// Mean norm of the rest of it.
    pub first_orthogonal: f64,
    /// Mean norm of the residual at the end; no number if all have diverged.
    pub mean: f64,
    /// Its standard deviation.
    pub sd: f64,
    /// Its median; runs that have diverged count as infinite.
    pub median: f64,
    /// Mean norm of the part that all places share.
    pub ones: f64,
    /// Mean norm of the rest.
    pub orthogonal: f64,
    /// Mean norm without places that no feature describes.
    pub described: f64,
    /// The same in the published logs, if this setting is in them.
    pub published: Option<Published>,
}

impl Row {
    /// Of runs.
    pub fn new(plan: &Plan, setting: Setting, runs: &[Run]) -> Self {
        let last: Vec<_> = runs.iter().filter_map(|run| run.last).collect();
        let of = |part: fn(&run::Residual) -> f64| -> Vec<f64> { last.iter().map(part).collect() };
        let first = |part: fn(&run::Residual) -> f64| {
            mean(&runs.iter().map(|run| part(&run.first)).collect::<Vec<_>>())
        };
        let norms = of(|r| r.norm);
        let all: Vec<f64> = runs.iter().map(|run| run.last.map_or(f64::INFINITY, |r| r.norm)).collect();
        Self {
            setting,
            seeds: runs.len(),
            diverged: runs.len() - last.len(),
            first: first(|r| r.norm),
            first_ones: first(|r| r.ones),
            first_orthogonal: first(|r| r.orthogonal),
            mean: mean(&norms),
            sd: sample_deviation(&norms),
            median: median(all),
            ones: mean(&of(|r| r.ones)),
            orthogonal: mean(&of(|r| r.orthogonal)),
            described: mean(&of(|r| r.described)),
            published: published::find(plan, setting),
        }
    }
}

/// A mean of no runs is no number.
fn shown(x: f64) -> String {
    if x.is_finite() { number(x, 4) } else { "–".into() }
}

#[derive(Serialize)]
struct ReferenceReport {
    system: &'static str,
    version: &'static str,
    seeds: u32,
    seed: u64,
    source: &'static str,
    rows: Vec<Comparison>,
}

impl SweepOptions {
    /// Does it.
    pub fn run(&self, context: &Context) -> Result<()> {
        if self.reference {
            return self.run_reference(context);
        }
        let outputs = [("--output", self.output.as_ref()), ("--plot", self.plot.as_ref())];
        check_files(&[], &outputs)?;
        let plan = Plan { domain: self.domain, updates: self.updates as usize, batch: self.batch as usize };
        let settings = self.settings()?;
        let seeds = self.seeds as usize;
        let progress = context.progress(Some((settings.len() * seeds) as u64));
        progress.message(|| "runs".into());
        let runs = run::run(&plan, &settings, seeds, self.seed, &progress)?;
        progress.finish();
        if let Some(path) = &self.output {
            write_atomic(path, csv(&settings, &runs).as_bytes())?;
        }
        let rows = settings.iter().zip(&runs).map(|(&setting, runs)| Row::new(&plan, setting, runs));
        let report = Report {
            system: "implicit",
            version: env!("CARGO_PKG_VERSION"),
            domain: self.domain,
            seeds: self.seeds,
            seed: self.seed,
            updates: self.updates,
            batch: self.batch,
            rows: rows.collect(),
            notes: notes(&plan, seeds, self.seed),
        };
        if let Some(path) = &self.plot {
            write_atomic(path, report.picture().as_bytes())?;
        }
        context.print(&report, || report.to_string())
    }

    fn settings(&self) -> Result<Vec<Setting>> {
        let methods = self.method.clone().unwrap_or_else(|| vec![Method::Explicit, Method::Implicit]);
        let mut settings = Vec::new();
        for method in methods {
            for &eta in &self.eta {
                let steps = match &self.step {
                    Some(steps) => steps.clone(),
                    None => vec![best_step(self.domain, method, eta).ok_or_else(|| {
                        let what = format!("--eta {eta}: no step is known to suit {}", method.name());
                        Error::usage(what).remedy("give --step")
                    })?],
                };
                for step in steps {
                    let setting = |&offset: &f64| Setting { method, eta, step, offset };
                    settings.extend(self.offset.iter().map(setting));
                }
            }
        }
        Ok(settings)
    }

    fn run_reference(&self, context: &Context) -> Result<()> {
        let domains = self.domains.clone();
        let domains = domains.unwrap_or_else(|| vec![Domain::Chain, Domain::Rooms, Domain::Car]);
        let seeds = self.seeds as usize;
        let count: usize = domains.iter().map(|&domain| published::best(domain).len() * seeds).sum();
        let progress = context.progress(Some(count as u64));
        progress.message(|| "runs".into());
        let mut rows = Vec::new();
        for domain in domains {
            rows.extend(reference::compare(domain, seeds, self.seed, &progress)?);
        }
        progress.finish();
        let report = ReferenceReport {
            system: "implicit",
            version: env!("CARGO_PKG_VERSION"),
            seeds: self.seeds,
            seed: self.seed,
            source: "the raw logs of github.com/gehring/implicit-estimators at fd482ea47, aggregated",
            rows,
        };
        context.print(&report, || reference::table(&report.rows))
    }
}

/// All runs.
fn csv(settings: &[Setting], runs: &[Vec<Run>]) -> String {
    let mut text =
        String::from("method,eta,step,offset,seed,diverged,first,norm,ones,orthogonal,described\n");
    for (setting, runs) in settings.iter().zip(runs) {
        let Setting { method, eta, step, offset } = setting;
        for run in runs {
            let parts = run.last.map_or_else(
                || ",,,".into(),
                |r| format!("{},{},{},{}", r.norm, r.ones, r.orthogonal, r.described),
            );
            let (diverged, first) = (u8::from(run.last.is_none()), run.first.norm);
            let _ = writeln!(
                text,
                "{},{eta},{step},{offset},{},{diverged},{first},{parts}",
                method.name(),
                run.seed
            );
        }
    }
    text
}

/// What is peculiar to a domain, as far as it shows in these runs.
fn notes(plan: &Plan, seeds: usize, seed: u64) -> Vec<String> {
    match plan.domain {
        Domain::Chain => {
            let states = plan.domain.features();
            let misses = |data: &super::domain::Data| {
                (0..states).any(|state| data.train.iter().all(|sample| sample.place != Place::State(state)))
            };
            let missing = run::data(plan.domain, seeds, seed).iter().filter(|data| misses(data)).count();
            vec![format!(
                "{missing} of {seeds} seeds never begin in some state: its explicit value stays what it was, however far an offset \
                 moves the true one; such seeds make means and deviations grow, so compare medians"
            )]
        }
        Domain::Rooms => vec![
            "the terminal state has no feature, and ten times the offset as its value: no method can learn that; \
             \"described\" leaves it out"
                .into(),
        ],
        Domain::Car => vec![
            "rewards are −1: an offset of 1 takes the common part out of the returns, it does not add one".into(),
        ],
    }
}

impl Report {
    fn picture(&self) -> String {
        let first = |row: &Row| row.setting.offset;
        let by_offset = self.rows.iter().any(|row| first(row) != self.rows[0].setting.offset);
        let x = |row: &Row| if by_offset { row.setting.offset } else { row.setting.step };
        let same = |a: &Row, b: &Row| {
            let (a, b) = (a.setting, b.setting);
            a.method == b.method && a.eta == b.eta && (!by_offset || a.step == b.step)
        };
        let mut series = Vec::new();
        for group in self.rows.chunk_by(same) {
            let Setting { method, eta, step, .. } = group[0].setting;
            let eta = if method == Method::Implicit { format!(", η = {eta}") } else { String::new() };
            let step = if by_offset { format!(", step {}", number(step, 3)) } else { String::new() };
            let mut line = |what: &str, of: fn(&Row) -> f64| {
                let mut points: Vec<_> = group.iter().map(|row| (x(row), of(row))).collect();
                points.sort_by(|a, b| a.0.total_cmp(&b.0));
                let name = format!("{}{eta}{step}: {what}", method.name());
                series.push(Series { name, points, steps: false, reference: false, faint: false });
            };
            line("mean", |row| row.mean);
            line("median", |row| row.median);
            if self.domain == Domain::Rooms {
                line("mean without the terminal state", |row| row.described);
            }
        }
        Plot {
            title: format!(
                "{}: residual after {} steps, {} seeds",
                self.domain.name(),
                self.updates,
                self.seeds
            ),
            x_label: if by_offset { "reward offset" } else { "step size" }.into(),
            y_label: "norm of the residual".into(),
            x_scale: if by_offset { Scale::Linear } else { Scale::Log },
            y_scale: if by_offset { Scale::Linear } else { Scale::Log },
            series,
        }
        .to_svg()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { seeds, updates, batch, seed, .. } = self;
        writeln!(
            f,
            "{}: {updates} steps of {batch} samples, {seeds} runs of each setting, seed {seed}; norms of the last residual\n",
            self.domain.name()
        )?;
        let rooms = self.domain == Domain::Rooms;
        let mut head = vec!["method", "η", "step", "offset", "mean", "±", "median", "ones", "orthogonal"];
        head.extend(rooms.then_some("described"));
        head.extend(["diverged", "published", "±", "median", "diverged"]);
        let mut table = Table::new(head);
        for row in &self.rows {
            let Setting { method, eta, step, offset } = row.setting;
            let mut cells = vec![method.name(), eta.to_string(), step.to_string(), offset.to_string()];
            let numbers = [row.mean, row.sd, row.median, row.ones, row.orthogonal];
            cells.extend(numbers.map(shown));
            cells.extend(rooms.then(|| shown(row.described)));
            cells.push(row.diverged.to_string());
            let published = row.published.iter();
            cells.extend(
                published.flat_map(|p| [shown(p.mean), shown(p.sd), shown(p.median), p.diverged.to_string()]),
            );
            table.row(cells);
        }
        write!(f, "{table}")?;
        self.notes.iter().try_for_each(|note| write!(f, "\n{note}\n"))
    }
}
