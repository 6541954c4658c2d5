//! Products of matrices and vectors.
//!
//! Nothing is checked but lengths: NaN and infinity pass through as IEEE 754 has it.

use crate::Real;

use super::error::{Error, check_len, check_shape};
use super::row::{accumulate, column, dot};
use super::tile;

/// y ← A x, A `rows` × `cols`. Cost: `rows·cols` multiply-adds.
///
/// # Errors
/// [`Error::Shape`] if a length does not fit.
///
/// ```
/// let mut y = [0.0; 2];
/// reparam::dense::product::matvec(2, 3, &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0], &[1.0, 0.0, -1.0], &mut y)?;
/// assert_eq!(y, [-2.0, -2.0]);
/// # Ok::<(), reparam::dense::Error>(())
/// ```
pub fn matvec<T: Real>(rows: usize, cols: usize, a: &[T], x: &[T], y: &mut [T]) -> Result<(), Error> {
    check_shape(rows, cols, a.len())?;
    check_len(cols, x.len())?;
    check_len(rows, y.len())?;
    matvec_kernel(cols, a, x, y);
    Ok(())
}

#[inline(always)]
pub(super) fn matvec_kernel<T: Real>(cols: usize, a: &[T], x: &[T], y: &mut [T]) {
    for (y, row) in y.iter_mut().zip(a.chunks_exact(cols.max(1))) {
        *y = dot(row, x);
    }
}

/// y ← Aᵀ x, A `rows` × `cols`. Cost: `rows·cols` multiply-adds.
///
/// # Errors
/// [`Error::Shape`] if a length does not fit.
///
/// ```
/// let mut y = [0.0; 3];
/// reparam::dense::product::matvec_t(2, 3, &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0], &[1.0, -1.0], &mut y)?;
/// assert_eq!(y, [-3.0, -3.0, -3.0]);
/// # Ok::<(), reparam::dense::Error>(())
/// ```
pub fn matvec_t<T: Real>(rows: usize, cols: usize, a: &[T], x: &[T], y: &mut [T]) -> Result<(), Error> {
    check_shape(rows, cols, a.len())?;
    check_len(rows, x.len())?;
    check_len(cols, y.len())?;
    matvec_t_kernel(cols, a, x, y);
    Ok(())
}

#[inline(always)]
pub(super) fn matvec_t_kernel<T: Real>(cols: usize, a: &[T], x: &[T], y: &mut [T]) {
    y.fill(T::ZERO);
    accumulate(y, x.iter().copied(), a, cols, 0);
}

/// C ← A B, A `rows` × `inner`, B `inner` × `cols`. Cost: `rows·inner·cols` multiply-adds.
///
/// # Errors
/// [`Error::Shape`] if a length does not fit.
///
/// ```
/// let mut c = [0.0; 4];
/// reparam::dense::product::matmul(2, 1, 2, &[1.0, 2.0], &[3.0, 4.0], &mut c)?;
/// assert_eq!(c, [3.0, 4.0, 6.0, 8.0]);
/// # Ok::<(), reparam::dense::Error>(())
/// ```
pub fn matmul<T: Real>(
    rows: usize,
    inner: usize,
    cols: usize,
    a: &[T],
    b: &[T],
    c: &mut [T],
) -> Result<(), Error> {
    check_shape(rows, inner, a.len())?;
    check_shape(inner, cols, b.len())?;
    check_shape(rows, cols, c.len())?;
    matmul_kernel(inner, cols, a, b, c);
    Ok(())
}

#[inline(always)]
pub(crate) fn matmul_kernel<T: Real>(inner: usize, cols: usize, a: &[T], b: &[T], c: &mut [T]) {
    let strip = |i: usize| tile::rows(a.get(i * inner..).unwrap_or_default(), inner);
    tile::product(inner, cols, c, strip, |j| tile::columns(b, cols, j), matmul_edge(inner, cols, a, b));
}

/// [`matmul_kernel`] for a constant `inner` below [`tile::SHORT`].
#[inline(always)]
pub(super) fn matmul_short_kernel<T: Real>(inner: usize, cols: usize, a: &[T], b: &[T], c: &mut [T]) {
    let strip = |i: usize| tile::short_rows(a.get(i * inner..).unwrap_or_default(), inner);
    tile::product(inner, cols, c, strip, |j| tile::columns(b, cols, j), matmul_edge(inner, cols, a, b));
}

#[inline(always)]
fn matmul_edge<T: Real>(inner: usize, cols: usize, a: &[T], b: &[T]) -> impl Fn(usize, usize, &mut [T]) {
    move |i, j, out| {
        out.fill(T::ZERO);
        let row = a.get(i * inner..).unwrap_or_default();
        accumulate(out, row.iter().take(inner).copied(), b, cols, j);
    }
}

/// C ← Aᵀ B, A `inner` × `rows`, B `inner` × `cols`. Cost: `rows·inner·cols` multiply-adds.
///
/// # Errors
/// [`Error::Shape`] if a length does not fit.
///
/// ```
/// let mut c = [0.0; 4];
/// reparam::dense::product::matmul_tn(2, 1, 2, &[1.0, 2.0], &[3.0, 4.0], &mut c)?;
/// assert_eq!(c, [3.0, 4.0, 6.0, 8.0]);
/// # Ok::<(), reparam::dense::Error>(())
/// ```
pub fn matmul_tn<T: Real>(
    rows: usize,
    inner: usize,
    cols: usize,
    a: &[T],
    b: &[T],
    c: &mut [T],
) -> Result<(), Error> {
    check_shape(inner, rows, a.len())?;
    check_shape(inner, cols, b.len())?;
    check_shape(rows, cols, c.len())?;
    matmul_tn_kernel(rows, inner, cols, a, b, c);
    Ok(())
}

#[inline(always)]
pub(crate) fn matmul_tn_kernel<T: Real>(
    rows: usize,
    inner: usize,
    cols: usize,
    a: &[T],
    b: &[T],
    c: &mut [T],
) {
    let edge = |i, j, out: &mut [T]| {
        out.fill(T::ZERO);
        accumulate(out, column(a, rows, i), b, cols, j);
    };
    tile::product(inner, cols, c, |i| tile::columns(a, rows, i), |j| tile::columns(b, cols, j), edge);
}

/// C ← A Bᵀ, A `rows` × `inner`, B `cols` × `inner`. Cost: `rows·inner·cols` multiply-adds.
///
/// # Errors
/// [`Error::Shape`] if a length does not fit.
///
/// ```
/// let mut c = [0.0; 4];
/// reparam::dense::product::matmul_nt(2, 1, 2, &[1.0, 2.0], &[3.0, 4.0], &mut c)?;
/// assert_eq!(c, [3.0, 4.0, 6.0, 8.0]);
/// # Ok::<(), reparam::dense::Error>(())
/// ```
pub fn matmul_nt<T: Real>(
    rows: usize,
    inner: usize,
    cols: usize,
    a: &[T],
    b: &[T],
    c: &mut [T],
) -> Result<(), Error> {
    check_shape(rows, inner, a.len())?;
    check_shape(cols, inner, b.len())?;
    check_shape(rows, cols, c.len())?;
    matmul_nt_kernel(inner, cols, a, b, c);
    Ok(())
}

#[inline(always)]
pub(crate) fn matmul_nt_kernel<T: Real>(inner: usize, cols: usize, a: &[T], b: &[T], c: &mut [T]) {
    let edge = |i: usize, j: usize, out: &mut [T]| {
        let row = a.get(i * inner..).unwrap_or_default();
        matvec_kernel(
            inner,
            b.get(j * inner..).unwrap_or_default(),
            row.get(..inner).unwrap_or_default(),
            out,
        );
    };
    let a = |i: usize| tile::rows(a.get(i * inner..).unwrap_or_default(), inner);
    let b = |j: usize| tile::rows(b.get(j * inner..).unwrap_or_default(), inner);
    tile::product(inner, cols, c, a, b, edge);
}

/// B ← Aᵀ, A `rows` × `cols`.
///
/// # Errors
/// [`Error::Shape`] if a length does not fit.
///
/// ```
/// let mut b = [0.0; 4];
/// reparam::dense::product::transpose(2, 2, &[1.0, 2.0, 3.0, 4.0], &mut b)?;
/// assert_eq!(b, [1.0, 3.0, 2.0, 4.0]);
/// # Ok::<(), reparam::dense::Error>(())
/// ```
pub fn transpose<T: Real>(rows: usize, cols: usize, a: &[T], b: &mut [T]) -> Result<(), Error> {
    check_shape(rows, cols, a.len())?;
    check_len(a.len(), b.len())?;
    transpose_kernel(rows, cols, a, b);
    Ok(())
}

#[inline(always)]
pub(super) fn transpose_kernel<T: Real>(rows: usize, cols: usize, a: &[T], b: &mut [T]) {
    for (j, b) in b.chunks_exact_mut(rows).enumerate() {
        for (b, &a) in b.iter_mut().zip(a.iter().skip(j).step_by(cols)) {
            *b = a;
        }
    }
}
