/// Up to here three constants reduce the argument; the bound also keeps the quotient within 7 bits.
const SMALL: f32 = 128.0;

/// 1.5·2²³: adding it leaves the nearest integer in the low bits of the sum.
const TO_INTEGER: f32 = 12_582_912.0;

/// π/2 = `PI_2_HIGH` + `PI_2_MIDDLE` + `PI_2_LOW` up to 2⁻⁶³. The first has 12 bits and the second 17, so that a
/// product with a quotient of 7 bits is exact.
const PI_2_HIGH: f32 = 3217.0 / 2048.0;
const PI_2_MIDDLE: f32 = -4.454_457_7e-6;
const PI_2_LOW: f32 = 2.563_344e-12;

/// (sin x, cos x), x in radians. NaN for infinite x and NaN.
///
/// Error at most 1.5 ulp for every finite x. Sine is odd and cosine even to the bit.
///
/// Cost on Cortex-M4F: 48 instructions for |x| ≤ 128, 97 beyond, no soft-float; 687 bytes of flash. Three constants reduce a
/// small argument (Cody and Waite), 2/π to 199 bits a large one (Payne and Hanek); then one polynomial each.
///
/// ```
/// use reparam::trig::sin_cos;
///
/// let (sin, cos) = sin_cos(core::f32::consts::PI);
/// assert_eq!((sin, cos), (-8.742_278e-8, -1.0));
/// let (sin, cos) = sin_cos(1e30);
/// assert!((sin - -0.791_163_44).abs() < 1e-7 && (cos - -0.611_604_8).abs() < 1e-7);
/// ```
pub fn sin_cos(x: f32) -> (f32, f32) {
    // Compared as bits without sign, infinity and NaN are large; and so is zero, whose sign the sums below lose.
    if (x.to_bits() << 1).wrapping_sub(1) >= SMALL.to_bits() << 1 {
        return other(x);
    }
    let shifted = TO_INTEGER + x * core::f32::consts::FRAC_2_PI;
    let quotient = shifted - TO_INTEGER;
    let r = (x - quotient * PI_2_HIGH) - quotient * PI_2_MIDDLE;
    quadrant(shifted.to_bits(), r, quotient * -PI_2_LOW)
}

/// (sin, cos) of `quarters`·π/2 + `r` + `tail`, |r| ≤ π/4; `tail` is below the last place of `r`.
#[inline(always)]
pub(crate) fn quadrant(quarters: u32, r: f32, tail: f32) -> (f32, f32) {
    let z = r * r;
    // Minimax coefficients, moved to neighbours with a smaller largest error as long as the mean of
    // sin² + cos² − 1 over a turn stays below 1e-10: products of rotations drift like a random walk. The error
    // alone would choose others with a growth of 5e-9 a rotation.
    let sin = r + (tail + r * z * (-0.166_666_61 + z * (8.332_608e-3 + z * -1.957_738e-4)));
    let cos = 1.0 + z * (-0.5 + z * (4.166_664_6e-2 + z * (-1.388_731_1e-3 + z * 2.443_256_7e-5)));
    let (s, c) = if quarters & 1 == 0 { (sin, cos) } else { (cos, sin) };
    // By quadrant, sine has the signs ++−− and cosine +−−+.
    let sign_s = (quarters & 2) << 30;
    let sign_c = ((quarters ^ quarters << 1) & 2) << 30;
    (f32::from_bits(s.to_bits() ^ sign_s), f32::from_bits(c.to_bits() ^ sign_c))
}

/// 2/π as a binary fraction after 25 zero bits.
const FRAC_2_PI: [u8; 27] = [
    0x00, 0x00, 0x00, 0x51, 0x7c, 0xc1, 0xb7, 0x27, 0x22, 0x0a, 0x94, 0xfe, 0x13, 0xab, 0xe8, 0xfa, 0x9a,
    0x6e, 0xe0, 0x6d, 0xb1, 0x4a, 0xcc, 0x9e, 0x21, 0xc8, 0x20,
];

/// Payne and Hanek's reduction in integers, for |x| ≥ 128; and what is zero or not finite.
#[cold]
#[inline(never)]
fn other(x: f32) -> (f32, f32) {
    let bits = x.to_bits();
    // x = ±mantissa·2^(exponent − 150). Bits of 2/π that contribute multiples of 2π are skipped: with the
    // leading zeros of the table, the window starts at bit `exponent − 127`; whole bytes of that in the table, the
    // rest by a shift of the mantissa. The table ends where the exponent of infinity would start.
    let start = ((bits >> 23) & 0xff).wrapping_sub(127);
    let window = FRAC_2_PI.get((start >> 3) as usize..).and_then(|bytes| bytes.first_chunk());
    let Some(&[a, b, c, d, e, f, g, h, i, j, k, l]) = window else {
        return if x == 0.0 { (x, 1.0) } else { (f32::NAN, f32::NAN) };
    };
    let mantissa = u64::from(((bits & 0x007f_ffff) | 0x0080_0000) << (start & 7));
    let product = |word| mantissa * u64::from(u32::from_be_bytes(word));
    // Quarter turns, 2 bits before the binary point and 62 after it.
    let turns = (product([a, b, c, d]) << 32)
        .wrapping_add(product([e, f, g, h]))
        .wrapping_add(product([i, j, k, l]) >> 32);
    let quarters = (turns.wrapping_add(1 << 61) >> 62) as u32;
    let fraction = (turns << 2) as i64;
    let magnitude = (fraction ^ (fraction >> 63)) as u64;
    // No f32 comes closer to a multiple of π/2 than 2⁻³⁰ quarter turns: the upper half is not zero.
    let zeros = ((magnitude >> 32) as u32 | 1).leading_zeros();
    let top = ((magnitude << (zeros & 31)) >> 32) as u32;
    // π/2 in 1.31 bits: `angle`·2^(−31 − zeros) radians, rounded once on its way to f32.
    let angle = ((u64::from(top) * 0xc90f_daa2) >> 32) as u32;
    let r = angle as f32 * f32::from_bits((127 - 31 - zeros) << 23);
    let sign = (bits ^ (fraction >> 32) as u32) & 0x8000_0000;
    let quarters = if bits >> 31 == 0 { quarters } else { quarters.wrapping_neg() };
    quadrant(quarters, f32::from_bits(r.to_bits() ^ sign), 0.0)
}
