//! Rounding to integers.

/// From here on every `f32` is an integer.
const INTEGERS: f32 = 8_388_608.0;

/// The largest integer not above x.
pub(in crate::real) fn floor(x: f32) -> f32 {
    if x.abs() < INTEGERS {
        let truncated = x as i32 as f32;
        let floor = if truncated > x { truncated - 1.0 } else { truncated };
        floor.copysign(x)
    } else {
        x
    }
}

/// The nearest integer, halves away from zero.
pub(in crate::real) fn round(x: f32) -> f32 {
    let magnitude = x.abs();
    if magnitude < INTEGERS {
        let truncated = magnitude as i32 as f32;
        let rounded = if magnitude - truncated >= 0.5 { truncated + 1.0 } else { truncated };
        rounded.copysign(x)
    } else {
        x
    }
}
