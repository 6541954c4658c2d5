//! A process of few states, and the policy whose values are asked for.

use rand_core::Rng;
use reparam::random::uniform;

use super::{Place, Sample, returns};

/// Values differ by at most this from where they tie.
const TIE: f64 = 1e-9;

/// Rows of all pairs of a state and an action, and a policy.
#[derive(Clone, Debug)]
pub struct Finite {
    /// Number of actions.
    pub actions: usize,
    /// Discount.
    pub discount: f64,
    /// Successors with their probabilities, by state and action.
    pub rows: Vec<Vec<(usize, f64)>>,
    /// Rewards, by state and action.
    pub rewards: Vec<f64>,
    /// Probabilities of the actions, by state and action.
    pub policy: Vec<f64>,
}

impl Finite {
    /// Number of states.
    pub fn states(&self) -> usize {
        self.rows.len() / self.actions
    }

    fn lookahead(&self, pair: usize, values: &[f64]) -> f64 {
        let next: f64 = self.rows[pair].iter().map(|&(state, p)| p * values[state]).sum();
        self.rewards[pair] + self.discount * next
    }

    /// Iterates until values are within 10⁻¹³ of where they settle.
    fn settle(&self, backup: impl Fn(&[f64], usize) -> f64) -> Vec<f64> {
        let mut values = vec![0.0; self.states()];
        loop {
            let next: Vec<f64> = (0..self.states()).map(|state| backup(&values, state)).collect();
            let change = next.iter().zip(&values).map(|(x, y)| (x - y).abs()).fold(0.0, f64::max);
            values = next;
            if change * self.discount <= 1e-13 * (1.0 - self.discount) {
                return values;
            }
        }
    }

    fn pairs(&self, state: usize) -> std::ops::Range<usize> {
        state * self.actions..(state + 1) * self.actions
    }

    /// Largest values of any policy.
    pub fn optimum(&self) -> Vec<f64> {
        self.settle(|values, state| {
            self.pairs(state).map(|pair| self.lookahead(pair, values)).fold(f64::NEG_INFINITY, f64::max)
        })
    }

    /// Makes the policy the best one, but for a part of its actions, which are drawn from all. Ties share.
    pub fn follow_the_best(&mut self, random: f64) {
        let best = self.optimum();
        for state in 0..self.states() {
            let values: Vec<f64> = self.pairs(state).map(|pair| self.lookahead(pair, &best)).collect();
            let largest = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            let ties = values.iter().filter(|&&v| v >= largest - TIE).count();
            for (pair, &value) in self.pairs(state).zip(&values) {
                let greedy = if value >= largest - TIE { (1.0 - random) / ties as f64 } else { 0.0 };
                self.policy[pair] = greedy + random / self.actions as f64;
            }
        }
    }

    /// Values of the policy.
    pub fn values(&self) -> Vec<Sample> {
        let values = self.settle(|values, state| {
            self.pairs(state).map(|pair| self.policy[pair] * self.lookahead(pair, values)).sum()
        });
        let shift = 1.0 / (1.0 - self.discount);
        let sample = |(state, value)| Sample { place: Place::State(state), value, shift };
        values.into_iter().enumerate().map(sample).collect()
    }

    /// A trajectory of the policy from a state that is drawn from all.
    pub fn trajectory(&self, rng: &mut impl Rng, steps: usize) -> Vec<Sample> {
        let mut state = reparam::random::index(rng, self.states() as u32) as usize;
        let mut trajectory = Vec::with_capacity(steps);
        for _ in 0..steps {
            let pairs = self.pairs(state);
            let pair = pairs.start + draw(rng, self.policy[pairs].iter().copied());
            trajectory.push((Place::State(state), self.rewards[pair]));
            let row = &self.rows[pair];
            state = row[draw(rng, row.iter().map(|&(_, p)| p))].0;
        }
        returns(&trajectory, self.discount)
    }
}

/// Position of one of some probabilities.
fn draw(rng: &mut impl Rng, probabilities: impl Iterator<Item = f64>) -> usize {
    let mut left: f64 = uniform(rng);
    let mut last = 0;
    for (position, p) in probabilities.enumerate() {
        if left < p {
            return position;
        }
        if p > 0.0 {
            last = position;
        }
        left -= p;
    }
    // Rounding: probabilities add up to a little less than 1.
    last
}
