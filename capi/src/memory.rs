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

/// `len` elements to read.
///
/// # Safety
/// `pointer` is null, misaligned, or points to `len` initialised elements that nobody writes during `'a`.
pub(crate) unsafe fn slice<'a, T>(pointer: *const T, len: usize) -> Result<&'a [T], Status> {
    check(pointer, len)?;
    // SAFETY: not null, aligned and below `isize::MAX` bytes as checked; the rest is the caller's promise.
    Ok(unsafe { core::slice::from_raw_parts(pointer, len) })
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

/// One element to write, or none if the pointer is null: the caller does not want it.
///
/// # Safety
/// As [`slice_mut`] with one element.
pub(crate) unsafe fn optional<'a, T>(pointer: *mut T) -> Result<Option<&'a mut T>, Status> {
    if pointer.is_null() {
        return Ok(None);
    }
    // SAFETY: the caller's promise.
    unsafe { reference(pointer).map(Some) }
}

/// The number of elements of a matrix.
pub(crate) fn len(rows: usize, cols: usize) -> Result<usize, Status> {
    rows.checked_mul(cols).ok_or(Status::Size)
}

/// Puts a value into opaque words. It is never dropped.
pub(crate) fn store<T>(words: &mut [u64], value: T) -> Result<(), Status> {
    const { assert!(align_of::<T>() <= align_of::<u64>() && !core::mem::needs_drop::<T>()) };
    if size_of_val(words) < size_of::<T>() {
        return Err(Status::Size);
    }
    // SAFETY: the words are as large as the value and at least as aligned.
    unsafe { words.as_mut_ptr().cast::<T>().write(value) };
    Ok(())
}

/// The value in opaque words.
///
/// # Safety
/// [`store`] has put a `T` into these words, and nobody has written them since but through this function.
pub(crate) unsafe fn stored<T>(words: &mut [u64]) -> &mut T {
    // SAFETY: size and alignment were checked by `store`; the bits are a valid `T` by the caller's promise.
    unsafe { &mut *words.as_mut_ptr().cast::<T>() }
}
