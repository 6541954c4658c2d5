use super::forms::{change_of_form, changes, corner, image_of_column, move_images};
use super::{Degree, Objective, check_symmetric, row};
use crate::Real;
use crate::givens::error::{Error, check_dimensions, check_length};
use crate::givens::{Plane, Rotation};

/// Orthogonal joint diagonalization `Σ_k ‖offdiag(QᵀC_kQ)‖²`, as minimised, for symmetric matrices `C_k` and
/// square `Q`.
///
/// A rotation leaves `‖QᵀC_kQ‖` alone, so the change comes from the diagonals only. Keeps `C_kQ` and the
/// diagonals. Cost for `m` matrices: a candidate about `11·m·dim` multiply-adds, the full value `2·m·dim³`,
/// an accepted move `2·m·dim²`. Degree 4.
#[derive(Debug)]
pub struct JointDiagonalization<'a, T> {
    dim: usize,
    matrices: &'a [T],
    images: &'a mut [T],
    diagonals: &'a mut [T],
    value: T,
}

impl<T> JointDiagonalization<'_, T> {
    /// Length of the buffer for `count` matrices: `count·dim·(dim + 1)`.
    pub const fn buffer_len(dim: usize, count: usize) -> usize {
        count * dim * (dim + 1)
    }
}

impl<'a, T: Real> JointDiagonalization<'a, T> {
    /// `matrices` holds any number of `dim` by `dim` matrices, one after the other.
    ///
    /// # Errors
    /// [`Error::Dimensions`], [`Error::Length`], [`Error::NotFinite`], or [`Error::NotSymmetric`].
    pub fn new(dim: usize, matrices: &'a [T], buffer: &'a mut [T]) -> Result<Self, Error> {
        check_dimensions(dim, dim)?;
        let size = dim.saturating_mul(dim).max(1);
        let count = matrices.len() / size;
        check_length(count.saturating_mul(size), matrices.len())?;
        check_length(matrices.len().saturating_add(count.saturating_mul(dim)), buffer.len())?;
        matrices.chunks_exact(size).try_for_each(|matrix| check_symmetric(dim, matrix))?;
        let found = buffer.len();
        let split = buffer.split_at_mut_checked(matrices.len());
        let (images, diagonals) = split.ok_or(Error::Length { expected: matrices.len(), found })?;
        Ok(Self { dim, matrices, images, diagonals, value: T::NAN })
    }

    fn size(&self) -> usize {
        (self.dim * self.dim).max(1)
    }

    /// Change of the sum of squared diagonal entries.
    #[inline(always)]
    fn change(&self, frame: &[T], plane: Plane, rotation: Rotation<T>) -> T {
        let (row_i, row_j) = (row(frame, plane.i, self.dim), row(frame, plane.j, self.dim));
        let blocks = self.matrices.chunks_exact(self.size()).zip(self.images.chunks_exact(self.size()));
        let mut sum = T::ZERO;
        for ((matrix, image), diagonal) in blocks.zip(self.diagonals.chunks_exact(self.dim.max(1))) {
            let m = corner(matrix, self.dim, plane);
            let y = row(image, plane.i, self.dim).iter().zip(row(image, plane.j, self.dim));
            for (((&x, &z), (&a, &b)), &h) in row_i.iter().zip(row_j).zip(y).zip(diagonal) {
                let change = change_of_form(changes(rotation, x, z), (a, b), m);
                sum = sum.mac(change, h + h + change);
            }
        }
        sum
    }
}

impl<T: Real> Objective<T> for JointDiagonalization<'_, T> {
    fn rows(&self) -> usize {
        self.dim
    }

    fn cols(&self) -> usize {
        self.dim
    }

    fn degree(&self) -> Option<Degree> {
        Some(Degree::Four)
    }

    fn value(&mut self, frame: &[T]) -> T {
        let (dim, size) = (self.dim, self.size());
        let blocks = self.matrices.chunks_exact(size).zip(self.images.chunks_exact_mut(size));
        let mut sum = T::ZERO;
        for ((matrix, image), diagonal) in blocks.zip(self.diagonals.chunks_exact_mut(dim.max(1))) {
            for (col, h) in diagonal.iter_mut().enumerate() {
                *h = image_of_column(matrix, dim, frame, dim, col, image);
                // The entries above the diagonal, summed as they are: no difference of large squares.
                for other in 0..col {
                    let column = frame.iter().skip(other).step_by(dim.max(1));
                    let images = image.iter().skip(col).step_by(dim.max(1));
                    let entry = column.zip(images).fold(T::ZERO, |sum, (&x, &y)| sum.mac(x, y));
                    sum = sum.mac(entry + entry, entry);
                }
            }
        }
        self.value = sum;
        self.value
    }

    #[inline]
    fn rotated(&self, frame: &[T], plane: Plane, rotation: Rotation<T>, _: &mut [T]) -> T {
        self.value - self.change(frame, plane, rotation)
    }

    fn accept(&mut self, frame: &[T], plane: Plane, rotation: Rotation<T>) {
        self.value -= self.change(frame, plane, rotation);
        let (dim, size) = (self.dim, self.size());
        let (row_i, row_j) = (row(frame, plane.i, dim), row(frame, plane.j, dim));
        let blocks = self.matrices.chunks_exact(size).zip(self.images.chunks_exact_mut(size));
        for ((matrix, image), diagonal) in blocks.zip(self.diagonals.chunks_exact_mut(dim.max(1))) {
            let m = corner(matrix, dim, plane);
            let y = row(image, plane.i, dim).iter().zip(row(image, plane.j, dim));
            for (((&x, &z), (&a, &b)), h) in row_i.iter().zip(row_j).zip(y).zip(diagonal) {
                *h += change_of_form(changes(rotation, x, z), (a, b), m);
            }
            move_images(matrix, dim, frame, dim, (plane, rotation), image);
        }
    }
}
