//! The core's searches, driven on heap buffers: in batches, under a budget, with snapshots.

use clap::ValueEnum;
use reparam::givens::objective::Degree;
use reparam::givens::search::{
    Ask, Move, PatternConfig, PatternSearch, PlaneConfig, PlaneSearch, Report, Search, Stop,
};
use serde::{Deserialize, Serialize};

use super::evaluator::Evaluator;
use crate::report::progress::Progress;
use crate::{Error, Result, interrupt};

/// How to search, by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Method {
    /// `plane` for objectives that are trigonometric polynomials in each plane, else `rmps`
    Auto,
    /// Recursive modified pattern search on plane rotations: any objective
    #[value(alias = "pattern")]
    Rmps,
    /// Line search in one plane after another, exact for quadratic and quartic objectives
    Plane,
    /// Many starts of `auto`, in parallel
    Multistart,
}

/// Settings of a search.
#[derive(Clone, Debug)]
pub enum Settings {
    /// Pattern search.
    Pattern(PatternConfig<f64>),
    /// Plane search.
    Plane(PlaneConfig<f64>),
}

/// Either of the core's searches.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs)]
pub enum AnySearch {
    Pattern(PatternSearch<f64>),
    Plane(PlaneSearch<f64>),
}

impl AnySearch {
    /// A search over frames with `rows` rows.
    pub fn new(rows: usize, degree: Option<Degree>, settings: &Settings) -> Result<Self> {
        match settings {
            Settings::Pattern(config) => PatternSearch::new(rows, *config).map(Self::Pattern),
            Settings::Plane(config) => PlaneSearch::new(rows, degree, *config).map(Self::Plane),
        }
        .map_err(|e| Error::usage(format!("the search refuses its settings: {e}")))
    }
}

macro_rules! each {
    ($self:ident, $search:ident => $body:expr) => {
        match $self {
            AnySearch::Pattern($search) => $body,
            AnySearch::Plane($search) => $body,
        }
    };
}

impl Search<f64> for AnySearch {
    #[inline]
    fn ask(&self) -> Ask<f64> {
        each!(self, search => search.ask())
    }
    #[inline]
    fn tell(&mut self, value: f64) -> Option<Move<f64>> {
        each!(self, search => search.tell(value))
    }
    fn look(&mut self, cols: usize, frame: &[f64]) {
        each!(self, search => search.look(cols, frame));
    }
    fn pending(&self) -> usize {
        each!(self, search => search.pending())
    }
    fn pending_at(&self, offset: usize) -> Ask<f64> {
        each!(self, search => search.pending_at(offset))
    }
    fn report(&self) -> Report<f64> {
        each!(self, search => search.report())
    }
    fn restart(&mut self) {
        each!(self, search => search.restart());
    }
}

/// A search and its frame: all that is needed to go on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct State {
    /// The frame, row-major.
    pub frame: Vec<f64>,
    /// The search.
    pub search: AnySearch,
    /// Evaluations made and best value known then, at each improvement.
    pub history: Vec<(u64, f64)>,
}

/// Why a search ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Ended {
    /// It no longer improved.
    Converged,
    /// All the runs or sweeps that it was allowed.
    Runs,
    /// The evaluation budget is spent.
    Evaluations,
    /// The user stopped it.
    Interrupted,
    /// The objective could not be evaluated.
    Failed,
}

/// What a search that ended hands back.
#[derive(Debug)]
pub struct Outcome {
    /// Why.
    pub ended: Ended,
    /// The best value that was evaluated, if any was finite.
    pub value: Option<f64>,
    /// Its frame, row-major.
    pub frame: Vec<f64>,
    /// Evaluations made.
    pub evaluations: u64,
    /// What went wrong, if it failed.
    pub error: Option<Error>,
}

/// Runs the search of `state` to its end, to `budget` evaluations in all, or until the user interrupts.
///
/// Whenever the state is one that continues with the same bits (the evaluator keeps nothing about the frame, or
/// the search is about to evaluate it anew), `offer` is called with it; the last such state is left in `state`.
pub fn drive(
    evaluator: &mut dyn Evaluator,
    state: &mut State,
    budget: u64,
    progress: &Progress,
    offer: &mut dyn FnMut(&State) -> Result<()>,
) -> Outcome {
    let State { frame, search, .. } = state;
    let (mut frame, mut search) = (frame.clone(), search.clone());
    let cols = evaluator.cols();
    let mut evaluations = search.report().evaluations;
    // The best candidate since the last move: the search itself moves only when it has seen all of them.
    let mut candidate: Option<(f64, Move<f64>)> = None;
    let mut moves = Vec::new();
    let mut values = Vec::new();
    let mut shown = evaluations;
    let mut error = None;

    let ended = loop {
        let ask = search.ask();
        if !matches!(ask, Ask::Rotated(_)) || evaluator.is_stateless() {
            state.frame.copy_from_slice(&frame);
            state.search.clone_from(&search);
            if let Err(e) = offer(state) {
                error = Some(e);
                break Ended::Failed;
            }
        }
        if interrupt::asked() {
            break Ended::Interrupted;
        }
        if let Ask::Done(stop) = ask {
            break match stop {
                Stop::Converged => Ended::Converged,
                Stop::Runs => Ended::Runs,
                Stop::Evaluations => Ended::Evaluations,
            };
        }
        if evaluations >= budget {
            break Ended::Evaluations;
        }

        moves.clear();
        values.clear();
        let result = match ask {
            Ask::Rotated(one) if evaluator.batch() == 1 => {
                moves.push(one);
                evaluator.rotated(&frame, &moves, &mut values)
            }
            Ask::Rotated(_) => {
                let left = usize::try_from(budget - evaluations).unwrap_or(usize::MAX);
                let many = search.pending().min(evaluator.batch()).min(left);
                moves.extend((0..many).filter_map(|offset| match search.pending_at(offset) {
                    Ask::Rotated(one) => Some(one),
                    _ => None,
                }));
                evaluator.rotated(&frame, &moves, &mut values)
            }
            _ => {
                search.look(cols, &frame);
                evaluator.value(&frame).map(|value| values.push(value))
            }
        };
        // What was answered before a failure counts.
        for (place, &value) in values.iter().enumerate() {
            evaluations += 1;
            let asked = moves.get(place).copied();
            if let Some(asked) = asked
                && value.is_finite()
                && candidate.is_none_or(|(best, _)| value < best)
            {
                candidate = Some((value, asked));
            }
            if let Some(accepted) = search.tell(value) {
                evaluator.accept(&frame, accepted);
                accepted.apply(cols, &mut frame);
                candidate = None;
                record(&mut state.history, evaluations, search.report().value);
            } else if asked.is_none() {
                record(&mut state.history, evaluations, search.report().value);
            }
        }
        if let Err(e) = result {
            // A child that dies of the user's Ctrl-C has not failed.
            if interrupt::asked() {
                break Ended::Interrupted;
            }
            error = Some(e);
            break Ended::Failed;
        }
        if evaluations - shown >= 4096 || evaluator.batch() > 1 || evaluator.is_stateless() {
            progress.add(evaluations - shown);
            progress.message(|| best_so_far(search.report().value));
            shown = evaluations;
        }
    };
    progress.add(evaluations - shown);

    let mut value = search.report().value;
    // A search that came to its own end has nothing better to offer than rounding.
    let cut_short = !matches!(ended, Ended::Converged | Ended::Runs);
    let is_better = |better: f64| cut_short && value.is_none_or(|value| better < value);
    if let Some((better, last)) = candidate.filter(|(better, _)| is_better(*better)) {
        last.apply(cols, &mut frame);
        value = Some(better);
    }
    Outcome { ended, value, frame, evaluations, error }
}

fn best_so_far(value: Option<f64>) -> String {
    value.map_or_else(|| "no finite value yet".into(), |value| format!("evaluations, best {value:.9e}"))
}

/// Adds a point if it is an improvement. A long history keeps every other point.
fn record(history: &mut Vec<(u64, f64)>, evaluations: u64, value: Option<f64>) {
    const LONG: usize = 4096;
    let Some(value) = value else { return };
    if history.last().is_some_and(|&(_, last)| value >= last) {
        return;
    }
    history.push((evaluations, value));
    if history.len() >= LONG {
        let mut keep = false;
        history.retain(|_| {
            keep = !keep;
            keep
        });
    }
}
