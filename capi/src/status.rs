use reparam::{dense, diagonal, givens, group_shuffle, horizon, implicit};

/// What a call came to. Negative values are errors; what the outputs hold after an error is unspecified.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i32)]
#[must_use]
pub enum Status {
    /// Done.
    Ok = 0,
    /// A search has come to its end: there is no further question.
    Finished = 1,
    /// A pointer is null or not aligned for its type.
    Pointer = -1,
    /// A size is zero, too large, or does not fit the others; an index is out of range.
    Size = -2,
    /// An input or a result is infinite or NaN.
    NotFinite = -3,
    /// A matrix is singular to working precision.
    Singular = -4,
    /// A matrix is not positive definite.
    NotPositiveDefinite = -5,
    /// An iteration reached its bound before its tolerance.
    NoConvergence = -6,
    /// A reflected frame was asked for with more rows than columns.
    NoReflection = -7,
    /// A setting makes no sense.
    Setting = -8,
    /// The search or model was not initialised.
    NotInitialised = -9,
    /// An input does not have the form that the function asks for.
    Form = -10,
}

/// The status of a body that ends early with an error.
pub(crate) fn status(body: impl FnOnce() -> Result<(), Status>) -> Status {
    match body() {
        Ok(()) => Status::Ok,
        Err(error) => error,
    }
}

impl From<dense::Error> for Status {
    fn from(error: dense::Error) -> Self {
        match error {
            dense::Error::Shape => Self::Size,
            dense::Error::NotFinite => Self::NotFinite,
            dense::Error::Singular => Self::Singular,
            dense::Error::NotPositiveDefinite => Self::NotPositiveDefinite,
            dense::Error::NoConvergence => Self::NoConvergence,
            _ => Self::Form,
        }
    }
}

impl From<diagonal::Error> for Status {
    fn from(error: diagonal::Error) -> Self {
        match error {
            diagonal::Error::Length { .. } | diagonal::Error::Empty => Self::Size,
            diagonal::Error::NotFinite => Self::NotFinite,
            diagonal::Error::Setting { .. } => Self::Setting,
            _ => Self::Form,
        }
    }
}

impl From<givens::Error> for Status {
    fn from(error: givens::Error) -> Self {
        match error {
            givens::Error::Length { .. } | givens::Error::Dimensions { .. } | givens::Error::Index { .. } => {
                Self::Size
            }
            givens::Error::NotFinite => Self::NotFinite,
            givens::Error::NoReflection => Self::NoReflection,
            givens::Error::Setting { .. } => Self::Setting,
            _ => Self::Form,
        }
    }
}

impl From<group_shuffle::Error> for Status {
    fn from(error: group_shuffle::Error) -> Self {
        use group_shuffle::Error;
        match error {
            Error::Length { .. } | Error::Shape | Error::Groups { .. } => Self::Size,
            Error::NotFinite => Self::NotFinite,
            Error::EigenvalueMinusOne => Self::Singular,
            Error::Setting { .. } => Self::Setting,
            Error::NoConvergence => Self::NoConvergence,
            _ => Self::Form,
        }
    }
}

impl From<horizon::Error> for Status {
    fn from(error: horizon::Error) -> Self {
        use horizon::Error;
        match error {
            Error::Length { .. } | Error::Size => Self::Size,
            Error::NotFinite { .. } => Self::NotFinite,
            Error::Setting { .. } => Self::Setting,
            _ => Self::Form,
        }
    }
}

impl From<implicit::Error> for Status {
    fn from(error: implicit::Error) -> Self {
        use implicit::Error;
        match error {
            Error::Length { .. } | Error::Size | Error::Feature { .. } => Self::Size,
            Error::NotFinite | Error::Diverged => Self::NotFinite,
            Error::Setting { .. } => Self::Setting,
            Error::NoConvergence => Self::NoConvergence,
            _ => Self::Form,
        }
    }
}
