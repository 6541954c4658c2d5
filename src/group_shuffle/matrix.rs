//! The type on top of the kernels.

use super::error::{Error, check_length};
use super::online::{self, Rate};
use super::shape::Shape;
use super::{DriftGuard, apply, backward};
use crate::Real;
use crate::dense::newton_schulz;

/// Largest entry of `|QᵀQ − I|` over all blocks: how far the matrix is from orthogonal. Infinite if an entry is
/// infinite or NaN, or if the slice has the wrong length. Cost: `factors·dim·block·(block + 1)/2` multiply-adds.
///
/// ```
/// use reparam::group_shuffle::{Shape, orthogonality_error};
///
/// assert_eq!(orthogonality_error(Shape::new(1, 2, 1)?, &[-1.0, 0.5]), 0.75);
/// # Ok::<(), reparam::group_shuffle::Error>(())
/// ```
pub fn orthogonality_error<T: Real>(shape: Shape, blocks: &[T]) -> T {
    if check_length(shape.block_len(), blocks.len()).is_err() {
        return T::INFINITY;
    }
    let b = shape.block();
    let errors =
        blocks.chunks_exact((b * b).max(1)).map(|block| newton_schulz::orthogonality_error(b, b, block));
    errors.fold(T::ZERO, T::max)
}

/// An orthogonal matrix of `B·R` rows: `M` factors of `R` blocks of `B` × `B`, shuffled between factors.
///
/// Orthogonal by construction: each constructor makes or checks orthogonal blocks, and the methods keep them so up to
/// rounding. Vectors are `R` runs of `B` numbers. `M·R·B²` numbers, nothing else.
///
/// ```
/// use reparam::group_shuffle::GroupShuffle;
///
/// // R: quarter turns of neighbours. L: exchanges of the numbers two apart.
/// let (r, l) = ([[0.0, 1.0], [-1.0, 0.0]], [[0.0, 1.0], [1.0, 0.0]]);
/// let q = GroupShuffle::<f64, 2, 2, 2>::from_blocks([[r; 2], [l; 2]])?;
///
/// let mut x = [[1.0, 2.0], [3.0, 4.0]];
/// q.apply(&mut x);
/// assert_eq!(x, [[4.0, -3.0], [2.0, -1.0]]);
/// q.apply_transpose(&mut x);
/// assert_eq!(x, [[1.0, 2.0], [3.0, 4.0]]);
/// # Ok::<(), reparam::group_shuffle::Error>(())
/// ```
///
/// A matrix without rows does not compile:
///
/// ```compile_fail
/// let q = reparam::group_shuffle::GroupShuffle::<f32, 0, 2, 2>::identity();
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct GroupShuffle<T, const B: usize, const R: usize, const M: usize> {
    // For this system only: the caller keeps the blocks orthogonal.
    pub(super) blocks: [[[[T; B]; B]; R]; M],
}

impl<T: Real, const B: usize, const R: usize, const M: usize> Default for GroupShuffle<T, B, R, M> {
    fn default() -> Self {
        Self::identity()
    }
}

impl<T: Real, const B: usize, const R: usize, const M: usize> GroupShuffle<T, B, R, M> {
    /// The sizes, for the functions on slices.
    pub const SHAPE: Shape = match Shape::new(B, R, M) {
        Ok(shape) => shape,
        Err(_) => panic!("a size is zero, or the product of all sizes is too large"),
    };

    /// The largest orthogonality error that [`from_blocks`](Self::from_blocks) accepts: `16·B` roundings.
    pub fn tolerance() -> T {
        T::from_usize(16 * B) * T::EPSILON
    }

    /// All blocks the identity, and with them the matrix.
    pub fn identity() -> Self {
        let _ = Self::SHAPE;
        let mut block = [[T::ZERO; B]; B];
        for (i, row) in block.iter_mut().enumerate() {
            row.iter_mut().skip(i).take(1).for_each(|x| *x = T::ONE);
        }
        Self { blocks: [[block; R]; M] }
    }

    /// Blocks as they are, the factor that acts first in front.
    ///
    /// # Errors
    /// [`Error::NotFinite`]; [`Error::NotOrthogonal`] for an orthogonality error above
    /// [`tolerance`](Self::tolerance).
    pub fn from_blocks(blocks: [[[[T; B]; B]; R]; M]) -> Result<Self, Error> {
        Self::from_blocks_within(blocks, Self::tolerance())
    }

    /// Blocks as they are if their orthogonality error is at most `tolerance`: for data of fewer digits.
    ///
    /// # Errors
    /// As [`from_blocks`](Self::from_blocks).
    pub fn from_blocks_within(blocks: [[[[T; B]; B]; R]; M], tolerance: T) -> Result<Self, Error> {
        let matrix = Self { blocks };
        if !matrix.as_slice().iter().all(|x| x.is_finite()) {
            return Err(Error::NotFinite);
        }
        let error = matrix.orthogonality_error();
        if error <= tolerance {
            Ok(matrix)
        } else {
            Err(Error::NotOrthogonal { error: error.to_f64() as f32 })
        }
    }

    /// From a slice of all blocks.
    ///
    /// # Errors
    /// As [`from_blocks`](Self::from_blocks), and [`Error::Length`].
    pub fn from_slice(blocks: &[T]) -> Result<Self, Error> {
        check_length(Self::SHAPE.block_len(), blocks.len())?;
        let mut matrix = Self { blocks: [[[[T::ZERO; B]; B]; R]; M] };
        matrix.as_mut_slice().iter_mut().zip(blocks).for_each(|(x, &y)| *x = y);
        Self::from_blocks(matrix.blocks)
    }

    /// The blocks.
    pub fn blocks(&self) -> &[[[[T; B]; B]; R]; M] {
        &self.blocks
    }

    /// The numbers of all blocks, as the functions on slices take them.
    #[inline(always)]
    pub fn as_slice(&self) -> &[T] {
        self.blocks.as_flattened().as_flattened().as_flattened()
    }

    // For this system only: the caller keeps the blocks orthogonal.
    #[inline(always)]
    pub(super) fn as_mut_slice(&mut self) -> &mut [T] {
        self.blocks.as_flattened_mut().as_flattened_mut().as_flattened_mut()
    }

    /// `x ← Q x`: [`apply::apply`]. Stack: `B` scalars.
    pub fn apply(&self, x: &mut [[T; B]; R]) {
        apply::apply_fixed(Self::SHAPE, self.as_slice(), x.as_flattened_mut(), &mut [T::ZERO; B]);
    }

    /// `x ← Qᵀ x`, the inverse: [`apply::apply_transpose`]. Stack: `B` scalars.
    pub fn apply_transpose(&self, x: &mut [[T; B]; R]) {
        apply::apply_transpose_fixed(Self::SHAPE, self.as_slice(), x.as_flattened_mut(), &mut [T::ZERO; B]);
    }

    /// Largest entry of `|QᵀQ − I|` over all blocks. See [`orthogonality_error`].
    pub fn orthogonality_error(&self) -> T {
        orthogonality_error(Self::SHAPE, self.as_slice())
    }

    /// The backward pass of `y = Q x`: [`backward::backward`]. Stack: `2·B` scalars.
    pub fn backward(&self, y: &mut [[T; B]; R], g: &mut [[T; B]; R], gradients: &mut [[[[T; B]; B]; R]; M]) {
        backward::backward_fixed::<T, B>(
            Self::SHAPE,
            self.as_slice(),
            y.as_flattened_mut(),
            g.as_flattened_mut(),
            gradients.as_flattened_mut().as_flattened_mut().as_flattened_mut(),
        );
    }

    /// One online step of all blocks by one sample: [`online::step`]. Stack: `4·B` scalars.
    ///
    /// # Errors
    /// [`Error::Setting`]; [`Error::NotFinite`]. Everything is then as it was.
    pub fn step(&mut self, y: &mut [[T; B]; R], g: &mut [[T; B]; R], rate: Rate<T>) -> Result<(), Error> {
        let (y, g) = (y.as_flattened_mut(), g.as_flattened_mut());
        online::step_fixed::<T, B>(Self::SHAPE, self.as_mut_slice(), y, g, rate)
    }

    /// One Newton-Schulz step of each block: takes an orthogonality error `e << 1` to about `3/4·e²` or rounding.
    /// Cost: `2·M·R·B³` multiply-adds. Stack: `B·(B + 1)` scalars.
    pub fn clean_up(&mut self) {
        let (mut factor, mut old) = ([[T::ZERO; B]; B], [T::ZERO; B]);
        for block in self.blocks.as_flattened_mut() {
            // The entries of orthogonal blocks are finite.
            let _ =
                newton_schulz::step_kernel(B, block.as_flattened_mut(), factor.as_flattened_mut(), &mut old);
        }
    }

    /// [`clean_up`](Self::clean_up) if `guard` says that it is due after `steps` more steps.
    pub fn guard(&mut self, guard: &mut DriftGuard, steps: u32) {
        if guard.due(steps) {
            self.clean_up();
        }
    }
}

/// As a sequence of `M·R·B²` numbers; read back only if the blocks are orthogonal.
#[cfg(feature = "serde")]
impl<T, const B: usize, const R: usize, const M: usize> serde::Serialize for GroupShuffle<T, B, R, M>
where
    T: Real + serde::Serialize,
{
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.as_slice().serialize(serializer)
    }
}

#[cfg(feature = "serde")]
impl<'de, T, const B: usize, const R: usize, const M: usize> serde::Deserialize<'de>
    for GroupShuffle<T, B, R, M>
where
    T: Real + serde::Deserialize<'de>,
{
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut matrix = Self::identity();
        crate::sequence::fill(deserializer, matrix.as_mut_slice())?;
        Self::from_blocks(matrix.blocks).map_err(serde::de::Error::custom)
    }
}
