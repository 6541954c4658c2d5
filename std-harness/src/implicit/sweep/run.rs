//! Runs of a sweep: many settings, each from the same seeds, on all cores.

use rand_core::Rng;
use rayon::prelude::*;
use reparam::implicit::Error as Refused;
use reparam::random::{SplitMix64, index};
use serde::Serialize;

use super::super::domain::{Data, Domain, Phi, Sample};
use super::super::estimator::{Estimator, Method, Model};
use super::super::failed;
use crate::report::progress::Progress;
use crate::{Error, Result, interrupt};

/// What a run is of.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Setting {
    /// What is learned.
    pub method: Method,
    /// η; for explicit values that of the process that they start with.
    pub eta: f64,
    /// Step size.
    pub step: f64,
    /// Added to every reward.
    pub offset: f64,
}

/// What all runs have in common.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// Where.
    pub domain: Domain,
    /// Steps.
    pub updates: usize,
    /// Samples of a step, drawn with replacement.
    pub batch: usize,
}

/// Norms of the differences between values and what they should be.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Residual {
    /// Of all of them.
    pub norm: f64,
    /// Of their mean, in all places.
    pub ones: f64,
    /// Of what is left without the mean.
    pub orthogonal: f64,
    /// Of all places but those that no feature describes.
    pub described: f64,
}

/// A run.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Run {
    /// Number of the seed, from 0.
    pub seed: usize,
    /// At the start.
    pub first: Residual,
    /// At the end; nothing if it has diverged.
    pub last: Option<Residual>,
}

/// A run whose last residual is so many times the first has diverged, though its numbers are still finite.
const HOPELESS: f64 = 1e6;

impl Residual {
    fn of(domain: Domain, w: &[f64], test: &[Sample], offset: f64) -> Result<Self> {
        use reparam::implicit::Feature;
        let mut buffer = vec![0.0; w.len()];
        let (mut sum, mut squares, mut described) = (0.0, 0.0, 0.0);
        for sample in test {
            let phi = domain.phi(sample.place, &mut buffer)?;
            let off = phi.dot(w).map_err(failed)? - sample.target(offset);
            sum += off;
            squares += off * off;
            if !matches!(phi, Phi::Nothing) {
                described += off * off;
            }
        }
        let ones = sum * sum / test.len() as f64;
        let root = |x: f64| x.max(0.0).sqrt();
        Ok(Self {
            norm: root(squares),
            ones: root(ones),
            orthogonal: root(squares - ones),
            described: root(described),
        })
    }
}

/// Seeds of data, start and batches of a run.
#[derive(Clone, Copy, Debug)]
struct Seeds {
    data: u64,
    start: u64,
    batches: u64,
}

fn seeds(count: usize, seed: u64) -> Vec<Seeds> {
    let mut rng = SplitMix64::new(seed);
    (0..count)
        .map(|_| Seeds { data: rng.next_u64(), start: rng.next_u64(), batches: rng.next_u64() })
        .collect()
}

/// The data of all seeds.
pub fn data(domain: Domain, count: usize, seed: u64) -> Vec<Data> {
    seeds(count, seed).par_iter().map(|seeds| domain.data(seeds.data)).collect()
}

/// Runs of all settings, setting by setting. All settings see the same data, start and batches.
pub fn run(
    plan: &Plan,
    settings: &[Setting],
    count: usize,
    seed: u64,
    progress: &Progress,
) -> Result<Vec<Vec<Run>>> {
    let data = data(plan.domain, count, seed);
    let seeds = seeds(count, seed);
    let jobs: Vec<(&Setting, usize)> =
        settings.iter().flat_map(|setting| (0..count).map(move |seed| (setting, seed))).collect();
    let one = |&(setting, seed): &(&Setting, usize)| {
        let run = plan.one(setting, seed, seeds[seed], &data[seed])?;
        progress.add(1);
        Ok(run)
    };
    let runs: Vec<Run> = jobs.par_iter().map(one).collect::<Result<_>>()?;
    Ok(runs.chunks(count.max(1)).map(<[Run]>::to_vec).collect())
}

impl Plan {
    fn one(&self, setting: &Setting, seed: usize, seeds: Seeds, data: &Data) -> Result<Run> {
        let n = self.domain.features();
        let model = Model::random(n, setting.eta, &mut SplitMix64::new(seeds.start))?;
        let mut estimator = Estimator::new(setting.method, model)?;
        let residual = |w: &[f64]| Residual::of(self.domain, w, &data.test, setting.offset);
        let first = residual(estimator.values().map_err(failed)?)?;
        let mut rng = SplitMix64::new(seeds.batches);
        let mut buffers = vec![0.0; n * self.batch];
        let diverged = Run { seed, first, last: None };
        for _ in 0..self.updates {
            if interrupt::asked() {
                return Err(Error::failed("interrupted"));
            }
            let batch: Vec<(Phi<'_>, f64)> = buffers
                .chunks_exact_mut(n)
                .map(|buffer| {
                    let sample = data.train[index(&mut rng, data.train.len() as u32) as usize];
                    Ok((self.domain.phi(sample.place, buffer)?, sample.target(setting.offset)))
                })
                .collect::<Result<_>>()?;
            match estimator.step(batch, setting.step) {
                Ok(_) => {}
                Err(Refused::Diverged | Refused::NotFinite) => return Ok(diverged),
                Err(error) => return Err(failed(error)),
            }
        }
        let last = match estimator.values() {
            Ok(w) => residual(w)?,
            Err(Refused::Diverged | Refused::NotFinite) => return Ok(diverged),
            Err(error) => return Err(failed(error)),
        };
        Ok(if last.norm <= HOPELESS * first.norm { Run { last: Some(last), ..diverged } } else { diverged })
    }
}
