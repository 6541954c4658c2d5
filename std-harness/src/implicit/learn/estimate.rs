//! From trajectories to outcomes with probabilities.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;

use reparam::implicit::Error as Refused;
use reparam::random::{SplitMix64, index};

use super::super::domain::Phi;
use super::super::estimator::{Estimator, Method, Model};
use super::super::failed;
use super::trajectory::{Step, Trajectories};
use crate::horizon::process::Process;
use crate::report::progress::Progress;
use crate::{Error, Result, interrupt};

/// What may follow a state and an action. Ids from 0.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Outcome {
    /// State before.
    pub state: usize,
    /// Action.
    pub action: usize,
    /// State after.
    pub next: usize,
    /// How likely.
    pub probability: f64,
    /// Paid for it.
    pub reward: f64,
}

/// Shares of what was seen: of each successor and reward, or of each successor with the mean of its rewards.
pub fn by_counts(trajectories: &Trajectories, mean_rewards: bool) -> Vec<Outcome> {
    let mut steps: Vec<&Step> = trajectories.episodes.iter().flatten().collect();
    let pair = |s: &Step| (s.state, s.action);
    steps.sort_by(|a, b| {
        (pair(a), a.next).cmp(&(pair(b), b.next)).then_with(|| a.reward.total_cmp(&b.reward))
    });
    let mut outcomes = Vec::new();
    for row in steps.chunk_by(|a, b| pair(a) == pair(b)) {
        let same = |a: &&Step, b: &&Step| a.next == b.next && (mean_rewards || a.reward == b.reward);
        for group in row.chunk_by(same) {
            let sum: f64 = group.iter().map(|step| step.reward).sum();
            let mean = if mean_rewards { sum / group.len() as f64 } else { group[0].reward };
            outcomes.push(Outcome {
                state: group[0].state,
                action: group[0].action,
                next: group[0].next,
                probability: group.len() as f64 / row.len() as f64,
                reward: mean,
            });
        }
    }
    outcomes
}

/// How an implicit model is learned.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// Discount of its values.
    pub eta: f64,
    /// Step size; without it a quarter of the largest stable one of uniform transitions.
    pub step: Option<f64>,
    /// Steps.
    pub updates: usize,
    /// Samples of a step.
    pub batch: usize,
    /// Seed of the samples.
    pub seed: u64,
}

/// What was learned.
#[derive(Clone, Debug)]
pub struct Learned {
    /// The model.
    pub outcomes: Vec<Outcome>,
    /// Root mean square of value less return over all samples, divided by that of the returns less their mean.
    pub relative_error: f64,
}

/// Pairs of a state and an action that an implicit model may have.
const LARGEST: usize = 1500;
/// A logit of a successor that was not seen: its probability is 10⁻³⁰⁴.
const NEVER: f64 = -700.0;
/// Returns that lack more than this part of a constant reward, because the episode ends, are left out.
const LACKS: f64 = 0.01;

/// Learns transitions and rewards from returns alone: values of pairs of a state and an action are those of a process
/// over pairs, w = (I − ηP)⁻¹R, and steps on ½·mean (w − return)² move the logits of P and R. A trajectory says which pair may follow
/// which; how likely that is, and what is paid, is found by descent, from equal probabilities and no rewards. Summed over the
/// action of the pair after, P is a model. It has the right values of the policy that made the trajectories; that
/// determines neither its transitions nor its rewards.
pub fn implicitly(trajectories: &Trajectories, settings: &Settings, progress: &Progress) -> Result<Learned> {
    let (pairs, samples) = samples(trajectories, settings.eta)?;
    let n = pairs.len();
    let known = |step: &Step| pairs.get(&(step.state, step.action)).copied();
    let mut logits = vec![NEVER; n * n];
    for pair in trajectories.episodes.iter().flat_map(|episode| episode.windows(2)) {
        if let (Some(from), Some(to)) = (known(&pair[0]), known(&pair[1])) {
            logits[from * n + to] = 0.0;
        }
    }
    let mean = samples.iter().map(|&(_, y)| y).sum::<f64>() / samples.len() as f64;
    let around = |w: &dyn Fn(usize) -> f64| {
        (samples.iter().map(|&(pair, y)| (w(pair) - y).powi(2)).sum::<f64>() / samples.len() as f64).sqrt()
    };
    // In units of their size, so that step sizes do not depend on that of rewards.
    let unit = Some(around(&|_| 0.0)).filter(|&unit| unit > 0.0).unwrap_or(1.0);
    let mut share = vec![0.0; n];
    samples.iter().for_each(|&(pair, _)| share[pair] += 1.0 / samples.len() as f64);
    let largest = share.iter().copied().fold(0.0, f64::max);
    let step = settings.step.unwrap_or(0.5 * (1.0 - settings.eta).powi(2) / largest);
    let mut estimator = Estimator::new(Method::Implicit, Model::new(logits, vec![0.0; n], settings.eta)?)?;
    let mut rng = SplitMix64::new(settings.seed);
    for _ in 0..settings.updates {
        if interrupt::asked() {
            return Err(Error::failed("interrupted"));
        }
        let batch = (0..settings.batch).map(|_| {
            let (pair, y) = samples[index(&mut rng, samples.len() as u32) as usize];
            (Phi::One(pair), y / unit)
        });
        match estimator.step(batch, step) {
            Ok(_) => progress.add(1),
            Err(Refused::Diverged | Refused::NotFinite) => {
                return Err(Error::failed(format!("steps of {step} diverge")).remedy("give a smaller --step"));
            }
            Err(error) => return Err(failed(error)),
        }
    }
    let Estimator::Implicit(mut model) = estimator else { return Err(Error::failed("not implicit")) };
    let w = model.values().map_err(failed)?.to_vec();
    let spread = around(&|_| mean);
    let relative_error = around(&|pair| unit * w[pair]) / if spread > 0.0 { spread } else { 1.0 };
    let rewards = model.rewards().to_vec();
    let transitions = model.transitions().map_err(failed)?;
    let by_place: Vec<(usize, usize)> = pairs.keys().copied().collect();
    let mut outcomes = Vec::new();
    for (row, (&(state, action), reward)) in transitions.chunks_exact(n).zip(by_place.iter().zip(rewards)) {
        let mut next = BTreeMap::new();
        for (&p, &(state, _)) in row.iter().zip(&by_place) {
            if p > 1e-12 {
                *next.entry(state).or_insert(0.0) += p;
            }
        }
        let sum: f64 = next.values().sum();
        outcomes.extend(next.into_iter().map(|(next, p)| Outcome {
            state,
            action,
            next,
            probability: p / sum,
            reward: unit * reward,
        }));
    }
    Ok(Learned { outcomes, relative_error })
}

/// Places of pairs, by state and action.
type Pairs = BTreeMap<(usize, usize), usize>;

/// Pairs that another one follows, by state and action; and returns of them.
fn samples(trajectories: &Trajectories, eta: f64) -> Result<(Pairs, Vec<(usize, f64)>)> {
    let followed = trajectories.episodes.iter().flat_map(|episode| &episode[..episode.len() - 1]);
    let mut pairs: Pairs = followed.map(|step| ((step.state, step.action), 0)).collect();
    // A pair that nothing but others without a successor follow would have none either.
    loop {
        let kept: Pairs = trajectories
            .episodes
            .iter()
            .flat_map(|episode| episode.windows(2))
            .filter(|pair| pairs.contains_key(&(pair[1].state, pair[1].action)))
            .map(|pair| ((pair[0].state, pair[0].action), 0))
            .collect();
        let settled = kept.len() == pairs.len();
        pairs = kept;
        if settled {
            break;
        }
    }
    pairs.values_mut().enumerate().for_each(|(place, index)| *index = place);
    if pairs.len() > LARGEST {
        return Err(Error::failed(format!("{} pairs of a state and an action", pairs.len()))
            .remedy(format!("an implicit model has at most {LARGEST}: take --by counts")));
    }
    let mut samples = Vec::new();
    for episode in &trajectories.episodes {
        let (mut value, mut lacks) = (0.0, 1.0);
        for step in episode.iter().rev() {
            (value, lacks) = (step.reward + eta * value, eta * lacks);
            if let Some(&pair) = pairs.get(&(step.state, step.action)).filter(|_| lacks <= LACKS) {
                samples.push((pair, value));
            }
        }
    }
    if samples.is_empty() {
        return Err(Error::failed(format!(
            "no episode is long enough for a return with discount {eta} that lacks at most a hundredth"
        ))
        .remedy("give a smaller --eta, or take --by counts"));
    }
    Ok((pairs, samples))
}

/// The outcomes as a model's CSV, and as a process. States without an action stay where they are, for the reward `unseen`; without
/// it they are an error.
pub fn process(
    outcomes: &[Outcome],
    trajectories: &Trajectories,
    states: usize,
    unseen: Option<f64>,
    path: &Path,
) -> Result<(String, Process<f64>)> {
    let base = trajectories.base as usize;
    let mut text = String::from("idstatefrom,idaction,idstateto,probability,reward\n");
    let mut line = |o: &Outcome| {
        let (state, action, next) = (o.state + base, o.action + base, o.next + base);
        let _ = writeln!(text, "{state},{action},{next},{},{}", o.probability, o.reward);
    };
    let mut acts = vec![false; states];
    for outcome in outcomes {
        acts[outcome.state] = true;
        line(outcome);
    }
    for state in (0..states).filter(|&state| !acts[state]) {
        let Some(reward) = unseen else {
            let error = Error::failed(format!("nothing was learned of what follows state {}", state + base));
            let leads = trajectories.episodes.iter().flatten().find(|step| step.next == state);
            let error = match leads {
                Some(step) => error.at(path, step.line),
                None => error.file(path),
            };
            return Err(error.remedy(
                "add steps from there, or say with --unseen REWARD what such a state pays at each stage, for good",
            ));
        };
        line(&Outcome { state, action: 0, next: state, probability: 1.0, reward });
    }
    let process = Process::parse(text.as_bytes(), path, Some(trajectories.base))?;
    Ok((text, process))
}
