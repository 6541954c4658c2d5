//! Ensembles: many runs of stochastic gradients, or of their stochastic equation, in parallel.
//!
//! A run draws from a generator of its own, so neither the number of threads nor that of the other runs changes it; it
//! can stop after any step and go on with the same bits.

use std::sync::Mutex;
use std::time::Instant;

use rand_core::Rng;
use rayon::prelude::*;
use reparam::diagonal::covariance::Covariance;
use reparam::diagonal::rule::{Difference, Exponentiated, Product, Rule, curvature};
use reparam::diagonal::{Error as Refused, Step, sde, step};
use reparam::random::{SplitMix64, fill_gaussian, gaussian};
use serde::{Deserialize, Serialize};

use super::failed;
use super::model::{Model, Parametrization};
use crate::checkpoint::Checkpoint;
use crate::report::progress::Progress;
use crate::{Error, Result, interrupt};

/// What moves the weights.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Dynamics {
    /// Stochastic gradients, one sample a step.
    Gradients,
    /// The stochastic equation, in time steps of at most this.
    Equation(f64),
}

/// How a run moves.
#[derive(Clone, Debug)]
pub struct Plan<'a> {
    /// What is learnt.
    pub model: &'a Model,
    /// How weights are written.
    pub parametrization: Parametrization,
    /// γ.
    pub step: f64,
    /// α: effective initialisation.
    pub init: f64,
    /// When to look, ascending.
    pub times: &'a [f64],
    /// Starts at the target, all numbers perturbed by this part of them, instead of at 0.
    pub perturbation: Option<f64>,
}

/// A run, finished or not.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Run {
    /// Steps since the last look.
    done: u64,
    rng: u64,
    u: Vec<f64>,
    v: Vec<f64>,
    /// Risk at each look so far.
    pub risk: Vec<f64>,
    /// mean λ(u² + v²) at each look so far.
    pub curvature: Vec<f64>,
    /// Numbers that changed their sign.
    pub flips: u64,
    /// Whether the weights left the range of the scalar: there are no further looks.
    pub diverged: bool,
}

/// All runs in a checkpoint; `None` for those that have not begun.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Saved(Vec<Option<Run>>);

/// Steps between looks, and length of a time step.
fn segments(dynamics: Dynamics, times: &[f64], dim: usize) -> Vec<(u64, f64)> {
    let mut before = 0.0;
    let mut segment = |&time: &f64| {
        let segment = match dynamics {
            Dynamics::Gradients => {
                let step = |time: f64| (time * dim as f64).round() as u64;
                (step(time) - step(before), 0.0)
            }
            Dynamics::Equation(dt) => {
                let steps = ((time - before) / dt - 1e-9).ceil().max(0.0);
                (steps as u64, if steps > 0.0 { (time - before) / steps } else { dt })
            }
        };
        before = time;
        segment
    };
    times.iter().map(&mut segment).collect()
}

impl Plan<'_> {
    /// Steps of one run.
    pub fn steps(&self, dynamics: Dynamics) -> u64 {
        segments(dynamics, self.times, self.model.dim()).iter().map(|(steps, _)| steps).sum()
    }

    fn start(&self, seed: u64) -> Result<Run> {
        let dim = self.model.dim();
        let mut rng = SplitMix64::new(seed);
        let (u, v) = match self.perturbation {
            None => {
                let (u, v) = self.parametrization.numbers(0.0, self.init)?;
                (vec![u; dim], vec![v; dim])
            }
            Some(part) => {
                let numbers = self.model.target.iter().map(|&b| self.parametrization.numbers(b, self.init));
                let (mut u, mut v): (Vec<f64>, Vec<f64>) =
                    numbers.collect::<Result<Vec<_>>>()?.into_iter().unzip();
                u.iter_mut().chain(&mut v).for_each(|x| *x *= 1.0 + part * gaussian::<f64, _>(&mut rng));
                (u, v)
            }
        };
        Ok(Run {
            done: 0,
            rng: rng.state(),
            u,
            v,
            risk: Vec::new(),
            curvature: Vec::new(),
            flips: 0,
            diverged: false,
        })
    }

    fn drive(&self, dynamics: Dynamics, run: &mut Run, offer: &mut Offer<'_>) -> Result<()> {
        match self.parametrization {
            Parametrization::Difference => self.drive_rule(&mut Difference, dynamics, run, offer),
            Parametrization::Product => self.drive_rule(&mut Product, dynamics, run, offer),
            Parametrization::Exponentiated => self.drive_rule(&mut Exponentiated, dynamics, run, offer),
        }
    }

    fn drive_rule<R: Rule<f64>>(
        &self,
        rule: &mut R,
        dynamics: Dynamics,
        run: &mut Run,
        offer: &mut Offer<'_>,
    ) -> Result<()> {
        let Model { structure, target, noise, .. } = self.model;
        let dim = target.len();
        let mut covariance = structure.sampler();
        let variances = structure.variances();
        let mut rng = SplitMix64::new(run.rng);
        let mut scratch = vec![0.0; sde::scratch_len(dim, covariance.noise_dim())];
        // A number for the noise on the answer behind those of the sample.
        let (mut z, mut a) = (vec![0.0; covariance.noise_dim()], vec![0.0; dim]);
        let scale = (dim as f64).sqrt().recip();
        // Often enough for Ctrl-C, rarely enough to cost nothing.
        let often = (2_000_000 / dim as u64).max(1);
        let segments = segments(dynamics, self.times, dim);
        while let Some(&(steps, dt)) = segments.get(run.risk.len()) {
            let settings = sde::Settings { step: self.step, dt, noise_variance: noise * noise };
            while run.done < steps {
                let moved = match dynamics {
                    Dynamics::Gradients => {
                        fill_gaussian(&mut rng, &mut z);
                        z.iter_mut().for_each(|z| *z *= scale);
                        covariance.color(&z, &mut a);
                        let mut answer = self.model.answer(&a);
                        if *noise > 0.0 {
                            answer += noise * gaussian::<f64, _>(&mut rng);
                        }
                        step::step(rule, Step::Fixed(self.step), &mut run.u, &mut run.v, &a, answer)
                            .map(|report| run.flips += report.flips as u64)
                    }
                    Dynamics::Equation(_) => sde::step(
                        rule,
                        &mut covariance,
                        settings,
                        target,
                        &mut run.u,
                        &mut run.v,
                        &mut rng,
                        &mut scratch,
                    )
                    .map(drop),
                };
                match moved {
                    Ok(()) => run.done += 1,
                    Err(Refused::NotFinite) => {
                        run.diverged = true;
                        return Ok(());
                    }
                    Err(error) => return Err(failed(error)),
                }
                if run.done.is_multiple_of(often) {
                    run.rng = rng.state();
                    offer(run, often)?;
                    if interrupt::asked() {
                        return Ok(());
                    }
                }
            }
            run.rng = rng.state();
            let risk_scratch = &mut scratch[..sde::risk_scratch_len(dim)];
            let risk =
                sde::risk(rule, &mut covariance, target, &run.u, &run.v, risk_scratch).map_err(failed)?;
            let curvature = curvature(&variances, &run.u, &run.v);
            match curvature {
                Ok(curvature) if risk.is_finite() => {
                    run.risk.push(risk);
                    run.curvature.push(curvature);
                    offer(run, run.done % often)?;
                    run.done = 0;
                }
                _ => {
                    run.diverged = true;
                    return Ok(());
                }
            }
        }
        Ok(())
    }
}

/// Told a run in a state to go on from, and the steps since it was told last.
type Offer<'a> = dyn FnMut(&Run, u64) -> Result<()> + 'a;

/// Runs `count` runs of each of the dynamics. An interruption is an error; the checkpoint then holds all runs.
pub fn run(
    plan: &Plan<'_>,
    dynamics: &[Dynamics],
    count: usize,
    seed: u64,
    resumed: Option<Saved>,
    checkpoint: &mut Checkpoint,
    progress: &Progress,
) -> Result<Vec<Vec<Run>>> {
    let jobs: Vec<(Dynamics, u64)> = dynamics
        .iter()
        .flat_map(|&dynamics| seeds(dynamics, seed, count).map(move |seed| (dynamics, seed)))
        .collect();
    let slots = match resumed {
        Some(Saved(slots)) if slots.len() == jobs.len() => slots,
        Some(Saved(slots)) => {
            let what = format!("the checkpoint holds {} runs instead of {}", slots.len(), jobs.len());
            return Err(Error::failed(what));
        }
        None => vec![None; jobs.len()],
    };
    let every = checkpoint.every();
    let shared = Mutex::new((slots, checkpoint));
    let lost = || Error::failed("another run failed");
    let one = |(index, &(dynamics, seed)): (usize, &(Dynamics, u64))| -> Result<Option<Run>> {
        let slot = shared.lock().map_err(|_| lost())?.0[index].clone();
        let mut run = match slot {
            Some(run) => run,
            None if interrupt::asked() => return Ok(None),
            None => plan.start(seed)?,
        };
        let mut left = Instant::now();
        plan.drive(dynamics, &mut run, &mut |state, steps| {
            progress.add(steps);
            if every.is_none_or(|every| left.elapsed() < every) {
                return Ok(());
            }
            left = Instant::now();
            let (slots, checkpoint) = &mut *shared.lock().map_err(|_| lost())?;
            slots[index] = Some(state.clone());
            checkpoint.offer(|| Saved(slots.clone()))
        })?;
        if run.diverged || run.risk.len() == plan.times.len() {
            // Nothing to go on with.
            (run.u, run.v) = (Vec::new(), Vec::new());
        }
        if every.is_some() {
            shared.lock().map_err(|_| lost())?.0[index] = Some(run.clone());
        }
        Ok(Some(run))
    };
    let runs: Vec<Option<Run>> = jobs.par_iter().enumerate().map(one).collect::<Result<_>>()?;
    let (slots, checkpoint) = shared.into_inner().map_err(|_| lost())?;
    checkpoint.save(&Saved(slots))?;
    if interrupt::asked() {
        let error = Error::failed("interrupted");
        return Err(match checkpoint.file() {
            Some(file) => error.remedy(format!("go on with --resume {}", file.display())),
            None => error.remedy("long runs can go on after a break with --checkpoint FILE"),
        });
    }
    let runs: Vec<Run> = runs.into_iter().flatten().collect();
    Ok(runs.chunks(count.max(1)).map(<[Run]>::to_vec).collect())
}

/// A generator's seed for each run; both dynamics have their own.
fn seeds(dynamics: Dynamics, seed: u64, count: usize) -> impl Iterator<Item = u64> {
    let purpose = match dynamics {
        Dynamics::Gradients => 1,
        Dynamics::Equation(_) => 2,
    };
    let mut rng = SplitMix64::new(seed);
    let mut rng = SplitMix64::new((0..purpose).fold(0, |_, _| rng.next_u64()));
    (0..count).map(move |_| rng.next_u64())
}
