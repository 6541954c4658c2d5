//! The inverse in place by Gauss-Jordan elimination with partial pivoting: no second matrix.
//!
//! Higham, *Accuracy and Stability of Numerical Algorithms*, 2nd ed., section 14.4. Each step replaces a column of A
//! by one of the inverse. To solve a system, [`lu`](super::lu) is cheaper and has the smaller residual.

use crate::Real;

use super::error::{Error, check_len, check_shape};
use super::row::{add_scaled, check_finite, swap, swap_rows};

/// Elements of a row that are in registers together.
const BLOCK: usize = 8;

/// Replaces the `n` × `n` matrix `a` by its inverse. `pivots` holds the exchanges of rows afterwards. Cost: n³
/// multiply-adds, n divisions.
///
/// # Errors
/// [`Error::Shape`]; [`Error::NotFinite`]; [`Error::Singular`] if a pivot is zero or subnormal. After an error `a`
/// and `pivots` hold intermediate values.
///
/// ```
/// use reparam::dense::gauss_jordan;
///
/// let mut a = [0.0, 2.0, 4.0, 0.0];
/// gauss_jordan::invert(2, &mut a, &mut [0; 2])?;
/// assert_eq!(a, [0.0, 0.25, 0.5, 0.0]);
/// # Ok::<(), reparam::dense::Error>(())
/// ```
pub fn invert<T: Real>(n: usize, a: &mut [T], pivots: &mut [usize]) -> Result<(), Error> {
    check_shape(n, n, a.len())?;
    check_len(n, pivots.len())?;
    invert_kernel(n, a, pivots)
}

#[inline(always)]
pub(crate) fn invert_kernel<T: Real>(n: usize, a: &mut [T], pivots: &mut [usize]) -> Result<(), Error> {
    for (k, pivot) in pivots.iter_mut().enumerate() {
        let (above, rest) = a.split_at_mut_checked(k * n).ok_or(Error::Shape)?;
        let (row, below) = rest.split_at_mut_checked(n).ok_or(Error::Shape)?;
        let mut largest = row.get(k).ok_or(Error::Shape)?.abs();
        *pivot = k;
        for (candidate, i) in below.iter().skip(k).step_by(n.max(1)).zip(k + 1..) {
            if candidate.abs() > largest {
                (largest, *pivot) = (candidate.abs(), i);
            }
        }
        if !largest.is_finite() {
            return Err(Error::NotFinite);
        }
        if largest < T::MIN_POSITIVE {
            return Err(Error::Singular);
        }
        if let Some(other) = pivot.checked_sub(k + 1).and_then(|i| below.chunks_exact_mut(n.max(1)).nth(i)) {
            swap_rows(row, other);
        }
        let diagonal = row.get_mut(k).ok_or(Error::Shape)?;
        let reciprocal = T::ONE / *diagonal;
        *diagonal = T::ONE;
        row.iter_mut().for_each(|x| *x *= reciprocal);
        eliminate(k, row, above);
        eliminate(k, row, below);
    }
    // Rows were exchanged on the way: now the columns of the inverse, backwards.
    for (k, &pivot) in pivots.iter().enumerate().rev() {
        if pivot != k {
            a.chunks_exact_mut(n.max(1)).for_each(|row| swap(row, k, pivot));
        }
    }
    check_finite(a)
}

/// Subtracts from each of the rows `others` its factor in column `k` times `pivot_row`, the factor itself cleared
/// first.
#[inline(always)]
fn eliminate<T: Real>(k: usize, pivot_row: &[T], others: &mut [T]) {
    for other in others.chunks_exact_mut(pivot_row.len().max(1)) {
        let factor = other.get_mut(k).map_or(T::ZERO, core::mem::take);
        let mut blocks = other.chunks_exact_mut(BLOCK);
        let mut pivots = pivot_row.chunks_exact(BLOCK);
        for (block, pivots) in blocks.by_ref().zip(pivots.by_ref()) {
            if let (Some(block), Some(pivots)) =
                (block.first_chunk_mut::<BLOCK>(), pivots.first_chunk::<BLOCK>())
            {
                block.iter_mut().zip(pivots).for_each(|(x, &pivot)| *x = x.mac(-factor, pivot));
            }
        }
        add_scaled(blocks.into_remainder(), -factor, pivots.remainder());
    }
}
