//! `reparam horizon evaluate`: the law of the return of a policy.

use std::fmt::Write;
use std::path::PathBuf;

use clap::Args;
use reparam::horizon::categorical::{self, Lattice};
use reparam::horizon::law::Atom;
use reparam::horizon::quantile::{self, Cursor, Rule};
use reparam::horizon::{Law, Model};
use serde::Serialize;

use super::failed;
use super::planner::{Decisions, Planner};
use super::process::{ModelOptions, Process};
use super::solve::{PlanOptions, read_policy};
use crate::arguments::{check_files, positive};
use crate::context::Context;
use crate::report::file::write_atomic;
use crate::report::plot::{Plot, Scale, Series};
use crate::report::table::{Table, number};
use crate::{Error, Result};

/// `reparam horizon evaluate`.
#[derive(Args, Debug, Clone)]
pub struct EvaluateOptions {
    #[command(flatten)]
    model: ModelOptions,
    #[command(flatten)]
    plan: PlanOptions,
    /// State at the first stage, numbered as in the file
    #[arg(long, value_name = "ID")]
    start: u32,
    /// Evaluate this policy (stage,state,action) instead of the best one for --risk
    #[arg(long, value_name = "POLICY.csv")]
    policy: Option<PathBuf>,
    #[command(flatten)]
    law: LawOptions,
    /// Levels of quantile, CVaR and EVaR: parts of the worst outcomes
    #[arg(long, value_name = "A1,A2,…", value_delimiter = ',', default_value = "0.05,0.1,0.25", value_parser = level)]
    levels: Vec<f64>,
    /// Thresholds: probability of at least this return
    #[arg(long, value_name = "T1,T2,…", value_delimiter = ',', allow_hyphen_values = true)]
    thresholds: Vec<f64>,
    /// Draw the distribution function
    #[arg(long, value_name = "LAW.svg")]
    plot: Option<PathBuf>,
}

/// A probability in (0, 1], for `value_parser`.
pub fn level(text: &str) -> std::result::Result<f64, String> {
    match text.parse::<f64>() {
        Ok(level) if level > 0.0 && level <= 1.0 => Ok(level),
        _ => Err("a number in (0, 1] is needed".into()),
    }
}

/// How laws are computed.
#[derive(Args, Debug, Clone, Default)]
pub struct LawOptions {
    /// Step of the lattice that holds all rewards. Without it: the largest power of ten that does, down to 0.001; if there is none,
    /// laws are of --atoms quantiles
    #[arg(long, value_name = "STEP", value_parser = positive)]
    pub step: Option<f64>,
    /// Compute laws of this many quantiles, with a bound on their error, even if there is a lattice
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub atoms: Option<u32>,
}

/// Numbers that a law over all states may take: 2 GiB.
const LARGEST: usize = 1 << 28;

/// A law, and how far it may be from the truth.
#[derive(Clone, Debug, PartialEq)]
pub struct Known {
    atoms: Vec<Atom<f64>>,
    /// In W₁.
    pub bound: f64,
}

impl Law<f64> for Known {
    fn atoms(&self) -> impl Iterator<Item = Atom<f64>> {
        self.atoms.iter().copied()
    }
}

impl Known {
    /// Of atoms in any order.
    pub fn exact(mut atoms: Vec<Atom<f64>>) -> Self {
        atoms.sort_by(|x, y| x.value.total_cmp(&y.value));
        Self { atoms, bound: 0.0 }
    }

    /// The distribution function, for a plot.
    pub fn series(&self, name: &str) -> Series {
        let mut below = 0.0;
        let mut points = Vec::new();
        for atom in self.atoms.iter().filter(|atom| atom.mass > 0.0) {
            below += atom.mass;
            points.push((atom.value, below.min(1.0)));
        }
        if let Some(&(first, _)) = points.first() {
            points.insert(0, (first, 0.0));
        }
        Series { name: name.into(), points, steps: true, reference: false, faint: false }
    }
}

/// A picture of distribution functions.
pub fn draw(path: &std::path::Path, title: &str, series: Vec<Series>) -> Result<()> {
    let plot = Plot {
        title: title.into(),
        x_label: "return".into(),
        y_label: "probability of at most that".into(),
        x_scale: Scale::Linear,
        y_scale: Scale::Linear,
        series,
    };
    write_atomic(path, plot.to_svg().as_bytes())
}

impl LawOptions {
    /// The step of the lattice of all rewards, if there is one.
    pub fn lattice_step(&self, process: &Process<f64>) -> Result<Option<f64>> {
        let fits = |step: f64| {
            process.reward.iter().all(|r| {
                let multiple = r / step;
                (multiple - multiple.round()).abs() <= 1e-9 * multiple.abs().max(1.0)
            })
        };
        match self.step {
            Some(step) if fits(step) => Ok(Some(step)),
            Some(step) => Err(Error::usage(format!("--step {step}: not all rewards are multiples of it"))
                .remedy("give a smaller step, or --atoms for a law with a bound")),
            None => Ok([1.0, 0.1, 0.01, 0.001].into_iter().find(|&step| fits(step))),
        }
    }

    /// The law of a policy from a state.
    pub fn law(&self, process: &Process<f64>, decisions: &Decisions, start: usize) -> Result<Known> {
        if self.atoms.is_none()
            && let Some(step) = self.lattice_step(process)?
            && let Some(law) = exact(process, decisions, start, step)?
        {
            return Ok(law);
        }
        let atoms = self.atoms.unwrap_or(1000) as usize;
        let length = quantile::scratch_len(process.states, atoms);
        if length > LARGEST {
            return Err(Error::failed(format!(
                "{atoms} atoms for each of {} states need too much memory",
                process.states
            ))
            .remedy("give fewer --atoms"));
        }
        let mut scratch = vec![0.0; length];
        let mut cursors = vec![Cursor::EMPTY; quantile::cursors::<f64>(process, 1)];
        let stages = decisions.stages();
        let laws =
            quantile::evaluate(process, stages, decisions, Rule::BinMean, atoms, &mut scratch, &mut cursors)
                .map_err(failed)?;
        let law = laws.of(start).map_err(failed)?;
        Ok(Known { atoms: law.atoms().collect(), bound: laws.bound() })
    }
}

/// The exact law on a lattice, if there is the memory.
fn exact(process: &Process<f64>, decisions: &Decisions, start: usize, step: f64) -> Result<Option<Known>> {
    let stages = decisions.stages();
    let Ok(lattice) = Lattice::covering(process, stages, decisions, step) else { return Ok(None) };
    let length = categorical::scratch_len(process.states, lattice.count);
    if length > LARGEST {
        return Ok(None);
    }
    let mut scratch = vec![0.0; length];
    let laws = categorical::evaluate(process, stages, decisions, lattice, &mut scratch).map_err(failed)?;
    let law = laws.of(start).map_err(failed)?;
    Ok(Some(Known { atoms: law.atoms().filter(|atom| atom.mass > 0.0).collect(), bound: laws.bound() }))
}

#[derive(Serialize)]
struct Report {
    system: &'static str,
    version: &'static str,
    start: u32,
    horizon: usize,
    mean: f64,
    sd: f64,
    /// The law is at most this far from the true one in W₁.
    bound: f64,
    atoms: usize,
    levels: Vec<AtLevel>,
    thresholds: Vec<AtThreshold>,
}

#[derive(Serialize)]
struct AtLevel {
    level: f64,
    quantile: f64,
    cvar: f64,
    evar: f64,
}

#[derive(Serialize)]
struct AtThreshold {
    threshold: f64,
    probability: f64,
}

impl EvaluateOptions {
    /// Does it.
    pub fn run(&self, context: &Context) -> Result<()> {
        let inputs = [("MODEL.csv", Some(&self.model.file)), ("--policy", self.policy.as_ref())];
        check_files(&inputs, &[("--plot", self.plot.as_ref())])?;
        if self.plan.discount != 1.0 {
            return Err(Error::usage("--discount: laws are of undiscounted returns"));
        }
        let process = self.model.read::<f64>()?;
        let start = self.model.state(&process, self.start)?;
        let stages = self.plan.stages();
        let decisions = match &self.policy {
            Some(path) => read_policy(path, &process, stages)?,
            None => {
                let mut decisions = Decisions::new(stages, process.states);
                let progress = context.progress(Some(stages as u64));
                Planner::new(&process)?.solve(
                    stages,
                    self.plan.settings(),
                    Some(&mut decisions),
                    &progress,
                )?;
                progress.finish();
                decisions
            }
        };
        if let Some((stage, state)) = unavailable(&process, &decisions) {
            let (stage, id, file) = (stage + 1, state as u32 + process.base, self.policy.as_ref());
            return Err(Error::failed(format!(
                "stage {stage}, state {id}: this action is not available there"
            ))
            .file(file.unwrap_or(&self.model.file)));
        }
        let law = self.law.law(&process, &decisions, start)?;
        if let Some(path) = &self.plot {
            draw(path, "Law of the return", vec![law.series(&self.plan.describe())])?;
        }
        let of_level = |&level: &f64| -> Result<AtLevel> {
            Ok(AtLevel {
                level,
                quantile: law.quantile(level).map_err(failed)?,
                cvar: law.cvar(level).map_err(failed)?,
                evar: law.evar(level).map_err(failed)?,
            })
        };
        let report = Report {
            system: "horizon",
            version: env!("CARGO_PKG_VERSION"),
            start: self.start,
            horizon: stages,
            mean: law.mean(),
            sd: law.variance().sqrt(),
            bound: law.bound,
            atoms: law.atoms.len(),
            levels: self.levels.iter().map(of_level).collect::<Result<_>>()?,
            thresholds: self
                .thresholds
                .iter()
                .map(|&threshold| AtThreshold { threshold, probability: law.at_least(threshold) })
                .collect(),
        };
        context.print(&report, || text(&report))
    }
}

/// A stage and state whose action has no outcomes.
fn unavailable(process: &Process<f64>, decisions: &Decisions) -> Option<(usize, usize)> {
    (0..decisions.stages()).find_map(|stage| {
        let actions = decisions.stage(stage).iter().enumerate();
        let mut none =
            actions.filter(|&(state, &a)| process.edges(stage, state, usize::from(a)).next().is_none());
        none.next().map(|(state, _)| (stage, state))
    })
}

fn text(report: &Report) -> String {
    let mut text = format!(
        "return from state {} over {} stages: mean {}, standard deviation {}\n",
        report.start,
        report.horizon,
        number(report.mean, 10),
        number(report.sd, 8)
    );
    let _ = if report.bound == 0.0 {
        writeln!(text, "the law is exact: {} atoms\n", report.atoms)
    } else {
        writeln!(text, "law of {} atoms, at most {} off in W₁\n", report.atoms, number(report.bound, 4))
    };
    let mut table = Table::new(["level", "quantile", "CVaR", "EVaR"]);
    for at in &report.levels {
        table.row([at.level.to_string(), number(at.quantile, 8), number(at.cvar, 10), number(at.evar, 10)]);
    }
    text += &table.to_string();
    if !report.thresholds.is_empty() {
        let mut table = Table::new(["threshold", "P(return ≥ threshold)"]);
        for at in &report.thresholds {
            table.row([at.threshold.to_string(), number(at.probability, 10)]);
        }
        text += &format!("\n{table}");
    }
    text
}
