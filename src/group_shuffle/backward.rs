//! Gradients with respect to the blocks, without stored activations.
//!
//! The blocks are orthogonal: what went into a factor is `Bᵀ` times what came out. The backward pass starts from the
//! output and recomputes the inputs on its way back, in place.

use core::hint::black_box;

use super::apply::{WIDTH, columns, factors, factors_mut, for_columns};
use super::error::{Error, check_length};
use super::place::{self, Places, Visit};
use super::shape::Shape;
use crate::Real;
use crate::runs::{Pairs, runs, runs_mut};

/// Length of the scratch of [`backward`].
pub const fn scratch_len(shape: Shape) -> usize {
    2 * shape.block()
}

/// The backward pass of `y = Q x`: `y` becomes `x`; `g`, the gradient with respect to `y`, becomes the gradient
/// with respect to `x`, `Qᵀ g`; and the gradient with respect to each number of the blocks is added to `gradients`.
///
/// [`cayley::gradients`](super::cayley::gradients) makes gradients of the parameters of it. Several samples add up:
/// one call for each. Cost: `3·factors·dim·block` multiply-adds. `scratch`: [`scratch_len`].
///
/// # Errors
/// [`Error::Length`] if a slice does not fit.
///
/// ```
/// use reparam::group_shuffle::{Shape, backward};
///
/// // y = x turned by a right angle, f(y) = y₀.
/// let shape = Shape::new(2, 1, 1)?;
/// let blocks = [0.0, 1.0, -1.0, 0.0];
/// let (mut y, mut g, mut gradients) = ([4.0, -3.0], [1.0, 0.0], [0.0; 4]);
/// backward::backward(shape, &blocks, &mut y, &mut g, &mut gradients, &mut [0.0; 4])?;
/// assert_eq!((y, g, gradients), ([3.0, 4.0], [0.0, 1.0], [3.0, 4.0, 0.0, 0.0]));
/// # Ok::<(), reparam::group_shuffle::Error>(())
/// ```
pub fn backward<T: Real>(
    shape: Shape,
    blocks: &[T],
    y: &mut [T],
    g: &mut [T],
    gradients: &mut [T],
    scratch: &mut [T],
) -> Result<(), Error> {
    check_length(shape.block_len(), blocks.len())?;
    check_length(shape.dim(), y.len())?;
    check_length(shape.dim(), g.len())?;
    check_length(shape.block_len(), gradients.len())?;
    check_length(scratch_len(shape), scratch.len())?;
    let (output, g_output) = scratch.split_at_mut_checked(shape.block()).unwrap_or_default();
    backward_kernel::<T, WIDTH>(shape, blocks, y, g, gradients, [output, g_output]);
    Ok(())
}

/// [`backward_kernel`] for a block size that the compiler knows.
#[inline(always)]
pub(super) fn backward_fixed<T: Real, const B: usize>(
    shape: Shape,
    blocks: &[T],
    y: &mut [T],
    g: &mut [T],
    gradients: &mut [T],
) {
    let kernel = if B <= WIDTH { backward_kernel::<T, B> } else { backward_kernel::<T, WIDTH> };
    kernel(shape, blocks, y, g, gradients, [&mut [T::ZERO; B], &mut [T::ZERO; B]]);
}

/// `W` columns of a block at a time.
#[inline(always)]
fn backward_kernel<T: Real, const W: usize>(
    shape: Shape,
    blocks: &[T],
    y: &mut [T],
    g: &mut [T],
    gradients: &mut [T],
    scratch: [&mut [T]; 2],
) {
    let [output, g_output] = scratch;
    let factors = Pairs(factors(shape, blocks), factors_mut(shape, gradients));
    let factors = factors.map(|(blocks, gradients)| Pairs(blocks, gradients));
    place::backward(shape, factors, &mut Backward::<T, W> { b: shape.block(), y, g, output, g_output });
}

struct Backward<'a, T, const W: usize> {
    b: usize,
    y: &'a mut [T],
    g: &'a mut [T],
    output: &'a mut [T],
    g_output: &'a mut [T],
}

impl<T: Real, const W: usize> Visit<(&[T], &mut [T])> for Backward<'_, T, W> {
    #[inline(always)]
    fn block(&mut self, (block, gradient): (&[T], &mut [T]), places: impl Places) {
        places.load(self.y, self.output);
        places.load(self.g, self.g_output);
        for_columns!(self.b, first => self.columns::<W>(block, gradient, first, places));
    }
}

impl<T: Real, const W: usize> Backward<'_, T, W> {
    /// `N` inputs and their gradients, and the gradients of the block's columns that they met.
    #[inline(always)]
    fn columns<const N: usize>(
        &mut self,
        block: &[T],
        gradient: &mut [T],
        first: usize,
        places: impl Places,
    ) {
        let (input, g_input) = pull_back::<T, N>(self.b, block, first, self.output, self.g_output);
        places.zip(self.y, first, input.iter(), |y, &x| *y = x);
        places.zip(self.g, first, g_input.iter(), |g, &x| *g = x);
        for (row, &g) in runs_mut(gradient, self.b).zip(&*self.g_output) {
            if let Some(row) = row.get_mut(first..).and_then(<[T]>::first_chunk_mut::<N>) {
                row.iter_mut().zip(&input).for_each(|(sum, &x)| *sum = sum.mac(g, x));
            }
        }
    }
}

/// `Qᵀ p` and `Qᵀ g`, of which the `N` numbers from `first`: one load for both.
#[inline(always)]
pub(super) fn pull_back<T: Real, const N: usize>(
    b: usize,
    block: &[T],
    first: usize,
    p: &[T],
    g: &[T],
) -> ([T; N], [T; N]) {
    let (top, below) = block.split_at_checked(b).unwrap_or_default();
    let (Some((&p_top, p)), Some((&g_top, g))) = (p.split_first(), g.split_first()) else {
        return ([T::ZERO; N], [T::ZERO; N]);
    };
    let top = columns::<T, N>(top, first);
    let (mut s, mut w) = (top.map(|q| q * p_top), top.map(|q| q * g_top));
    // Unrolled completely, which LLVM does if it knows the length, the loop runs out of registers.
    let count = black_box(p.len());
    for ((row, &p), &g) in runs(below, b).zip(p).zip(g).take(count) {
        let row = columns::<T, N>(row, first);
        for ((s, w), q) in s.iter_mut().zip(&mut w).zip(row) {
            (*s, *w) = (s.mac(q, p), w.mac(q, g));
        }
    }
    (s, w)
}
