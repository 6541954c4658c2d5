use core::fmt;

/// What the kernels of this system refuse.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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
    /// A size is zero, or larger than an array can be.
    Size,
    /// A weight, a derivative or a right-hand side is infinite or NaN, or a step would leave the range of the scalar. The
    /// weights are as before the step.
    NotFinite,
    /// Rotations did not settle.
    NoConvergence,
    /// A setting is out of range.
    Setting {
        /// Name of the field or argument.
        name: &'static str,
    },
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Length { expected, found } => write!(f, "slice of length {found}, expected {expected}"),
            Self::Size => f.write_str("a size is zero or too large"),
            Self::NotFinite => f.write_str("a weight, a derivative or a right-hand side is infinite or NaN"),
            Self::NoConvergence => f.write_str("rotations did not settle"),
            Self::Setting { name } => write!(f, "setting `{name}` is out of range"),
        }
    }
}

impl core::error::Error for Error {}

/// The check of every kernel on a slice argument.
#[inline(always)]
pub(super) const fn check_length(expected: usize, found: usize) -> Result<(), Error> {
    if expected == found { Ok(()) } else { Err(Error::Length { expected, found }) }
}
