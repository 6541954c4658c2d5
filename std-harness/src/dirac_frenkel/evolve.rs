//! One run: a problem, a method, weights at the start; steps until the end.

use std::time::Instant;

use reparam::dirac_frenkel::random::{Columns, Sketch, columns_scratch_len, sketch_scratch_len};
use reparam::dirac_frenkel::{DiracFrenkel, Flow, Form, Method, Momentum, Stage, Truncation, full, step};
use reparam::random::SplitMix64;
use reparam_dense::Dense;
use serde::{Deserialize, Serialize};

use super::case::{Block, Case, Integrator, Moment, Retention, Rows, Settings};
use super::failed;
use super::fields::Blocks;
use crate::report::progress::Progress;
use crate::{Error, Result, interrupt};

/// From this number of weights on least squares are [`Dense`].
pub const LARGE: usize = 100;

/// How velocities are made.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum By {
    /// Dirac-Frenkel: least norm of the singular values that are kept.
    Df,
    /// With momentum.
    Dfo,
    /// Regularized with this γ.
    Tikhonov(f64),
    /// As [`Df`](Self::Df), with a bound of its own.
    Tsvd(f64),
    /// So many random columns.
    Rsng(usize),
    /// A sketch of that width, with momentum.
    Rdfo(usize),
}

impl By {
    /// Whether it draws random numbers.
    pub fn is_random(self) -> bool {
        matches!(self, Self::Rsng(_) | Self::Rdfo(_))
    }

    /// For people.
    pub fn name(self) -> String {
        match self {
            Self::Df => "DF".into(),
            Self::Dfo => "DFO".into(),
            Self::Tikhonov(gamma) => format!("Tikhonov {gamma:e}"),
            Self::Tsvd(bound) => format!("tSVD {bound:e}"),
            Self::Rsng(count) => format!("RSNG {count}"),
            Self::Rdfo(count) => format!("RDFO {count}"),
        }
    }
}

/// What a run does.
#[derive(Clone, Debug)]
pub struct Plan<'a> {
    /// Problem.
    pub case: &'a Case,
    /// Step, bounds, momentum.
    pub settings: Settings,
    /// What momentum is a mean of in Runge-Kutta.
    pub form: Form,
    /// Method.
    pub by: By,
    /// Seed of what is random.
    pub seed: u64,
    /// Looks after the one at the start.
    pub samples: u64,
}

/// A run, finished or not.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Run {
    /// Steps that are done.
    pub step: u64,
    /// Weights.
    pub theta: Vec<f64>,
    momentum: Vec<f64>,
    /// Weights at each look.
    pub looks: Vec<Vec<f64>>,
    /// Steps in which singular values were dropped.
    pub truncated_steps: u64,
    /// Rank at the last stage.
    pub rank: usize,
    /// Smallest rank.
    pub rank_min: usize,
    /// Largest rank.
    pub rank_max: usize,
    /// Time of work.
    pub seconds: f64,
    /// Why it ended early.
    pub stopped: Option<String>,
}

impl Run {
    /// At the start.
    pub fn new(theta: Vec<f64>, momentum: Option<Vec<f64>>) -> Self {
        let momentum = momentum.unwrap_or_else(|| vec![0.0; theta.len()]);
        Self { looks: vec![theta.clone()], theta, momentum, rank_min: usize::MAX, ..Self::default() }
    }
}

impl Plan<'_> {
    /// Number of steps, and their length: a whole number of steps ends at the time.
    pub fn steps(&self) -> (u64, f64) {
        let steps = (self.settings.time / self.settings.step).round().max(1.0);
        (steps as u64, self.settings.time / steps)
    }

    /// Step of a look.
    pub fn look(&self, k: u64) -> u64 {
        let (steps, _) = self.steps();
        (steps as f64 * k as f64 / self.samples as f64).round() as u64
    }

    /// Times of the looks.
    pub fn times(&self) -> Vec<f64> {
        let (_, h) = self.steps();
        (0..=self.samples).map(|k| h * self.look(k) as f64).collect()
    }

    fn method(&self) -> Result<(Method<f64>, Option<Momentum<f64>>)> {
        let truncation = |relative| {
            Truncation::new(relative, self.settings.absolute).map(Method::Truncated).map_err(failed)
        };
        let momentum = || {
            let lambda = self.settings.lambda;
            match self.settings.retention {
                Retention::Beta(beta) => Momentum::new(beta, lambda),
                Retention::Tau(tau) => Momentum::relaxing(tau, self.steps().1, lambda),
            }
            .map_err(failed)
        };
        Ok(match self.by {
            By::Df | By::Rsng(_) => (truncation(self.settings.relative)?, None),
            By::Dfo | By::Rdfo(_) => (truncation(self.settings.relative)?, Some(momentum()?)),
            By::Tsvd(relative) => (truncation(relative)?, None),
            By::Tikhonov(gamma) => (Method::Tikhonov(gamma), None),
        })
    }

    fn scratch_len(&self, n: usize) -> usize {
        match self.by {
            By::Rsng(count) => columns_scratch_len(n, count),
            By::Rdfo(count) => sketch_scratch_len(n, count),
            _ if n >= LARGE => 0,
            _ => full::scratch_len(n),
        }
    }

    /// Seed of a block in a step: resumed runs draw the same.
    fn seed_of(&self, step: u64, block: usize) -> u64 {
        self.seed.wrapping_add((step * 64 + block as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15))
    }

    /// Rows of the step that the run is at.
    fn rows(&self, run: &Run) -> Result<Vec<Box<dyn Rows>>> {
        let t = self.steps().1 * run.step as f64;
        let of_block = |(index, block): (usize, &Block)| {
            let seed = !self.seed_of(run.step, index);
            block.rows(&Moment { theta: &run.theta, t, step: run.step, seed })
        };
        self.case.blocks.iter().enumerate().map(of_block).collect()
    }

    /// What makes the velocities; random numbers and collocation points are those of one step.
    fn flow<'s>(
        &self,
        scratch: &'s mut [Vec<f64>],
        rows: Vec<Box<dyn Rows>>,
        step: u64,
    ) -> Result<Blocks<'s>> {
        let (method, memory) = self.method()?;
        let mut flows: Vec<(_, Box<dyn Flow<f64> + Send + 's>)> = Vec::new();
        let blocks = self.case.blocks.iter().zip(rows).zip(scratch);
        for (index, ((block, rows), scratch)) in blocks.enumerate() {
            let rng = SplitMix64::new(self.seed_of(step, index));
            let truncation = match method {
                Method::Truncated(truncation) => truncation,
                Method::Tikhonov(_) => Truncation::none(),
            };
            let flow: Box<dyn Flow<f64> + Send + 's> = match self.by {
                By::Rsng(count) => {
                    Box::new(Columns::new(rows, count, truncation, rng, scratch).map_err(failed)?)
                }
                By::Rdfo(count) => {
                    Box::new(Sketch::new(rows, count, truncation, memory, rng, scratch).map_err(failed)?)
                }
                _ if block.weights.len() >= LARGE => {
                    Box::new(Dense::new(rows, method, memory).map_err(failed)?)
                }
                _ => Box::new(DiracFrenkel::new(rows, method, memory, scratch).map_err(failed)?),
            };
            flows.push((block.weights.clone(), flow));
        }
        Ok(Blocks::new(flows))
    }

    /// Goes on to the end, or to where numbers end. `store` gets the run after each step.
    ///
    /// # Errors
    /// For settings that a flow refuses; if it is interrupted; those of `store`.
    pub fn go_on(
        &self,
        run: &mut Run,
        progress: &Progress,
        mut store: impl FnMut(&Run) -> Result<()>,
    ) -> Result<()> {
        let n = run.theta.len();
        let (steps, h) = self.steps();
        let mut memories: Vec<Vec<f64>> =
            self.case.blocks.iter().map(|block| vec![0.0; self.scratch_len(block.weights.len())]).collect();
        let mut of_step = vec![0.0; step::rk4_scratch_len(n).max(step::euler_scratch_len(n))];
        let each_step = self.by.is_random() || self.case.blocks.iter().any(Block::is_made_each_step);
        progress.add(run.step);
        while run.step < steps && run.stopped.is_none() {
            let rows = match self.rows(run) {
                Ok(rows) => rows,
                Err(error) => {
                    run.stopped = Some(format!("time {:.6}: {error}", run.step as f64 * h));
                    break;
                }
            };
            let mut flow = self.flow(&mut memories, rows, run.step)?;
            let until = if each_step { run.step + 1 } else { steps };
            while run.step < until {
                if interrupt::asked() {
                    store(run)?;
                    return Err(Error::failed(format!("interrupted at step {} of {steps}", run.step))
                        .remedy("with --checkpoint a run can go on: --resume"));
                }
                let start = Instant::now();
                let stages = self.step(&mut flow, run, h, &mut of_step);
                run.seconds += start.elapsed().as_secs_f64();
                let stages = match stages {
                    Ok(stages) => stages,
                    Err(error) => {
                        run.stopped = Some(format!("time {:.6}: {error}", run.step as f64 * h));
                        break;
                    }
                };
                run.step += 1;
                self.note(run, &stages);
                progress.add(1);
                while (run.looks.len() as u64) <= self.samples
                    && self.look(run.looks.len() as u64) <= run.step
                {
                    run.looks.push(run.theta.clone());
                }
                store(run)?;
            }
        }
        Ok(())
    }

    fn step(
        &self,
        flow: &mut Blocks<'_>,
        run: &mut Run,
        h: f64,
        scratch: &mut [f64],
    ) -> std::result::Result<Vec<Stage<f64>>, reparam::dirac_frenkel::Error> {
        let t = h * run.step as f64;
        let n = run.theta.len();
        let (theta, momentum) = (&mut run.theta, &mut run.momentum);
        match self.settings.integrator {
            Integrator::Euler => {
                let scratch = &mut scratch[..step::euler_scratch_len(n)];
                step::euler(flow, theta, momentum, t, h, scratch).map(|stage| vec![stage])
            }
            Integrator::Rk4 => {
                let scratch = &mut scratch[..step::rk4_scratch_len(n)];
                step::rk4(flow, self.form, theta, momentum, t, h, scratch).map(Vec::from)
            }
        }
    }

    fn note(&self, run: &mut Run, stages: &[Stage<f64>]) {
        let unknowns = |n: usize| match self.by {
            By::Rsng(count) | By::Rdfo(count) => count.min(n),
            _ => n,
        };
        let unknowns = self.case.blocks.iter().map(|block| unknowns(block.weights.len())).sum();
        run.truncated_steps += u64::from(stages.iter().any(|stage| stage.is_truncated(unknowns)));
        for stage in stages {
            run.rank = stage.rank;
            run.rank_min = run.rank_min.min(stage.rank);
            run.rank_max = run.rank_max.max(stage.rank);
        }
    }

    /// Relative errors at the looks that the run came to.
    ///
    /// # Errors
    /// Those of the problem.
    pub fn errors(&self, run: &Run, exact: &[Vec<f64>]) -> Result<Vec<f64>> {
        let error = |(theta, exact): (&Vec<f64>, &Vec<f64>)| {
            (self.case.values)(theta).map(|values| self.case.error(&values, exact))
        };
        run.looks.iter().zip(exact).map(error).collect()
    }
}
