//! The inverse in place by Gauss-Jordan elimination with partial pivoting: no second matrix.
//!
//! Higham, *Accuracy and Stability of Numerical Algorithms*, 2nd ed., section 14.4. Each step replaces a column of A
//! by one of the inverse. To solve a system, [`lu`](super::lu) is cheaper and has the smaller residual.

use crate::Real;

use super::error::{Error, check_len, check_shape};
use super::row::{check_finite, swap, swap_rows};

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
        let active = a.get_mut(k * n..).ok_or(Error::Shape)?;
        let (row, below) = active.split_at_mut_checked(n).ok_or(Error::Shape)?;
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
        eliminate(n, k, a);
    }
    // Rows were exchanged on the way: now the columns of the inverse, backwards.
    for (k, &pivot) in pivots.iter().enumerate().rev() {
        if pivot != k {
            a.chunks_exact_mut(n.max(1)).for_each(|row| swap(row, k, pivot));
        }
    }
    check_finite(a)
}

/// Subtracts row `k` times its factor, which lies in column `k`, from every other row; the factor counts as zero
/// itself.
#[inline(always)]
fn eliminate<T: Real>(n: usize, k: usize, a: &mut [T]) {
    // The factors are needed until the block in which they lie has its turn.
    for own in [false, true] {
        let start = eliminate_blocks::<T, 8>(n, k, own, 0, a);
        let start = eliminate_blocks::<T, 4>(n, k, own, start, a);
        eliminate_blocks::<T, 1>(n, k, own, start, a);
    }
}

/// [`eliminate`] in the blocks of `W` columns from `start` that hold column `k` (`own`) or in those that do not: row
/// `k` stays in registers while the others stream past. Returns the first column that no block of `W` reaches.
#[inline(always)]
fn eliminate_blocks<T: Real, const W: usize>(
    n: usize,
    k: usize,
    own: bool,
    mut start: usize,
    a: &mut [T],
) -> usize {
    while start + W <= n {
        if (start..start + W).contains(&k) == own {
            let Some(&pivots) = a.get(k * n + start..).and_then(<[T]>::first_chunk::<W>) else { break };
            for (i, row) in a.chunks_exact_mut(n.max(1)).enumerate() {
                let Some(factor) = row.get_mut(k) else { break };
                if i == k {
                    continue;
                }
                let minus = -*factor;
                if own {
                    *factor = T::ZERO;
                }
                let Some(block) = row.get_mut(start..).and_then(<[T]>::first_chunk_mut::<W>) else { break };
                block.iter_mut().zip(pivots).for_each(|(x, pivot)| *x = x.mac(minus, pivot));
            }
        }
        start += W;
    }
    start
}
