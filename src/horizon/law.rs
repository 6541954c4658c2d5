//! Functionals of the law of a return.

use crate::Real;

use super::error::{Error, check_level};

/// A value and its probability.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Atom<T> {
    /// The value.
    pub value: T,
    /// Its probability.
    pub mass: T,
}

/// A law of finitely many atoms, [`Quantiles`] or [`Grid`], and what one may ask of it.
///
/// ```
/// use reparam::horizon::law::{Law, Quantiles};
///
/// let law = Quantiles::new(&[1.0f64, 2.0, 3.0, 10.0])?;
/// assert_eq!((law.mean(), law.variance()), (4.0, 12.5));
/// assert_eq!((law.quantile(0.5)?, law.cvar(0.5)?, law.at_least(3.0)), (2.0, 1.5, 0.5));
/// assert!((law.entropic(1e-9) - 4.0).abs() < 1e-7 && law.entropic(50.0) < 1.1);
/// assert!(law.cvar(0.5)? > law.evar(0.5)?);
/// assert_eq!(law.wasserstein(&Quantiles::new(&[2.0f64, 11.0])?), 2.5);
/// # Ok::<(), reparam::horizon::Error>(())
/// ```
pub trait Law<T: Real> {
    /// The atoms, values ascending, masses not negative and adding up to one.
    fn atoms(&self) -> impl Iterator<Item = Atom<T>>;

    /// E Z.
    fn mean(&self) -> T {
        self.atoms().fold(T::ZERO, |sum, atom| sum.mac(atom.mass, atom.value))
    }

    /// E (Z − E Z)².
    fn variance(&self) -> T {
        let mean = self.mean();
        self.atoms().fold(T::ZERO, |sum, atom| {
            let off = atom.value - mean;
            sum.mac(atom.mass, off * off)
        })
    }

    /// The smallest value with P(Z ≤ value) ≥ `level`: value at risk. A probability that misses the level by rounding
    /// reaches it.
    ///
    /// # Errors
    /// [`Error::Setting`] unless 0 < `level` ≤ 1.
    fn quantile(&self, level: T) -> Result<T, Error> {
        check_level(level)?;
        let (mut below, mut value) = (T::ZERO, T::NAN);
        for atom in self.atoms().filter(|atom| atom.mass > T::ZERO) {
            below += atom.mass;
            value = atom.value;
            if below + rounding() >= level {
                break;
            }
        }
        Ok(value)
    }

    /// Mean of the worst share `level` of outcomes: conditional value at risk, lower tail.
    ///
    /// # Errors
    /// [`Error::Setting`] unless 0 < `level` ≤ 1.
    fn cvar(&self, level: T) -> Result<T, Error> {
        check_level(level)?;
        let (mut left, mut sum) = (level, T::ZERO);
        for atom in self.atoms() {
            let take = atom.mass.min(left);
            sum = sum.mac(take, atom.value);
            left -= take;
        }
        Ok(sum / (level - left))
    }

    /// P(Z ≥ `threshold`).
    fn at_least(&self, threshold: T) -> T {
        self.atoms().fold(T::ZERO, |sum, atom| if atom.value >= threshold { sum + atom.mass } else { sum })
    }

    /// ERM: `−(1/b)·ln E e^(−bZ)`, the mean for b = 0. Exponentials are relative to the largest; for small b the mean is
    /// split off.
    fn entropic(&self, b: T) -> T {
        if b == T::ZERO { self.mean() } else { entropic(self, b).0 }
    }

    /// `sup over b > 0 of ERM_b(Z) + ln(level)/b`, below CVaR of the same level: entropic value at risk, lower tail. The b
    /// that attains it is where the tilted law is ln(1/level) away in relative entropy, found by bisection. Cost: 60
    /// visits of the atoms with an exponential each.
    ///
    /// # Errors
    /// [`Error::Setting`] unless 0 < `level` ≤ 1.
    fn evar(&self, level: T) -> Result<T, Error> {
        check_level(level)?;
        let (mut low, mut high) = (T::INFINITY, -T::INFINITY);
        self.atoms().filter(|atom| atom.mass > T::ZERO).for_each(|atom| {
            low = low.min(atom.value);
            high = high.max(atom.value);
        });
        let spread = high - low;
        if level == T::ONE || spread == T::ZERO {
            return Ok(self.mean());
        }
        let target = -level.ln();
        let (mut left, mut right) = (T::from_f32(1e-6).ln(), T::from_f32(1e7).ln());
        let b = |x: T| x.exp() / spread;
        for _ in 0..60 {
            let middle = T::HALF * (left + right);
            if entropic(self, b(middle)).1 < target { left = middle } else { right = middle }
        }
        let b = b(T::HALF * (left + right));
        // No tilt is far enough if the worst outcome alone has mass `level`.
        Ok((entropic(self, b).0 - target / b).max(low))
    }

    /// W₁: the area between the two distribution functions.
    fn wasserstein(&self, other: &impl Law<T>) -> T {
        let (mut ours, mut theirs) = (self.atoms().peekable(), other.atoms().peekable());
        let (mut above, mut area, mut at) = (T::ZERO, T::ZERO, None);
        loop {
            let first = match (ours.peek(), theirs.peek()) {
                (Some(x), Some(y)) => x.value <= y.value,
                (Some(_), None) => true,
                (None, Some(_)) => false,
                (None, None) => return area,
            };
            let (next, sign) = if first { (ours.next(), T::ONE) } else { (theirs.next(), -T::ONE) };
            let Some(atom) = next else { return area };
            if let Some(before) = at {
                area = area.mac(above.abs(), atom.value - before);
            }
            at = Some(atom.value);
            above = above.mac(sign, atom.mass);
        }
    }
}

/// ERM and the relative entropy of the law tilted by e^(−bz).
fn entropic<T: Real, L: Law<T> + ?Sized>(law: &L, b: T) -> (T, T) {
    let mean = law.mean();
    // Mass and exponent. Atoms without mass might have one that overflows.
    let atoms = || {
        let atoms = law.atoms().filter(|atom| atom.mass > T::ZERO);
        atoms.map(|atom| (atom.mass, -b * (atom.value - mean)))
    };
    let largest = atoms().map(|(_, exponent)| exponent).reduce(T::max).unwrap_or(T::NAN);
    if largest <= T::ONE && atoms().all(|(_, exponent)| exponent >= -T::ONE) {
        let (mut sum, mut tilted) = (T::ZERO, T::ZERO);
        for (mass, exponent) in atoms() {
            sum = sum.mac(mass, exponent.exp_m1());
            tilted = tilted.mac(mass, exponent * exponent.exp());
        }
        let ln = sum.ln_1p();
        return (mean - ln / b, tilted / (T::ONE + sum) - ln);
    }
    let (mut sum, mut tilted) = (T::ZERO, T::ZERO);
    for (mass, exponent) in atoms() {
        let exponent = exponent - largest;
        let weight = mass * exponent.exp();
        sum += weight;
        // Where the weight is 0 the exponent may be −∞.
        if weight > T::ZERO {
            tilted = tilted.mac(weight, exponent);
        }
    }
    let ln = sum.ln();
    (mean - (largest + ln) / b, tilted / sum - ln)
}

/// What rounding may take from a sum of probabilities.
pub(super) fn rounding<T: Real>() -> T {
    T::from_f32(1e-12).max(T::from_f32(16.0) * T::EPSILON)
}

/// N atoms of mass 1/N each.
#[derive(Clone, Copy, Debug)]
pub struct Quantiles<'a, T>(&'a [T]);

impl<'a, T: Real> Quantiles<'a, T> {
    /// Of ascending values.
    ///
    /// # Errors
    /// [`Error::Size`] if there are none, [`Error::Setting`] if one is less than its predecessor, infinite or NaN.
    pub fn new(values: &'a [T]) -> Result<Self, Error> {
        if values.is_empty() {
            return Err(Error::Size);
        }
        let ascending = values.iter().zip(values.iter().skip(1)).all(|(x, y)| x <= y);
        if !ascending || !values.iter().all(|x| x.is_finite()) {
            return Err(Error::Setting { name: "values" });
        }
        Ok(Self(values))
    }

    /// The values.
    pub fn values(&self) -> &'a [T] {
        self.0
    }
}

impl<T: Real> Law<T> for Quantiles<'_, T> {
    fn atoms(&self) -> impl Iterator<Item = Atom<T>> {
        let mass = T::from_usize(self.0.len()).recip();
        self.0.iter().map(move |&value| Atom { value, mass })
    }
}

/// Values `(lowest + k)·step` with given masses.
#[derive(Clone, Copy, Debug)]
pub struct Grid<'a, T> {
    lowest: i32,
    step: T,
    mass: &'a [T],
}

impl<'a, T: Real> Grid<'a, T> {
    /// Of masses that are not negative.
    ///
    /// # Errors
    /// [`Error::Size`] if there are none, [`Error::Setting`] for a step that is not positive and finite or masses that are
    /// negative or do not add up to 1 within [`ROW_SUM_TOLERANCE`](super::model::ROW_SUM_TOLERANCE), in `f32` 1e-4.
    pub fn new(lowest: i32, step: T, mass: &'a [T]) -> Result<Self, Error> {
        if mass.is_empty() {
            return Err(Error::Size);
        }
        if !(step > T::ZERO && step.is_finite()) {
            return Err(Error::Setting { name: "step" });
        }
        let sum: T = mass.iter().copied().sum();
        let tolerance = T::from_f64(super::model::ROW_SUM_TOLERANCE).max(T::from_f32(800.0) * T::EPSILON);
        let right = (sum - T::ONE).abs() <= tolerance;
        if !mass.iter().all(|&m| m >= T::ZERO) || !right {
            return Err(Error::Setting { name: "mass" });
        }
        Ok(Self { lowest, step, mass })
    }
}

impl<T: Real> Law<T> for Grid<'_, T> {
    fn atoms(&self) -> impl Iterator<Item = Atom<T>> {
        let lowest = T::from_f64(f64::from(self.lowest));
        let step = self.step;
        self.mass
            .iter()
            .enumerate()
            .map(move |(k, &mass)| Atom { value: (lowest + T::from_usize(k)) * step, mass })
    }
}

/// A functional by name: what [`heuristic`](super::heuristic) plans for.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum Functional<T> {
    /// [`Law::mean`].
    Mean,
    /// [`Law::entropic`] of this b.
    Entropic(T),
    /// [`Law::quantile`] of this level.
    Quantile(T),
    /// [`Law::cvar`] of this level.
    Cvar(T),
    /// [`Law::evar`] of this level.
    Evar(T),
    /// [`Law::at_least`] this threshold.
    AtLeast(T),
    /// Mean minus this many times the variance.
    MeanVariance(T),
}

impl<T: Real> Functional<T> {
    /// Of a law.
    ///
    /// # Errors
    /// [`Error::Setting`] for a level outside (0, 1].
    pub fn of(self, law: &impl Law<T>) -> Result<T, Error> {
        Ok(match self {
            Self::Mean => law.mean(),
            Self::Entropic(b) => law.entropic(b),
            Self::Quantile(level) => law.quantile(level)?,
            Self::Cvar(level) => law.cvar(level)?,
            Self::Evar(level) => law.evar(level)?,
            Self::AtLeast(threshold) => law.at_least(threshold),
            Self::MeanVariance(weight) => law.mean() - weight * law.variance(),
        })
    }

    /// Whether planning stage by stage is exact for it. Only for the mean and exponential utility (Marthe et al. 2023,
    /// theorem 2).
    pub const fn is_optimizable(self) -> bool {
        matches!(self, Self::Mean | Self::Entropic(_))
    }
}
