//! `reparam horizon evar`: the policy with the best entropic value at risk.
//!
//! EVaR of level a is `sup over b of ERM_b + ln(a)/b`, so its best policy is that of the best b, and each b is one backward
//! induction. ERM falls with b and ln(a)/b rises: on [l, r] nothing exceeds `ERM_l + ln(a)/r`. Branch and bound over intervals of b,
//! the most promising first, until no interval can hold more than the tolerance.

use std::collections::BinaryHeap;
use std::fmt::Write;
use std::path::PathBuf;

use clap::Args;
use reparam::horizon::Risk;
use reparam::horizon::plan::Settings;
use serde::Serialize;

use super::evaluate::level;
use super::planner::Planner;
use super::process::{Process, Start};
use super::solve::{listed, write_policy};
use crate::arguments::{check_files, positive};
use crate::context::Context;
use crate::report::progress::Progress;
use crate::report::table::number;
use crate::{Error, Result};

/// `reparam horizon evar`.
#[derive(Args, Debug, Clone)]
pub struct EvarOptions {
    #[command(flatten)]
    from: Start,
    /// Level: mass of the tail, in (0, 1)
    #[arg(long, value_name = "A", value_parser = level)]
    tail: f64,
    /// Largest distance from the optimum
    #[arg(long, value_name = "DELTA", default_value_t = 0.01, value_parser = positive)]
    tolerance: f64,
    /// Write the policy: a CSV table stage,state,action
    #[arg(long, short, value_name = "POLICY.csv")]
    output: Option<PathBuf>,
}

/// The best EVaR.
#[derive(Clone, Debug, Serialize)]
pub struct Best {
    /// The value that the policy is sure to have.
    pub value: f64,
    /// b at which it was found.
    pub risk: f64,
    /// No policy has more than this.
    pub bound: f64,
    /// Number of backward inductions.
    pub solves: usize,
}

/// An interval of b that may hold the optimum.
struct Interval {
    bound: f64,
    left: f64,
    right: f64,
    /// ERM at both ends.
    at_left: f64,
    at_right: f64,
}

impl Ord for Interval {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.bound.total_cmp(&other.bound)
    }
}
impl PartialOrd for Interval {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl PartialEq for Interval {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}
impl Eq for Interval {}

/// Maximizes EVaR of level `tail` from a state.
pub fn maximize(
    process: &Process<f64>,
    horizon: usize,
    start: usize,
    tail: f64,
    tolerance: f64,
    progress: &Progress,
) -> Result<Best> {
    let mut planner = Planner::new(process)?;
    let mut solves = 0;
    let mut erm = |b: f64| -> Result<f64> {
        solves += 1;
        progress.add(1);
        let settings = Settings::new(Risk::Entropic(b));
        Ok(planner.solve(horizon, settings, None, &Progress::quiet())?[start])
    };
    let mean = erm(0.0)?;
    let penalty = -tail.ln();
    if penalty == 0.0 {
        return Ok(Best { value: mean, risk: 0.0, bound: mean, solves });
    }
    // Beyond, the penalty is at most the tolerance: ERM there is no larger than here.
    let right = penalty / tolerance;
    let at_right = erm(right)?;
    let mut best = (at_right - penalty / right, right);
    // Below this b even the mean would not do.
    let mut left = penalty / (mean - best.0).max(tolerance);
    if left >= right {
        left = 0.5 * right;
    }
    let at_left = erm(left)?;
    if at_left - penalty / left > best.0 {
        best = (at_left - penalty / left, left);
    }
    let bound = |left_value: f64, right: f64| left_value - penalty / right;
    let mut open =
        BinaryHeap::from([Interval { bound: bound(at_left, right), left, right, at_left, at_right }]);
    // What the ends, never split, may hold.
    let mut limit = (best.0).max(at_right).max(mean - penalty / left);
    while let Some(interval) = open.pop() {
        if interval.bound <= best.0 + tolerance {
            limit = limit.max(interval.bound);
            break;
        }
        let middle = (interval.left * interval.right).sqrt();
        if middle <= interval.left || middle >= interval.right {
            return Err(Error::failed("the tolerance is below the accuracy of the values")
                .remedy("give a larger --tolerance"));
        }
        let value = erm(middle)?;
        if value - penalty / middle > best.0 {
            best = (value - penalty / middle, middle);
        }
        for (left, right, at_left, at_right) in [
            (interval.left, middle, interval.at_left, value),
            (middle, interval.right, value, interval.at_right),
        ] {
            let bound = bound(at_left, right);
            if bound > best.0 + tolerance {
                open.push(Interval { bound, left, right, at_left, at_right });
            } else {
                limit = limit.max(bound);
            }
        }
    }
    Ok(Best { value: best.0, risk: best.1, bound: limit.min(best.0 + tolerance), solves })
}

#[derive(Serialize)]
struct Report {
    system: &'static str,
    version: &'static str,
    start: u32,
    horizon: u32,
    level: f64,
    #[serde(flatten)]
    best: Best,
    /// By stage, by state, numbered as in the file.
    policy: Vec<Vec<u32>>,
}

impl EvarOptions {
    /// Does it.
    pub fn run(&self, context: &Context) -> Result<()> {
        check_files(&[("MODEL.csv", Some(&self.from.model.file))], &[("--output", self.output.as_ref())])?;
        let (process, start) = self.from.read()?;
        let horizon = self.from.stages();
        let progress = context.progress(None);
        let best = maximize(&process, horizon, start, self.tail, self.tolerance, &progress)?;
        progress.finish();
        let decisions = Planner::new(&process)?.decide(horizon, best.risk)?;
        if let Some(path) = &self.output {
            write_policy(path, &decisions, process.base)?;
        }
        let report = Report {
            system: "horizon",
            version: env!("CARGO_PKG_VERSION"),
            start: self.from.start,
            horizon: self.from.horizon,
            level: self.tail,
            policy: if context.global.json { listed(&decisions, process.base) } else { Vec::new() },
            best,
        };
        context.print(&report, || {
            let best = &report.best;
            let mut text = format!(
                "EVaR of level {} from state {} over {} stages: at least {}, at most {}\n",
                self.tail,
                self.from.start,
                self.from.horizon,
                number(best.value, 10),
                number(best.bound, 10)
            );
            let _ = writeln!(text, "found at b = {} after {} solutions", number(best.risk, 5), best.solves);
            if let Some(path) = &self.output {
                let _ = writeln!(text, "policy: {}", path.display());
            }
            text
        })
    }
}
