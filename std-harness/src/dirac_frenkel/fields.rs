//! Several least squares problems as one flow, and fields that see each other.

use std::ops::Range;
use std::sync::Arc;

use reparam::dirac_frenkel::{Ansatz, Error, Flow, Jet, Problem, Stage};

use super::model::Model;

/// Blocks of weights, each with a flow of its own that sees all weights.
pub struct Blocks<'a> {
    flows: Vec<(Range<usize>, Box<dyn Flow<f64> + Send + 'a>)>,
    weights: usize,
}

impl<'a> Blocks<'a> {
    /// The blocks follow one another.
    pub fn new(flows: Vec<(Range<usize>, Box<dyn Flow<f64> + Send + 'a>)>) -> Self {
        let weights = flows.iter().map(|(range, _)| range.len()).sum();
        Self { flows, weights }
    }
}

impl Flow<f64> for Blocks<'_> {
    fn weights(&self) -> usize {
        self.weights
    }

    fn begin(&mut self) {
        self.flows.iter_mut().for_each(|(_, flow)| flow.begin());
    }

    fn velocity(
        &mut self,
        theta: &[f64],
        t: f64,
        h: Option<f64>,
        momentum: &mut [f64],
        velocity: &mut [f64],
    ) -> Result<Stage<f64>, Error> {
        if let [(_, flow)] = &mut self.flows[..] {
            return flow.velocity(theta, t, h, momentum, velocity);
        }
        let mut stages: Vec<Result<Stage<f64>, Error>> = vec![Ok(Stage::default()); self.flows.len()];
        rayon::scope(|scope| {
            let (mut momentum, mut velocity) = (momentum, velocity);
            for ((range, flow), stage) in self.flows.iter_mut().zip(&mut stages) {
                let (m, momentum_left) = std::mem::take(&mut momentum).split_at_mut(range.len());
                let (v, velocity_left) = std::mem::take(&mut velocity).split_at_mut(range.len());
                (momentum, velocity) = (momentum_left, velocity_left);
                scope.spawn(move |_| *stage = flow.velocity(theta, t, h, m, v));
            }
        });
        stages.into_iter().reduce(|sum, stage| Ok(together(sum?, stage?))).unwrap_or(Err(Error::Size))
    }
}

/// Of two blocks.
fn together(a: Stage<f64>, b: Stage<f64>) -> Stage<f64> {
    Stage {
        rank: a.rank + b.rank,
        largest: a.largest.max(b.largest),
        kept: a.kept.min(b.kept),
        dropped: a.dropped.max(b.dropped),
        residual_before: a.residual_before.hypot(b.residual_before),
        residual_after: a.residual_after.hypot(b.residual_after),
        null: a.null.hypot(b.null),
        image: a.image.hypot(b.image),
    }
}

/// One of several fields, each with an ansatz of its own: ∂u_k/∂t as a function of the derivatives of all.
#[derive(Clone, Debug)]
pub struct Field<F> {
    models: Vec<Model>,
    field: usize,
    points: Arc<[f64]>,
    right_hand_side: F,
    jets: Vec<Jet<f64>>,
}

impl<F: FnMut(&[Jet<f64>], &[f64], f64) -> f64> Field<F> {
    /// The `field`-th of `models`, with ∂u/∂t = `right_hand_side(jets, x, t)`: of each field the derivatives along all coordinates.
    ///
    /// `points`: one after the other, all coordinates.
    pub fn new(models: Vec<Model>, field: usize, points: Arc<[f64]>, right_hand_side: F) -> Self {
        let jets = vec![Jet::default(); models.iter().map(Model::dim).sum()];
        Self { models, field, points, right_hand_side, jets }
    }
}

impl<F: FnMut(&[Jet<f64>], &[f64], f64) -> f64> Problem<f64> for Field<F> {
    fn weights(&self) -> usize {
        self.models[self.field].weights()
    }

    fn points(&self) -> usize {
        self.points.len() / self.models[self.field].dim()
    }

    fn row(&mut self, theta: &[f64], t: f64, point: usize, row: &mut [f64]) -> Result<f64, Error> {
        let dim = self.models[self.field].dim();
        let x = self.points.get(point * dim..(point + 1) * dim).ok_or(Error::Size)?;
        let mut left = theta;
        for (k, (model, jets)) in self.models.iter_mut().zip(self.jets.chunks_mut(dim)).enumerate() {
            let (own, rest) = left.split_at_checked(model.weights()).ok_or(Error::Size)?;
            left = rest;
            model.jets(own, x, jets)?;
            if k == self.field {
                model.gradient(own, x, row)?;
            }
        }
        Ok((self.right_hand_side)(&self.jets, x, t))
    }
}
