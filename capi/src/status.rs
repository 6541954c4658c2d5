/// What a call came to. Negative values are errors; the outputs are then unspecified but initialised as
/// the caller left them or partly written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i32)]
#[must_use]
pub enum Status {
    /// Done.
    Ok = 0,
    /// A pointer is null or not aligned for its type.
    Pointer = -1,
    /// A size is zero, too large, or does not fit the others.
    Size = -2,
}

/// The status of a body that ends early with an error.
pub(crate) fn status(body: impl FnOnce() -> Result<(), Status>) -> Status {
    match body() {
        Ok(()) => Status::Ok,
        Err(error) => error,
    }
}
