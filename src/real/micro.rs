//! `f32` functions of `micromath`, where it is the only backend.

use micromath::F32Ext;

#[inline]
pub(super) fn exp(x: f32) -> f32 {
    F32Ext::exp(x)
}
#[inline]
pub(super) fn ln(x: f32) -> f32 {
    F32Ext::ln(x)
}
#[inline]
pub(super) fn sin_cos(x: f32) -> (f32, f32) {
    F32Ext::sin_cos(x)
}
#[inline]
pub(super) fn atan2(y: f32, x: f32) -> f32 {
    F32Ext::atan2(y, x)
}
