use core::fmt;

/// What the kernels of this system refuse.
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
    /// A size is zero, or the product of all sizes leaves the range of `usize`.
    Shape,
    /// A shuffle deals into groups of equal size only.
    Groups {
        /// Number of groups.
        groups: usize,
        /// Number of items.
        len: usize,
    },
    /// A list of targets is no permutation.
    Permutation {
        /// First place whose target is out of range or taken.
        index: usize,
    },
    /// An entry is infinite or NaN, or a result left the range of the scalar.
    NotFinite,
    /// A block is not orthogonal.
    NotOrthogonal {
        /// Largest entry of |QᵀQ − I|.
        error: f32,
    },
    /// A block has an eigenvalue at or near −1, which no Cayley parameters reach.
    EigenvalueMinusOne,
    /// A setting is zero, negative, infinite or NaN where that makes no sense.
    Setting {
        /// Name of the field or argument.
        name: &'static str,
    },
    /// An iteration reached its bound before its tolerance.
    NoConvergence,
    /// The header of a stored matrix cannot be used.
    Header {
        /// The key at fault.
        key: &'static str,
        /// What is wrong with it.
        fault: Fault,
    },
}

/// What is wrong with a key of a header.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Fault {
    /// It is missing.
    Missing,
    /// It comes twice.
    Repeated,
    /// Its value means nothing to this version, or does not fit the other sizes.
    Value,
    /// Its value is not the one that is asked for.
    Differs,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Length { expected, found } => write!(f, "slice of length {found}, expected {expected}"),
            Self::Shape => f.write_str("a size is zero, or the product of all sizes is too large"),
            Self::Groups { groups, len } => {
                write!(f, "{len} items cannot be dealt into {groups} groups of equal size")
            }
            Self::Permutation { index } => {
                write!(f, "no permutation: target {index} is out of range or taken")
            }
            Self::NotFinite => f.write_str("an entry is infinite or NaN"),
            Self::NotOrthogonal { error } => {
                write!(f, "block is not orthogonal: largest entry of |Q'Q - I| is {error:e}")
            }
            Self::EigenvalueMinusOne => {
                f.write_str("block has an eigenvalue at or near -1: no Cayley parameters reach it")
            }
            Self::Setting { name } => write!(f, "setting `{name}` is out of range"),
            Self::NoConvergence => f.write_str("iteration did not converge"),
            Self::Header { key, fault } => {
                let fault = match fault {
                    Fault::Missing => "is missing",
                    Fault::Repeated => "comes twice",
                    Fault::Value => "has a value that is not known or does not fit",
                    Fault::Differs => "is not what is asked for",
                };
                write!(f, "header: `{key}` {fault}")
            }
        }
    }
}

impl core::error::Error for Error {}

impl From<crate::dense::Error> for Error {
    fn from(error: crate::dense::Error) -> Self {
        use crate::dense::Error as Dense;
        match error {
            Dense::NotFinite => Self::NotFinite,
            Dense::NoConvergence => Self::NoConvergence,
            // I − K is never singular: only the inverse map divides by a matrix that can be.
            Dense::Singular | Dense::NotPositiveDefinite => Self::EigenvalueMinusOne,
            Dense::Shape => Self::Shape,
        }
    }
}

/// The check of every kernel on a slice argument.
#[inline(always)]
pub(super) const fn check_length(expected: usize, found: usize) -> Result<(), Error> {
    if expected == found { Ok(()) } else { Err(Error::Length { expected, found }) }
}
