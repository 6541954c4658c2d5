//! What random samples are made of: functions with the same bits on every target and backend, in both types.
//! The `f64` ones use addition, multiplication and division alone.

use core::f64::consts::{FRAC_1_SQRT_2, TAU};

/// ln 2 = `LN_2_HIGH` + `LN_2_LOW`. The first has 32 bits: its product with an exponent is exact.
const LN_2_HIGH: f64 = 0.693_147_180_369_123_8;
const LN_2_LOW: f64 = 1.908_214_929_270_587_7e-10;

/// Natural logarithm of a positive normal number, to 1 ulp.
pub(super) fn ln(x: f64) -> f64 {
    let bits = x.to_bits();
    let exponent = bits.wrapping_sub(FRAC_1_SQRT_2.to_bits()) as i64 >> 52;
    let f = f64::from_bits(bits.wrapping_sub((exponent << 52) as u64)) - 1.0;
    let exponent = exponent as f64;
    let s = f / (2.0 + f);
    let z = s * s;
    let r = 0.181_828_893_682_512_4 + z * (0.153_317_095_798_195_2 + z * 0.146_166_254_749_996_1);
    let r = 0.285_714_286_259_364 + z * (0.222_222_111_345_591_75 + z * r);
    let r = z * (0.666_666_666_666_667 + z * (0.399_999_999_998_998_3 + z * r));
    let half_square = 0.5 * f * f;
    exponent * LN_2_HIGH + (f - (half_square - (s * (half_square + r) + exponent * LN_2_LOW)))
}

/// (sin, cos) of `turns` in [0, 1], to 1 ulp.
pub(super) fn sin_cos_turns(turns: f64) -> (f64, f64) {
    let quarters = (4.0 * turns + 0.5) as u32;
    let r = (turns - 0.25 * f64::from(quarters)) * TAU;
    let z = r * r;
    let p = 2.755_731_358_502_396_6e-6 + z * (-2.505_074_281_277_574_6e-8 + z * 1.589_597_491_931_031_6e-10);
    let p = 8.333_333_333_321_924e-3 + z * (-1.984_126_982_946_496e-4 + z * p);
    let sin = r + r * z * (-0.166_666_666_666_666_3 + z * p);
    let q = -2.755_731_421_905_481e-7 + z * (2.087_570_568_855_178e-9 + z * -1.135_876_479_983_905_5e-11);
    let q = -1.388_888_888_887_334_8e-3 + z * (2.480_158_728_908_01e-5 + z * q);
    let cos = 1.0 + z * (-0.5 + z * (4.166_666_666_666_66e-2 + z * q));
    match quarters & 3 {
        0 => (sin, cos),
        1 => (cos, -sin),
        2 => (-sin, -cos),
        _ => (-cos, sin),
    }
}
