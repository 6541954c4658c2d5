//! Skew filters from free parameters, scaled to a norm that a short Taylor polynomial can bear.

use crate::Real;
use crate::random::{SplitMix64, uniform_in};

use super::super::error::{Error, check_length};

/// Seed of the vectors with which the power iteration starts: any direction that no filter is made to avoid.
const SEED: u64 = 0x9e37_79b9;

/// Sizes of a grouped filter, checked once.
///
/// ```
/// use reparam::group_shuffle::convolution::FilterShape;
///
/// // 32 channels in 4 groups, 3 × 3.
/// let shape = FilterShape::new(32, 4, 3)?;
/// assert_eq!((shape.group_channels(), shape.len()), (8, 4 * 8 * 8 * 9));
/// # Ok::<(), reparam::group_shuffle::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct FilterShape {
    groups: usize,
    group_channels: usize,
    kernel: usize,
}

impl FilterShape {
    /// `channels` in `groups` groups of equal size; a square kernel of odd side `kernel`.
    ///
    /// # Errors
    /// [`Error::Groups`] unless `groups` divides `channels`, both positive; [`Error::Shape`] if `kernel` is even,
    /// for then no filter is skew, or if the number of parameters leaves the range of `usize`.
    pub const fn new(channels: usize, groups: usize, kernel: usize) -> Result<Self, Error> {
        if groups == 0 || channels == 0 || channels % groups != 0 {
            return Err(Error::Groups { groups, len: channels });
        }
        let group_channels = channels / groups;
        let Some(cells) = kernel.checked_mul(kernel) else { return Err(Error::Shape) };
        let Some(per_output) = group_channels.checked_mul(cells) else { return Err(Error::Shape) };
        if kernel % 2 == 0
            || channels.checked_mul(per_output).is_none()
            || per_output.checked_add(group_channels).is_none()
        {
            return Err(Error::Shape);
        }
        Ok(Self { groups, group_channels, kernel })
    }

    /// Number of groups.
    #[inline(always)]
    pub const fn groups(self) -> usize {
        self.groups
    }

    /// Channels of a group.
    #[inline(always)]
    pub const fn group_channels(self) -> usize {
        self.group_channels
    }

    /// Channels of all groups.
    #[inline(always)]
    pub const fn channels(self) -> usize {
        self.groups * self.group_channels
    }

    /// Side of the kernel.
    #[inline(always)]
    pub const fn kernel(self) -> usize {
        self.kernel
    }

    /// Numbers of the filter of a group.
    #[inline(always)]
    pub const fn group_len(self) -> usize {
        self.group_channels * self.group_channels * self.kernel * self.kernel
    }

    /// Numbers of the filter: `groups·group_channels²·kernel²`. The publication counts so, although a skew filter
    /// has about half as many degrees of freedom.
    #[inline(always)]
    pub const fn len(self) -> usize {
        self.groups * self.group_len()
    }

    /// Never: a filter has at least one number.
    #[inline(always)]
    pub const fn is_empty(self) -> bool {
        false
    }

    /// Length of the scratch of [`norm_bound`] and [`normalize`].
    #[inline(always)]
    pub const fn scratch_len(self) -> usize {
        self.group_channels * (self.kernel * self.kernel + 1)
    }
}

/// `filter ← ½(M − Mᵀ)` with the transpose of a convolution, `Mᵀ[i, j, a, b] = M[j, i, k−1−a, k−1−b]`: the skew
/// filter of the free parameters `m`. The publication's text leaves out the ½, its program has it; it matters to
/// nobody after [`normalize`].
///
/// Cost: one subtraction and one product a number.
///
/// # Errors
/// [`Error::Length`] unless both slices have [`FilterShape::len`] numbers; [`Error::NotFinite`].
///
/// ```
/// use reparam::group_shuffle::convolution::{FilterShape, filter};
///
/// let shape = FilterShape::new(2, 1, 1)?;
/// let mut skew = [0.0; 4];
/// filter::skew(shape, &[1.0, 2.0, 6.0, 4.0], &mut skew)?;
/// assert_eq!(skew, [0.0, -2.0, 2.0, 0.0]);
/// # Ok::<(), reparam::group_shuffle::Error>(())
/// ```
pub fn skew<T: Real>(shape: FilterShape, m: &[T], filter: &mut [T]) -> Result<(), Error> {
    check_length(shape.len(), m.len())?;
    check_length(shape.len(), filter.len())?;
    let (channels, cells) = (shape.group_channels, shape.kernel * shape.kernel);
    let groups = m.chunks_exact(shape.group_len().max(1));
    for (m, filter) in groups.zip(filter.chunks_exact_mut(shape.group_len().max(1))) {
        let kernels = m.chunks_exact(cells.max(1)).zip(filter.chunks_exact_mut(cells.max(1)));
        for (index, (m_ij, filter_ij)) in kernels.enumerate() {
            let (i, j) = (index / channels.max(1), index % channels.max(1));
            let m_ji =
                m.get((j * channels + i) * cells..).unwrap_or_default().get(..cells).unwrap_or_default();
            for ((filter, &m), &transposed) in filter_ij.iter_mut().zip(m_ij).zip(m_ji.iter().rev()) {
                // Halves first: the difference of two finite halves is finite.
                *filter = T::HALF * m - T::HALF * transposed;
            }
        }
    }
    if filter.iter().all(|x| x.is_finite()) { Ok(()) } else { Err(Error::NotFinite) }
}

/// How the four axes (output, input, row, column) of a group's filter become the two of a matrix.
#[derive(Clone, Copy)]
enum Reshape {
    /// (output, row) × (input, column).
    RowByColumn,
    /// (output, column) × (input, row).
    ColumnByRow,
    /// output × (input, row, column). For a skew filter, (output, row, column) × input is its transpose with
    /// columns in another order and a sign: the same norm.
    OutputByAll,
}

/// A bound of the spectral norm of one group's convolution, whatever the image's size: `kernel` times the smallest
/// of the spectral norms of the filter reshaped to a matrix in each of the four ways that keep outputs and inputs
/// apart (Singla and Feizi, *Fantastic Four*, 2021; arXiv:1911.10258).
///
/// The norms come from `iterations` steps of power iteration, which approach them from below: a bound up to that
/// error. `filter` is that of one group, and skew.
///
/// Cost: `6·iterations·group_len` multiply-adds.
///
/// # Errors
/// [`Error::Length`]; [`Error::NotFinite`]; [`Error::Setting`] if `iterations` is zero.
///
/// ```
/// use reparam::group_shuffle::convolution::{FilterShape, filter};
///
/// let shape = FilterShape::new(2, 1, 1)?;
/// let mut scratch = [0.0; 4];
/// let bound: f64 = filter::norm_bound(shape, &[0.0, -2.0, 2.0, 0.0], 5, &mut scratch)?;
/// assert!((bound - 2.0).abs() < 1e-15);
/// # Ok::<(), reparam::group_shuffle::Error>(())
/// ```
pub fn norm_bound<T: Real>(
    shape: FilterShape,
    filter: &[T],
    iterations: usize,
    scratch: &mut [T],
) -> Result<T, Error> {
    check_length(shape.group_len(), filter.len())?;
    check_length(shape.scratch_len(), scratch.len())?;
    if iterations == 0 {
        return Err(Error::Setting { name: "iterations" });
    }
    let bound = norm_bound_kernel(shape, filter, iterations, scratch);
    if bound.is_finite() { Ok(bound) } else { Err(Error::NotFinite) }
}

/// NaN or infinite for a filter that is.
#[inline(always)]
fn norm_bound_kernel<T: Real>(shape: FilterShape, filter: &[T], iterations: usize, scratch: &mut [T]) -> T {
    let largest = largest(filter);
    if largest == T::ZERO || !largest.is_finite() {
        return largest;
    }
    let reshapes = [Reshape::RowByColumn, Reshape::ColumnByRow, Reshape::OutputByAll];
    let norms = reshapes
        .into_iter()
        .map(|reshape| power_iteration(shape, filter, largest, reshape, iterations, scratch));
    norms.fold(T::INFINITY, T::min) * largest * T::from_usize(shape.kernel)
}

/// Spectral norm of `filter / scale`, reshaped.
#[inline(always)]
fn power_iteration<T: Real>(
    shape: FilterShape,
    filter: &[T],
    scale: T,
    reshape: Reshape,
    iterations: usize,
    scratch: &mut [T],
) -> T {
    let FilterShape { group_channels: channels, kernel, .. } = shape;
    let rows = match reshape {
        Reshape::RowByColumn | Reshape::ColumnByRow => channels * kernel,
        Reshape::OutputByAll => channels,
    };
    let cols = channels * kernel * kernel * channels / rows.max(1);
    let Some((v, rest)) = scratch.split_at_mut_checked(rows) else { return T::NAN };
    let Some(u) = rest.get_mut(..cols) else { return T::NAN };
    let mut rng = SplitMix64::new(SEED);
    u.iter_mut().for_each(|u| *u = uniform_in(&mut rng, -T::ONE, T::ONE));
    let mut norm = T::ZERO;
    for _ in 0..iterations {
        for forward in [true, false] {
            let (from, to): (&mut [T], &mut [T]) = if forward { (u, v) } else { (v, u) };
            unit(from);
            to.fill(T::ZERO);
            let mut entries = filter.iter();
            for output in 0..channels {
                for input in 0..channels {
                    for a in 0..kernel {
                        for b in 0..kernel {
                            let Some(&entry) = entries.next() else { return T::NAN };
                            let (row, col) = match reshape {
                                Reshape::RowByColumn => (output * kernel + a, input * kernel + b),
                                Reshape::ColumnByRow => (output * kernel + b, input * kernel + a),
                                Reshape::OutputByAll => (output, (input * kernel + a) * kernel + b),
                            };
                            let (source, target) = if forward { (col, row) } else { (row, col) };
                            if let (Some(&source), Some(target)) = (from.get(source), to.get_mut(target)) {
                                *target = target.mac(entry / scale, source);
                            }
                        }
                    }
                }
            }
            norm = length(to);
            if !norm.is_finite() || norm == T::ZERO {
                return norm;
            }
        }
    }
    norm
}

/// Scales every group's skew filter so that its [`norm_bound`] becomes `norm·kernel`: the published `norm` is 0.7
/// for a kernel of 3 and 1 for a kernel of 1, hence bounds of 2.1 and 1. A group of zeros stays as it is.
///
/// Cost: `6·iterations·len` multiply-adds.
///
/// # Errors
/// [`Error::Length`]; [`Error::NotFinite`], `filter` is then spoilt; [`Error::Setting`] if `iterations` is zero or
/// `norm` is negative or not finite.
///
/// ```
/// use reparam::group_shuffle::convolution::{FilterShape, filter};
///
/// let shape = FilterShape::new(2, 1, 1)?;
/// let (mut skew, mut scratch) = ([0.0, -2.0, 2.0, 0.0f64], [0.0; 4]);
/// filter::normalize(shape, 1.0, 5, &mut skew, &mut scratch)?;
/// assert!((skew[2] - 1.0).abs() < 1e-15);
/// # Ok::<(), reparam::group_shuffle::Error>(())
/// ```
pub fn normalize<T: Real>(
    shape: FilterShape,
    norm: T,
    iterations: usize,
    filter: &mut [T],
    scratch: &mut [T],
) -> Result<(), Error> {
    check_length(shape.len(), filter.len())?;
    check_length(shape.scratch_len(), scratch.len())?;
    if iterations == 0 {
        return Err(Error::Setting { name: "iterations" });
    }
    if !(norm >= T::ZERO && norm.is_finite()) {
        return Err(Error::Setting { name: "norm" });
    }
    for group in filter.chunks_exact_mut(shape.group_len().max(1)) {
        let largest = largest(group);
        if !largest.is_finite() {
            return Err(Error::NotFinite);
        }
        if largest == T::ZERO {
            continue;
        }
        // Neither the bound nor the quotient can overflow after this.
        group.iter_mut().for_each(|x| *x /= largest);
        let bound = norm_bound_kernel(shape, group, iterations, scratch);
        let factor = norm * T::from_usize(shape.kernel) / bound;
        group.iter_mut().for_each(|x| *x *= factor);
        if !group.iter().all(|x| x.is_finite()) {
            return Err(Error::NotFinite);
        }
    }
    Ok(())
}

/// Largest absolute value; not finite if one is not.
#[inline(always)]
fn largest<T: Real>(x: &[T]) -> T {
    x.iter().fold(T::ZERO, |largest, &x| if x.is_finite() { largest.max(x.abs()) } else { T::INFINITY })
}

#[inline(always)]
fn length<T: Real>(x: &[T]) -> T {
    x.iter().fold(T::ZERO, |sum, &x| sum.mac(x, x)).sqrt()
}

#[inline(always)]
fn unit<T: Real>(x: &mut [T]) {
    let length = length(x);
    if length > T::ZERO {
        x.iter_mut().for_each(|x| *x /= length);
    }
}
