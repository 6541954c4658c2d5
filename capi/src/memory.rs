//! The caller's memory: the one place where a pointer of C becomes a reference.
//!
//! What can be checked is checked (null, alignment, overflow of the length). What cannot be is the caller's
//! promise, stated in the header: the memory holds that many initialised elements, and a buffer that is
//! written overlaps no other argument.

use crate::Status;

fn check<T>(pointer: *const T, len: usize) -> Result<(), Status> {
    if pointer.is_null() || !pointer.is_aligned() {
        return Err(Status::Pointer);
    }
    match len.checked_mul(size_of::<T>()) {
        Some(bytes) if bytes <= isize::MAX as usize => Ok(()),
        _ => Err(Status::Size),
    }
}

/// `len` elements to read and write.
///
/// # Safety
/// `pointer` is null, misaligned, or points to `len` initialised elements that nobody else reads or writes
/// during `'a`.
pub(crate) unsafe fn slice_mut<'a, T>(pointer: *mut T, len: usize) -> Result<&'a mut [T], Status> {
    check(pointer, len)?;
    // SAFETY: not null, aligned and below `isize::MAX` bytes as checked; the rest is the caller's promise.
    Ok(unsafe { core::slice::from_raw_parts_mut(pointer, len) })
}

/// One element to read and write.
///
/// # Safety
/// As [`slice_mut`] with one element.
pub(crate) unsafe fn reference<'a, T>(pointer: *mut T) -> Result<&'a mut T, Status> {
    check(pointer, 1)?;
    // SAFETY: not null and aligned as checked; the rest is the caller's promise.
    Ok(unsafe { &mut *pointer })
}
