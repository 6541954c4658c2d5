//! Elementary reflectors H = I − τ v vᵀ with v₀ = 1: Golub & Van Loan, section 5.1; LAPACK's `larfg` and
//! `larf`. Matrices are slices of [`Cell`], for a reflector lies in the matrix that it is applied to.

use core::cell::Cell;

use crate::Real;

use super::Error;
use super::scale::{SumOfSquares, small};

/// The reflector that maps the vector `x` to (β, 0, …, 0): v₁… replaces x₁…, β replaces x₀. Returns τ.
///
/// β has the sign opposite to x₀, so that v₀ = x₀ − β suffers no cancellation.
#[inline(always)]
pub(super) fn make<'a, T: Real>(x: impl Iterator<Item = &'a Cell<T>> + Clone) -> Result<T, Error> {
    let sum = x.clone().fold(T::ZERO, |sum, x| sum.mac(x.get(), x.get()));
    if SumOfSquares(sum).is_safe() { Ok(make_scaled(x, sum)) } else { make_unsafe(x, sum) }
}

/// As [`make`], `sum` being the sum of squares, which neither overflowed nor underflowed.
#[inline(always)]
fn make_scaled<'a, T: Real>(mut x: impl Iterator<Item = &'a Cell<T>>, sum: T) -> T {
    let Some(first) = x.next() else { return T::ZERO };
    let alpha = first.get();
    let beta = -sum.sqrt().copysign(alpha);
    let reciprocal = T::ONE / (alpha - beta);
    x.for_each(|x| x.set(x.get() * reciprocal));
    first.set(beta);
    (beta - alpha) / beta
}

/// As [`make`] for a vector whose squares overflow or underflow: scales it by a power of two first.
#[cold]
fn make_unsafe<'a, T: Real>(x: impl Iterator<Item = &'a Cell<T>> + Clone, sum: T) -> Result<T, Error> {
    let scale = if sum < T::ONE { T::ONE / small::<T>() } else { small() };
    x.clone().for_each(|x| x.set(x.get() * scale));
    let sum = x.clone().fold(T::ZERO, |sum, x| sum.mac(x.get(), x.get()));
    if sum == T::ZERO {
        return Ok(T::ZERO);
    }
    let tau = make_scaled(x.clone(), sum);
    if let Some(first) = x.clone().next() {
        first.set(first.get() / scale);
        if !first.get().is_finite() {
            return Err(Error::NotFinite);
        }
    }
    Ok(tau)
}

/// B ← H B on the columns of B from `start`. `b` begins with the row of v₀ = 1, its rows have length
/// `cols`; `v` yields v₁, v₂, … Blocks of Bᵀv stay in registers, so no scratch is needed.
#[inline(always)]
pub(super) fn apply<T: Real>(
    tau: T,
    v: impl Iterator<Item = T> + Clone,
    b: &[Cell<T>],
    cols: usize,
    start: usize,
) {
    let Some((top, below)) = b.split_at_checked(cols) else { return };
    let start = apply_blocks::<T, 8>(tau, v.clone(), top, below, start);
    let start = apply_blocks::<T, 4>(tau, v.clone(), top, below, start);
    let start = apply_blocks::<T, 2>(tau, v.clone(), top, below, start);
    apply_blocks::<T, 1>(tau, v, top, below, start);
}

/// [`apply`] as far as whole blocks of `W` columns reach; the first column not reached.
#[inline(always)]
fn apply_blocks<T: Real, const W: usize>(
    tau: T,
    v: impl Iterator<Item = T> + Clone,
    top: &[Cell<T>],
    below: &[Cell<T>],
    mut start: usize,
) -> usize {
    while let Some(top_block) = top.get(start..).and_then(<[_]>::first_chunk::<W>) {
        let blocks = below
            .chunks_exact(top.len().max(1))
            .map(|row| row.get(start..).and_then(<[_]>::first_chunk::<W>));
        let rows = v.clone().zip(blocks);
        let mut sums = [T::ZERO; W];
        sums.iter_mut().zip(top_block).for_each(|(sum, x)| *sum = x.get());
        for (v, block) in rows.clone() {
            let Some(block) = block else { continue };
            sums.iter_mut().zip(block).for_each(|(sum, x)| *sum = sum.mac(v, x.get()));
        }
        sums.iter_mut().for_each(|sum| *sum *= tau);
        top_block.iter().zip(sums).for_each(|(x, sum)| x.set(x.get() - sum));
        for (v, block) in rows {
            let Some(block) = block else { continue };
            block.iter().zip(sums).for_each(|(x, sum)| x.set(x.get().mac(-v, sum)));
        }
        start += W;
    }
    start
}

/// Column `index` of rows of length `stride`.
#[inline(always)]
pub(super) fn column<T: Real>(
    rows: &[Cell<T>],
    stride: usize,
    index: usize,
) -> impl Iterator<Item = &Cell<T>> + Clone {
    rows.chunks_exact(stride.max(1)).filter_map(move |row| row.get(index))
}

/// As [`column`], by value.
#[inline(always)]
pub(super) fn values<T: Real>(
    rows: &[Cell<T>],
    stride: usize,
    index: usize,
) -> impl Iterator<Item = T> + Clone {
    rows.chunks_exact(stride.max(1)).map(move |row| row.get(index).map_or(T::ZERO, Cell::get))
}
