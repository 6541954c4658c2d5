//! `reparam diagonal limit --reference`: all figures of an independent numpy program, and closed forms, measured anew.
//!
//! A row holds if the difference is within its tolerance (a part of the reference, or absolute) and three standard errors
//! of both sides (those of the measured side by Student's distribution), so few seeds make wide bounds and many narrow
//! ones.

use std::time::Duration;

use clap::ValueEnum;
use rayon::prelude::*;
use reparam::diagonal::rule::{Difference, Exponentiated, Product, Rule, weights};
use reparam::diagonal::volterra::{self, Direction};
use reparam::diagonal::{Step, step};
use reparam::random::{SplitMix64, fill_gaussian, gaussian};
use serde::Serialize;
use serde_json::Value;

use super::super::covariance::Structure;
use super::super::density::{self, Grid};
use super::super::ensemble::{self, Dynamics, Plan, Run};
use super::super::identify::filters::{Method as Filter, Setup, Signals};
use super::super::identify::signal::{convolve, rms};
use super::super::identify::{end, samples_to};
use super::super::model::{Model, Parametrization, sparse};
use super::super::{failed, flow};
use crate::checkpoint::Checkpoint;
use crate::data::prepare::{mean, sample_deviation};
use crate::report::comparison::three_errors;
use crate::report::progress::Progress;
use crate::report::table::{Table, number};
use crate::{Error, Result, interrupt};

/// "name step time value error", made by tests/reference/diagonal_limit.py.
const FIGURES: &str = include_str!("../../../../tests/reference/diagonal_limit.txt");

/// A group of rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Check {
    /// u·v and u² − v² walk the same path
    Coordinates,
    /// Risk and curvature of ensembles, their stochastic equation and the densities, three step sizes
    Ensembles,
    /// How noise shrinks the effective initialisation
    Shrinking,
    /// EG± keeps it
    Exponentiated,
    /// Large initialisation: linear least squares
    Lazy,
    /// Small steps: mirror flow
    Flow,
    /// A covariance that is not diagonal
    MarchenkoPastur,
    /// The largest stable step
    Threshold,
    /// Scatter over seeds by dimension
    Concentration,
    /// The linear ancestor's Volterra equation
    Linear,
    /// Late exponential decay
    Decay,
    /// Sparse filters on an echo path
    Filters,
    /// Filters in 32 and in 64 bits
    Precision,
}

/// One figure.
#[derive(Clone, Debug, Serialize)]
pub struct Row {
    check: Check,
    quantity: String,
    method: String,
    reference: f64,
    /// Standard error of the reference; 0 if nothing is random.
    reference_error: f64,
    measured: f64,
    /// Standard error of what was measured; for densities what the grid leaves open.
    measured_error: f64,
    difference: f64,
    /// By how much they may differ.
    allowed: f64,
    holds: bool,
}

/// Tolerance beside the statistical one.
#[derive(Clone, Copy)]
enum Tolerance {
    /// A part of the reference.
    Part(f64),
    Absolute(f64),
}

/// A number with its error.
type Figure = (f64, f64);

fn figure(name: &str, step: f64, time: f64) -> Result<Figure> {
    let found = FIGURES.lines().find_map(|line| {
        let mut cells = line.split(' ');
        let same = cells.next() == Some(name);
        let numbers: Vec<f64> = cells.filter_map(|cell| cell.parse().ok()).collect();
        match numbers[..] {
            [s, t, value, error] if same && s == step && t == time => Some((value, error)),
            _ => None,
        }
    });
    found.ok_or_else(|| Error::failed(format!("no figure {name} at step {step}, time {time}")))
}

fn sample(values: &[f64]) -> Figure {
    (mean(values), sample_deviation(values) / (values.len() as f64).sqrt())
}

struct Rows {
    check: Check,
    /// Standard errors that a measured mean may be off.
    errors: f64,
    rows: Vec<Row>,
}

impl Rows {
    fn add(
        &mut self,
        quantity: impl Into<String>,
        method: &str,
        reference: Figure,
        measured: Figure,
        tolerance: Tolerance,
    ) {
        let difference = measured.0 - reference.0;
        let tolerance = match tolerance {
            Tolerance::Part(part) => part * reference.0.abs(),
            Tolerance::Absolute(tolerance) => tolerance,
        };
        let allowed = tolerance + (3.0 * reference.1).hypot(self.errors * measured.1);
        self.rows.push(Row {
            check: self.check,
            quantity: quantity.into(),
            method: method.into(),
            reference: reference.0,
            reference_error: reference.1,
            measured: measured.0,
            measured_error: measured.1,
            difference,
            allowed,
            holds: difference.abs() <= allowed,
        });
    }
}

/// How much to run.
pub struct Scope<'a> {
    /// Runs of each ensemble.
    pub seeds: usize,
    /// First seed.
    pub seed: u64,
    /// Told when a check is done.
    pub progress: &'a Progress,
}

/// Runs a check.
pub fn run(check: Check, scope: &Scope<'_>) -> Result<Vec<Row>> {
    let mut rows = Rows { check, errors: three_errors(scope.seeds), rows: Vec::new() };
    match check {
        Check::Coordinates => coordinates(scope, &mut rows),
        Check::Ensembles => ensembles(scope, &mut rows),
        Check::Shrinking => shrinking(scope, &mut rows),
        Check::Exponentiated => exponentiated(scope, &mut rows),
        Check::Lazy => lazy(scope, &mut rows),
        Check::Flow => small_steps(scope, &mut rows),
        Check::MarchenkoPastur => marchenko_pastur(scope, &mut rows),
        Check::Threshold => threshold(scope, &mut rows),
        Check::Concentration => concentration(scope, &mut rows),
        Check::Linear => linear(&mut rows),
        Check::Decay => decay(&mut rows),
        Check::Filters => filters(scope, &mut rows),
        Check::Precision => precision(scope, &mut rows),
    }?;
    if interrupt::asked() {
        return Err(Error::failed("interrupted"));
    }
    scope.progress.add(1);
    Ok(rows.rows)
}

/// Covariance 1; targets 0 (90 %), 3 and −3; α = 0.3.
fn case(dim: usize) -> Result<Model> {
    Model::new(Structure::Isotropic { dim }, sparse(dim, 0.1, 3.0, None), 0.0)
}

const INIT: f64 = 0.3;
const TIMES: [(f64, &[f64]); 3] =
    [(0.05, &[4.0, 8.0, 12.0, 20.0]), (0.1, &[2.0, 4.0, 6.0, 8.0, 20.0]), (0.2, &[2.0, 4.0, 12.0, 20.0])];
const FINE: Grid = Grid { cells: 9600, dt: 0.01, classes: 8 };
/// Where the risk is not read late in its steep fall.
const COARSE: Grid = Grid { cells: 2400, dt: 0.02, classes: 8 };

fn difference<'a>(model: &'a Model, step: f64, init: f64, times: &'a [f64]) -> Plan<'a> {
    Plan { model, parametrization: Parametrization::Difference, step, init, times, perturbation: None }
}

fn one_ensemble(plan: &Plan<'_>, dynamics: Dynamics, seeds: usize, seed: u64) -> Result<Vec<Run>> {
    let mut none = Checkpoint::new(None, Value::Null, Duration::MAX);
    let silent = Progress::new(true, None);
    let runs = ensemble::run(plan, &[dynamics], seeds, seed, None, &mut none, &silent)?;
    let runs: Vec<Run> = runs.into_iter().flatten().collect();
    if runs.iter().any(|run| run.diverged) {
        return Err(Error::failed("a run left the range of numbers"));
    }
    Ok(runs)
}

fn risks(runs: &[Run], k: usize) -> Vec<f64> {
    runs.iter().map(|run| run.risk[k]).collect()
}

fn curvatures(runs: &[Run], k: usize) -> Vec<f64> {
    runs.iter().map(|run| run.curvature[k]).collect()
}

/// A generator and a run of one's own: for what ensembles do not look at.
struct Walk {
    rng: SplitMix64,
    u: Vec<f64>,
    v: Vec<f64>,
    a: Vec<f64>,
    target: Vec<f64>,
    /// Σ error²/2 of all steps.
    losses: f64,
}

impl Walk {
    fn new(seed: u64, target: Vec<f64>, init: f64) -> Self {
        let dim = target.len();
        Self {
            rng: SplitMix64::new(seed),
            u: vec![init; dim],
            v: vec![init; dim],
            a: vec![0.0; dim],
            target,
            losses: 0.0,
        }
    }

    fn draw(&mut self) -> f64 {
        fill_gaussian(&mut self.rng, &mut self.a);
        let scale = (self.a.len() as f64).sqrt().recip();
        self.a.iter_mut().for_each(|a| *a *= scale);
        self.a.iter().zip(&self.target).map(|(a, b)| a * b).sum()
    }

    fn step<R: Rule<f64>>(&mut self, rule: &mut R, size: f64) -> Result<()> {
        let answer = self.draw();
        let report =
            step::step(rule, Step::Fixed(size), &mut self.u, &mut self.v, &self.a, answer).map_err(failed)?;
        self.losses += 0.5 * report.error * report.error;
        Ok(())
    }
}

fn coordinates(scope: &Scope<'_>, rows: &mut Rows) -> Result<()> {
    let dim = 100;
    let mut walk = Walk::new(scope.seed, sparse(dim, 0.1, 3.0, None), INIT);
    let (p, q) = Product::from_weight(0.0, INIT).map_err(failed)?;
    let (mut p, mut q) = (vec![p; dim], vec![q; dim]);
    for _ in 0..1000 {
        walk.step(&mut Difference, 0.1)?;
        let answer = walk.a.iter().zip(&walk.target).map(|(a, b)| a * b).sum();
        step::step(&mut Product, Step::Fixed(0.2), &mut p, &mut q, &walk.a, answer).map_err(failed)?;
    }
    let (mut one, mut other) = (vec![0.0; dim], vec![0.0; dim]);
    weights(&Difference, &walk.u, &walk.v, &mut one).map_err(failed)?;
    weights(&Product, &p, &q, &mut other).map_err(failed)?;
    let largest = one.iter().zip(&other).map(|(x, y)| (x - y).abs()).fold(0.0, f64::max);
    rows.add(
        "largest difference of weights, 1000 steps",
        "sgd",
        (0.0, 0.0),
        (largest, 0.0),
        Tolerance::Absolute(1e-12),
    );
    Ok(())
}

fn ensembles(scope: &Scope<'_>, rows: &mut Rows) -> Result<()> {
    let model = case(1600)?;
    for (gamma, times) in TIMES {
        let plan = difference(&model, gamma, INIT, times);
        let gradients = one_ensemble(&plan, Dynamics::Gradients, scope.seeds, scope.seed)?;
        let equation = one_ensemble(&plan, Dynamics::Equation(1.0 / 1600.0), scope.seeds, scope.seed)?;
        let silent = Progress::new(true, None);
        let densities = density::solve(&model, plan.parametrization, gamma, INIT, times, FINE, &silent)?;
        for (k, &time) in times.iter().enumerate() {
            let tolerance = Tolerance::Part(if time <= 4.0 { 0.04 } else { 0.08 });
            let (particles, simulated) =
                (figure("particles_risk", gamma, time)?, figure("sgd_1600_risk", gamma, time)?);
            let quantity = format!("risk, γ = {gamma}, t = {time}");
            rows.add(
                format!("{quantity}, particles"),
                "sgd",
                particles,
                sample(&risks(&gradients, k)),
                tolerance,
            );
            rows.add(
                format!("{quantity}, simulated"),
                "sgd",
                simulated,
                sample(&risks(&gradients, k)),
                Tolerance::Part(0.0),
            );
            rows.add(
                format!("{quantity}, particles"),
                "sde",
                particles,
                sample(&risks(&equation, k)),
                tolerance,
            );
            let look = densities[k];
            // The error of the grid is a bound, not a deviation.
            let grid = (look.risk, look.risk_error / rows.errors);
            rows.add(
                format!("{quantity}, particles"),
                "fokker-planck",
                particles,
                grid,
                Tolerance::Part(0.01),
            );
            let quantity = format!("curvature, γ = {gamma}, t = {time}");
            let particles = figure("particles_curvature", gamma, time)?;
            rows.add(&quantity, "sgd", particles, sample(&curvatures(&gradients, k)), Tolerance::Part(0.01));
            rows.add(&quantity, "sde", particles, sample(&curvatures(&equation, k)), Tolerance::Part(0.01));
            rows.add(&quantity, "fokker-planck", particles, (look.curvature, 0.0), Tolerance::Part(0.01));
        }
    }
    Ok(())
}

/// The mean of ln(u·v) falls by 8γ²/d for each unit of the losses.
fn shrinking(scope: &Scope<'_>, rows: &mut Rows) -> Result<()> {
    let dim = 800;
    for gamma in [0.1, 0.2] {
        let walked = (0..scope.seeds).into_par_iter().map(|seed| {
            let mut walk = Walk::new(scope.seed + seed as u64, sparse(dim, 0.1, 3.0, None), INIT);
            [2, 20]
                .into_iter()
                .scan(0, |done, time| {
                    let mut result = Ok(());
                    while *done < time * dim && result.is_ok() {
                        result = walk.step(&mut Difference, gamma);
                        *done += 1;
                    }
                    let logs =
                        walk.u.iter().zip(&walk.v).map(|(u, v)| (u * v).ln()).sum::<f64>() / dim as f64;
                    let law = 2.0 * INIT.ln() - 8.0 * gamma * gamma * walk.losses / dim as f64;
                    Some(result.map(|()| (logs, logs - law)))
                })
                .collect::<Result<Vec<(f64, f64)>>>()
        });
        let walked = walked.collect::<Result<Vec<_>>>()?;
        let densities = {
            let model = case(dim)?;
            let silent = Progress::new(true, None);
            density::solve(&model, Parametrization::Difference, gamma, INIT, &[2.0, 20.0], COARSE, &silent)?
        };
        for (k, time) in [2, 20].into_iter().enumerate() {
            let logs: Vec<f64> = walked.iter().map(|looks| looks[k].0).collect();
            let gaps: Vec<f64> = walked.iter().map(|looks| looks[k].1).collect();
            let quantity = format!("mean ln(u·v), γ = {gamma}, t = {time}");
            let law = 2.0 * INIT.ln() - 8.0 * gamma * gamma * densities[k].noise;
            rows.add(
                format!("{quantity}, densities"),
                "sgd",
                (law, 0.0),
                sample(&logs),
                Tolerance::Absolute(5e-3),
            );
            let quantity = format!("{quantity}, gap to the law of its own losses");
            rows.add(quantity, "sgd", (0.0, 0.0), sample(&gaps), Tolerance::Absolute(1e-3));
        }
    }
    Ok(())
}

fn exponentiated(scope: &Scope<'_>, rows: &mut Rows) -> Result<()> {
    let mut walk = Walk::new(scope.seed, sparse(400, 0.1, 3.0, None), INIT);
    for _ in 0..16_000 {
        walk.step(&mut Exponentiated, 0.1)?;
    }
    let gap = |(u, v): (&f64, &f64)| (u * v / (INIT * INIT) - 1.0).abs();
    let largest = walk.u.iter().zip(&walk.v).map(gap).fold(0.0, f64::max);
    rows.add(
        "largest |u·v/α² − 1|, 16,000 steps",
        "sgd, EG±",
        (0.0, 0.0),
        (largest, 0.0),
        Tolerance::Absolute(1e-12),
    );
    Ok(())
}

fn lazy(scope: &Scope<'_>, rows: &mut Rows) -> Result<()> {
    let (dim, alpha, times) = (1000, 10.0, [1.0, 2.0, 3.0]);
    let model = Model::new(Structure::Isotropic { dim }, sparse(dim, 1.0, 1.0, Some(scope.seed)), 0.0)?;
    let start = model.target.iter().map(|b| b * b).sum::<f64>() / (2 * dim) as f64;
    for effective in [0.5, 1.0, 1.5] {
        let plan = difference(&model, effective / (8.0 * alpha * alpha), alpha, &times);
        let runs = one_ensemble(&plan, Dynamics::Gradients, scope.seeds, scope.seed)?;
        for (k, time) in times.into_iter().enumerate() {
            let shares: Vec<f64> = risks(&runs, k).iter().map(|risk| risk / start).collect();
            let exact = (-effective * (2.0 - effective) * time).exp();
            let quantity = format!("P(t)/P(0), effective step {effective}, t = {time}, closed form");
            rows.add(quantity, "sgd", (exact, 0.0), sample(&shares), Tolerance::Part(0.03));
        }
    }
    Ok(())
}

fn small_steps(scope: &Scope<'_>, rows: &mut Rows) -> Result<()> {
    let model = case(400)?;
    let gamma = 0.01;
    let times = [10.0, 20.0, 30.0, 40.0, 50.0];
    let looks = flow::solve(&model, Parametrization::Difference, gamma, INIT, &times)?;
    let silent = Progress::new(true, None);
    let densities =
        density::solve(&model, Parametrization::Difference, gamma, INIT, &times, COARSE, &silent)?;
    let plan = difference(&model, gamma, INIT, &times);
    let runs = one_ensemble(&plan, Dynamics::Gradients, scope.seeds, scope.seed)?;
    for (k, tau) in [0.1, 0.2, 0.3, 0.4, 0.5].into_iter().enumerate() {
        let reference = figure("flow_risk", 0.0, tau)?;
        let quantity = format!("risk, τ = {tau}");
        rows.add(&quantity, "gradient-flow", reference, (looks[k].0, 0.0), Tolerance::Absolute(1e-4));
        // Where the risk falls steeply a step of 0.01 is not yet small: the densities say how much that is.
        let of_step = (densities[k].risk - looks[k].0).abs();
        let tolerance = Tolerance::Absolute(0.03 * reference.0 + of_step);
        rows.add(&quantity, "sgd, γ = 0.01", reference, sample(&risks(&runs, k)), tolerance);
        let limit = (densities[k].risk, densities[k].risk_error / 3.0);
        let quantity = format!("{quantity}, densities");
        rows.add(quantity, "sgd, γ = 0.01", limit, sample(&risks(&runs, k)), Tolerance::Part(0.03));
    }
    Ok(())
}

fn marchenko_pastur(scope: &Scope<'_>, rows: &mut Rows) -> Result<()> {
    let (dim, gamma, times) = (512, 0.2, [1.0, 2.0, 4.0, 6.0]);
    // Covariance, target and both runs anew for each seed.
    let pair = |seed: usize| -> Result<[Run; 2]> {
        let mut rng = SplitMix64::new(scope.seed.wrapping_add(77 * seed as u64));
        let structure = Structure::marchenko_pastur(dim, 0.5, &mut rng)?;
        let target: Vec<f64> = (0..dim).map(|_| gaussian(&mut rng)).collect();
        let model = Model::new(structure, target, 0.0)?;
        let plan =
            Plan { parametrization: Parametrization::Product, ..difference(&model, gamma, 0.5, &times) };
        let seed = scope.seed.wrapping_add(seed as u64);
        let run = |dynamics| one_ensemble(&plan, dynamics, 1, seed).map(|mut runs| runs.remove(0));
        Ok([run(Dynamics::Gradients)?, run(Dynamics::Equation(1.0 / dim as f64))?])
    };
    let pairs: Vec<[Run; 2]> = (0..scope.seeds).into_par_iter().map(pair).collect::<Result<_>>()?;
    let (gradients, equation): (Vec<Run>, Vec<Run>) = pairs.into_iter().map(|[a, b]| (a, b)).unzip();
    for (k, time) in times.into_iter().enumerate() {
        for (method, runs) in [("sgd", &gradients), ("sde", &equation)] {
            let name = |quantity: &str| format!("marchenko_pastur_{method}_{quantity}");
            let (risk, curvature) =
                (figure(&name("risk"), gamma, time)?, figure(&name("curvature"), gamma, time)?);
            rows.add(
                format!("risk, t = {time}, simulated"),
                method,
                risk,
                sample(&risks(runs, k)),
                Tolerance::Part(0.0),
            );
            rows.add(
                format!("curvature, t = {time}, simulated"),
                method,
                curvature,
                sample(&curvatures(runs, k)),
                Tolerance::Part(0.0),
            );
        }
        let quantity = format!("risk, t = {time}, sgd beside sde");
        rows.add(
            quantity,
            "sgd",
            sample(&risks(&equation, k)),
            sample(&risks(&gradients, k)),
            Tolerance::Part(0.04),
        );
    }
    Ok(())
}

fn threshold(scope: &Scope<'_>, rows: &mut Rows) -> Result<()> {
    let dim = 1000;
    let target = sparse(dim, 0.1, 1.0, None).iter().map(|b| b.abs()).collect();
    let model = Model::new(Structure::Isotropic { dim }, target, 0.0)?;
    let numbers = model.target.iter().map(|&b| Parametrization::Difference.numbers(b, 0.5));
    let (u, v): (Vec<f64>, Vec<f64>) = numbers.collect::<Result<Vec<_>>>()?.into_iter().unzip();
    let limit = Parametrization::Difference.stability_limit(&vec![1.0; dim], &u, &v)?;
    rows.add(
        "largest stable step",
        "formula",
        figure("threshold", 0.0, 0.0)?,
        (limit, 0.0),
        Tolerance::Absolute(1e-6),
    );
    for gamma in [0.85, 0.95] {
        let plan = Plan { perturbation: Some(1e-6), ..difference(&model, gamma, 0.5, &[0.0, 4.0]) };
        let runs = one_ensemble(&plan, Dynamics::Gradients, scope.seeds, scope.seed)?;
        let growth: Vec<f64> = runs.iter().map(|run| (run.risk[1] / run.risk[0]).log10()).collect();
        let reference = figure("threshold_growth", gamma, 4.0)?;
        let quantity = format!("log10 P(4)/P(0), γ = {gamma}, simulated");
        rows.add(quantity, "sgd", reference, sample(&growth), Tolerance::Absolute(0.0));
    }
    Ok(())
}

fn concentration(scope: &Scope<'_>, rows: &mut Rows) -> Result<()> {
    let seeds = 3 * scope.seeds;
    let scatter = |dim: usize| -> Result<f64> {
        let model = case(dim)?;
        let plan = difference(&model, 0.1, INIT, &[2.0]);
        Ok(sample_deviation(&risks(&one_ensemble(&plan, Dynamics::Gradients, seeds, scope.seed)?, 0)))
    };
    let scatters = [scatter(100)?, scatter(400)?, scatter(1600)?];
    for (k, pair) in scatters.windows(2).enumerate() {
        let ratio = pair[0] / pair[1];
        // A standard deviation of n runs has a relative error of 1/√(2(n − 1)).
        let error = ratio / ((seeds.max(2) - 1) as f64).sqrt();
        let quantity = format!("scatter at d = {} over that at d = {}", [100, 400][k], [400, 1600][k]);
        rows.add(quantity, "sgd", (2.0, 0.0), (ratio, error), Tolerance::Absolute(0.3));
    }
    Ok(())
}

fn linear(rows: &mut Rows) -> Result<()> {
    const POINTS: usize = 801;
    let dim = 400;
    let direction =
        |i: usize| Direction { eigenvalue: (i + 1) as f64 / f64::from(dim), squared_distance: 1.0 };
    let directions: Vec<Direction<f64>> = (0..dim as usize).map(direction).collect();
    let noise = 0.01;
    for gamma in [0.5, 1.0, 1.5] {
        let (mut risk, mut kernel) = (vec![0.0; POINTS], vec![0.0; POINTS]);
        volterra::solve(&directions, gamma, noise, 0.01, &mut risk, &mut kernel).map_err(failed)?;
        for time in [1usize, 2, 4, 8] {
            let reference = figure("linear_excess_risk", gamma, time as f64)?;
            let measured = risk[100 * time] - 0.5 * noise;
            let quantity = format!("excess risk, γ = {gamma}, t = {time}");
            rows.add(quantity, "Volterra", reference, (measured, 0.0), Tolerance::Part(1e-3));
        }
    }
    Ok(())
}

/// Slope of ln P over t in 8 … 20 at γ = 0.2: between the particles' times 12 and 20, and how straight it is.
fn decay(rows: &mut Rows) -> Result<()> {
    let times: Vec<f64> = (8..=20).map(f64::from).collect();
    let silent = Progress::new(true, None);
    let looks =
        density::solve(&case(1600)?, Parametrization::Difference, 0.2, INIT, &times, COARSE, &silent)?;
    let logs: Vec<f64> = looks.iter().map(|look| look.risk.ln()).collect();
    let ((early, _), (late, _)) =
        (figure("particles_risk", 0.2, 12.0)?, figure("particles_risk", 0.2, 20.0)?);
    let slope = (logs[12] - logs[4]) / 8.0;
    rows.add(
        "slope of ln P, t = 12 to 20",
        "fokker-planck",
        ((late / early).ln() / 8.0, 0.0),
        (slope, 0.0),
        Tolerance::Absolute(0.005),
    );
    let (mean_t, mean_l) = (mean(&times), mean(&logs));
    let product = |x: &[f64], mx: f64, y: &[f64], my: f64| {
        x.iter().zip(y).map(|(x, y)| (x - mx) * (y - my)).sum::<f64>()
    };
    let (tl, tt, ll) = (
        product(&times, mean_t, &logs, mean_l),
        product(&times, mean_t, &times, mean_t),
        product(&logs, mean_l, &logs, mean_l),
    );
    rows.add(
        "R² of ln P over t = 8 to 20",
        "fokker-planck",
        (1.0, 0.0),
        (tl * tl / (tt * ll), 0.0),
        Tolerance::Absolute(0.01),
    );
    Ok(())
}

const SETUP: Setup =
    Setup { taps: 512, rate: 0.5, init: 0.02, floor: 0.02, proportion: -0.5, regularization: 0.01 };
const SAMPLES: usize = 20_000;
const EVERY: usize = 100;

/// Input, output of power 1, and the path between them.
fn echo(seed: u64, correlation: f64) -> (Vec<f64>, Vec<f64>, Vec<f64>) {
    let mut path = vec![0.0; SETUP.taps];
    for (k, h) in path[100..164].iter_mut().enumerate() {
        *h = (-(k as f64) / 10.0).exp() * (0.9 * k as f64 + 0.3).cos();
    }
    let mut rng = SplitMix64::new(seed);
    let (mut input, mut noise) = (vec![0.0; SAMPLES], vec![0.0; SAMPLES]);
    fill_gaussian(&mut rng, &mut input);
    fill_gaussian(&mut rng, &mut noise);
    super::super::identify::autoregressive(&mut input, correlation);
    let mut output = convolve(&input, &path);
    let unit = rms(&output);
    path.iter_mut().for_each(|h| *h /= unit);
    output.iter_mut().zip(&noise).for_each(|(y, noise)| *y = *y / unit + 1e-3f64.sqrt() * noise);
    (input, output, path)
}

fn misalignment<T: reparam::Real>(
    method: Filter,
    seed: u64,
    correlation: f64,
    samples: usize,
) -> Result<Vec<f64>> {
    let (input, output, path) = echo(seed, correlation);
    let signals = Signals { input: &input[..samples], output: &output[..samples], truth: Some(&path) };
    let identified = method.run::<T>(&SETUP, signals, EVERY, &Progress::new(true, None))?;
    Ok(identified.misalignment.iter().map(|power| 10.0 * power.log10()).collect())
}

fn filters(scope: &Scope<'_>, rows: &mut Rows) -> Result<()> {
    let methods =
        [Filter::Nlms, Filter::Ipnlms, Filter::Difference, Filter::Floored, Filter::Eg, Filter::Hypentropy];
    for (name, correlation) in [("white", 0.0), ("coloured", 0.9)] {
        let mut of_nlms = Vec::new();
        for method in methods {
            let curves = (0..scope.seeds)
                .into_par_iter()
                .map(|seed| misalignment::<f64>(method, scope.seed + seed as u64, correlation, SAMPLES))
                .collect::<Result<Vec<_>>>()?;
            let reached: Option<Vec<f64>> =
                curves.iter().map(|curve| samples_to(curve, -20.0, EVERY).map(|n| n as f64)).collect();
            let method_name = method.name();
            let quantity = format!("{name} input, samples to −20 dB, simulated");
            let reference = figure(&format!("{name}_{method_name}_samples"), 0.0, 20.0);
            // Where the network freezes before it is there, there is nothing to compare.
            if let (Some(reached), Ok(reference)) = (&reached, reference) {
                rows.add(
                    quantity,
                    &method_name,
                    reference,
                    sample(reached),
                    Tolerance::Absolute(0.5 * EVERY as f64),
                );
            }
            let ends: Vec<f64> = curves.iter().map(|curve| end(curve)).collect();
            let reference = figure(&format!("{name}_{method_name}_end"), 0.0, SAMPLES as f64)?;
            rows.add(
                format!("{name} input, dB at the end, simulated"),
                &method_name,
                reference,
                sample(&ends),
                Tolerance::Absolute(0.05),
            );
            let Some(reached) = reached else { continue };
            match method {
                Filter::Nlms => of_nlms = reached,
                // At most 0.6 and 0.35 of what NLMS needs: two-sided about half of that, as wide as that.
                Filter::Difference | Filter::Hypentropy if correlation == 0.0 => {
                    let goal = if method == Filter::Difference { 0.6 } else { 0.35 };
                    let ratios: Vec<f64> =
                        reached.iter().zip(&of_nlms).map(|(n, of_nlms)| n / of_nlms).collect();
                    let (ratio, error) = sample(&ratios);
                    rows.add(
                        format!("white input, samples to −20 dB over those of NLMS, at most {goal}"),
                        &method_name,
                        (0.5 * goal, 0.0),
                        (ratio, error),
                        Tolerance::Absolute(0.5 * goal),
                    );
                }
                _ => {}
            }
        }
    }
    Ok(())
}

fn precision(scope: &Scope<'_>, rows: &mut Rows) -> Result<()> {
    for method in Filter::value_variants() {
        let double = misalignment::<f64>(*method, scope.seed, 0.0, 8000)?;
        let single = misalignment::<f32>(*method, scope.seed, 0.0, 8000)?;
        let largest = double.iter().zip(&single).map(|(x, y)| (x - y).abs()).fold(0.0, f64::max);
        rows.add(
            "largest difference of misalignments in 32 and 64 bits, dB, 8000 samples",
            &method.name(),
            (0.0, 0.0),
            (largest, 0.0),
            Tolerance::Absolute(0.01),
        );
    }
    Ok(())
}

/// The rows as a table for people.
pub fn table(rows: &[Row]) -> String {
    let mut table = Table::new([
        "quantity",
        "method",
        "reference",
        "±",
        "measured",
        "±",
        "difference",
        "allowed",
        "holds",
    ]);
    let error = |x: f64| if x > 0.0 { number(x, 2) } else { String::new() };
    let mut checks = String::new();
    for group in rows.chunk_by(|a, b| a.check == b.check) {
        let name =
            group[0].check.to_possible_value().map_or_else(String::new, |value| value.get_name().to_owned());
        let holding = group.iter().filter(|row| row.holds).count();
        checks += &format!("{name}: {holding} of {} rows hold\n", group.len());
        for row in group {
            table.row([
                row.quantity.clone(),
                row.method.clone(),
                number(row.reference, 5),
                error(row.reference_error),
                number(row.measured, 5),
                error(row.measured_error),
                number(row.difference, 2),
                number(row.allowed, 2),
                if row.holds { "yes" } else { "NO" }.to_owned(),
            ]);
        }
    }
    format!("{table}\n{checks}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_found_by_name_step_and_time() {
        assert_eq!(figure("flow_risk", 0.0, 0.3).unwrap().0, 0.096022475);
        assert!(figure("particles_risk", 0.05, 12.0).unwrap().1 > 0.0);
        assert!(figure("particles_risk", 0.05, 13.0).is_err());
    }
}
