//! Random samples.
#![cfg_attr(target_os = "none", no_std, no_main)]

use kit::bench;
use rand_core::Rng;
use reparam::random::{SplitMix64, fill_gaussian, uniform};

kit::entry!(program);

fn program() {
    let mut rng = SplitMix64::new(1);
    bench::call("next_u64", || rng.next_u64());
    bench::call("uniform", || uniform::<f32, _>(&mut rng));
    let mut samples = [0f32; 64];
    bench::call("fill_gaussian_64", || fill_gaussian(&mut rng, &mut samples));
}
