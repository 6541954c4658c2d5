//! `reparam diagonal limit`: ensembles of stochastic gradients beside their stochastic equation, the deterministic limit
//! of high dimension, and that of small steps.

pub mod reference;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};
use serde::Serialize;
use serde_json::{Value, json};

use self::reference::{Check, Row, Scope};
use super::density::{self, Grid};
use super::ensemble::{self, Dynamics, Plan, Run};
use super::flow;
use super::model::{Model, ModelOptions, Parametrization, named, task};
use crate::arguments::{check_files, positive};
use crate::checkpoint::{Checkpoint, load};
use crate::context::Context;
use crate::data::prepare::{mean, sample_deviation};
use crate::report::comparison::quantile;
use crate::report::file::write_atomic;
use crate::report::plot::{Band, Plot, Scale, Series};
use crate::report::table::{Table, number};
use crate::{Error, Result};

const EXAMPLES: &str = "\
Examples:
  reparam diagonal limit --dim 1600 --step 0.1 --times 2,4,6,8,20 --seeds 10 --plot risk.svg
  reparam diagonal limit --dim 512 --step 0.2 --init 0.5 --parametrization product --gaussian --sparsity 1 \\
      --amplitude 1 --covariance marchenko-pastur
  reparam diagonal limit --dim 100000 --covariance toeplitz --times 0.05,0.1 --seeds 2 --checkpoint run.json
  reparam diagonal limit --reference
";

/// `reparam diagonal limit`.
#[derive(Args, Debug, Clone)]
#[command(after_long_help = EXAMPLES, after_help = "Examples: --help")]
pub struct LimitOptions {
    #[command(flatten, next_help_heading = "Problem")]
    model: ModelOptions,
    /// Step size γ
    #[arg(long, value_name = "GAMMA", default_value_t = 0.1, value_parser = positive)]
    step: f64,
    /// Effective initialisation α: all weights start at 0 with u·v = α² (u² − v²)
    #[arg(long, value_name = "ALPHA", default_value_t = 0.3, value_parser = positive)]
    init: f64,
    /// How a weight is written
    #[arg(long, value_enum, default_value_t)]
    parametrization: Parametrization,
    /// Times to look at, ascending: steps divided by the number of weights
    #[arg(long, value_name = "T1,T2,…", value_delimiter = ',', default_value = "1,2,4,8", value_parser = super::covariance::not_negative)]
    times: Vec<f64>,
    /// Runs of each random method
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    seeds: u32,
    /// What to compare. Without it: all that apply; the last two need a diagonal covariance
    #[arg(long, value_enum, value_name = "NAME", value_delimiter = ',')]
    method: Option<Vec<Method>>,
    /// Seed of the runs, and of what is random in the problem
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// sde: longest time step. Without it: that of stochastic gradients, 1/D, but not below 1/2000
    #[arg(long, value_name = "DT", value_parser = positive)]
    dt: Option<f64>,
    /// fokker-planck: cells of a class on the coarser of two grids
    #[arg(long, value_name = "N", default_value_t = 2400, value_parser = clap::value_parser!(u32).range(100..=1_000_000))]
    cells: u32,
    /// fokker-planck: longest time step on the coarser grid
    #[arg(long, value_name = "DT", default_value_t = 0.01, value_parser = positive)]
    grid_dt: f64,
    /// fokker-planck: classes of weights at most
    #[arg(long, value_name = "N", default_value_t = 200, value_parser = clap::value_parser!(u32).range(4..=100_000))]
    classes: u32,
    #[command(flatten, next_help_heading = "Results")]
    output: OutputOptions,
    #[command(flatten, next_help_heading = "Reference")]
    reference: ReferenceOptions,
}

#[derive(Args, Debug, Clone)]
struct ReferenceOptions {
    /// Instead of a problem of yours: all figures of an independent program and closed forms, beside what is measured now.
    /// Minutes
    #[arg(
        long,
        conflicts_with_all = ["dim", "target", "covariance", "noise", "step", "init", "parametrization", "times",
            "method", "plot", "checkpoint", "resume"]
    )]
    reference: bool,
    /// Only these of them
    #[arg(long, value_enum, value_name = "NAME", value_delimiter = ',', requires = "reference")]
    checks: Option<Vec<Check>>,
}

#[derive(Args, Debug, Clone)]
struct OutputOptions {
    /// Draw the risks, with a band over the seeds from the 10th to the 90th per cent
    #[arg(long, value_name = "FILE.svg")]
    plot: Option<PathBuf>,
    /// Write the state of all runs here now and then, and at the end
    #[arg(long, value_name = "FILE")]
    checkpoint: Option<PathBuf>,
    /// Time between checkpoints, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 30.0, value_parser = positive)]
    checkpoint_every: f64,
    /// Go on from a checkpoint, to the same bits as without a break. Repeat the options of the first run
    #[arg(long, value_name = "FILE")]
    resume: Option<PathBuf>,
}

/// What to compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Method {
    /// Stochastic gradients, a fresh sample each step
    Sgd,
    /// The stochastic differential equation that they follow in high dimension
    Sde,
    /// The deterministic limit of high dimension: densities of the weights
    FokkerPlanck,
    /// The limit of small steps: mirror flow
    GradientFlow,
}

impl Method {
    fn name(self) -> String {
        self.to_possible_value().map_or_else(String::new, |value| value.get_name().to_owned())
    }

    fn needs_diagonal(self) -> bool {
        matches!(self, Self::FokkerPlanck | Self::GradientFlow)
    }
}

#[derive(Debug, Serialize)]
struct ReferenceReport {
    system: &'static str,
    version: &'static str,
    seeds: usize,
    seed: u64,
    source: &'static str,
    rows: Vec<Row>,
}

#[derive(Debug, Serialize)]
struct Report {
    system: &'static str,
    version: &'static str,
    dim: usize,
    covariance: String,
    noise: f64,
    parametrization: Parametrization,
    step: f64,
    init: f64,
    seed: u64,
    times: Vec<f64>,
    methods: BTreeMap<Method, Curve>,
    notes: Vec<String>,
}

/// One method, at all times.
#[derive(Debug, Default, Serialize)]
struct Curve {
    /// Runs, if it is random.
    seeds: Option<usize>,
    /// Mean over the runs.
    risk: Vec<f64>,
    /// Standard deviation over the runs.
    risk_sd: Option<Vec<f64>>,
    /// 10th and 90th per cent of the runs.
    risk_band: Option<Vec<(f64, f64)>>,
    /// What the grid leaves open of a deterministic risk.
    risk_error: Option<Vec<f64>>,
    /// mean λ(u² + v²).
    curvature: Vec<f64>,
    /// Effective initialisation of weights of mean variance.
    effective_initialisation: Option<Vec<f64>>,
    /// Runs that left the range of numbers.
    diverged: Option<usize>,
}

impl LimitOptions {
    /// Does it.
    pub fn run(&self, context: &Context) -> Result<()> {
        if self.reference.reference {
            return self.run_reference(context);
        }
        let output = &self.output;
        let mut inputs = self.model.files().to_vec();
        inputs.push(("--resume", output.resume.clone()));
        let inputs: Vec<_> = named(&inputs)
            .into_iter()
            // Going on with the same file is usual.
            .filter(|&(name, path)| name != "--resume" || path != output.checkpoint.as_ref())
            .collect();
        check_files(
            &inputs,
            &[("--plot", output.plot.as_ref()), ("--checkpoint", output.checkpoint.as_ref())],
        )?;
        if !self.times.windows(2).all(|pair| pair[0] < pair[1]) {
            return Err(Error::usage("--times are not ascending"));
        }
        let model = self.model.model(self.seed)?;
        let report = self.report(&model, context)?;
        if let Some(path) = &output.plot {
            write_atomic(path, picture(&report).as_bytes())?;
        }
        context.print(&report, || report.to_string())
    }

    fn run_reference(&self, context: &Context) -> Result<()> {
        let checks = self.reference.checks.clone().unwrap_or_else(|| Check::value_variants().to_vec());
        let progress = context.progress(Some(checks.len() as u64));
        progress.message(|| "checks".into());
        let scope = Scope { seeds: (self.seeds as usize).max(2), seed: self.seed, progress: &progress };
        let mut report = ReferenceReport {
            system: "diagonal",
            version: env!("CARGO_PKG_VERSION"),
            seeds: scope.seeds,
            seed: self.seed,
            source: "tests/reference/diagonal_limit.py, and closed forms",
            rows: Vec::new(),
        };
        let mut failed = None;
        for check in checks {
            match reference::run(check, &scope) {
                Ok(rows) => report.rows.extend(rows),
                // What the checks before it found is worth showing.
                Err(error) => {
                    failed = Some(error);
                    break;
                }
            }
        }
        progress.finish();
        if !report.rows.is_empty() {
            context.print(&report, || reference::table(&report.rows))?;
        }
        failed.map_or(Ok(()), Err)
    }

    fn methods(&self, model: &Model) -> Result<Vec<Method>> {
        let diagonal = model.structure.is_diagonal();
        let Some(asked) = &self.method else {
            let all = Method::value_variants().iter().copied();
            return Ok(all.filter(|method| diagonal || !method.needs_diagonal()).collect());
        };
        let mut methods = asked.clone();
        methods.sort();
        methods.dedup();
        match methods.iter().find(|method| !diagonal && method.needs_diagonal()) {
            Some(method) => {
                Err(Error::usage(format!("--method {}: the covariance is not diagonal", method.name()))
                    .remedy("take --method sgd,sde, or a covariance that is isotropic or diagonal"))
            }
            None => Ok(methods),
        }
    }

    fn task(&self, model: &Model, dynamics: &[Dynamics]) -> Value {
        let mut task = task(model);
        let names: Vec<String> = dynamics
            .iter()
            .map(|dynamics| match dynamics {
                Dynamics::Gradients => "sgd".into(),
                Dynamics::Equation(dt) => format!("sde with dt {dt}"),
            })
            .collect();
        let more = json!({
            "step": self.step, "init": self.init, "parametrization": self.parametrization, "times": self.times,
            "seeds": self.seeds, "seed": self.seed, "methods": names,
        });
        if let (Value::Object(task), Value::Object(more)) = (&mut task, more) {
            task.extend(more);
        }
        task
    }

    fn report(&self, model: &Model, context: &Context) -> Result<Report> {
        let methods = self.methods(model)?;
        let dt = self.dt.unwrap_or((1.0 / model.dim() as f64).max(1.0 / 2000.0));
        let dynamics: Vec<Dynamics> = methods
            .iter()
            .filter_map(|method| match method {
                Method::Sgd => Some(Dynamics::Gradients),
                Method::Sde => Some(Dynamics::Equation(dt)),
                _ => None,
            })
            .collect();
        if dynamics.is_empty() && (self.output.checkpoint.is_some() || self.output.resume.is_some()) {
            return Err(Error::usage("--checkpoint and --resume are for the methods sgd and sde"));
        }
        let plan = Plan {
            model,
            parametrization: self.parametrization,
            step: self.step,
            init: self.init,
            times: &self.times,
            perturbation: None,
        };
        let steps: u64 = dynamics.iter().map(|&dynamics| plan.steps(dynamics)).sum();
        let progress = context.progress(Some(steps * u64::from(self.seeds)));
        progress.message(|| "steps of all runs".into());
        let task = self.task(model, &dynamics);
        let resumed = self.output.resume.as_ref().map(|file| load(file, &task)).transpose()?;
        let every = Duration::from_secs_f64(self.output.checkpoint_every);
        let mut checkpoint = Checkpoint::new(self.output.checkpoint.clone(), task, every);
        let seeds = self.seeds as usize;
        let runs = ensemble::run(&plan, &dynamics, seeds, self.seed, resumed, &mut checkpoint, &progress)?;
        let mut curves: BTreeMap<Method, Curve> = dynamics
            .iter()
            .zip(&runs)
            .map(|(dynamics, runs)| match dynamics {
                Dynamics::Gradients => (Method::Sgd, curve(runs, self.times.len())),
                Dynamics::Equation(_) => (Method::Sde, curve(runs, self.times.len())),
            })
            .collect();
        if methods.contains(&Method::FokkerPlanck) {
            progress.message(|| "densities".into());
            let grid = Grid { cells: self.cells as usize, dt: self.grid_dt, classes: self.classes as usize };
            let looks = density::solve(
                model,
                self.parametrization,
                self.step,
                self.init,
                &self.times,
                grid,
                &context.progress(None),
            )?;
            curves.insert(
                Method::FokkerPlanck,
                Curve {
                    risk: looks.iter().map(|look| look.risk).collect(),
                    risk_error: Some(looks.iter().map(|look| look.risk_error).collect()),
                    curvature: looks.iter().map(|look| look.curvature).collect(),
                    effective_initialisation: Some(looks.iter().map(|look| look.initialisation).collect()),
                    ..Curve::default()
                },
            );
        }
        if methods.contains(&Method::GradientFlow) {
            let looks = flow::solve(model, self.parametrization, self.step, self.init, &self.times)?;
            let (risk, curvature) = looks.into_iter().unzip();
            curves.insert(Method::GradientFlow, Curve { risk, curvature, ..Curve::default() });
        }
        progress.finish();
        let notes = self.notes(
            model,
            &curves,
            methods.len() < Method::value_variants().len() && self.method.is_none(),
        );
        Ok(Report {
            system: "diagonal",
            version: env!("CARGO_PKG_VERSION"),
            dim: model.dim(),
            covariance: model.structure.describe(),
            noise: model.noise,
            parametrization: self.parametrization,
            step: self.step,
            init: self.init,
            seed: self.seed,
            times: self.times.clone(),
            methods: curves,
            notes,
        })
    }

    fn notes(&self, model: &Model, curves: &BTreeMap<Method, Curve>, left_out: bool) -> Vec<String> {
        let mut notes = Vec::new();
        if left_out {
            notes.push("fokker-planck and gradient-flow are left out: the covariance is not diagonal".into());
        }
        let largest = curves.values().flat_map(|curve| &curve.curvature).fold(0.0f64, |a, &b| a.max(b));
        let factor = match self.parametrization {
            Parametrization::Product => 2.0,
            Parametrization::Difference | Parametrization::Exponentiated => 0.5,
        };
        if largest > 0.0 && self.step > factor / largest {
            notes.push(format!(
                "the step {} is above the stability limit {} of the largest curvature, {}",
                self.step,
                number(factor / largest, 4),
                number(largest, 4)
            ));
        }
        for (method, curve) in curves {
            if let Some(diverged) = curve.diverged.filter(|&diverged| diverged > 0) {
                notes.push(format!(
                    "{}: {diverged} of {} runs left the range of numbers; their risk is infinite",
                    method.name(),
                    curve.seeds.unwrap_or(0)
                ));
            }
        }
        let classes = density::classes(model, usize::MAX).len();
        if curves.contains_key(&Method::FokkerPlanck) && classes > self.classes as usize {
            notes.push(format!(
                "fokker-planck: {classes} classes of weights are put together as at most {}",
                self.classes
            ));
        }
        notes
    }
}

/// Mean and scatter of an ensemble.
fn curve(runs: &[Run], times: usize) -> Curve {
    let at = |of: fn(&Run) -> &Vec<f64>, k: usize| -> Vec<f64> {
        runs.iter().map(|run| of(run).get(k).copied().unwrap_or(f64::INFINITY)).collect()
    };
    let risks: Vec<Vec<f64>> = (0..times).map(|k| at(|run| &run.risk, k)).collect();
    Curve {
        seeds: Some(runs.len()),
        risk: risks.iter().map(|risks| mean(risks)).collect(),
        risk_sd: Some(risks.iter().map(|risks| sample_deviation(risks)).collect()),
        risk_band: Some(risks.iter().map(|risks| (quantile(risks, 0.1), quantile(risks, 0.9))).collect()),
        curvature: (0..times).map(|k| mean(&at(|run| &run.curvature, k))).collect(),
        diverged: Some(runs.iter().filter(|run| run.diverged).count()),
        ..Curve::default()
    }
}

fn picture(report: &Report) -> String {
    let mut series = Vec::new();
    let mut bands = Vec::new();
    for (method, curve) in &report.methods {
        if let Some(band) = &curve.risk_band {
            let points = report.times.iter().zip(band).map(|(&time, &(low, high))| (time, low, high));
            bands.push(Band { series: series.len(), points: points.collect() });
        }
        let runs =
            curve.seeds.map_or_else(String::new, |seeds| format!(", mean of {seeds} runs, band 10 to 90 %"));
        series.push(Series {
            name: format!("{}{runs}", method.name()),
            points: report.times.iter().copied().zip(curve.risk.iter().copied()).collect(),
            steps: false,
            reference: *method == Method::GradientFlow,
            faint: false,
        });
    }
    Plot {
        title: format!("{} weights, γ = {}, α = {}", report.dim, report.step, report.init),
        x_label: "time: steps / weights".into(),
        y_label: "risk".into(),
        x_scale: Scale::Linear,
        y_scale: Scale::Log,
        series,
    }
    .to_svg_with_bands(&bands)
}

impl std::fmt::Display for Report {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(
            f,
            "{} weights, covariance {}, step {}, initialisation {}, noise {}, seed {}\n",
            self.dim, self.covariance, self.step, self.init, self.noise, self.seed
        )?;
        let mut head = vec!["time".to_owned()];
        for (method, curve) in &self.methods {
            head.push(format!("{} risk", method.name()));
            match (&curve.risk_sd, &curve.risk_error) {
                (Some(_), _) => head.push("± seeds".into()),
                (None, Some(_)) => head.push("± grid".into()),
                (None, None) => {}
            }
            head.push("curvature".into());
        }
        let mut table = Table::new(head);
        for (k, &time) in self.times.iter().enumerate() {
            let mut row = vec![time.to_string()];
            for curve in self.methods.values() {
                row.push(number(curve.risk[k], 4));
                row.extend(curve.risk_sd.as_ref().or(curve.risk_error.as_ref()).map(|x| number(x[k], 2)));
                row.push(number(curve.curvature[k], 4));
            }
            table.row(row);
        }
        write!(f, "{table}")?;
        self.notes.iter().try_for_each(|note| write!(f, "\n{note}\n"))
    }
}
