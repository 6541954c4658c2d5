//! `reparam dirac-frenkel solve`: an equation solved by several methods, beside a reference.

use std::path::PathBuf;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use clap::{Args, ValueEnum};
use rayon::prelude::*;
use reparam::dirac_frenkel::Form;
use serde::Serialize;
use serde_json::json;

use super::case::{Block, Case, Integrator, Retention, Settings, Start};
use super::evolve::{By, LARGE, Plan, Run};
use super::fit::{self, Decay, Fitter};
use super::problems::planes::{Collocation, Points};
use super::problems::{Choices, Name};
use super::summary::{self, Averages, Seen};
use super::{picture, published, weights};
use crate::arguments::{check_files, positive};
use crate::checkpoint::{Checkpoint, digest, load};
use crate::context::Context;
use crate::data::npy;
use crate::report::comparison;
use crate::report::file::write_atomic;
use crate::report::plot::{Plot, Scale, Series};
use crate::report::table::{Table, number};
use crate::{Error, Result};

/// Methods by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum MethodName {
    /// Dirac-Frenkel: least norm, truncated at --rank-tolerance
    Df,
    /// Dirac-Frenkel-Onsager: the same with momentum
    Dfo,
    /// Regularized, for each --gamma
    Tikhonov,
    /// Least norm, truncated at each --tsvd
    Tsvd,
    /// Random --columns of the weights move in each step
    Rsng,
    /// Momentum in a random sketch of width --columns
    Rdfo,
}

/// Forms of momentum in Runge-Kutta.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum FormName {
    /// A mean of displacements of stages
    #[default]
    Published,
    /// A mean of velocities
    Velocity,
}

const EXAMPLES: &str = "\
Examples:
  reparam dirac-frenkel solve waves --method df,dfo --plot error.svg --plot-weights places.svg
  reparam dirac-frenkel solve burgers --seeds 3 --method df,dfo,tikhonov,tsvd,rsng,rdfo --gamma 1e-8,1e-6,1e-4
  reparam dirac-frenkel solve burgers --reference
  reparam dirac-frenkel solve detonation --checkpoint run.json
  reparam dirac-frenkel solve fokker-planck-small --samples 50 --plot-mean mean.svg --plot-covariance covariance.svg

Of a Fokker-Planck equation the mean and the covariance are seen: the error is that of the mean, relative to its norm; that of the
covariance is beside it. Both are from samples, as the reference is: what chance alone makes of the error is printed, too.";

/// `reparam dirac-frenkel solve`.
#[derive(Args, Debug, Clone)]
#[command(after_help = EXAMPLES)]
pub struct SolveOptions {
    /// Equation
    #[arg(value_enum)]
    problem: Name,
    /// Methods
    #[arg(
        long,
        value_enum,
        value_name = "M1,M2,…",
        value_delimiter = ',',
        default_value = "df,dfo,tikhonov"
    )]
    method: Vec<MethodName>,
    /// Singular values below this part of the largest are dropped
    #[arg(long, value_name = "E", value_parser = not_negative)]
    rank_tolerance: Option<f64>,
    /// Singular values below this are dropped
    #[arg(long, value_name = "E", value_parser = not_negative)]
    absolute_tolerance: Option<f64>,
    /// Part of the mean of past velocities that stays, in [0, 1)
    #[arg(long, value_name = "B", conflicts_with = "tau", value_parser = part)]
    beta: Option<f64>,
    /// The same as a time: B = T/(T + step)
    #[arg(long, value_name = "T", value_parser = not_negative)]
    tau: Option<f64>,
    /// Strength of momentum
    #[arg(long, value_name = "L", value_parser = not_negative)]
    lambda: Option<f64>,
    /// γ of min ‖Jη − f‖² + γ‖η‖² to sweep
    #[arg(long, value_name = "G1,G2,…", value_delimiter = ',', default_value = "1e-8,1e-6,1e-4", value_parser = positive)]
    gamma: Vec<f64>,
    /// Relative bounds on singular values to sweep
    #[arg(long, value_name = "E1,E2,…", value_delimiter = ',', default_value = "1e-2,1e-3,1e-4", value_parser = positive)]
    tsvd: Vec<f64>,
    /// Columns of rsng and rdfo; without it, half of the weights of a field
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    columns: Option<u32>,
    /// Step in time
    #[arg(long, value_name = "H", value_parser = positive)]
    step: Option<f64>,
    /// Until this time
    #[arg(long, value_name = "T", value_parser = positive)]
    time: Option<f64>,
    /// Steps by
    #[arg(long, value_enum)]
    integrator: Option<Integrator>,
    /// What momentum is a mean of in Runge-Kutta
    #[arg(long, value_enum, default_value_t)]
    form: FormName,
    /// Momentum starts at the velocity of the weights, where the problem knows it, instead of at 0
    #[arg(long)]
    warm: bool,
    /// Looks at the solution after the start: errors are means over these and the start
    #[arg(long, value_name = "N", default_value_t = 8, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    samples: u32,
    /// Runs: each with a fit of the start and random numbers of its own
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    seeds: u32,
    /// Seed of the first run
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Weights at the start are fitted by
    #[arg(long, value_enum, conflicts_with = "weights")]
    fit: Option<fit::By>,
    /// Iterations of a fit
    #[arg(long, value_name = "N", conflicts_with = "weights", value_parser = clap::value_parser!(u32).range(1..))]
    fit_iterations: Option<u32>,
    /// Points of an iteration of --fit adam
    #[arg(long, value_name = "N", conflicts_with = "weights", value_parser = clap::value_parser!(u32).range(1..))]
    fit_batch: Option<u32>,
    /// Rate of --fit adam at the begin
    #[arg(long, value_name = "R", conflicts_with = "weights", value_parser = positive)]
    fit_rate: Option<f64>,
    /// How the rate of --fit adam falls
    #[arg(long, value_enum, conflicts_with = "weights")]
    fit_decay: Option<Decay>,
    /// Write the weights of the first run at the start, for --weights
    #[arg(long, value_name = "FILE.npy")]
    save_weights: Option<PathBuf>,
    /// Weights at the start instead of a fit: .npy, or JSON
    #[arg(long, value_name = "FILE")]
    weights: Option<PathBuf>,
    /// Array in the JSON file
    #[arg(long, value_name = "NAME", requires = "weights")]
    key: Option<String>,
    /// Width parameter ρ of the second of the waves
    #[arg(long, value_name = "R", default_value_t = 0.0, allow_hyphen_values = true)]
    rho: f64,
    /// Amplitudes of the redundant Gaussians
    #[arg(
        long,
        value_name = "C1,C2,…",
        value_delimiter = ',',
        default_value = "0.8,0.2",
        allow_hyphen_values = true
    )]
    amplitudes: Vec<f64>,
    /// Collocation points of equations in the plane
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1 << 24))]
    points: Option<u32>,
    /// Where they are
    #[arg(long, value_enum, default_value_t)]
    collocation: Collocation,
    /// Residual of a density u that is minimized: that of u itself (1), of its power (between), of its logarithm (0)
    #[arg(long, value_name = "S", default_value_t = 0.5, value_parser = unit)]
    residual: f64,
    /// Paths of particles that the reference of a density is a mean over
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(128..))]
    paths: Option<u32>,
    /// Repeat settings whose results are known, and print both
    #[arg(long, conflicts_with_all = ["weights", "plot", "plot_solution", "plot_weights", "plot_mean", "plot_covariance", "snapshots", "save_weights", "checkpoint", "resume"])]
    reference: bool,
    /// Draw the error over time
    #[arg(long, value_name = "FILE.svg")]
    plot: Option<PathBuf>,
    /// Draw the solution: at the end; in the plane beside the reference, at --plot-times
    #[arg(long, value_name = "FILE.svg")]
    plot_solution: Option<PathBuf>,
    /// Times of a picture in the plane: the nearest looks. Without it: start, middle and end
    #[arg(long, value_name = "T1,T2,…", value_delimiter = ',', requires = "plot_solution", value_parser = not_negative)]
    plot_times: Vec<f64>,
    /// Draw the weights over time; for a few weights
    #[arg(long, value_name = "FILE.svg")]
    plot_weights: Option<PathBuf>,
    /// Draw the mean of a density over time, with two standard errors of the reference
    #[arg(long, value_name = "FILE.svg")]
    plot_mean: Option<PathBuf>,
    /// Draw the covariance of a density over time, with two standard errors of the reference
    #[arg(long, value_name = "FILE.svg")]
    plot_covariance: Option<PathBuf>,
    /// Write the solutions of the first seed: method, look, field, place; in the plane a row for each y. Of a density: mean, covariance, their standard errors, effective
    /// number of points, logarithm of the integral
    #[arg(long, value_name = "FILE.npy")]
    snapshots: Option<PathBuf>,
    /// Write the state of all runs now and then
    #[arg(long, value_name = "FILE.json")]
    checkpoint: Option<PathBuf>,
    /// Time between checkpoints, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 30.0, value_parser = positive)]
    checkpoint_every: f64,
    /// Go on from a checkpoint, to the same bits as without a break. Repeat the options of the first run
    #[arg(long, value_name = "FILE.json")]
    resume: Option<PathBuf>,
}

fn not_negative(text: &str) -> std::result::Result<f64, String> {
    match text.parse::<f64>() {
        Ok(number) if (0.0..1e9).contains(&number) => Ok(number),
        _ => Err("a number that is not negative is needed".into()),
    }
}

fn part(text: &str) -> std::result::Result<f64, String> {
    match text.parse::<f64>() {
        Ok(number) if (0.0..1.0).contains(&number) => Ok(number),
        _ => Err("a number in [0, 1) is needed".into()),
    }
}

fn unit(text: &str) -> std::result::Result<f64, String> {
    match text.parse::<f64>() {
        Ok(number) if (0.0..=1.0).contains(&number) => Ok(number),
        _ => Err("a number from 0 to 1 is needed".into()),
    }
}

/// What is printed.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    system: &'static str,
    version: &'static str,
    problem: String,
    weights: usize,
    rows: usize,
    settings: Settings,
    reference: &'static str,
    times: Vec<f64>,
    /// ‖û − u‖/‖u‖ of the start, by seed.
    fits: Vec<f64>,
    /// Of the only method, if there is only one.
    #[serde(flatten)]
    only: Option<Row>,
    /// By method.
    methods: Vec<Row>,
}

/// Means over the runs of a method.
#[derive(Clone, Debug, Serialize)]
pub struct Row {
    method: String,
    /// Relative errors.
    #[serde(flatten)]
    pub averages: Averages,
    /// Steps in which singular values were dropped.
    truncated_steps: f64,
    steps: u64,
    /// At the end; summed over fields.
    rank: f64,
    rank_min: usize,
    rank_max: usize,
    seconds: f64,
    /// Runs that came to no end, and why.
    stopped: Vec<String>,
    /// Of a solution that is no function on a grid.
    #[serde(flatten)]
    seen: Option<Seen>,
}

impl SolveOptions {
    /// Does it.
    pub fn run(&self, context: &Context) -> Result<()> {
        let points = Points { count: self.points.map(|count| count as usize), collocation: self.collocation };
        let choices = Choices {
            rho: self.rho,
            amplitudes: self.amplitudes.clone(),
            points,
            residual: self.residual,
            paths: self.paths.map(|count| count as usize),
        };
        let mut case = self.problem.case(&choices)?;
        if self.reference {
            let rows = published::compare(self.problem, &mut case, context)?;
            return context.print(&rows, || comparison::table(&rows));
        }
        self.check(&case)?;
        case.fit = self.fitter(case.fit);
        if let Some(path) = &self.weights {
            case.start = Start::Known(weights::read(path, self.key.as_deref(), case.weights())?);
        }
        let solved = self.solve(&case, context)?;
        self.draw(&case, &solved)?;
        let report = solved.report(&case, self.settings(&case));
        context.print(&report, || report.to_string())
    }

    fn check(&self, case: &Case) -> Result<()> {
        let mut inputs = vec![("--weights", self.weights.as_ref())];
        if self.resume != self.checkpoint {
            inputs.push(("--resume", self.resume.as_ref()));
        }
        let outputs = [
            ("--plot", self.plot.as_ref()),
            ("--plot-solution", self.plot_solution.as_ref()),
            ("--plot-weights", self.plot_weights.as_ref()),
            ("--plot-mean", self.plot_mean.as_ref()),
            ("--plot-covariance", self.plot_covariance.as_ref()),
            ("--snapshots", self.snapshots.as_ref()),
            ("--save-weights", self.save_weights.as_ref()),
            ("--checkpoint", self.checkpoint.as_ref()),
        ];
        check_files(&inputs, &outputs)?;
        if self.warm && case.known_velocity.is_none() {
            return Err(Error::usage(format!("--warm: no velocity is known for {}", case.name)));
        }
        let smallest = case.blocks.iter().map(|block| block.weights.len()).min().unwrap_or(0);
        if self.columns.is_some_and(|columns| columns as usize > smallest) {
            return Err(Error::usage(format!("--columns: a field of {} has {smallest} weights", case.name)));
        }
        if case.shape.len() != 2 {
            let given = [
                ("--points", self.points.is_some()),
                ("--collocation", self.collocation != Collocation::default()),
                ("--plot-times", !self.plot_times.is_empty()),
            ];
            if let Some((option, _)) = given.iter().find(|(_, given)| *given) {
                return Err(Error::usage(format!("{option}: {} is no equation in the plane", case.name)));
            }
        }
        if self.plot_weights.is_some() && case.weights() > 12 {
            let what = format!("--plot-weights: {} weights are too many to draw", case.weights());
            return Err(Error::usage(what));
        }
        let of_moments = self.plot_mean.is_some() || self.plot_covariance.is_some();
        if of_moments && case.summary.is_none() {
            let what = format!("{} has no moments to draw", case.name);
            return Err(Error::usage(what).remedy("--plot-solution draws the solution itself"));
        }
        if self.plot_solution.is_some() && case.summary.is_some() {
            return Err(Error::usage(format!("--plot-solution: {} is seen through its moments", case.name))
                .remedy("--plot-mean and --plot-covariance draw its moments"));
        }
        let settings = self.settings(case);
        if settings.step > settings.time {
            return Err(Error::usage(format!(
                "--step {} is longer than --time {}",
                settings.step, settings.time
            )));
        }
        Ok(())
    }

    fn fitter(&self, usual: Fitter) -> Fitter {
        let by = self.fit.unwrap_or(usual.by);
        // Iterations of one method say nothing about those of another.
        let usual = if by == usual.by { usual } else { Fitter::of(by) };
        Fitter {
            by,
            iterations: self.fit_iterations.map_or(usual.iterations, |count| count as usize),
            batch: self.fit_batch.map_or(usual.batch, |count| count as usize),
            rate: self.fit_rate.unwrap_or(usual.rate),
            decay: self.fit_decay.unwrap_or(usual.decay),
        }
    }

    fn settings(&self, case: &Case) -> Settings {
        let usual = case.settings;
        let retention = match (self.beta, self.tau) {
            (Some(beta), _) => Retention::Beta(beta),
            (_, Some(tau)) => Retention::Tau(tau),
            _ => usual.retention,
        };
        Settings {
            step: self.step.unwrap_or(usual.step),
            time: self.time.unwrap_or(usual.time),
            integrator: self.integrator.unwrap_or(usual.integrator),
            relative: self.rank_tolerance.unwrap_or(usual.relative),
            absolute: self.absolute_tolerance.unwrap_or(usual.absolute),
            retention,
            lambda: self.lambda.unwrap_or(usual.lambda),
        }
    }

    fn methods(&self, case: &Case) -> Vec<By> {
        let smallest = case.blocks.iter().map(|block| block.weights.len()).min().unwrap_or(1);
        let columns = self.columns.map_or((smallest / 2).max(1), |columns| columns as usize);
        let mut methods = Vec::new();
        for method in &self.method {
            match method {
                MethodName::Df => methods.push(By::Df),
                MethodName::Dfo => methods.push(By::Dfo),
                MethodName::Tikhonov => methods.extend(self.gamma.iter().map(|&gamma| By::Tikhonov(gamma))),
                MethodName::Tsvd => methods.extend(self.tsvd.iter().map(|&bound| By::Tsvd(bound))),
                MethodName::Rsng => methods.push(By::Rsng(columns)),
                MethodName::Rdfo => methods.push(By::Rdfo(columns)),
            }
        }
        methods
    }

    fn solve<'a>(&self, case: &'a Case, context: &Context) -> Result<Solved<'a>> {
        let seeds: Vec<u64> = (0..u64::from(self.seeds)).map(|k| self.seed.wrapping_add(k)).collect();
        let starts = starts(case, &seeds, context)?;
        if let Some(path) = &self.save_weights {
            npy::write(path, &[case.weights()], &starts[0].0)?;
        }
        let form = match self.form {
            FormName::Published => Form::Published,
            FormName::Velocity => Form::Velocity,
        };
        let settings = self.settings(case);
        let mut plans = Vec::new();
        for by in self.methods(case) {
            for (index, &seed) in seeds.iter().enumerate() {
                // The same start and nothing random: the same run.
                let same = matches!(case.start, Start::Known(_)) && !by.is_random();
                if index == 0 || !same {
                    let plan = Plan { case, settings, form, by, seed, samples: self.samples.into() };
                    plans.push((plan, index));
                }
            }
        }
        let task = json!({
            "problem": case.name,
            "settings": settings,
            "form": format!("{form:?}"),
            "methods": plans.iter().map(|(plan, _)| plan.by.name()).collect::<Vec<_>>(),
            "seeds": seeds,
            "samples": self.samples,
            "warm": self.warm,
            "rho": self.rho,
            "amplitudes": self.amplitudes,
            "points": case.blocks.iter().map(Block::points).collect::<Vec<_>>(),
            "collocation": format!("{:?}", self.collocation),
            "residual": self.residual,
            "start": digest(starts.iter().flat_map(|(theta, _)| theta)),
        });
        let resumed: Option<Vec<Run>> = self.resume.as_ref().map(|file| load(file, &task)).transpose()?;
        let warm = self.warm.then(|| case.known_velocity.clone()).flatten();
        let fresh = |index: usize| Run::new(starts[index].0.clone(), warm.clone());
        let runs = match resumed {
            Some(runs) if runs.len() == plans.len() => runs,
            _ => plans.iter().map(|&(_, index)| fresh(index)).collect(),
        };
        let every = Duration::from_secs_f64(self.checkpoint_every);
        let checkpoint = Checkpoint::new(self.checkpoint.clone(), task, every);
        let plans: Vec<Plan<'a>> = plans.into_iter().map(|(plan, _)| plan).collect();
        let (runs, exact) = work(case, &plans, runs, checkpoint, context)?;
        Ok(Solved { plans, runs, exact, fits: starts.iter().map(|start| start.1).collect() })
    }

    fn draw(&self, case: &Case, solved: &Solved<'_>) -> Result<()> {
        let first = solved.first_of_each();
        let line = |name: String, points: Vec<(f64, f64)>| Series {
            name,
            points,
            steps: false,
            reference: false,
            faint: false,
        };
        let times = solved.plans[0].times();
        if let Some(path) = &self.plot {
            let mut series = Vec::new();
            for &k in &first {
                let errors = solved.plans[k].errors(&solved.runs[k], &solved.exact)?;
                series.push(line(solved.plans[k].by.name(), times.iter().copied().zip(errors).collect()));
            }
            write_plot(path, &case.name, "time", "relative error", Scale::Log, series)?;
        }
        match &self.plot_solution {
            Some(path) if case.shape.len() == 2 => {
                let runs = first.iter().map(|&k| (solved.plans[k].by.name(), &solved.runs[k].looks[..]));
                let heat =
                    picture::plane(case, &times, &solved.exact, &runs.collect::<Vec<_>>(), &self.plot_times)?;
                write_atomic(path, heat.to_svg().as_bytes())?;
            }
            Some(path) => {
                let mut series = Vec::new();
                let count = case.places.len();
                let mut add = |name: &str, values: &[f64], reference: bool| {
                    for (field, values) in case.fields.iter().zip(values.chunks(count)) {
                        let name =
                            if case.fields.len() > 1 { format!("{name}, {field}") } else { name.to_owned() };
                        let points = case.places.iter().copied().zip(values.iter().copied()).collect();
                        series.push(Series { reference, ..line(name, points) });
                    }
                };
                if let Some(exact) = solved.exact.last() {
                    add(case.reference, exact, true);
                }
                for &k in &first {
                    add(&solved.plans[k].by.name(), &(case.values)(&solved.runs[k].theta)?, false);
                }
                let title = format!("{}, time {}", case.name, times[times.len() - 1]);
                write_plot(
                    path,
                    &title,
                    case.coordinates.first().unwrap_or(&"x"),
                    "u",
                    Scale::Linear,
                    series,
                )?;
            }
            None => {}
        }
        if let Some(path) = &self.plot_weights {
            let mut series = Vec::new();
            for &k in &first {
                for weight in 0..case.weights() {
                    let points = times.iter().zip(&solved.runs[k].looks).map(|(&t, look)| (t, look[weight]));
                    let name = format!("{}, {}", solved.plans[k].by.name(), weight + 1);
                    series.push(line(name, points.collect()));
                }
            }
            write_plot(path, &case.name, "time", "weights", Scale::Linear, series)?;
        }
        for (path, part) in [(&self.plot_mean, 0), (&self.plot_covariance, 1)] {
            let (Some(path), Some(summary)) = (path, &case.summary) else { continue };
            let Some(part) = summary.parts.get(part) else { continue };
            let mut lines = Vec::new();
            for &k in &first {
                let values: Result<Vec<Vec<f64>>> =
                    solved.runs[k].looks.iter().map(|look| (case.values)(look)).collect();
                lines.push((solved.plans[k].by.name(), values?));
            }
            let svg = summary.plot(part, &case.name, &times, &solved.exact, &lines);
            write_atomic(path, svg.as_bytes())?;
        }
        if let Some(path) = &self.snapshots {
            let width = case.shape.iter().product::<usize>() * case.fields.len();
            let mut values = Vec::new();
            for &k in &first {
                for look in &solved.runs[k].looks {
                    values.extend((case.values)(look)?);
                }
                // Looks that a run did not come to.
                let left = times.len() - solved.runs[k].looks.len();
                values.resize(values.len() + left * width, f64::NAN);
            }
            let shape = [&[first.len(), times.len(), case.fields.len()], &case.shape[..]].concat();
            npy::write(path, &shape, &values)?;
        }
        Ok(())
    }
}

fn write_plot(
    path: &std::path::Path,
    title: &str,
    x: &str,
    y: &str,
    y_scale: Scale,
    series: Vec<Series>,
) -> Result<()> {
    let plot = Plot {
        title: title.into(),
        x_label: x.into(),
        y_label: y.into(),
        x_scale: Scale::Linear,
        y_scale,
        series,
    };
    write_atomic(path, plot.to_svg().as_bytes())
}

/// Weights at the start and their relative error, by seed.
///
/// # Errors
/// Those of the problem and of the fits.
pub fn starts(case: &Case, seeds: &[u64], context: &Context) -> Result<Vec<(Vec<f64>, f64)>> {
    match &case.start {
        Start::Known(theta) => {
            let exact = (case.exact)(&[0.0])?;
            let values = (case.values)(theta)?;
            let error = exact.first().map_or(0.0, |exact| case.error(&values, exact));
            Ok(vec![(theta.clone(), if error.is_finite() { error } else { 0.0 }); seeds.len()])
        }
        Start::Fit(targets) => {
            let fits = (targets.len() * seeds.len()) as u64;
            // Results do not depend on the number of threads.
            reparam_dense::use_all_cores(false);
            let progress = context.progress(case.fit.length().map(|length| fits * length));
            progress.message(|| "fits of the start".into());
            let of_seed = |&seed: &u64| {
                let fits: Result<Vec<_>> =
                    targets.par_iter().map(|target| case.fit.fit(target, seed, &progress)).collect();
                let fits = fits?;
                let theta: Vec<f64> = fits.iter().flat_map(|fit| fit.0.clone()).collect();
                let (error, size) =
                    fits.iter().zip(targets).fold((0.0, 0.0), |(error, size), (fit, target)| {
                        let square: f64 = target.values.iter().map(|x| x * x).sum();
                        (error + fit.1 * fit.1 * square, size + square)
                    });
                Ok((theta, (error / size).sqrt()))
            };
            let found = seeds.par_iter().map(of_seed).collect();
            progress.finish();
            found
        }
    }
}

/// All runs to their end, side by side, and the reference at the looks.
pub fn work(
    case: &Case,
    plans: &[Plan<'_>],
    runs: Vec<Run>,
    checkpoint: Checkpoint,
    context: &Context,
) -> Result<(Vec<Run>, Vec<Vec<f64>>)> {
    // Runs and fields are what goes side by side, so that results do not depend on the number of threads; one field with very many
    // weights gets all cores.
    let single = case.blocks.len() == 1 && plans.len() == 1 && case.weights() >= 10 * LARGE;
    reparam_dense::use_all_cores(single);
    let Some(first) = plans.first() else { return Err(Error::usage("no method")) };
    let progress = context.progress(Some(plans.iter().map(|plan| plan.steps().0).sum()));
    progress.message(|| "steps of all runs".into());
    let often = checkpoint.every().map_or(Duration::MAX, |every| every.min(Duration::from_secs(1)));
    let shared = Mutex::new((checkpoint, runs.clone()));
    let ended: Result<Vec<Run>> = plans
        .par_iter()
        .zip(runs)
        .enumerate()
        .map(|(index, (plan, mut run))| {
            let mut stored = Instant::now();
            plan.go_on(&mut run, &progress, |run| {
                let urgent = crate::interrupt::asked();
                if !urgent && stored.elapsed() < often {
                    return Ok(());
                }
                stored = Instant::now();
                let mut shared = shared.lock().map_err(|_| Error::failed("another run failed"))?;
                let (checkpoint, runs) = &mut *shared;
                runs[index] = run.clone();
                if urgent { checkpoint.save(runs) } else { checkpoint.offer(|| runs.clone()) }
            })?;
            Ok(run)
        })
        .collect();
    progress.finish();
    // What ended the runs counts, not that a reference ends for the same reason.
    let ended = ended?;
    let exact = (case.exact)(&first.times())?;
    Ok((ended, exact))
}

/// What came out.
struct Solved<'a> {
    plans: Vec<Plan<'a>>,
    runs: Vec<Run>,
    exact: Vec<Vec<f64>>,
    fits: Vec<f64>,
}

impl Solved<'_> {
    /// The first run of each method.
    fn first_of_each(&self) -> Vec<usize> {
        (0..self.plans.len()).filter(|&k| k == 0 || self.plans[k].by != self.plans[k - 1].by).collect()
    }

    fn report(&self, case: &Case, settings: Settings) -> Report {
        let first = self.first_of_each();
        let end = |k: usize| first.get(k + 1).copied().unwrap_or(self.plans.len());
        let methods: Vec<Row> = first
            .iter()
            .enumerate()
            .map(|(k, &from)| row(&self.plans[from..end(k)], &self.runs[from..end(k)], &self.exact))
            .collect();
        Report {
            system: "dirac_frenkel",
            version: env!("CARGO_PKG_VERSION"),
            problem: case.name.clone(),
            weights: case.weights(),
            rows: case.blocks.iter().map(|block| block.points()).sum(),
            settings: Settings { step: self.plans[0].steps().1, ..settings },
            reference: case.reference,
            times: self.plans[0].times(),
            fits: self.fits.clone(),
            only: (methods.len() == 1).then(|| methods[0].clone()),
            methods,
        }
    }
}

/// Of the runs of one method.
pub fn row(plans: &[Plan<'_>], runs: &[Run], exact: &[Vec<f64>]) -> Row {
    let case = plans[0].case;
    // A solution that cannot be looked at has no errors.
    let values: Vec<Vec<Vec<f64>>> = runs
        .par_iter()
        .map(|run| {
            run.looks.iter().map(|look| (case.values)(look)).collect::<Result<_>>().unwrap_or_default()
        })
        .collect();
    let of_run = |looks: &Vec<Vec<f64>>| looks.iter().zip(exact).map(|(u, e)| case.error(u, e)).collect();
    let over_runs = |of: &dyn Fn(&Run) -> f64| runs.iter().map(of).sum::<f64>() / runs.len() as f64;
    Row {
        method: plans[0].by.name(),
        averages: Averages::new(runs, values.iter().map(of_run).collect()),
        truncated_steps: over_runs(&|run| run.truncated_steps as f64),
        steps: plans[0].steps().0,
        rank: over_runs(&|run| run.rank as f64),
        rank_min: runs.iter().map(|run| run.rank_min).min().unwrap_or(0),
        rank_max: runs.iter().map(|run| run.rank_max).max().unwrap_or(0),
        seconds: over_runs(&|run| run.seconds),
        stopped: runs.iter().filter_map(|run| run.stopped.clone()).collect(),
        seen: case.summary.as_ref().map(|summary| summary.seen(runs, &values, exact)),
    }
}

impl std::fmt::Display for Report {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Settings { step, time, relative, absolute, retention, lambda, .. } = self.settings;
        let memory = match retention {
            Retention::Beta(beta) => format!("β = {beta}"),
            Retention::Tau(tau) => format!("τ = {tau}"),
        };
        writeln!(f, "{}: {} weights, {} rows; {}", self.problem, self.weights, self.rows, self.reference)?;
        writeln!(
            f,
            "step {} to time {time}; tolerance {} relative, {absolute} absolute; {memory}, λ = {lambda}",
            number(step, 6),
            number(relative, 4)
        )?;
        if self.fits.iter().any(|&fit| fit > 0.0) {
            let fits: Vec<String> = self.fits.iter().map(|&fit| number(fit, 2)).collect();
            writeln!(f, "relative error of the start: {}", fits.join(", "))?;
        }
        writeln!(f)?;
        let mut table = Table::new([
            "method",
            "runs",
            "mean error",
            "±",
            "end error",
            "±",
            "truncated",
            "of steps",
            "rank",
            "from",
            "to",
            "s",
        ]);
        for row in &self.methods {
            let deviation =
                |x: Option<f64>| x.filter(|x| x.is_finite()).map_or_else(String::new, |x| number(x, 2));
            table.row([
                row.method.clone(),
                row.averages.errors.len().to_string(),
                number(row.averages.error_mean, 4),
                deviation(row.averages.error_mean_sd),
                number(row.averages.error_end, 4),
                deviation(row.averages.error_end_sd),
                number(row.truncated_steps, 6),
                row.steps.to_string(),
                number(row.rank, 3),
                row.rank_min.to_string(),
                row.rank_max.to_string(),
                number(row.seconds, 3),
            ]);
        }
        write!(f, "{table}")?;
        let seen = self.methods.iter().filter_map(|row| Some((row.method.as_str(), row.seen.as_ref()?)));
        if seen.clone().next().is_some() {
            writeln!(f)?;
            write!(f, "{}", summary::table(seen))?;
        }
        for row in &self.methods {
            for stopped in &row.stopped {
                writeln!(f, "{} stopped at {stopped}", row.method)?;
            }
        }
        let best = |x: &&Row, y: &&Row| x.averages.error_end.total_cmp(&y.averages.error_end);
        if let Some(best) = self.methods.iter().min_by(best).filter(|_| self.methods.len() > 1) {
            writeln!(f, "smallest error at the end: {}", best.method)?;
        }
        Ok(())
    }
}
