//! Features of a sample.

use crate::Real;
use crate::runs::runs;

use super::error::{Error, check_length};

/// φ of one sample.
pub trait Feature<T: Real> {
    /// φᵀw.
    ///
    /// # Errors
    /// [`Error::Length`], [`Error::Feature`] if `w` has another number of features.
    fn dot(&self, w: &[T]) -> Result<T, Error>;
    /// `g += scale·φ`.
    ///
    /// # Errors
    /// As [`dot`](Self::dot).
    fn add_to(&self, scale: T, g: &mut [T]) -> Result<(), Error>;
}

/// All zeros but a one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct OneHot(
    /// Where the one is.
    pub usize,
);

impl<T: Real> Feature<T> for OneHot {
    #[inline(always)]
    fn dot(&self, w: &[T]) -> Result<T, Error> {
        w.get(self.0).copied().ok_or(Error::Feature { index: self.0 })
    }
    #[inline(always)]
    fn add_to(&self, scale: T, g: &mut [T]) -> Result<(), Error> {
        let g = g.get_mut(self.0).ok_or(Error::Feature { index: self.0 })?;
        *g += scale;
        Ok(())
    }
}

/// All numbers.
impl<T: Real> Feature<T> for [T] {
    #[inline(always)]
    fn dot(&self, w: &[T]) -> Result<T, Error> {
        check_length(w.len(), self.len())?;
        Ok(self.iter().zip(w).fold(T::ZERO, |sum, (&x, &w)| sum.mac(x, w)))
    }
    #[inline(always)]
    fn add_to(&self, scale: T, g: &mut [T]) -> Result<(), Error> {
        check_length(g.len(), self.len())?;
        g.iter_mut().zip(self).for_each(|(g, &x)| *g = g.mac(scale, x));
        Ok(())
    }
}

impl<T: Real, F: Feature<T> + ?Sized> Feature<T> for &F {
    #[inline(always)]
    fn dot(&self, w: &[T]) -> Result<T, Error> {
        (**self).dot(w)
    }
    #[inline(always)]
    fn add_to(&self, scale: T, g: &mut [T]) -> Result<(), Error> {
        (**self).add_to(scale, g)
    }
}

/// Gaussian bumps around `centers` (one point of `x.len()` coordinates after the other), divided by their sum: features that
/// add up to one. `scales` are the widths along each coordinate; exponents are relative to the nearest center, so that
/// the sum is never zero. Cost per center: an exponential, two multiply-adds a coordinate.
///
/// ```
/// use reparam::implicit::features::radial;
///
/// let mut phi = [0.0; 3];
/// radial(&[0.25], &[0.0, 0.5, 1.0], &[0.25], &mut phi)?;
/// assert!(phi[0] == phi[1] && phi[2] < phi[1] && (phi.iter().sum::<f64>() - 1.0).abs() < 1e-15);
/// # Ok::<(), reparam::implicit::Error>(())
/// ```
///
/// # Errors
/// [`Error::Size`], [`Error::Length`]; [`Error::Setting`] for a scale that is not positive; [`Error::NotFinite`].
pub fn radial<T: Real>(x: &[T], centers: &[T], scales: &[T], features: &mut [T]) -> Result<(), Error> {
    if x.is_empty() || features.is_empty() {
        return Err(Error::Size);
    }
    check_length(x.len(), scales.len())?;
    check_length(x.len().checked_mul(features.len()).ok_or(Error::Size)?, centers.len())?;
    if !scales.iter().all(|&s| s > T::ZERO && s.is_finite()) {
        return Err(Error::Setting { name: "scales" });
    }
    let mut largest = -T::INFINITY;
    for (feature, center) in features.iter_mut().zip(runs(centers, x.len())) {
        let distance = x.iter().zip(center).zip(scales).fold(T::ZERO, |sum, ((&x, &c), &s)| {
            let off = (x - c) / s;
            sum.mac(off, off)
        });
        *feature = -T::HALF * distance;
        if !feature.is_finite() {
            return Err(Error::NotFinite);
        }
        largest = largest.max(*feature);
    }
    let mut sum = T::ZERO;
    for feature in features.iter_mut() {
        *feature = (*feature - largest).exp();
        sum += *feature;
    }
    features.iter_mut().for_each(|feature| *feature /= sum);
    Ok(())
}
