//! `f32` exponential functions without soft-float.

use core::f32::consts::LOG2_E;

/// ln 2 = `LN_2_HIGH` + `LN_2_LOW`. The first has 15 bits: its product with a quotient of 8 bits is exact.
pub(in crate::real) const LN_2_HIGH: f32 = 0.693_145_75;
pub(in crate::real) const LN_2_LOW: f32 = 1.428_606_8e-6;

/// 1.5·2²³: adding it leaves the nearest integer in the low bits of the sum.
const TO_INTEGER: f32 = 12_582_912.0;

/// e^x.
pub(in crate::real) fn exp(x: f32) -> f32 {
    // Compared as bits without sign, infinity and NaN are large too.
    if x.to_bits() << 1 >= 64f32.to_bits() << 1 {
        return exp_large(x);
    }
    let (k, power) = power(x);
    scale(power, k)
}

#[cold]
#[inline(never)]
fn exp_large(x: f32) -> f32 {
    if x.is_nan() {
        return x;
    }
    let (k, power) = power(x.clamp(-104.0, 89.0));
    // In two steps: 2ᵏ alone may overflow, and a subnormal result is rounded by the product.
    let half = k / 2;
    scale(power, half) * scale(1.0, k - half)
}

/// e^x − 1.
pub(in crate::real) fn exp_m1(x: f32) -> f32 {
    // Compared as bits without sign, infinity and NaN are large too.
    if x.to_bits() << 1 >= 16f32.to_bits() << 1 {
        return exp_m1_large(x);
    }
    let (k, high, low) = reduce(x);
    let r = high - low;
    let tail = ((high - r) - low) + r * r * curvature(r);
    let two_k = scale(1.0, k);
    ((two_k - 1.0) + two_k * r) + two_k * tail
}

#[cold]
#[inline(never)]
fn exp_m1_large(x: f32) -> f32 {
    // Where e^x counts alone, or not at all: 1 is below half of the last place.
    if x > -17.4 {
        exp(x) - 1.0
    } else if x.is_nan() {
        x
    } else {
        -1.0
    }
}

/// Hyperbolic tangent.
pub(in crate::real) fn tanh(x: f32) -> f32 {
    let magnitude = x.abs();
    // From here on the result rounds to 1.
    if magnitude > 9.1 {
        return 1f32.copysign(x);
    }
    let e = exp_m1(magnitude + magnitude);
    (e / (e + 2.0)).copysign(x)
}

/// x = k·ln 2 + high − low with |high − low| ≤ ln 2/2: (k, high, low) for |x| < 128.
#[inline(always)]
fn reduce(x: f32) -> (i32, f32, f32) {
    let shifted = TO_INTEGER + x * LOG2_E;
    let k = shifted - TO_INTEGER;
    ((shifted.to_bits() as i32) << 9 >> 9, x - k * LN_2_HIGH, k * LN_2_LOW)
}

/// e^x = 2ᵏ·power, power in [0.7, 1.42]: (k, power) for |x| < 128.
#[inline(always)]
fn power(x: f32) -> (i32, f32) {
    let (k, high, low) = reduce(x);
    let r = high - low;
    (k, 1.0 + (r + r * r * curvature(r)))
}

/// (eʳ − 1 − r)/r², minimax for |r| ≤ ln 2/2.
#[inline(always)]
fn curvature(r: f32) -> f32 {
    0.499_999_97 + r * (0.166_665_43 + r * (4.166_750_2e-2 + r * (8.366_534e-3 + r * 1.386_453e-3)))
}

/// x·2ᵏ where x and the result are normal numbers.
#[inline(always)]
fn scale(x: f32, k: i32) -> f32 {
    f32::from_bits(x.to_bits().wrapping_add((k << 23) as u32))
}
