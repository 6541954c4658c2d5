//! MT19937 (Matsumoto and Nishimura 1998), the generator behind the published instances: only for drawing those.

const N: usize = 624;
const M: usize = 397;

/// Uniform numbers as MATLAB's `rng(seed); rand` and NumPy's `RandomState(seed).random_sample()` give them.
pub struct Mersenne {
    state: [u32; N],
    next: usize,
}

impl Mersenne {
    /// Seeded by one word (`init_genrand`).
    pub fn new(seed: u32) -> Self {
        let mut state = [seed; N];
        for k in 1..N {
            let before = state[k - 1];
            state[k] = 1_812_433_253u32.wrapping_mul(before ^ (before >> 30)).wrapping_add(k as u32);
        }
        Self { state, next: N }
    }

    fn word(&mut self) -> u32 {
        if self.next == N {
            for k in 0..N {
                let mixed = (self.state[k] & 0x8000_0000) | (self.state[(k + 1) % N] & 0x7fff_ffff);
                let twist = if mixed & 1 == 1 { 0x9908_b0df } else { 0 };
                self.state[k] = self.state[(k + M) % N] ^ (mixed >> 1) ^ twist;
            }
            self.next = 0;
        }
        let mut word = self.state[self.next];
        self.next += 1;
        word ^= word >> 11;
        word ^= (word << 7) & 0x9d2c_5680;
        word ^= (word << 15) & 0xefc6_0000;
        word ^ (word >> 18)
    }

    /// The next number in [0, 1), with 53 bits (`genrand_res53`).
    pub fn uniform(&mut self) -> f64 {
        let (high, low) = (self.word() >> 5, self.word() >> 6);
        (f64::from(high) * 67_108_864.0 + f64::from(low)) / 9_007_199_254_740_992.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_numpy() {
        // numpy.random.RandomState(1).random_sample(2) and RandomState(5489).random_sample()
        let mut rng = Mersenne::new(1);
        assert_eq!([rng.uniform(), rng.uniform()], [0.417022004702574, 0.7203244934421581]);
        assert_eq!(Mersenne::new(5489).uniform(), 0.8147236863931789);
    }
}
