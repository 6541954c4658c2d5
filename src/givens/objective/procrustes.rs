use super::forms::{change_of_form, changes, corner, image_of_column, move_images};
use super::{Degree, Objective, check_finite, row};
use crate::Real;
use crate::givens::error::{Error, check_dimensions, check_length};
use crate::givens::{Plane, Rotation};

/// The orthogonal Procrustes problem `‖AQ − B‖²`, as minimised, with `A` `n` by `rows` and `B` `n` by `cols`.
///
/// Keeps `AᵀA`, `AᵀB` and `AᵀAQ`, none of which grows with `n`. In a square `Q` the optimum over both
/// components is the polar factor of `AᵀB`; in a tall one it has no closed form. Cost: a candidate about
/// `11·cols` multiply-adds, the full value `rows²·cols`. Degree 2.
///
/// The value is a difference of sums: its absolute error is `ε·(‖A‖² + ‖B‖²)`.
#[derive(Debug)]
pub struct Procrustes<'a, T> {
    rows: usize,
    cols: usize,
    gram: &'a mut [T],
    cross: &'a mut [T],
    images: &'a mut [T],
    constant: T,
    value: T,
}

impl<T> Procrustes<'_, T> {
    /// Length of the buffer: `rows·(rows + 2·cols)`.
    pub const fn buffer_len(rows: usize, cols: usize) -> usize {
        rows * (rows + 2 * cols)
    }
}

impl<'a, T: Real> Procrustes<'a, T> {
    /// From the rows of `a` and `b`. Cost: `n·rows·(rows + cols)` multiply-adds.
    ///
    /// # Errors
    /// [`Error::Dimensions`], [`Error::Length`], or [`Error::NotFinite`].
    pub fn new(rows: usize, cols: usize, a: &[T], b: &[T], buffer: &'a mut [T]) -> Result<Self, Error> {
        check_dimensions(rows, cols)?;
        let samples = a.len() / rows.max(1);
        check_length(samples.saturating_mul(rows), a.len())?;
        check_length(samples.saturating_mul(cols), b.len())?;
        check_finite(a)?;
        check_finite(b)?;
        let (square, flat) = (rows.saturating_mul(rows), rows.saturating_mul(cols));
        let length = square.saturating_add(flat).saturating_add(flat);
        let found = buffer.len();
        check_length(length, found)?;
        let refused = Error::Length { expected: length, found };
        let (gram, rest) = buffer.split_at_mut_checked(square).ok_or(refused)?;
        let (cross, images) = rest.split_at_mut_checked(flat).ok_or(refused)?;
        gram.fill(T::ZERO);
        cross.fill(T::ZERO);
        let mut constant = T::ZERO;
        // By index: zipped chunks of two sizes keep a division that could panic.
        for sample in 0..samples {
            let (a, b) = (row(a, sample, rows), row(b, sample, cols));
            for (index, &x) in a.iter().enumerate() {
                let add = |sums: &mut [T], row: &[T]| {
                    let sums = sums.iter_mut().skip(index.wrapping_mul(row.len()));
                    sums.zip(row).for_each(|(sum, &y)| *sum = sum.mac(x, y));
                };
                add(gram, a);
                add(cross, b);
            }
            constant = b.iter().fold(constant, |sum, &y| sum.mac(y, y));
        }
        Ok(Self { rows, cols, gram, cross, images, constant, value: T::NAN })
    }

    #[inline(always)]
    fn change(&self, frame: &[T], plane: Plane, rotation: Rotation<T>) -> T {
        let m = corner(self.gram, self.rows, plane);
        let pair = |matrix| row(matrix, plane.i, self.cols).iter().zip(row(matrix, plane.j, self.cols));
        let columns = pair(frame).zip(pair(self.images)).zip(pair(self.cross));
        columns.fold(T::ZERO, |sum, (((&x, &z), (&a, &b)), (&h_i, &h_j))| {
            // The linear term is one with the image: qᵀGq − 2qᵀh changes as qᵀGq does with Gq − h for Gq.
            sum + change_of_form(changes(rotation, x, z), (a - h_i, b - h_j), m)
        })
    }
}

impl<T: Real> Objective<T> for Procrustes<'_, T> {
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
        let quadratic = (0..self.cols).fold(T::ZERO, |sum, col| {
            sum + image_of_column(self.gram, self.rows, frame, self.cols, col, self.images)
        });
        let linear = frame.iter().zip(&*self.cross).fold(T::ZERO, |sum, (&q, &h)| sum.mac(q, h));
        self.value = self.constant + (quadratic - T::TWO * linear);
        self.value
    }

    #[inline]
    fn rotated(&self, frame: &[T], plane: Plane, rotation: Rotation<T>, _: &mut [T]) -> T {
        self.value + self.change(frame, plane, rotation)
    }

    fn accept(&mut self, frame: &[T], plane: Plane, rotation: Rotation<T>) {
        self.value += self.change(frame, plane, rotation);
        move_images(self.gram, self.rows, frame, self.cols, (plane, rotation), self.images);
    }
}
