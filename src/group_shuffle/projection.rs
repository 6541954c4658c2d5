//! The nearest member of the class P_L (L P R) P_R to any matrix, in the Frobenius norm.
//!
//! Algorithm 1 of the publication with its prints corrected: it needs the first *columns* of U, and rows of Vᵀ. Each
//! block of the unpermuted matrix is replaced by its nearest block of the rank that the middle permutation grants
//! ([`Class::rank`]), from its singular value decomposition (Eckart and Young), and √σ u and √σ vᵀ become a column of L
//! and a row of R. No two blocks share a column or a row, so the blocks are independent: [`project`] takes them one
//! after the other, [`block`] and [`place`] leave the order, and the number of threads, to the caller.

use crate::Real;
use crate::dense::{leading, svd};
use crate::runs::runs_mut;

use super::class::{Blocks, Class};
use super::error::{Error, check_length};

/// Length of the scratch of [`project`].
pub const fn scratch_len(left: Blocks, right: Blocks) -> usize {
    let rank = min(left.cols, right.rows);
    rank * (left.rows + right.cols) + block_scratch_len(left, right)
}

/// Length of the scratch of [`block`].
pub const fn block_scratch_len(left: Blocks, right: Blocks) -> usize {
    let (rows, cols) = (left.rows, right.cols);
    rows * cols + min(rows, cols) * (rows + cols + 1) + svd::scratch_len(rows, cols)
}

const fn min(a: usize, b: usize) -> usize {
    if a < b { a } else { b }
}

/// L and R of the member of `class` nearest to `a`, `class.rows()` × `class.cols()`, row-major. Returns the square of the
/// distance: the sum of the squares of the singular values that were cut.
///
/// `l` and `r` hold the blocks one after the other, each row-major: [`Blocks::len`] numbers. L and R have the same norm.
/// The product is unique unless a cut separates equal singular values; L and R are unique up to a common orthogonal
/// matrix per block of L P R. If `a` is orthogonal and in the class, with square blocks, all blocks of L and R come
/// out orthogonal (theorem 1).
///
/// Cost: for each of `left.count·right.count` blocks of `left.rows` × `right.cols` with a rank above zero one
/// [`svd::factor`], or as many [`leading::factor`] as its rank if that is at most a quarter of its short side. `scratch`: [`scratch_len`].
///
/// # Errors
/// [`Error::Length`]; [`Error::NotFinite`], also if the square of the norm overflows; [`Error::NoConvergence`].
///
/// ```
/// use reparam::group_shuffle::{Blocks, Class, Shape, projection};
///
/// // The identity is Pᵀ L P R with orthogonal blocks, though not L P R.
/// let class = Class::shuffle_return(Shape::new(2, 2, 2)?)?;
/// const BLOCKS: Blocks = Blocks { count: 2, rows: 2, cols: 2 };
/// let a = [1.0f64, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0];
/// let (mut l, mut r) = ([0.0; 8], [0.0; 8]);
/// let mut scratch = [0.0; projection::scratch_len(BLOCKS, BLOCKS)];
/// assert!(projection::project(class, &a, &mut l, &mut r, &mut scratch)? < 1e-30);
/// let mut product = [0.0; 16];
/// projection::product(class, &l, &r, &mut product)?;
/// assert!(product.iter().zip(&a).all(|(p, a)| (p - a).abs() < 1e-15));
/// # Ok::<(), reparam::group_shuffle::Error>(())
/// ```
pub fn project<T: Real>(
    class: Class<'_>,
    a: &[T],
    l: &mut [T],
    r: &mut [T],
    scratch: &mut [T],
) -> Result<T, Error> {
    let (left, right) = (class.left(), class.right());
    check_length(class.rows() * class.cols(), a.len())?;
    check_length(left.len(), l.len())?;
    check_length(right.len(), r.len())?;
    check_length(scratch_len(left, right), scratch.len())?;
    let rank = min(left.cols, right.rows);
    let (columns, scratch) = scratch.split_at_mut_checked(rank * left.rows).ok_or(Error::Shape)?;
    let (rows, scratch) = scratch.split_at_mut_checked(rank * right.cols).ok_or(Error::Shape)?;
    let mut residual = T::ZERO;
    for i in 0..left.count {
        for j in 0..right.count {
            let rank = class.rank(i, j);
            let columns = columns.get_mut(..rank * left.rows).ok_or(Error::Shape)?;
            let rows = rows.get_mut(..rank * right.cols).ok_or(Error::Shape)?;
            residual += block(class, i, j, a, columns, rows, scratch)?;
            place(class, i, j, columns, rows, l, r)?;
        }
    }
    if residual.is_finite() { Ok(residual) } else { Err(Error::NotFinite) }
}

/// The part of [`project`] that block (`i`, `j`) of L P R decides: `rank = class.rank(i, j)` columns for block `i` of L,
/// and as many rows for block `j` of R. Returns the square of the distance of the block.
///
/// `columns` is `rank` × `left.rows` and `rows` is `rank` × `right.cols`: one column of L, or one row of R, after the
/// other, by descending singular values. More of them than the block has sides are zero. `scratch`:
/// [`block_scratch_len`].
///
/// # Errors
/// As [`project`]; [`Error::Shape`] for a block that does not exist.
pub fn block<T: Real>(
    class: Class<'_>,
    i: usize,
    j: usize,
    a: &[T],
    columns: &mut [T],
    rows: &mut [T],
    scratch: &mut [T],
) -> Result<T, Error> {
    let (left, right) = (class.left(), class.right());
    if i >= left.count || j >= right.count {
        return Err(Error::Shape);
    }
    check_length(class.rows() * class.cols(), a.len())?;
    check_length(block_scratch_len(left, right), scratch.len())?;
    let rank = class.rank(i, j);
    check_length(rank * left.rows, columns.len())?;
    check_length(rank * right.cols, rows.len())?;
    let short = min(left.rows, right.cols);
    let (x, scratch) = scratch.split_at_mut_checked(left.rows * right.cols).ok_or(Error::Shape)?;
    gather(class, i, j, a, x);
    if rank == 0 {
        return finite(x.iter().fold(T::ZERO, |sum, &x| sum.mac(x, x)));
    }
    if rank * FEW <= short {
        return few(left.rows, right.cols, x, columns, rows, scratch);
    }
    let (u, scratch) = scratch.split_at_mut_checked(left.rows * short).ok_or(Error::Shape)?;
    let (v, scratch) = scratch.split_at_mut_checked(right.cols * short).ok_or(Error::Shape)?;
    let (s, scratch) = scratch.split_at_mut_checked(short).ok_or(Error::Shape)?;
    svd::factor(left.rows, right.cols, x, u, s, v, scratch)?;
    spread(left.rows, u, s, columns);
    spread(right.cols, v, s, rows);
    finite(s.iter().skip(rank).fold(T::ZERO, |sum, &s| sum.mac(s, s)))
}

/// Up to this part of the short side, pair by pair costs less than the whole decomposition.
const FEW: usize = 4;

/// A rank that is small beside the block: the largest singular value, subtracted, and the next one. What remains of `x` is the
/// residual. For a square shuffle with as many blocks as they are long, or more, every rank is at most 1.
#[inline(always)]
fn few<T: Real>(
    height: usize,
    width: usize,
    x: &mut [T],
    columns: &mut [T],
    rows: &mut [T],
    scratch: &mut [T],
) -> Result<T, Error> {
    let scratch = scratch.get_mut(..leading::scratch_len(height, width)).ok_or(Error::Shape)?;
    let mut rows = rows.chunks_exact_mut(width.max(1));
    for u in columns.chunks_exact_mut(height.max(1)) {
        let v = rows.next().ok_or(Error::Shape)?;
        let value = leading::factor(height, width, x, u, v, scratch)?;
        for (x, &u) in runs_mut(x, width).zip(&*u) {
            let weight = -(value * u);
            x.iter_mut().zip(&*v).for_each(|(x, &v)| *x = x.mac(weight, v));
        }
        let weight = value.sqrt();
        u.iter_mut().chain(v).for_each(|x| *x = weight * *x);
    }
    finite(x.iter().fold(T::ZERO, |sum, &x| sum.mac(x, x)))
}

fn finite<T: Real>(x: T) -> Result<T, Error> {
    if x.is_finite() { Ok(x) } else { Err(Error::NotFinite) }
}

/// Block (`i`, `j`) of P_Lᵀ A P_Rᵀ.
#[inline(always)]
pub(super) fn gather<T: Real>(class: Class<'_>, i: usize, j: usize, a: &[T], block: &mut [T]) {
    let (height, width) = (class.left().rows, class.right().cols);
    let rows = (i * height..).map(|row| class.row(row) * class.cols());
    for (out, start) in runs_mut(block, width).zip(rows) {
        let row = a.get(start..).unwrap_or_default();
        for (out, column) in out.iter_mut().zip(j * width..) {
            *out = row.get(class.column(column)).map_or(T::ZERO, |&x| x);
        }
    }
}

/// Columns of the row-major `vectors` times √σ, as rows; zeros after the last.
#[inline(always)]
fn spread<T: Real>(len: usize, vectors: &[T], singular_values: &[T], out: &mut [T]) {
    let short = singular_values.len();
    out.fill(T::ZERO);
    for ((q, out), &s) in runs_mut(out, len).enumerate().zip(singular_values) {
        let weight = s.sqrt();
        let column = vectors.get(q..).unwrap_or_default().iter().step_by(short.max(1));
        out.iter_mut().zip(column).for_each(|(out, &x)| *out = weight * x);
    }
}

/// Puts what [`block`] found for (`i`, `j`) into its places in `l` and `r`. Other places are left alone; all blocks
/// together fill every one.
///
/// # Errors
/// [`Error::Length`]; [`Error::Shape`] for a block that does not exist.
pub fn place<T: Real>(
    class: Class<'_>,
    i: usize,
    j: usize,
    columns: &[T],
    rows: &[T],
    l: &mut [T],
    r: &mut [T],
) -> Result<(), Error> {
    let (left, right) = (class.left(), class.right());
    if i >= left.count || j >= right.count {
        return Err(Error::Shape);
    }
    check_length(left.len(), l.len())?;
    check_length(right.len(), r.len())?;
    let rank = class.rank(i, j);
    check_length(rank * left.rows, columns.len())?;
    check_length(rank * right.cols, rows.len())?;
    let l = l.get_mut(i * left.rows * left.cols..).unwrap_or_default();
    let r = r.get_mut(j * right.rows * right.cols..).unwrap_or_default();
    let mut rows = rows.chunks_exact(right.cols.max(1));
    let columns = columns.chunks_exact(left.rows.max(1));
    for ((column, row), values) in class.slots(i, j).zip(columns) {
        let places = l.iter_mut().skip(column).step_by(left.cols.max(1));
        places.zip(values).for_each(|(l, &x)| *l = x);
        let places = r.iter_mut().skip(row * right.cols);
        places.zip(rows.next().unwrap_or_default()).for_each(|(r, &x)| *r = x);
    }
    Ok(())
}

/// The dense matrix P_L (L P R) P_R into `a`. Cost: `inner·left.rows·right.cols` multiply-adds. No scratch.
///
/// # Errors
/// [`Error::Length`].
pub fn product<T: Real>(class: Class<'_>, l: &[T], r: &[T], a: &mut [T]) -> Result<(), Error> {
    let (left, right) = (class.left(), class.right());
    check_length(left.len(), l.len())?;
    check_length(right.len(), r.len())?;
    check_length(class.rows() * class.cols(), a.len())?;
    a.fill(T::ZERO);
    for i in 0..left.count {
        let l = l.get(i * left.rows * left.cols..).unwrap_or_default();
        for j in 0..right.count {
            let r = r.get(j * right.rows * right.cols..).unwrap_or_default();
            for (column, row) in class.slots(i, j) {
                let (r, first) = (r.get(row * right.cols..).unwrap_or_default(), j * right.cols);
                let weights = l.iter().skip(column).step_by(left.cols.max(1)).take(left.rows);
                for (p, &weight) in weights.enumerate() {
                    let start = class.row(i * left.rows + p) * class.cols();
                    let a = a.get_mut(start..).unwrap_or_default();
                    for (&r, place) in r.iter().take(right.cols).zip(first..) {
                        if let Some(a) = a.get_mut(class.column(place)) {
                            *a = a.mac(weight, r);
                        }
                    }
                }
            }
        }
    }
    Ok(())
}
