//! The adaptive filters, all on the core's step and delay line.

use clap::ValueEnum;
use reparam::Real;
use reparam::diagonal::filter::{push, window};
use reparam::diagonal::rule::{
    Difference, Exponentiated, Floored, HyperbolicEntropy, Linear, Product, Proportionate, Rule, weights,
};
use reparam::diagonal::{Step, step};
use serde::{Deserialize, Serialize};

use super::super::failed;
use crate::report::progress::Progress;
use crate::{Error, Result, interrupt};

/// How taps move.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Method {
    /// Normalised least mean squares
    Nlms,
    /// Improved proportionate NLMS (Benesty and Gay 2002)
    Ipnlms,
    /// The network with taps u·v
    Product,
    /// The network with taps u² − v²
    Difference,
    /// The same with a floor under u and v: it does not freeze
    Floored,
    /// u² − v² moved by factors e^(±2h): EG±
    Eg,
    /// Hyperbolic entropy to first order
    Hypentropy,
}

/// What the filters share. Signals have power 1, so a white input and the response of an echo path of norm 1 suit the
/// usual values.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Setup {
    /// Length of the response.
    pub taps: usize,
    /// Share of the error that a step removes.
    pub rate: f64,
    /// α: effective initialisation.
    pub init: f64,
    /// Floor of `Floored`.
    pub floor: f64,
    /// a of IPNLMS.
    pub proportion: f64,
    /// Part of Σ a²·gain at the start that bounds the step.
    pub regularization: f64,
}

/// A filter after the signals.
#[derive(Clone, Debug, Default)]
pub struct Identified {
    /// The response.
    pub response: Vec<f64>,
    /// Root mean square of the error before each step, over every so many samples.
    pub error: Vec<f64>,
    /// Squared distance to the truth divided by its square, after every so many samples; empty without a truth.
    pub misalignment: Vec<f64>,
}

/// Signals of equal length, and the response behind them, if it is known.
#[derive(Clone, Copy, Debug)]
pub struct Signals<'a> {
    /// What goes in.
    pub input: &'a [f64],
    /// What comes out.
    pub output: &'a [f64],
    /// The true response.
    pub truth: Option<&'a [f64]>,
}

/// Work with a filter of any rule.
pub trait Visit<T: Real> {
    /// What it comes to.
    type Output;

    /// Does it: `start` are the numbers of every tap at the start.
    fn visit<R: Rule<T>>(self, rule: R, start: (T, T)) -> Result<Self::Output>;
}

impl Setup {
    /// The step of a filter.
    pub fn step<T: Real, R: Rule<T>>(&self, rule: &R, (u, v): (T, T)) -> Result<Step<T>> {
        let regularization = T::from_f64(self.regularization * self.taps as f64) * rule.gain(u, v);
        let step = Step::Normalized { rate: T::from_f64(self.rate), regularization };
        step.check().map_err(failed)?;
        Ok(step)
    }
}

impl Method {
    /// Name on the command line.
    pub fn name(self) -> String {
        self.to_possible_value().map_or_else(String::new, |value| value.get_name().to_owned())
    }

    /// Runs the filter over the signals, with a look every `every` samples.
    pub fn run<T: Real>(
        self,
        setup: &Setup,
        signals: Signals<'_>,
        every: usize,
        progress: &Progress,
    ) -> Result<Identified> {
        self.visit::<T, _>(setup, Job { setup, signals, every, progress })
    }

    /// Numbers that the rule is made of: proportion and the regularization of its sum, floor, or scale; 0 where there is
    /// none.
    pub fn settings<T: Real>(self, setup: &Setup) -> [T; 2] {
        let real = T::from_f64;
        match self {
            Self::Ipnlms => [real(setup.proportion), real(0.01)],
            Self::Floored => [real(setup.floor), T::ZERO],
            Self::Hypentropy => [T::TWO * real(setup.init) * real(setup.init), T::ZERO],
            Self::Nlms | Self::Product | Self::Difference | Self::Eg => [T::ZERO; 2],
        }
    }

    /// Makes the rule and hands it on.
    pub fn visit<T: Real, V: Visit<T>>(self, setup: &Setup, visitor: V) -> Result<V::Output> {
        let init = T::from_f64(setup.init);
        let [first, second] = self.settings(setup);
        let zero = (T::ZERO, T::ZERO);
        match self {
            Self::Nlms => visitor.visit(Linear, zero),
            Self::Ipnlms => {
                visitor.visit(Proportionate::new(setup.taps, first, second).map_err(failed)?, zero)
            }
            Self::Product => visitor.visit(Product, Product::from_weight(T::ZERO, init).map_err(failed)?),
            Self::Difference => visitor.visit(Difference, (init, init)),
            Self::Floored => visitor.visit(Floored::new(first).map_err(failed)?, (init, init)),
            Self::Eg => visitor.visit(Exponentiated, (init, init)),
            Self::Hypentropy => visitor.visit(HyperbolicEntropy::new(first).map_err(failed)?, zero),
        }
    }
}

struct Job<'a> {
    setup: &'a Setup,
    signals: Signals<'a>,
    every: usize,
    progress: &'a Progress,
}

impl<T: Real> Visit<T> for Job<'_> {
    type Output = Identified;

    fn visit<R: Rule<T>>(self, mut rule: R, (u, v): (T, T)) -> Result<Identified> {
        let taps = self.setup.taps;
        let rate = self.setup.step(&rule, (u, v))?;
        let (mut u, mut v) = (vec![u; taps], vec![v; taps]);
        let (mut delay, mut position) = (vec![T::ZERO; 2 * taps], 0);
        let mut now = vec![T::ZERO; taps];
        let mut identified = Identified::default();
        let mut square = 0.0;
        for (n, (&x, &y)) in self.signals.input.iter().zip(self.signals.output).enumerate() {
            position = push(&mut delay, position, T::from_f64(x));
            let a = window(&delay, position, taps);
            let report = step::step(&mut rule, rate, &mut u, &mut v, a, T::from_f64(y));
            let report = report.map_err(|e| {
                Error::failed(format!("sample {}: {e}", n + 1)).remedy("take a smaller --rate")
            })?;
            square += report.error.to_f64().powi(2);
            if (n + 1).is_multiple_of(self.every) {
                identified.error.push((square / self.every as f64).sqrt());
                square = 0.0;
                if let Some(truth) = self.signals.truth {
                    weights(&rule, &u, &v, &mut now).map_err(failed)?;
                    identified.misalignment.push(misalignment(&now, truth));
                }
                self.progress.add(self.every as u64);
                if interrupt::asked() {
                    return Err(Error::failed("interrupted"));
                }
            }
        }
        weights(&rule, &u, &v, &mut now).map_err(failed)?;
        identified.response = now.iter().map(|w| w.to_f64()).collect();
        Ok(identified)
    }
}

fn misalignment<T: Real>(found: &[T], truth: &[f64]) -> f64 {
    let distance: f64 = found.iter().zip(truth).map(|(w, h)| (w.to_f64() - h).powi(2)).sum();
    distance / truth.iter().map(|h| h * h).sum::<f64>()
}
