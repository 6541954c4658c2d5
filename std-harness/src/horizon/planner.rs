//! Backward induction with all cores.

use rayon::prelude::*;
use reparam::Real;
use reparam::horizon::plan::{Backup, Settings};
use reparam::horizon::{Edge, Model, Policy, Risk};

use super::failed;
use super::process::Process;
use super::pruning::{Extremes, Kept, Pruning};
use crate::report::progress::Progress;
use crate::{Error, Result, interrupt};

/// States that a thread takes at a time.
const CHUNK: usize = 1024;

/// Actions of all stages: two bytes each, or one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decisions {
    states: usize,
    actions: Vec<u16>,
}

impl Decisions {
    /// Action 0 everywhere.
    pub fn new(stages: usize, states: usize) -> Self {
        Self { states, actions: vec![0; stages * states] }
    }

    /// Number of stages.
    pub fn stages(&self) -> usize {
        self.actions.len() / self.states
    }

    /// Actions of the states at a stage.
    pub fn stage(&self, stage: usize) -> &[u16] {
        &self.actions[stage * self.states..][..self.states]
    }

    /// The same, to be written.
    pub fn stage_mut(&mut self, stage: usize) -> &mut [u16] {
        &mut self.actions[stage * self.states..][..self.states]
    }
}

impl Policy for Decisions {
    fn action(&self, stage: usize, state: usize) -> usize {
        usize::from(self.stage(stage)[state])
    }
}

/// A planner for one process that allocates once.
#[derive(Debug)]
pub struct Planner<'a, T> {
    process: &'a Process<T>,
    /// Rewards by row, where they do not depend on what follows.
    row_rewards: Option<Vec<T>>,
    /// Edges of the longest row, and the largest absolute reward.
    bounds: (usize, T),
    buffers: Buffers<T>,
}

/// What a solution works with, by state.
#[derive(Debug)]
struct Buffers<T> {
    value: Vec<T>,
    next: Vec<T>,
    /// The policy of one stage, for callers who want none.
    actions: Vec<u16>,
    kept: Vec<Kept<T>>,
}

impl<'a, T: Real> Planner<'a, T> {
    /// Of a process.
    pub fn new(process: &'a Process<T>) -> Result<Self> {
        if process.actions > 1 << 16 {
            return Err(Error::failed("more than 65,536 actions"));
        }
        let states = process.states;
        let longest = process.row_ptr.windows(2).map(|pair| (pair[1] - pair[0]) as usize).max();
        let largest = process.reward.iter().fold(T::ZERO, |largest, r| largest.max(r.abs()));
        Ok(Self {
            process,
            row_rewards: process.row_rewards(),
            bounds: (longest.unwrap_or(0), largest),
            buffers: Buffers {
                value: vec![T::ZERO; states],
                next: vec![T::ZERO; states],
                actions: vec![0; states],
                kept: vec![Kept::start(); states],
            },
        })
    }

    /// Values of all states at the first stage. `decisions` are set where there are any.
    pub fn solve(
        &mut self,
        horizon: usize,
        settings: Settings<T>,
        decisions: Option<&mut Decisions>,
        progress: &Progress,
    ) -> Result<&[T]> {
        let (longest, largest) = self.bounds;
        // With a discount the risk depends on the stage, and so do the values of all actions.
        let stationary = settings.discount == T::ONE || settings.risk.aversion() == T::ZERO;
        let pruning = stationary
            .then(|| {
                Pruning::new(self.process.actions, longest, largest, settings.discount, settings.tolerance)
            })
            .flatten();
        let Self { process, row_rewards, buffers, .. } = self;
        // Inside of the pool: from outside, each stage would be a job in a queue that allocates.
        rayon::scope(|_| match row_rewards {
            Some(rewards) => {
                let model = RowRewards { process, rewards };
                backward(&model, buffers, horizon, settings, pruning, decisions, progress)
            }
            None => backward(*process, buffers, horizon, settings, pruning, decisions, progress),
        })?;
        Ok(&self.buffers.value)
    }
}

impl Planner<'_, f64> {
    /// The best policy for ERM with b, the mean for b = 0, without progress.
    pub fn decide(&mut self, horizon: usize, b: f64) -> Result<Decisions> {
        let mut decisions = Decisions::new(horizon, self.process.states);
        self.solve(horizon, Settings::new(Risk::Entropic(b)), Some(&mut decisions), &Progress::quiet())?;
        Ok(decisions)
    }
}

/// The process without a reward for each edge.
struct RowRewards<'a, T> {
    process: &'a Process<T>,
    rewards: &'a [T],
}

impl<T: Real> Model<T> for RowRewards<'_, T> {
    const EDGE_REWARDS: bool = false;

    fn states(&self) -> usize {
        self.process.states
    }
    fn actions(&self) -> usize {
        self.process.actions
    }
    #[inline]
    fn reward(&self, _stage: usize, state: usize, action: usize) -> T {
        self.rewards[state * self.process.actions + action]
    }
    #[inline]
    fn edges(&self, stage: usize, state: usize, action: usize) -> impl Iterator<Item = Edge<T>> {
        self.process.edges(stage, state, action)
    }
}

fn backward<T: Real, M: Model<T> + Sync>(
    model: &M,
    buffers: &mut Buffers<T>,
    horizon: usize,
    settings: Settings<T>,
    mut pruning: Option<Pruning<T>>,
    mut decisions: Option<&mut Decisions>,
    progress: &Progress,
) -> Result<()> {
    let Buffers { value, next, actions, kept } = buffers;
    value.fill(T::ZERO);
    kept.fill(Kept::start());
    for stage in (0..horizon).rev() {
        if interrupt::asked() {
            return Err(Error::failed(format!("interrupted with {} of {horizon} stages left", stage + 1)));
        }
        std::mem::swap(value, next);
        let backup = Backup::new(model, stage, settings, next).map_err(failed)?;
        let actions =
            decisions.as_deref_mut().map_or(&mut actions[..], |decisions| decisions.stage_mut(stage));
        let chunks = value.par_chunks_mut(CHUNK).zip(actions.par_chunks_mut(CHUNK));
        match &mut pruning {
            Some(pruning) => {
                let chunks = chunks.zip(kept.par_chunks_mut(CHUNK)).enumerate();
                let extremes = chunks.map(|(chunk, ((values, actions), kept))| {
                    pruning.states(&mut backup.clone(), chunk * CHUNK, values, kept, actions)
                });
                let extremes = extremes.try_reduce(Extremes::none, |x, y| Ok(x.merge(y)));
                pruning.stage(&extremes.map_err(failed)?);
            }
            None => chunks
                .enumerate()
                .try_for_each(|(chunk, (values, actions))| {
                    let first = chunk * CHUNK;
                    let policy = |state: usize, action: usize| actions[state - first] = action as u16;
                    backup.clone().states(first, values, policy)
                })
                .map_err(failed)?,
        }
        progress.add(1);
    }
    Ok(())
}
