use rand_core::Rng;
use reparam::random::{SplitMix64, fill_gaussian, uniform};

use crate::Status;
use crate::memory::{reference, slice_mut};
use crate::status::status;

/// A SplitMix64 generator: seed it with any value, `state` may be saved and restored. Not cryptographic.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct reparam_random {
    /// The whole state.
    pub state: u64,
}

impl reparam_random {
    pub(crate) fn with<Out>(&mut self, draw: impl FnOnce(&mut SplitMix64) -> Out) -> Out {
        let mut rng = SplitMix64::new(self.state);
        let out = draw(&mut rng);
        self.state = rng.state();
        out
    }
}

/// Starts the sequence of `seed`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn reparam_random_seed(random: *mut reparam_random, seed: u64) -> Status {
    status(|| {
        // SAFETY: the header's contract.
        unsafe { reference(random)? }.state = seed;
        Ok(())
    })
}

/// The next 64 bits.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn reparam_random_u64(random: *mut reparam_random, word: *mut u64) -> Status {
    status(|| {
        // SAFETY: the header's contract.
        let (random, word) = unsafe { (reference(random)?, reference(word)?) };
        *word = random.with(Rng::next_u64);
        Ok(())
    })
}

macro_rules! samples {
    ($t:ident: $uniform:ident, $gaussian:ident) => {
        /// `len` samples, uniform in [0, 1).
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $uniform(random: *mut reparam_random, out: *mut $t, len: usize) -> Status {
            status(|| {
                // SAFETY: the header's contract.
                let (random, out) = unsafe { (reference(random)?, slice_mut(out, len)?) };
                random.with(|rng| out.iter_mut().for_each(|out| *out = uniform(rng)));
                Ok(())
            })
        }

        /// `len` samples of the standard Gaussian distribution.
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $gaussian(random: *mut reparam_random, out: *mut $t, len: usize) -> Status {
            status(|| {
                // SAFETY: the header's contract.
                let (random, out) = unsafe { (reference(random)?, slice_mut(out, len)?) };
                random.with(|rng| fill_gaussian(rng, out));
                Ok(())
            })
        }
    };
}

samples!(f32: reparam_random_uniform_f32, reparam_random_gaussian_f32);
samples!(f64: reparam_random_uniform_f64, reparam_random_gaussian_f64);
