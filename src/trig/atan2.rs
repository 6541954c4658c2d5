use core::f32::consts::{FRAC_PI_2, FRAC_PI_4, PI};

/// (π/2 − `FRAC_PI_2`)/`FRAC_PI_2`: what rounding π/2 to `f32` lost. The same for π.
const LOST: f32 = -2.782_753_4e-8;

/// Angle of the point (x, y) in [−π, π].
///
/// Special values as in C99: the sign of zero picks the side of the cut (`atan2(±0, −1)` = ±π,
/// `atan2(−0, 1)` = −0), `atan2(±0, ±0)` lies on an axis and `atan2(±∞, ±∞)` on a diagonal. NaN if either is NaN.
///
/// Error at most 1.6 ulp. Cost on Cortex-M4F: 55 instructions, no soft-float. One division, then an odd
/// polynomial of degree 19 on [−1, 1].
///
/// ```
/// use reparam::trig::atan2;
///
/// assert_eq!(atan2(1.0, 1.0), core::f32::consts::FRAC_PI_4);
/// assert_eq!(atan2(-0.0, -1.0), -core::f32::consts::PI);
/// ```
pub fn atan2(y: f32, x: f32) -> f32 {
    let height = y.abs();
    // The upper half plane is base + atan(up/across); the lower one mirrors it.
    let (base, up, across) = if height > x.abs() {
        (FRAC_PI_2, -x, height)
    } else {
        (if x.is_sign_negative() { PI } else { 0.0 }, height, x)
    };
    let t = up / across;
    if t.is_nan() {
        return undefined(y, x);
    }
    let z = t * t;
    let p = -3.115_776_6e-2 + z * (1.090_453_7e-2 + z * -1.791_502e-3);
    let p = 0.109_516_55 + z * (-8.402_056e-2 + z * (5.793_58e-2 + z * p));
    let p = -0.333_333 + z * (0.199_985_36 + z * (-0.142_641_26 + z * p));
    (base + (t + (base * LOST + t * z * p))).copysign(y)
}

/// Where the quotient is 0/0, ∞/∞ or not a number.
#[cold]
#[inline(never)]
fn undefined(y: f32, x: f32) -> f32 {
    let right = x.is_sign_positive();
    let angle = if x == 0.0 && y == 0.0 {
        if right { 0.0 } else { PI }
    } else if x.is_infinite() && y.is_infinite() {
        if right { FRAC_PI_4 } else { 3.0 * FRAC_PI_4 }
    } else {
        f32::NAN
    };
    angle.copysign(y)
}
