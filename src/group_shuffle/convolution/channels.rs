//! Moving channels and pixels about: shuffles of channels, space to depth, more and fewer channels.

use crate::Real;

use super::super::error::{Error, check_length};
use super::super::shuffle::Shuffle;

/// Pixels of a channel; [`Error::Shape`] if there are none or too many.
#[inline(always)]
pub(super) const fn plane(height: usize, width: usize) -> Result<usize, Error> {
    match height.checked_mul(width) {
        Some(plane) if plane > 0 => Ok(plane),
        _ => Err(Error::Shape),
    }
}

/// `y[σ(c)] = x[c]` for whole channels of `plane` pixels.
///
/// # Errors
/// [`Error::Shape`] if `plane` is zero or the image leaves the range of `usize`; [`Error::Length`].
///
/// ```
/// use reparam::group_shuffle::{Shuffle, convolution::channels};
///
/// let mut y = [0; 8];
/// channels::shuffle(Shuffle::new(2, 4)?, 2, &[0, 0, 1, 1, 2, 2, 3, 3], &mut y)?;
/// assert_eq!(y, [0, 0, 2, 2, 1, 1, 3, 3]);
/// # Ok::<(), reparam::group_shuffle::Error>(())
/// ```
pub fn shuffle<T: Copy>(shuffle: Shuffle, plane: usize, x: &[T], y: &mut [T]) -> Result<(), Error> {
    let image = shuffle.len().checked_mul(plane).ok_or(Error::Shape)?;
    if plane == 0 {
        return Err(Error::Shape);
    }
    check_length(image, x.len())?;
    check_length(image, y.len())?;
    for (x, target) in x.chunks_exact(plane).zip(shuffle.targets()) {
        let y = y.get_mut(target.saturating_mul(plane)..).unwrap_or_default();
        y.iter_mut().zip(x).for_each(|(y, &x)| *y = x);
    }
    Ok(())
}

/// Each square of `stride × stride` pixels of a channel becomes `stride²` channels of one pixel:
/// `y[(c·stride + i)·stride + j][h][w] = x[c][h·stride + i][w·stride + j]`, a permutation. `height` and `width` are
/// those of `x`.
///
/// # Errors
/// [`Error::Shape`] unless `stride` is positive and divides both sides; [`Error::Length`].
///
/// ```
/// use reparam::group_shuffle::convolution::channels;
///
/// let mut y = [0; 8];
/// channels::space_to_depth([1, 2, 4], 2, &[0, 1, 2, 3, 4, 5, 6, 7], &mut y)?;
/// assert_eq!(y, [0, 2, 1, 3, 4, 6, 5, 7]);
/// # Ok::<(), reparam::group_shuffle::Error>(())
/// ```
pub fn space_to_depth<T: Copy>(
    [channels, height, width]: [usize; 3],
    stride: usize,
    x: &[T],
    y: &mut [T],
) -> Result<(), Error> {
    let image = check_stride([channels, height, width], stride)?;
    check_length(image, x.len())?;
    check_length(image, y.len())?;
    for (y, place) in y.iter_mut().zip(places([channels, height, width], stride)) {
        if let Some(&x) = x.get(place) {
            *y = x;
        }
    }
    Ok(())
}

/// The inverse of [`space_to_depth`]; `channels`, `height` and `width` are those of the result `x`.
///
/// # Errors
/// As [`space_to_depth`].
///
/// ```
/// use reparam::group_shuffle::convolution::channels;
///
/// let mut x = [0; 8];
/// channels::depth_to_space([1, 2, 4], 2, &[0, 2, 1, 3, 4, 6, 5, 7], &mut x)?;
/// assert_eq!(x, [0, 1, 2, 3, 4, 5, 6, 7]);
/// # Ok::<(), reparam::group_shuffle::Error>(())
/// ```
pub fn depth_to_space<T: Copy>(
    [channels, height, width]: [usize; 3],
    stride: usize,
    y: &[T],
    x: &mut [T],
) -> Result<(), Error> {
    let image = check_stride([channels, height, width], stride)?;
    check_length(image, x.len())?;
    check_length(image, y.len())?;
    for (&y, place) in y.iter().zip(places([channels, height, width], stride)) {
        if let Some(x) = x.get_mut(place) {
            *x = y;
        }
    }
    Ok(())
}

/// Numbers of the image.
#[inline(always)]
const fn check_stride([channels, height, width]: [usize; 3], stride: usize) -> Result<usize, Error> {
    let Ok(plane) = plane(height, width) else { return Err(Error::Shape) };
    if stride == 0 || channels == 0 || height % stride != 0 || width % stride != 0 {
        return Err(Error::Shape);
    }
    match channels.checked_mul(plane) {
        Some(image) => Ok(image),
        None => Err(Error::Shape),
    }
}

/// Where the entries of the deep image lie in the wide one, in order. `stride` is positive and divides both sides.
#[inline(always)]
fn places([channels, height, width]: [usize; 3], stride: usize) -> impl Iterator<Item = usize> {
    (0..channels).flat_map(move |channel| {
        (0..stride).flat_map(move |i| {
            (0..stride).flat_map(move |j| {
                (i..height).step_by(stride.max(1)).flat_map(move |row| {
                    let start = (channel * height + row) * width + j;
                    (0..width / stride.max(1)).map(move |column| start + column * stride)
                })
            })
        })
    })
}

/// Copies the channels that both images have and fills those that only `y` has with zeros. The adjoint is the same
/// with the images exchanged.
///
/// # Errors
/// [`Error::Shape`] unless both images are whole channels of `plane` pixels.
///
/// ```
/// let mut y = [9.0; 4];
/// reparam::group_shuffle::convolution::channels::resize(2, &[1.0, 2.0], &mut y)?;
/// assert_eq!(y, [1.0, 2.0, 0.0, 0.0]);
/// # Ok::<(), reparam::group_shuffle::Error>(())
/// ```
pub fn resize<T: Real>(plane: usize, x: &[T], y: &mut [T]) -> Result<(), Error> {
    if plane == 0 || x.len() % plane != 0 || y.len() % plane != 0 {
        return Err(Error::Shape);
    }
    let copied = x.iter().copied().chain(core::iter::repeat(T::ZERO));
    y.iter_mut().zip(copied).for_each(|(y, x)| *y = x);
    Ok(())
}
