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
}
