//! `reparam horizon front`: policies that are best for some b.
//!
//! Finitely many policies are best for ERM at all b together. Bisection finds them: where both ends of an interval of b have
//! the same policy, as far as it can be reached from the start, it is taken to be best in between (ERM is then bounded on both sides,
//! yet another policy might win in the middle: the number of breakpoints is a lower bound).

use std::fmt::Write;

use clap::Args;
use reparam::horizon::Law;
use serde::Serialize;

use super::evaluate::{LawOptions, level};
use super::failed;
use super::planner::{Decisions, Planner};
use super::process::{Process, Start};
use super::solve::agree;
use crate::Result;
use crate::arguments::positive;
use crate::context::Context;
use crate::report::progress::Progress;
use crate::report::table::{Table, number};

/// `reparam horizon front`.
#[derive(Args, Debug, Clone)]
pub struct FrontOptions {
    #[command(flatten)]
    from: Start,
    #[command(flatten)]
    range: FrontRange,
    #[command(flatten)]
    law: LawOptions,
    /// Level of the CVaR that is listed
    #[arg(long, value_name = "A", default_value_t = 0.1, value_parser = level)]
    level: f64,
}

/// Which b.
#[derive(Args, Debug, Clone)]
pub struct FrontRange {
    /// Largest b
    #[arg(long, value_name = "B", default_value_t = 1.0, value_parser = positive)]
    pub largest: f64,
    /// Breakpoints are located to this
    #[arg(long, value_name = "B", default_value_t = 1e-5, value_parser = positive)]
    pub resolution: f64,
    /// Policies after which the search ends, and says so
    #[arg(long, value_name = "N", default_value_t = 200, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub limit: u32,
}

/// A policy that is best from `from` on.
#[derive(Clone, Debug)]
pub struct Piece {
    /// b where it begins.
    pub from: f64,
    /// The policy.
    pub decisions: Decisions,
}

/// The front over 0..=`largest`.
#[derive(Clone, Debug)]
pub struct Front {
    /// Ascending b.
    pub pieces: Vec<Piece>,
    /// Whether the limit ended the search.
    pub truncated: bool,
    /// Number of backward inductions.
    pub solves: usize,
}

/// Finds the front from a state.
pub fn find(
    process: &Process<f64>,
    horizon: usize,
    start: usize,
    range: &FrontRange,
    progress: &Progress,
) -> Result<Front> {
    let mut planner = Planner::new(process)?;
    let mut solves = 0;
    let mut best = |b: f64| -> Result<Decisions> {
        solves += 1;
        progress.add(1);
        planner.decide(horizon, b)
    };
    let first = best(0.0)?;
    let mut pieces = vec![Piece { from: 0.0, decisions: first.clone() }];
    // Intervals still to be looked at, the leftmost on top; the last piece is the policy at the left end of that.
    let mut left = (0.0, first);
    let mut open = vec![(range.largest, best(range.largest)?)];
    let mut truncated = false;
    while let Some((right, at_right)) = open.last() {
        if agree(process, start, &left.1, at_right) {
            left = open.pop().unwrap_or(left);
            continue;
        }
        if right - left.0 <= range.resolution {
            if pieces.len() >= range.limit as usize {
                truncated = true;
                break;
            }
            let from = 0.5 * (left.0 + right);
            left = open.pop().unwrap_or(left);
            pieces.push(Piece { from, decisions: left.1.clone() });
            continue;
        }
        let middle = 0.5 * (left.0 + right);
        let decisions = best(middle)?;
        open.push((middle, decisions));
    }
    Ok(Front { pieces, truncated, solves })
}

#[derive(Serialize)]
struct Report {
    system: &'static str,
    version: &'static str,
    start: u32,
    horizon: u32,
    largest: f64,
    level: f64,
    /// b where the best policy changes; a lower bound on their number.
    breakpoints: Vec<f64>,
    /// Whether --limit ended the search.
    truncated: bool,
    solves: usize,
    pieces: Vec<Row>,
}

#[derive(Serialize)]
struct Row {
    from: f64,
    mean: f64,
    sd: f64,
    cvar: f64,
    bound: f64,
}

impl FrontOptions {
    /// Does it.
    pub fn run(&self, context: &Context) -> Result<()> {
        let (process, start) = self.from.read()?;
        let progress = context.progress(None);
        progress.message(|| "solutions".into());
        let front = find(&process, self.from.stages(), start, &self.range, &progress)?;
        progress.finish();
        let row = |piece: &Piece| -> Result<Row> {
            let law = self.law.law(&process, &piece.decisions, start)?;
            Ok(Row {
                from: piece.from,
                mean: law.mean(),
                sd: law.variance().sqrt(),
                cvar: law.cvar(self.level).map_err(failed)?,
                bound: law.bound,
            })
        };
        let report = Report {
            system: "horizon",
            version: env!("CARGO_PKG_VERSION"),
            start: self.from.start,
            horizon: self.from.horizon,
            largest: self.range.largest,
            level: self.level,
            breakpoints: front.pieces.iter().skip(1).map(|piece| piece.from).collect(),
            truncated: front.truncated,
            solves: front.solves,
            pieces: front.pieces.iter().map(row).collect::<Result<_>>()?,
        };
        context.print(&report, || {
            let mut text = format!(
                "{} policies are best for some b in [0, {}]: {} solutions\n\n",
                report.pieces.len(),
                self.range.largest,
                report.solves
            );
            let mut table = Table::new(["from b", "mean", "deviation", &format!("CVaR {}", self.level)]);
            for row in &report.pieces {
                table.row([number(row.from, 6), number(row.mean, 9), number(row.sd, 7), number(row.cvar, 9)]);
            }
            text += &table.to_string();
            text += "\nBetween equal policies none was looked for: there may be more.\n";
            if report.truncated {
                let _ = writeln!(text, "The search ended at --limit {}: there are more.", self.range.limit);
            }
            text
        })
    }
}
