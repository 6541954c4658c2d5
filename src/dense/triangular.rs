//! Triangular systems, as every factorization needs them. Only the upper triangle of `u` is read; `stride`
//! is the length of its rows, the order is the length of `b`.

use crate::Real;

use super::Error;
use super::row::{accumulate, add_scaled, minus_dot};

/// Solves U x = b; `b` becomes x. A zero on the diagonal gives infinity or NaN.
#[inline(always)]
pub(super) fn solve_upper<T: Real>(stride: usize, u: &[T], b: &mut [T]) -> Result<(), Error> {
    for k in (0..b.len()).rev() {
        let row = u.get(k * stride..).and_then(|rows| rows.get(..stride)).ok_or(Error::Shape)?;
        let (x, done) = b.get_mut(k..).and_then(<[T]>::split_first_mut).ok_or(Error::Shape)?;
        let (pivot, row) = row.get(k..).and_then(<[T]>::split_first).ok_or(Error::Shape)?;
        *x = minus_dot(*x, row, done) / *pivot;
    }
    Ok(())
}

/// Solves Uᵀ x = b; `b` becomes x.
#[inline(always)]
pub(super) fn solve_upper_t<T: Real>(stride: usize, u: &[T], b: &mut [T]) -> Result<(), Error> {
    for (k, row) in u.chunks(stride.max(1)).enumerate().take(b.len()) {
        let (x, rest) = b.get_mut(k..).and_then(<[T]>::split_first_mut).ok_or(Error::Shape)?;
        let (pivot, row) = row.get(k..).and_then(<[T]>::split_first).ok_or(Error::Shape)?;
        *x /= *pivot;
        add_scaled(rest, -*x, row);
    }
    Ok(())
}

/// Solves U X = B for the `cols` columns of B; `b` becomes X.
#[inline(always)]
pub(super) fn solve_upper_matrix<T: Real>(
    n: usize,
    stride: usize,
    cols: usize,
    u: &[T],
    b: &mut [T],
) -> Result<(), Error> {
    for k in (0..n).rev() {
        let row = u.get(k * stride..).and_then(|rows| rows.get(..stride)).ok_or(Error::Shape)?;
        let rest = b.get_mut(k * cols..n * cols).ok_or(Error::Shape)?;
        let (x, done) = rest.split_at_mut_checked(cols).ok_or(Error::Shape)?;
        let (pivot, row) = row.get(k..).and_then(<[T]>::split_first).ok_or(Error::Shape)?;
        accumulate(x, row.iter().map(|&factor| -factor), done, cols, 0);
        x.iter_mut().for_each(|x| *x /= *pivot);
    }
    Ok(())
}
