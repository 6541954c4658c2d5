//! Frames: matrices with orthonormal columns, `QᵀQ = I`.
//!
//! [`Frame`] is orthonormal by construction: each of its constructors makes or checks an orthonormal matrix,
//! and its methods keep it so up to rounding. The functions are the same on slices with run-time sizes,
//! row-major `rows x cols`.

use rand_core::Rng;

use super::chart::{self, Chart, RotationChain, Turn};
use super::error::{Error, check_dimensions, check_length};
use super::{Plane, Rotation};
use crate::dense::{DriftGuard, newton_schulz};
use crate::{Real, random};

/// Largest entry of `|QᵀQ − I|`: how far the columns are from orthonormal. Infinite if an entry is infinite or
/// NaN, or if the matrix has the wrong length or sizes that no frame has. Cost: `rows·cols·(cols + 1)/2`
/// multiply-adds.
///
/// ```
/// use reparam::givens::frame;
///
/// assert_eq!(frame::orthogonality_error(3, 2, &[1.0, 0.0, 0.0, 1.0, 0.0, 0.5]), 0.25);
/// ```
pub fn orthogonality_error<T: Real>(rows: usize, cols: usize, frame: &[T]) -> T {
    if check_dimensions(rows, cols).and_then(|()| check_length(rows * cols, frame.len())).is_err() {
        return T::INFINITY;
    }
    newton_schulz::orthogonality_error(rows, cols, frame)
}

/// Replaces a matrix by the orthonormal factor of its QR factorization with `R`'s diagonal positive: the
/// Gram-Schmidt frame of its columns.
///
/// Columns that depend on earlier ones give some frame whose span contains the columns. Givens rotations, each
/// kept as its angle in the entry that it made zero: no scratch. Errors: sizes that no frame has, a wrong
/// length, entries that are not finite. Cost: an arctangent and a sine-cosine pair for each of the
/// [`angle_count`](super::angle_count) rotations, and two times the multiply-adds of
/// [`materialise`](chart::materialise).
pub fn orthonormalize<T: Real>(rows: usize, cols: usize, matrix: &mut [T]) -> Result<(), Error> {
    check_dimensions(rows, cols)?;
    check_length(rows * cols, matrix.len())?;
    let largest = largest_finite(matrix)?;
    // Sums of products must neither overflow nor vanish; the frame does not depend on the scale.
    if largest > T::ONE || (largest > T::ZERO && largest < T::EPSILON) {
        matrix.iter_mut().for_each(|x| *x /= largest);
    }
    let reflected =
        chart::decompose_with(cols, matrix, |rotation, entry| *entry = T::from_rotation(rotation));
    // A square matrix of determinant −1 has a negative last entry in R: its sign moves to the frame.
    chart::materialise_with(cols, reflected, matrix, chart::InPlace);
    Ok(())
}

fn largest_finite<T: Real>(matrix: &[T]) -> Result<T, Error> {
    if !matrix.iter().all(|x| x.is_finite()) {
        return Err(Error::NotFinite);
    }
    Ok(matrix.iter().fold(T::ZERO, |largest, x| largest.max(x.abs())))
}

/// Fills a matrix with a frame drawn from the uniform (Haar) distribution: the orthonormal factor, with
/// positive diagonal of `R`, of a matrix of independent Gaussians (Stewart 1980; Mezzadri 2007). For square
/// frames both signs of the determinant come with probability 1/2.
///
/// Errors: sizes that no frame has, a wrong length. Cost: as [`orthonormalize`], and a Gaussian an entry.
pub fn random<T: Real, R: Rng + ?Sized>(
    rows: usize,
    cols: usize,
    rng: &mut R,
    frame: &mut [T],
) -> Result<(), Error> {
    check_dimensions(rows, cols)?;
    check_length(rows * cols, frame.len())?;
    random::fill_gaussian(rng, frame);
    orthonormalize(rows, cols, frame)
}

/// Negates the first row: a frame again, and for square ones of the other sign of the determinant, which no
/// rotation reaches.
pub fn reflect<T: Real>(cols: usize, frame: &mut [T]) {
    frame.iter_mut().take(cols).for_each(|x| *x = -*x);
}

/// Scratch of [`clean_up`], in scalars.
pub const fn clean_up_scratch(cols: usize) -> usize {
    cols.saturating_add(1).saturating_mul(cols)
}

/// One Newton-Schulz step `Q ← Q·(3/2·I − 1/2·QᵀQ)`: takes an orthogonality error `e << 1` to about `3/4·e²`
/// or rounding, without leaving the frame by more than the drift itself.
///
/// A [`newton_schulz`] step that knows the sizes of frames. Scratch: [`clean_up_scratch`]. Errors: sizes that no
/// frame has, wrong lengths, entries that are not finite. Cost: `2·rows·cols²` multiply-adds.
pub fn clean_up<T: Real>(rows: usize, cols: usize, frame: &mut [T], scratch: &mut [T]) -> Result<(), Error> {
    check_dimensions(rows, cols)?;
    check_length(rows * cols, frame.len())?;
    check_length(clean_up_scratch(cols), scratch.len())?;
    // Shapes are right: what is left to fail is QᵀQ.
    newton_schulz::step(rows, cols, frame, scratch).map(drop).map_err(|_| Error::NotFinite)
}

/// A matrix of `P x D` with orthonormal columns.
///
/// ```
/// use reparam::givens::{Frame, Plane, Rotation};
/// use reparam::random::SplitMix64;
///
/// let mut frame = Frame::<f64, 5, 2>::random(&mut SplitMix64::new(1));
/// frame.rotate(Plane { i: 1, j: 3 }, Rotation::new(0.4));
/// assert!(frame.orthogonality_error() < 1e-15);
///
/// let x = frame.apply_transpose(&frame.apply(&[3.0, 4.0]));
/// assert!((x[0] - 3.0).abs() < 1e-14 && (x[1] - 4.0).abs() < 1e-14);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Frame<T, const P: usize, const D: usize> {
    rows: [[T; D]; P],
}

impl<T: Real, const P: usize, const D: usize> Frame<T, P, D> {
    const SIZES: () = assert!(P >= D && D >= 1, "a frame has at least as many rows as columns");

    /// The largest orthogonality error that [`from_rows`](Self::from_rows) accepts: `16·P` roundings.
    pub fn tolerance() -> T {
        T::from_usize(16 * P) * T::EPSILON
    }

    /// The first `D` columns of the identity.
    pub fn identity() -> Self {
        let () = Self::SIZES;
        let mut rows = [[T::ZERO; D]; P];
        rows.iter_mut().enumerate().for_each(|(i, row)| {
            if let Some(entry) = row.get_mut(i) {
                *entry = T::ONE;
            }
        });
        Self { rows }
    }

    /// An orthonormal matrix as it is. Errors: entries that are not finite; an orthogonality error above
    /// [`tolerance`](Self::tolerance).
    pub fn from_rows(rows: [[T; D]; P]) -> Result<Self, Error> {
        Self::from_rows_within(rows, Self::tolerance())
    }

    /// A matrix as it is if its orthogonality error is at most `tolerance`: for data of fewer digits. Follow it
    /// with [`clean_up`](Self::clean_up), or use [`orthonormalize`](Self::orthonormalize) for any matrix.
    pub fn from_rows_within(rows: [[T; D]; P], tolerance: T) -> Result<Self, Error> {
        let () = Self::SIZES;
        largest_finite(rows.as_flattened())?;
        let error = orthogonality_error(P, D, rows.as_flattened());
        if error <= tolerance {
            Ok(Self { rows })
        } else {
            Err(Error::NotOrthonormal { error: error.to_f64() as f32 })
        }
    }

    /// From a row-major slice: [`from_rows`](Self::from_rows), and an error for a wrong length.
    pub fn from_slice(matrix: &[T]) -> Result<Self, Error> {
        Self::from_rows(rows_from_slice(matrix)?)
    }

    /// The Gram-Schmidt frame of any matrix. See [`orthonormalize`]. Errors: entries that are not finite.
    pub fn orthonormalize(rows: [[T; D]; P]) -> Result<Self, Error> {
        let () = Self::SIZES;
        let mut rows = rows;
        orthonormalize(P, D, rows.as_flattened_mut())?;
        Ok(Self { rows })
    }

    /// The frame of a chart given as a slice of angles. Errors: those of [`materialise`](chart::materialise),
    /// angles that are not finite.
    pub fn from_angles(angles: &[T], reflected: bool) -> Result<Self, Error> {
        if !angles.iter().all(|x| x.is_finite()) {
            return Err(Error::NotFinite);
        }
        let mut frame = Self::identity();
        chart::materialise(P, D, angles, reflected, frame.as_mut_slice())?;
        Ok(frame)
    }

    /// A frame drawn from the uniform (Haar) distribution. See [`random()`].
    pub fn random<R: Rng + ?Sized>(rng: &mut R) -> Self {
        let mut frame = Self::identity();
        let _ = random(P, D, rng, frame.as_mut_slice());
        frame
    }

    /// The rows.
    pub fn rows(&self) -> &[[T; D]; P] {
        &self.rows
    }

    /// The entries, row-major.
    pub fn as_slice(&self) -> &[T] {
        self.rows.as_flattened()
    }

    // For this system only: the caller keeps the columns orthonormal.
    pub(super) fn as_mut_slice(&mut self) -> &mut [T] {
        self.rows.as_flattened_mut()
    }

    /// Column `k`, if there is one.
    pub fn column(&self, k: usize) -> Option<[T; P]> {
        (k < D).then(|| self.rows.map(|row| row.get(k).copied().unwrap_or_default()))
    }

    /// `Q x`. Cost: `P·D` multiply-adds.
    #[inline]
    pub fn apply(&self, x: &[T; D]) -> [T; P] {
        self.rows.map(|row| row.iter().zip(x).fold(T::ZERO, |sum, (&q, &x)| sum.mac(q, x)))
    }

    /// `Qᵀ x`. Cost: `P·D` multiply-adds.
    #[inline]
    pub fn apply_transpose(&self, x: &[T; P]) -> [T; D] {
        let mut y = [T::ZERO; D];
        for (row, &x) in self.rows.iter().zip(x) {
            for (y, &q) in y.iter_mut().zip(row) {
                *y = y.mac(q, x);
            }
        }
        y
    }

    /// Rotates two rows. A plane outside of the rows leaves the frame as it is. Cost: `4·D` multiply-adds.
    #[inline]
    pub fn rotate(&mut self, plane: Plane, rotation: Rotation<T>) {
        rotation.apply_rows(plane, D, self.as_mut_slice());
    }

    /// Negates the first row. See [`reflect`].
    pub fn reflect(&mut self) {
        reflect(D, self.as_mut_slice());
    }

    /// The chart of the frame: its angles, each in the range of [`decompose`](chart::decompose).
    pub fn chart<const N: usize>(&self) -> Chart<T, P, D, N> {
        let mut chart = Chart::zero();
        chart.read(*self);
        chart
    }

    /// The chart of the frame as rotations, found without trigonometry.
    pub fn rotations<const N: usize>(&self) -> RotationChain<T, P, D, N> {
        let mut chain = RotationChain::identity();
        chain.read(*self);
        chain
    }

    /// Largest entry of `|QᵀQ − I|`. See [`orthogonality_error`].
    pub fn orthogonality_error(&self) -> T {
        orthogonality_error(P, D, self.as_slice())
    }

    /// One Newton-Schulz step. See [`clean_up`]. Stack: `D·(D + 1)` scalars.
    pub fn clean_up(&mut self) {
        let (mut factor, mut old) = ([[T::ZERO; D]; D], [T::ZERO; D]);
        let slice = self.rows.as_flattened_mut();
        // The entries of a frame are finite, and no sum of their squares overflows.
        let _ = newton_schulz::step_kernel(D, slice, factor.as_flattened_mut(), &mut old);
    }

    /// [`clean_up`](Self::clean_up) if `guard` says that it is due after `rotations` more rotations.
    ///
    /// Each rotation adds a rounding error to the columns' lengths and angles; they add up like a random walk. In
    /// `f32` 10⁶ rotations of a frame of 20 x 10 leave an error of some 10⁻⁵, in `f64` some 10⁻¹³.
    ///
    /// ```
    /// use reparam::givens::{DriftGuard, Frame, Plane, Rotation};
    ///
    /// let mut frame = Frame::<f32, 3, 3>::identity();
    /// let mut guard = DriftGuard::new(10_000);
    /// let rotation = Rotation::new(0.1);
    /// for _ in 0..100_000 {
    ///     frame.rotate(Plane { i: 0, j: 2 }, rotation);
    ///     frame.guard(&mut guard, 1);
    /// }
    /// assert!(frame.orthogonality_error() < 1e-5);
    /// ```
    pub fn guard(&mut self, guard: &mut DriftGuard, rotations: u32) {
        if guard.due(rotations) {
            self.clean_up();
        }
    }
}

fn rows_from_slice<T: Real, const P: usize, const D: usize>(matrix: &[T]) -> Result<[[T; D]; P], Error> {
    check_length(P * D, matrix.len())?;
    let mut rows = [[T::ZERO; D]; P];
    rows.as_flattened_mut().iter_mut().zip(matrix).for_each(|(x, &y)| *x = y);
    Ok(rows)
}

/// From a matrix with orthonormal columns; errors as [`Frame::from_rows`].
#[cfg(feature = "nalgebra")]
impl<T: Real + nalgebra::Scalar, const P: usize, const D: usize> TryFrom<nalgebra::SMatrix<T, P, D>>
    for Frame<T, P, D>
{
    type Error = Error;

    fn try_from(matrix: nalgebra::SMatrix<T, P, D>) -> Result<Self, Error> {
        // nalgebra keeps columns.
        let mut rows = [[T::ZERO; D]; P];
        for (k, column) in matrix.data.0.iter().enumerate() {
            for (row, &x) in rows.iter_mut().zip(column) {
                if let Some(entry) = row.get_mut(k) {
                    *entry = x;
                }
            }
        }
        Self::from_rows(rows)
    }
}

/// The entries.
#[cfg(feature = "nalgebra")]
impl<T: Real + nalgebra::Scalar, const P: usize, const D: usize> From<Frame<T, P, D>>
    for nalgebra::SMatrix<T, P, D>
{
    fn from(frame: Frame<T, P, D>) -> Self {
        Self::from_row_iterator(frame.as_slice().iter().copied())
    }
}

/// As a sequence of `P·D` entries, row-major; read back only if orthonormal.
#[cfg(feature = "serde")]
impl<T: Real + serde::Serialize, const P: usize, const D: usize> serde::Serialize for Frame<T, P, D> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.as_slice().serialize(serializer)
    }
}

#[cfg(feature = "serde")]
impl<'de, T, const P: usize, const D: usize> serde::Deserialize<'de> for Frame<T, P, D>
where
    T: Real + serde::Deserialize<'de>,
{
    fn deserialize<S: serde::Deserializer<'de>>(deserializer: S) -> Result<Self, S::Error> {
        let mut rows = [[T::ZERO; D]; P];
        crate::sequence::fill(deserializer, rows.as_flattened_mut())?;
        Self::from_rows(rows).map_err(serde::de::Error::custom)
    }
}
