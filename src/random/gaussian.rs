use rand_core::Rng;

use super::uniform;
use crate::Real;
use crate::real::sealed::Sealed;

/// Two independent standard Gaussian samples from two words (Box and Muller 1958).
///
/// The same bits on every target and with every backend: logarithm, sine and cosine are the crate's own and use
/// addition, multiplication and division alone. No rejection, so the number of words is known, and `f32` and
/// `f64` samples of one generator are roundings of nearly the same number. Magnitudes end at 6.8 for `f32` and
/// 8.7 for `f64`.
///
/// ```
/// use reparam::random::{SplitMix64, gaussian_pair};
///
/// let (x, y) = gaussian_pair::<f64, _>(&mut SplitMix64::new(0));
/// assert!((x + 0.452_757_740_217_458).abs() < 1e-14 && (y - 0.207_766_038_934_192).abs() < 1e-14);
/// ```
pub fn gaussian_pair<T: Real, R: Rng + ?Sized>(rng: &mut R) -> (T, T) {
    let square = -T::TWO * <T as Sealed>::positive_from_word(rng.next_u64()).portable_ln();
    let radius = square.sqrt();
    let (sin, cos) = uniform::<T, R>(rng).portable_sin_cos_turns();
    (radius * cos, radius * sin)
}

/// A standard Gaussian sample: the first of a [`gaussian_pair`], whose second is lost.
pub fn gaussian<T: Real, R: Rng + ?Sized>(rng: &mut R) -> T {
    gaussian_pair(rng).0
}

/// Fills a slice with independent standard Gaussian samples, pair by pair.
///
/// ```
/// use reparam::random::{SplitMix64, fill_gaussian};
///
/// let mut noise = [0f32; 5];
/// fill_gaussian(&mut SplitMix64::new(1), &mut noise);
/// assert!(noise.iter().all(|x| x.abs() < 7.0));
/// ```
pub fn fill_gaussian<T: Real, R: Rng + ?Sized>(rng: &mut R, samples: &mut [T]) {
    for pair in samples.chunks_mut(2) {
        let (x, y) = gaussian_pair(rng);
        pair.iter_mut().zip([x, y]).for_each(|(sample, value)| *sample = value);
    }
}
