//! `f32` sine, cosine and arctangent without soft-float: the same bits on host and target.

mod atan2;
mod sin_cos;

pub use atan2::atan2;
pub(crate) use sin_cos::quadrant;
pub use sin_cos::sin_cos;
