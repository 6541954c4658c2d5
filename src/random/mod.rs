//! SplitMix64 and the samples drawn from it: the same bits on host and target.

mod gaussian;
mod uniform;

use core::convert::Infallible;

use rand_core::{SeedableRng, TryRng};

pub use gaussian::{fill_gaussian, gaussian, gaussian_pair};
pub use uniform::{index, uniform, uniform_in};

/// Steele, Lea and Flood's SplitMix64: 64 bits of state, one word per step, period 2⁶⁴.
///
/// Portable and small, not cryptographic. Cost: two 64-bit multiplications a word.
///
/// ```
/// use rand_core::{Rng, SeedableRng};
/// use reparam::random::SplitMix64;
///
/// let mut rng = SplitMix64::seed_from_u64(0);
/// assert_eq!(rng.next_u64(), 0xe220_a839_7b1d_cdaf);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SplitMix64 {
    state: u64,
}

impl SplitMix64 {
    /// A generator whose first word is the mix of `seed + 0x9e3779b97f4a7c15`.
    pub const fn new(seed: u64) -> Self {
        Self { state: seed }
    }

    /// The state: [`new`](Self::new) of it continues the sequence.
    pub const fn state(&self) -> u64 {
        self.state
    }

    fn step(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}

impl TryRng for SplitMix64 {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok((self.step() >> 32) as u32)
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(self.step())
    }

    fn try_fill_bytes(&mut self, dst: &mut [u8]) -> Result<(), Infallible> {
        for chunk in dst.chunks_mut(8) {
            chunk.iter_mut().zip(self.step().to_le_bytes()).for_each(|(dst, src)| *dst = src);
        }
        Ok(())
    }
}

impl SeedableRng for SplitMix64 {
    type Seed = [u8; 8];

    fn from_seed(seed: [u8; 8]) -> Self {
        Self::new(u64::from_le_bytes(seed))
    }

    fn seed_from_u64(seed: u64) -> Self {
        Self::new(seed)
    }
}
