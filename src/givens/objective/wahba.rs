use super::{Degree, Objective, check_finite, row};
use crate::Real;
use crate::givens::error::{Error, check_dimensions, check_length};
use crate::givens::{Plane, Rotation};

/// Wahba's problem `Σ w ‖b − Q a‖²`, as minimised: the frame that carries the reference vectors `a` (`cols`
/// numbers) to the measured vectors `b` (`rows` numbers). Sensor alignment is `rows = cols = 3`.
///
/// Samples are added one at a time and not kept: memory is one matrix `Σ w b aᵀ`, however many there are. In
/// a square frame the search stays in the component where it starts; start with determinant 1 for a rotation.
///
/// Cost: a candidate `6·cols` multiply-adds, the full value `rows·cols`, a sample `rows·cols`. Degree 2 (in
/// fact 1). The value is a difference of sums: its absolute error is about `ε·Σ w(‖a‖² + ‖b‖²)`.
///
/// ```
/// use reparam::givens::objective::{Objective, Wahba};
///
/// # fn main() -> Result<(), reparam::givens::Error> {
/// let mut buffer = [0.0f32; Wahba::<f32>::buffer_len(3, 3)];
/// let mut objective = Wahba::new(3, 3, &mut buffer)?;
/// objective.add(1.0, &[0.0, 1.0, 0.0], &[1.0, 0.0, 0.0])?;
/// objective.add(1.0, &[-1.0, 0.0, 0.0], &[0.0, 1.0, 0.0])?;
/// // A quarter turn about the third axis.
/// assert_eq!(objective.value(&[0.0, -1.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0]), 0.0);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Wahba<'a, T> {
    rows: usize,
    cols: usize,
    profile: &'a mut [T],
    constant: T,
    value: T,
}

impl<T> Wahba<'_, T> {
    /// Length of the buffer: `rows·cols`.
    pub const fn buffer_len(rows: usize, cols: usize) -> usize {
        rows * cols
    }
}

impl<'a, T: Real> Wahba<'a, T> {
    /// No samples yet.
    ///
    /// # Errors
    /// [`Error::Dimensions`] or [`Error::Length`].
    pub fn new(rows: usize, cols: usize, buffer: &'a mut [T]) -> Result<Self, Error> {
        check_dimensions(rows, cols)?;
        check_length(rows.saturating_mul(cols), buffer.len())?;
        buffer.fill(T::ZERO);
        Ok(Self { rows, cols, profile: buffer, constant: T::ZERO, value: T::NAN })
    }

    /// Adds a pair of vectors; `weight` is usually the inverse of the variance of the measurement.
    ///
    /// # Errors
    /// [`Error::Length`], or [`Error::NotFinite`], and nothing is added.
    pub fn add(&mut self, weight: T, measured: &[T], reference: &[T]) -> Result<(), Error> {
        check_length(self.rows, measured.len())?;
        check_length(self.cols, reference.len())?;
        check_finite(&[weight])?;
        check_finite(measured)?;
        check_finite(reference)?;
        for (sums, &b) in self.profile.chunks_exact_mut(self.cols.max(1)).zip(measured) {
            let weighted = weight * b;
            sums.iter_mut().zip(reference).for_each(|(sum, &a)| *sum = sum.mac(weighted, a));
        }
        let square = |sum: T, &x: &T| sum.mac(x, x);
        self.constant =
            self.constant.mac(weight, reference.iter().fold(measured.iter().fold(T::ZERO, square), square));
        Ok(())
    }
}

impl<T: Real> Objective<T> for Wahba<'_, T> {
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
        let fit = frame.iter().zip(&*self.profile).fold(T::ZERO, |sum, (&q, &b)| sum.mac(q, b));
        self.value = self.constant - T::TWO * fit;
        self.value
    }

    #[inline]
    fn rotated(&self, frame: &[T], plane: Plane, rotation: Rotation<T>, _: &mut [T]) -> T {
        let pair = |matrix| row(matrix, plane.i, self.cols).iter().zip(row(matrix, plane.j, self.cols));
        let fit = pair(frame).zip(pair(self.profile)).fold(T::ZERO, |sum, ((&x, &z), (&b_i, &b_j))| {
            let (new_x, new_z) = rotation.apply(x, z);
            sum.mac(new_x - x, b_i).mac(new_z - z, b_j)
        });
        self.value - T::TWO * fit
    }

    fn accept(&mut self, frame: &[T], plane: Plane, rotation: Rotation<T>) {
        self.value = self.rotated(frame, plane, rotation, &mut []);
    }
}
