//! QR by Givens rotations, one row of the matrix at a time: streaming least squares without storing the rows.
//!
//! Golub & Van Loan, *Matrix Computations*, 4th ed., section 6.5.3 (appending a row); rotations as LAPACK's
//! `lartg`. Start from R = 0 and Qᵀb = 0; after the rows of A went through [`add_row`], A = Q R. R is `n` × `n`
//! upper triangular, row-major, zeros below the diagonal untouched; `rhs` (`n` × `rhs_cols`) is the part of
//! Qᵀ B that belongs to R.

use crate::Real;

use super::Matrix;
use super::error::{Error, check_len, check_shape};
use super::row::{check_finite, rotate};
use super::scale::{SumOfSquares, small};
use super::triangular::solve_upper_matrix;

/// The rotation (c, s, r) with c·f + s·g = r, c·g − s·f = 0 and c² + s² = 1, without overflow or underflow.
/// r has the sign of f, so that a rotation that is not needed is the identity.
///
/// Cost: two divisions and a square root.
///
/// ```
/// let (c, s, r) = reparam::dense::givens_qr::rotation(3.0e30f32, 4.0e30);
/// assert!((c - 0.6).abs() < 1e-6 && (s - 0.8).abs() < 1e-6 && (r / 5.0e30 - 1.0).abs() < 1e-6);
/// ```
#[inline(always)]
pub fn rotation<T: Real>(f: T, g: T) -> (T, T, T) {
    let sum = (f * f).mac(g, g);
    if SumOfSquares(sum).is_safe() {
        let r = sum.sqrt().copysign(f);
        (f / r, g / r, r)
    } else {
        rotation_unsafe(f, g, sum)
    }
}

#[cold]
fn rotation_unsafe<T: Real>(f: T, g: T, sum: T) -> (T, T, T) {
    let scale = if sum < T::ONE { T::ONE / small::<T>() } else { small() };
    let (f, g) = (f * scale, g * scale);
    let r = (f * f).mac(g, g).sqrt().copysign(f);
    if r == T::ZERO { (T::ONE, T::ZERO, r) } else { (f / r, g / r, r / scale) }
}

/// Rotates one row (`row` of A, `values` of B) into R and `rhs`. `row` becomes zero; `values` becomes the
/// component orthogonal to everything before: its squares sum to the growth of the squared residual.
///
/// Cost: 2n² + 4n·rhs_cols multiply-adds, n square roots, 2n divisions. No scratch. `rhs_cols` may be 0.
///
/// # Errors
/// [`Error::Shape`]; [`Error::NotFinite`] for a row or value that is not finite: R and `rhs` are then as they
/// were.
///
/// ```
/// use reparam::dense::givens_qr;
///
/// // Slope of the line through the origin nearest to (1, 2), (2, 4).
/// let (mut r, mut rhs) = ([0.0f64], [0.0]);
/// for (t, y) in [(1.0, 2.0), (2.0, 4.0)] {
///     let (mut row, mut value) = ([t], [y]);
///     givens_qr::add_row(1, 1, &mut r, &mut rhs, &mut row, &mut value)?;
///     assert!(value[0].abs() < 1e-15);
/// }
/// givens_qr::solve(1, 1, &r, &mut rhs)?;
/// assert!((rhs[0] - 2.0).abs() < 1e-15);
/// # Ok::<(), reparam::dense::Error>(())
/// ```
pub fn add_row<T: Real>(
    n: usize,
    rhs_cols: usize,
    r: &mut [T],
    rhs: &mut [T],
    row: &mut [T],
    values: &mut [T],
) -> Result<(), Error> {
    check_shape(n, n, r.len())?;
    check_len(n, row.len())?;
    check_len(rhs_cols, values.len())?;
    check_len(n.checked_mul(rhs_cols).ok_or(Error::Shape)?, rhs.len())?;
    add_row_kernel(n, rhs_cols, r, rhs, row, values)
}

#[inline(always)]
pub(super) fn add_row_kernel<T: Real>(
    n: usize,
    rhs_cols: usize,
    r: &mut [T],
    mut rhs: &mut [T],
    row: &mut [T],
    values: &mut [T],
) -> Result<(), Error> {
    check_finite(row)?;
    check_finite(values)?;
    let mut row = row;
    for (k, r_row) in r.chunks_exact_mut(n).enumerate() {
        let (head, tail) = row.split_first_mut().ok_or(Error::Shape)?;
        let (pivot, r_tail) = r_row.get_mut(k..).and_then(<[T]>::split_first_mut).ok_or(Error::Shape)?;
        let (rhs_row, rhs_rest) =
            core::mem::take(&mut rhs).split_at_mut_checked(rhs_cols).ok_or(Error::Shape)?;
        if *head != T::ZERO {
            let (c, s, length) = rotation(*pivot, *head);
            (*pivot, *head) = (length, T::ZERO);
            rotate(r_tail, tail, c, s);
            rotate(rhs_row, values, c, s);
        }
        (row, rhs) = (tail, rhs_rest);
    }
    Ok(())
}

/// Solves R X = rhs; `rhs` becomes the least-squares solution X, `n` × `rhs_cols`. Cost: n²·rhs_cols/2
/// multiply-adds.
///
/// # Errors
/// [`Error::Shape`]; [`Error::Singular`] if R has a zero or subnormal diagonal element (fewer independent rows
/// than unknowns so far); [`Error::NotFinite`] if X is not finite or a diagonal element of R overflowed.
pub fn solve<T: Real>(n: usize, rhs_cols: usize, r: &[T], rhs: &mut [T]) -> Result<(), Error> {
    check_shape(n, n, r.len())?;
    check_shape(n, rhs_cols, rhs.len())?;
    solve_kernel(n, rhs_cols, r, rhs)
}

#[inline(always)]
pub(super) fn solve_kernel<T: Real>(n: usize, rhs_cols: usize, r: &[T], rhs: &mut [T]) -> Result<(), Error> {
    let mut diagonal = r.iter().step_by(n.saturating_add(1));
    // Large rows may have overflowed; a division by infinity would hide that.
    if diagonal.clone().any(|x| !x.is_finite()) {
        return Err(Error::NotFinite);
    }
    if diagonal.any(|x| x.abs() < T::MIN_POSITIVE) {
        return Err(Error::Singular);
    }
    solve_upper_matrix(n, n, rhs_cols, r, rhs)?;
    check_finite(rhs)
}

/// R and Qᵀ B of the rows so far: `N` unknowns, `M` right-hand sides.
///
/// ```
/// use reparam::dense::GivensQr;
///
/// let mut fit = GivensQr::<f64, 2, 1>::new();
/// for (t, y) in [(0.0, 1.0), (1.0, 3.0), (2.0, 5.0)] {
///     fit.add_row([1.0, t], [y])?;
/// }
/// let x = fit.solve()?;
/// assert!((x.0[0][0] - 1.0).abs() < 1e-14 && (x.0[1][0] - 2.0).abs() < 1e-14);
/// # Ok::<(), reparam::dense::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GivensQr<T, const N: usize, const M: usize> {
    r: Matrix<T, N, N>,
    rhs: Matrix<T, N, M>,
    residual: [T; M],
}

impl<T: Real, const N: usize, const M: usize> Default for GivensQr<T, N, M> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T: Real, const N: usize, const M: usize> GivensQr<T, N, M> {
    /// No rows yet.
    pub const fn new() -> Self {
        const { assert!(N > 0 && M > 0) };
        Self { r: Matrix::zeros(), rhs: Matrix::zeros(), residual: [T::ZERO; M] }
    }

    /// Takes in one row of A and B. Cost: as [`add_row`].
    ///
    /// # Errors
    /// [`Error::NotFinite`]: the row is left out.
    pub fn add_row(&mut self, mut row: [T; N], mut values: [T; M]) -> Result<(), Error> {
        add_row_kernel(N, M, self.r.as_mut_slice(), self.rhs.as_mut_slice(), &mut row, &mut values)?;
        self.residual.iter_mut().zip(values).for_each(|(sum, x)| *sum = sum.mac(x, x));
        Ok(())
    }

    /// Least-squares solution of the rows so far.
    ///
    /// # Errors
    /// As [`solve`].
    pub fn solve(&self) -> Result<Matrix<T, N, M>, Error> {
        let mut x = self.rhs;
        solve_kernel(N, M, self.r.as_slice(), x.as_mut_slice())?;
        Ok(x)
    }

    /// R, upper triangular.
    pub fn r(&self) -> &Matrix<T, N, N> {
        &self.r
    }

    /// Qᵀ B, the part that belongs to R.
    pub fn rhs(&self) -> &Matrix<T, N, M> {
        &self.rhs
    }

    /// Squared norms of the residuals of the least-squares solution.
    pub fn residual(&self) -> &[T; M] {
        &self.residual
    }
}
