use core::fmt;

/// What the frames and charts of this system refuse.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Error {
    /// A slice has the wrong length.
    Length {
        /// Length that the sizes ask for.
        expected: usize,
        /// Length of the slice.
        found: usize,
    },
    /// No frame has these sizes: `rows >= cols >= 1` is needed.
    Dimensions {
        /// Dimension of the space.
        rows: usize,
        /// Number of orthonormal columns.
        cols: usize,
    },
    /// An entry is infinite or NaN.
    NotFinite,
    /// The columns are not orthonormal.
    NotOrthonormal {
        /// Largest entry of |QᵀQ − I|.
        error: f32,
    },
    /// A reflection was asked for with more rows than columns, where the frames are one connected piece and
    /// rotations alone reach each of them.
    NoReflection,
    /// No angle has this index.
    Index {
        /// The index.
        index: usize,
        /// Number of angles.
        count: usize,
    },
    /// A matrix that must be symmetric is not.
    NotSymmetric {
        /// Row of the first entry that differs from its mirror image.
        row: usize,
        /// Column of that entry.
        col: usize,
    },
    /// A setting of a search is zero, negative, infinite or NaN where that makes no sense.
    Setting {
        /// Name of the field.
        name: &'static str,
    },
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Length { expected, found } => write!(f, "slice of length {found}, expected {expected}"),
            Self::Dimensions { rows, cols } => {
                write!(f, "no frame has {rows} rows and {cols} columns: rows >= cols >= 1 is needed")
            }
            Self::NotFinite => f.write_str("an entry is infinite or NaN"),
            Self::NotOrthonormal { error } => {
                write!(f, "columns are not orthonormal: largest entry of |Q'Q - I| is {error:e}")
            }
            Self::NoReflection => f.write_str("a frame with more rows than columns has no reflection"),
            Self::Index { index, count } => write!(f, "no angle {index}: there are {count}"),
            Self::NotSymmetric { row, col } => {
                write!(f, "matrix is not symmetric: entry ({row}, {col}) differs from ({col}, {row})")
            }
            Self::Setting { name } => write!(f, "setting `{name}` is out of range"),
        }
    }
}

impl core::error::Error for Error {}

/// The check of every slice kernel on a matrix argument.
pub(super) const fn check_length(expected: usize, found: usize) -> Result<(), Error> {
    if expected == found { Ok(()) } else { Err(Error::Length { expected, found }) }
}

/// The check of every slice kernel on its sizes.
pub(super) const fn check_dimensions(rows: usize, cols: usize) -> Result<(), Error> {
    if rows >= cols && cols >= 1 && rows.checked_mul(cols).is_some() {
        Ok(())
    } else {
        Err(Error::Dimensions { rows, cols })
    }
}
