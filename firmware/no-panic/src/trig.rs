//! Sine, cosine and arctangent.

use reparam::trig;

use crate::kernels;

kernels! {
    sin_cos(x: f32) -> (f32, f32) { trig::sin_cos(x) }
    atan2(y: f32, x: f32) -> f32 { trig::atan2(y, x) }
}
