//! `f32` hypotenuse without soft-float.

use crate::Real;

/// Below, squares that count may underflow.
const LEAST: u32 = 1e-30f32.to_bits();
const TWO_100: f32 = f32::from_bits((127 + 100) << 23);
const TWO_M100: f32 = f32::from_bits((127 - 100) << 23);

/// √(x² + y²).
pub(in crate::real) fn hypot(x: f32, y: f32) -> f32 {
    let sum = x * x + y * y;
    // Compared as bits, infinity and NaN are outside too.
    if sum.to_bits().wrapping_sub(LEAST) < f32::INFINITY.to_bits() - LEAST {
        Real::sqrt(sum)
    } else {
        hypot_scaled(x, y)
    }
}

#[cold]
#[inline(never)]
fn hypot_scaled(x: f32, y: f32) -> f32 {
    let (x, y) = (x.abs(), y.abs());
    // C99: infinity wins over NaN.
    if x == f32::INFINITY || y == f32::INFINITY {
        return f32::INFINITY;
    }
    let (down, up) = if x > 1.0 || y > 1.0 { (TWO_M100, TWO_100) } else { (TWO_100, TWO_M100) };
    let (x, y) = (x * down, y * down);
    Real::sqrt(x * x + y * y) * up
}
