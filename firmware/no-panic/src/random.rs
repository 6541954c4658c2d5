//! Random numbers.

use rand_core::{Rng, SeedableRng};
use reparam::random::{self, SplitMix64};

use crate::kernels;

kernels! {
    new(seed: u64) -> SplitMix64 { SplitMix64::new(seed) }
    seed_from_u64(seed: u64) -> SplitMix64 { SplitMix64::seed_from_u64(seed) }
    state(rng: &SplitMix64) -> u64 { rng.state() }
    next_u32(rng: &mut SplitMix64) -> u32 { rng.next_u32() }
    next_u64(rng: &mut SplitMix64) -> u64 { rng.next_u64() }
    fill_bytes(rng: &mut SplitMix64, bytes: &mut [u8]) { rng.fill_bytes(bytes) }
    uniform(rng: &mut SplitMix64) -> T { random::uniform(rng) }
    uniform_in(rng: &mut SplitMix64, low: T, high: T) -> T { random::uniform_in(rng, low, high) }
    index(rng: &mut SplitMix64, count: u32) -> u32 { random::index(rng, count) }
    gaussian(rng: &mut SplitMix64) -> T { random::gaussian(rng) }
    gaussian_pair(rng: &mut SplitMix64) -> (T, T) { random::gaussian_pair(rng) }
    fill_gaussian(rng: &mut SplitMix64, samples: &mut [T]) { random::fill_gaussian(rng, samples) }
}
