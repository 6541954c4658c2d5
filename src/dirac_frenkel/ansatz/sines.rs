//! Sines of the weights as amplitudes of sines: û(x) = Σₖ sin θ₂ₖ₋₁·sin kωx + sin θ₂ₖ·cos kωx, ω = 2π/P, k from 1.
//!
//! Where a weight passes ±π/2 its derivative vanishes, and there the velocity of plain Dirac–Frenkel dynamics is lost. With
//! one frequency and period 2π that is the advection–reaction example of Raviola and Peherstorfer
//! (arXiv 2605.00284).

use crate::Real;

use super::{Ansatz, Jet};
use crate::dirac_frenkel::error::{Error, check_length};
use crate::runs::{runs, runs_mut};

/// A number of frequencies, two weights each: θ = (sine, cosine) of frequency 1, then of frequency 2, and so on. Nothing is
/// stored but sizes.
///
/// Cost per point and frequency: two sines and cosines, about 12 multiplications; the frequencies follow from each other by
/// the addition theorem, so that the last is as many roundings away from the first.
///
/// ```
/// use reparam::dirac_frenkel::ansatz::{Ansatz, Jet, Sines};
///
/// let mut wave = Sines::new(1, core::f64::consts::TAU)?;
/// let mut gradient = [0.0; 2];
/// let value = wave.gradient(&[core::f64::consts::FRAC_PI_2, 0.0], &[0.3], &mut gradient)?;
/// assert!((value - 0.3f64.sin()).abs() < 1e-15);
/// // The first weight is at a turning point of its sine.
/// assert!(gradient[0].abs() < 1e-16 && (gradient[1] - 0.3f64.cos()).abs() < 1e-15);
/// # Ok::<(), reparam::dirac_frenkel::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Sines<T> {
    count: usize,
    /// 2π/P.
    frequency: T,
}

impl<T: Real> Sines<T> {
    /// Frequencies 1 to `count` on a circle of circumference `period`.
    ///
    /// # Errors
    /// [`Error::Size`] if there is none, or if the weights are too many to count; [`Error::Setting`] for a period that is not
    /// positive.
    pub fn new(count: usize, period: T) -> Result<Self, Error> {
        if count == 0 || count.checked_mul(2).is_none() {
            return Err(Error::Size);
        }
        if !(period > T::ZERO && period.is_finite()) {
            return Err(Error::Setting { name: "period" });
        }
        Ok(Self { count, frequency: T::TAU / period })
    }

    /// Number of frequencies.
    pub const fn count(&self) -> usize {
        self.count
    }

    #[inline(always)]
    fn check(&self, theta: &[T], x: &[T]) -> Result<T, Error> {
        check_length(2 * self.count, theta.len())?;
        x.first().copied().filter(|_| x.len() == 1).ok_or(Error::Length { expected: 1, found: x.len() })
    }

    /// (sin kωx, cos kωx) for k = 1, 2, …
    #[inline(always)]
    fn waves(&self, x: T) -> impl Iterator<Item = (T, T)> {
        let (sin, cos) = (self.frequency * x).sin_cos();
        core::iter::successors(Some((sin, cos)), move |&(s, c)| Some((s * cos + c * sin, c * cos - s * sin)))
    }
}

impl<T: Real> Ansatz<T> for Sines<T> {
    fn weights(&self) -> usize {
        2 * self.count
    }

    fn dim(&self) -> usize {
        1
    }

    fn jets(&mut self, theta: &[T], x: &[T], jets: &mut [Jet<T>]) -> Result<(), Error> {
        let x = self.check(theta, x)?;
        let found = jets.len();
        let [jet] = jets else { return Err(Error::Length { expected: 1, found }) };
        let mut sum = Jet::<T>::default();
        let mut frequency = T::ZERO;
        for (pair, (sin, cos)) in runs(theta, 2).zip(self.waves(x)) {
            let &[by_sin, by_cos] = pair else { continue };
            let (a, b) = (by_sin.sin_cos().0, by_cos.sin_cos().0);
            frequency += self.frequency;
            let square = frequency * frequency;
            let value = (a * sin).mac(b, cos);
            let first = frequency * (a * cos).mac(-b, sin);
            sum.value += value;
            sum.first += first;
            sum.second = sum.second.mac(-square, value);
            sum.third = sum.third.mac(-square, first);
        }
        *jet = sum;
        Ok(())
    }

    fn gradient(&mut self, theta: &[T], x: &[T], gradient: &mut [T]) -> Result<T, Error> {
        let x = self.check(theta, x)?;
        check_length(2 * self.count, gradient.len())?;
        let mut value = T::ZERO;
        for ((pair, out), wave) in runs(theta, 2).zip(runs_mut(gradient, 2)).zip(self.waves(x)) {
            for ((&theta, out), wave) in pair.iter().zip(out).zip(<[T; 2]>::from(wave)) {
                let (sin, cos) = theta.sin_cos();
                value = value.mac(sin, wave);
                *out = cos * wave;
            }
        }
        Ok(value)
    }
}
