//! The adaptive filters, all on the core's step and delay line.

use clap::ValueEnum;
use reparam::Real;
use reparam::diagonal::filter::{push, window};
use reparam::diagonal::rule::{
    Difference, Exponentiated, Floored, HyperbolicEntropy, Linear, Product, Proportionate, Rule, weights,
};
use reparam::diagonal::{Step, step};
use serde::Serialize;

use super::super::failed;
use crate::report::progress::Progress;
use crate::{Error, Result, interrupt};

/// How taps move.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum, Serialize)]
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
        let real = T::from_f64;
        let init = real(setup.init);
        let twice_square = T::TWO * init * init;
        let job = Job { setup, signals, every, progress };
        match self {
            Self::Nlms => job.run(Linear, (T::ZERO, T::ZERO)),
            Self::Ipnlms => {
                let rule =
                    Proportionate::new(setup.taps, real(setup.proportion), real(0.01)).map_err(failed)?;
                job.run(rule, (T::ZERO, T::ZERO))
            }
            Self::Product => job.run(Product, Product::from_weight(T::ZERO, init).map_err(failed)?),
            Self::Difference => job.run(Difference, (init, init)),
            Self::Floored => job.run(Floored::new(real(setup.floor)).map_err(failed)?, (init, init)),
            Self::Eg => job.run(Exponentiated, (init, init)),
            Self::Hypentropy => {
                job.run(HyperbolicEntropy::new(twice_square).map_err(failed)?, (T::ZERO, T::ZERO))
            }
        }
    }
}

struct Job<'a> {
    setup: &'a Setup,
    signals: Signals<'a>,
    every: usize,
    progress: &'a Progress,
}

impl Job<'_> {
    fn run<T: Real, R: Rule<T>>(&self, mut rule: R, (u, v): (T, T)) -> Result<Identified> {
        let Setup { taps, rate, regularization, .. } = *self.setup;
        let regularization = T::from_f64(regularization * taps as f64) * rule.gain(u, v);
        let rate = Step::Normalized { rate: T::from_f64(rate), regularization };
        rate.check().map_err(failed)?;
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
