use rand_core::Rng;

use crate::Real;
use crate::real::sealed::Sealed;

/// Uniform sample in [0, 1) from the top 53 bits of one word, rounded down to the type: `f32` keeps 24.
pub fn uniform<T: Real, R: Rng + ?Sized>(rng: &mut R) -> T {
    <T as Sealed>::from_word(rng.next_u64())
}

/// Uniform sample between `low` and `high`, from one word. Rounding may return `high` itself. NaN or infinity
/// where a bound or `high - low` is not finite.
///
/// ```
/// use reparam::random::{SplitMix64, uniform_in};
///
/// let angle = uniform_in(&mut SplitMix64::new(7), -1.0f32, 1.0);
/// assert!((-1.0..=1.0).contains(&angle));
/// ```
pub fn uniform_in<T: Real, R: Rng + ?Sized>(rng: &mut R, low: T, high: T) -> T {
    low.mac(high - low, uniform(rng))
}

/// Uniform sample in 0..`count`, from one word, without division or rejection (Lemire 2019, without his
/// correction): no value is more likely than another by more than a factor of 1 + `count`·2⁻⁶⁴. 0 for no values.
///
/// ```
/// use reparam::random::{SplitMix64, index};
///
/// assert!(index(&mut SplitMix64::new(7), 6) < 6);
/// ```
pub fn index<R: Rng + ?Sized>(rng: &mut R, count: u32) -> u32 {
    let (word, count) = (rng.next_u64(), u64::from(count));
    let low = ((word & 0xffff_ffff) * count) >> 32;
    (((word >> 32) * count + low) >> 32) as u32
}
