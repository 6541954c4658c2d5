//! Steps of stochastic gradients on `½·mean (φᵀw − y)²`.

use crate::Real;

use super::error::{Error, check_length};
use super::features::Feature;
use super::process::{Process, Work};

/// When training has failed.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Stop<T> {
    /// A loss above this is [`Error::Diverged`].
    pub loss: T,
}

impl<T: Real> Default for Stop<T> {
    /// 10³⁰ in `f32`, 10¹⁰⁰ in `f64`.
    fn default() -> Self {
        Self { loss: T::from_f64(if T::MAX.to_f64() > 1e100 { 1e100 } else { 1e30 }) }
    }
}

/// Loss of a batch, and its gradient at w, into `gradient`.
fn gradient<T: Real, F: Feature<T>>(
    w: &[T],
    batch: impl IntoIterator<Item = (F, T)>,
    gradient: &mut [T],
    stop: Stop<T>,
) -> Result<T, Error> {
    gradient.fill(T::ZERO);
    let (mut squares, mut samples) = (T::ZERO, 0usize);
    for (feature, target) in batch {
        let error = feature.dot(w)? - target;
        feature.add_to(error, gradient)?;
        squares = squares.mac(error, error);
        samples = samples.saturating_add(1);
        if !target.is_finite() {
            return Err(Error::NotFinite);
        }
    }
    if samples == 0 {
        return Err(Error::Size);
    }
    let scale = T::from_usize(samples).recip();
    gradient.iter_mut().for_each(|g| *g *= scale);
    let loss = T::HALF * squares * scale;
    if loss <= stop.loss { Ok(loss) } else { Err(Error::Diverged) }
}

/// A step of explicit values: `w −= rate·gradient`. Returns the loss of the batch before. `scratch` is as long as w.
///
/// # Errors
/// [`Error::Size`] for an empty batch; [`Error::Length`], [`Error::Feature`], [`Error::NotFinite`];
/// [`Error::Diverged`]. w is as before.
pub fn explicit_step<T: Real, F: Feature<T>>(
    w: &mut [T],
    batch: impl IntoIterator<Item = (F, T)>,
    rate: T,
    scratch: &mut [T],
    stop: Stop<T>,
) -> Result<T, Error> {
    check_length(w.len(), scratch.len())?;
    let loss = gradient(w, batch, scratch, stop)?;
    if !w.iter().zip(&*scratch).all(|(&w, &g)| w.mac(-rate, g).is_finite()) {
        return Err(Error::Diverged);
    }
    w.iter_mut().zip(&*scratch).for_each(|(w, &g)| *w = w.mac(-rate, g));
    Ok(loss)
}

/// A step of logits and rewards. Returns the loss of the batch before; `work.values` are the values before.
///
/// Cost: that of [`Process::values`], a solve, 3n² multiply-adds.
///
/// # Errors
/// As [`explicit_step`], and [`Error::NoConvergence`]. Parameters are as before.
pub fn implicit_step<T: Real, F: Feature<T>>(
    process: &Process<T>,
    logits: &mut [T],
    rewards: &mut [T],
    work: &mut Work<'_, T>,
    batch: impl IntoIterator<Item = (F, T)>,
    rate: T,
    stop: Stop<T>,
) -> Result<T, Error> {
    process.values(logits, rewards, work)?;
    let loss = gradient(work.values, batch, work.adjoint, stop)?;
    process.adjoint(work)?;
    process.descend(logits, rewards, work, rate)?;
    Ok(loss)
}
