//! The scalar of every algorithm: `f32` and `f64` behind one sealed trait.
//!
//! Elementary functions come from the most accurate enabled backend: `std`, else `libm`, else `micromath`
//! (`f32` only). `f32` sine, cosine and arctangent are this crate's own ([`crate::trig`]) on every backend
//! but a lone `micromath`, so that host and target compute the same bits.
//!
//! On targets with a single-precision FPU, `f32` square root and fused multiply-add are one instruction
//! each (`fpu`); everywhere else they come from the backend and give the same bits.

#[cfg(reparam_fpu)]
mod fpu;
mod scalar;

pub use scalar::Real;
