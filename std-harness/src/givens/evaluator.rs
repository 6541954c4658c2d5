//! Evaluation of candidates: one by one for objectives that do it incrementally, over all cores for the others.

use rayon::prelude::*;
use reparam::givens::objective::Objective;
use reparam::givens::search::Move;

use crate::Result;

/// What a search evaluates. It may keep something about the frame whose value it gave last.
pub trait Evaluator {
    /// Columns of the frame.
    fn cols(&self) -> usize;

    /// Candidates that it likes to get at a time; 1 if it is quickest one by one.
    fn batch(&self) -> usize;

    /// Whether it keeps nothing about the frame.
    fn is_stateless(&self) -> bool;

    /// Value of the frame.
    fn value(&mut self, frame: &[f64]) -> Result<f64>;

    /// Appends the values that the frame would have after each of these moves, in order; on failure, those
    /// before the one that failed.
    fn rotated(&mut self, frame: &[f64], moves: &[Move<f64>], values: &mut Vec<f64>) -> Result<()>;

    /// The frame is about to make this move.
    fn accept(&mut self, frame: &[f64], accepted: Move<f64>);
}

/// An objective of the core.
pub struct Local<'a> {
    objective: &'a mut (dyn Objective<f64> + Sync),
    scratch: Vec<f64>,
    batch: usize,
}

impl<'a> Local<'a> {
    /// Evaluates candidates one by one.
    pub fn serial(objective: &'a mut (dyn Objective<f64> + Sync)) -> Self {
        let scratch = vec![0.0; objective.scratch_len()];
        Self { objective, scratch, batch: 1 }
    }

    /// Evaluates candidates over all cores: for objectives whose single value takes many microseconds.
    pub fn parallel(objective: &'a mut (dyn Objective<f64> + Sync)) -> Self {
        Self { batch: 1024, ..Self::serial(objective) }
    }
}

impl Evaluator for Local<'_> {
    fn cols(&self) -> usize {
        self.objective.cols()
    }

    #[inline]
    fn batch(&self) -> usize {
        self.batch
    }

    #[inline]
    fn is_stateless(&self) -> bool {
        false
    }

    fn value(&mut self, frame: &[f64]) -> Result<f64> {
        Ok(self.objective.value(frame))
    }

    #[inline]
    fn rotated(&mut self, frame: &[f64], moves: &[Move<f64>], values: &mut Vec<f64>) -> Result<()> {
        let Self { objective, scratch, .. } = self;
        if let [one] = moves {
            values.push(objective.rotated(frame, one.plane, one.rotation, scratch));
            return Ok(());
        }
        let objective = &**objective;
        let scratch = || vec![0.0; objective.scratch_len()];
        let value = |scratch: &mut Vec<f64>, one: &Move<f64>| {
            objective.rotated(frame, one.plane, one.rotation, scratch)
        };
        values.par_extend(moves.par_iter().with_min_len(16).map_init(scratch, value));
        Ok(())
    }

    fn accept(&mut self, frame: &[f64], accepted: Move<f64>) {
        self.objective.accept(frame, accepted.plane, accepted.rotation);
    }
}
