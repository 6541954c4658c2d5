//! Markov decision processes that several tests share.
#![allow(dead_code, reason = "not every test needs all")]

use rand_core::Rng;
use reparam::horizon::model::{ByEdge, ByRow, Q16};
use reparam::horizon::{Edge, Flash, Model, Sparse};
use reparam::random::SplitMix64;

/// Edges of a row: next, probability, reward.
pub(crate) type Row = Vec<(usize, f64, f64)>;

/// A process in the most general form: rewards by edge.
#[derive(Clone)]
pub(crate) struct Process {
    pub(crate) states: usize,
    pub(crate) actions: usize,
    /// `states·actions` rows.
    pub(crate) rows: Vec<Row>,
}

impl Process {
    pub(crate) fn row(&self, state: usize, action: usize) -> &Row {
        &self.rows[state * self.actions + action]
    }
}

impl Model<f64> for Process {
    fn states(&self) -> usize {
        self.states
    }
    fn actions(&self) -> usize {
        self.actions
    }
    fn edges(&self, _stage: usize, state: usize, action: usize) -> impl Iterator<Item = Edge<f64>> {
        self.row(state, action).iter().map(|&(next, probability, reward)| Edge { next, probability, reward })
    }
}

impl Model<f32> for Process {
    fn states(&self) -> usize {
        self.states
    }
    fn actions(&self) -> usize {
        self.actions
    }
    fn edges(&self, _stage: usize, state: usize, action: usize) -> impl Iterator<Item = Edge<f32>> {
        self.row(state, action).iter().map(|&(next, probability, reward)| Edge {
            next,
            probability: probability as f32,
            reward: reward as f32,
        })
    }
}

/// Uniform in [0, 1) of 53 bits.
pub(crate) fn uniform(rng: &mut SplitMix64) -> f64 {
    (rng.next_u64() >> 11) as f64 * (-53f64).exp2()
}

pub(crate) fn below(rng: &mut SplitMix64, n: usize) -> usize {
    (uniform(rng) * n as f64) as usize
}

/// Random sparse process: for each state and action `branches` successors (duplicates add up), weights 1..=9, then a
/// reward 0..=10.
pub(crate) fn garnet(states: usize, actions: usize, branches: usize, seed: u64) -> Process {
    let mut rng = SplitMix64::new(seed);
    let rows = (0..states * actions)
        .map(|_| {
            let next: Vec<usize> = (0..branches).map(|_| below(&mut rng, states)).collect();
            let weights: Vec<f64> = (0..branches).map(|_| (1 + below(&mut rng, 9)) as f64).collect();
            let reward = below(&mut rng, 11) as f64;
            let total: f64 = weights.iter().sum();
            let mut row: Row = Vec::new();
            for (&next, &weight) in next.iter().zip(&weights) {
                match row.iter_mut().find(|edge| edge.0 == next) {
                    Some(edge) => edge.1 += weight / total,
                    None => row.push((next, weight / total, reward)),
                }
            }
            row
        })
        .collect();
    Process { states, actions, rows }
}

/// A coin that pays 1 with probability p.
pub(crate) fn coin(p: f64) -> Process {
    Process { states: 1, actions: 1, rows: vec![vec![(0, 1.0 - p, 0.0), (0, p, 1.0)]] }
}

/// A sensor node that lives on harvested energy: battery 0..=11, weather dark, dim or sunny; duty 0..=3 for the next hour
/// earns 0, 3, 5, 6, and −20 if the battery does not last. State 3·battery + weather.
pub(crate) fn energy_node() -> Process {
    const WEATHER: [[f64; 3]; 3] = [[0.7, 0.2, 0.1], [0.3, 0.4, 0.3], [0.1, 0.3, 0.6]];
    const HARVEST: [&[f64]; 3] = [&[1.0], &[0.5, 0.5], &[0.1, 0.3, 0.6]];
    const PAY: [f64; 4] = [0.0, 3.0, 5.0, 6.0];
    let mut rows = Vec::new();
    for battery in 0..12usize {
        for weather in 0..3 {
            for (duty, &pay) in PAY.iter().enumerate() {
                let more = if duty == 0 { 0.1 } else { 0.2 };
                let mut row: Row = Vec::new();
                for (used, p_used) in [(duty, 1.0 - more), (duty + 1, more)] {
                    for (gain, &p_gain) in HARVEST[weather].iter().enumerate() {
                        let (level, reward) =
                            if battery >= used { (battery - used + gain, pay) } else { (gain, -20.0) };
                        for (after, &p_after) in WEATHER[weather].iter().enumerate() {
                            let next = 3 * level.min(11) + after;
                            let p = p_used * p_gain * p_after;
                            match row.iter_mut().find(|edge| (edge.0, edge.2) == (next, reward)) {
                                Some(edge) => edge.1 += p,
                                None => row.push((next, p, reward)),
                            }
                        }
                    }
                }
                // Rewards in runs.
                row.sort_by(|x, y| y.2.total_cmp(&x.2).then(x.0.cmp(&y.0)));
                rows.push(row);
            }
        }
    }
    Process { states: 36, actions: 4, rows }
}

/// The process as it is stored in flash.
pub(crate) struct Stored {
    states: usize,
    actions: usize,
    pub(crate) row_ptr: Vec<u16>,
    pub(crate) col: Vec<u8>,
    pub(crate) exact: Vec<f64>,
    pub(crate) prob: Vec<Q16>,
    pub(crate) reward: Vec<i8>,
    /// Reward of the first edge of each row.
    pub(crate) row_reward: Vec<i8>,
}

impl Stored {
    pub(crate) fn new(process: &Process) -> Self {
        let (states, actions) = (process.states, process.actions);
        let (mut row_ptr, mut col, mut exact, mut prob) = (vec![0], Vec::new(), Vec::new(), Vec::new());
        let (mut reward, mut row_reward) = (Vec::new(), Vec::new());
        for row in &process.rows {
            let p: Vec<f64> = row.iter().map(|edge| edge.1).collect();
            let mut rounded = vec![Q16(0); p.len()];
            Q16::from_probabilities(&p, &mut rounded).unwrap();
            col.extend(row.iter().map(|edge| edge.0 as u8));
            exact.extend(p);
            prob.extend(rounded);
            reward.extend(row.iter().map(|edge| edge.2 as i8));
            row_reward.push(row[0].2 as i8);
            row_ptr.push(col.len() as u16);
        }
        Self { states, actions, row_ptr, col, exact, prob, reward, row_reward }
    }

    pub(crate) fn fixed(&self) -> Flash<'_> {
        Flash::new(self.states, self.actions, &self.row_ptr, &self.col, &self.prob, &self.reward).unwrap()
    }

    pub(crate) fn float(&self) -> Sparse<'_, u16, u8, f64, ByEdge<'_, i8>> {
        Sparse::new(self.states, self.actions, &self.row_ptr, &self.col, &self.exact, ByEdge(&self.reward))
            .unwrap()
    }

    /// For processes whose rewards do not depend on what follows.
    pub(crate) fn by_row(&self) -> Sparse<'_, u16, u8, f64, ByRow<'_, i8>> {
        Sparse::new(self.states, self.actions, &self.row_ptr, &self.col, &self.exact, ByRow(&self.row_reward))
            .unwrap()
    }
}
