//! Many starts in parallel, each with its own seed: the result does not depend on the number of threads.

use std::sync::Mutex;
use std::time::Instant;

use rayon::prelude::*;
use reparam::givens::frame::{random, reflect};
use reparam::givens::search::Search;
use reparam::random::SplitMix64;
use serde::{Deserialize, Serialize};

use super::problem::Problem;
use super::search::{AnySearch, Ended, Outcome, Settings, State, drive};
use crate::checkpoint::Checkpoint;
use crate::report::progress::Progress;
use crate::{Error, Result, interrupt};

/// Which square frames to search: rotations never change the sign of a determinant. For other shapes all are one
/// piece, and this has no effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Component {
    /// That of each random frame.
    AsDrawn,
    /// Each random frame, and a second time reflected.
    Both,
    /// Determinant 1 (`false`) or −1 (`true`): frames are reflected if need be.
    Only(bool),
}

/// What to start from, and how often.
#[derive(Clone, Debug)]
pub struct Starts {
    /// Random frames to start from.
    pub count: u64,
    /// Which square frames to search.
    pub component: Component,
    /// The first frame, if it is not random.
    pub first: Option<Vec<f64>>,
    /// Seed of the random frames.
    pub seed: u64,
    /// Evaluations at most, all starts together: each gets an equal share.
    pub budget: Option<u64>,
}

/// One start, as it ended.
#[derive(Debug)]
pub struct Finished {
    /// Its result.
    pub outcome: Outcome,
    /// Evaluations made and best value then.
    pub history: Vec<(u64, f64)>,
    /// Determinant of the frame it started from, ±1, if square.
    pub determinant: Option<i8>,
}

/// All starts in a checkpoint; `None` for those that have not begun.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Saved(Vec<Option<State>>);

/// Runs all starts of a problem. Starts that an interruption kept from beginning are left out, and none is left out
/// otherwise; the order is that of the starts.
pub fn run(
    problem: &dyn Problem,
    settings: &Settings,
    starts: &Starts,
    resumed: Option<Saved>,
    checkpoint: &mut Checkpoint,
    progress: &Progress,
) -> Result<Vec<Finished>> {
    let runs = runs(problem, starts);
    let slots = match resumed {
        Some(Saved(slots)) if slots.len() == runs => slots,
        Some(Saved(slots)) => {
            return Err(Error::failed(format!(
                "the checkpoint holds {} starts instead of {runs}",
                slots.len()
            )));
        }
        None => vec![None; runs],
    };
    let shares = shares(starts.budget, runs)?;
    let frames = first_frames(problem, starts)?;
    let every = checkpoint.every();
    let shared = Mutex::new((slots, checkpoint));
    let lost = || Error::failed("another start failed");

    let one = |(index, frame): (usize, Vec<f64>)| -> Result<Option<Finished>> {
        let slot = shared.lock().map_err(|_| lost())?.0[index].clone();
        let mut state = match slot {
            Some(state) => state,
            // One start always begins, so that there is a result.
            None if interrupt::asked() && index > 0 => return Ok(None),
            None => {
                let search = AnySearch::new(problem.rows(), problem.degree(), settings)?;
                State { frame: frame.clone(), search, history: Vec::new() }
            }
        };
        let determinant = (problem.rows() == problem.cols()).then(|| determinant(problem.rows(), &frame));
        let mut outcome = None;
        problem.with_evaluator(runs == 1, &mut |evaluator| {
            let mut left = Instant::now();
            let mut offer = |state: &State| -> Result<()> {
                if every.is_none_or(|every| left.elapsed() < every) {
                    return Ok(());
                }
                // Each start leaves its own state now and then; whoever comes when it is time writes them all.
                left = Instant::now();
                let (slots, checkpoint) = &mut *shared.lock().map_err(|_| lost())?;
                slots[index] = Some(state.clone());
                checkpoint.offer(|| Saved(slots.clone()))
            };
            outcome = Some(drive(evaluator, &mut state, shares[index], progress, &mut offer));
            Ok(())
        })?;
        let Some(outcome) = outcome else { return Ok(None) };
        let history = state.history.clone();
        shared.lock().map_err(|_| lost())?.0[index] = Some(state);
        Ok(Some(Finished { outcome, history, determinant }))
    };

    let jobs: Vec<(usize, Vec<f64>)> = frames.into_iter().enumerate().collect();
    let results: Vec<Result<Option<Finished>>> = if problem.is_exclusive() {
        let mut results: Vec<Result<Option<Finished>>> = Vec::new();
        for job in jobs {
            let failed = |r: &Result<Option<Finished>>| {
                r.as_ref().map_or(true, |f| f.as_ref().is_some_and(|f| f.outcome.ended == Ended::Failed))
            };
            if results.last().is_some_and(failed) {
                break;
            }
            results.push(one(job));
        }
        results
    } else {
        jobs.into_par_iter().map(one).collect()
    };
    let (slots, checkpoint) = shared.into_inner().map_err(|_| lost())?;
    let saved = checkpoint.save(&Saved(slots));
    let mut finished: Vec<Finished> =
        results.into_iter().filter_map(Result::transpose).collect::<Result<_>>()?;
    // A result without a checkpoint is still a result.
    if let (Err(error), Some(last)) = (saved, finished.last_mut()) {
        last.outcome.error.get_or_insert(error);
    }
    Ok(finished)
}

/// Number of searches: starts, twice if also reflected.
pub fn runs(problem: &dyn Problem, starts: &Starts) -> usize {
    let both = starts.component == Component::Both && problem.rows() == problem.cols();
    usize::try_from(starts.count).unwrap_or(usize::MAX).saturating_mul(if both { 2 } else { 1 })
}

/// The best of all starts: the smallest value, the first of equals. `None` if no value was finite.
pub fn best(finished: &[Finished]) -> Option<&Finished> {
    let key = |f: &&Finished| f.outcome.value.unwrap_or(f64::INFINITY);
    finished.iter().min_by(|a, b| key(a).total_cmp(&key(b)))
}

fn shares(budget: Option<u64>, runs: usize) -> Result<Vec<u64>> {
    let Some(budget) = budget else { return Ok(vec![u64::MAX; runs]) };
    let runs = runs as u64;
    if budget < runs {
        return Err(Error::usage(format!("{budget} evaluations are not enough for {runs} starts")));
    }
    Ok((0..runs).map(|index| budget / runs + u64::from(index < budget % runs)).collect())
}

fn first_frames(problem: &dyn Problem, starts: &Starts) -> Result<Vec<Vec<f64>>> {
    let (rows, cols) = (problem.rows(), problem.cols());
    // Each start draws from a generator of its own, so that more starts change none of the others.
    let mut seeds = SplitMix64::new(starts.seed);
    let mut frames = Vec::new();
    for index in 0..starts.count {
        let mut own = SplitMix64::new(rand_core::Rng::next_u64(&mut seeds));
        let mut frame = vec![0.0; rows * cols];
        match &starts.first {
            Some(first) if index == 0 => frame.copy_from_slice(first),
            _ => {
                random(rows, cols, &mut own, &mut frame)
                    .map_err(|e| Error::failed(format!("no random frame: {e}")))?;
            }
        }
        match starts.component {
            Component::Both if rows == cols => {
                let mut twin = frame.clone();
                reflect(cols, &mut twin);
                frames.extend([frame, twin]);
            }
            Component::Only(negative) if rows == cols && (determinant(rows, &frame) < 0) != negative => {
                reflect(cols, &mut frame);
                frames.push(frame);
            }
            _ => frames.push(frame),
        }
    }
    Ok(frames)
}

/// Sign of the determinant of a square frame.
pub fn determinant(dim: usize, frame: &[f64]) -> i8 {
    let mut angles = vec![0.0; reparam::givens::angle_count(dim, dim)];
    let reflected = reparam::givens::chart::decompose(dim, dim, &mut frame.to_vec(), &mut angles);
    if reflected == Ok(true) { -1 } else { 1 }
}

/// Evaluations of all starts.
pub fn evaluations(finished: &[Finished]) -> u64 {
    finished.iter().map(|f| f.outcome.evaluations).sum()
}

impl Saved {
    /// Evaluations made so far.
    pub fn evaluations(&self) -> u64 {
        self.0.iter().flatten().map(|state| state.search.report().evaluations).sum()
    }
}
