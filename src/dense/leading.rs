//! The largest singular value and its vectors, for a fraction of the whole decomposition.
//!
//! Householder bidiagonalization A V = U B of which only V and B are kept (Golub & Van Loan, *Matrix Computations*,
//! 4th ed., section 8.6.1); the largest eigenvalue of the tridiagonal BᵀB by Laguerre's method, which comes down to it
//! from above (Wilkinson, *The Algebraic Eigenvalue Problem*, section 7.25); its vector by inverse iteration with a shift above
//! all eigenvalues, where no pivot can vanish. For few leading values subtract σ u vᵀ and ask again: each pair costs
//! 4/3·n³ multiply-adds for n × n, all of [`svd`](super::svd) some 40·n³.
//!
//! The vectors are those of the largest value as far as it stands apart: of values that agree to rounding, any vector of
//! their space comes out.

use crate::Real;

use super::error::{Error, check_len, check_shape};
use super::row::{add_scaled, check_finite};
use super::scale::norm;
use super::svd::power_of_two_scale;

/// Length of the scratch of [`factor`].
pub const fn scratch_len(rows: usize, cols: usize) -> usize {
    let (short, long) = if rows < cols { (rows, cols) } else { (cols, rows) };
    short * long + long + 7 * short
}

/// Bound on the steps towards the largest eigenvalue. Three to eight are usual.
const MAX_STEPS: usize = 64;
/// Steps of inverse iteration. The first one gains all that the gap to the next value allows but for the start.
const INVERSE_STEPS: usize = 3;

/// The largest singular value of the `rows` × `cols` matrix `a`, returned, with unit vectors `u` and `v`: A v = σ u. A zero matrix
/// has 0 and the first unit vectors.
///
/// Cost: 4/3·n³ multiply-adds for n × n; 2·k²·(l − k/3) with k the short and l the long side. `scratch`:
/// [`scratch_len`].
///
/// # Errors
/// [`Error::Shape`]; [`Error::NotFinite`], also if the value overflows.
///
/// ```
/// use reparam::dense::leading;
///
/// let (mut u, mut v) = ([0.0f64; 2], [0.0; 3]);
/// let mut scratch = [0.0; leading::scratch_len(2, 3)];
/// let s = leading::factor(2, 3, &[0.0, 3.0, 0.0, 2.0, 0.0, 0.0], &mut u, &mut v, &mut scratch)?;
/// assert!((s - 3.0).abs() < 1e-15 && (u[0] * v[1] - 1.0).abs() < 1e-15);
/// # Ok::<(), reparam::dense::Error>(())
/// ```
pub fn factor<T: Real>(
    rows: usize,
    cols: usize,
    a: &[T],
    u: &mut [T],
    v: &mut [T],
    scratch: &mut [T],
) -> Result<T, Error> {
    check_shape(rows, cols, a.len())?;
    check_len(rows, u.len())?;
    check_len(cols, v.len())?;
    check_len(scratch_len(rows, cols), scratch.len())?;
    let (short, long) = (rows.min(cols), rows.max(cols));
    let scale = power_of_two_scale(a)?;
    // The tall orientation, scaled: `long` rows of `short`.
    let (x, scratch) = scratch.split_at_mut_checked(short * long).ok_or(Error::Shape)?;
    let (reflector, scratch) = scratch.split_at_mut_checked(long).ok_or(Error::Shape)?;
    let mut parts = scratch.chunks_exact_mut(short.max(1));
    let mut part = || parts.next().unwrap_or_default();
    let (diagonal, above, beta, sums) = (part(), part(), part(), part());
    let (pivots, y, held) = (part(), part(), part());
    fill(rows, cols, a, scale, x);
    bidiagonalize(short, x, reflector, diagonal, above, beta, sums);
    let lambda = largest_eigenvalue(diagonal, above);
    if lambda == T::ZERO {
        u.fill(T::ZERO);
        v.fill(T::ZERO);
        u.iter_mut().take(1).chain(v.iter_mut().take(1)).for_each(|x| *x = T::ONE);
        return Ok(T::ZERO);
    }
    eigenvector(lambda, diagonal, above, pivots, y, held);
    reflect_back(short, x, beta, y);
    // `y` belongs to the short side; one product with A gives the value and the other vector.
    let (of_short, of_long) = if rows < cols { (u, v) } else { (v, u) };
    of_short.iter_mut().zip(&*y).for_each(|(to, &from)| *to = from);
    fill(rows, cols, a, scale, x);
    for (to, row) in of_long.iter_mut().zip(x.chunks_exact(short.max(1))) {
        *to = dot(row, of_short);
    }
    let value = norm(of_long.iter().copied());
    of_long.iter_mut().for_each(|x| *x /= value);
    let value = value / scale;
    check_finite(&[value])?;
    check_finite(of_long)?;
    Ok(value)
}

/// x · y in eight sums, so that the compiler may use vectors.
#[inline(always)]
fn dot<T: Real>(x: &[T], y: &[T]) -> T {
    let mut sums = [T::ZERO; 8];
    let (x_runs, y_runs) = (x.chunks_exact(8), y.chunks_exact(8));
    let rest = x_runs.remainder().iter().zip(y_runs.remainder());
    let rest = rest.fold(T::ZERO, |sum, (&x, &y)| sum.mac(x, y));
    for (x, y) in x_runs.zip(y_runs) {
        for ((sum, &x), &y) in sums.iter_mut().zip(x).zip(y) {
            *sum = sum.mac(x, y);
        }
    }
    let [a, b, c, d, e, f, g, h] = sums;
    ((a + e) + (c + g)) + ((b + f) + (d + h)) + rest
}

/// A times `scale` in the tall orientation.
#[inline(always)]
fn fill<T: Real>(rows: usize, cols: usize, a: &[T], scale: T, x: &mut [T]) {
    if rows >= cols {
        x.iter_mut().zip(a).for_each(|(x, &a)| *x = a * scale);
        return;
    }
    for (j, line) in x.chunks_exact_mut(rows.max(1)).enumerate() {
        let column = a.get(j..).unwrap_or_default().iter().step_by(cols.max(1));
        line.iter_mut().zip(column).for_each(|(x, &a)| *x = a * scale);
    }
}

/// Householder vector in place of `x`, its first element 1, β, and what the reflection I − β w wᵀ makes of the first element.
#[inline(always)]
fn householder<T: Real>(x: &mut [T]) -> (T, T) {
    let Some((first, rest)) = x.split_first_mut() else { return (T::ZERO, T::ZERO) };
    let tail = dot(rest, rest);
    let head = *first;
    *first = T::ONE;
    if tail == T::ZERO {
        return (T::ZERO, head);
    }
    let to = -tail.mac(head, head).sqrt().copysign(head);
    let pivot = head - to;
    rest.iter_mut().for_each(|x| *x /= pivot);
    (-pivot / to, to)
}

/// B of A V = U B: its diagonal, and above it from the second element on. Row k of `x` keeps, behind the diagonal, the reflection
/// of columns k + 1 on, with `beta`.
#[inline(always)]
fn bidiagonalize<T: Real>(
    n: usize,
    x: &mut [T],
    reflector: &mut [T],
    diagonal: &mut [T],
    above: &mut [T],
    beta: &mut [T],
    sums: &mut [T],
) {
    above.fill(T::ZERO);
    beta.fill(T::ZERO);
    let mut rest = x;
    for k in 0..n {
        let column = rest.iter().skip(k).step_by(n.max(1));
        let mut count = 0;
        for (to, &from) in reflector.iter_mut().zip(column) {
            *to = from;
            count += 1;
        }
        let reflector = reflector.get_mut(..count).unwrap_or_default();
        let (factor, value) = householder(reflector);
        if let Some(diagonal) = diagonal.get_mut(k) {
            *diagonal = value;
        }
        // Rows k.., columns k + 1..: x ← x − β w (wᵀ x).
        let width = n - k - 1;
        let sums = sums.get_mut(..width).unwrap_or_default();
        sums.fill(T::ZERO);
        for (row, &w) in rest.chunks_exact(n.max(1)).zip(&*reflector) {
            add_scaled(sums, w, row.get(k + 1..).unwrap_or_default());
        }
        for (row, &w) in rest.chunks_exact_mut(n.max(1)).zip(&*reflector) {
            add_scaled(row.get_mut(k + 1..).unwrap_or_default(), -factor * w, sums);
        }
        let Some((row, below)) = rest.split_at_mut_checked(n) else { return };
        let row = row.get_mut(k + 1..).unwrap_or_default();
        if width > 0 {
            let (factor, value) = householder(row);
            if let (Some(above), Some(beta)) = (above.get_mut(k + 1), beta.get_mut(k)) {
                (*above, *beta) = (value, factor);
            }
            for other in below.chunks_exact_mut(n.max(1)) {
                let other = other.get_mut(k + 1..).unwrap_or_default();
                let along = dot(row, other);
                add_scaled(other, -factor * along, row);
            }
        }
        rest = below;
    }
}

/// Rows of T = BᵀB, from the first: (diagonal element, square of the element left of it).
#[inline(always)]
fn tridiagonal<T: Real>(diagonal: &[T], above: &[T]) -> impl Iterator<Item = (T, T)> + Clone {
    let mut before = T::ZERO;
    diagonal.iter().zip(above).map(move |(&d, &e)| {
        let off = before * e;
        before = d;
        ((d * d).mac(e, e), off * off)
    })
}

/// The largest eigenvalue of BᵀB, from above.
#[inline(always)]
fn largest_eigenvalue<T: Real>(diagonal: &[T], above: &[T]) -> T {
    // No eigenvalue exceeds the largest sum of a row of |T|.
    let (mut lambda, mut d_before) = (T::ZERO, T::ZERO);
    let mut next_above = above.iter().skip(1);
    for (&d, &e) in diagonal.iter().zip(above) {
        let next = next_above.next().map_or(T::ZERO, |&e| e);
        let sum = (d * d).mac(e, e) + (d_before * e).abs() + (d * next).abs();
        (lambda, d_before) = (lambda.max(sum), d);
    }
    let n = T::from_usize(diagonal.len());
    let negligible = T::TWO * T::EPSILON * lambda;
    for _ in 0..MAX_STEPS {
        // Pivots δ of λI − T, their derivatives δ′ and δ″ by λ; the logarithm of the determinant is Σ ln δ.
        let (mut first, mut second) = (T::ZERO, T::ZERO);
        let (mut inverse, mut d1, mut d2) = (T::ZERO, T::ZERO, T::ZERO);
        let mut positive = true;
        for (alpha, square) in tridiagonal(diagonal, above) {
            let ratio = square * inverse;
            let step = d1 * inverse;
            let pivot = lambda - alpha - ratio;
            positive &= pivot > T::ZERO;
            // δ = λ − α − β²/δ₋, so δ′ = 1 + β² δ₋′/δ₋² and δ″ = β² (δ₋″/δ₋² − 2 δ₋′²/δ₋³).
            d2 = ratio * (d2 * inverse - T::TWO * step * step);
            d1 = T::ONE + ratio * step;
            inverse = T::ONE / pivot;
            let slope = d1 * inverse;
            first += slope;
            second += slope * slope - d2 * inverse;
        }
        if !positive || !first.is_finite() || !second.is_finite() {
            break;
        }
        // Laguerre with G = `first` and H = `second`.
        let root = ((n - T::ONE) * (n * second - first * first)).max(T::ZERO).sqrt();
        let step = n / (first + root);
        if step <= negligible {
            break;
        }
        lambda -= step;
    }
    lambda
}

/// Unit eigenvector of BᵀB for its largest eigenvalue.
#[inline(always)]
fn eigenvector<T: Real>(
    lambda: T,
    diagonal: &[T],
    above: &[T],
    pivots: &mut [T],
    y: &mut [T],
    held: &mut [T],
) {
    // Above all eigenvalues but for rounding; what rounding makes of a pivot is bounded.
    let shift = lambda + T::from_usize(4) * T::EPSILON * lambda;
    let smallest = T::EPSILON * lambda;
    let mut before = T::INFINITY;
    for (pivot, (alpha, square)) in pivots.iter_mut().zip(tridiagonal(diagonal, above)) {
        *pivot = (shift - alpha - square / before).max(smallest);
        before = *pivot;
    }
    // A start that is orthogonal to no vector of simple form.
    let mut phase = T::HALF;
    for y in y.iter_mut() {
        phase += T::from_f64(0.618_033_988_749_894_9);
        if phase > T::ONE {
            phase -= T::ONE;
        }
        *y = T::HALF + phase;
    }
    for _ in 0..INVERSE_STEPS {
        // L z = y with L unit lower, off-diagonal −β/δ₋.
        let (mut z, mut delta, mut d_before) = (T::ZERO, T::INFINITY, T::ZERO);
        for (((held, &y), &pivot), (&d, &e)) in
            held.iter_mut().zip(&*y).zip(&*pivots).zip(diagonal.iter().zip(above))
        {
            z = y + d_before * e / delta * z;
            (*held, delta, d_before) = (z, pivot, d);
        }
        // D Lᵀ y = z, from the end.
        let (mut below, mut e_below) = (T::ZERO, T::ZERO);
        for (((y, &z), &pivot), (&d, &e)) in
            y.iter_mut().zip(&*held).zip(&*pivots).zip(diagonal.iter().zip(above)).rev()
        {
            *y = (z + d * e_below * below) / pivot;
            (below, e_below) = (*y, e);
        }
        let length = norm(y.iter().copied());
        y.iter_mut().for_each(|y| *y /= length);
    }
}

/// y ← V y.
#[inline(always)]
fn reflect_back<T: Real>(n: usize, x: &[T], beta: &[T], y: &mut [T]) {
    for k in (0..n).rev() {
        let (Some(w), Some(y)) = (x.get(k * n + k + 1..(k + 1) * n), y.get_mut(k + 1..)) else { continue };
        let factor = beta.get(k).map_or(T::ZERO, |&factor| factor);
        let along = dot(w, y);
        add_scaled(y, -factor * along, w);
    }
}
