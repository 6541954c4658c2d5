//! What a choice of sizes can reach, and what it costs, before any number is stored.
//!
//! Two factors are dense only if `blocks <= block`: the publication's own setting of 768 numbers in blocks of 8 fills 8 %
//! of the matrix with two factors and needs four ([`factors_for_density`]). And stacking products
//! Pᵀ L P R that return is no way out when `block` divides `blocks`: they fall apart into closed parts
//! ([`components`]) that no number of them leaves. Factors with the same shuffle between all of them, which
//! [`Shape`] of more factors means, do not.

use crate::Real;
use crate::dense::svd;

use super::class::Class;
use super::error::{Error, check_length};
use super::projection;
use super::shape::Shape;

/// Factors after which every number depends on every other: `1 + ⌈log_block(blocks)⌉`, and not fewer, whatever the
/// permutations (theorem 2). `None` if blocks of one never mix anything, or a size is zero.
///
/// ```
/// use reparam::group_shuffle::analysis::{butterfly_factors_for_density, factors_for_density};
///
/// assert_eq!(factors_for_density(32, 1024 / 32), Some(2));
/// assert_eq!(butterfly_factors_for_density(1024 / 32), Some(6));
/// assert_eq!(factors_for_density(8, 768 / 8), Some(4));
/// ```
pub const fn factors_for_density(block: usize, blocks: usize) -> Option<usize> {
    if block == 0 || blocks == 0 || (block == 1 && blocks > 1) {
        return None;
    }
    let (mut factors, mut reached) = (1, 1usize);
    while reached < blocks {
        reached = reached.saturating_mul(block);
        factors += 1;
    }
    Some(factors)
}

/// The same for block butterflies, which double what a number depends on with each factor: `1 + ⌈log₂(blocks)⌉`. `None`
/// for no blocks.
pub const fn butterfly_factors_for_density(blocks: usize) -> Option<usize> {
    factors_for_density(2, blocks)
}

/// One factor of any kind: `places` lists the numbers of its blocks, `block` of them for each; a block with one number
/// `reached` reaches all of its numbers. Cost: two steps a place.
///
/// ```
/// use reparam::group_shuffle::{Shape, analysis};
///
/// let shape = Shape::new(2, 3, 2)?;
/// let mut reached = [true, false, false, false, false, false];
/// analysis::spread(2, shape.addresses(0), &mut reached);
/// assert_eq!(reached, [true, true, false, false, false, false]);
/// analysis::spread(2, shape.addresses(1), &mut reached);
/// assert_eq!(reached, [true, true, false, true, true, false]);
/// # Ok::<(), reparam::group_shuffle::Error>(())
/// ```
pub fn spread(block: usize, places: impl Iterator<Item = usize> + Clone, reached: &mut [bool]) {
    let (mut ahead, mut places) = (places.clone().peekable(), places);
    while block > 0 && ahead.peek().is_some() {
        let any =
            ahead.by_ref().take(block).fold(false, |any, place| any | reached.get(place).is_some_and(|&r| r));
        for place in places.by_ref().take(block) {
            if let Some(reached) = reached.get_mut(place) {
                *reached |= any;
            }
        }
    }
}

/// Marks in `reached` (length `dim`) the rows that can be nonzero in column `column` of a matrix of `shape`. Row p of the
/// product without the return is at place `addresses(factors − 1)` p. Cost: `2·factors·dim` steps.
///
/// # Errors
/// [`Error::Length`].
pub fn pattern(shape: Shape, column: usize, reached: &mut [bool]) -> Result<(), Error> {
    check_length(shape.dim(), reached.len())?;
    reached.fill(false);
    if let Some(reached) = reached.get_mut(column) {
        *reached = true;
    }
    for factor in 0..shape.factors() {
        spread(shape.block(), shape.addresses(factor), reached);
    }
    Ok(())
}

/// Entries of a matrix of `shape` that can be nonzero: `dim·min(dim, block^factors)`. Counted, at a cost of
/// `2·factors·blocks·dim` steps; `reached` is scratch of length `dim`.
///
/// # Errors
/// [`Error::Length`].
///
/// ```
/// use reparam::group_shuffle::{Shape, analysis};
///
/// let (shape, mut reached) = (Shape::new(8, 96, 2)?, [false; 768]);
/// let fill = analysis::fill(shape, &mut reached)? as f64 / (768.0 * 768.0);
/// assert_eq!(fill, 1.0 / 12.0);
/// # Ok::<(), reparam::group_shuffle::Error>(())
/// ```
pub fn fill(shape: Shape, reached: &mut [bool]) -> Result<usize, Error> {
    let mut count = 0usize;
    for block in 0..shape.blocks() {
        // All columns of a block of the first factor reach the same rows.
        pattern(shape, block * shape.block(), reached)?;
        count = count.saturating_add(shape.block() * reached.iter().filter(|&&reached| reached).count());
    }
    Ok(count)
}

/// Places of the numbers of the blocks of factor `factor` of a block butterfly, for [`spread`]: the first factor has
/// runs of `block` numbers, and factor i joins two half runs 2^i half runs apart. That is the butterfly
/// factorization of BOFT (Liu et al., arXiv:2311.06243).
///
/// # Errors
/// [`Error::Setting`] for an odd block, a number of blocks that is no power of two, or a factor after the last,
/// log₂(`blocks`); [`Error::Shape`] for a zero, or a dimension outside of `usize`.
pub fn butterfly_places(
    block: usize,
    blocks: usize,
    factor: usize,
) -> Result<impl Iterator<Item = usize> + Clone, Error> {
    if block == 0 || blocks == 0 {
        return Err(Error::Shape);
    }
    if block % 2 != 0 {
        return Err(Error::Setting { name: "block" });
    }
    if !blocks.is_power_of_two() {
        return Err(Error::Setting { name: "blocks" });
    }
    if factor > blocks.trailing_zeros() as usize {
        return Err(Error::Setting { name: "factor" });
    }
    let half = block / 2;
    let places = block.checked_mul(blocks).ok_or(Error::Shape)?;
    Ok((0..places).map(move |place| {
        // Bits 0 and `factor` of the number of the half run change places.
        let (run, within) = (place / half.max(1), place % half.max(1));
        let differ = (run ^ (run >> factor)) & 1;
        (run ^ (differ | (differ << factor))) * half + within
    }))
}

/// The closed parts of the matrices of `shape`: numbers that some product of them can join are in one part. `part[i]`
/// becomes the part of number i, counted from 0 by its first number, and `sizes[k]` the size of part k; both have length
/// `dim`. Returns the number of parts. One factor has `blocks`; two have more than one if `block` divides `blocks`
/// and `block² < dim`, each of `block²` then.
///
/// Cost: `factors·dim` steps, times a little.
///
/// # Errors
/// [`Error::Length`].
///
/// ```
/// use reparam::group_shuffle::{Shape, analysis};
///
/// let (shape, mut part, mut sizes) = (Shape::new(8, 96, 2)?, [0; 768], [0; 768]);
/// assert_eq!(analysis::components(shape, &mut part, &mut sizes)?, 12);
/// assert!(sizes[..12].iter().all(|&size| size == 64));
/// # Ok::<(), reparam::group_shuffle::Error>(())
/// ```
pub fn components(shape: Shape, part: &mut [usize], sizes: &mut [usize]) -> Result<usize, Error> {
    check_length(shape.dim(), part.len())?;
    check_length(shape.dim(), sizes.len())?;
    part.iter_mut().enumerate().for_each(|(i, parent)| *parent = i);
    let block = shape.block();
    for factor in 0..shape.factors() {
        let mut places = shape.addresses(factor);
        while let Some(first) = places.next() {
            for other in places.by_ref().take(block - 1) {
                join(part, first, other);
            }
        }
    }
    // The root of a tree is its smallest number, so that every parent is numbered before its children.
    let mut count = 0;
    for i in 0..part.len() {
        let parent = part.get(i).map_or(i, |&parent| parent);
        let label = if parent == i {
            count += 1;
            count - 1
        } else {
            part.get(parent).map_or(0, |&label| label)
        };
        if let Some(part) = part.get_mut(i) {
            *part = label;
        }
    }
    sizes.fill(0);
    for &label in &*part {
        if let Some(size) = sizes.get_mut(label) {
            *size += 1;
        }
    }
    Ok(count)
}

/// Root of a tree, halving the way there.
fn root(parents: &mut [usize], mut i: usize) -> usize {
    let parent_of = |parents: &[usize], i: usize| parents.get(i).map_or(i, |&parent| parent);
    loop {
        let parent = parent_of(parents, i);
        let grandparent = parent_of(parents, parent);
        if let Some(place) = parents.get_mut(i) {
            *place = grandparent;
        }
        if grandparent == parent {
            return parent;
        }
        i = grandparent;
    }
}

/// The smaller root becomes the root of both.
fn join(parents: &mut [usize], i: usize, j: usize) {
    let (a, b) = (root(parents, i), root(parents, j));
    if let Some(parent) = parents.get_mut(a.max(b)) {
        *parent = a.min(b);
    }
}

/// Largest distance of the singular values of block (`i`, `j`) of P_Lᵀ A P_Rᵀ from those it would have in an orthogonal
/// member of the class with square blocks: [`Class::rank`] times 1, and 0 else. The sharpest cheap test of membership.
/// Cost: a singular value decomposition. `scratch`: [`projection::block_scratch_len`].
///
/// # Errors
/// [`Error::Length`]; [`Error::Shape`] for a block that does not exist; [`Error::NotFinite`]; [`Error::NoConvergence`].
pub fn partial_isometry_error<T: Real>(
    class: Class<'_>,
    i: usize,
    j: usize,
    a: &[T],
    scratch: &mut [T],
) -> Result<T, Error> {
    let (left, right) = (class.left(), class.right());
    if i >= left.count || j >= right.count {
        return Err(Error::Shape);
    }
    check_length(class.rows() * class.cols(), a.len())?;
    check_length(projection::block_scratch_len(left, right), scratch.len())?;
    let (rows, cols) = (left.rows, right.cols);
    let short = rows.min(cols);
    let (x, scratch) = scratch.split_at_mut_checked(rows * cols).ok_or(Error::Shape)?;
    let (u, scratch) = scratch.split_at_mut_checked(rows * short).ok_or(Error::Shape)?;
    let (v, scratch) = scratch.split_at_mut_checked(cols * short).ok_or(Error::Shape)?;
    let (s, scratch) = scratch.split_at_mut_checked(short).ok_or(Error::Shape)?;
    projection::gather(class, i, j, a, x);
    svd::factor(rows, cols, x, u, s, v, scratch)?;
    let rank = class.rank(i, j);
    Ok(s.iter().enumerate().fold(T::ZERO, |error, (k, &s)| {
        let expected = if k < rank { T::ONE } else { T::ZERO };
        error.max((s - expected).abs())
    }))
}

/// Numbers and operations of an orthogonal matrix of side `dim`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Cost {
    /// Numbers in full blocks: what publications count as trained parameters, and what products need in memory.
    pub stored: usize,
    /// Numbers in the strict upper triangles of the blocks: what determines them.
    pub parameters: usize,
    /// Multiply-adds of a product with a vector.
    pub multiply_adds: usize,
}

impl Cost {
    /// Group and shuffle.
    pub const fn group_shuffle(shape: Shape) -> Self {
        Self {
            stored: shape.block_len(),
            parameters: shape.parameter_len(),
            multiply_adds: shape.block_len(),
        }
    }

    /// Block diagonal, as OFT: never dense.
    ///
    /// # Errors
    /// [`Error::Shape`] as [`Shape::new`].
    pub const fn block_diagonal(block: usize, blocks: usize) -> Result<Self, Error> {
        match Shape::new(block, blocks, 1) {
            Ok(shape) => Ok(Self::group_shuffle(shape)),
            Err(error) => Err(error),
        }
    }

    /// Block butterfly of `factors` factors, as BOFT: as many numbers as group and shuffle with as many factors,
    /// and more factors until it is dense.
    ///
    /// # Errors
    /// [`Error::Shape`] as [`Shape::new`].
    pub const fn butterfly(block: usize, blocks: usize, factors: usize) -> Result<Self, Error> {
        match Shape::new(block, blocks, factors) {
            Ok(shape) => Ok(Self::group_shuffle(shape)),
            Err(error) => Err(error),
        }
    }

    /// One full matrix.
    ///
    /// # Errors
    /// [`Error::Shape`] as [`Shape::new`].
    pub const fn dense(dim: usize) -> Result<Self, Error> {
        Self::block_diagonal(dim, 1)
    }
}
