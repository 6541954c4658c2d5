use super::forms::{change_of_form, changes, corner, image_of_column};
use super::{Degree, Objective, check_symmetric, row};
use crate::Real;
use crate::givens::error::{Error, check_dimensions, check_length};
use crate::givens::{Plane, Rotation};

/// Heterogeneous quadratics `−Σ_c q_cᵀM_c q_c`, as minimised: one symmetric matrix per column.
///
/// The sum is maximised; unlike the trace it has local optima. Upper bound: `Σ_c λ_max(M_c)`.
///
/// Keeps `M_c q_c`. Cost: a candidate about `9·cols` multiply-adds, the full value `rows²·cols`, an accepted
/// move `2·rows·cols`. Degree 2.
#[derive(Debug)]
pub struct HeterogeneousQuadratic<'a, T> {
    rows: usize,
    cols: usize,
    matrices: &'a [T],
    images: &'a mut [T],
    value: T,
}

impl<T> HeterogeneousQuadratic<'_, T> {
    /// Length of the buffer: `rows·cols`.
    pub const fn buffer_len(rows: usize, cols: usize) -> usize {
        rows * cols
    }
}

impl<'a, T: Real> HeterogeneousQuadratic<'a, T> {
    /// `matrices` holds `cols` matrices, `rows` by `rows` each, one after the other.
    ///
    /// # Errors
    /// [`Error::Dimensions`], [`Error::Length`], [`Error::NotFinite`], or [`Error::NotSymmetric`].
    pub fn new(rows: usize, cols: usize, matrices: &'a [T], buffer: &'a mut [T]) -> Result<Self, Error> {
        check_dimensions(rows, cols)?;
        let size = rows.saturating_mul(rows);
        check_length(size.saturating_mul(cols), matrices.len())?;
        check_length(rows.saturating_mul(cols), buffer.len())?;
        matrices.chunks_exact(size.max(1)).try_for_each(|matrix| check_symmetric(rows, matrix))?;
        Ok(Self { rows, cols, matrices, images: buffer, value: T::NAN })
    }

    fn each(&self) -> core::slice::ChunksExact<'a, T> {
        self.matrices.chunks_exact((self.rows * self.rows).max(1))
    }

    /// Change of the sum.
    #[inline(always)]
    fn change(&self, frame: &[T], plane: Plane, rotation: Rotation<T>) -> T {
        let q = row(frame, plane.i, self.cols).iter().zip(row(frame, plane.j, self.cols));
        let y = row(self.images, plane.i, self.cols).iter().zip(row(self.images, plane.j, self.cols));
        q.zip(y).zip(self.each()).fold(T::ZERO, |sum, (((&x, &z), (&a, &b)), matrix)| {
            sum + change_of_form(changes(rotation, x, z), (a, b), corner(matrix, self.rows, plane))
        })
    }
}

impl<T: Real> Objective<T> for HeterogeneousQuadratic<'_, T> {
    fn rows(&self) -> usize {
        self.rows
    }

    fn cols(&self) -> usize {
        self.cols
    }

    fn degree(&self) -> Option<Degree> {
        Some(Degree::Two)
    }

    fn value(&mut self, frame: &[T]) -> T {
        let sum = self.each().enumerate().fold(T::ZERO, |sum, (col, matrix)| {
            sum + image_of_column(matrix, self.rows, frame, self.cols, col, self.images)
        });
        self.value = -sum;
        self.value
    }

    #[inline]
    fn rotated(&self, frame: &[T], plane: Plane, rotation: Rotation<T>, _: &mut [T]) -> T {
        self.value - self.change(frame, plane, rotation)
    }

    fn accept(&mut self, frame: &[T], plane: Plane, rotation: Rotation<T>) {
        self.value -= self.change(frame, plane, rotation);
        let q = row(frame, plane.i, self.cols).iter().zip(row(frame, plane.j, self.cols));
        for ((col, (&x, &z)), matrix) in q.enumerate().zip(self.each()) {
            let (u, v) = changes(rotation, x, z);
            let columns = row(matrix, plane.i, self.rows).iter().zip(row(matrix, plane.j, self.rows));
            let images = self.images.iter_mut().skip(col).step_by(self.cols.max(1));
            for (y, (&m_i, &m_j)) in images.zip(columns) {
                *y = y.mac(m_i, u).mac(m_j, v);
            }
        }
    }
}
