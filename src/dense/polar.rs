//! Polar factor: the matrix with orthonormal columns (rows, if it is wide) nearest to A in the Frobenius norm.
//!
//! U Vᵀ from the Jacobi SVD: Golub & Van Loan, *Matrix Computations*, 4th ed., section 9.4.3. For a frame that
//! is nearly orthonormal already, [`newton_schulz`](super::newton_schulz) is far cheaper.

use crate::Real;

use super::error::{Error, check_len, check_shape};
use super::product::matmul_nt_kernel;
use super::svd;

/// Length of the scratch of [`factor`].
pub const fn scratch_len(rows: usize, cols: usize) -> usize {
    let short = if rows < cols { rows } else { cols };
    svd::scratch_len(rows, cols) + short * (rows + cols + 1)
}

/// The polar factor of the `rows` × `cols` matrix `a` into `q`. Cost: that of [`svd::factor`] and
/// rows·cols·min(rows, cols) multiply-adds. `scratch`: [`scratch_len`].
///
/// # Errors
/// [`Error::Shape`]; [`Error::NotFinite`]; [`Error::NoConvergence`]; [`Error::Singular`] if the smallest
/// singular value is below max(rows, cols)·ε of the largest: the nearest matrix is then not unique.
///
/// ```
/// use reparam::dense::polar;
///
/// let (mut q, mut scratch) = ([0.0f64; 4], [0.0; polar::scratch_len(2, 2)]);
/// polar::factor(2, 2, &[0.0, -2.0, 3.0, 0.0], &mut q, &mut scratch)?;
/// assert!(q.iter().zip([0.0, -1.0, 1.0, 0.0]).all(|(q, x)| (q - x).abs() < 1e-15));
/// # Ok::<(), reparam::dense::Error>(())
/// ```
pub fn factor<T: Real>(
    rows: usize,
    cols: usize,
    a: &[T],
    q: &mut [T],
    scratch: &mut [T],
) -> Result<(), Error> {
    check_shape(rows, cols, a.len())?;
    check_len(a.len(), q.len())?;
    check_len(scratch_len(rows, cols), scratch.len())?;
    factor_kernel(rows, cols, a, q, scratch)
}

#[inline(always)]
pub(super) fn factor_kernel<T: Real>(
    rows: usize,
    cols: usize,
    a: &[T],
    q: &mut [T],
    scratch: &mut [T],
) -> Result<(), Error> {
    let short = rows.min(cols);
    let (u, scratch) = scratch.split_at_mut_checked(rows * short).ok_or(Error::Shape)?;
    let (v, scratch) = scratch.split_at_mut_checked(cols * short).ok_or(Error::Shape)?;
    let (s, scratch) = scratch.split_at_mut_checked(short).ok_or(Error::Shape)?;
    svd::factor_kernel(rows, cols, a, u, s, v, scratch)?;
    check_rank(rows.max(cols), s)?;
    matmul_nt_kernel(short, cols, u, v, q);
    Ok(())
}

/// `Ok` if the smallest singular value is not negligible beside the largest.
pub(super) fn check_rank<T: Real>(long: usize, singular_values: &[T]) -> Result<(), Error> {
    let largest = singular_values.first().copied().unwrap_or(T::ZERO);
    let smallest = singular_values.last().copied().unwrap_or(T::ZERO);
    if smallest > largest * T::EPSILON * T::from_usize(long) { Ok(()) } else { Err(Error::Singular) }
}
