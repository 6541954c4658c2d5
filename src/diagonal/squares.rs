//! Sums for the rules with β = u² − v².
//!
//! Squares of u and of v have sums of their own, so that no addition waits for another. They meet where the whole chunks end, and
//! once more behind the last elements, on all targets at the same places.

use crate::Real;

use crate::lanes::{LANES, accumulate, total};

/// Σ a·(u² − v²).
#[inline(always)]
pub(super) fn prediction<T: Real>(u: &[T], v: &[T], a: &[T]) -> T {
    // The FPU's loop makes both.
    #[cfg(reparam_fpu)]
    return prediction_and_curvature(u, v, a).0;
    #[cfg(not(reparam_fpu))]
    {
        let mut sums = [T::ZERO; LANES];
        for_parts(u, v, a, 0, |u, v, a| {
            let mut part = [[T::ZERO; LANES]; 2];
            accumulate(u, v, a, &mut part, |u, v, a, [plus, minus]| {
                *plus = plus.mac(a * u, u);
                *minus = minus.mac(a * v, v);
            });
            add(&mut sums, part[0], part[1].map(|x| -x));
        });
        total(sums)
    }
}

/// Σ a·(u² − v²) and Σ a².
#[cfg(not(reparam_fpu))]
#[inline(always)]
pub(super) fn prediction_and_energy<T: Real>(u: &[T], v: &[T], a: &[T]) -> (T, T) {
    let mut sums = [[T::ZERO; LANES]; 2];
    for_parts(u, v, a, 0, |u, v, a| {
        let mut part = [[T::ZERO; LANES]; 3];
        accumulate(u, v, a, &mut part, |u, v, a, [plus, minus, energy]| {
            *plus = plus.mac(a * u, u);
            *minus = minus.mac(a * v, v);
            *energy = energy.mac(a, a);
        });
        add(&mut sums[0], part[0], part[1].map(|x| -x));
        add(&mut sums[1], part[2], [T::ZERO; LANES]);
    });
    (total(sums[0]), total(sums[1]))
}

/// Σ a·(u² − v²) and Σ a²·(u² + v²): a·u and a·v serve both.
#[inline(always)]
pub(super) fn prediction_and_curvature<T: Real>(u: &[T], v: &[T], a: &[T]) -> (T, T) {
    let mut sums = [[T::ZERO; LANES]; 2];
    let done = T::squares_sums(u, v, a, &mut sums);
    if done < u.len() {
        add_from(done, u, v, a, &mut sums);
    }
    (total(sums[0]), total(sums[1]))
}

/// The elements from `done` on: 0, or where the whole chunks end.
#[inline(never)]
fn add_from<T: Real>(done: usize, u: &[T], v: &[T], a: &[T], sums: &mut [[T; LANES]; 2]) {
    for_parts(u, v, a, done, |u, v, a| {
        let mut part = [[T::ZERO; LANES]; 4];
        accumulate(u, v, a, &mut part, |u, v, a, [plus, minus, of_u, of_v]| {
            let (au, av) = (a * u, a * v);
            (*plus, *minus) = (plus.mac(au, u), minus.mac(av, v));
            (*of_u, *of_v) = (of_u.mac(au, au), of_v.mac(av, av));
        });
        add(&mut sums[0], part[0], part[1].map(|x| -x));
        add(&mut sums[1], part[2], part[3]);
    });
}

/// Calls `f` with the whole chunks behind `done` and with what is left, if there is anything.
#[inline(always)]
fn for_parts<T: Real>(u: &[T], v: &[T], a: &[T], done: usize, mut f: impl FnMut(&[T], &[T], &[T])) {
    let whole = u.len() / LANES * LANES;
    for (start, end) in [(done, whole), (whole, u.len())] {
        if let (Some(u), Some(v), Some(a)) = (u.get(start..end), v.get(start..end), a.get(start..end)) {
            if start < end {
                f(u, v, a);
            }
        }
    }
}

/// `sums += x + y`, lane by lane.
#[inline(always)]
fn add<T: Real>(sums: &mut [T; LANES], x: [T; LANES], y: [T; LANES]) {
    for ((sum, x), y) in sums.iter_mut().zip(x).zip(y) {
        *sum += x + y;
    }
}
