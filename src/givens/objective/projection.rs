use super::{Degree, Objective, check_finite, row};
use crate::Real;
use crate::givens::error::{Error, check_dimensions, check_length};
use crate::givens::{Plane, Rotation};

/// What a column's projections are worth: a function of the samples `u_t = x_tᵀq`.
pub trait Contrast<T: Real> {
    /// What is summed over the samples.
    type Sums: Copy + Default;

    /// Degree of the contrast in the angle of a plane, if it is a trigonometric polynomial.
    fn degree(&self) -> Option<Degree>;

    /// Adds a sample.
    fn add(&self, sums: &mut Self::Sums, u: T);

    /// Value of a column, as minimised; `weight` is one over the number of samples.
    fn column(&self, sums: Self::Sums, weight: T) -> T;
}

/// L1 principal components: `−Σ_t |u_t|`. Maximises the sum of absolute projections, which outliers move far
/// less than the sum of squares; not smooth where a sample is orthogonal to a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Absolute;

impl<T: Real> Contrast<T> for Absolute {
    type Sums = T;

    fn degree(&self) -> Option<Degree> {
        None
    }

    #[inline(always)]
    fn add(&self, sums: &mut T, u: T) {
        *sums += u.abs();
    }

    fn column(&self, sums: T, _: T) -> T {
        -sums
    }
}

/// Which independent sources a contrast pulls apart.
///
/// A sum of independent sources is closer to a Gaussian than the sources are; so whether a contrast has to be
/// maximised or minimised depends on which side of the Gaussian they lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Sources {
    /// Heavier tails than a Gaussian (speech, Laplace, Student).
    SuperGaussian,
    /// Lighter tails (uniform, sine, binary).
    SubGaussian,
    /// Either: the squared distance to the Gaussian's value is maximised.
    Mixed,
}

/// Independent components by `E log cosh u`, for whitened data (zero mean, unit covariance).
///
/// As minimised: [`SuperGaussian`](Sources::SuperGaussian) `E log cosh u`,
/// [`SubGaussian`](Sources::SubGaussian) `−E log cosh u`, [`Mixed`](Sources::Mixed)
/// `−(E log cosh u − 0.374567)²` (the negentropy of FastICA). Maximising `E log cosh` on super-Gaussian
/// sources finds the *most mixed* components: the higher the value, the worse the separation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogCosh(pub Sources);

/// `E log cosh` of a standard Gaussian.
const GAUSSIAN_LOG_COSH: f64 = 0.374_567_207_491_438;

impl<T: Real> Contrast<T> for LogCosh {
    type Sums = T;

    fn degree(&self) -> Option<Degree> {
        None
    }

    #[inline(always)]
    fn add(&self, sums: &mut T, u: T) {
        let magnitude = u.abs();
        *sums += magnitude + (-T::TWO * magnitude).exp().ln_1p() - T::LN_2;
    }

    fn column(&self, sums: T, weight: T) -> T {
        let mean = sums * weight;
        match self.0 {
            Sources::SuperGaussian => mean,
            Sources::SubGaussian => -mean,
            Sources::Mixed => {
                let distance = mean - T::from_f64(GAUSSIAN_LOG_COSH);
                -(distance * distance)
            }
        }
    }
}

/// Independent components by the fourth moment, for whitened data (zero mean, unit covariance).
///
/// As minimised: [`SuperGaussian`](Sources::SuperGaussian) `−E u⁴`, [`SubGaussian`](Sources::SubGaussian)
/// `E u⁴` (both of degree 4), [`Mixed`](Sources::Mixed) `−(E u⁴ − 3)²`. Cheap, but outliers weigh with their
/// fourth power.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kurtosis(pub Sources);

impl<T: Real> Contrast<T> for Kurtosis {
    type Sums = T;

    fn degree(&self) -> Option<Degree> {
        if self.0 == Sources::Mixed { None } else { Some(Degree::Four) }
    }

    #[inline(always)]
    fn add(&self, sums: &mut T, u: T) {
        let square = u * u;
        *sums = sums.mac(square, square);
    }

    fn column(&self, sums: T, weight: T) -> T {
        let mean = sums * weight;
        match self.0 {
            Sources::SuperGaussian => -mean,
            Sources::SubGaussian => mean,
            Sources::Mixed => {
                let excess = mean - T::from_f64(3.0);
                -(excess * excess)
            }
        }
    }
}

/// Varimax: minus the variance of the squared loadings, `(E u²)² − E u⁴`. The data are the loadings, one row
/// for each factor and one column for each variable; the frame is square. Degree 4.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Varimax;

impl<T: Real> Contrast<T> for Varimax {
    type Sums = (T, T);

    fn degree(&self) -> Option<Degree> {
        Some(Degree::Four)
    }

    #[inline(always)]
    fn add(&self, sums: &mut (T, T), u: T) {
        let square = u * u;
        *sums = (sums.0 + square, sums.1.mac(square, square));
    }

    fn column(&self, (square, fourth): (T, T), weight: T) -> T {
        let mean = square * weight;
        mean * mean - fourth * weight
    }
}

/// Sum of a [`Contrast`] over the columns' projections `QᵀX` of data `X`: projection pursuit.
///
/// `X` is `rows` by `samples`: one row for each variable, so that a candidate reads two rows from end to end.
/// Keeps `QᵀX`. Cost: a candidate `6·cols·samples` multiply-adds and as many contrasts, without scratch; the
/// full value `rows·cols·samples`; an accepted move `2·cols·samples`.
///
/// ```
/// use reparam::givens::objective::{Absolute, Objective, Projection};
///
/// # fn main() -> Result<(), reparam::givens::Error> {
/// let data = [3.0, -1.0, 0.5, /* second variable */ 0.0, 2.0, 0.1];
/// let mut buffer = [0.0; Projection::<f64, Absolute>::buffer_len(1, 3)];
/// let mut objective = Projection::new(2, 1, &data, Absolute, &mut buffer)?;
/// assert_eq!(objective.value(&[1.0, 0.0]), -4.5);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Projection<'a, T, C> {
    rows: usize,
    cols: usize,
    samples: usize,
    weight: T,
    contrast: C,
    data: &'a [T],
    projected: &'a mut [T],
}

impl<T, C> Projection<'_, T, C> {
    /// Length of the buffer: `cols·samples`.
    pub const fn buffer_len(cols: usize, samples: usize) -> usize {
        cols * samples
    }
}

impl<'a, T: Real, C: Contrast<T>> Projection<'a, T, C> {
    /// `data` holds `rows` rows of equally many samples, at least one.
    ///
    /// # Errors
    /// [`Error::Dimensions`], [`Error::Length`], or [`Error::NotFinite`].
    pub fn new(
        rows: usize,
        cols: usize,
        data: &'a [T],
        contrast: C,
        buffer: &'a mut [T],
    ) -> Result<Self, Error> {
        check_dimensions(rows, cols)?;
        let samples = (data.len() / rows.max(1)).max(1);
        check_length(samples.saturating_mul(rows), data.len())?;
        check_length(samples.saturating_mul(cols), buffer.len())?;
        check_finite(data)?;
        let weight = T::ONE / T::from_usize(samples);
        Ok(Self { rows, cols, samples, weight, contrast, data, projected: buffer })
    }
}

impl<T: Real, C: Contrast<T>> Objective<T> for Projection<'_, T, C> {
    fn rows(&self) -> usize {
        self.rows
    }

    fn cols(&self) -> usize {
        self.cols
    }

    fn degree(&self) -> Option<Degree> {
        self.contrast.degree()
    }

    fn value(&mut self, frame: &[T]) -> T {
        let mut total = T::ZERO;
        for (col, projected) in self.projected.chunks_exact_mut(self.samples.max(1)).enumerate() {
            projected.fill(T::ZERO);
            let column = frame.iter().skip(col).step_by(self.cols.max(1));
            for (variable, &q) in self.data.chunks_exact(self.samples.max(1)).zip(column) {
                projected.iter_mut().zip(variable).for_each(|(u, &x)| *u = u.mac(q, x));
            }
            let mut sums = C::Sums::default();
            projected.iter().for_each(|&u| self.contrast.add(&mut sums, u));
            total += self.contrast.column(sums, self.weight);
        }
        total
    }

    #[inline]
    fn rotated(&self, frame: &[T], plane: Plane, rotation: Rotation<T>, _: &mut [T]) -> T {
        let (data_i, data_j) = (row(self.data, plane.i, self.samples), row(self.data, plane.j, self.samples));
        let q = row(frame, plane.i, self.cols).iter().zip(row(frame, plane.j, self.cols));
        let columns = self.projected.chunks_exact(self.samples.max(1)).zip(q);
        columns.fold(T::ZERO, |total, (projected, (&x, &z))| {
            let (new_x, new_z) = rotation.apply(x, z);
            let (u, v) = (new_x - x, new_z - z);
            let mut sums = C::Sums::default();
            for ((&p, &a), &b) in projected.iter().zip(data_i).zip(data_j) {
                self.contrast.add(&mut sums, p.mac(u, a).mac(v, b));
            }
            total + self.contrast.column(sums, self.weight)
        })
    }

    fn accept(&mut self, frame: &[T], plane: Plane, rotation: Rotation<T>) {
        let (data_i, data_j) = (row(self.data, plane.i, self.samples), row(self.data, plane.j, self.samples));
        let q = row(frame, plane.i, self.cols).iter().zip(row(frame, plane.j, self.cols));
        for (projected, (&x, &z)) in self.projected.chunks_exact_mut(self.samples.max(1)).zip(q) {
            let (new_x, new_z) = rotation.apply(x, z);
            let (u, v) = (new_x - x, new_z - z);
            for ((p, &a), &b) in projected.iter_mut().zip(data_i).zip(data_j) {
                *p = p.mac(u, a).mac(v, b);
            }
        }
    }
}
