//! Sums in four lanes: the order is fixed, so that all targets agree to the bit, and the compiler may use vectors.

use crate::Real;

/// Partial sums.
pub(crate) const LANES: usize = 4;

/// Σ f(x), f(0) being 0.
#[inline(always)]
pub(crate) fn sum<T: Real>(x: &[T], f: impl Fn(T) -> T) -> T {
    let mut lanes = [T::ZERO; LANES];
    for_chunks(x, x, x, |x, _, _| lanes.iter_mut().zip(x).for_each(|(sum, x)| *sum += f(x)));
    total(lanes)
}

/// Σ f(x, y, z) over three slices of one length, f(0, 0, 0) being 0.
#[inline(always)]
pub(crate) fn sum3<T: Real>(x: &[T], y: &[T], z: &[T], f: impl Fn(T, T, T) -> T) -> T {
    let mut lanes = [T::ZERO; LANES];
    for_chunks(x, y, z, |x, y, z| {
        for (((sum, x), y), z) in lanes.iter_mut().zip(x).zip(y).zip(z) {
            *sum += f(x, y, z);
        }
    });
    total(lanes)
}

/// Σ x·y.
#[inline(always)]
pub(crate) fn dot<T: Real>(x: &[T], y: &[T]) -> T {
    T::dot(x, y)
}

/// [`dot`] in portable code.
#[inline(always)]
pub(crate) fn portable_dot<T: Real>(x: &[T], y: &[T]) -> T {
    let mut lanes = [T::ZERO; LANES];
    for_chunks(x, y, y, |x, y, _| {
        lanes.iter_mut().zip(x).zip(y).for_each(|((sum, x), y)| *sum = sum.mac(x, y));
    });
    total(lanes)
}

/// Calls `f` with [`LANES`] elements of all three at a time, the last time filled up with zeros.
#[inline(always)]
pub(crate) fn for_chunks<T: Real>(
    x: &[T],
    y: &[T],
    z: &[T],
    mut f: impl FnMut([T; LANES], [T; LANES], [T; LANES]),
) {
    let (mut x, mut y, mut z) = (x.chunks_exact(LANES), y.chunks_exact(LANES), z.chunks_exact(LANES));
    for ((x, y), z) in x.by_ref().zip(y.by_ref()).zip(z.by_ref()) {
        f(array(x), array(y), array(z));
    }
    if !x.remainder().is_empty() {
        f(padded(x.remainder()), padded(y.remainder()), padded(z.remainder()));
    }
}

/// `f(u, v, a, sums)` for each element, with the K sums of its lane; f(0, 0, 0, sums) changes nothing.
// A function of its own where vectors are worth it: it has to write its sums side by side, so the compiler keeps those
// of one kind in a vector, instead of one of each kind.
#[cfg_attr(reparam_fpu, inline(always))]
#[cfg_attr(not(reparam_fpu), inline(never))]
pub(crate) fn accumulate<T: Real, const K: usize>(
    u: &[T],
    v: &[T],
    a: &[T],
    sums: &mut [[T; LANES]; K],
    f: impl Fn(T, T, T, &mut [T; K]),
) {
    let mut lanes = [[T::ZERO; K]; LANES];
    for (k, sums) in sums.iter().enumerate() {
        for (lane, sum) in lanes.iter_mut().zip(sums) {
            lane[k] = *sum;
        }
    }
    for_chunks(u, v, a, |u, v, a| {
        for (((lane, u), v), a) in lanes.iter_mut().zip(u).zip(v).zip(a) {
            f(u, v, a, lane);
        }
    });
    for (k, sums) in sums.iter_mut().enumerate() {
        for (lane, sum) in lanes.iter().zip(sums) {
            *sum = lane[k];
        }
    }
}

/// The elements from `start`.
#[inline(always)]
pub(crate) fn from<T>(x: &[T], start: usize) -> &[T] {
    x.get(start..).unwrap_or_default()
}

/// The elements from `start`.
#[inline(always)]
pub(crate) fn from_mut<T>(x: &mut [T], start: usize) -> &mut [T] {
    x.get_mut(start..).unwrap_or_default()
}

/// A chunk of [`LANES`] elements.
#[inline(always)]
fn array<T: Real>(x: &[T]) -> [T; LANES] {
    x.first_chunk().copied().unwrap_or_default()
}

#[inline(always)]
fn padded<T: Real>(x: &[T]) -> [T; LANES] {
    let mut chunk = [T::ZERO; LANES];
    chunk.iter_mut().zip(x).for_each(|(chunk, &x)| *chunk = x);
    chunk
}

/// `(u, v) ← f(u, v, a)` for all elements.
#[inline(always)]
pub(crate) fn update<T: Real>(u: &mut [T], v: &mut [T], a: &[T], f: impl Fn(T, T, T) -> (T, T)) {
    for ((u, v), &a) in u.iter_mut().zip(v).zip(a) {
        (*u, *v) = f(*u, *v, a);
    }
}

/// The sum of all lanes.
#[inline(always)]
pub(crate) fn total<T: Real>([a, b, c, d]: [T; LANES]) -> T {
    (a + c) + (b + d)
}
