//! Cholesky factorization A = Uᵀ U of a symmetric positive definite matrix.
//!
//! Golub & Van Loan, *Matrix Computations*, 4th ed., section 4.2; LAPACK's `potrf` and `potrs` with
//! `uplo = 'U'`. U is upper triangular with positive diagonal; its transpose is the lower factor L of
//! A = L Lᵀ. By rows: row k of U is row k of A less the combination of the rows above.

use crate::Real;

use super::Matrix;
use super::error::{Error, check_len, check_shape, in_place};
use super::row::{Columns, check_finite, for_columns};
use super::triangular::{solve_upper, solve_upper_t};

/// Factors the `n` × `n` matrix `a` in place. Only the upper triangle is read; U replaces it and the part
/// below the diagonal is left as it is. Cost: n³/6 multiply-adds, n square roots.
///
/// # Errors
/// [`Error::Shape`]; [`Error::NotFinite`]; [`Error::NotPositiveDefinite`] if a pivot is negative, zero or
/// subnormal. After an error the upper triangle holds intermediate values.
///
/// ```
/// use reparam::dense::cholesky;
///
/// let mut a = [4.0, 2.0, 2.0, 5.0];
/// cholesky::factor(2, &mut a)?;
/// assert_eq!(a, [2.0, 1.0, 2.0, 2.0]);
/// let mut x = [6.0, 7.0];
/// cholesky::solve(2, &a, &mut x)?;
/// assert_eq!(x, [1.0, 1.0]);
/// # Ok::<(), reparam::dense::Error>(())
/// ```
pub fn factor<T: Real>(n: usize, a: &mut [T]) -> Result<(), Error> {
    check_shape(n, n, a.len())?;
    factor_kernel(n, a)
}

// NaN or infinity above the diagonal reaches the pivot of its column.
#[inline(always)]
pub(super) fn factor_kernel<T: Real>(n: usize, a: &mut [T]) -> Result<(), Error> {
    for k in 0..n {
        let (above, rest) = a.split_at_mut_checked(k * n).ok_or(Error::Shape)?;
        let row = rest.get_mut(..n).ok_or(Error::Shape)?;
        // Nothing lies above the first row.
        if k > 0 {
            for_columns(k, n, Subtract { k, above, row: &mut *row });
        }
        let row = row.get_mut(k..).ok_or(Error::Shape)?;
        let (pivot, tail) = row.split_first_mut().ok_or(Error::Shape)?;
        if !pivot.is_finite() {
            return Err(Error::NotFinite);
        }
        if *pivot < T::MIN_POSITIVE {
            return Err(Error::NotPositiveDefinite);
        }
        *pivot = pivot.sqrt();
        let reciprocal = T::ONE / *pivot;
        tail.iter_mut().for_each(|x| *x *= reciprocal);
    }
    Ok(())
}

/// Subtracts from `row` the rows `above`, each times its element in column `k`.
struct Subtract<'a, T> {
    k: usize,
    above: &'a [T],
    row: &'a mut [T],
}

impl<T: Real> Columns for Subtract<'_, T> {
    #[inline(always)]
    fn run<const W: usize>(&mut self, start: usize) {
        let n = self.row.len().max(1);
        let Some(block) = self.row.get_mut(start..).and_then(<[T]>::first_chunk_mut::<W>) else { return };
        let mut sums = *block;
        for above in self.above.chunks_exact(n) {
            let factor = above.get(self.k).map_or(T::ZERO, |&factor| -factor);
            if let Some(above) = above.get(start..).and_then(<[T]>::first_chunk::<W>) {
                sums.iter_mut().zip(above).for_each(|(sum, &above)| *sum = sum.mac(factor, above));
            }
        }
        *block = sums;
    }
}

/// Solves A x = b from the factor; `b` becomes x. Cost: n² multiply-adds.
///
/// # Errors
/// [`Error::Shape`]; [`Error::NotFinite`] if x is not finite.
pub fn solve<T: Real>(n: usize, u: &[T], b: &mut [T]) -> Result<(), Error> {
    check_shape(n, n, u.len())?;
    check_len(n, b.len())?;
    solve_kernel(n, u, b)
}

#[inline(always)]
pub(super) fn solve_kernel<T: Real>(n: usize, u: &[T], b: &mut [T]) -> Result<(), Error> {
    solve_upper_t(n, u, b)?;
    solve_upper(n, u, b)?;
    check_finite(b)
}

/// The factor U of an `N` × `N` matrix, made by [`Matrix::cholesky`]; methods cost what the functions of
/// [this module](self) do.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cholesky<T, const N: usize> {
    factor: Matrix<T, N, N>,
}

impl<T: Real, const N: usize> Cholesky<T, N> {
    /// Factors `a`, of which only the upper triangle is read.
    ///
    /// # Errors
    /// As [`factor`].
    pub fn new(a: Matrix<T, N, N>) -> Result<Self, Error> {
        const { assert!(N > 0) };
        in_place(Self { factor: a }, |this| factor_kernel(N, this.factor.as_mut_slice()))
    }

    /// x of A x = b.
    ///
    /// # Errors
    /// As [`solve`].
    pub fn solve(&self, mut b: [T; N]) -> Result<[T; N], Error> {
        solve_kernel(N, self.factor.as_slice(), &mut b)?;
        Ok(b)
    }

    /// U of A = Uᵀ U, zeros below the diagonal.
    pub fn u(&self) -> Matrix<T, N, N> {
        self.factor.upper()
    }
}
