//! A group-and-shuffle convolution in the published order.

use crate::Real;

use super::super::error::{Error, check_length};
use super::super::shuffle::Shuffle;
use super::{FilterShape, channels, exponential};

/// Sizes of a layer, checked once: shuffle of the inputs' channels (where the groups divide them), space to depth,
/// exponential of the first filter on as many channels as the larger side has, as many channels as there are
/// outputs, shuffle, exponential of the second filter with a kernel of 1.
///
/// ```
/// use reparam::group_shuffle::convolution::LayerShape;
///
/// // 32 channels of 16 × 16 become 64 of 8 × 8.
/// let shape = LayerShape::new([32, 64], [16, 16], 3, 2, [4, 2], true)?;
/// assert_eq!((shape.input_len(), shape.output_len()), (32 * 256, 64 * 64));
/// assert_eq!((shape.first().channels(), shape.second().kernel()), (128, 1));
/// # Ok::<(), reparam::group_shuffle::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct LayerShape {
    inputs: usize,
    outputs: usize,
    /// Of the output.
    height: usize,
    width: usize,
    stride: usize,
    first: FilterShape,
    second: FilterShape,
    shuffles: [Option<Shuffle>; 2],
}

impl LayerShape {
    /// From `channels[0]` channels of `sides` (height, width) to `channels[1]` channels of sides `stride` times
    /// smaller; the first filter has a kernel of side `kernel` and `groups[0]` groups, the second one of side 1 and
    /// `groups[1]` groups. `paired`: channels are shuffled in pairs.
    ///
    /// As in the published program, inputs are shuffled only if `groups[0]` (pairs: twice that) divides their
    /// number: an image's three colours are not.
    ///
    /// # Errors
    /// [`Error::Shape`] if a size is zero, `stride` does not divide the sides, `kernel` is even, or a product leaves
    /// the range of `usize`; [`Error::Groups`] if `groups[0]` does not divide the larger number of channels, or
    /// `groups[1]` (pairs: twice that) does not divide the outputs.
    pub const fn new(
        channels: [usize; 2],
        sides: [usize; 2],
        kernel: usize,
        stride: usize,
        groups: [usize; 2],
        paired: bool,
    ) -> Result<Self, Error> {
        let ([inputs, outputs], [height, width], [first_groups, second_groups]) = (channels, sides, groups);
        if inputs == 0 || outputs == 0 || height == 0 || width == 0 || stride == 0 {
            return Err(Error::Shape);
        }
        if height % stride != 0 || width % stride != 0 {
            return Err(Error::Shape);
        }
        let Some(square) = stride.checked_mul(stride) else { return Err(Error::Shape) };
        let Some(deep) = inputs.checked_mul(square) else { return Err(Error::Shape) };
        let inner = if deep > outputs { deep } else { outputs };
        let first = match FilterShape::new(inner, first_groups, kernel) {
            Ok(shape) => shape,
            Err(error) => return Err(error),
        };
        let second = match FilterShape::new(outputs, second_groups, 1) {
            Ok(shape) => shape,
            Err(error) => return Err(error),
        };
        // Everything that is computed from sizes below is at most three times this.
        let Some(plane) = (height / stride).checked_mul(width / stride) else { return Err(Error::Shape) };
        let Some(image) = inner.checked_mul(plane) else { return Err(Error::Shape) };
        if image.checked_mul(3).is_none() {
            return Err(Error::Shape);
        }
        let before_first = match Self::shuffle(first_groups, inputs, paired) {
            Ok(shuffle) => Some(shuffle),
            Err(_) => None,
        };
        let before_second = match Self::shuffle(second_groups, outputs, paired) {
            Ok(shuffle) => Some(shuffle),
            Err(error) => return Err(error),
        };
        let shuffles = [before_first, before_second];
        Ok(Self {
            inputs,
            outputs,
            height: height / stride,
            width: width / stride,
            stride,
            first,
            second,
            shuffles,
        })
    }

    const fn shuffle(groups: usize, channels: usize, paired: bool) -> Result<Shuffle, Error> {
        if paired { Shuffle::paired(groups, channels) } else { Shuffle::new(groups, channels) }
    }

    /// Shape of the first filter.
    #[inline(always)]
    pub const fn first(self) -> FilterShape {
        self.first
    }

    /// Shape of the second filter.
    #[inline(always)]
    pub const fn second(self) -> FilterShape {
        self.second
    }

    /// Numbers of the input image.
    #[inline(always)]
    pub const fn input_len(self) -> usize {
        self.inputs * self.stride * self.stride * self.plane()
    }

    /// Numbers of the output image.
    #[inline(always)]
    pub const fn output_len(self) -> usize {
        self.outputs * self.plane()
    }

    /// Length of the scratch of [`apply`] and [`apply_transpose`]: two to three times the larger image.
    #[inline(always)]
    pub const fn scratch_len(self) -> usize {
        let (first, second) = (self.first_scratch(), self.second_scratch());
        let inner = self.inner_len();
        let larger = if first > second { first } else { second };
        inner + if larger > inner { larger } else { inner }
    }

    #[inline(always)]
    const fn plane(self) -> usize {
        self.height * self.width
    }

    #[inline(always)]
    const fn inner_len(self) -> usize {
        self.first.channels() * self.plane()
    }

    #[inline(always)]
    const fn first_scratch(self) -> usize {
        exponential::scratch_len(self.first, self.height, self.width)
    }

    #[inline(always)]
    const fn second_scratch(self) -> usize {
        exponential::scratch_len(self.second, self.height, self.width)
    }

    #[inline(always)]
    const fn input_image(self) -> [usize; 3] {
        [self.inputs, self.height * self.stride, self.width * self.stride]
    }

    fn check(self, [inputs, outputs, scratch]: [usize; 3]) -> Result<(), Error> {
        check_length(self.input_len(), inputs)?;
        check_length(self.output_len(), outputs)?;
        check_length(self.scratch_len(), scratch)
    }
}

/// The layer on an image: `x` to `y`. `filters` are skew and scaled ([`filter`](super::filter)), `terms` that of the
/// Taylor polynomials.
///
/// If outputs and inputs hold equally many numbers the map is orthogonal but for both tails
/// ([`exponential::tail_bound`]); if there are more outputs its columns are orthonormal, if fewer its rows.
///
/// Cost: `terms·(first.len() + second.len())·pixels of the output` multiply-adds. `scratch`:
/// [`LayerShape::scratch_len`].
///
/// # Errors
/// [`Error::Length`]; [`Error::NotFinite`].
///
/// ```
/// use reparam::group_shuffle::convolution::{FilterShape, LayerShape, filter, layer};
///
/// let shape = LayerShape::new([4, 4], [3, 3], 3, 1, [2, 2], false)?;
/// let make = |of: FilterShape, norm: f64| {
///     let free: Vec<_> = (0..of.len()).map(|k| (k as f64 * 0.7).sin()).collect();
///     let (mut skew, mut scratch) = (vec![0.0; of.len()], vec![0.0; of.scratch_len()]);
///     filter::skew(of, &free, &mut skew)?;
///     filter::normalize(of, norm, 50, &mut skew, &mut scratch)?;
///     Ok::<_, reparam::group_shuffle::Error>(skew)
/// };
/// let (first, second) = (make(shape.first(), 0.7)?, make(shape.second(), 1.0)?);
/// let x: Vec<_> = (0..shape.input_len()).map(|k| (k as f64 * 1.3).cos()).collect();
/// let (mut y, mut scratch) = (vec![0.0; shape.output_len()], vec![0.0; shape.scratch_len()]);
/// layer::apply(shape, [&first, &second], 12, &x, &mut y, &mut scratch)?;
/// let norm = |x: &[f64]| x.iter().map(|x| x * x).sum::<f64>().sqrt();
/// assert!((norm(&y) / norm(&x) - 1.0).abs() < 3e-6);
/// # Ok::<(), reparam::group_shuffle::Error>(())
/// ```
pub fn apply<T: Real>(
    shape: LayerShape,
    filters: [&[T]; 2],
    terms: usize,
    x: &[T],
    y: &mut [T],
    scratch: &mut [T],
) -> Result<(), Error> {
    shape.check([x.len(), y.len(), scratch.len()])?;
    let ([first, second], [before_first, before_second]) = (filters, shape.shuffles);
    let (plane, input_plane) = (shape.plane(), shape.plane() * shape.stride * shape.stride);
    let (inner, free) = scratch.split_at_mut_checked(shape.inner_len()).ok_or(Error::Shape)?;

    let shuffled = part(free, shape.input_len())?;
    permute(before_first, input_plane, x, shuffled)?;
    let (deep, rest) = inner.split_at_mut_checked(shape.input_len()).ok_or(Error::Shape)?;
    channels::space_to_depth(shape.input_image(), shape.stride, shuffled, deep)?;
    rest.fill(T::ZERO);

    let (height, width) = (shape.height, shape.width);
    exponential::apply(shape.first, height, width, first, terms, inner, part(free, shape.first_scratch())?)?;
    permute(before_second, plane, part(inner, shape.output_len())?, y)?;
    exponential::apply(shape.second, height, width, second, terms, y, part(free, shape.second_scratch())?)
}

/// The adjoint of [`apply`], from `y` to `x`: what carries gradients back, and the inverse of an orthogonal layer but
/// for the tails. Cost and scratch as there.
///
/// # Errors
/// As [`apply`].
///
/// ```
/// use reparam::group_shuffle::convolution::{LayerShape, layer};
///
/// // Zero filters: only the permutation of pixels is left, and its inverse.
/// let shape = LayerShape::new([1, 4], [2, 2], 1, 2, [2, 2], false)?;
/// let (zero, mut scratch) = ([0.0; 8], vec![0.0; shape.scratch_len()]);
/// let (x, mut y, mut back) = ([1.0, 2.0, 3.0, 4.0], [0.0; 4], [0.0; 4]);
/// layer::apply(shape, [&zero, &zero], 3, &x, &mut y, &mut scratch)?;
/// assert_eq!(y, [1.0, 3.0, 2.0, 4.0]);
/// layer::apply_transpose(shape, [&zero, &zero], 3, &y, &mut back, &mut scratch)?;
/// assert_eq!(back, x);
/// # Ok::<(), reparam::group_shuffle::Error>(())
/// ```
pub fn apply_transpose<T: Real>(
    shape: LayerShape,
    filters: [&[T]; 2],
    terms: usize,
    y: &[T],
    x: &mut [T],
    scratch: &mut [T],
) -> Result<(), Error> {
    shape.check([x.len(), y.len(), scratch.len()])?;
    let ([first, second], [before_first, before_second]) =
        (filters, shape.shuffles.map(|s| s.map(Shuffle::inverse)));
    let (plane, input_plane) = (shape.plane(), shape.plane() * shape.stride * shape.stride);
    let (inner, free) = scratch.split_at_mut_checked(shape.inner_len()).ok_or(Error::Shape)?;

    // The second exponential works where the shuffle will put its result: the image fits, for it is the smaller one.
    let (height, width) = (shape.height, shape.width);
    let (image, rest) = inner.split_at_mut_checked(shape.output_len()).ok_or(Error::Shape)?;
    channels::resize(plane, y, image)?;
    exponential::apply_transpose(
        shape.second,
        height,
        width,
        second,
        terms,
        image,
        part(free, shape.second_scratch())?,
    )?;
    rest.fill(T::ZERO);
    let shuffled = part(free, shape.output_len())?;
    permute(before_second, plane, image, shuffled)?;
    channels::resize(plane, shuffled, image)?;

    exponential::apply_transpose(
        shape.first,
        height,
        width,
        first,
        terms,
        inner,
        part(free, shape.first_scratch())?,
    )?;
    let wide = part(free, shape.input_len())?;
    channels::depth_to_space(shape.input_image(), shape.stride, part(inner, shape.input_len())?, wide)?;
    permute(before_first, input_plane, wide, x)
}

#[inline(always)]
fn part<T>(x: &mut [T], len: usize) -> Result<&mut [T], Error> {
    x.get_mut(..len).ok_or(Error::Shape)
}

#[inline(always)]
fn permute<T: Real>(shuffle: Option<Shuffle>, plane: usize, x: &[T], y: &mut [T]) -> Result<(), Error> {
    match shuffle {
        Some(shuffle) => channels::shuffle(shuffle, plane, x, y),
        None => channels::resize(plane, x, y),
    }
}
