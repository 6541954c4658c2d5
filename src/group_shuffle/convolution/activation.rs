//! Sorting pairs of channels: an activation whose Jacobian is a permutation.

use crate::Real;

use super::super::error::Error;

/// Which of a pair of channels receives the larger numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum PairOrder {
    /// The first of the pair, as the publication's text has it.
    #[default]
    MaxFirst,
    /// The second, as its program has it. Exchanging weights with that program needs this one.
    MinFirst,
}

/// Sorts, pixel by pixel, the channels 2c and 2c + 1: MaxMinPermuted (appendix F). Neighbours, so that a pair stays
/// in one group if channels are shuffled in pairs ([`Shuffle::paired`](super::super::Shuffle::paired)).
///
/// Keeps the norm of the image and of gradients. Of a pair with a NaN nothing is moved. Cost: a comparison a pair.
///
/// # Errors
/// [`Error::Shape`] unless the image is an even number of channels of `plane` pixels.
///
/// ```
/// use reparam::group_shuffle::convolution::{PairOrder, activation};
///
/// let mut x = [1.0, 5.0, 3.0, 2.0];
/// activation::max_min_permuted(PairOrder::MaxFirst, 2, &mut x)?;
/// assert_eq!(x, [3.0, 5.0, 1.0, 2.0]);
/// activation::max_min_permuted(PairOrder::MinFirst, 2, &mut x)?;
/// assert_eq!(x, [1.0, 2.0, 3.0, 5.0]);
/// # Ok::<(), reparam::group_shuffle::Error>(())
/// ```
pub fn max_min_permuted<T: Real>(order: PairOrder, plane: usize, x: &mut [T]) -> Result<(), Error> {
    let pair = plane.checked_mul(2).ok_or(Error::Shape)?;
    if pair == 0 || x.len() % pair != 0 {
        return Err(Error::Shape);
    }
    for pair in x.chunks_exact_mut(pair) {
        let Some((first, second)) = pair.split_at_mut_checked(plane) else { continue };
        for (first, second) in first.iter_mut().zip(second) {
            let wrong = match order {
                PairOrder::MaxFirst => *first < *second,
                PairOrder::MinFirst => *first > *second,
            };
            if wrong {
                core::mem::swap(first, second);
            }
        }
    }
    Ok(())
}
