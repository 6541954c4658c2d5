//! `reparam implicit learn`: a model from trajectories, the best policy on it, and what that is worth on the true process.

pub mod estimate;
pub mod trajectory;

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use reparam::horizon::plan::{Settings, scratch_len};
use reparam::horizon::{Edge, Model, Policy, Risk, solve};
use serde::Serialize;

use crate::arguments::{check_files, positive};
use crate::context::Context;
use crate::horizon::planner::{Decisions, Planner};
use crate::horizon::process::{ModelOptions, Process};
use crate::horizon::solve::{PlanOptions, listed, write_policy};
use crate::report::file::write_atomic;
use crate::report::progress::Progress;
use crate::report::table::{Table, count, number};
use crate::{Error, Result};

const EXAMPLES: &str = "\
Examples:
  reparam implicit learn machine_trajectory.csv --horizon 20 --risk 0.05 --model machine.csv
  reparam implicit learn log.csv --horizon 24 --unseen -20 -o model.csv --policy policy.csv
  reparam implicit learn log.csv --by implicit --eta 0.8 --horizon 24
";

/// `reparam implicit learn`.
#[derive(Args, Debug, Clone)]
#[command(after_long_help = EXAMPLES, after_help = "Examples: --help")]
pub struct LearnOptions {
    /// Steps: CSV with columns state, action, reward and, where there are any, next_state, episode, time
    #[arg(value_name = "TRAJECTORY.csv")]
    file: PathBuf,
    /// Number of the first state and action in the file. Without it: that of the smallest ids, if both agree on 0 or 1
    #[arg(long, value_name = "0|1", value_parser = clap::value_parser!(u32).range(0..=1))]
    base: Option<u32>,
    #[command(flatten)]
    plan: PlanOptions,
    /// How the model is learned
    #[arg(long, value_enum, value_name = "NAME", default_value = "counts")]
    by: By,
    /// counts: keep each reward of an outcome with its share, or their mean
    #[arg(long, value_enum, value_name = "NAME", default_value = "outcomes")]
    rewards: Rewards,
    /// Reward, at each stage and for good, of states that the trajectory says nothing about. Without it they are an error
    #[arg(long, value_name = "REWARD", allow_hyphen_values = true)]
    unseen: Option<f64>,
    #[command(flatten, next_help_heading = "Implicit models")]
    implicit: ImplicitOptions,
    /// The true process: tells how far the policy is from the best one
    #[arg(long, value_name = "TRUE.csv")]
    model: Option<PathBuf>,
    /// Write the model that was learned: CSV as `reparam horizon` reads it
    #[arg(long, short, value_name = "MODEL.csv")]
    output: Option<PathBuf>,
    /// Write the policy: CSV with columns stage, state, action
    #[arg(long, value_name = "POLICY.csv")]
    policy: Option<PathBuf>,
}

#[derive(Args, Debug, Clone)]
struct ImplicitOptions {
    /// Discount of the values that the model has to have
    #[arg(long, value_name = "ETA", default_value_t = 0.5, value_parser = super::sweep::discount)]
    eta: f64,
    /// Step size. Without it: (1 − η)²/2 over the share of the pair that is seen most
    #[arg(long, value_name = "STEP", value_parser = positive)]
    step: Option<f64>,
    /// Steps
    #[arg(long, value_name = "N", default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(1..=10_000_000))]
    updates: u32,
    /// Samples of a step
    #[arg(long, value_name = "N", default_value_t = 25, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    batch: u32,
    /// Seed of the samples
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

/// How a model is learned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum By {
    /// Shares of what was seen
    Counts,
    /// By descent, so that its values are the returns that were seen
    Implicit,
}

/// What becomes of the rewards of an outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Rewards {
    /// Each one stays, as risk needs it
    Outcomes,
    /// Their mean
    Mean,
}

#[derive(Serialize)]
struct Report {
    system: &'static str,
    version: &'static str,
    by: By,
    states: usize,
    actions: usize,
    base: u32,
    /// Steps that a successor is known of.
    steps: usize,
    episodes: usize,
    /// Pairs of a state and an action that the model has.
    pairs: usize,
    /// Outcomes that the model has.
    edges: usize,
    /// Implicit: error of the values over the spread of the returns.
    relative_error: Option<f64>,
    horizon: usize,
    risk: Risk<f64>,
    discount: f64,
    /// By state, at the first stage, as the model sees it.
    value: Vec<f64>,
    /// By stage, by state, numbered as in the file.
    policy: Vec<Vec<u32>>,
    /// On the true process.
    truth: Option<Truth>,
}

#[derive(Serialize)]
struct Truth {
    /// Of the policy, by state.
    achieved: Vec<f64>,
    /// Of the best policy, by state.
    optimum: Vec<f64>,
    /// Mean over states of what is missing.
    gap_mean: f64,
    /// Largest of them.
    gap_largest: f64,
}

/// A process under a policy.
struct Following<'a> {
    process: &'a Process<f64>,
    decisions: &'a Decisions,
}

impl Model<f64> for Following<'_> {
    fn states(&self) -> usize {
        self.process.states
    }
    fn actions(&self) -> usize {
        1
    }
    fn edges(&self, stage: usize, state: usize, _action: usize) -> impl Iterator<Item = Edge<f64>> {
        self.process.edges(stage, state, self.decisions.action(stage, state))
    }
}

fn failed(error: reparam::horizon::Error) -> Error {
    Error::failed(error.to_string())
}

/// Best values and decisions.
fn best(process: &Process<f64>, plan: &PlanOptions) -> Result<(Vec<f64>, Decisions)> {
    let mut decisions = Decisions::new(plan.stages(), process.states);
    let quiet = Progress::new(true, None);
    let mut planner = Planner::new(process)?;
    let value = planner.solve(plan.stages(), plan.settings(), Some(&mut decisions), &quiet)?;
    Ok((value.to_vec(), decisions))
}

impl LearnOptions {
    /// Does it.
    pub fn run(&self, context: &Context) -> Result<()> {
        let inputs = [("TRAJECTORY.csv", Some(&self.file)), ("--model", self.model.as_ref())];
        check_files(&inputs, &[("--output", self.output.as_ref()), ("--policy", self.policy.as_ref())])?;
        if self.unseen.is_some_and(|reward| !reward.is_finite()) {
            return Err(Error::usage("--unseen: the reward is not finite"));
        }
        let truth = self.model.clone().map(|file| ModelOptions { file, base: self.base }.read::<f64>());
        let truth = truth.transpose()?;
        let base = self.base.or(truth.as_ref().map(|truth| truth.base));
        let seen = trajectory::read(&self.file, base)?;
        if let Some(truth) = &truth
            && (seen.states > truth.states || seen.actions > truth.actions)
        {
            return Err(Error::usage(format!(
                "{} states and {} actions, but --model has {} and {}",
                seen.states, seen.actions, truth.states, truth.actions
            ))
            .file(&self.file));
        }
        let (outcomes, relative_error) = match self.by {
            By::Counts => (estimate::by_counts(&seen, self.rewards == Rewards::Mean), None),
            By::Implicit => {
                let learned = self.implicitly(&seen, context)?;
                (learned.outcomes, Some(learned.relative_error))
            }
        };
        let states = truth.as_ref().map_or(seen.states, |truth| truth.states);
        let (text, process) = estimate::process(&outcomes, &seen, states, self.unseen, &self.file)?;
        let (value, decisions) = best(&process, &self.plan)?;
        let truth = truth.map(|truth| self.truth(&truth, &decisions)).transpose()?;
        if let Some(path) = &self.output {
            write_atomic(path, text.as_bytes())?;
        }
        if let Some(path) = &self.policy {
            write_policy(path, &decisions, process.base)?;
        }
        let report = Report {
            system: "implicit",
            version: env!("CARGO_PKG_VERSION"),
            by: self.by,
            states: process.states,
            actions: process.actions,
            base: process.base,
            steps: seen.episodes.iter().map(Vec::len).sum(),
            episodes: seen.episodes.len(),
            pairs: process.row_ptr.windows(2).filter(|pair| pair[0] < pair[1]).count(),
            edges: process.col.len(),
            relative_error,
            horizon: self.plan.stages(),
            risk: self.plan.risk,
            discount: self.plan.discount,
            value,
            policy: listed(&decisions, process.base),
            truth,
        };
        context.print(&report, || self.text(&report))
    }

    fn implicitly(&self, seen: &trajectory::Trajectories, context: &Context) -> Result<estimate::Learned> {
        let ImplicitOptions { eta, step, updates, batch, seed } = self.implicit;
        let progress = context.progress(Some(updates.into()));
        progress.message(|| "steps".into());
        let (updates, batch) = (updates as usize, batch as usize);
        let settings = estimate::Settings { eta, step, updates, batch, seed };
        let learned = estimate::implicitly(seen, &settings, &progress);
        progress.finish();
        learned
    }

    fn truth(&self, process: &Process<f64>, decisions: &Decisions) -> Result<Truth> {
        let settings: Settings<f64> = self.plan.settings();
        let following = Following { process, decisions };
        let mut scratch = vec![0.0; scratch_len(process.states)];
        let achieved = solve(&following, self.plan.stages(), settings, &mut scratch, |_, _, _| ())
            .map_err(|error| match error {
                reparam::horizon::Error::NoAction { state } => Error::failed(format!(
                    "the policy takes an action that the true process does not have in state {}",
                    state + process.base as usize
                ))
                .remedy("name the process that the trajectory is of as --model"),
                error => failed(error),
            })?
            .to_vec();
        let (optimum, _) = best(process, &self.plan)?;
        let gaps: Vec<f64> = optimum.iter().zip(&achieved).map(|(best, got)| best - got).collect();
        let gap_mean = crate::data::prepare::mean(&gaps);
        Ok(Truth { achieved, optimum, gap_mean, gap_largest: gaps.iter().copied().fold(0.0, f64::max) })
    }

    fn text(&self, report: &Report) -> String {
        const SHOWN: usize = 20;
        let mut text = format!(
            "{} steps in {} episodes: {} pairs of a state and an action, {} outcomes; {}, {} stages\n",
            count(report.steps as u64),
            count(report.episodes as u64),
            report.pairs,
            report.edges,
            self.plan.describe(),
            report.horizon
        );
        if let Some(error) = report.relative_error {
            text += &format!("values are off by {} of the spread of the returns\n", number(error, 3));
        }
        let mut table = Table::new(match report.truth {
            Some(_) => vec!["state", "value as learned", "value in truth", "best", "gap"],
            None => vec!["state", "value as learned"],
        });
        for (state, &value) in report.value.iter().enumerate().take(SHOWN) {
            let mut cells = vec![(state + report.base as usize).to_string(), number(value, 8)];
            if let Some(truth) = &report.truth {
                let (got, best) = (truth.achieved[state], truth.optimum[state]);
                cells.extend([number(got, 8), number(best, 8), number(best - got, 3)]);
            }
            table.row(cells);
        }
        text += &format!("\n{table}");
        if report.states > SHOWN {
            text += &format!("… and {} more: --json\n", report.states - SHOWN);
        }
        if let Some(truth) = &report.truth {
            text += &format!(
                "\ngap to the best policy: {} on average over states, {} at most\n",
                number(truth.gap_mean, 4),
                number(truth.gap_largest, 4)
            );
        }
        text
    }
}
