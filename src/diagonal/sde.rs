//! Homogenized stochastic gradients: the stochastic differential equation that they follow in high dimension.
//!
//! For β = u·v and e = β − β*, with one Brownian motion B for both:
//!
//! ```text
//! du = −γ v∘(K e) dt − γ √(2P + σ²) v∘(K^½ dB)
//! dv = −γ u∘(K e) dt − γ √(2P + σ²) u∘(K^½ dB)
//! ```
//!
//! P is the risk, σ² the variance of the noise on the answers, and time is that of the [model](super): a step of
//! stochastic gradients is `dt = 1/d`. Each [`Rule`] has such an equation: both terms pull its weights.

use rand_core::Rng;

use crate::Real;
use crate::random::fill_gaussian;

use super::covariance::Covariance;
use super::error::{Error, check_length, check_not_negative, check_positive};
use super::rule::Rule;
use super::step::{bound, check_pull};
use crate::lanes::dot;

/// What drives the equation.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Settings<T> {
    /// γ: step size of the stochastic gradients.
    pub step: T,
    /// dt: length of a time step; stochastic gradients themselves make steps of 1/d.
    pub dt: T,
    /// σ²: variance of the noise on the answers.
    pub noise_variance: T,
}

impl<T: Real> Settings<T> {
    /// Fails on settings that make no sense.
    ///
    /// # Errors
    /// [`Error::Setting`].
    pub fn check(&self) -> Result<(), Error> {
        check_positive(self.step, "step")?;
        check_positive(self.dt, "dt")?;
        check_not_negative(self.noise_variance, "noise_variance")
    }
}

/// Length of the scratch of [`step`].
pub const fn scratch_len(dim: usize, noise_dim: usize) -> usize {
    dim.saturating_mul(2).saturating_add(noise_dim)
}

/// Length of the scratch of [`risk`].
pub const fn risk_scratch_len(dim: usize) -> usize {
    dim.saturating_mul(2)
}

/// The risk P = (β − β*)ᵀ K (β − β*)/(2d). Cost: one product with K. `scratch`: [`risk_scratch_len`].
///
/// # Errors
/// [`Error::Length`], [`Error::Empty`]; [`Error::NotFinite`] if it is infinite or NaN.
pub fn risk<T: Real, R: Rule<T>, K: Covariance<T>>(
    rule: &R,
    covariance: &mut K,
    target: &[T],
    u: &[T],
    v: &[T],
    scratch: &mut [T],
) -> Result<T, Error> {
    check_length(covariance.dim(), target.len())?;
    check_length(covariance.dim(), u.len())?;
    check_length(covariance.dim(), v.len())?;
    check_length(risk_scratch_len(covariance.dim()), scratch.len())?;
    let Some((difference, product)) = scratch.split_at_mut_checked(covariance.dim()) else {
        return Err(Error::Empty);
    };
    risk_kernel(rule, covariance, target, u, v, difference, product)
}

/// Leaves β − β* in `difference` and K(β − β*) in `product`.
fn risk_kernel<T: Real, R: Rule<T>, K: Covariance<T>>(
    rule: &R,
    covariance: &mut K,
    target: &[T],
    u: &[T],
    v: &[T],
    difference: &mut [T],
    product: &mut [T],
) -> Result<T, Error> {
    if target.is_empty() {
        return Err(Error::Empty);
    }
    for ((difference, (&u, &v)), &target) in difference.iter_mut().zip(u.iter().zip(v)).zip(target) {
        *difference = rule.weight(u, v) - target;
    }
    covariance.apply(difference, product);
    // A form that rounding made negative is a risk of zero.
    let form = dot(difference, product);
    if !form.is_finite() {
        return Err(Error::NotFinite);
    }
    Ok(T::HALF * (if form < T::ZERO { T::ZERO } else { form }) / T::from_usize(target.len()))
}

/// One Euler-Maruyama step; returns the risk before it.
///
/// The same bits on host and target for one generator. Cost: one product with K and one with its factor, `noise_dim`
/// Gaussian numbers. `scratch`: [`scratch_len`].
///
/// # Errors
/// [`Error::Length`], [`Error::Empty`], [`Error::Setting`]; [`Error::NotFinite`] as for [`step`](super::step::step): the
/// weights are as before, the generator is not.
///
/// ```
/// use reparam::diagonal::covariance::Isotropic;
/// use reparam::diagonal::rule::Product;
/// use reparam::diagonal::sde::{Settings, scratch_len, step};
/// use reparam::random::SplitMix64;
///
/// let (mut u, mut v, target) = ([1.0f64; 4], [0.0f64; 4], [1.0, -1.0, 0.0, 0.5]);
/// let settings = Settings { step: 0.2, dt: 0.25, noise_variance: 0.0 };
/// let mut covariance = Isotropic { dim: 4, variance: 1.0 };
/// let mut scratch = [0.0; scratch_len(4, 4)];
/// let mut rng = SplitMix64::new(1);
/// let before = step(&mut Product, &mut covariance, settings, &target, &mut u, &mut v, &mut rng, &mut scratch)?;
/// assert_eq!(before, 2.25 / 8.0);
/// # Ok::<(), reparam::diagonal::Error>(())
/// ```
#[allow(clippy::too_many_arguments)]
pub fn step<T: Real, R: Rule<T>, K: Covariance<T>, G: Rng + ?Sized>(
    rule: &mut R,
    covariance: &mut K,
    settings: Settings<T>,
    target: &[T],
    u: &mut [T],
    v: &mut [T],
    rng: &mut G,
    scratch: &mut [T],
) -> Result<T, Error> {
    settings.check()?;
    let (dim, noise_dim) = (covariance.dim(), covariance.noise_dim());
    check_length(dim, target.len())?;
    check_length(dim, u.len())?;
    check_length(dim, v.len())?;
    check_length(scratch_len(dim, noise_dim), scratch.len())?;
    let Some((drift, rest)) = scratch.split_at_mut_checked(dim) else { return Err(Error::Empty) };
    let Some((noise, gaussian)) = rest.split_at_mut_checked(dim) else { return Err(Error::Empty) };
    let risk = risk_kernel(rule, covariance, target, u, v, noise, drift)?;
    fill_gaussian(rng, gaussian);
    covariance.color(gaussian, noise);
    let step = rule.factor() * settings.step;
    let of_drift = step * settings.dt;
    let of_noise = step * settings.noise_variance.mac(T::TWO, risk).sqrt() * settings.dt.sqrt();
    for (drift, &noise) in drift.iter_mut().zip(&*noise) {
        *drift = -(of_drift * *drift).mac(of_noise, noise);
    }
    check_pull(rule, u, v, drift, T::ONE, bound(dot(drift, drift)))?;
    rule.pull(u, v, drift, T::ONE);
    rule.observe(u, v);
    Ok(risk)
}
