//! LU factorization with partial pivoting, P A = L U: linear systems, inverse, determinant.
//!
//! Golub & Van Loan, *Matrix Computations*, 4th ed., algorithm 3.4.1 (outer product form); LAPACK's
//! `getrf` and `getrs`. The factors replace A: U on and above the diagonal, L (unit diagonal) below.
//! `pivots[k]` is the row that was exchanged with row k in step k, as in LAPACK but from 0.

use core::mem;

use crate::Real;

use super::Matrix;
use super::error::{Error, check_len, check_shape};
use super::row::{
    Columns, accumulate, add_scaled, check_finite, for_columns, minus_dot, set_identity, swap, swap_rows,
};
use super::triangular::{solve_upper, solve_upper_matrix, solve_upper_t};

/// Factors the `n` × `n` matrix `a` in place. Cost: n³/3 multiply-adds.
///
/// # Errors
/// [`Error::Shape`]; [`Error::NotFinite`]; [`Error::Singular`] if a pivot is zero or subnormal.
/// After an error `a` and `pivots` hold intermediate values.
///
/// ```
/// use reparam::dense::lu;
///
/// let mut a = [0.0, 2.0, 4.0, 6.0];
/// let mut pivots = [0; 2];
/// lu::factor(2, &mut a, &mut pivots)?;
/// let mut x = [2.0, 10.0];
/// lu::solve(2, &a, &pivots, &mut x)?;
/// assert_eq!(x, [1.0, 1.0]);
/// assert_eq!(lu::determinant(2, &a, &pivots)?, -8.0);
/// # Ok::<(), reparam::dense::Error>(())
/// ```
pub fn factor<T: Real>(n: usize, a: &mut [T], pivots: &mut [usize]) -> Result<(), Error> {
    check_shape(n, n, a.len())?;
    check_len(n, pivots.len())?;
    factor_kernel(n, a, pivots)
}

// NaN or infinity anywhere in the input reaches a pivot: the pivots are all that needs a check.
#[inline(always)]
pub(super) fn factor_kernel<T: Real>(n: usize, a: &mut [T], pivots: &mut [usize]) -> Result<(), Error> {
    let mut active = a;
    for (k, pivot) in pivots.iter_mut().enumerate() {
        let (row, below) = mem::take(&mut active).split_at_mut_checked(n).ok_or(Error::Shape)?;
        let mut largest = row.get(k).ok_or(Error::Shape)?.abs();
        let mut exchange = None;
        for (i, other) in below.chunks_exact(n).enumerate() {
            let candidate = other.get(k).ok_or(Error::Shape)?.abs();
            if candidate > largest {
                (largest, exchange) = (candidate, Some(i));
            }
        }
        if !largest.is_finite() {
            return Err(Error::NotFinite);
        }
        if largest < T::MIN_POSITIVE {
            return Err(Error::Singular);
        }
        *pivot = k;
        if let Some(i) = exchange {
            *pivot = k + 1 + i;
            if let Some(other) = below.chunks_exact_mut(n).nth(i) {
                swap_rows(row, other);
            }
        }
        let reciprocal = T::ONE / *row.get(k).ok_or(Error::Shape)?;
        for other in below.chunks_exact_mut(n) {
            *other.get_mut(k).ok_or(Error::Shape)? *= reciprocal;
        }
        for_columns(k + 1, n, Eliminate { k, row, below: &mut *below });
        active = below;
    }
    Ok(())
}

/// Subtracts from the rows `below` the multiples of `row` that column `k` holds.
struct Eliminate<'a, T> {
    k: usize,
    row: &'a [T],
    below: &'a mut [T],
}

impl<T: Real> Columns for Eliminate<'_, T> {
    #[inline(always)]
    fn run<const W: usize>(&mut self, start: usize) {
        let n = self.row.len().max(1);
        let Some(&top) = self.row.get(start..).and_then(<[T]>::first_chunk::<W>) else { return };
        for row in self.below.chunks_exact_mut(n) {
            let factor = row.get(self.k).map_or(T::ZERO, |&factor| -factor);
            if let Some(block) = row.get_mut(start..).and_then(<[T]>::first_chunk_mut::<W>) {
                block.iter_mut().zip(&top).for_each(|(x, &top)| *x = x.mac(factor, top));
            }
        }
    }
}

/// Solves A x = b from the factors; `b` becomes x. Cost: n² multiply-adds.
///
/// # Errors
/// [`Error::Shape`]; [`Error::NotFinite`] if x is not finite. Pivots that are not from [`factor`] give a
/// wrong x, not a panic.
pub fn solve<T: Real>(n: usize, lu: &[T], pivots: &[usize], b: &mut [T]) -> Result<(), Error> {
    check_shape(n, n, lu.len())?;
    check_len(n, pivots.len())?;
    check_len(n, b.len())?;
    solve_kernel(n, lu, pivots, b)
}

#[inline(always)]
pub(super) fn solve_kernel<T: Real>(n: usize, lu: &[T], pivots: &[usize], b: &mut [T]) -> Result<(), Error> {
    for (k, &pivot) in pivots.iter().enumerate() {
        swap(b, k, pivot);
    }
    for (k, row) in lu.chunks_exact(n).enumerate() {
        let (done, rest) = b.split_at_mut_checked(k).ok_or(Error::Shape)?;
        if let Some(x) = rest.first_mut() {
            *x = minus_dot(*x, row, done);
        }
    }
    solve_upper(n, lu, b)?;
    check_finite(b)
}

/// Solves Aᵀ x = b from the factors of A; `b` becomes x. Cost: n² multiply-adds.
///
/// # Errors
/// As [`solve`].
///
/// ```
/// use reparam::dense::lu;
///
/// let (mut a, mut pivots) = ([1.0, 2.0, 0.0, 4.0], [0; 2]);
/// lu::factor(2, &mut a, &mut pivots)?;
/// let mut x = [1.0, 6.0];
/// lu::solve_t(2, &a, &pivots, &mut x)?;
/// assert_eq!(x, [1.0, 1.0]);
/// # Ok::<(), reparam::dense::Error>(())
/// ```
pub fn solve_t<T: Real>(n: usize, lu: &[T], pivots: &[usize], b: &mut [T]) -> Result<(), Error> {
    check_shape(n, n, lu.len())?;
    check_len(n, pivots.len())?;
    check_len(n, b.len())?;
    solve_t_kernel(n, lu, pivots, b)
}

#[inline(always)]
pub(super) fn solve_t_kernel<T: Real>(
    n: usize,
    lu: &[T],
    pivots: &[usize],
    b: &mut [T],
) -> Result<(), Error> {
    solve_upper_t(n, lu, b)?;
    for (k, row) in lu.chunks_exact(n).enumerate().rev() {
        let (rest, done) = b.split_at_mut_checked(k).ok_or(Error::Shape)?;
        if let Some(&x) = done.first() {
            add_scaled(rest, -x, row);
        }
    }
    for (k, &pivot) in pivots.iter().enumerate().rev() {
        swap(b, k, pivot);
    }
    check_finite(b)
}

/// Solves A X = B for `cols` right-hand sides, B `n` × `cols`; `b` becomes X. Cost: n²·cols multiply-adds.
///
/// # Errors
/// As [`solve`].
///
/// ```
/// use reparam::dense::lu;
///
/// let (mut a, mut pivots) = ([2.0, 0.0, 0.0, 4.0], [0; 2]);
/// lu::factor(2, &mut a, &mut pivots)?;
/// let mut x = [2.0, 4.0, 4.0, 8.0];
/// lu::solve_matrix(2, 2, &a, &pivots, &mut x)?;
/// assert_eq!(x, [1.0, 2.0, 1.0, 2.0]);
/// # Ok::<(), reparam::dense::Error>(())
/// ```
pub fn solve_matrix<T: Real>(
    n: usize,
    cols: usize,
    lu: &[T],
    pivots: &[usize],
    b: &mut [T],
) -> Result<(), Error> {
    check_shape(n, n, lu.len())?;
    check_len(n, pivots.len())?;
    check_shape(n, cols, b.len())?;
    solve_matrix_kernel(n, cols, lu, pivots, b)
}

#[inline(always)]
pub(super) fn solve_matrix_kernel<T: Real>(
    n: usize,
    cols: usize,
    lu: &[T],
    pivots: &[usize],
    b: &mut [T],
) -> Result<(), Error> {
    for (k, &pivot) in pivots.iter().enumerate() {
        let active = b.get_mut(k * cols..).ok_or(Error::Shape)?;
        let (row, below) = active.split_at_mut_checked(cols).ok_or(Error::Shape)?;
        if let Some(other) = pivot.checked_sub(k + 1).and_then(|i| below.chunks_exact_mut(cols).nth(i)) {
            swap_rows(row, other);
        }
    }
    for (k, row) in lu.chunks_exact(n).enumerate() {
        let (done, rest) = b.split_at_mut_checked(k * cols).ok_or(Error::Shape)?;
        let x = rest.get_mut(..cols).ok_or(Error::Shape)?;
        accumulate(x, row.iter().take(k).map(|&factor| -factor), done, cols, 0);
    }
    solve_upper_matrix(n, n, cols, lu, b)?;
    check_finite(b)
}

/// A⁻¹ from the factors. Cost: n³ multiply-adds. To solve a system, [`solve`] is cheaper and more accurate.
///
/// # Errors
/// As [`solve`].
///
/// ```
/// use reparam::dense::lu;
///
/// let (mut a, mut pivots) = ([0.0, 2.0, 4.0, 0.0], [0; 2]);
/// lu::factor(2, &mut a, &mut pivots)?;
/// let mut inverse = [0.0; 4];
/// lu::inverse(2, &a, &pivots, &mut inverse)?;
/// assert_eq!(inverse, [0.0, 0.25, 0.5, 0.0]);
/// # Ok::<(), reparam::dense::Error>(())
/// ```
pub fn inverse<T: Real>(n: usize, lu: &[T], pivots: &[usize], inverse: &mut [T]) -> Result<(), Error> {
    check_shape(n, n, lu.len())?;
    check_len(n, pivots.len())?;
    check_len(lu.len(), inverse.len())?;
    inverse_kernel(n, lu, pivots, inverse)
}

#[inline(always)]
pub(super) fn inverse_kernel<T: Real>(
    n: usize,
    lu: &[T],
    pivots: &[usize],
    inverse: &mut [T],
) -> Result<(), Error> {
    set_identity(n, inverse);
    solve_matrix_kernel(n, n, lu, pivots, inverse)
}

/// det A from the factors: the product of the pivots, which may overflow or underflow. Cost: n
/// multiplications.
///
/// # Errors
/// [`Error::Shape`].
pub fn determinant<T: Real>(n: usize, lu: &[T], pivots: &[usize]) -> Result<T, Error> {
    check_shape(n, n, lu.len())?;
    check_len(n, pivots.len())?;
    Ok(determinant_kernel(n, lu, pivots))
}

#[inline(always)]
pub(super) fn determinant_kernel<T: Real>(n: usize, lu: &[T], pivots: &[usize]) -> T {
    let diagonal = lu.iter().step_by(n.saturating_add(1));
    diagonal.zip(pivots).enumerate().fold(T::ONE, |product, (k, (&pivot, &exchange))| {
        product * if exchange == k { pivot } else { -pivot }
    })
}

/// The factors of an `N` × `N` matrix, made by [`Matrix::lu`]; methods cost what the functions of
/// [this module](self) do.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Lu<T, const N: usize> {
    factors: Matrix<T, N, N>,
    pivots: [usize; N],
}

impl<T: Real, const N: usize> Lu<T, N> {
    /// Factors `a`.
    ///
    /// # Errors
    /// As [`factor`].
    pub fn new(a: Matrix<T, N, N>) -> Result<Self, Error> {
        const { assert!(N > 0) };
        let mut this = Self { factors: a, pivots: [0; N] };
        factor_kernel(N, this.factors.as_mut_slice(), &mut this.pivots)?;
        Ok(this)
    }

    /// x of A x = b.
    ///
    /// # Errors
    /// As [`solve`].
    pub fn solve(&self, mut b: [T; N]) -> Result<[T; N], Error> {
        solve_kernel(N, self.factors.as_slice(), &self.pivots, &mut b)?;
        Ok(b)
    }

    /// x of Aᵀ x = b.
    ///
    /// # Errors
    /// As [`solve`].
    pub fn solve_t(&self, mut b: [T; N]) -> Result<[T; N], Error> {
        solve_t_kernel(N, self.factors.as_slice(), &self.pivots, &mut b)?;
        Ok(b)
    }

    /// X of A X = B.
    ///
    /// # Errors
    /// As [`solve`].
    pub fn solve_matrix<const C: usize>(&self, mut b: Matrix<T, N, C>) -> Result<Matrix<T, N, C>, Error> {
        const { assert!(C > 0) };
        solve_matrix_kernel(N, C, self.factors.as_slice(), &self.pivots, b.as_mut_slice())?;
        Ok(b)
    }

    /// A⁻¹.
    ///
    /// # Errors
    /// As [`solve`].
    pub fn inverse(&self) -> Result<Matrix<T, N, N>, Error> {
        let mut inverse = Matrix::zeros();
        inverse_kernel(N, self.factors.as_slice(), &self.pivots, inverse.as_mut_slice())?;
        Ok(inverse)
    }

    /// det A.
    pub fn determinant(&self) -> T {
        determinant_kernel(N, self.factors.as_slice(), &self.pivots)
    }

    /// U on and above the diagonal, L below.
    pub fn factors(&self) -> &Matrix<T, N, N> {
        &self.factors
    }

    /// The row exchanged with row k in step k.
    pub fn pivots(&self) -> &[usize; N] {
        &self.pivots
    }
}
