use crate::Real;
use crate::givens::Plane;

const MAX_COLS: usize = 8;
const WORDS: usize = 4;

/// `cols` rows of a tall frame that form a well-conditioned square. Rotations in the planes that contain one of
/// them move the frame in every direction that all planes together do: `cols·rows − cols·(cols + 1)/2`
/// planes, as many as the manifold has dimensions, in place of `rows·(rows − 1)/2`.
///
/// The default is every row.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(super) struct Pivots {
    rows: [u64; WORDS],
    all: bool,
}

impl Default for Pivots {
    fn default() -> Self {
        Self { rows: [0; WORDS], all: true }
    }
}

impl Pivots {
    /// Gram-Schmidt on the rows, the longest remainder first. Every row if the frame is too large for the
    /// fixed memory of this.
    pub(super) fn of<T: Real>(rows: usize, cols: usize, frame: &[T]) -> Self {
        if cols == 0 || cols >= rows || cols > MAX_COLS || rows > 64 * WORDS {
            return Self::default();
        }
        let mut pivots = Self { rows: [0; WORDS], all: false };
        let mut basis = [[T::ZERO; MAX_COLS]; MAX_COLS];
        for rank in 0..cols {
            let mut longest = (T::ZERO, 0, [T::ZERO; MAX_COLS]);
            for (index, row) in frame.chunks_exact(cols.max(1)).enumerate() {
                let mut rest = [T::ZERO; MAX_COLS];
                rest.iter_mut().zip(row).for_each(|(rest, &x)| *rest = x);
                for direction in basis.iter().take(rank) {
                    let along = rest.iter().zip(direction).fold(T::ZERO, |sum, (&x, &u)| sum.mac(x, u));
                    rest.iter_mut().zip(direction).for_each(|(x, &u)| *x = x.mac(-along, u));
                }
                let square = rest.iter().fold(T::ZERO, |sum, &x| sum.mac(x, x));
                if square > longest.0 {
                    longest = (square, index, rest);
                }
            }
            let (square, index, rest) = longest;
            let length = square.sqrt();
            // A frame of full rank has a remainder; anything else is not worth a guess.
            if length <= T::ZERO {
                return Self::default();
            }
            if let Some(direction) = basis.get_mut(rank) {
                direction.iter_mut().zip(rest).for_each(|(u, x)| *u = x / length);
            }
            if let Some(word) = pivots.rows.get_mut(index / 64) {
                *word |= 1 << (index % 64);
            }
        }
        pivots
    }

    /// Whether a sweep needs this plane.
    pub(super) fn reach(&self, plane: Plane) -> bool {
        let pivot = |row: usize| self.rows.get(row / 64).is_some_and(|word| word >> (row % 64) & 1 == 1);
        self.all || pivot(plane.i) || pivot(plane.j)
    }
}
