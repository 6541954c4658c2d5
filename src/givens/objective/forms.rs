//! Quadratic forms `qᵀMq` of the columns, and how they change with a rotation of two rows.

use super::row;
use crate::Real;
use crate::givens::{Plane, Rotation};

/// Change of `qᵀMq` when entries i and j of `q` change by `u` and `v`; `y = Mq` before, `m` the entries
/// (i,i), (i,j), (j,j) of the symmetric `M`.
#[inline(always)]
pub(super) fn change_of_form<T: Real>((u, v): (T, T), y: (T, T), m: (T, T, T)) -> T {
    let first = (T::TWO * y.0).mac(u, m.0).mac(T::TWO * v, m.1);
    let second = (T::TWO * y.1).mac(v, m.2);
    (u * first).mac(v, second)
}

/// Changes of a pair of entries under a rotation.
#[inline(always)]
pub(super) fn changes<T: Real>(rotation: Rotation<T>, x: T, y: T) -> (T, T) {
    let (new_x, new_y) = rotation.apply(x, y);
    (new_x - x, new_y - y)
}

/// Entries (i,i), (i,j), (j,j) of a row-major matrix.
#[inline(always)]
pub(super) fn corner<T: Real>(matrix: &[T], dim: usize, Plane { i, j }: Plane) -> (T, T, T) {
    let entry =
        |r: usize, c: usize| matrix.get(r.wrapping_mul(dim).wrapping_add(c)).copied().unwrap_or(T::ZERO);
    (entry(i, i), entry(i, j), entry(j, j))
}

/// Column `col` of `images` ← `matrix` times column `col` of `frame`; returns the product of both columns.
pub(super) fn image_of_column<T: Real>(
    matrix: &[T],
    dim: usize,
    frame: &[T],
    cols: usize,
    col: usize,
    images: &mut [T],
) -> T {
    let column = || frame.iter().skip(col).step_by(cols.max(1));
    let images = images.iter_mut().skip(col).step_by(cols.max(1));
    let mut form = T::ZERO;
    for ((coefficients, image), &q) in matrix.chunks_exact(dim.max(1)).zip(images).zip(column()) {
        *image = coefficients.iter().zip(column()).fold(T::ZERO, |sum, (&m, &x)| sum.mac(m, x));
        form = form.mac(q, *image);
    }
    form
}

/// Adds `M·Δq` to the images when rows i and j of the frame change; one symmetric matrix for all columns.
pub(super) fn move_images<T: Real>(
    matrix: &[T],
    dim: usize,
    frame: &[T],
    cols: usize,
    (plane, rotation): (Plane, Rotation<T>),
    images: &mut [T],
) {
    let (row_i, row_j) = (row(frame, plane.i, cols), row(frame, plane.j, cols));
    // The matrix is symmetric: its rows i and j are its columns.
    let columns = row(matrix, plane.i, dim).iter().zip(row(matrix, plane.j, dim));
    for (image, (&m_i, &m_j)) in images.chunks_exact_mut(cols.max(1)).zip(columns) {
        for ((y, &x), &z) in image.iter_mut().zip(row_i).zip(row_j) {
            let (u, v) = changes(rotation, x, z);
            *y = y.mac(m_i, u).mac(m_j, v);
        }
    }
}
