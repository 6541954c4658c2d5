//! The adaptive filter: learns from a stream which of its taps matter.
//!
//! Each sample the filter predicts the desired signal from the last `TAPS` inputs and takes one normalized step. With
//! [`Difference`](super::rule::Difference) that is a sparse filter: 8 multiplications a tap, one division a sample.

use crate::Real;

use super::error::Error;
use super::rule::Rule;
use super::step::{Report, Step, step_kernel};

/// Adaptive filter with `TAPS` taps in fixed memory: four numbers a tap, two for the weight, two for the delay line.
///
/// ```
/// use reparam::diagonal::rule::Difference;
/// use reparam::diagonal::{Filter, Step};
/// use reparam::random::{SplitMix64, fill_gaussian};
///
/// // Each sample comes back after five more, at half size.
/// let mut signal = [0f32; 1000];
/// fill_gaussian(&mut SplitMix64::new(1), &mut signal);
/// let step = Step::Normalized { rate: 0.5, regularization: 1e-3 };
/// let mut filter = Filter::<f32, _, 16>::new(Difference, step, 0.05, 0.05)?;
/// for n in 5..1000 {
///     filter.step(signal[n], 0.5 * signal[n - 5])?;
/// }
/// assert!((filter.weights()[5] - 0.5).abs() < 2e-3 && filter.weights()[6].abs() < 2e-3);
/// # Ok::<(), reparam::diagonal::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Filter<T, R, const TAPS: usize> {
    rule: R,
    step: Step<T>,
    u: [T; TAPS],
    v: [T; TAPS],
    /// Each input twice, so that the last `TAPS` of them always lie side by side, the latest first.
    delay: [[T; TAPS]; 2],
    /// Place of the latest input.
    position: usize,
    /// Largest |input| since the place was last 0, and of the round before: together a bound on those in the line.
    peaks: [T; 2],
}

impl<T: Real, R: Rule<T>, const TAPS: usize> Filter<T, R, TAPS> {
    /// A filter whose taps all start at `(u, v)`. For [`Difference`](super::rule::Difference) equal values, the weight 0;
    /// the smaller, the sparser and the slower.
    ///
    /// # Errors
    /// [`Error::Setting`] if the step is out of range; [`Error::NotFinite`].
    pub fn new(mut rule: R, step: Step<T>, u: T, v: T) -> Result<Self, Error> {
        const { assert!(TAPS > 0) };
        step.check()?;
        if !(u.is_finite() && v.is_finite()) {
            return Err(Error::NotFinite);
        }
        let (u, v) = ([u; TAPS], [v; TAPS]);
        rule.observe(&u, &v);
        Ok(Self { rule, step, u, v, delay: [[T::ZERO; TAPS]; 2], position: 0, peaks: [T::ZERO; 2] })
    }

    /// Takes the next input and the desired output that belongs to it.
    ///
    /// # Errors
    /// [`Error::NotFinite`]: the weights are as before. An input that is not finite is taken as 0.
    #[inline]
    pub fn step(&mut self, input: T, desired: T) -> Result<Report<T>, Error> {
        let finite = input.is_finite();
        self.push(if finite { input } else { T::ZERO });
        if !finite {
            return Err(Error::NotFinite);
        }
        let window = window(self.delay.as_flattened(), self.position, TAPS);
        let [latest, before] = self.peaks;
        step_kernel(&mut self.rule, self.step, &mut self.u, &mut self.v, window, desired, latest.max(before))
    }

    /// Takes the next input and predicts the output without learning: NaN for an input that is not finite, which is taken
    /// as 0; infinite or NaN if the prediction leaves the range.
    #[inline]
    pub fn predict(&mut self, input: T) -> T {
        let finite = input.is_finite();
        self.push(if finite { input } else { T::ZERO });
        if !finite {
            return T::NAN;
        }
        let window = window(self.delay.as_flattened(), self.position, TAPS);
        self.rule.predict(&self.u, &self.v, window)
    }

    #[inline(always)]
    fn push(&mut self, input: T) {
        if self.position == 0 {
            self.peaks = [T::ZERO, self.peaks[0]];
        }
        self.peaks[0] = self.peaks[0].max(input.abs());
        self.position = push(self.delay.as_flattened_mut(), self.position, input);
    }

    /// The impulse response: the weight of the latest input first. Infinite or NaN where a weight leaves the range.
    pub fn weights(&self) -> [T; TAPS] {
        let mut weights = [T::ZERO; TAPS];
        for ((weight, &u), &v) in weights.iter_mut().zip(&self.u).zip(&self.v) {
            *weight = self.rule.weight(u, v);
        }
        weights
    }

    /// Both numbers of every tap.
    pub fn state(&self) -> (&[T; TAPS], &[T; TAPS]) {
        (&self.u, &self.v)
    }
}

/// Takes an input into a delay line of `2·taps` numbers; returns the new place of the latest input, the old one being
/// `position`. Cost: two stores.
///
/// The buffer holds each input twice, `taps` apart, so that [`window`] is one slice.
///
/// ```
/// use reparam::diagonal::filter::{push, window};
///
/// let (mut delay, mut position) = ([0; 2 * 3], 0);
/// for input in 1..=5 {
///     position = push(&mut delay, position, input);
/// }
/// assert_eq!(window(&delay, position, 3), [5, 4, 3]);
/// ```
#[inline(always)]
pub fn push<T: Copy>(delay: &mut [T], position: usize, input: T) -> usize {
    let taps = delay.len() / 2;
    let position = position.checked_sub(1).unwrap_or(taps.saturating_sub(1));
    if let Some(place) = delay.get_mut(position) {
        *place = input;
    }
    if let Some(place) = delay.get_mut(position.saturating_add(taps)) {
        *place = input;
    }
    position
}

/// The last `taps` inputs of a delay line, the latest first; empty if there are not so many.
#[inline(always)]
pub fn window<T>(delay: &[T], position: usize, taps: usize) -> &[T] {
    delay.get(position..).and_then(|delay| delay.get(..taps)).unwrap_or_default()
}
