//! Products with every column of a matrix, in place: eight columns at a time.
//!
//! The matrix is `dim × columns`, row-major. What a column costs and means is in [`apply`](super::apply); here each
//! number of a block is loaded once for eight columns, and rows are read along.

use super::error::{Error, check_length};
use super::shape::Shape;
use crate::Real;

/// Columns in registers together.
const STRIP: usize = 8;

/// Length of the scratch: the inputs of one block for eight columns, `8·block`.
pub const fn scratch_len(shape: Shape) -> usize {
    shape.block().saturating_mul(STRIP)
}

/// `X ← Q X`. Cost: `factors·dim·block·columns` multiply-adds. `scratch`: [`scratch_len`].
///
/// # Errors
/// [`Error::Length`] if a slice does not fit; [`Error::Shape`] if `dim·columns` leaves the range of `usize`.
///
/// ```
/// use reparam::group_shuffle::{Shape, columns};
///
/// // A quarter turn of two rows.
/// let (shape, blocks) = (Shape::new(2, 1, 1)?, [0.0, 1.0, -1.0, 0.0]);
/// let mut x = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0];
/// columns::apply(shape, 3, &blocks, &mut x, &mut [0.0; 16])?;
/// assert_eq!(x, [4.0, 5.0, 6.0, -1.0, -2.0, -3.0]);
/// columns::apply_transpose(shape, 3, &blocks, &mut x, &mut [0.0; 16])?;
/// assert_eq!(x, [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
/// # Ok::<(), reparam::group_shuffle::Error>(())
/// ```
pub fn apply<T: Real>(
    shape: Shape,
    columns: usize,
    blocks: &[T],
    x: &mut [T],
    scratch: &mut [T],
) -> Result<(), Error> {
    check_arguments(shape, columns, blocks, x, scratch)?;
    for (factor, blocks) in factors(shape, blocks).enumerate() {
        factor_kernel::<T, false>(shape, factor, columns, blocks, x, scratch);
    }
    Ok(())
}

/// `X ← Qᵀ X`: the inverse if the blocks are orthogonal. Cost, scratch and errors as [`apply`].
///
/// # Errors
/// As [`apply`].
pub fn apply_transpose<T: Real>(
    shape: Shape,
    columns: usize,
    blocks: &[T],
    x: &mut [T],
    scratch: &mut [T],
) -> Result<(), Error> {
    check_arguments(shape, columns, blocks, x, scratch)?;
    for (factor, blocks) in factors(shape, blocks).enumerate().rev() {
        factor_kernel::<T, true>(shape, factor, columns, blocks, x, scratch);
    }
    Ok(())
}

/// Writes Q itself, `dim` × `dim`. Cost: `factors·dim²·block` multiply-adds. `scratch`: [`scratch_len`].
///
/// # Errors
/// As [`apply`] with `dim` columns.
///
/// ```
/// use reparam::group_shuffle::{Shape, columns};
///
/// let (shape, mut q) = (Shape::new(2, 1, 1)?, [0.0; 4]);
/// columns::materialise(shape, &[0.0, 1.0, -1.0, 0.0], &mut q, &mut [0.0; 16])?;
/// assert_eq!(q, [0.0, 1.0, -1.0, 0.0]);
/// # Ok::<(), reparam::group_shuffle::Error>(())
/// ```
pub fn materialise<T: Real>(
    shape: Shape,
    blocks: &[T],
    matrix: &mut [T],
    scratch: &mut [T],
) -> Result<(), Error> {
    let dim = shape.dim();
    check_arguments(shape, dim, blocks, matrix, scratch)?;
    matrix.fill(T::ZERO);
    matrix.iter_mut().step_by(dim.saturating_add(1)).for_each(|x| *x = T::ONE);
    apply(shape, dim, blocks, matrix, scratch)
}

fn check_arguments<T>(
    shape: Shape,
    columns: usize,
    blocks: &[T],
    x: &[T],
    scratch: &[T],
) -> Result<(), Error> {
    check_length(shape.block_len(), blocks.len())?;
    check_length(shape.dim().checked_mul(columns).ok_or(Error::Shape)?, x.len())?;
    check_length(scratch_len(shape), scratch.len())
}

/// The blocks of each factor.
fn factors<T>(shape: Shape, blocks: &[T]) -> core::slice::ChunksExact<'_, T> {
    blocks.chunks_exact((shape.dim() * shape.block()).max(1))
}

/// One factor: B, or Bᵀ.
fn factor_kernel<T: Real, const TRANSPOSED: bool>(
    shape: Shape,
    factor: usize,
    columns: usize,
    blocks: &[T],
    x: &mut [T],
    scratch: &mut [T],
) {
    let b = shape.block();
    let mut addresses = shape.addresses(factor);
    for block in blocks.chunks_exact((b * b).max(1)) {
        let rows = addresses.clone().take(b).map(|address| address * columns);
        addresses.by_ref().take(b).for_each(drop);
        let mut start = 0;
        while start + STRIP <= columns {
            strip::<T, STRIP, TRANSPOSED>(b, block, rows.clone().map(|row| row + start), x, scratch);
            start += STRIP;
        }
        while start < columns {
            strip::<T, 1, TRANSPOSED>(b, block, rows.clone().map(|row| row + start), x, scratch);
            start += 1;
        }
    }
}

/// `W` columns of one block, whose rows begin at `places`.
#[inline(always)]
fn strip<T: Real, const W: usize, const TRANSPOSED: bool>(
    b: usize,
    block: &[T],
    places: impl Iterator<Item = usize> + Clone,
    x: &mut [T],
    scratch: &mut [T],
) {
    for (input, place) in scratch.chunks_exact_mut(W).zip(places.clone()) {
        let row = x.get(place..).and_then(<[T]>::first_chunk::<W>);
        if let (Some(input), Some(row)) = (input.first_chunk_mut::<W>(), row) {
            *input = *row;
        }
    }
    let inputs = scratch.get(..b * W).unwrap_or_default();
    for (i, place) in places.enumerate() {
        let sums = if TRANSPOSED {
            let column = block.get(i..).unwrap_or_default();
            combine::<T, W>(column.iter().step_by(b.max(1)), inputs)
        } else {
            let row = block.get(i * b..).unwrap_or_default();
            combine::<T, W>(row.iter(), inputs)
        };
        if let Some(row) = x.get_mut(place..).and_then(<[T]>::first_chunk_mut::<W>) {
            *row = sums;
        }
    }
}

/// Σ qⱼ · inputⱼ.
#[inline(always)]
fn combine<'a, T: Real, const W: usize>(numbers: impl Iterator<Item = &'a T>, inputs: &[T]) -> [T; W] {
    let mut sums = [T::ZERO; W];
    let mut inputs = inputs;
    for &q in numbers {
        let Some((input, rest)) = inputs.split_first_chunk::<W>() else { break };
        sums.iter_mut().zip(input).for_each(|(sum, &input)| *sum = sum.mac(q, input));
        inputs = rest;
    }
    sums
}
