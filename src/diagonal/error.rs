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
    /// A size is zero.
    Empty,
    /// An input is infinite or NaN, or a step would leave the range of the scalar. The weights are as before.
    NotFinite,
    /// A setting is zero, negative, infinite or NaN where that makes no sense.
    Setting {
        /// Name of the field or argument.
        name: &'static str,
    },
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Length { expected, found } => write!(f, "slice of length {found}, expected {expected}"),
            Self::Empty => f.write_str("a size is zero"),
            Self::NotFinite => {
                f.write_str("an input is infinite or NaN, or a step would leave the range of the scalar")
            }
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

/// The check of every setting that must be positive and finite.
#[inline(always)]
pub(super) fn check_positive<T: crate::Real>(x: T, name: &'static str) -> Result<(), Error> {
    if x > T::ZERO && x.is_finite() { Ok(()) } else { Err(Error::Setting { name }) }
}

/// The check of every setting that must not be negative, and finite.
#[inline(always)]
pub(super) fn check_not_negative<T: crate::Real>(x: T, name: &'static str) -> Result<(), Error> {
    if x >= T::ZERO && x.is_finite() { Ok(()) } else { Err(Error::Setting { name }) }
}
