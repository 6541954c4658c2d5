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
use super::shape::Shape;
use crate::Real;

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
    apply_kernel(shape, blocks, x, scratch);
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
    apply_transpose_kernel(shape, blocks, x, scratch);
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

#[inline(always)]
pub(super) fn apply_kernel<T: Real>(shape: Shape, blocks: &[T], x: &mut [T], scratch: &mut [T]) {
    let mut step = 1;
    for blocks in blocks.chunks_exact(factor_len(shape)) {
        apply_factor(shape, step, blocks, x, scratch);
        step = shape.next_step(step);
    }
}

#[inline(always)]
pub(super) fn apply_transpose_kernel<T: Real>(shape: Shape, blocks: &[T], x: &mut [T], scratch: &mut [T]) {
    let mut factor = shape.factors();
    for blocks in blocks.chunks_exact(factor_len(shape)).rev() {
        factor -= 1;
        apply_factor_transpose(shape, step_of(shape, factor), blocks, x, scratch);
    }
}

/// Numbers in the blocks of one factor.
#[inline(always)]
pub(super) const fn factor_len(shape: Shape) -> usize {
    let len = shape.dim() * shape.block();
    if len == 0 { 1 } else { len }
}

/// Distance of two neighbours in `factor`.
#[inline(always)]
pub(super) const fn step_of(shape: Shape, factor: usize) -> usize {
    let (mut step, mut t) = (1, 0);
    while t < factor {
        step = shape.next_step(step);
        t += 1;
    }
    step
}

/// One factor: `x ← B x` where the inputs lie `step` apart.
#[inline(always)]
pub(super) fn apply_factor<T: Real>(shape: Shape, step: usize, blocks: &[T], x: &mut [T], scratch: &mut [T]) {
    for_blocks(shape, step, blocks, x, scratch, Forward);
}

/// One factor: `x ← Bᵀ x` where the inputs lie `step` apart.
#[inline(always)]
pub(super) fn apply_factor_transpose<T: Real>(
    shape: Shape,
    step: usize,
    blocks: &[T],
    x: &mut [T],
    scratch: &mut [T],
) {
    for_blocks(shape, step, blocks, x, scratch, Transpose);
}

#[inline(always)]
fn for_blocks<T: Real>(
    shape: Shape,
    step: usize,
    blocks: &[T],
    x: &mut [T],
    scratch: &mut [T],
    product: impl Product<T>,
) {
    let b = shape.block().max(1);
    let blocks = blocks.chunks_exact((b * b).max(1));
    if step == 1 {
        for (block, x) in blocks.zip(x.chunks_exact_mut(b)) {
            multiply(b, block, &mut Strided { x, step: 1 }, scratch, &product);
        }
        return;
    }
    let wrap = shape.dim().saturating_sub(1).max(1);
    // As the addresses themselves: in 1..=wrap.
    let block_step = (b * step - 1) % wrap + 1;
    let mut start = 0;
    for block in blocks {
        if start + (b - 1) * step <= wrap {
            let x = x.get_mut(start..).unwrap_or_default();
            multiply(b, block, &mut Strided { x, step }, scratch, &product);
        } else {
            multiply(b, block, &mut Wrapped { x, start, step, wrap }, scratch, &product);
        }
        start += block_step;
        if start > wrap {
            start -= wrap;
        }
    }
}

/// Copies the inputs of a block, then writes the outputs in their place.
#[inline(always)]
fn multiply<T: Real>(
    b: usize,
    block: &[T],
    places: &mut impl Places<T>,
    scratch: &mut [T],
    product: &impl Product<T>,
) {
    places.zip(0, scratch.iter_mut(), |x, copy| *copy = *x);
    let mut first = 0;
    while b - first >= 8 {
        product.columns::<8>(b, block, first, scratch, places);
        first += 8;
    }
    if b - first >= 4 {
        product.columns::<4>(b, block, first, scratch, places);
        first += 4;
    }
    if b - first >= 2 {
        product.columns::<2>(b, block, first, scratch, places);
        first += 2;
    }
    if b > first {
        product.columns::<1>(b, block, first, scratch, places);
    }
}

/// A product of a block with its inputs, as many columns of the block at a time as registers hold.
trait Product<T: Real> {
    fn columns<const W: usize>(
        &self,
        b: usize,
        block: &[T],
        first: usize,
        input: &[T],
        places: &mut impl Places<T>,
    );
}

struct Forward;

impl<T: Real> Product<T> for Forward {
    /// The outputs collect the sum over `W` more columns.
    #[inline(always)]
    fn columns<const W: usize>(
        &self,
        b: usize,
        block: &[T],
        first: usize,
        input: &[T],
        places: &mut impl Places<T>,
    ) {
        let Some(&input) = input.get(first..).and_then(<[T]>::first_chunk::<W>) else { return };
        places.zip(0, block.chunks_exact(b.max(1)), |y, row| {
            let Some(row) = row.get(first..).and_then(<[T]>::first_chunk::<W>) else { return };
            let mut terms = row.iter().zip(&input);
            let Some((&q, &x)) = terms.next() else { return };
            let start = if first == 0 { q * x } else { y.mac(q, x) };
            *y = terms.fold(start, |sum, (&q, &x)| sum.mac(q, x));
        });
    }
}

struct Transpose;

impl<T: Real> Product<T> for Transpose {
    /// `W` outputs, summed over the rows.
    #[inline(always)]
    fn columns<const W: usize>(
        &self,
        b: usize,
        block: &[T],
        first: usize,
        input: &[T],
        places: &mut impl Places<T>,
    ) {
        let mut terms = block
            .chunks_exact(b.max(1))
            .filter_map(|row| row.get(first..).and_then(<[T]>::first_chunk::<W>))
            .zip(input);
        let Some((row, &x)) = terms.next() else { return };
        let mut sums = row.map(|q| q * x);
        for (row, &x) in terms {
            sums.iter_mut().zip(row).for_each(|(sum, &q)| *sum = sum.mac(q, x));
        }
        places.zip(first, sums.iter(), |y, &sum| *y = sum);
    }
}

/// Where the inputs of one block lie.
trait Places<T> {
    /// Visits the places from number `first` on, each with an item.
    fn zip<I: Iterator>(&mut self, first: usize, items: I, visit: impl FnMut(&mut T, I::Item));
}

struct Strided<'a, T> {
    x: &'a mut [T],
    step: usize,
}

impl<T> Places<T> for Strided<'_, T> {
    #[inline(always)]
    fn zip<I: Iterator>(&mut self, first: usize, items: I, mut visit: impl FnMut(&mut T, I::Item)) {
        let places = self.x.get_mut(first * self.step..).unwrap_or_default();
        // The items come first: they end where the block ends, the places may go on.
        items.zip(places.iter_mut().step_by(self.step.max(1))).for_each(|(item, place)| visit(place, item));
    }
}

struct Wrapped<'a, T> {
    x: &'a mut [T],
    start: usize,
    step: usize,
    wrap: usize,
}

impl<T> Places<T> for Wrapped<'_, T> {
    #[inline(always)]
    fn zip<I: Iterator>(&mut self, first: usize, items: I, mut visit: impl FnMut(&mut T, I::Item)) {
        let mut place = self.start;
        let advance = |place: &mut usize| {
            *place += self.step;
            if *place > self.wrap {
                *place -= self.wrap;
            }
        };
        (0..first).for_each(|_| advance(&mut place));
        for item in items {
            if let Some(x) = self.x.get_mut(place) {
                visit(x, item);
            }
            advance(&mut place);
        }
    }
}
