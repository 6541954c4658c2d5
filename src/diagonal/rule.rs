//! How one weight is written as two numbers, and how a step moves it.
//!
//! A step pulls a weight by `h`: minus the step size times the derivative of the loss with respect to that weight. What
//! the weight does is the [`Rule`]'s: to first order it moves by `gain·h`.
//!
//! | rule | weight | pull by h | gain | state |
//! |---|---|---|---|---|
//! | [`Product`] | u·v | u + h·v, v + h·u | u² + v² | u, v |
//! | [`Difference`] | u² − v² | u·(1 + 2h), v·(1 − 2h) | 4(u² + v²) | u, v |
//! | [`Floored`] | u² − v² | as `Difference`, not below a floor | 4(u² + v²) | u, v |
//! | [`Exponentiated`] | u² − v² | u·e^(2h), v·e^(−2h) | 4(u² + v²) | u, v |
//! | [`HyperbolicEntropy`] | w | w + h·√(w² + s²) | √(w² + s²) | w |
//! | [`Linear`] | w | w + h | 1 | w |
//! | [`Proportionate`] | w | w + h·g | g, from \|w\| and the sum of all \|w\| | w |
//!
//! `Product` and `Difference` are one network: the orthogonal change of variables `p = (u + v)/√2, q = (u − v)/√2` turns the
//! product into ½(p² − q²), and a step of size γ on u² − v² is one of size 2γ on it. `Exponentiated` (EG±, Kivinen and
//! Warmuth 1997) is mirror descent with the hyperbolic entropy of scale 2·u·v, which it keeps exactly;
//! `HyperbolicEntropy` is that to first order in h, without an exponential. With [`Step::Normalized`](super::Step)
//! `Linear` is NLMS and `Proportionate` is IPNLMS (Benesty and Gay 2002).
//!
//! `u = v = 0` is a saddle: both gradients vanish there, and a weight that starts there stays for ever.

use crate::Real;

use super::error::{Error, check_not_negative, check_positive};
use super::squares;
use crate::lanes::{self, LANES};

mod sealed {
    pub trait Sealed {}
}

/// How a weight is written as two numbers `u` and `v`, and moved. Sealed.
pub trait Rule<T: Real>: sealed::Sealed {
    /// The weight.
    fn weight(&self, u: T, v: T) -> T;

    /// How far a small pull moves the weight, per unit of pull: [`factor`](Self::factor)² times this.
    fn shape(&self, u: T, v: T) -> T;

    /// What a pull is multiplied with before [`pulled`](Self::pulled).
    #[inline(always)]
    fn factor(&self) -> T {
        T::ONE
    }

    /// Both numbers after a pull by `h`, given `k = factor·h`.
    fn pulled(&self, u: T, v: T, k: T) -> (T, T);

    /// Whether `|k| > 1` changes the sign of a number.
    #[inline(always)]
    fn flips(&self) -> bool {
        false
    }

    /// Σ a·weight.
    #[inline(always)]
    fn predict(&self, u: &[T], v: &[T], a: &[T]) -> T {
        lanes::sum3(u, v, a, |u, v, a| a * self.weight(u, v))
    }

    /// Σ a·weight and Σ a²·shape.
    #[inline(always)]
    fn predict_with_curvature(&self, u: &[T], v: &[T], a: &[T]) -> (T, T) {
        let mut sums = [[T::ZERO; LANES]; 2];
        lanes::accumulate(u, v, a, &mut sums, |u, v, a, [prediction, curvature]| {
            *prediction = prediction.mac(a, self.weight(u, v));
            *curvature = curvature.mac(a * a, self.shape(u, v));
        });
        (lanes::total(sums[0]), lanes::total(sums[1]))
    }

    /// Σ a·weight and Σ a².
    #[inline(always)]
    fn predict_with_energy(&self, u: &[T], v: &[T], a: &[T]) -> (T, T) {
        (self.predict(u, v, a), lanes::dot(a, a))
    }

    /// Pulls all weights: `k = scale·a`.
    #[inline(always)]
    fn pull(&self, u: &mut [T], v: &mut [T], a: &[T], scale: T) {
        lanes::update(u, v, a, |u, v, a| self.pulled(u, v, scale * a));
    }

    /// How far a small pull moves the weight, per unit of pull.
    #[inline(always)]
    fn gain(&self, u: T, v: T) -> T {
        self.factor() * self.factor() * self.shape(u, v)
    }

    /// Told all numbers after every step.
    #[inline(always)]
    fn observe(&mut self, u: &[T], v: &[T]) {
        let _ = (u, v);
    }
}

/// β = u·v: the diagonal linear network.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Product;

/// β = u² − v²: the same network in rotated coordinates, with twice the step.
///
/// ```
/// use reparam::diagonal::rule::{Difference, Product, Rule};
///
/// let (u, v) = Difference::from_weight(0.5f64, 0.1)?;
/// assert!((Rule::<f64>::weight(&Difference, u, v) - 0.5).abs() < 1e-15);
/// assert!((Difference::scale(u, v) - 0.1).abs() < 1e-15);
/// let (p, q) = Difference::to_product(u, v);
/// assert!((Rule::<f64>::weight(&Product, p, q) - 0.5).abs() < 1e-15);
/// # Ok::<(), reparam::diagonal::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Difference;

/// [`Difference`] with a floor under |u| and |v|.
///
/// Noise drives u·v to zero, and with it the gain of every small weight: on coloured input the network freezes before it
/// has converged. A floor keeps all weights alive, at the cost of a little misadjustment.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(try_from = "super::stored::Floored<T>", bound(deserialize = "T: Real + serde::Deserialize<'de>"))
)]
pub struct Floored<T> {
    floor: T,
}

/// EG±: β = u² − v², moved by factors e^(±2h). Keeps u·v.
///
/// Long pulls move far: an impulse into a filter that knows nothing yet, whose normalized step is bounded by little but the
/// regularization, would leave the range and is refused. A regularization near the usual Σ a²·gain avoids that.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Exponentiated;

/// Hyperbolic entropy to first order: a weight w moves in proportion to √(w² + s²). `v` is unused.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(
        try_from = "super::stored::HyperbolicEntropy<T>",
        bound(deserialize = "T: Real + serde::Deserialize<'de>")
    )
)]
pub struct HyperbolicEntropy<T> {
    scale: T,
}

/// The weight itself: least mean squares. `v` is unused.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Linear;

/// IPNLMS: the gain of weight w among n is `(1 − a)/(2n) + (1 + a)·|w|/(2·Σ|w| + ε)`, a in [−1, 1). `v` is unused.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(
        try_from = "super::stored::Proportionate<T>",
        bound(deserialize = "T: Real + serde::Deserialize<'de>")
    )
)]
pub struct Proportionate<T> {
    proportion: T,
    regularization: T,
    /// Gain of a zero weight, and gain per size of a weight: from the sum of all sizes.
    pub(super) base: T,
    pub(super) slope: T,
}

impl sealed::Sealed for Product {}
impl sealed::Sealed for Difference {}
impl<T> sealed::Sealed for Floored<T> {}
impl sealed::Sealed for Exponentiated {}
impl<T> sealed::Sealed for HyperbolicEntropy<T> {}
impl sealed::Sealed for Linear {}
impl<T> sealed::Sealed for Proportionate<T> {}

impl<T: Real> Rule<T> for Product {
    #[inline(always)]
    fn weight(&self, u: T, v: T) -> T {
        u * v
    }
    #[inline(always)]
    fn shape(&self, u: T, v: T) -> T {
        squares_sum(u, v)
    }
    #[inline(always)]
    fn pulled(&self, u: T, v: T, k: T) -> (T, T) {
        (u.mac(k, v), v.mac(k, u))
    }
    // Of the coordinates (u ± v)/√2, which it multiplies by 1 ± k.
    #[inline(always)]
    fn flips(&self) -> bool {
        true
    }
    #[inline(always)]
    fn predict(&self, u: &[T], v: &[T], a: &[T]) -> T {
        let mut sums = [[T::ZERO; LANES]];
        let done = T::product_sums(u, v, a, &mut sums[0]);
        let (u, v, a) = (lanes::from(u, done), lanes::from(v, done), lanes::from(a, done));
        lanes::accumulate(u, v, a, &mut sums, |u, v, a, [sum]| *sum = sum.mac(a, u * v));
        lanes::total(sums[0])
    }
    #[cfg(not(reparam_fpu))]
    #[inline(always)]
    fn predict_with_energy(&self, u: &[T], v: &[T], a: &[T]) -> (T, T) {
        let mut sums = [[T::ZERO; LANES]; 2];
        lanes::accumulate(u, v, a, &mut sums, |u, v, a, [prediction, energy]| {
            *prediction = prediction.mac(a, u * v);
            *energy = energy.mac(a, a);
        });
        (lanes::total(sums[0]), lanes::total(sums[1]))
    }
    #[inline(always)]
    fn pull(&self, u: &mut [T], v: &mut [T], a: &[T], scale: T) {
        let done = T::product_update(u, v, a, scale);
        let (u, v) = (lanes::from_mut(u, done), lanes::from_mut(v, done));
        lanes::update(u, v, lanes::from(a, done), |u, v, a| self.pulled(u, v, scale * a));
    }
}

impl Product {
    /// The numbers of a weight with [`scale`](Self::scale) `scale`.
    ///
    /// # Errors
    /// As [`Difference::from_weight`].
    pub fn from_weight<T: Real>(weight: T, scale: T) -> Result<(T, T), Error> {
        Difference::from_weight(weight, scale).map(|(u, v)| Difference::to_product(u, v))
    }

    /// The numbers of the same weight and scale for [`Difference`].
    pub fn to_difference<T: Real>(u: T, v: T) -> (T, T) {
        // Halves first: the sum may leave the range.
        let (u, v) = (T::HALF * u, T::HALF * v);
        (u + v, u - v)
    }

    /// Effective initialisation √|u² − v²|/2: the size below which a weight moves slowly.
    pub fn scale<T: Real>(u: T, v: T) -> T {
        let (u, v) = Self::to_difference(u, v);
        Difference::scale(u, v)
    }
}

impl Difference {
    /// The numbers of a weight with [`scale`](Self::scale) `scale`: `u·v = scale²`.
    ///
    /// # Errors
    /// [`Error::Setting`] unless `scale` is positive; [`Error::NotFinite`].
    pub fn from_weight<T: Real>(weight: T, scale: T) -> Result<(T, T), Error> {
        check_positive(scale, "scale")?;
        let product = scale * scale;
        // The larger of both squares, without cancellation; the other follows from the product.
        let square = T::HALF * (weight.abs() + weight.hypot(T::TWO * product));
        let large = square.sqrt();
        let small = product / large;
        if !(large.is_finite() && small.is_finite()) {
            return Err(Error::NotFinite);
        }
        Ok(if weight < T::ZERO { (small, large) } else { (large, small) })
    }

    /// The numbers of the same weight and scale for [`Product`].
    pub fn to_product<T: Real>(u: T, v: T) -> (T, T) {
        (u + v, u - v)
    }

    /// Effective initialisation √|u·v|: the size, squared and doubled, below which a weight moves slowly. Noise shrinks it.
    pub fn scale<T: Real>(u: T, v: T) -> T {
        (u * v).abs().sqrt()
    }
}

#[inline(always)]
fn squares_sum<T: Real>(u: T, v: T) -> T {
    (u * u).mac(v, v)
}

/// What the rules with β = u² − v² share.
macro_rules! squares {
    () => {
        #[inline(always)]
        fn weight(&self, u: T, v: T) -> T {
            (u * u).mac(-v, v)
        }
        #[inline(always)]
        fn shape(&self, u: T, v: T) -> T {
            squares_sum(u, v)
        }
        #[inline(always)]
        fn factor(&self) -> T {
            T::TWO
        }
        #[inline(always)]
        fn predict(&self, u: &[T], v: &[T], a: &[T]) -> T {
            squares::prediction(u, v, a)
        }
        #[inline(always)]
        fn predict_with_curvature(&self, u: &[T], v: &[T], a: &[T]) -> (T, T) {
            squares::prediction_and_curvature(u, v, a)
        }
        #[cfg(not(reparam_fpu))]
        #[inline(always)]
        fn predict_with_energy(&self, u: &[T], v: &[T], a: &[T]) -> (T, T) {
            squares::prediction_and_energy(u, v, a)
        }
    };
}

#[inline(always)]
fn squares_pulled<T: Real>(u: T, v: T, k: T) -> (T, T) {
    (u.mac(k, u), v.mac(-k, v))
}

impl<T: Real> Rule<T> for Difference {
    squares!();
    #[inline(always)]
    fn pulled(&self, u: T, v: T, k: T) -> (T, T) {
        squares_pulled(u, v, k)
    }
    #[inline(always)]
    fn flips(&self) -> bool {
        true
    }
    #[inline(always)]
    fn pull(&self, u: &mut [T], v: &mut [T], a: &[T], scale: T) {
        let done = T::squares_update(u, v, a, scale);
        let (u, v) = (lanes::from_mut(u, done), lanes::from_mut(v, done));
        lanes::update(u, v, lanes::from(a, done), |u, v, a| self.pulled(u, v, scale * a));
    }
}

impl<T: Real> Floored<T> {
    /// `floor` > 0, well below the square root of the smallest weight that matters.
    ///
    /// # Errors
    /// [`Error::Setting`] unless `floor` is positive and finite.
    pub fn new(floor: T) -> Result<Self, Error> {
        check_positive(floor, "floor")?;
        Ok(Self { floor })
    }
}

impl<T: Real> Rule<T> for Floored<T> {
    squares!();
    // A number that would change its sign ends at the floor as well.
    #[inline(always)]
    fn pulled(&self, u: T, v: T, k: T) -> (T, T) {
        let (u, v) = squares_pulled(u, v, k);
        (u.max(self.floor), v.max(self.floor))
    }
}

impl<T: Real> Rule<T> for Exponentiated {
    squares!();
    #[inline(always)]
    fn pulled(&self, u: T, v: T, k: T) -> (T, T) {
        let factor = k.exp();
        (u * factor, v / factor)
    }
}

impl<T: Real> HyperbolicEntropy<T> {
    /// `scale` > 0: weights well below it move at a common speed, weights above it in proportion to their size. It
    /// is 2·u·v of [`Exponentiated`].
    ///
    /// # Errors
    /// [`Error::Setting`] unless `scale` and its square are positive and finite.
    pub fn new(scale: T) -> Result<Self, Error> {
        check_positive(scale, "scale")?;
        check_positive(scale * scale, "scale")?;
        Ok(Self { scale })
    }
}

impl<T: Real> Rule<T> for HyperbolicEntropy<T> {
    #[inline(always)]
    fn weight(&self, u: T, _v: T) -> T {
        u
    }
    #[inline(always)]
    fn shape(&self, u: T, _v: T) -> T {
        let square = (self.scale * self.scale).mac(u, u);
        // Where the square leaves the range, `scale` is far below u.
        if square.is_finite() { square.sqrt() } else { u.abs() }
    }
    #[inline(always)]
    fn pulled(&self, u: T, v: T, k: T) -> (T, T) {
        (u.mac(k, self.shape(u, v)), v)
    }
}

impl<T: Real> Rule<T> for Linear {
    #[inline(always)]
    fn weight(&self, u: T, _v: T) -> T {
        u
    }
    #[inline(always)]
    fn shape(&self, _u: T, _v: T) -> T {
        T::ONE
    }
    #[inline(always)]
    fn pulled(&self, u: T, v: T, k: T) -> (T, T) {
        (u + k, v)
    }
    #[inline(always)]
    fn predict(&self, u: &[T], _v: &[T], a: &[T]) -> T {
        lanes::dot(u, a)
    }
    #[inline(always)]
    fn predict_with_curvature(&self, u: &[T], _v: &[T], a: &[T]) -> (T, T) {
        let mut sums = [[T::ZERO; LANES]; 2];
        lanes::accumulate(u, a, a, &mut sums, |u, _, a, [prediction, energy]| {
            *prediction = prediction.mac(u, a);
            *energy = energy.mac(a, a);
        });
        (lanes::total(sums[0]), lanes::total(sums[1]))
    }
    #[inline(always)]
    fn pull(&self, u: &mut [T], _v: &mut [T], a: &[T], scale: T) {
        u.iter_mut().zip(a).for_each(|(u, &a)| *u = u.mac(scale, a));
    }
}

impl<T: Real> Proportionate<T> {
    /// For `weights` weights that are all zero; others are to be shown to [`observe`](Rule::observe) before the first step.
    /// `proportion` a: −1 is [`Linear`], −0.5 and 0 are usual, near 1 only large weights move. `regularization` ε > 0 is
    /// small beside the sum of all |w|, but not so small that the gain 1/ε leaves the range.
    ///
    /// # Errors
    /// [`Error::Empty`]; [`Error::Setting`] if a value is out of range.
    pub fn new(weights: usize, proportion: T, regularization: T) -> Result<Self, Error> {
        if weights == 0 {
            return Err(Error::Empty);
        }
        if !(proportion >= -T::ONE && proportion < T::ONE) {
            return Err(Error::Setting { name: "proportion" });
        }
        check_positive(regularization, "regularization")?;
        let base = (T::ONE - proportion) / (T::TWO * T::from_usize(weights));
        let mut rule = Self { proportion, regularization, base, slope: T::ZERO };
        rule.set_sum(T::ZERO);
        check_not_negative(rule.slope, "regularization")?;
        Ok(rule)
    }

    #[inline(always)]
    fn set_sum(&mut self, sum: T) {
        self.slope = (T::ONE + self.proportion) / self.regularization.mac(T::TWO, sum);
    }
}

impl<T: Real> Rule<T> for Proportionate<T> {
    #[inline(always)]
    fn weight(&self, u: T, _v: T) -> T {
        u
    }
    #[inline(always)]
    fn shape(&self, u: T, _v: T) -> T {
        self.base.mac(self.slope, u.abs())
    }
    #[inline(always)]
    fn pulled(&self, u: T, v: T, k: T) -> (T, T) {
        (u.mac(k, self.shape(u, v)), v)
    }
    #[inline(always)]
    fn observe(&mut self, u: &[T], _v: &[T]) {
        self.set_sum(lanes::sum(u, |u| u.abs()));
    }
}

/// Largest stable step size near interpolation: `2/mean(λ·gain)`, λ the variance that a weight sees (the diagonal of K) and
/// the gain as in [`Rule::gain`]. For [`Difference`] it is 1/(2·curvature) with the curvature `mean(λ·(u² + v²))`. Infinite
/// where all gains vanish.
///
/// # Errors
/// [`Error::Length`], [`Error::Empty`], [`Error::NotFinite`].
///
/// ```
/// use reparam::diagonal::rule::{Difference, stability_limit};
///
/// let limit = stability_limit(&Difference, &[1.0, 1.0], &[0.5, 0.5], &[0.5, 0.5])?;
/// assert_eq!(limit, 1.0);
/// # Ok::<(), reparam::diagonal::Error>(())
/// ```
pub fn stability_limit<T: Real, R: Rule<T>>(rule: &R, variances: &[T], u: &[T], v: &[T]) -> Result<T, Error> {
    Ok(T::TWO / mean(variances, u, v, |u, v| rule.gain(u, v))?)
}

/// The curvature `mean(λ·(u² + v²))`.
///
/// # Errors
/// As [`stability_limit`].
///
/// ```
/// use reparam::diagonal::rule::{Difference, curvature, stability_limit};
///
/// let (variances, u, v) = ([1.0, 2.0], [0.5, 0.25], [0.5, 0.25]);
/// assert_eq!(curvature(&variances, &u, &v)?, 0.375);
/// assert_eq!(stability_limit(&Difference, &variances, &u, &v)?, 1.0 / (2.0 * 0.375));
/// # Ok::<(), reparam::diagonal::Error>(())
/// ```
pub fn curvature<T: Real>(variances: &[T], u: &[T], v: &[T]) -> Result<T, Error> {
    mean(variances, u, v, |u, v| (u * u).mac(v, v))
}

fn mean<T: Real>(variances: &[T], u: &[T], v: &[T], of: impl Fn(T, T) -> T) -> Result<T, Error> {
    super::error::check_length(u.len(), v.len())?;
    super::error::check_length(u.len(), variances.len())?;
    if u.is_empty() {
        return Err(Error::Empty);
    }
    let sum = lanes::sum3(variances, u, v, |lambda, u, v| lambda * of(u, v));
    check_not_negative(sum, "variances").map_err(|_| Error::NotFinite)?;
    Ok(sum / T::from_usize(u.len()))
}

/// Writes the weights of `u` and `v` to `weights`.
///
/// # Errors
/// [`Error::Length`]; [`Error::NotFinite`] if a weight is infinite or NaN, as numbers beyond the root of the largest have
/// it. All are written.
///
/// ```
/// use reparam::diagonal::rule::{Difference, weights};
///
/// let mut found = [0.0; 2];
/// weights(&Difference, &[0.5, 0.1], &[0.3, 0.1], &mut found)?;
/// assert!((found[0] - 0.16f64).abs() < 1e-15 && found[1] == 0.0);
/// # Ok::<(), reparam::diagonal::Error>(())
/// ```
pub fn weights<T: Real, R: Rule<T>>(rule: &R, u: &[T], v: &[T], weights: &mut [T]) -> Result<(), Error> {
    super::error::check_length(u.len(), v.len())?;
    super::error::check_length(u.len(), weights.len())?;
    for ((weight, &u), &v) in weights.iter_mut().zip(u).zip(v) {
        *weight = rule.weight(u, v);
    }
    if weights.iter().all(|weight| weight.is_finite()) { Ok(()) } else { Err(Error::NotFinite) }
}
