//! `f32` logarithms without soft-float.

use core::f32::consts::FRAC_1_SQRT_2;

use super::exp::{LN_2_HIGH, LN_2_LOW};

/// Natural logarithm.
pub(in crate::real) fn ln(x: f32) -> f32 {
    let bits = x.to_bits();
    // Zero, negative, subnormal, infinite or NaN.
    if bits.wrapping_sub(f32::MIN_POSITIVE.to_bits()) >= f32::INFINITY.to_bits() - f32::MIN_POSITIVE.to_bits()
    {
        return ln_special(x);
    }
    let (k, f) = split(bits);
    assemble(k, f, 0.0)
}

#[cold]
#[inline(never)]
fn ln_special(x: f32) -> f32 {
    if x == 0.0 {
        f32::NEG_INFINITY
    } else if x.is_sign_negative() {
        f32::NAN
    } else if x < f32::MIN_POSITIVE {
        let (k, f) = split((x * 8_388_608.0).to_bits());
        assemble(k - 23, f, 0.0)
    } else {
        x
    }
}

/// ln(1 + x).
pub(in crate::real) fn ln_1p(x: f32) -> f32 {
    if x > -0.29 && x < 0.41 {
        return assemble(0, x, 0.0);
    }
    let sum = 1.0 + x;
    if !(sum > 0.0 && sum < f32::INFINITY) {
        return ln_special(sum);
    }
    // What rounding the sum lost, relative to it.
    let lost = if x > 1.0 { 1.0 - (sum - x) } else { x - (sum - 1.0) };
    let (k, f) = split(sum.to_bits());
    assemble(k, f, lost / sum)
}

/// x = 2ᵏ·(1 + f), 1 + f in [1/√2, √2), from the bits of a positive normal x: (k, f).
#[inline(always)]
fn split(bits: u32) -> (i32, f32) {
    let k = bits.wrapping_sub(FRAC_1_SQRT_2.to_bits()) as i32 >> 23;
    (k, f32::from_bits(bits.wrapping_sub((k << 23) as u32)) - 1.0)
}

/// k·ln 2 + ln(1 + f) + small. With s = f/(2 + f), ln(1 + f) = 2·artanh s = f − f²/2 + s·(f²/2 + R(s²)).
#[inline(always)]
fn assemble(k: i32, f: f32, small: f32) -> f32 {
    let k = k as f32;
    let s = f / (2.0 + f);
    let z = s * s;
    let r = z * (0.666_666_87 + z * (0.399_885_68 + z * 0.295_858_56));
    let half_square = 0.5 * f * f;
    k * LN_2_HIGH + (f - (half_square - (s * (half_square + r) + (k * LN_2_LOW + small))))
}
