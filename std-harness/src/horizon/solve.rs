//! `reparam horizon solve`: the best policy for the mean return or exponential utility.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use clap::Args;
use reparam::Real;
use reparam::horizon::plan::Settings;
use reparam::horizon::{Policy, Risk};
use serde::Serialize;

use super::plan_file::PlanFile;
use super::planner::{Decisions, Planner};
use super::process::{ModelOptions, Process};
use crate::arguments::check_files;
use crate::context::Context;
use crate::report::file::write_atomic_with;
use crate::report::table::{Table, number};
use crate::{Error, Result};

/// Horizon, risk and discount.
#[derive(Args, Debug, Clone)]
pub struct PlanOptions {
    /// Number of stages
    #[arg(long, value_name = "H", value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub horizon: u32,
    /// Risk: `mean`, or b of −(1/b)·ln E e^(−b·return): averse for b > 0, seeking for b < 0
    #[arg(long, value_name = "mean|B", default_value = "mean", value_parser = risk, allow_hyphen_values = true)]
    pub risk: Risk<f64>,
    /// Discount g in (0, 1]: a reward at stage t counts gᵗ times
    #[arg(long, value_name = "G", default_value_t = 1.0, value_parser = discount)]
    pub discount: f64,
}

fn risk(text: &str) -> std::result::Result<Risk<f64>, String> {
    match text.parse::<f64>() {
        _ if text == "mean" => Ok(Risk::Mean),
        Ok(b) if b.is_finite() => Ok(Risk::Entropic(b)),
        _ => Err("`mean` or a number is needed".into()),
    }
}

fn discount(text: &str) -> std::result::Result<f64, String> {
    match text.parse::<f64>() {
        Ok(g) if g > 0.0 && g <= 1.0 => Ok(g),
        _ => Err("a number in (0, 1] is needed".into()),
    }
}

impl PlanOptions {
    /// As the core takes them.
    pub fn settings<T: Real>(&self) -> Settings<T> {
        let risk = match self.risk {
            Risk::Mean => Risk::Mean,
            Risk::Entropic(b) => Risk::Entropic(T::from_f64(b)),
        };
        Settings { discount: T::from_f64(self.discount), ..Settings::new(risk) }
    }

    /// For people.
    pub fn describe(&self) -> String {
        let discount =
            if self.discount == 1.0 { String::new() } else { format!(", discount {}", self.discount) };
        match self.risk {
            Risk::Mean => format!("mean return{discount}"),
            Risk::Entropic(b) => format!("ERM with b = {b}{discount}"),
        }
    }

    /// Number of stages.
    pub fn stages(&self) -> usize {
        self.horizon as usize
    }
}

/// `reparam horizon solve`.
#[derive(Args, Debug, Clone)]
pub struct SolveOptions {
    #[command(flatten)]
    model: ModelOptions,
    #[command(flatten)]
    plan: PlanOptions,
    /// Compute in single precision: half the memory
    #[arg(long)]
    single: bool,
    /// Write the policy, a CSV table stage,state,action; or, to a name that ends in .json, the process and its plan for
    /// `reparam deploy`
    #[arg(long, short, value_name = "POLICY.csv|PLAN.json")]
    output: Option<PathBuf>,
}

#[derive(Serialize)]
struct Report {
    system: &'static str,
    version: &'static str,
    states: usize,
    actions: usize,
    edges: usize,
    base: u32,
    horizon: usize,
    risk: Risk<f64>,
    discount: f64,
    seconds: f64,
    /// By state, at the first stage.
    value: Vec<f64>,
    /// By stage, by state, numbered as in the file.
    policy: Vec<Vec<u32>>,
}

impl SolveOptions {
    /// Does it.
    pub fn run(&self, context: &Context) -> Result<()> {
        check_files(&[("MODEL.csv", Some(&self.model.file))], &[("--output", self.output.as_ref())])?;
        if self.single { self.solve::<f32>(context) } else { self.solve::<f64>(context) }
    }

    fn solve<T: Real>(&self, context: &Context) -> Result<()> {
        let process = self.model.read::<T>()?;
        let stages = self.plan.stages();
        // The policy of a large process is larger than everything else: only if somebody wants it.
        let wanted = self.output.is_some() || context.global.json;
        let mut decisions = wanted.then(|| Decisions::new(stages, process.states));
        let mut planner = Planner::new(&process)?;
        let progress = context.progress(Some(stages as u64));
        progress.message(|| "stages".into());
        let start = std::time::Instant::now();
        let value = planner.solve(stages, self.plan.settings(), decisions.as_mut(), &progress)?;
        let seconds = start.elapsed().as_secs_f64();
        progress.finish();
        match (&self.output, &decisions) {
            (Some(path), _) if is_json(path) => {
                let value = value.iter().map(|v| v.to_f64()).collect();
                PlanFile::new(&process, &self.model.file, &self.plan, value).write(path)?;
            }
            (Some(path), Some(decisions)) => write_policy(path, decisions, process.base)?,
            _ => {}
        }
        let report = Report {
            system: "horizon",
            version: env!("CARGO_PKG_VERSION"),
            states: process.states,
            actions: process.actions,
            edges: process.col.len(),
            base: process.base,
            horizon: stages,
            risk: self.plan.risk,
            discount: self.plan.discount,
            seconds,
            value: value.iter().map(|v| v.to_f64()).collect(),
            policy: decisions.map(|decisions| listed(&decisions, process.base)).unwrap_or_default(),
        };
        context.print(&report, || self.text(&report))
    }

    fn text(&self, report: &Report) -> String {
        const SHOWN: usize = 20;
        let mut text = format!(
            "{} states, {} actions, {} outcomes; {}, {} stages: {:.3} s\n\n",
            report.states,
            report.actions,
            report.edges,
            self.plan.describe(),
            report.horizon,
            report.seconds
        );
        let mut table = Table::new(["state", "value"]);
        for (state, &value) in report.value.iter().enumerate().take(SHOWN) {
            table.row([(state + report.base as usize).to_string(), number(value, 12)]);
        }
        text += &table.to_string();
        if report.states > SHOWN {
            let _ = writeln!(text, "… and {} more: --json", report.states - SHOWN);
        }
        if let Some(path) = &self.output {
            let what = if is_json(path) { "plan" } else { "policy" };
            let _ = writeln!(text, "{what}: {}", path.display());
        }
        text
    }
}

/// Whether the name says that this is a plan.
fn is_json(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("json"))
}

/// Actions by stage and state, numbered as in the file.
pub fn listed(decisions: &Decisions, base: u32) -> Vec<Vec<u32>> {
    let stage = |stage| decisions.stage(stage).iter().map(|&action| u32::from(action) + base).collect();
    (0..decisions.stages()).map(stage).collect()
}

/// Writes a policy as CSV; stages count from 1, ids as in the model.
pub fn write_policy(path: &Path, decisions: &Decisions, base: u32) -> Result<()> {
    write_atomic_with(path, |file| {
        writeln!(file, "stage,state,action")?;
        for stage in 0..decisions.stages() {
            for (state, &action) in decisions.stage(stage).iter().enumerate() {
                writeln!(file, "{},{},{}", stage + 1, state as u32 + base, u32::from(action) + base)?;
            }
        }
        Ok(())
    })
}

/// Reads what [`write_policy`] wrote.
pub fn read_policy<T: Real>(path: &Path, process: &Process<T>, stages: usize) -> Result<Decisions> {
    let table = crate::data::read_table(path, &crate::data::TableOptions::default())?;
    if table.columns != ["stage", "state", "action"] {
        return Err(Error::failed("the columns are not stage,state,action").at(path, 1));
    }
    let mut decisions = Decisions::new(stages, process.states);
    let mut seen = vec![false; stages * process.states];
    for (index, row) in table.values.chunks_exact(3).enumerate() {
        let line = index as u64 + 2;
        let whole = |x: f64, first: u32, count: usize, what: &str| {
            let place = x - f64::from(first);
            if place >= 0.0 && place < count as f64 && place.fract() == 0.0 {
                Ok(place as usize)
            } else {
                let last = first as usize + count - 1;
                Err(Error::failed(format!("{what} {x}: there are {first} to {last}")).at(path, line))
            }
        };
        let stage = whole(row[0], 1, stages, "stage")?;
        let state = whole(row[1], process.base, process.states, "state")?;
        let action = whole(row[2], process.base, process.actions, "action")?;
        if std::mem::replace(&mut seen[stage * process.states + state], true) {
            return Err(Error::failed(format!("stage {}, state {} for the second time", row[0], row[1]))
                .at(path, line));
        }
        decisions.stage_mut(stage)[state] = action as u16;
    }
    match seen.iter().position(|seen| !seen) {
        None => Ok(decisions),
        Some(place) => {
            let (stage, state) = (place / process.states + 1, place % process.states + process.base as usize);
            Err(Error::failed(format!("no action for stage {stage}, state {state}")).file(path))
        }
    }
}

/// Whether two policies do the same wherever they can get from a state.
pub fn agree<T: Real>(process: &Process<T>, start: usize, x: &Decisions, y: &Decisions) -> bool {
    use reparam::horizon::Model;
    let mut reached = vec![false; process.states];
    reached[start] = true;
    for stage in 0..x.stages() {
        let mut after = vec![false; process.states];
        for state in (0..process.states).filter(|&state| reached[state]) {
            let action = x.action(stage, state);
            if action != y.action(stage, state) {
                return false;
            }
            process.edges(stage, state, action).for_each(|edge| after[edge.next] = true);
        }
        reached = after;
    }
    true
}
