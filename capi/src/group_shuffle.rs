use reparam::group_shuffle::online::{self, Rate};
use reparam::group_shuffle::{self, Shape, apply, cayley};

use crate::Status;
use crate::memory::{reference, slice, slice_mut};
use crate::status::status;

/// Numbers in all blocks of a group-and-shuffle matrix: `factors * blocks * block * block`. 0 for sizes that no
/// matrix has.
#[unsafe(no_mangle)]
pub extern "C" fn reparam_group_shuffle_block_len(block: usize, blocks: usize, factors: usize) -> usize {
    Shape::new(block, blocks, factors).map_or(0, Shape::block_len)
}

/// Number of its parameters: `factors * blocks * block * (block - 1) / 2`. 0 for sizes that no matrix has.
#[unsafe(no_mangle)]
pub extern "C" fn reparam_group_shuffle_parameter_len(block: usize, blocks: usize, factors: usize) -> usize {
    Shape::new(block, blocks, factors).map_or(0, Shape::parameter_len)
}

macro_rules! group_shuffle {
    ($t:ident: $apply:ident, $apply_transpose:ident, $cayley_blocks:ident, $cayley_parameters:ident, $error:ident,
     $online_step:ident, $refine:ident) => {
        /// x = Q x in place, Q = P' L P R for two factors (R is the first), in general (P')^(factors-1) B_factors P
        /// ... P B_1. P deals the `block * blocks` numbers of x like cards to `blocks` heaps. `q` has
        /// `reparam_group_shuffle_block_len` elements: the blocks, in a block row by row, the factor that acts first in
        /// front. `scratch` has `block` elements.
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $apply(
            block: usize,
            blocks: usize,
            factors: usize,
            q: *const $t,
            x: *mut $t,
            scratch: *mut $t,
        ) -> Status {
            status(|| {
                let shape = Shape::new(block, blocks, factors)?;
                // SAFETY: the header's contract.
                let (q, x, scratch) = unsafe {
                    (
                        slice(q, shape.block_len())?,
                        slice_mut(x, shape.dim())?,
                        slice_mut(scratch, apply::scratch_len(shape))?,
                    )
                };
                Ok(apply::apply(shape, q, x, scratch)?)
            })
        }

        /// x = Q' x in place: the inverse if the blocks are orthogonal. Arguments as for the product with Q.
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $apply_transpose(
            block: usize,
            blocks: usize,
            factors: usize,
            q: *const $t,
            x: *mut $t,
            scratch: *mut $t,
        ) -> Status {
            status(|| {
                let shape = Shape::new(block, blocks, factors)?;
                // SAFETY: the header's contract.
                let (q, x, scratch) = unsafe {
                    (
                        slice(q, shape.block_len())?,
                        slice_mut(x, shape.dim())?,
                        slice_mut(scratch, apply::scratch_len(shape))?,
                    )
                };
                Ok(apply::apply_transpose(shape, q, x, scratch)?)
            })
        }

        /// Orthogonal blocks from their parameters: each (I + K) (I - K)^-1 with the skew matrix K whose strict upper
        /// triangle, row by row, is the block's part of `parameters`, `reparam_group_shuffle_parameter_len` elements.
        /// `pivots` has `block` elements.
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $cayley_blocks(
            block: usize,
            blocks: usize,
            factors: usize,
            parameters: *const $t,
            q: *mut $t,
            pivots: *mut usize,
        ) -> Status {
            status(|| {
                let shape = Shape::new(block, blocks, factors)?;
                // SAFETY: the header's contract.
                let (parameters, q, pivots) = unsafe {
                    (
                        slice(parameters, shape.parameter_len())?,
                        slice_mut(q, shape.block_len())?,
                        slice_mut(pivots, cayley::pivot_len(block))?,
                    )
                };
                Ok(cayley::blocks(shape, parameters, q, pivots)?)
            })
        }

        /// The parameters of orthogonal blocks. Fails with REPARAM_STATUS_SINGULAR for a block with an eigenvalue at or
        /// near -1, which has none, and with REPARAM_STATUS_FORM for one that is not orthogonal. `scratch` has `block *
        /// block` elements, `pivots` has `block`.
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $cayley_parameters(
            block: usize,
            blocks: usize,
            factors: usize,
            q: *const $t,
            parameters: *mut $t,
            scratch: *mut $t,
            pivots: *mut usize,
        ) -> Status {
            status(|| {
                let shape = Shape::new(block, blocks, factors)?;
                // SAFETY: the header's contract.
                let (q, parameters, scratch, pivots) = unsafe {
                    (
                        slice(q, shape.block_len())?,
                        slice_mut(parameters, shape.parameter_len())?,
                        slice_mut(scratch, cayley::inverse_scratch_len(block))?,
                        slice_mut(pivots, block)?,
                    )
                };
                cayley::inverses(shape, q, parameters, scratch, pivots)?;
                Ok(())
            })
        }

        /// One step of all blocks by one sample, after y = Q x was made and `g`, the gradient of the loss with respect
        /// to y. The step is eta / (offset + |x|^2) long. `y` becomes x and `g` becomes Q' g, the gradient with respect
        /// to x. `scratch` has `4 * block` elements. After REPARAM_STATUS_NOT_FINITE nothing has changed.
        #[allow(clippy::too_many_arguments)]
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $online_step(
            block: usize,
            blocks: usize,
            factors: usize,
            q: *mut $t,
            y: *mut $t,
            g: *mut $t,
            eta: $t,
            offset: $t,
            scratch: *mut $t,
        ) -> Status {
            status(|| {
                let shape = Shape::new(block, blocks, factors)?;
                // SAFETY: the header's contract.
                let (q, y, g, scratch) = unsafe {
                    (
                        slice_mut(q, shape.block_len())?,
                        slice_mut(y, shape.dim())?,
                        slice_mut(g, shape.dim())?,
                        slice_mut(scratch, online::scratch_len(shape))?,
                    )
                };
                Ok(online::step(shape, q, y, g, Rate::Normalized { eta, offset }, scratch)?)
            })
        }

        /// Takes back what rounding did to the orthogonality of the blocks over many steps: one Newton-Schulz step.
        /// `scratch` has `block * (block + 1)` elements.
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $refine(
            block: usize,
            blocks: usize,
            factors: usize,
            q: *mut $t,
            scratch: *mut $t,
        ) -> Status {
            status(|| {
                let shape = Shape::new(block, blocks, factors)?;
                // SAFETY: the header's contract.
                let (q, scratch) = unsafe {
                    (slice_mut(q, shape.block_len())?, slice_mut(scratch, cayley::refine_scratch_len(block))?)
                };
                cayley::refine(shape, q, scratch)?;
                Ok(())
            })
        }

        /// The largest element of |Q'Q - I| over all blocks.
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $error(
            block: usize,
            blocks: usize,
            factors: usize,
            q: *const $t,
            error: *mut $t,
        ) -> Status {
            status(|| {
                let shape = Shape::new(block, blocks, factors)?;
                // SAFETY: the header's contract.
                let (q, error) = unsafe { (slice(q, shape.block_len())?, reference(error)?) };
                *error = group_shuffle::orthogonality_error(shape, q);
                Ok(())
            })
        }
    };
}

group_shuffle!(f32: reparam_group_shuffle_apply_f32, reparam_group_shuffle_apply_transpose_f32,
    reparam_group_shuffle_cayley_blocks_f32, reparam_group_shuffle_cayley_parameters_f32,
    reparam_group_shuffle_orthogonality_error_f32, reparam_group_shuffle_online_step_f32,
    reparam_group_shuffle_refine_f32);
group_shuffle!(f64: reparam_group_shuffle_apply_f64, reparam_group_shuffle_apply_transpose_f64,
    reparam_group_shuffle_cayley_blocks_f64, reparam_group_shuffle_cayley_parameters_f64,
    reparam_group_shuffle_orthogonality_error_f64, reparam_group_shuffle_online_step_f64,
    reparam_group_shuffle_refine_f64);
