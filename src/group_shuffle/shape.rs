use super::error::Error;
use super::shuffle::Addresses;

/// Sizes of a group-and-shuffle matrix with square blocks, checked once.
///
/// ```
/// use reparam::group_shuffle::Shape;
///
/// let shape = Shape::new(4, 3, 2)?;
/// assert_eq!((shape.dim(), shape.block_len(), shape.parameter_len()), (12, 96, 36));
/// // Row 0 of the second factor reads what the first factor left at positions 0, 3, 6, 9.
/// assert!(shape.addresses(1).take(4).eq([0, 3, 6, 9]));
/// # Ok::<(), reparam::group_shuffle::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Shape {
    block: usize,
    blocks: usize,
    factors: usize,
}

impl Shape {
    /// `factors` factors of `blocks` blocks of `block` × `block`.
    ///
    /// # Errors
    /// [`Error::Shape`] if a size is zero or `factors·blocks·block²` leaves the range of `usize`.
    pub const fn new(block: usize, blocks: usize, factors: usize) -> Result<Self, Error> {
        if block == 0 || blocks == 0 || factors == 0 {
            return Err(Error::Shape);
        }
        let Some(dim) = block.checked_mul(blocks) else { return Err(Error::Shape) };
        let Some(stored) = dim.checked_mul(block) else { return Err(Error::Shape) };
        // Addresses are below 2·dim.
        if stored.checked_mul(factors).is_none() || dim.checked_mul(2).is_none() {
            return Err(Error::Shape);
        }
        Ok(Self { block, blocks, factors })
    }

    /// Side of a block.
    #[inline(always)]
    pub const fn block(self) -> usize {
        self.block
    }

    /// Number of blocks of a factor.
    #[inline(always)]
    pub const fn blocks(self) -> usize {
        self.blocks
    }

    /// Number of factors.
    #[inline(always)]
    pub const fn factors(self) -> usize {
        self.factors
    }

    /// Length of the vectors: `block·blocks`.
    #[inline(always)]
    pub const fn dim(self) -> usize {
        self.block * self.blocks
    }

    /// Numbers in all blocks of all factors: `factors·blocks·block²`.
    #[inline(always)]
    pub const fn block_len(self) -> usize {
        self.factors * self.blocks * self.block * self.block
    }

    /// Numbers in the strict upper triangles of all blocks, the parameters of orthogonal blocks:
    /// `factors·blocks·block·(block − 1)/2`.
    #[inline(always)]
    pub const fn parameter_len(self) -> usize {
        self.factors * self.blocks * (self.block * (self.block - 1) / 2)
    }

    /// Where the inputs of `factor` lie if nothing is moved between factors: position p of the shuffled vector is at
    /// address `p·blocks^factor mod (dim − 1)` (and the last at the end), here without a product or a power of it.
    /// Factor 0 reads in order.
    #[inline]
    pub const fn addresses(self, factor: usize) -> Addresses {
        Addresses::new(self.step(factor), self.dim())
    }

    /// Distance of two neighbours in `factor`.
    #[inline(always)]
    pub(super) const fn step(self, factor: usize) -> usize {
        let (mut step, mut t) = (1, 0);
        while t < factor {
            step = self.next_step(step);
            t += 1;
        }
        step
    }

    /// Distance of two neighbours in the factor after one in which it is `step`: the shuffle taken back once.
    #[inline(always)]
    pub(super) const fn next_step(self, step: usize) -> usize {
        // A block is never zero; that check costs less than a panic.
        let block = if self.block == 0 { 1 } else { self.block };
        let next = (step % block) * self.blocks + step / block;
        // One block or blocks of one: nothing moves.
        if next == 0 { 1 } else { next }
    }
}
