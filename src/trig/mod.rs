//! `f32` sine, cosine and arctangent without soft-float: the same bits on host and target.
//!
//! | function | largest error | instructions on Cortex-M4F | `libm` | `micromath` |
//! |---|---|---|---|---|
//! | [`sin_cos`], \|x\| ≤ 128 | 1.47 ulp (all `f32`) | 48 | 2,228 to 2,983 | 46 (error 1e-3) |
//! | [`sin_cos`], beyond | 1.47 ulp (sampled) | 97 | 2,980 | |
//! | [`atan2`] | 1.5 ulp (sampled) | 55 | 88 | 34 (error 3e-3) |
//!
//! Instructions of one call, by `cargo xtask bench-target trig`; errors by
//! `cargo test --test trig -- --include-ignored --nocapture`. The pair takes 687 bytes of flash.

mod atan2;
mod sin_cos;

pub use atan2::atan2;
pub(crate) use sin_cos::quadrant;
pub use sin_cos::sin_cos;
