//! The Cayley map by a truncated Neumann series: products only, no division, and orthogonal only nearly.
//!
//! ```text
//! R = (I + K) (I + K + … + Kᵖ⁻¹) = I + 2 K + … + 2 Kᵖ⁻¹ + Kᵖ = C (I − Kᵖ)
//! ```
//!
//! with K as in [`cayley`] and C its exact map. To an eigenvalue iθ of K belongs
//!
//! | p | eigenvalue of RᵀR − I |
//! |---|---|
//! | odd | θ²ᵖ |
//! | 0 mod 4 | −2 θᵖ + θ²ᵖ |
//! | 2 mod 4 | 2 θᵖ + θ²ᵖ |
//!
//! while |R − C| is θᵖ for every p: an odd number of terms is far better. The series diverges for θ above 1.
//! (Qiu et al., *Orthogonal Finetuning Made Scalable*, 2025; arXiv:2506.19847.)

use super::cayley::{self, check_block};
use super::error::{Error, check_length};
use crate::Real;
use crate::dense::{Matrix, check_finite, product};

/// Where the series ends.
///
/// ```
/// use reparam::group_shuffle::neumann::Series;
///
/// assert_eq!(Series::peft(5), Series::new(4)?);
/// assert_eq!(Series::peft(3), Series::peft(4));
/// # Ok::<(), reparam::group_shuffle::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Series {
    /// The highest power of K.
    degree: usize,
    /// Whether that power counts twice as the others do.
    doubled: bool,
}

impl Series {
    /// `terms` = p terms of the Neumann series, K to the power p being the highest. Odd numbers are better.
    ///
    /// # Errors
    /// [`Error::Setting`] for 0.
    pub const fn new(terms: usize) -> Result<Self, Error> {
        if terms == 0 {
            return Err(Error::Setting { name: "terms" });
        }
        Ok(Self { degree: terms, doubled: false })
    }

    /// The series that Hugging Face PEFT's OFT computes for its setting `num_cayley_neumann_terms`: p is one less
    /// than the setting from 4 on (5, its default, is p = 4); 3 gives what 4 gives, p = 3; 2 gives I + 2 K, no
    /// member of the family; 1 and 0 give the identity.
    pub const fn peft(num_cayley_neumann_terms: usize) -> Self {
        match num_cayley_neumann_terms {
            0 | 1 => Self { degree: 0, doubled: false },
            2 => Self { degree: 1, doubled: true },
            3 => Self { degree: 3, doubled: false },
            n => Self { degree: n - 1, doubled: false },
        }
    }

    /// The highest power of K.
    pub const fn degree(self) -> usize {
        self.degree
    }

    /// Bound of the spectral norm of RᵀR − I for the block of the parameters `theta`, from the norm of `theta`,
    /// which no eigenvalue of K exceeds. With up to three rows it is the norm itself while |θ| ≤ 1. Infinite or NaN
    /// only if the parameters are, or if they are so large that the bound leaves the range.
    ///
    /// ```
    /// use reparam::group_shuffle::neumann::Series;
    ///
    /// let bound = |terms| Series::new(terms).map(|series| series.orthogonality_bound(&[0.5f64]));
    /// assert!((bound(4)? - (2.0 * 0.0625 - 0.0625 * 0.0625)).abs() < 1e-15);
    /// assert!((bound(5)? - 0.03125 * 0.03125).abs() < 1e-15);
    /// # Ok::<(), reparam::group_shuffle::Error>(())
    /// ```
    pub fn orthogonality_bound<T: Real>(self, theta: &[T]) -> T {
        let norm = norm(theta);
        if self.doubled {
            return T::TWO * norm * (T::TWO * norm);
        }
        let power = self.power(norm);
        match self.degree % 4 {
            0 if self.degree == 0 => T::ZERO,
            // Below θ = 1 the singular value falls towards 0, above it rises again.
            0 if power <= T::ONE => power * (T::TWO - power),
            0 => T::ONE.max(power * (power - T::TWO)),
            2 => power * (T::TWO + power),
            _ => power * power,
        }
    }

    /// Bound of the spectral norm of R − C, the distance to the exact Cayley block.
    ///
    /// ```
    /// use reparam::group_shuffle::neumann::Series;
    ///
    /// assert_eq!(Series::new(3)?.cayley_bound(&[0.5]), 0.125);
    /// # Ok::<(), reparam::group_shuffle::Error>(())
    /// ```
    pub fn cayley_bound<T: Real>(self, theta: &[T]) -> T {
        let norm = norm(theta);
        match (self.degree, self.doubled) {
            // C − I = 2 K (I − K)⁻¹, C − I − 2 K = 2 K² (I − K)⁻¹.
            (0, _) => T::TWO * norm / T::ONE.hypot(norm),
            (_, true) => T::TWO * norm * norm / T::ONE.hypot(norm),
            _ => self.power(norm),
        }
    }

    /// `norm` to the degree of the series.
    fn power<T: Real>(self, norm: T) -> T {
        norm.powi(i32::try_from(self.degree).unwrap_or(i32::MAX))
    }
}

/// Norm of the parameters, at least the largest |θ| of the eigenvalues ±iθ of K: the squares of K's entries sum to
/// twice those of the parameters, and to twice those of the θ.
fn norm<T: Real>(theta: &[T]) -> T {
    theta.iter().fold(T::ZERO, |norm, &theta| norm.hypot(theta))
}

/// Length of the scratch of [`block`]: 2·b².
pub const fn scratch_len(b: usize) -> usize {
    b.saturating_mul(b).saturating_mul(2)
}

/// The `b` × `b` block `q` of the parameters `theta`. Returns [`Series::orthogonality_bound`].
///
/// Cost: (degree − 1)·b³ multiply-adds; scratch: [`scratch_len`].
///
/// # Errors
/// [`Error::Shape`] for b = 0; [`Error::Length`]; [`Error::NotFinite`] if a parameter is not finite or a power of K
/// leaves the range.
///
/// ```
/// use reparam::group_shuffle::neumann::{self, Series};
///
/// let (mut q, mut scratch) = ([0.0f64; 4], [0.0; neumann::scratch_len(2)]);
/// let bound = neumann::block(2, &[0.1], Series::new(3)?, &mut q, &mut scratch)?;
/// assert!(bound < 1.1e-6 && (q[1] - 2.0 * 0.1 / (1.0 + 0.01)).abs() < 1.1e-3);
/// # Ok::<(), reparam::group_shuffle::Error>(())
/// ```
pub fn block<T: Real>(
    b: usize,
    theta: &[T],
    series: Series,
    q: &mut [T],
    scratch: &mut [T],
) -> Result<T, Error> {
    check_block(b, theta.len(), q.len())?;
    check_length(scratch_len(b), scratch.len())?;
    block_kernel(b, theta, series, q, scratch)
}

#[inline(always)]
fn block_kernel<T: Real>(
    b: usize,
    theta: &[T],
    series: Series,
    q: &mut [T],
    scratch: &mut [T],
) -> Result<T, Error> {
    let (k, old) = scratch.split_at_mut_checked(b * b).unwrap_or_default();
    let diagonal = |x: &mut [T], value| x.iter_mut().step_by(b.saturating_add(1)).for_each(|x| *x += value);
    cayley::set_skew(b, theta, k);
    // R₁ = I + K or what stands for it, then R ← I + K + K·R.
    let last = match (series.degree, series.doubled) {
        (0, _) => T::ZERO,
        (_, true) => T::TWO,
        _ => T::ONE,
    };
    q.iter_mut().zip(&*k).for_each(|(q, &k)| *q = last * k + T::ZERO);
    diagonal(q, T::ONE);
    for _ in 1..series.degree {
        old.iter_mut().zip(&*q).for_each(|(old, &q)| *old = q);
        product::matmul_kernel(b, b, k, old, q);
        q.iter_mut().zip(&*k).for_each(|(q, &k)| *q += k);
        diagonal(q, T::ONE);
        check_finite(q)?;
    }
    check_finite(q)?;
    Ok(series.orthogonality_bound(theta))
}

/// [`block`] with sizes known to the compiler: `N` = `B`·(`B` − 1)/2. Returns the block and the bound.
///
/// # Errors
/// [`Error::NotFinite`] as [`block`].
///
/// ```
/// use reparam::dense::Matrix;
/// use reparam::group_shuffle::neumann::{self, Series};
///
/// assert_eq!(neumann::matrix::<f32, 3, 3>(&[0.0; 3], Series::new(3)?)?, (Matrix::identity(), 0.0));
/// # Ok::<(), reparam::group_shuffle::Error>(())
/// ```
pub fn matrix<T: Real, const B: usize, const N: usize>(
    theta: &[T; N],
    series: Series,
) -> Result<(Matrix<T, B, B>, T), Error> {
    const { assert!(B > 0 && N == cayley::parameter_len(B)) };
    let mut q = Matrix::zeros();
    let mut scratch = [[[T::ZERO; B]; B]; 2];
    let scratch = scratch.as_flattened_mut().as_flattened_mut();
    let bound = block_kernel(B, theta, series, q.as_mut_slice(), scratch)?;
    Ok((q, bound))
}
