//! `reparam horizon compare`: all ways to plan, on one process.

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::Args;
use reparam::horizon::law::Atom;
use reparam::horizon::target::Objective;
use reparam::horizon::{Law, Model};
use serde::Serialize;

use super::evaluate::{Known, LawOptions, draw, level};
use super::failed;
use super::front::{FrontRange, find};
use super::planner::{Decisions, Planner};
use super::process::{Process, Start};
use super::{evar, target};
use crate::arguments::{check_files, positive};
use crate::context::Context;
use crate::report::progress::Progress;
use crate::report::table::{Table, number};
use crate::{Error, Result};

/// `reparam horizon compare`.
#[derive(Args, Debug, Clone)]
pub struct CompareOptions {
    #[command(flatten)]
    from: Start,
    /// b of the policies for exponential utility
    #[arg(
        long,
        value_name = "B1,B2,…",
        value_delimiter = ',',
        default_value = "0.1",
        allow_hyphen_values = true
    )]
    risks: Vec<f64>,
    /// Level of CVaR and EVaR
    #[arg(long, value_name = "A", default_value_t = 0.1, value_parser = level)]
    level: f64,
    #[command(flatten)]
    range: FrontRange,
    /// Largest distance of EVaR from its optimum
    #[arg(long, value_name = "DELTA", default_value_t = 0.01, value_parser = positive)]
    tolerance: f64,
    #[command(flatten)]
    law: LawOptions,
    /// Draw the distribution functions
    #[arg(long, value_name = "LAWS.svg")]
    plot: Option<PathBuf>,
}

#[derive(Serialize)]
struct Report {
    system: &'static str,
    version: &'static str,
    start: u32,
    horizon: u32,
    level: f64,
    /// Whether the front ended at --limit.
    front_truncated: bool,
    policies: Vec<Row>,
}

#[derive(Serialize)]
struct Row {
    policy: String,
    mean: f64,
    sd: f64,
    cvar: f64,
    evar: f64,
    /// The law is at most this far from the true one in W₁.
    bound: f64,
}

impl CompareOptions {
    /// Does it.
    pub fn run(&self, context: &Context) -> Result<()> {
        check_files(&[("MODEL.csv", Some(&self.from.model.file))], &[("--plot", self.plot.as_ref())])?;
        if let Some(b) = self.risks.iter().find(|b| !b.is_finite()) {
            return Err(Error::usage(format!("--risks: {b} is not finite")));
        }
        let (process, start) = self.from.read()?;
        let horizon = self.from.stages();
        let progress = context.progress(None);
        progress.message(|| "solutions".into());
        let mut planner = Planner::new(&process)?;
        let law = |decisions: &Decisions| self.law.law(&process, decisions, start);

        let mut laws = vec![("mean".to_owned(), law(&planner.decide(horizon, 0.0)?)?)];
        for &b in &self.risks {
            laws.push((format!("ERM, b = {b}"), law(&planner.decide(horizon, b)?)?));
        }
        let found = evar::maximize(&process, horizon, start, self.level, self.tolerance, &Progress::quiet())?;
        laws.push((
            format!("EVaR, b = {}", number(found.risk, 3)),
            law(&planner.decide(horizon, found.risk)?)?,
        ));
        let front = find(&process, horizon, start, &self.range, &progress)?;
        let mut of_front: Option<(f64, String, Known)> = None;
        for piece in &front.pieces {
            let law = law(&piece.decisions)?;
            let cvar = law.cvar(self.level).map_err(failed)?;
            if of_front.as_ref().is_none_or(|(best, ..)| cvar > *best) {
                of_front = Some((cvar, format!("best CVaR of {} on the front", front.pieces.len()), law));
            }
        }
        laws.extend(of_front.map(|(_, name, law)| (name, law)));
        if let Some(law) = exact(&process, horizon, start, self.level, self.law.step)? {
            laws.push(("CVaR, exactly".into(), law));
        }
        progress.finish();

        if let Some(path) = &self.plot {
            let series = laws.iter().map(|(name, law)| law.series(name)).collect();
            draw(path, &format!("Laws of the return over {horizon} stages"), series)?;
        }
        let row = |(policy, law): &(String, Known)| -> Result<Row> {
            Ok(Row {
                policy: policy.clone(),
                mean: law.mean(),
                sd: law.variance().sqrt(),
                cvar: law.cvar(self.level).map_err(failed)?,
                evar: law.evar(self.level).map_err(failed)?,
                bound: law.bound,
            })
        };
        let report = Report {
            system: "horizon",
            version: env!("CARGO_PKG_VERSION"),
            start: self.from.start,
            horizon: self.from.horizon,
            level: self.level,
            front_truncated: front.truncated,
            policies: laws.iter().map(row).collect::<Result<_>>()?,
        };
        context.print(&report, || self.text(&report))
    }

    fn text(&self, report: &Report) -> String {
        let a = self.level;
        let mut table =
            Table::new(["policy", "mean", "deviation", &format!("CVaR {a}"), &format!("EVaR {a}")]);
        for row in &report.policies {
            let cells = [number(row.mean, 8), number(row.sd, 7), number(row.cvar, 8), number(row.evar, 8)];
            table.row([row.policy.clone()].into_iter().chain(cells));
        }
        let mut text = table.to_string();
        let bound = report.policies.iter().map(|row| row.bound).fold(0.0, f64::max);
        if bound > 0.0 {
            text += &format!("laws are at most {} off in W₁\n", number(bound, 4));
        }
        if report.front_truncated {
            text += &format!("the front ended at --limit {}: there are more policies\n", self.range.limit);
        }
        text
    }
}

/// Law of the policy with the largest CVaR, if rewards are on a lattice and there is the memory: forward, over pairs of a
/// state and what is still to be earned.
fn exact(
    process: &Process<f64>,
    horizon: usize,
    start: usize,
    level: f64,
    step: Option<f64>,
) -> Result<Option<Known>> {
    let options = LawOptions { step, atoms: None };
    let Some(unit) = options.lattice_step(process)? else { return Ok(None) };
    let Ok(lattice) = target::lattice(process, horizon, unit) else { return Ok(None) };
    let targets = lattice.count;
    let decisions = horizon.saturating_mul(process.states).saturating_mul(targets);
    if decisions > 1 << 30 {
        return Ok(None);
    }
    let mut actions = vec![0u16; decisions];
    let place = |stage: usize, state: usize, k: usize| (stage * process.states + state) * targets + k;
    let policy = |stage, state, k, action| actions[place(stage, state, k)] = action as u16;
    let goal = target::solve(process, horizon, lattice, Objective::Shortfall, policy, |found| {
        Ok(found.cvar(start, level).map_err(failed)?.1)
    })?;
    // In steps of the lattice. Beyond it every target has the same policy.
    let goal = (goal / unit).round() as i64;
    let mut reached = BTreeMap::from([((start, goal), 1.0)]);
    for stage in 0..horizon {
        let mut after = BTreeMap::new();
        for (&(state, left), &mass) in &reached {
            let k = (left - i64::from(lattice.lowest)).clamp(0, targets as i64 - 1) as usize;
            for edge in process.edges(stage, state, usize::from(actions[place(stage, state, k)])) {
                let left = left - (edge.reward / unit).round() as i64;
                *after.entry((edge.next, left)).or_insert(0.0) += mass * edge.probability;
            }
        }
        reached = after;
    }
    let mut law = BTreeMap::new();
    for ((_, left), mass) in reached {
        *law.entry(goal - left).or_insert(0.0) += mass;
    }
    Ok(Some(Known::exact(law.into_iter().map(|(z, mass)| Atom { value: z as f64 * unit, mass }).collect())))
}
