//! The ground floor computes the same bits on host and target: square root and fused multiply-add of the FPU
//! beside software, elementary functions, random samples. What is reported are digests of results, and how
//! many bits of results differ from the software twin.
#![cfg_attr(target_os = "none", no_std, no_main)]

use rand_core::Rng;
use reparam::Real;
use reparam::random::{SplitMix64, fill_gaussian, uniform_in};

kit::entry!(program);

/// Zeros, subnormals, ones and their neighbours, halfway cases, the largest, infinities, NaN.
const SPECIAL: [u32; 16] = [
    0,
    1,
    0x007f_ffff,
    0x0080_0000,
    0x3eff_ffff,
    0x3f00_0000,
    0x3f7f_ffff,
    0x3f80_0000,
    0x3f80_0001,
    0x4b00_0001,
    0x4b7f_ffff,
    0x7f00_0000,
    0x7f7f_ffff,
    0x7f80_0000,
    0x7fc0_0000,
    0x3380_0000,
];

/// FNV-1a over words. All NaNs are one: the processors differ in their payloads.
struct Digest(u32);

impl Digest {
    fn add(&mut self, x: f32) {
        let bits = if x.is_nan() { 0x7fc0_0000 } else { x.to_bits() };
        self.0 = bits
            .to_le_bytes()
            .iter()
            .fold(self.0, |h, &byte| (h ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    }

    /// In two halves, each exact in `f32`.
    fn report(&self, name: &str) {
        kit::values(name, &[(self.0 >> 16) as f32, (self.0 & 0xffff) as f32]);
    }
}

fn same(a: f32, b: f32) -> bool {
    a.to_bits() == b.to_bits() || a.is_nan() && b.is_nan()
}

fn any_bits(rng: &mut SplitMix64) -> f32 {
    f32::from_bits(rng.next_u32())
}

fn program() {
    let mut rng = SplitMix64::new(1);
    let signed = || SPECIAL.iter().flat_map(|&bits| [f32::from_bits(bits), -f32::from_bits(bits)]);

    // Square root and fused multiply-add against libm's.
    let mut differ = [0f32; 2];
    let mut root = |x: f32| differ[0] += f32::from(u8::from(!same(Real::sqrt(x), libm::sqrtf(x))));
    signed().for_each(&mut root);
    (0..20_000).for_each(|_| root(any_bits(&mut rng)));
    let mut fused = |x: f32, y: f32, sum: f32| {
        differ[1] += f32::from(u8::from(!same(Real::mul_add(x, y, sum), libm::fmaf(x, y, sum))));
    };
    for (x, y) in signed().flat_map(|x| signed().map(move |y| (x, y))) {
        // Total cancellation, nearly total cancellation, halfway cases of the sum.
        [0.0, -(x * y), x, f32::from_bits(1), 1.0].into_iter().for_each(|sum| fused(x, y, sum));
    }
    for _ in 0..5_000 {
        let (x, y, sum) = (any_bits(&mut rng), any_bits(&mut rng), any_bits(&mut rng));
        fused(x, y, sum);
        fused(x, y, -(x * y));
        let (x, y) = (uniform_in(&mut rng, 1.0, 2.0), uniform_in(&mut rng, 1.0, 2.0));
        fused(x, y, -(x * y));
    }
    kit::values("differ_from_software", &differ);

    type Function = fn(f32) -> f32;
    let functions: [(&str, Function); 10] = [
        ("sin", |x| Real::sin_cos(x).0),
        ("cos", |x| Real::sin_cos(x).1),
        ("exp", Real::exp),
        ("exp_m1", Real::exp_m1),
        ("ln", Real::ln),
        ("ln_1p", Real::ln_1p),
        ("tanh", Real::tanh),
        ("floor", Real::floor),
        ("round", Real::round),
        ("sqrt", Real::sqrt),
    ];
    for (name, f) in functions {
        let mut digest = Digest(0x811c_9dc5);
        signed().for_each(|x| digest.add(f(x)));
        (0..4_000).for_each(|_| digest.add(f(any_bits(&mut rng))));
        (0..4_000).for_each(|_| digest.add(f(uniform_in(&mut rng, -10.0, 10.0))));
        digest.report(name);
    }
    type Binary = fn(f32, f32) -> f32;
    let functions: [(&str, Binary); 4] =
        [("atan2", Real::atan2), ("hypot", Real::hypot), ("min", Real::min), ("max", Real::max)];
    for (name, f) in functions {
        let mut digest = Digest(0x811c_9dc5);
        signed().for_each(|x| signed().filter(|y| *y != 0.0 || x != 0.0).for_each(|y| digest.add(f(x, y))));
        (0..4_000).for_each(|_| digest.add(f(any_bits(&mut rng), any_bits(&mut rng))));
        digest.report(name);
    }

    let mut samples = [0f32; 2000];
    fill_gaussian(&mut rng, &mut samples);
    kit::values("gaussian", &samples[..8]);
    let mut digest = Digest(0x811c_9dc5);
    samples.iter().for_each(|&x| digest.add(x));
    digest.report("gaussian_digest");
    let mut samples = [0f64; 200];
    fill_gaussian(&mut rng, &mut samples);
    let mut digest = Digest(0x811c_9dc5);
    for bits in samples.map(f64::to_bits) {
        digest.add(f32::from_bits(bits as u32));
        digest.add(f32::from_bits((bits >> 32) as u32));
    }
    digest.report("gaussian_f64_digest");
}
