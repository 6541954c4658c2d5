//! One step of stochastic gradients: on a sample, or on a mini-batch.

use crate::Real;

use super::error::{Error, check_length, check_not_negative, check_positive};
use super::rule::Rule;
use crate::lanes::dot;

/// Size of a step.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Step<T> {
    /// The gradient of ½(⟨a, β⟩ − y)² times this. Unstable above
    /// [`stability_limit`](super::rule::stability_limit).
    Fixed(T),
    /// The step that leaves `1 − rate` of the error on the same sample, to first order: `rate/(Σ a²·gain +
    /// regularization)`. Stable for rates in (0, 2) whatever the scale of the input; the only division of a step.
    Normalized {
        /// Share of the error that a step removes.
        rate: T,
        /// Bounds the step on silent input. About a hundredth of the typical Σ a²·gain.
        regularization: T,
    },
}

impl<T: Real> Step<T> {
    /// Fails on a size that no step has.
    ///
    /// # Errors
    /// [`Error::Setting`].
    pub fn check(&self) -> Result<(), Error> {
        match *self {
            Self::Fixed(size) => check_positive(size, "step"),
            Self::Normalized { rate, regularization } => {
                check_positive(rate, "rate")?;
                check_not_negative(regularization, "regularization")
            }
        }
    }

    /// The step for a sample with `curvature` = Σ a²·gain: 0 where a normalized step has nothing to divide by.
    #[inline(always)]
    fn size(&self, curvature: T) -> T {
        match *self {
            Self::Fixed(size) => size,
            Self::Normalized { rate, regularization } => {
                let divisor = curvature + regularization;
                if divisor >= T::MIN_POSITIVE { rate / divisor } else { T::ZERO }
            }
        }
    }
}

/// What a step saw and did.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Report<T> {
    /// `y − ⟨a, β⟩` before the step; for a mini-batch the root of the mean square.
    pub error: T,
    /// Step size.
    pub step: T,
    /// Numbers that changed their sign: the step is too large for them. 0 in a stable run.
    pub flips: usize,
}

/// A step on the sample `(a, target)`.
///
/// Cost per weight for [`Product`](super::rule::Product): 5 multiplications, for
/// [`Difference`](super::rule::Difference) with a normalized step 8; one division if normalized.
///
/// # Errors
/// [`Error::Length`]; [`Error::NotFinite`] if the sample is not finite or a number or a weight would leave the range of the
/// scalar: all weights are then as before. (One above an eighth of that range may reach infinity unnoticed; the next step
/// reports it.)
///
/// ```
/// use reparam::diagonal::rule::{Difference, weights};
/// use reparam::diagonal::step::{Step, step};
///
/// // Two of three inputs do not matter.
/// let (mut u, mut v) = ([0.3f64; 3], [0.3f64; 3]);
/// for k in 0..400 {
///     let a = [(k as f64).sin(), (1.7 * k as f64).cos(), (0.3 * k as f64).sin()];
///     step(&mut Difference, Step::Fixed(0.05), &mut u, &mut v, &a, 2.0 * a[1])?;
/// }
/// let mut found = [0.0; 3];
/// weights(&Difference, &u, &v, &mut found)?;
/// assert!((found[1] - 2.0).abs() < 1e-3 && found[0].abs() < 1e-3 && found[2].abs() < 1e-3);
/// # Ok::<(), reparam::diagonal::Error>(())
/// ```
pub fn step<T: Real, R: Rule<T>>(
    rule: &mut R,
    step: Step<T>,
    u: &mut [T],
    v: &mut [T],
    a: &[T],
    target: T,
) -> Result<Report<T>, Error> {
    check_length(u.len(), v.len())?;
    check_length(u.len(), a.len())?;
    let (sums, energy) = match step {
        Step::Fixed(_) => {
            let (prediction, energy) = rule.predict_with_energy(u, v, a);
            ((prediction, T::ZERO), energy)
        }
        Step::Normalized { .. } => (rule.predict_with_curvature(u, v, a), dot(a, a)),
    };
    pull(rule, step, u, v, a, target, sums, bound(energy))
}

/// An upper bound of all |a| whose squares add up to `energy`, to rounding.
#[inline(always)]
pub(super) fn bound<T: Real>(energy: T) -> T {
    // Elements whose squares vanish are smaller than the root that is added.
    (energy + T::MIN_POSITIVE).sqrt()
}

/// [`step`] for lengths that fit and a bound on all |a|.
#[inline(always)]
pub(super) fn step_kernel<T: Real, R: Rule<T>>(
    rule: &mut R,
    step: Step<T>,
    u: &mut [T],
    v: &mut [T],
    a: &[T],
    target: T,
    largest: T,
) -> Result<Report<T>, Error> {
    let sums = match step {
        Step::Fixed(_) => (rule.predict(u, v, a), T::ZERO),
        Step::Normalized { .. } => rule.predict_with_curvature(u, v, a),
    };
    pull(rule, step, u, v, a, target, sums, largest)
}

/// The second half of a step, the prediction and Σ a²·shape being known.
#[inline(always)]
#[expect(clippy::too_many_arguments, reason = "a kernel on slices")]
fn pull<T: Real, R: Rule<T>>(
    rule: &mut R,
    step: Step<T>,
    u: &mut [T],
    v: &mut [T],
    a: &[T],
    target: T,
    (prediction, shape): (T, T),
    largest: T,
) -> Result<Report<T>, Error> {
    let error = target - prediction;
    let factor = rule.factor();
    let size = step.size(factor * factor * shape);
    let scale = factor * size * error;
    let flips = check_pull(rule, u, v, a, scale, largest)?;
    rule.pull(u, v, a, scale);
    rule.observe(u, v);
    Ok(Report { error, step: size, flips })
}

/// Number of sign flips of the pulls whose factors are `scale·a`, without making them; fails if one would leave the
/// range of the scalar.
#[inline(always)]
pub(super) fn check_pull<T: Real, R: Rule<T>>(
    rule: &R,
    u: &[T],
    v: &[T],
    a: &[T],
    scale: T,
    largest: T,
) -> Result<usize, Error> {
    // Below 1 no sign flips and nothing overflows; a little below, for the bound is rounded. Otherwise look at each.
    if (scale * largest).abs() < T::from_f32(0.968_75) { Ok(0) } else { check_each(rule, u, v, a, scale) }
}

/// Rare, and not worth a second copy for each caller.
#[cold]
#[inline(never)]
fn check_each<T: Real, R: Rule<T>>(rule: &R, u: &[T], v: &[T], a: &[T], scale: T) -> Result<usize, Error> {
    let (mut flips, mut finite) = (0, true);
    for ((&u, &v), &a) in u.iter().zip(v).zip(a) {
        let k = scale * a;
        let (u, v) = rule.pulled(u, v, k);
        // A floor would hide a pull that is not finite.
        finite &= k.is_finite() && u.is_finite() && v.is_finite() && rule.weight(u, v).is_finite();
        if rule.flips() && k.abs() > T::ONE {
            flips += 1;
        }
    }
    if finite && scale.is_finite() { Ok(flips) } else { Err(Error::NotFinite) }
}

/// Length of the scratch of [`step_batch`].
pub const fn batch_scratch_len(dim: usize, batch: usize) -> usize {
    dim.saturating_add(batch)
}

/// A step on the mean loss of a mini-batch: `samples` is row-major, one sample a row, one target each. A normalized
/// step divides by the mean of Σ a²·gain.
///
/// Cost per weight: 2 multiply-adds a sample, and those of [`step`] once. `scratch`: [`batch_scratch_len`].
///
/// # Errors
/// As [`step`]; [`Error::Empty`] without a sample.
///
/// ```
/// use reparam::diagonal::rule::{Difference, weights};
/// use reparam::diagonal::step::{Step, batch_scratch_len, step_batch};
///
/// // Three samples of two inputs; the answer is twice the first.
/// let (samples, targets) = ([1.0, 0.0, 0.5, 1.0, 0.0, -1.0], [2.0, 1.0, 0.0]);
/// let (mut u, mut v) = ([0.3f64; 2], [0.3f64; 2]);
/// let mut scratch = [0.0; batch_scratch_len(2, 3)];
/// for _ in 0..300 {
///     step_batch(&mut Difference, Step::Fixed(0.1), &mut u, &mut v, &samples, &targets, &mut scratch)?;
/// }
/// let mut found = [0.0; 2];
/// weights(&Difference, &u, &v, &mut found)?;
/// assert!((found[0] - 2.0).abs() < 1e-6 && found[1].abs() < 1e-6);
/// # Ok::<(), reparam::diagonal::Error>(())
/// ```
pub fn step_batch<T: Real, R: Rule<T>>(
    rule: &mut R,
    step: Step<T>,
    u: &mut [T],
    v: &mut [T],
    samples: &[T],
    targets: &[T],
    scratch: &mut [T],
) -> Result<Report<T>, Error> {
    let (dim, batch) = (u.len(), targets.len());
    check_length(dim, v.len())?;
    check_length(dim.saturating_mul(batch), samples.len())?;
    check_length(batch_scratch_len(dim, batch), scratch.len())?;
    if dim == 0 || batch == 0 {
        return Err(Error::Empty);
    }
    let Some((gradient, errors)) = scratch.split_at_mut_checked(dim) else { return Err(Error::Empty) };
    let share = T::from_usize(batch).recip();
    let mut curvature = T::ZERO;
    for ((error, a), &target) in errors.iter_mut().zip(samples.chunks_exact(dim)).zip(targets) {
        let (prediction, shape) = rule.predict_with_curvature(u, v, a);
        *error = target - prediction;
        curvature = curvature.mac(share, rule.factor() * rule.factor() * shape);
    }
    gradient.fill(T::ZERO);
    for (&error, a) in errors.iter().zip(samples.chunks_exact(dim)) {
        let scale = share * error;
        gradient.iter_mut().zip(a).for_each(|(g, &a)| *g = g.mac(scale, a));
    }
    let error = (share * dot(errors, errors)).sqrt();
    let size = step.size(curvature);
    let scale = rule.factor() * size;
    let flips = check_pull(rule, u, v, gradient, scale, bound(dot(gradient, gradient)))?;
    if !error.is_finite() {
        return Err(Error::NotFinite);
    }
    rule.pull(u, v, gradient, scale);
    rule.observe(u, v);
    Ok(Report { error, step: size, flips })
}
