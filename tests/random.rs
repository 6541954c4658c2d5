//! SplitMix64 and its samples against an independent program, exact probabilities and closed-form laws.

use rand_core::{Rng, SeedableRng};
use reparam::Real;
use reparam::random::{SplitMix64, fill_gaussian, gaussian, gaussian_pair, index, uniform, uniform_in};

/// Lines of `reference/random.py`: seed, four words, a Gaussian pair.
fn golden() -> Vec<(u64, [u64; 4], [f64; 2])> {
    let line = |line: &str| {
        let fields: Vec<_> = line.split(',').collect();
        let word = |i: usize| u64::from_str_radix(fields[i], 16).unwrap();
        let words = [word(1), word(2), word(3), word(4)];
        (fields[0].parse().unwrap(), words, [fields[5].parse().unwrap(), fields[6].parse().unwrap()])
    };
    include_str!("reference/random.csv").lines().skip(1).map(line).collect()
}

#[test]
fn words_of_the_reference() {
    for (seed, words, _) in golden() {
        let mut rng = SplitMix64::new(seed);
        assert_eq!(words, [(); 4].map(|()| rng.next_u64()), "seed {seed}");
    }
}

#[test]
fn seeds_state_and_bytes_are_one_stream() {
    let mut rng = SplitMix64::seed_from_u64(42);
    assert_eq!(rng, SplitMix64::from_seed(42u64.to_le_bytes()));
    let words = [rng.next_u64(), rng.next_u64(), rng.next_u64()];
    assert_eq!(SplitMix64::new(rng.state()).next_u64(), rng.clone().next_u64());
    let mut bytes = [0; 19];
    SplitMix64::new(42).fill_bytes(&mut bytes);
    assert_eq!(bytes[..8], words[0].to_le_bytes());
    assert_eq!(bytes[16..], words[2].to_le_bytes()[..3]);
    assert_eq!(SplitMix64::new(42).next_u32(), (words[0] >> 32) as u32);
}

#[test]
fn gaussians_of_the_reference() {
    for (seed, _, [x, y]) in golden() {
        let double = gaussian_pair::<f64, _>(&mut SplitMix64::new(seed));
        let single = gaussian_pair::<f32, _>(&mut SplitMix64::new(seed));
        for (reference, double, single) in [(x, double.0, single.0), (y, double.1, single.1)] {
            assert!(
                (double - reference).abs() <= 1e-15 * reference.abs().max(1.0),
                "seed {seed}: {double} {reference}"
            );
            assert!((f64::from(single) - reference).abs() <= 2e-6, "seed {seed}: {single} {reference}");
        }
    }
}

/// FNV-1a of the samples' bits: any change of the stream on any target or backend shows.
fn digest(bytes: impl Iterator<Item = u8>) -> u64 {
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3))
}

#[test]
fn gaussian_bits_are_fixed() {
    let (mut single, mut double) = ([0f32; 4096], [0f64; 4096]);
    fill_gaussian(&mut SplitMix64::new(3), &mut single);
    fill_gaussian(&mut SplitMix64::new(3), &mut double);
    let digests = (
        digest(single.iter().flat_map(|x| x.to_bits().to_le_bytes())),
        digest(double.iter().flat_map(|x| x.to_bits().to_le_bytes())),
    );
    assert_eq!(digests, (4371501503645849915, 13708550472654866911));
}

#[test]
fn filling_takes_pairs() {
    let mut filled = [0.0; 3];
    fill_gaussian(&mut SplitMix64::new(5), &mut filled);
    let mut rng = SplitMix64::new(5);
    let (x, y) = gaussian_pair(&mut rng);
    assert_eq!(filled, [x, y, gaussian(&mut rng)]);
}

#[test]
fn extreme_words_stay_finite() {
    struct Constant(u64);
    impl rand_core::TryRng for Constant {
        type Error = core::convert::Infallible;
        fn try_next_u32(&mut self) -> Result<u32, Self::Error> {
            Ok(self.0 as u32)
        }
        fn try_next_u64(&mut self) -> Result<u64, Self::Error> {
            Ok(self.0)
        }
        fn try_fill_bytes(&mut self, dst: &mut [u8]) -> Result<(), Self::Error> {
            dst.fill(self.0 as u8);
            Ok(())
        }
    }
    for word in [0, u64::MAX, 1 << 63, u64::MAX >> 1] {
        let (x, y) = gaussian_pair::<f32, _>(&mut Constant(word));
        assert!(x.abs() < 7.0 && y.abs() < 7.0);
        let (x, y) = gaussian_pair::<f64, _>(&mut Constant(word));
        assert!(x.abs() < 9.0 && y.abs() < 9.0);
        assert!(uniform::<f32, _>(&mut Constant(word)) < 1.0 && uniform::<f64, _>(&mut Constant(word)) < 1.0);
        assert!(index(10, word) < 10);
    }
    fn index(count: u32, word: u64) -> u32 {
        reparam::random::index(&mut Constant(word), count)
    }
    assert_eq!(
        [index(10, 0), index(10, u64::MAX), index(0, u64::MAX), index(u32::MAX, u64::MAX)],
        [0, 9, 0, u32::MAX - 1]
    );
}

/// Largest distance of the empirical distribution from the law, times √n.
fn kolmogorov_smirnov(mut sample: Vec<f64>, law: impl Fn(f64) -> f64) -> f64 {
    sample.sort_by(f64::total_cmp);
    let n = sample.len() as f64;
    let distance =
        |(i, &x): (usize, &f64)| (law(x) - i as f64 / n).abs().max((law(x) - (i + 1) as f64 / n).abs());
    sample.iter().enumerate().map(distance).fold(0.0, f64::max) * n.sqrt()
}

/// Exceeded with probability 1e-6 (Kolmogorov's law: 2·exp(−2t²)).
const KOLMOGOROV: f64 = 2.7;

fn samples<T: Real>(count: usize, seed: u64) -> Vec<f64> {
    let mut samples = vec![T::ZERO; count];
    fill_gaussian(&mut SplitMix64::new(seed), &mut samples);
    samples.iter().map(|x| x.to_f64()).collect()
}

#[test]
fn gaussians_have_the_gaussian_law() {
    const N: usize = 200_000;
    for sample in [samples::<f32>(N, 11), samples::<f64>(N, 12)] {
        let n = N as f64;
        let moment = |p: i32| sample.iter().map(|x| x.powi(p)).sum::<f64>() / n;
        // Bounds: five standard deviations of each estimate.
        let bound = |variance: f64| 5.0 * (variance / n).sqrt();
        assert!(moment(1).abs() < bound(1.0));
        assert!((moment(2) - 1.0).abs() < bound(2.0));
        assert!(moment(3).abs() < bound(15.0));
        assert!((moment(4) - 3.0).abs() < bound(96.0));
        let correlation = sample.chunks_exact(2).map(|pair| pair[0] * pair[1]).sum::<f64>() / (n / 2.0);
        assert!(correlation.abs() < bound(2.0));
        let law = |x: f64| 0.5 * libm::erfc(-x / 2f64.sqrt());
        assert!(kolmogorov_smirnov(sample, law) < KOLMOGOROV);
    }
}

#[test]
fn uniforms_have_the_uniform_law() {
    let mut rng = SplitMix64::new(13);
    let sample: Vec<_> = (0..200_000).map(|_| uniform_in(&mut rng, -2.0, 3.0)).collect();
    assert!(kolmogorov_smirnov(sample, |x| (x + 2.0) / 5.0) < KOLMOGOROV);
    let sample: Vec<_> = (0..200_000).map(|_| f64::from(uniform::<f32, _>(&mut rng))).collect();
    assert!(kolmogorov_smirnov(sample, |x| x) < KOLMOGOROV);
}

#[test]
fn indices_are_equally_likely() {
    let (mut rng, mut counts) = (SplitMix64::new(14), [0u32; 7]);
    (0..70_000).for_each(|_| counts[index(&mut rng, 7) as usize] += 1);
    // χ² with 6 degrees of freedom exceeds 38 with probability 1e-6.
    let chi_square: f64 = counts.iter().map(|&count| (f64::from(count) - 1e4).powi(2) / 1e4).sum();
    assert!(chi_square < 38.0, "{counts:?}");
}

#[test]
fn uniform_in_bounds_that_are_not_finite() {
    let mut rng = SplitMix64::new(15);
    assert!(!uniform_in(&mut rng, 0.0, f64::INFINITY).is_finite());
    assert!(uniform_in(&mut rng, f32::NAN, 1.0).is_nan());
    assert_eq!(uniform_in(&mut rng, 2.5f32, 2.5), 2.5);
}
