//! Sums in four lanes: the order is fixed, so that all targets agree to the bit, and the compiler may use vectors.

use crate::Real;

/// Partial sums.
pub(super) const LANES: usize = 4;

/// Σ f(x), f(0) being 0.
#[inline(always)]
pub(super) fn sum<T: Real>(x: &[T], f: impl Fn(T) -> T) -> T {
    let mut lanes = [T::ZERO; LANES];
    for_chunks(x, x, x, |x, _, _| lanes.iter_mut().zip(x).for_each(|(sum, x)| *sum += f(x)));
    total(lanes)
}

/// Σ f(x, y, z) over three slices of one length, f(0, 0, 0) being 0.
#[inline(always)]
pub(super) fn sum3<T: Real>(x: &[T], y: &[T], z: &[T], f: impl Fn(T, T, T) -> T) -> T {
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
pub(super) fn dot<T: Real>(x: &[T], y: &[T]) -> T {
    let mut lanes = [T::ZERO; LANES];
    for_chunks(x, y, y, |x, y, _| {
        lanes.iter_mut().zip(x).zip(y).for_each(|((sum, x), y)| *sum = sum.mac(x, y));
    });
    total(lanes)
}

/// Calls `f` with [`LANES`] elements of all three at a time, the last time filled up with zeros.
#[inline(always)]
pub(super) fn for_chunks<T: Real>(
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

/// `(p, q) ← f(u, v, a, p, q)` for both sums of each lane.
#[inline(always)]
pub(super) fn accumulate<T: Real>(
    u: &[T],
    v: &[T],
    a: &[T],
    [first, second]: &mut [[T; LANES]; 2],
    f: impl Fn(T, T, T, T, T) -> (T, T),
) {
    for_chunks(u, v, a, |u, v, a| {
        let sums = first.iter_mut().zip(&mut *second);
        for (((p, q), (u, v)), a) in sums.zip(u.into_iter().zip(v)).zip(a) {
            (*p, *q) = f(u, v, a, *p, *q);
        }
    });
}

/// Σ x·y and Σ y².
#[inline(always)]
pub(super) fn dots<T: Real>(x: &[T], y: &[T]) -> (T, T) {
    let mut sums = [[T::ZERO; LANES]; 2];
    add_dots(x, y, &mut sums);
    (total(sums[0]), total(sums[1]))
}

// A function of its own where vectors are worth it: it has to write its sums side by side, so the compiler keeps those
// of one kind in a vector, instead of one of each kind.
#[cfg_attr(reparam_fpu, inline(always))]
#[cfg_attr(not(reparam_fpu), inline(never))]
fn add_dots<T: Real>(x: &[T], y: &[T], sums: &mut [[T; LANES]; 2]) {
    let [mut first, mut second] = *sums;
    for_chunks(x, y, y, |x, y, _| {
        first.iter_mut().zip(x).zip(y).for_each(|((sum, x), y)| *sum = sum.mac(x, y));
        second.iter_mut().zip(y).for_each(|(sum, y)| *sum = sum.mac(y, y));
    });
    *sums = [first, second];
}

/// `sums += a·(u² − v²)`, the same bits as with [`add_squares`].
#[inline(always)]
pub(super) fn add_differences<T: Real>(u: &[T], v: &[T], a: &[T], sums: &mut [T; LANES]) {
    for_chunks(u, v, a, |u, v, a| {
        for (((sum, u), v), a) in sums.iter_mut().zip(u).zip(v).zip(a) {
            *sum = sum.mac(a * u, u).mac(-(a * v), v);
        }
    });
}

/// `sums[0] += a·(u² − v²)`, `sums[1] += a²·(u² + v²)`: a·u and a·v serve both.
#[cfg_attr(reparam_fpu, inline(always))]
#[cfg_attr(not(reparam_fpu), inline(never))]
pub(super) fn add_squares<T: Real>(u: &[T], v: &[T], a: &[T], sums: &mut [[T; LANES]; 2]) {
    let [mut prediction, mut curvature] = *sums;
    for_chunks(u, v, a, |u, v, a| {
        for k in 0..LANES {
            let (au, av) = (a[k] * u[k], a[k] * v[k]);
            prediction[k] = prediction[k].mac(au, u[k]).mac(-av, v[k]);
            curvature[k] = curvature[k].mac(au, au).mac(av, av);
        }
    });
    *sums = [prediction, curvature];
}

/// The elements from `start`.
#[inline(always)]
pub(super) fn from<T>(x: &[T], start: usize) -> &[T] {
    x.get(start..).unwrap_or_default()
}

/// The elements from `start`.
#[inline(always)]
pub(super) fn from_mut<T>(x: &mut [T], start: usize) -> &mut [T] {
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
pub(super) fn update<T: Real>(u: &mut [T], v: &mut [T], a: &[T], f: impl Fn(T, T, T) -> (T, T)) {
    for ((u, v), &a) in u.iter_mut().zip(v).zip(a) {
        (*u, *v) = f(*u, *v, a);
    }
}

/// The sum of all lanes.
#[inline(always)]
pub(super) fn total<T: Real>([a, b, c, d]: [T; LANES]) -> T {
    (a + c) + (b + d)
}
