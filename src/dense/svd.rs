//! Singular value decomposition A = U Σ Vᵀ by one-sided Jacobi rotations.
//!
//! Golub & Van Loan, *Matrix Computations*, 4th ed., section 8.6.3; Demmel & Veselić, SIAM J. Matrix Anal.
//! Appl. 13 (1992) 1204; LAPACK's `gesvj`. Pairs of lines along the short side of A (columns of a tall matrix,
//! rows of a wide one) are rotated until all are orthogonal; their lengths are then the singular values.
//! Small singular values of a matrix whose short-side lines are badly scaled, but otherwise well conditioned,
//! keep their relative accuracy, which bidiagonalization loses.
//!
//! With k = min(rows, cols): U is `rows` × k, V is `cols` × k, both with orthonormal columns whatever the
//! rank; the k singular values come in descending order.

use core::mem;

use crate::Real;

use super::Matrix;
use super::error::{Error, check_len, check_shape};
use super::row::{add_scaled, check_finite, dot, rotate, set_identity, swap_rows};
use super::scale::{norm, small};
use crate::lanes;

/// Sweeps after which [`factor`] gives up. Well-scaled matrices need 4 to 9.
pub const MAX_SWEEPS: usize = 30;

/// Length of the scratch of [`factor`].
pub const fn scratch_len(rows: usize, cols: usize) -> usize {
    let short = if rows < cols { rows } else { cols };
    short.saturating_mul(rows.saturating_add(cols))
}

/// U, Σ and V of the `rows` × `cols` matrix `a`. Returns the number of sweeps.
///
/// Cost per sweep, with k = min(rows, cols) and l = max(rows, cols): 3.5·k²·l + 2·k³ multiply-adds, fewer
/// when pairs are orthogonal already. `scratch`: [`scratch_len`].
///
/// # Errors
/// [`Error::Shape`]; [`Error::NotFinite`], also if a singular value overflows; [`Error::NoConvergence`] after
/// [`MAX_SWEEPS`].
///
/// ```
/// use reparam::dense::svd;
///
/// let a = [0.0, 2.0, 3.0, 0.0f64, 0.0, 0.0];
/// let (mut u, mut s, mut v) = ([0.0; 6], [0.0; 2], [0.0; 4]);
/// let mut scratch = [0.0; svd::scratch_len(3, 2)];
/// svd::factor(3, 2, &a, &mut u, &mut s, &mut v, &mut scratch)?;
/// assert_eq!(s, [3.0, 2.0]);
/// # Ok::<(), reparam::dense::Error>(())
/// ```
pub fn factor<T: Real>(
    rows: usize,
    cols: usize,
    a: &[T],
    u: &mut [T],
    singular_values: &mut [T],
    v: &mut [T],
    scratch: &mut [T],
) -> Result<usize, Error> {
    let short = rows.min(cols);
    check_shape(rows, cols, a.len())?;
    check_len(short, singular_values.len())?;
    check_shape(rows, short, u.len())?;
    check_shape(cols, short, v.len())?;
    check_len(scratch_len(rows, cols), scratch.len())?;
    factor_kernel(rows, cols, a, u, singular_values, v, scratch)
}

#[inline(always)]
pub(super) fn factor_kernel<T: Real>(
    rows: usize,
    cols: usize,
    a: &[T],
    u: &mut [T],
    singular_values: &mut [T],
    v: &mut [T],
    scratch: &mut [T],
) -> Result<usize, Error> {
    let (lines, turns) = scratch.split_at_mut_checked(rows * cols).ok_or(Error::Shape)?;
    factor_parts(rows, cols, a, u, singular_values, v, lines, turns)
}

/// [`factor_kernel`] with its scratch in two parts.
#[allow(clippy::too_many_arguments)]
#[inline(always)]
fn factor_parts<T: Real>(
    rows: usize,
    cols: usize,
    a: &[T],
    u: &mut [T],
    singular_values: &mut [T],
    v: &mut [T],
    lines: &mut [T],
    turns: &mut [T],
) -> Result<usize, Error> {
    let (short, long) = (rows.min(cols), rows.max(cols));
    let scale = power_of_two_scale(a)?;
    for (i, line) in lines.chunks_exact_mut(long.max(1)).enumerate() {
        let (start, step) = if rows < cols { (i * long, 1) } else { (i, short) };
        let source = a.get(start..).unwrap_or_default().iter().step_by(step.max(1));
        line.iter_mut().zip(source).for_each(|(x, &a)| *x = a * scale);
    }
    set_identity(short, turns);
    // Below, squares are subnormal and angles are noise.
    let negligible = small::<T>().sqrt();
    let sweeps = orthogonalize(long, lines, short, turns, singular_values, negligible)?;
    normalize(short, long, lines, singular_values);
    sort(long, lines, turns, singular_values);
    singular_values.iter_mut().for_each(|s| *s /= scale);
    check_finite(singular_values)?;
    let (of_lines, of_turns) = if rows < cols { (v, u) } else { (u, v) };
    transpose_lines(long, lines, of_lines);
    transpose_lines(short, turns, of_turns);
    Ok(sweeps)
}

/// A power of two that brings the largest element near 1; 1 for the zero matrix.
#[inline(always)]
pub(crate) fn power_of_two_scale<T: Real>(a: &[T]) -> Result<T, Error> {
    let (mut largest, mut sum) = (T::ZERO, T::ZERO);
    for &x in a {
        largest = largest.max(x.abs());
        sum = sum.mac(x, T::ZERO);
    }
    if sum.is_nan() {
        return Err(Error::NotFinite);
    }
    let (step, mut scale) = (T::from_usize(16), T::ONE);
    while largest * scale > step && scale > small() {
        scale /= step;
    }
    while largest != T::ZERO && largest * scale * step < T::ONE && scale < T::ONE / small() {
        scale *= step;
    }
    Ok(scale)
}

/// Rotates pairs of `lines` until all are orthogonal, and `turns` of `width` numbers each with them; the longer line of a
/// pair comes first (de Rijk, SIAM J. Sci. Stat. Comput. 10 (1989) 359), so that lengths come out descending. Lines not longer
/// than `negligible` are left as they are.
///
/// `lengths`: scratch, a number for each line. They are taken once a sweep and follow the rotations, as in LAPACK's `gesvj`.
#[allow(clippy::too_many_arguments)]
#[inline(always)]
pub(crate) fn orthogonalize<T: Real>(
    long: usize,
    lines: &mut [T],
    width: usize,
    turns: &mut [T],
    lengths: &mut [T],
    negligible: T,
) -> Result<usize, Error> {
    let tolerance = T::EPSILON * T::from_usize(long).sqrt();
    for sweep in 1..=MAX_SWEEPS {
        let mut converged = true;
        for (line, length) in lines.chunks_exact(long.max(1)).zip(&mut *lengths) {
            *length = lanes::dot(line, line).sqrt();
        }
        let (mut lines, mut turns, mut lengths) = (&mut *lines, &mut *turns, &mut *lengths);
        while let Some((x_length, lengths_below)) = mem::take(&mut lengths).split_first_mut() {
            let (x, lines_below) = lines.split_at_mut_checked(long).ok_or(Error::Shape)?;
            let (x_turn, turns_below) = turns.split_at_mut_checked(width).ok_or(Error::Shape)?;
            // Not zipped: `Zip` divides by the length of the chunks, and may be compiled apart from the check.
            let mut y_turns = turns_below.chunks_exact_mut(width.max(1));
            let mut y_lengths = lengths_below.iter_mut();
            for y in lines_below.chunks_exact_mut(long.max(1)) {
                let y_turn = y_turns.next().ok_or(Error::Shape)?;
                let y_length = y_lengths.next().ok_or(Error::Shape)?;
                if *y_length > *x_length {
                    swap_rows(x, y);
                    swap_rows(x_turn, y_turn);
                    mem::swap(x_length, y_length);
                    converged = false;
                }
                if *y_length <= negligible {
                    continue;
                }
                let cosine = lanes::dot(x, y) / *x_length / *y_length;
                if cosine.abs() <= tolerance {
                    continue;
                }
                converged = false;
                let ratio = *y_length / *x_length;
                let (c, s, tan) = diagonalizing(ratio, cosine);
                rotate(x, y, c, s);
                rotate(x_turn, y_turn, c, s);
                let (gained, left) = (tan * cosine * ratio, T::ONE - tan * cosine / ratio);
                *x_length *= (T::ONE + gained).max(T::ZERO).sqrt();
                // Where little is left, it is a difference of nearly equal numbers.
                *y_length =
                    if left > T::from_f32(0.1) { *y_length * left.sqrt() } else { lanes::dot(y, y).sqrt() };
            }
            (lines, turns, lengths) = (lines_below, turns_below, lengths_below);
        }
        if converged {
            return Ok(sweep);
        }
    }
    Err(Error::NoConvergence)
}

/// Cosine, sine and tangent of the rotation that makes two lines orthogonal, the second `ratio` ≤ 1 times as long.
#[inline(always)]
fn diagonalizing<T: Real>(ratio: T, cosine: T) -> (T, T, T) {
    // tan(2 angle) = 2 cosine / (ratio⁻¹ − ratio).
    let cot = (T::ONE - ratio) * (T::ONE + ratio) / (T::TWO * cosine * ratio);
    let tan = if cot.abs() > T::ONE / T::EPSILON {
        T::HALF / cot
    } else {
        T::ONE.copysign(cot) / (cot.abs() + T::ONE.mac(cot, cot).sqrt())
    };
    let c = T::ONE / T::ONE.mac(tan, tan).sqrt();
    (c, c * tan, tan)
}

/// Puts the lengths in descending order. Sweeps have done that for all lines but those whose squares underflow.
#[inline(always)]
fn sort<T: Real>(long: usize, lines: &mut [T], turns: &mut [T], lengths: &mut [T]) {
    let short = lengths.len();
    let (mut lines, mut turns, mut lengths) = (lines, turns, lengths);
    while let Some((length, rest)) = mem::take(&mut lengths).split_first_mut() {
        let (Some((line, lines_below)), Some((turn, turns_below))) = (
            mem::take(&mut lines).split_at_mut_checked(long),
            mem::take(&mut turns).split_at_mut_checked(short),
        ) else {
            return;
        };
        let mut other_lines = lines_below.chunks_exact_mut(long.max(1));
        let mut other_turns = turns_below.chunks_exact_mut(short.max(1));
        for other_length in rest.iter_mut() {
            let (Some(other_line), Some(other_turn)) = (other_lines.next(), other_turns.next()) else {
                return;
            };
            if *other_length > *length {
                mem::swap(length, other_length);
                swap_rows(line, other_line);
                swap_rows(turn, other_turn);
            }
        }
        (lines, turns, lengths) = (lines_below, turns_below, rest);
    }
}

/// Scales the lines to length 1 and yields the lengths. Lines too short to have a direction get one that is
/// orthogonal to the others.
#[inline(always)]
fn normalize<T: Real>(short: usize, long: usize, lines: &mut [T], lengths: &mut [T]) {
    for k in 0..short {
        let Some((before, rest)) = lines.split_at_mut_checked(k * long) else { return };
        let (Some(line), Some(length)) = (rest.get_mut(..long), lengths.get_mut(k)) else { return };
        *length = norm(line.iter().copied());
        if *length * *length > small() {
            let length = *length;
            line.iter_mut().for_each(|x| *x /= length);
        } else {
            complete(long, before, line);
        }
    }
}

/// Makes `line` a unit vector orthogonal to the orthonormal `before`: the coordinate vector farthest from
/// their span, orthogonalized twice.
#[cold]
fn complete<T: Real>(long: usize, before: &[T], line: &mut [T]) {
    let mut best = (0, T::INFINITY);
    for i in 0..long {
        let in_span = before.iter().skip(i).step_by(long.max(1)).fold(T::ZERO, |sum, &x| sum.mac(x, x));
        if in_span < best.1 {
            best = (i, in_span);
        }
    }
    line.fill(T::ZERO);
    line.iter_mut().skip(best.0).take(1).for_each(|x| *x = T::ONE);
    for _ in 0..2 {
        for other in before.chunks_exact(long.max(1)) {
            let along = dot(other, line);
            add_scaled(line, -along, other);
        }
        let length = norm(line.iter().copied());
        line.iter_mut().for_each(|x| *x /= length);
    }
}

/// Writes lines as columns.
#[inline(always)]
fn transpose_lines<T: Real>(long: usize, lines: &[T], out: &mut [T]) {
    let short = lines.len() / long;
    for (i, line) in lines.chunks_exact(long.max(1)).enumerate() {
        out.iter_mut().skip(i).step_by(short.max(1)).zip(line).for_each(|(out, &x)| *out = x);
    }
}

/// Minimum-norm least squares x = V Σ⁺ Uᵀ b, singular values up to `tolerance` · σ₁ taken as zero. Returns the
/// number that are not. Cost: (rows + cols)·min(rows, cols) multiply-adds. No scratch.
///
/// # Errors
/// [`Error::Shape`]; [`Error::NotFinite`] if x is not finite.
///
/// ```
/// use reparam::dense::svd;
///
/// let (mut u, mut s, mut v) = ([0.0; 4], [0.0; 2], [0.0; 4]);
/// let mut scratch = [0.0; svd::scratch_len(2, 2)];
/// svd::factor(2, 2, &[1.0f64, 1.0, 1.0, 1.0], &mut u, &mut s, &mut v, &mut scratch)?;
/// let mut x = [0.0; 2];
/// assert_eq!(svd::solve(2, 2, &u, &s, &v, 1e-12, &[2.0, 2.0], &mut x)?, 1);
/// assert!((x[0] - 1.0).abs() < 1e-14 && (x[1] - 1.0).abs() < 1e-14);
/// # Ok::<(), reparam::dense::Error>(())
/// ```
#[allow(clippy::too_many_arguments)] // the three factors are separate slices
pub fn solve<T: Real>(
    rows: usize,
    cols: usize,
    u: &[T],
    singular_values: &[T],
    v: &[T],
    tolerance: T,
    b: &[T],
    x: &mut [T],
) -> Result<usize, Error> {
    let short = rows.min(cols);
    check_shape(rows, short, u.len())?;
    check_len(short, singular_values.len())?;
    check_shape(cols, short, v.len())?;
    check_len(rows, b.len())?;
    check_len(cols, x.len())?;
    solve_kernel(u, singular_values, v, tolerance, b, x)
}

#[inline(always)]
pub(super) fn solve_kernel<T: Real>(
    u: &[T],
    singular_values: &[T],
    v: &[T],
    tolerance: T,
    b: &[T],
    x: &mut [T],
) -> Result<usize, Error> {
    let short = singular_values.len();
    let bound = singular_values.first().map_or(T::ZERO, |&s| s * tolerance.max(T::ZERO));
    x.fill(T::ZERO);
    let mut rank = 0;
    for (k, &s) in singular_values.iter().enumerate().take_while(|&(_, &s)| s > bound) {
        let along =
            u.iter().skip(k).step_by(short.max(1)).zip(b).fold(T::ZERO, |sum, (&u, &b)| sum.mac(u, b)) / s;
        for (x, &v) in x.iter_mut().zip(v.iter().skip(k).step_by(short.max(1))) {
            *x = x.mac(along, v);
        }
        rank += 1;
    }
    check_finite(x)?;
    Ok(rank)
}

/// U, Σ, V of an `R` × `C` matrix with `R` ≥ `C`, made by [`Matrix::svd`]. Take the SVD of a wide matrix from its
/// transpose, or [`factor`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Svd<T, const R: usize, const C: usize> {
    /// Left singular vectors as columns.
    pub u: Matrix<T, R, C>,
    /// Descending.
    pub singular_values: [T; C],
    /// Right singular vectors as columns.
    pub v: Matrix<T, C, C>,
}

impl<T: Real, const R: usize, const C: usize> Svd<T, R, C> {
    /// Factors `a`. Its lines stand in for scratch, so that the stack holds U, V and as much again.
    ///
    /// # Errors
    /// As [`factor`].
    pub fn new(a: &Matrix<T, R, C>) -> Result<Self, Error> {
        const { assert!(C > 0 && R >= C) };
        let mut this = Self { u: Matrix::zeros(), singular_values: [T::ZERO; C], v: Matrix::zeros() };
        let (mut lines, mut turns) = (Matrix::<T, C, R>::zeros(), Matrix::<T, C, C>::zeros());
        factor_parts(
            R,
            C,
            a.as_slice(),
            this.u.as_mut_slice(),
            &mut this.singular_values,
            this.v.as_mut_slice(),
            lines.as_mut_slice(),
            turns.as_mut_slice(),
        )?;
        Ok(this)
    }

    /// Minimum-norm least squares and rank.
    ///
    /// # Errors
    /// As [`solve`].
    pub fn solve(&self, b: &[T; R], tolerance: T) -> Result<([T; C], usize), Error> {
        let mut x = [T::ZERO; C];
        let (u, v) = (self.u.as_slice(), self.v.as_slice());
        let rank = solve_kernel(u, &self.singular_values, v, tolerance, b, &mut x)?;
        Ok((x, rank))
    }
}
