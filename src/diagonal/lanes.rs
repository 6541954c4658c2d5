//! Sums in four lanes: the order is fixed, so that all targets agree to the bit, and the compiler may use vectors.

use crate::Real;

/// Partial sums.
pub(super) const LANES: usize = 4;

/// Σ f(x).
#[inline(always)]
pub(super) fn sum<T: Real>(x: &[T], f: impl Fn(T) -> T) -> T {
    let mut lanes = [T::ZERO; LANES];
    let mut chunks = x.chunks_exact(LANES);
    for chunk in chunks.by_ref() {
        lanes.iter_mut().zip(chunk).for_each(|(sum, &x)| *sum += f(x));
    }
    lanes.iter_mut().zip(chunks.remainder()).for_each(|(sum, &x)| *sum += f(x));
    total(lanes)
}

/// Σ f(x, y, z) over three slices of one length.
#[inline(always)]
pub(super) fn sum3<T: Real>(x: &[T], y: &[T], z: &[T], f: impl Fn(T, T, T) -> T) -> T {
    let mut lanes = [T::ZERO; LANES];
    for_chunks(x, y, z, |x, y, z| {
        for (((sum, &x), &y), &z) in lanes.iter_mut().zip(x).zip(y).zip(z) {
            *sum += f(x, y, z);
        }
    });
    total(lanes)
}

/// Calls `f` with chunks of [`LANES`] elements of all three, the last with what is left.
#[inline(always)]
pub(super) fn for_chunks<T>(x: &[T], y: &[T], z: &[T], mut f: impl FnMut(&[T], &[T], &[T])) {
    let (mut x, mut y, mut z) = (x.chunks_exact(LANES), y.chunks_exact(LANES), z.chunks_exact(LANES));
    for ((x, y), z) in x.by_ref().zip(y.by_ref()).zip(z.by_ref()) {
        f(x, y, z);
    }
    f(x.remainder(), y.remainder(), z.remainder());
}

/// The sum of all lanes.
#[inline(always)]
pub(super) fn total<T: Real>([a, b, c, d]: [T; LANES]) -> T {
    (a + c) + (b + d)
}

/// Σ x·y.
#[inline(always)]
pub(super) fn dot<T: Real>(x: &[T], y: &[T]) -> T {
    let mut lanes = [T::ZERO; LANES];
    for_chunks(x, y, y, |x, y, _| {
        lanes.iter_mut().zip(x).zip(y).for_each(|((sum, &x), &y)| *sum = sum.mac(x, y));
    });
    total(lanes)
}
