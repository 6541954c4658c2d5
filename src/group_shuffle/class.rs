//! The class of matrices P_L (L P R) P_R with rectangular blocks and any three permutations.

use core::ops::Range;

use super::error::{Error, check_length};
use super::shape::Shape;
use super::shuffle::Shuffle;

/// `count` blocks of `rows` × `cols` on the diagonal of a matrix.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Blocks {
    /// Number of blocks.
    pub count: usize,
    /// Rows of a block.
    pub rows: usize,
    /// Columns of a block.
    pub cols: usize,
}

impl Blocks {
    /// Numbers in all blocks: `count·rows·cols`.
    pub const fn len(self) -> usize {
        self.count * self.rows * self.cols
    }

    /// Whether a size is zero. A [`Class`] has no such blocks.
    pub const fn is_empty(self) -> bool {
        self.count == 0 || self.rows == 0 || self.cols == 0
    }

    /// Numbers in a block, if `len` does not overflow and nothing is zero.
    const fn is_valid(self) -> bool {
        let Some(block) = self.rows.checked_mul(self.cols) else { return false };
        !self.is_empty() && block.checked_mul(self.count).is_some()
    }
}

/// A permutation P by where it sends each item: `(P x)[target(i)] = x[i]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Permutation<'a>(Kind<'a>);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind<'a> {
    Identity(usize),
    Shuffle(Shuffle),
    Targets(&'a [usize]),
}

impl From<Shuffle> for Permutation<'_> {
    fn from(shuffle: Shuffle) -> Self {
        Self(Kind::Shuffle(shuffle))
    }
}

impl<'a> Permutation<'a> {
    /// The permutation of `len` items that moves none.
    pub const fn identity(len: usize) -> Self {
        Self(Kind::Identity(len))
    }

    /// Item i goes to `targets[i]`. `seen` is scratch of the same length.
    ///
    /// # Errors
    /// [`Error::Length`]; [`Error::Permutation`] if a target is missing, and so another twice or out of range.
    ///
    /// ```
    /// use reparam::group_shuffle::{Error, Permutation};
    ///
    /// let mut seen = [false; 3];
    /// assert_eq!(Permutation::new(&[2, 0, 1], &mut seen)?.target(0), 2);
    /// assert_eq!(Permutation::new(&[2, 0, 2], &mut seen), Err(Error::Permutation { index: 2 }));
    /// # Ok::<(), Error>(())
    /// ```
    pub fn new(targets: &'a [usize], seen: &mut [bool]) -> Result<Self, Error> {
        check_length(targets.len(), seen.len())?;
        seen.fill(false);
        for (index, &target) in targets.iter().enumerate() {
            match seen.get_mut(target) {
                Some(seen) if !*seen => *seen = true,
                _ => return Err(Error::Permutation { index }),
            }
        }
        Ok(Self(Kind::Targets(targets)))
    }

    /// Number of items.
    pub const fn len(self) -> usize {
        match self.0 {
            Kind::Identity(len) => len,
            Kind::Shuffle(shuffle) => shuffle.len(),
            Kind::Targets(targets) => targets.len(),
        }
    }

    /// Whether there are no items.
    pub const fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// Where item `i` goes; `i` itself for an item that does not exist.
    #[inline(always)]
    pub fn target(self, i: usize) -> usize {
        match self.0 {
            Kind::Identity(_) => i,
            Kind::Shuffle(shuffle) => shuffle.target(i),
            Kind::Targets(targets) => targets.get(i).map_or(i, |&target| target),
        }
    }
}

/// The matrices whose entry (`rows`(i), `columns`(j)) is entry (i, j) of L P R, with L and R block-diagonal
/// (definition 3.1: `rows` is P_L, `columns` is P_Rᵀ).
///
/// Block (i, j) of L P R, `left.rows` × `right.cols`, is a sum of as many products column × row as P leads items from
/// block j of R to block i of L: that is its [`rank`](Self::rank) at most, and nothing else binds it (proposition 1,
/// which prints numbers of blocks where it needs their sizes). So the blocks of L P R are independent of each other.
///
/// ```
/// use reparam::group_shuffle::{Blocks, Class, Permutation, Shuffle};
///
/// // 6 × 8 = (3 blocks of 2 × 4) · P₁₂ · (2 blocks of 6 × 4).
/// let (left, right) = (Blocks { count: 3, rows: 2, cols: 4 }, Blocks { count: 2, rows: 6, cols: 4 });
/// let middle = Shuffle::new(3, 12)?.into();
/// let class = Class::new(left, right, Permutation::identity(6), middle, Permutation::identity(8))?;
/// assert_eq!((class.rows(), class.inner(), class.cols()), (6, 12, 8));
/// assert_eq!(class.rank(0, 1), 2);
/// # Ok::<(), reparam::group_shuffle::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Class<'a> {
    left: Blocks,
    right: Blocks,
    rows: Permutation<'a>,
    middle: Permutation<'a>,
    columns: Permutation<'a>,
}

impl<'a> Class<'a> {
    /// The class with these blocks and permutations.
    ///
    /// # Errors
    /// [`Error::Shape`] if a size is zero or leaves the range of `usize`, or the columns of L are not as many as the rows
    /// of R; [`Error::Length`] of a permutation.
    pub const fn new(
        left: Blocks,
        right: Blocks,
        rows: Permutation<'a>,
        middle: Permutation<'a>,
        columns: Permutation<'a>,
    ) -> Result<Self, Error> {
        if !left.is_valid() || !right.is_valid() || left.count * left.cols != right.count * right.rows {
            return Err(Error::Shape);
        }
        let this = Self { left, right, rows, middle, columns };
        if this.rows().checked_mul(this.cols()).is_none() {
            return Err(Error::Shape);
        }
        if let Err(error) = check_length(this.rows(), rows.len()) {
            return Err(error);
        }
        if let Err(error) = check_length(this.inner(), middle.len()) {
            return Err(error);
        }
        match check_length(this.cols(), columns.len()) {
            Ok(()) => Ok(this),
            Err(error) => Err(error),
        }
    }

    /// L P R with the square blocks and the shuffle of `shape`.
    ///
    /// # Errors
    /// [`Error::Setting`] unless `shape` has two factors; [`Error::Shape`] if `dim²` leaves the range of `usize`.
    pub const fn shuffle(shape: Shape) -> Result<Self, Error> {
        Self::square(shape, Permutation::identity(shape.dim()))
    }

    /// Pᵀ L P R with the square blocks and the shuffle of `shape`: the products that
    /// move nothing, as the kernels that apply them store them.
    ///
    /// # Errors
    /// As [`Class::shuffle`].
    pub const fn shuffle_return(shape: Shape) -> Result<Self, Error> {
        match Shuffle::new(shape.block(), shape.dim()) {
            Ok(back) => Self::square(shape, Permutation(Kind::Shuffle(back))),
            Err(error) => Err(error),
        }
    }

    const fn square(shape: Shape, rows: Permutation<'a>) -> Result<Self, Error> {
        if shape.factors() != 2 {
            return Err(Error::Setting { name: "factors" });
        }
        let blocks = Blocks { count: shape.blocks(), rows: shape.block(), cols: shape.block() };
        match Shuffle::new(shape.blocks(), shape.dim()) {
            Ok(shuffle) => {
                let columns = Permutation::identity(shape.dim());
                Self::new(blocks, blocks, rows, Permutation(Kind::Shuffle(shuffle)), columns)
            }
            Err(error) => Err(error),
        }
    }

    /// The blocks of L.
    pub const fn left(self) -> Blocks {
        self.left
    }

    /// The blocks of R.
    pub const fn right(self) -> Blocks {
        self.right
    }

    /// Rows of the matrices.
    pub const fn rows(self) -> usize {
        self.left.count * self.left.rows
    }

    /// Columns of the matrices.
    pub const fn cols(self) -> usize {
        self.right.count * self.right.cols
    }

    /// Columns of L and rows of R.
    pub const fn inner(self) -> usize {
        self.left.count * self.left.cols
    }

    /// Row of the matrices that row `i` of L P R becomes.
    #[inline(always)]
    pub fn row(self, i: usize) -> usize {
        self.rows.target(i)
    }

    /// Column of the matrices that column `j` of L P R becomes.
    #[inline(always)]
    pub fn column(self, j: usize) -> usize {
        self.columns.target(j)
    }

    /// Column of L that row `i` of R meets.
    #[inline(always)]
    pub fn middle(self, i: usize) -> usize {
        self.middle.target(i)
    }

    /// The meetings of block `j` of R with block `i` of L: (column in block of L, row in block of R).
    #[inline(always)]
    pub fn slots(self, i: usize, j: usize) -> impl Iterator<Item = (usize, usize)> + Clone + 'a {
        let first = i.saturating_mul(self.left.cols);
        self.run(j).enumerate().filter_map(move |(row, place)| {
            let column = self.middle.target(place).checked_sub(first)?;
            (column < self.left.cols).then_some((column, row))
        })
    }

    fn run(self, j: usize) -> Range<usize> {
        let first = j.min(self.right.count) * self.right.rows;
        first..if j < self.right.count { first + self.right.rows } else { first }
    }

    /// Number of slots of block (i, j) of L P R, a bound on its rank. For a square shuffle of `blocks` groups of `block`:
    /// `block/blocks` everywhere if that is whole, 0 or 1 if `blocks/block` is, else two neighbouring numbers.
    /// Costs `right.rows` steps; zero for a block that does not exist.
    pub fn rank(self, i: usize, j: usize) -> usize {
        if i < self.left.count { self.slots(i, j).count() } else { 0 }
    }

    /// All ranks at once: `ranks` is `left.count` × `right.count`, row-major. Costs `inner` steps.
    ///
    /// # Errors
    /// [`Error::Length`].
    pub fn rank_map(self, ranks: &mut [usize]) -> Result<(), Error> {
        check_length(self.left.count * self.right.count, ranks.len())?;
        ranks.fill(0);
        for j in 0..self.right.count {
            for place in self.run(j) {
                let i = self.middle.target(place) / self.left.cols.max(1);
                if let Some(rank) = ranks.get_mut(i * self.right.count + j) {
                    *rank += 1;
                }
            }
        }
        Ok(())
    }
}
