//! The exponential of a grouped convolution, applied to an image as a Taylor polynomial.

use core::mem;

use crate::Real;

use super::super::error::{Error, check_length};
use super::FilterShape;

/// Length of the scratch of [`apply`] and [`apply_transpose`] for images of `height × width`: twice the image of a
/// group. Saturates where it leaves the range of `usize`.
#[inline(always)]
pub const fn scratch_len(shape: FilterShape, height: usize, width: usize) -> usize {
    shape.group_channels().saturating_mul(height).saturating_mul(width).saturating_mul(2)
}

/// Bound of the difference between the exponential of a skew operator and its Taylor polynomial up to the power
/// `terms`: `norm^(terms+1)/(terms+1)!`, where `norm` is at least the operator's norm. For a skew operator this is
/// no estimate: its eigenvalues are imaginary, and Taylor's remainder of `e^{iθ}` is at most that. Singular values
/// of the polynomial are therefore within this distance of 1.
///
/// ```
/// use reparam::group_shuffle::convolution::exponential::tail_bound;
///
/// // The published settings: norm at most 2.1, 5 terms in training, 12 in use.
/// assert!((tail_bound(2.1f64, 5) - 0.1191).abs() < 1e-4);
/// assert!(tail_bound(2.1, 12) < 2.5e-6);
/// ```
pub fn tail_bound<T: Real>(norm: T, terms: usize) -> T {
    let mut bound = norm;
    let mut i = 1;
    while i <= terms {
        i += 1;
        bound = bound * norm / T::from_usize(i);
        // Nothing changes any more, or all further factors are below one half.
        if bound == T::ZERO || !bound.is_finite() {
            break;
        }
    }
    bound
}

/// `x ← Σ_{i ≤ terms} Lⁱ x / i!` for every group, where L is the convolution with `filter` and zeros around the
/// image. With a skew filter (see [`filter`](super::filter)) this is orthogonal but for [`tail_bound`].
///
/// Cost: at most `terms·len·height·width` multiply-adds, `len` the numbers of the filter. `scratch`:
/// [`scratch_len`].
///
/// # Errors
/// [`Error::Length`]; [`Error::NotFinite`] if an entry of the image or the filter is not finite or a term of the
/// series leaves the range: `x` is then spoilt.
///
/// ```
/// use reparam::group_shuffle::convolution::{FilterShape, exponential};
///
/// // Two channels of one pixel, turned by 0.5 rad.
/// let shape = FilterShape::new(2, 1, 1)?;
/// let (mut x, mut scratch) = ([1.0, 0.0], [0.0; 4]);
/// exponential::apply(shape, 1, 1, &[0.0, -0.5, 0.5, 0.0f64], 12, &mut x, &mut scratch)?;
/// assert!((x[0] - 0.5f64.cos()).abs() < 1e-12 && (x[1] - 0.5f64.sin()).abs() < 1e-12);
/// # Ok::<(), reparam::group_shuffle::Error>(())
/// ```
pub fn apply<T: Real>(
    shape: FilterShape,
    height: usize,
    width: usize,
    filter: &[T],
    terms: usize,
    x: &mut [T],
    scratch: &mut [T],
) -> Result<(), Error> {
    series(shape, [height, width], filter, terms, T::ONE, x, scratch)
}

/// The adjoint of [`apply`], and its inverse but for the tail: the exponential of −L. Cost and scratch as there.
///
/// # Errors
/// As [`apply`].
///
/// ```
/// use reparam::group_shuffle::convolution::{FilterShape, exponential};
///
/// let (shape, filter) = (FilterShape::new(2, 1, 1)?, [0.0, -0.5, 0.5, 0.0]);
/// let (mut x, mut scratch) = ([1.0f64, 2.0], [0.0; 4]);
/// exponential::apply(shape, 1, 1, &filter, 12, &mut x, &mut scratch)?;
/// exponential::apply_transpose(shape, 1, 1, &filter, 12, &mut x, &mut scratch)?;
/// assert!((x[0] - 1.0).abs() < 1e-12 && (x[1] - 2.0).abs() < 1e-12);
/// # Ok::<(), reparam::group_shuffle::Error>(())
/// ```
pub fn apply_transpose<T: Real>(
    shape: FilterShape,
    height: usize,
    width: usize,
    filter: &[T],
    terms: usize,
    x: &mut [T],
    scratch: &mut [T],
) -> Result<(), Error> {
    series(shape, [height, width], filter, terms, -T::ONE, x, scratch)
}

#[inline(always)]
fn series<T: Real>(
    shape: FilterShape,
    [height, width]: [usize; 2],
    filter: &[T],
    terms: usize,
    sign: T,
    x: &mut [T],
    scratch: &mut [T],
) -> Result<(), Error> {
    let plane = super::channels::plane(height, width)?;
    let image = shape.channels().checked_mul(plane).ok_or(Error::Shape)?;
    check_length(shape.len(), filter.len())?;
    check_length(image, x.len())?;
    check_length(scratch_len(shape, height, width), scratch.len())?;
    if !(finite(filter) && finite(x)) {
        return Err(Error::NotFinite);
    }
    let group_image = shape.group_channels() * plane;
    let (mut term, rest) = scratch.split_at_mut_checked(group_image).ok_or(Error::Shape)?;
    let mut next = rest.get_mut(..group_image).ok_or(Error::Shape)?;
    let (mut images, mut filters) = (&mut *x, filter);
    while let (Some(x), Some(filter)) =
        (split_off_mut(&mut images, group_image), split_off(&mut filters, shape.group_len()))
    {
        term.iter_mut().zip(&*x).for_each(|(term, &x)| *term = x);
        let mut i = T::ZERO;
        for _ in 0..terms {
            i += T::ONE;
            convolve(shape, [height, width], filter, term, next);
            let factor = sign / i;
            let mut sum = T::ZERO;
            for (next, x) in next.iter_mut().zip(x.iter_mut()) {
                *next *= factor;
                *x += *next;
                sum += next.abs();
            }
            if sum == T::ZERO {
                break;
            }
            if !sum.is_finite() {
                return Err(Error::NotFinite);
            }
            mem::swap(&mut term, &mut next);
        }
    }
    if finite(x) { Ok(()) } else { Err(Error::NotFinite) }
}

fn finite<T: Real>(x: &[T]) -> bool {
    x.iter().all(|x| x.is_finite())
}

/// `y ← filter * x` for one group, zeros around the image: one multiply-add a weight and pixel.
#[inline(always)]
fn convolve<T: Real>(
    shape: FilterShape,
    [height, width]: [usize; 2],
    mut filter: &[T],
    x: &[T],
    mut y: &mut [T],
) {
    let (kernel, channels) = (shape.kernel(), shape.group_channels());
    let (plane, middle) = (height * width, kernel / 2);
    y.fill(T::ZERO);
    for _ in 0..channels {
        let Some(y) = split_off_mut(&mut y, plane) else { return };
        let mut inputs = x;
        for _ in 0..channels {
            let Some(x) = split_off(&mut inputs, plane) else { return };
            for a in 0..kernel {
                let Some(weights) = split_off(&mut filter, kernel) else { return };
                // Row `a` of the kernel reads `a − middle` rows further down.
                let (up, down) = (middle.saturating_sub(a), a.saturating_sub(middle));
                let mut y_rows = y.get_mut(up.saturating_mul(width)..).unwrap_or_default();
                let mut x_rows = x.get(down.saturating_mul(width)..).unwrap_or_default();
                while let (Some(y), Some(x)) =
                    (split_off_mut(&mut y_rows, width), split_off(&mut x_rows, width))
                {
                    for (b, &weight) in weights.iter().enumerate() {
                        let y = y.get_mut(middle.saturating_sub(b)..).unwrap_or_default();
                        let x = x.get(b.saturating_sub(middle)..).unwrap_or_default();
                        y.iter_mut().zip(x).for_each(|(y, &x)| *y = y.mac(weight, x));
                    }
                }
            }
        }
    }
}

/// The first `len` numbers, if there are so many and not none. Unlike iterators over chunks it needs no division.
#[inline(always)]
fn split_off<'a, T>(rest: &mut &'a [T], len: usize) -> Option<&'a [T]> {
    let (head, tail) = rest.split_at_checked(len)?;
    *rest = tail;
    if head.is_empty() { None } else { Some(head) }
}

/// [`split_off`] of numbers to be written.
#[inline(always)]
fn split_off_mut<'a, T>(rest: &mut &'a mut [T], len: usize) -> Option<&'a mut [T]> {
    let (head, tail) = mem::take(rest).split_at_mut_checked(len)?;
    *rest = tail;
    if head.is_empty() { None } else { Some(head) }
}
