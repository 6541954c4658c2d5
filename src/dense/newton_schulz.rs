//! Newton-Schulz iteration Q ← Q (3/2 I − 1/2 QᵀQ): pulls a nearly orthonormal frame back to its polar factor.
//!
//! Higham, *Functions of Matrices*, section 8.3. Converges quadratically if every singular value lies in
//! (0, √3); a singular value σ becomes σ (3 − σ²)/2. No division, no square root.

use crate::Real;

use super::error::{Error, check_len, check_shape};
use super::product::matmul_tn_kernel;
use super::row::accumulate;

/// Length of the scratch of [`step`] and [`iterate`].
pub const fn scratch_len(cols: usize) -> usize {
    cols * cols + cols
}

/// One step on the `rows` × `cols` frame `q`, `rows` ≥ `cols`. Returns the largest element of |QᵀQ − I|
/// before the step. Cost: 2·rows·cols² multiply-adds. `scratch`: [`scratch_len`].
///
/// # Errors
/// [`Error::Shape`]; [`Error::NotFinite`] if QᵀQ is not finite: `q` is then as it was.
///
/// ```
/// use reparam::dense::newton_schulz;
///
/// let mut q = [0.6f64, 0.81];
/// let mut scratch = [0.0; newton_schulz::scratch_len(1)];
/// let before = newton_schulz::step(2, 1, &mut q, &mut scratch)?;
/// assert!((before - 0.0161).abs() < 1e-15);
/// assert!((q[0] * q[0] + q[1] * q[1] - 1.0).abs() < 2e-4);
/// # Ok::<(), reparam::dense::Error>(())
/// ```
pub fn step<T: Real>(rows: usize, cols: usize, q: &mut [T], scratch: &mut [T]) -> Result<T, Error> {
    check_arguments(rows, cols, q, scratch)?;
    let (factor, old) = scratch.split_at_mut_checked(cols * cols).ok_or(Error::Shape)?;
    step_kernel(cols, q, factor, old)
}

/// Largest element of |QᵀQ − I| for a `rows` × `cols` matrix: how far its columns are from orthonormal. Infinite if an
/// element is infinite or NaN, or if `q` does not have the length. Cost: rows·cols·(cols + 1)/2 multiply-adds.
///
/// ```
/// use reparam::dense::newton_schulz;
///
/// assert_eq!(newton_schulz::orthogonality_error(3, 2, &[1.0, 0.0, 0.0, 1.0, 0.0, 0.5]), 0.25);
/// ```
pub fn orthogonality_error<T: Real>(rows: usize, cols: usize, q: &[T]) -> T {
    if check_shape(rows, cols, q.len()).is_err() {
        return T::INFINITY;
    }
    let mut worst = T::ZERO;
    for i in 0..cols {
        for j in 0..=i {
            let target = if i == j { T::ONE } else { T::ZERO };
            let product = q.chunks_exact(cols).fold(T::ZERO, |sum, row| match (row.get(i), row.get(j)) {
                (Some(&x), Some(&y)) => sum.mac(x, y),
                _ => sum,
            });
            let error = (product - target).abs();
            if !error.is_finite() {
                return T::INFINITY;
            }
            worst = worst.max(error);
        }
    }
    worst
}

#[inline(always)]
fn check_arguments<T>(rows: usize, cols: usize, q: &[T], scratch: &[T]) -> Result<(), Error> {
    check_shape(rows, cols, q.len())?;
    if rows < cols {
        return Err(Error::Shape);
    }
    check_len(scratch_len(cols), scratch.len())
}

#[inline(always)]
pub(crate) fn step_kernel<T: Real>(
    cols: usize,
    q: &mut [T],
    factor: &mut [T],
    old: &mut [T],
) -> Result<T, Error> {
    let error = make_factor(cols, q, factor)?;
    apply_factor(cols, q, factor, old);
    Ok(error)
}

/// factor ← 3/2 I − 1/2 QᵀQ; returns the largest element of |QᵀQ − I|.
#[inline(always)]
fn make_factor<T: Real>(cols: usize, q: &[T], factor: &mut [T]) -> Result<T, Error> {
    matmul_tn_kernel(cols, q.len() / cols.max(1), cols, q, q, factor);
    let (mut largest, mut sum) = (T::ZERO, T::ZERO);
    for (i, row) in factor.chunks_exact_mut(cols.max(1)).enumerate() {
        for (j, x) in row.iter_mut().enumerate() {
            let identity = if i == j { T::ONE } else { T::ZERO };
            let difference = *x - identity;
            largest = largest.max(difference.abs());
            sum += difference;
            *x = identity - T::HALF * difference;
        }
    }
    // The maximum forgets NaN, the sum does not.
    if sum.is_finite() { Ok(largest) } else { Err(Error::NotFinite) }
}

/// Q ← Q · factor, row by row.
#[inline(always)]
fn apply_factor<T: Real>(cols: usize, q: &mut [T], factor: &[T], old: &mut [T]) {
    for row in q.chunks_exact_mut(cols.max(1)) {
        old.iter_mut().zip(&mut *row).for_each(|(old, x)| *old = core::mem::take(x));
        accumulate(row, old.iter().copied(), factor, cols, 0);
    }
}

/// Steps until the largest element of |QᵀQ − I| is at most `tolerance`, at most `max_steps` times. Returns the
/// number of steps. The polar factor of Q, the nearest frame, is reached if all singular values are in
/// (0, √3). A tolerance below rows·ε may never be met.
///
/// # Errors
/// [`Error::Shape`]; [`Error::NotFinite`]; [`Error::NoConvergence`] if the bound is reached: `q` holds the
/// last iterate.
///
/// ```
/// use reparam::dense::newton_schulz;
///
/// let mut q = [0.6f64, 0.81];
/// let mut scratch = [0.0; newton_schulz::scratch_len(1)];
/// assert_eq!(newton_schulz::iterate(2, 1, &mut q, 1e-12, 10, &mut scratch)?, 3);
/// assert!((q[0] * q[0] + q[1] * q[1] - 1.0).abs() < 1e-15);
/// # Ok::<(), reparam::dense::Error>(())
/// ```
pub fn iterate<T: Real>(
    rows: usize,
    cols: usize,
    q: &mut [T],
    tolerance: T,
    max_steps: usize,
    scratch: &mut [T],
) -> Result<usize, Error> {
    check_arguments(rows, cols, q, scratch)?;
    let (factor, old) = scratch.split_at_mut_checked(cols * cols).ok_or(Error::Shape)?;
    iterate_kernel(cols, q, tolerance, max_steps, factor, old)
}

#[inline(always)]
pub(super) fn iterate_kernel<T: Real>(
    cols: usize,
    q: &mut [T],
    tolerance: T,
    max_steps: usize,
    factor: &mut [T],
    old: &mut [T],
) -> Result<usize, Error> {
    let mut steps = 0;
    while make_factor(cols, q, factor)? > tolerance {
        if steps == max_steps {
            return Err(Error::NoConvergence);
        }
        apply_factor(cols, q, factor, old);
        steps += 1;
    }
    Ok(steps)
}
