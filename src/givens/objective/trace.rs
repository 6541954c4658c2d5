use super::forms::{change_of_form, changes, corner, image_of_column, move_images};
use super::{Degree, Objective, check_symmetric, row};
use crate::Real;
use crate::givens::error::{Error, check_dimensions, check_length};
use crate::givens::{Plane, Rotation};

/// The trace `tr(QᵀAQ)` for a symmetric matrix `A`.
///
/// [`smallest`](Self::smallest) minimises it: the optimum spans the eigenvectors of the smallest
/// eigenvalues, and its value is their sum. [`largest`](Self::largest) minimises `−tr(QᵀAQ)`: with a
/// covariance matrix, principal component analysis. No local optimum but the global ones.
///
/// Keeps `AQ`. Cost: a candidate about `9·cols` multiply-adds, the full value `rows²·cols`, an accepted move
/// `2·rows·cols`. Degree 2.
///
/// ```
/// use reparam::givens::objective::{Objective, Trace};
///
/// # fn main() -> Result<(), reparam::givens::Error> {
/// let a = [2.0, 1.0, 1.0, 3.0];
/// let mut buffer = [0.0; Trace::<f64>::buffer_len(2, 1)];
/// let mut objective = Trace::smallest(2, 1, &a, &mut buffer)?;
/// assert_eq!(objective.value(&[1.0, 0.0]), 2.0);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Trace<'a, T> {
    rows: usize,
    cols: usize,
    sign: T,
    matrix: &'a [T],
    images: &'a mut [T],
    value: T,
}

impl<T> Trace<'_, T> {
    /// Length of the buffer: `rows·cols`.
    pub const fn buffer_len(rows: usize, cols: usize) -> usize {
        rows * cols
    }
}

impl<'a, T: Real> Trace<'a, T> {
    /// `tr(QᵀAQ)`, as minimised. `matrix` is `rows` by `rows`.
    ///
    /// # Errors
    /// [`Error::Dimensions`], [`Error::Length`], [`Error::NotFinite`], or [`Error::NotSymmetric`].
    pub fn smallest(rows: usize, cols: usize, matrix: &'a [T], buffer: &'a mut [T]) -> Result<Self, Error> {
        Self::new(rows, cols, T::ONE, matrix, buffer)
    }

    /// `−tr(QᵀAQ)`, as minimised.
    ///
    /// # Errors
    /// As [`smallest`](Self::smallest).
    pub fn largest(rows: usize, cols: usize, matrix: &'a [T], buffer: &'a mut [T]) -> Result<Self, Error> {
        Self::new(rows, cols, -T::ONE, matrix, buffer)
    }

    fn new(rows: usize, cols: usize, sign: T, matrix: &'a [T], images: &'a mut [T]) -> Result<Self, Error> {
        check_dimensions(rows, cols)?;
        check_length(rows.saturating_mul(rows), matrix.len())?;
        check_length(rows.saturating_mul(cols), images.len())?;
        check_symmetric(rows, matrix)?;
        Ok(Self { rows, cols, sign, matrix, images, value: T::NAN })
    }

    /// Change of the trace.
    #[inline(always)]
    fn change(&self, frame: &[T], plane: Plane, rotation: Rotation<T>) -> T {
        let m = corner(self.matrix, self.rows, plane);
        let q = row(frame, plane.i, self.cols).iter().zip(row(frame, plane.j, self.cols));
        let y = row(self.images, plane.i, self.cols).iter().zip(row(self.images, plane.j, self.cols));
        q.zip(y).fold(T::ZERO, |sum, ((&x, &z), (&a, &b))| {
            sum + change_of_form(changes(rotation, x, z), (a, b), m)
        })
    }
}

impl<T: Real> Objective<T> for Trace<'_, T> {
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
        let sum = (0..self.cols).fold(T::ZERO, |sum, col| {
            sum + image_of_column(self.matrix, self.rows, frame, self.cols, col, self.images)
        });
        self.value = self.sign * sum;
        self.value
    }

    #[inline]
    fn rotated(&self, frame: &[T], plane: Plane, rotation: Rotation<T>, _: &mut [T]) -> T {
        self.value + self.sign * self.change(frame, plane, rotation)
    }

    fn accept(&mut self, frame: &[T], plane: Plane, rotation: Rotation<T>) {
        self.value += self.sign * self.change(frame, plane, rotation);
        move_images(self.matrix, self.rows, frame, self.cols, (plane, rotation), self.images);
    }
}
