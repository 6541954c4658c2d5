//! Sums of Gaussian bumps: û(x) = Σᵢ cᵢ·exp(−wᵢ²·q(x − bᵢ)).
//!
//! On the line q(s) = s². On a circle of circumference P, q(s) = sin²(πs/P), which is (πs/P)² near the center: there w
//! stands for πw/P on the line. θ holds the amplitudes, then the shapes, then the centers:
//!
//! `θ = (c₁ … c_K, w₁ … w_K, b₁ … b_K)`.
//!
//! All of them are weights, also where several bumps start with the same shape and center: then columns of ∂û/∂θ
//! agree up to a factor, and the weights are redundant.
//!
//! Source: Bruna, Peherstorfer and Vanden-Eijnden, "Neural Galerkin schemes with active learning for high-dimensional
//! evolution equations" (arXiv 2203.01360), the periodic units of its Korteweg–de Vries example.

use crate::Real;

use super::{Ansatz, Jet};
use crate::dirac_frenkel::error::{Error, check_length};

/// A number of bumps, three weights each. Nothing is stored but sizes.
///
/// Cost per point and bump: an exponential, on a circle also a sine and cosine, and about 25 multiplications
/// ([`jets`](Ansatz::jets)) or 15 ([`gradient`](Ansatz::gradient)); on the line 10 fewer.
///
/// ```
/// use reparam::dirac_frenkel::ansatz::{Ansatz, Gaussians, Jet};
///
/// let mut bump = Gaussians::line(1)?;
/// let theta = [2.0f64, 1.0, 0.5];
/// let mut jets = [Jet::default()];
/// bump.jets(&theta, &[0.5], &mut jets)?;
/// assert_eq!(jets, [Jet { value: 2.0, first: 0.0, second: -4.0, third: 0.0 }]);
///
/// // One turn later on a circle, the same value.
/// let mut bump = Gaussians::periodic(1, 3.0)?;
/// let mut gradient = [0.0; 3];
/// let here = bump.gradient(&theta, &[0.25], &mut gradient)?;
/// assert!((here - bump.gradient(&theta, &[3.25], &mut gradient)?).abs() < 1e-14);
/// # Ok::<(), reparam::dirac_frenkel::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Gaussians<T> {
    count: usize,
    distance: Distance<T>,
}

/// q of the module's formula.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
enum Distance<T> {
    Line,
    /// π/P.
    Circle(T),
}

impl<T: Real> Distance<T> {
    /// q and its three derivatives.
    #[inline(always)]
    fn at(self, s: T) -> [T; 4] {
        match self {
            Self::Line => [s * s, s + s, T::TWO, T::ZERO],
            Self::Circle(k) => {
                let (sin, cos) = (k * s).sin_cos();
                let first = T::TWO * k * sin * cos;
                let square = T::TWO * k * k;
                [sin * sin, first, square * (cos * cos - sin * sin), -T::TWO * square * first]
            }
        }
    }
}

impl<T: Real> Gaussians<T> {
    /// `count` bumps on the line.
    ///
    /// # Errors
    /// [`Error::Size`] if there is none, or if the weights are too many to count.
    pub const fn line(count: usize) -> Result<Self, Error> {
        Self::new(count, Distance::Line)
    }

    /// `count` bumps on a circle of circumference `period`.
    ///
    /// # Errors
    /// [`Error::Size`]; [`Error::Setting`] for a period that is not positive.
    pub fn periodic(count: usize, period: T) -> Result<Self, Error> {
        if !(period > T::ZERO && period.is_finite()) {
            return Err(Error::Setting { name: "period" });
        }
        Self::new(count, Distance::Circle(T::PI / period))
    }

    const fn new(count: usize, distance: Distance<T>) -> Result<Self, Error> {
        if count == 0 || count.checked_mul(3).is_none() {
            return Err(Error::Size);
        }
        Ok(Self { count, distance })
    }

    /// Number of bumps.
    pub const fn count(&self) -> usize {
        self.count
    }

    /// Amplitude, shape and center of each bump.
    #[inline(always)]
    fn bumps(self, theta: &[T]) -> impl Iterator<Item = (T, T, T)> {
        let (c, rest) = theta.split_at_checked(self.count).unwrap_or_default();
        let (w, b) = rest.split_at_checked(self.count).unwrap_or_default();
        c.iter().zip(w).zip(b).map(|((&c, &w), &b)| (c, w, b))
    }

    #[inline(always)]
    fn check(&self, theta: &[T], x: &[T]) -> Result<T, Error> {
        check_length(3 * self.count, theta.len())?;
        x.first().copied().filter(|_| x.len() == 1).ok_or(Error::Length { expected: 1, found: x.len() })
    }
}

impl<T: Real> Ansatz<T> for Gaussians<T> {
    fn weights(&self) -> usize {
        3 * self.count
    }

    fn dim(&self) -> usize {
        1
    }

    fn jets(&mut self, theta: &[T], x: &[T], jets: &mut [Jet<T>]) -> Result<(), Error> {
        let x = self.check(theta, x)?;
        let found = jets.len();
        let [jet] = jets else { return Err(Error::Length { expected: 1, found }) };
        let mut sum = Jet::<T>::default();
        for (c, w, b) in self.bumps(theta) {
            // The exponent and its derivatives.
            let [e, e1, e2, e3] = self.distance.at(x - b).map(|q| -w * w * q);
            let bump = c * e.exp();
            let square = e1 * e1;
            sum.value += bump;
            sum.first = sum.first.mac(e1, bump);
            sum.second = sum.second.mac(e2 + square, bump);
            sum.third = sum.third.mac(e3.mac(e1, square + T::from_f32(3.0) * e2), bump);
        }
        *jet = sum;
        Ok(())
    }

    fn gradient(&mut self, theta: &[T], x: &[T], gradient: &mut [T]) -> Result<T, Error> {
        let x = self.check(theta, x)?;
        check_length(3 * self.count, gradient.len())?;
        let (by_c, rest) = gradient.split_at_mut_checked(self.count).unwrap_or_default();
        let (by_w, by_b) = rest.split_at_mut_checked(self.count).unwrap_or_default();
        let mut value = T::ZERO;
        for ((((c, w, b), by_c), by_w), by_b) in self.bumps(theta).zip(by_c).zip(by_w).zip(by_b) {
            let [q, q1, ..] = self.distance.at(x - b);
            let bump = (-w * w * q).exp();
            let slope = w * (c * bump);
            (*by_c, *by_w, *by_b) = (bump, -T::TWO * q * slope, w * q1 * slope);
            value = value.mac(c, bump);
        }
        Ok(value)
    }
}
