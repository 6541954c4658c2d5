//! The covariance K of the samples, as what the algorithms need of it: products.

use core::num::NonZeroUsize;

use crate::Real;

use super::error::{Error, check_length, check_not_negative};

/// A covariance K = F Fᵀ of `dim` variables with a factor F of `noise_dim` columns.
pub trait Covariance<T: Real> {
    /// Number of variables.
    fn dim(&self) -> usize;

    /// Number of independent Gaussian numbers that a sample is made of.
    fn noise_dim(&self) -> usize;

    /// `out` ← K x, both `dim` long.
    fn apply(&mut self, x: &[T], out: &mut [T]);

    /// `out` ← F z, `z` being `noise_dim` long.
    fn color(&mut self, z: &[T], out: &mut [T]);
}

/// K = λ I.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Isotropic<T> {
    /// Number of variables.
    pub dim: usize,
    /// λ: variance of each.
    pub variance: T,
}

impl<T: Real> Covariance<T> for Isotropic<T> {
    fn dim(&self) -> usize {
        self.dim
    }
    fn noise_dim(&self) -> usize {
        self.dim
    }
    fn apply(&mut self, x: &[T], out: &mut [T]) {
        out.iter_mut().zip(x).for_each(|(out, &x)| *out = self.variance * x);
    }
    fn color(&mut self, z: &[T], out: &mut [T]) {
        let deviation = self.variance.sqrt();
        out.iter_mut().zip(z).for_each(|(out, &z)| *out = deviation * z);
    }
}

/// K = diag(λ).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Diagonal<'a, T> {
    variances: &'a [T],
}

impl<'a, T: Real> Diagonal<'a, T> {
    /// The variances λ of all variables.
    ///
    /// # Errors
    /// [`Error::Empty`]; [`Error::Setting`] if one is negative or not finite.
    ///
    /// ```
    /// use reparam::diagonal::covariance::{Covariance, Diagonal};
    ///
    /// let mut sample = [0.0; 2];
    /// Diagonal::new(&[1.0, 4.0])?.color(&[0.5, -0.5], &mut sample);
    /// assert_eq!(sample, [0.5, -1.0]);
    /// # Ok::<(), reparam::diagonal::Error>(())
    /// ```
    pub fn new(variances: &'a [T]) -> Result<Self, Error> {
        if variances.is_empty() {
            return Err(Error::Empty);
        }
        variances.iter().try_for_each(|&variance| check_not_negative(variance, "variances"))?;
        Ok(Self { variances })
    }
}

impl<T: Real> Covariance<T> for Diagonal<'_, T> {
    fn dim(&self) -> usize {
        self.variances.len()
    }
    fn noise_dim(&self) -> usize {
        self.variances.len()
    }
    fn apply(&mut self, x: &[T], out: &mut [T]) {
        out.iter_mut().zip(x).zip(self.variances).for_each(|((out, &x), &variance)| *out = variance * x);
    }
    fn color(&mut self, z: &[T], out: &mut [T]) {
        out.iter_mut()
            .zip(z)
            .zip(self.variances)
            .for_each(|((out, &z), &variance)| *out = variance.sqrt() * z);
    }
}

/// K = s·F Fᵀ with a stored F of few columns. Cost of a product: `2·dim·rank` multiply-adds.
#[derive(Debug)]
pub struct Factored<'a, T> {
    dim: usize,
    rank: NonZeroUsize,
    scale: T,
    factor: &'a [T],
    scratch: &'a mut [T],
}

impl<'a, T: Real> Factored<'a, T> {
    /// `factor`: `dim` × `rank`, row-major. `scratch`: `rank` numbers.
    ///
    /// # Errors
    /// [`Error::Length`], [`Error::Empty`]; [`Error::Setting`] if `scale` is negative or not finite.
    ///
    /// ```
    /// use reparam::diagonal::covariance::{Covariance, Factored};
    ///
    /// let mut scratch = [0.0];
    /// let mut covariance = Factored::new(2, 1, 0.5, &[1.0, 2.0], &mut scratch)?;
    /// let mut out = [0.0; 2];
    /// covariance.apply(&[1.0, 1.0], &mut out);
    /// assert_eq!(out, [1.5, 3.0]);
    /// # Ok::<(), reparam::diagonal::Error>(())
    /// ```
    pub fn new(
        dim: usize,
        rank: usize,
        scale: T,
        factor: &'a [T],
        scratch: &'a mut [T],
    ) -> Result<Self, Error> {
        let Some(rank) = NonZeroUsize::new(rank).filter(|_| dim > 0) else { return Err(Error::Empty) };
        check_length(dim.saturating_mul(rank.get()), factor.len())?;
        check_length(rank.get(), scratch.len())?;
        check_not_negative(scale, "scale")?;
        Ok(Self { dim, rank, scale, factor, scratch })
    }
}

impl<T: Real> Covariance<T> for Factored<'_, T> {
    fn dim(&self) -> usize {
        self.dim
    }
    fn noise_dim(&self) -> usize {
        self.rank.get()
    }
    fn apply(&mut self, x: &[T], out: &mut [T]) {
        self.scratch.fill(T::ZERO);
        // Not zipped: the length of the zip, a division by the rank, may be a function of its own that can panic.
        let mut rows = self.factor.chunks_exact(self.rank.get());
        for &x in x {
            let Some(row) = rows.next() else { break };
            self.scratch.iter_mut().zip(row).for_each(|(sum, &f)| *sum = sum.mac(x, f));
        }
        let mut rows = self.factor.chunks_exact(self.rank.get());
        for out in out {
            let Some(row) = rows.next() else { break };
            *out = self.scale * crate::lanes::dot(row, self.scratch);
        }
    }
    fn color(&mut self, z: &[T], out: &mut [T]) {
        let deviation = self.scale.sqrt();
        let mut rows = self.factor.chunks_exact(self.rank.get());
        for out in out {
            let Some(row) = rows.next() else { break };
            *out = deviation * crate::lanes::dot(row, z);
        }
    }
}

/// Any covariance, as two functions: `apply(x, out)` is K x, `color(z, out)` is F z with K = F Fᵀ.
///
/// ```
/// use reparam::diagonal::covariance::{Covariance, Products};
///
/// // Two inputs that are one.
/// let mut covariance = Products {
///     dim: 2,
///     noise_dim: 1,
///     apply: |x: &[f64], out: &mut [f64]| out.fill(x[0] + x[1]),
///     color: |z: &[f64], out: &mut [f64]| out.fill(z[0]),
/// };
/// let mut sample = [0.0; 2];
/// covariance.color(&[0.25], &mut sample);
/// assert_eq!(sample, [0.25; 2]);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Products<A, F> {
    /// Number of variables.
    pub dim: usize,
    /// Number of columns of F.
    pub noise_dim: usize,
    /// `out` ← K x.
    pub apply: A,
    /// `out` ← F z.
    pub color: F,
}

impl<T: Real, A: FnMut(&[T], &mut [T]), F: FnMut(&[T], &mut [T])> Covariance<T> for Products<A, F> {
    fn dim(&self) -> usize {
        self.dim
    }
    fn noise_dim(&self) -> usize {
        self.noise_dim
    }
    fn apply(&mut self, x: &[T], out: &mut [T]) {
        (self.apply)(x, out);
    }
    fn color(&mut self, z: &[T], out: &mut [T]) {
        (self.color)(z, out);
    }
}
