//! `f32` sine, cosine and arctangent without soft-float.

/// (sin x, cos x).
#[inline]
pub fn sin_cos(x: f32) -> (f32, f32) {
    libm::sincosf(x)
}

/// Angle of the point (x, y) in [−π, π].
#[inline]
pub fn atan2(y: f32, x: f32) -> f32 {
    libm::atan2f(y, x)
}
