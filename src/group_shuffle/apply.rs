//! Products with vectors and with the columns of a matrix, in place.
//!
//! Between two factors nothing moves: each factor reads and writes its inputs where they lie
//! ([`Shape::addresses`]), so that at the end everything is back in its place. That is the matrix
//! `Q = (Pᵀ)^{m−1} B_m P ⋯ P B_1` of `m` factors; with two factors `Pᵀ L P R`, and the identity if all blocks are
//! identities. The product without the return, `B_m P ⋯ P B_1`, is the same numbers in another order:
//! [`read_shuffled`].
//!
//! Nothing is checked but lengths: NaN and infinity pass through as IEEE 754 has it.

use super::error::{Error, check_length};
use super::place::{self, Places, Visit};
use super::shape::Shape;
use crate::Real;
use crate::runs::{runs, runs_mut};

/// Length of the scratch of [`apply`] and [`apply_transpose`]: a block's inputs.
pub const fn scratch_len(shape: Shape) -> usize {
    shape.block()
}

/// `x ← Q x`. Cost: `factors·dim·block` multiply-adds. `scratch`: [`scratch_len`].
///
/// # Errors
/// [`Error::Length`] if a slice does not fit.
///
/// ```
/// use reparam::group_shuffle::{Shape, apply};
///
/// // Two factors of two quarter turns: together they exchange the outer and the inner numbers.
/// let shape = Shape::new(2, 2, 2)?;
/// let blocks = [[0.0, 1.0, -1.0, 0.0]; 4];
/// let mut x = [1.0, 2.0, 3.0, 4.0];
/// apply::apply(shape, blocks.as_flattened(), &mut x, &mut [0.0; 2])?;
/// assert_eq!(x, [4.0, -3.0, -2.0, 1.0]);
/// # Ok::<(), reparam::group_shuffle::Error>(())
/// ```
pub fn apply<T: Real>(shape: Shape, blocks: &[T], x: &mut [T], scratch: &mut [T]) -> Result<(), Error> {
    check_arguments(shape, blocks, x, scratch)?;
    apply_kernel::<T, WIDTH>(shape, blocks, x, scratch);
    Ok(())
}

/// `x ← Qᵀ x`: the inverse if the blocks are orthogonal. Cost and scratch as [`apply`].
///
/// # Errors
/// [`Error::Length`] if a slice does not fit.
///
/// ```
/// use reparam::group_shuffle::{Shape, apply};
///
/// let shape = Shape::new(2, 2, 2)?;
/// let blocks = [[0.0, 1.0, -1.0, 0.0]; 4];
/// let mut x = [4.0, -3.0, -2.0, 1.0];
/// apply::apply_transpose(shape, blocks.as_flattened(), &mut x, &mut [0.0; 2])?;
/// assert_eq!(x, [1.0, 2.0, 3.0, 4.0]);
/// # Ok::<(), reparam::group_shuffle::Error>(())
/// ```
pub fn apply_transpose<T: Real>(
    shape: Shape,
    blocks: &[T],
    x: &mut [T],
    scratch: &mut [T],
) -> Result<(), Error> {
    check_arguments(shape, blocks, x, scratch)?;
    apply_transpose_kernel::<T, WIDTH>(shape, blocks, x, scratch);
    Ok(())
}

/// `y[p] = x[a_p]` with the addresses `a` of the last factor: from the result of [`apply`] the product without the
/// return, `B_m P ⋯ P B_1 x` (with two factors `L P R x`).
///
/// # Errors
/// [`Error::Length`] if a slice does not fit.
pub fn read_shuffled<T: Copy>(shape: Shape, x: &[T], y: &mut [T]) -> Result<(), Error> {
    check_length(shape.dim(), x.len())?;
    check_length(shape.dim(), y.len())?;
    for (y, address) in y.iter_mut().zip(shape.addresses(shape.factors() - 1)) {
        if let Some(&x) = x.get(address) {
            *y = x;
        }
    }
    Ok(())
}

/// `y[a_p] = x[p]`, the inverse of [`read_shuffled`]: before [`apply_transpose`] it gives the transpose of the product
/// without the return.
///
/// # Errors
/// [`Error::Length`] if a slice does not fit.
pub fn write_shuffled<T: Copy>(shape: Shape, x: &[T], y: &mut [T]) -> Result<(), Error> {
    check_length(shape.dim(), x.len())?;
    check_length(shape.dim(), y.len())?;
    for (&x, address) in x.iter().zip(shape.addresses(shape.factors() - 1)) {
        if let Some(y) = y.get_mut(address) {
            *y = x;
        }
    }
    Ok(())
}

fn check_arguments<T>(shape: Shape, blocks: &[T], x: &[T], scratch: &[T]) -> Result<(), Error> {
    check_length(shape.block_len(), blocks.len())?;
    check_length(shape.dim(), x.len())?;
    check_length(scratch_len(shape), scratch.len())
}

/// Columns of a block that are worked on at a time if the compiler does not know its size.
pub(super) const WIDTH: usize = 8;

/// [`apply_kernel`] for a block size that the compiler knows: all its columns at a time if registers hold them.
#[inline(always)]
pub(super) fn apply_fixed<T: Real, const B: usize>(
    shape: Shape,
    blocks: &[T],
    x: &mut [T],
    scratch: &mut [T; B],
) {
    let kernel = if B <= WIDTH { apply_kernel::<T, B> } else { apply_kernel::<T, WIDTH> };
    kernel(shape, blocks, x, scratch);
}

/// Covers the columns `0..b` by runs of `W` and then single ones: calls the method with the first of each. Not a
/// function, whose closures the compiler may leave uninlined.
macro_rules! for_columns {
    ($b:expr, $first:ident => $this:ident.$method:ident::<$W:ident>($($argument:expr),*)) => {
        let mut $first = 0;
        while $b - $first >= $W {
            $this.$method::<$W>($($argument),*);
            $first += $W;
        }
        while $b > $first {
            $this.$method::<1>($($argument),*);
            $first += 1;
        }
    };
}
pub(super) use for_columns;

/// `W` columns of a block at a time.
#[inline(always)]
fn apply_kernel<T: Real, const W: usize>(shape: Shape, blocks: &[T], x: &mut [T], scratch: &mut [T]) {
    place::forward(shape, factors(shape, blocks), &mut Forward::<T, W> { b: shape.block(), x, scratch });
}

/// [`apply_transpose_kernel`] for a block size that the compiler knows.
#[inline(always)]
pub(super) fn apply_transpose_fixed<T: Real, const B: usize>(
    shape: Shape,
    blocks: &[T],
    x: &mut [T],
    scratch: &mut [T; B],
) {
    let kernel = if B <= WIDTH { apply_transpose_kernel::<T, B> } else { apply_transpose_kernel::<T, WIDTH> };
    kernel(shape, blocks, x, scratch);
}

#[inline(always)]
fn apply_transpose_kernel<T: Real, const W: usize>(
    shape: Shape,
    blocks: &[T],
    x: &mut [T],
    scratch: &mut [T],
) {
    place::backward(shape, factors(shape, blocks), &mut Transpose::<T, W> { b: shape.block(), x, scratch });
}

/// The blocks of each factor.
#[inline(always)]
pub(super) fn factors<T>(
    shape: Shape,
    blocks: &[T],
) -> impl DoubleEndedIterator<Item = impl Iterator<Item = &[T]>> {
    let [factor, block] = lengths(shape);
    runs(blocks, factor).map(move |factor| runs(factor, block))
}

/// The same to be written.
#[inline(always)]
pub(super) fn factors_mut<T>(
    shape: Shape,
    blocks: &mut [T],
) -> impl DoubleEndedIterator<Item = impl Iterator<Item = &mut [T]>> {
    let [factor, block] = lengths(shape);
    runs_mut(blocks, factor).map(move |factor| runs_mut(factor, block))
}

/// Numbers in the blocks of one factor and in one block.
#[inline(always)]
fn lengths(shape: Shape) -> [usize; 2] {
    [shape.dim() * shape.block(), shape.block() * shape.block()]
}

struct Forward<'a, T, const W: usize> {
    b: usize,
    x: &'a mut [T],
    scratch: &'a mut [T],
}

impl<T: Real, const W: usize> Visit<&[T]> for Forward<'_, T, W> {
    #[inline(always)]
    fn block(&mut self, block: &[T], places: impl Places) {
        places.load(self.x, self.scratch);
        for_columns!(self.b, first => self.columns::<W>(block, first, places));
    }
}

impl<T: Real, const W: usize> Forward<'_, T, W> {
    /// The outputs collect the sum over `N` more columns.
    #[inline(always)]
    fn columns<const N: usize>(&mut self, block: &[T], first: usize, places: impl Places) {
        let Some(&input) = self.scratch.get(first..).and_then(<[T]>::first_chunk::<N>) else { return };
        places.zip(self.x, 0, runs(block, self.b), |y, row| {
            let Some(row) = row.get(first..).and_then(<[T]>::first_chunk::<N>) else { return };
            let mut terms = row.iter().zip(&input);
            let Some((&q, &x)) = terms.next() else { return };
            let start = if first == 0 { q * x } else { y.mac(q, x) };
            *y = terms.fold(start, |sum, (&q, &x)| sum.mac(q, x));
        });
    }
}

struct Transpose<'a, T, const W: usize> {
    b: usize,
    x: &'a mut [T],
    scratch: &'a mut [T],
}

impl<T: Real, const W: usize> Visit<&[T]> for Transpose<'_, T, W> {
    #[inline(always)]
    fn block(&mut self, block: &[T], places: impl Places) {
        places.load(self.x, self.scratch);
        for_columns!(self.b, first => self.columns::<W>(block, first, places));
    }
}

impl<T: Real, const W: usize> Transpose<'_, T, W> {
    /// `N` outputs, each summed from the top.
    #[inline(always)]
    fn columns<const N: usize>(&mut self, block: &[T], first: usize, places: impl Places) {
        let sums = combine_rows::<T, N>(self.b, block, first, self.scratch);
        places.zip(self.x, first, sums.iter(), |y, &sum| *y = sum);
    }
}

/// `Σᵢ xᵢ·rowᵢ`, in the `N` columns from `first`.
#[inline(always)]
fn combine_rows<T: Real, const N: usize>(b: usize, block: &[T], first: usize, x: &[T]) -> [T; N] {
    let (top, below) = block.split_at_checked(b).unwrap_or_default();
    let Some((&x_top, x)) = x.split_first() else { return [T::ZERO; N] };
    let mut sums = columns(top, first).map(|q| q * x_top);
    for (row, &x) in runs(below, b).zip(x) {
        sums.iter_mut().zip(columns::<T, N>(row, first)).for_each(|(sum, q)| *sum = sum.mac(q, x));
    }
    sums
}

/// The `N` numbers from `first` of a row.
#[inline(always)]
pub(super) fn columns<T: Real, const N: usize>(row: &[T], first: usize) -> [T; N] {
    row.get(first..).and_then(<[T]>::first_chunk).copied().unwrap_or([T::ZERO; N])
}
