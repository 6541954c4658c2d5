//! `reparam horizon cvar` and `threshold`: exact, over states that remember what is still to be earned.

use clap::Args;
use reparam::horizon::categorical::Lattice;
use reparam::horizon::target::{self, Objective, Targets};
use serde::Serialize;

use super::evaluate::{LawOptions, level};
use super::failed;
use super::process::{Process, Start};
use crate::arguments::positive;
use crate::context::Context;
use crate::report::table::number;
use crate::{Error, Result};

/// What both take.
#[derive(Args, Debug, Clone)]
struct Common {
    #[command(flatten)]
    from: Start,
    /// Step of the lattice that holds all rewards. Without it: the largest power of ten that does, down to 0.001
    #[arg(long, value_name = "STEP", value_parser = positive)]
    step: Option<f64>,
}

/// `reparam horizon cvar`.
#[derive(Args, Debug, Clone)]
pub struct CvarOptions {
    #[command(flatten)]
    common: Common,
    /// Level: mass of the tail, in (0, 1]
    #[arg(long, value_name = "A", value_parser = level)]
    tail: f64,
}

/// `reparam horizon threshold`.
#[derive(Args, Debug, Clone)]
pub struct ThresholdOptions {
    #[command(flatten)]
    common: Common,
    /// Return to be reached
    #[arg(long, value_name = "T", allow_hyphen_values = true)]
    at_least: f64,
}

#[derive(Serialize)]
struct Report {
    system: &'static str,
    version: &'static str,
    start: u32,
    horizon: u32,
    /// CVaR, or the probability.
    value: f64,
    /// Mass of the tail, or the threshold.
    level: f64,
    /// What to earn from the start: the policy is that of this target.
    target: f64,
    /// Number of targets on the lattice.
    targets: usize,
}

/// Numbers of the extended process: 4 GiB.
const LARGEST: usize = 1 << 29;

/// The lattice of targets for rewards that are multiples of `step`, if there is the memory.
pub fn lattice(process: &Process<f64>, horizon: usize, step: f64) -> Result<Lattice<f64>> {
    let lattice = target::covering(process, horizon, step).map_err(failed)?;
    if target::scratch_len(process.states, lattice.count) > LARGEST {
        return Err(Error::failed(format!(
            "{} targets for each of {} states need too much memory",
            lattice.count, process.states
        ))
        .remedy("give a larger --step and round the rewards to it"));
    }
    Ok(lattice)
}

/// Solves for one objective and hands the result on.
pub fn solve<O>(
    process: &Process<f64>,
    horizon: usize,
    lattice: Lattice<f64>,
    objective: Objective,
    policy: impl FnMut(usize, usize, usize, usize),
    then: impl FnOnce(Targets<'_, f64>) -> Result<O>,
) -> Result<O> {
    let mut scratch = vec![0.0; target::scratch_len(process.states, lattice.count)];
    then(target::plan(process, horizon, objective, lattice, &mut scratch, policy).map_err(failed)?)
}

impl Common {
    fn run(
        &self,
        context: &Context,
        objective: Objective,
        level: f64,
        read: impl FnOnce(&Targets<'_, f64>, usize) -> std::result::Result<(f64, f64), reparam::horizon::Error>,
        words: impl FnOnce(&Report) -> String,
    ) -> Result<()> {
        let (process, start) = self.from.read()?;
        let horizon = self.from.stages();
        let Some(step) = (LawOptions { step: self.step, atoms: None }).lattice_step(&process)? else {
            return Err(Error::failed("no power of ten down to 0.001 has all rewards as multiples")
                .remedy("give the lattice's --step, or round the rewards"));
        };
        let lattice = lattice(&process, horizon, step)?;
        let (value, target) = solve(
            &process,
            horizon,
            lattice,
            objective,
            |_, _, _, _| (),
            |targets| read(&targets, start).map_err(failed),
        )?;
        let report = Report {
            system: "horizon",
            version: env!("CARGO_PKG_VERSION"),
            start: self.from.start,
            horizon: self.from.horizon,
            value,
            level,
            target,
            targets: lattice.count,
        };
        context.print(&report, || words(&report))
    }
}

impl CvarOptions {
    /// Does it.
    pub fn run(&self, context: &Context) -> Result<()> {
        let read = |targets: &Targets<'_, f64>, start| targets.cvar(start, self.tail);
        self.common.run(context, Objective::Shortfall, self.tail, read, |report| {
            format!(
                "largest CVaR of level {} from state {} over {} stages: {}\nset out to earn {}\n",
                report.level,
                report.start,
                report.horizon,
                number(report.value, 10),
                number(report.target, 10)
            )
        })
    }
}

impl ThresholdOptions {
    /// Does it.
    pub fn run(&self, context: &Context) -> Result<()> {
        let threshold = self.at_least;
        let read = |targets: &Targets<'_, f64>, start| Ok((targets.reach(start, threshold)?, threshold));
        self.common.run(context, Objective::Reach, threshold, read, |report| {
            format!(
                "largest probability, from state {} over {} stages, of a return of at least {}: {}\n",
                report.start,
                report.horizon,
                report.level,
                number(report.value, 10)
            )
        })
    }
}
