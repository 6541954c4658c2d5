use core::fmt;

/// Why a dense algorithm refused its input or gave no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Error {
    /// A dimension is zero, a slice does not have the length that the shape demands, or an index lies
    /// outside of the matrix.
    Shape,
    /// The input holds NaN or infinity, or an intermediate result left the range of the scalar.
    NotFinite,
    /// The matrix is singular to working precision, as the algorithm defines it.
    Singular,
    /// The matrix has a pivot that is not positive.
    NotPositiveDefinite,
    /// The iteration reached its bound before its tolerance.
    NoConvergence,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Shape => "slice lengths and shape do not fit",
            Self::NotFinite => "not a finite number",
            Self::Singular => "matrix is singular",
            Self::NotPositiveDefinite => "matrix is not positive definite",
            Self::NoConvergence => "iteration did not converge",
        })
    }
}

impl core::error::Error for Error {}

/// `Ok` if neither dimension is zero and `len` is their product.
#[inline(always)]
pub(super) fn check_shape(rows: usize, cols: usize, len: usize) -> Result<(), Error> {
    if rows != 0 && cols != 0 && rows.checked_mul(cols) == Some(len) { Ok(()) } else { Err(Error::Shape) }
}

/// `Ok` if `len` is `expected`.
#[inline(always)]
pub(super) fn check_len(expected: usize, len: usize) -> Result<(), Error> {
    if expected == len { Ok(()) } else { Err(Error::Shape) }
}

/// `this` after `work` has changed it. What is returned is where the work is done: a `?` would move it there.
#[inline(always)]
pub(super) fn in_place<S>(this: S, work: impl FnOnce(&mut S) -> Result<(), Error>) -> Result<S, Error> {
    let mut result = Ok(this);
    let outcome = result.as_mut().map_or(Ok(()), work);
    if let Err(error) = outcome {
        result = Err(error);
    }
    result
}
