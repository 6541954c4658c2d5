//! Operations on rows that every algorithm of the room is made of.

use crate::Real;

use super::Error;

/// x · y, summed from the left.
#[inline(always)]
pub(crate) fn dot<T: Real>(x: &[T], y: &[T]) -> T {
    x.iter().zip(y).fold(T::ZERO, |sum, (&x, &y)| sum.mac(x, y))
}

/// start − x · y, subtracted from the left.
#[inline(always)]
pub(super) fn minus_dot<T: Real>(start: T, x: &[T], y: &[T]) -> T {
    x.iter().zip(y).fold(start, |sum, (&x, &y)| sum.mac(-x, y))
}

/// out ← out + Σₖ coefficientₖ · rowₖ, where `out` stands for the columns from `start` of rows of length
/// `stride`. Blocks of `out` stay in registers while the rows stream past.
#[inline(always)]
pub(super) fn accumulate<T: Real>(
    out: &mut [T],
    coefficients: impl Iterator<Item = T> + Clone,
    rows: &[T],
    stride: usize,
    start: usize,
) {
    let (out, start) = accumulate_blocks::<T, 8>(out, coefficients.clone(), rows, stride, start);
    let (out, start) = accumulate_blocks::<T, 4>(out, coefficients.clone(), rows, stride, start);
    accumulate_blocks::<T, 1>(out, coefficients, rows, stride, start);
}

/// [`accumulate`] as far as whole blocks of `W` reach; what is left of `out`, and its first column.
#[inline(always)]
fn accumulate_blocks<'a, T: Real, const W: usize>(
    out: &'a mut [T],
    coefficients: impl Iterator<Item = T> + Clone,
    rows: &[T],
    stride: usize,
    mut start: usize,
) -> (&'a mut [T], usize) {
    let mut blocks = out.chunks_exact_mut(W);
    for block in blocks.by_ref() {
        let mut sums = [T::ZERO; W];
        sums.iter_mut().zip(&*block).for_each(|(sum, &x)| *sum = x);
        for (coefficient, row) in coefficients.clone().zip(rows.chunks_exact(stride.max(1))) {
            if let Some(row) = row.get(start..).and_then(<[T]>::first_chunk::<W>) {
                sums.iter_mut().zip(row).for_each(|(sum, &x)| *sum = sum.mac(coefficient, x));
            }
        }
        block.iter_mut().zip(sums).for_each(|(x, sum)| *x = sum);
        start += W;
    }
    (blocks.into_remainder(), start)
}

/// Work on a few neighbouring columns whose number the compiler knows: what they hold of a row lies in registers.
pub(super) trait Columns {
    /// Does the work on the `W` columns from `start`.
    fn run<const W: usize>(&mut self, start: usize);
}

/// Covers the columns `start..end`: a block of fewer than eight if need be, then blocks of eight. Triangles have
/// rows of every length.
#[inline(always)]
pub(super) fn for_columns(start: usize, end: usize, mut work: impl Columns) {
    let width = end.saturating_sub(start) % 8;
    match width {
        1 => work.run::<1>(start),
        2 => work.run::<2>(start),
        3 => work.run::<3>(start),
        4 => work.run::<4>(start),
        5 => work.run::<5>(start),
        6 => work.run::<6>(start),
        7 => work.run::<7>(start),
        _ => {}
    }
    for start in (start + width..end).step_by(8) {
        work.run::<8>(start);
    }
}

/// Column `index` of rows of length `stride`.
#[inline(always)]
pub(super) fn column<T: Real>(rows: &[T], stride: usize, index: usize) -> impl Iterator<Item = T> + Clone {
    rows.chunks_exact(stride.max(1)).map(move |row| row.get(index).map_or(T::ZERO, |&x| x))
}

/// y ← y + a·x.
#[inline(always)]
pub(crate) fn add_scaled<T: Real>(y: &mut [T], a: T, x: &[T]) {
    for (y, &x) in y.iter_mut().zip(x) {
        *y = y.mac(a, x);
    }
}

/// (x, y) ← (c·x + s·y, c·y − s·x).
#[inline(always)]
pub(super) fn rotate<T: Real>(x: &mut [T], y: &mut [T], c: T, s: T) {
    T::rotate(x, y, c, s);
}

/// Exchanges elements `i` and `j`; an index outside leaves `x` as it is.
#[inline(always)]
pub(super) fn swap<T>(x: &mut [T], i: usize, j: usize) {
    if i < x.len() && j < x.len() {
        x.swap(i, j);
    }
}

/// Exchanges two rows.
#[inline(always)]
pub(super) fn swap_rows<T>(x: &mut [T], y: &mut [T]) {
    x.iter_mut().zip(y).for_each(|(x, y)| core::mem::swap(x, y));
}

/// `Ok` if every element is finite.
#[inline(always)]
pub(crate) fn check_finite<T: Real>(x: &[T]) -> Result<(), Error> {
    // 0·x is 0 for finite x and NaN otherwise: one multiply-add an element instead of a branch.
    let zero = x.iter().fold(T::ZERO, |sum, &x| sum.mac(x, T::ZERO));
    if zero.is_nan() { Err(Error::NotFinite) } else { Ok(()) }
}

/// Makes `a`, row-major with `cols` columns, the identity (its first columns if it is tall).
#[inline(always)]
pub(super) fn set_identity<T: Real>(cols: usize, a: &mut [T]) {
    a.fill(T::ZERO);
    a.iter_mut().step_by(cols.saturating_add(1)).take(cols).for_each(|x| *x = T::ONE);
}
