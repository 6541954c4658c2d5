//! The scalar of every algorithm: `f32` and `f64` behind one sealed trait.
//!
//! # Backends
//!
//! | | `std` | else `libm` | `micromath` alone |
//! |---|---|---|---|
//! | `f64` | the platform's | `libm`'s | `libm`'s |
//! | `f32` `sqrt`, `mul_add` | the platform's | `libm`'s | `libm`'s |
//! | `f32` `exp`, `ln`, `sin_cos`, `atan2` | this crate's | this crate's | `micromath`'s |
//! | other `f32` functions | this crate's | this crate's | this crate's |
//!
//! On targets with a single-precision FPU, `f32` square root and fused multiply-add are the FPU's. Both are
//! correctly rounded everywhere. This crate's `f32` functions use `f32` arithmetic and integers alone: no
//! soft-float on Cortex-M4F, and the same bits on every target and backend. `f64` functions differ in the last
//! place between backends.
//!
mod double;
#[cfg(reparam_fpu)]
mod fpu;
mod portable;
mod scalar;
mod single;

/// Where the functions of the single-precision backends differ.
#[cfg(not(reparam_micromath))]
mod elementary {
    pub(super) use super::single::{exp, ln};
    pub(super) use crate::trig::{atan2, sin_cos};
}
#[cfg(reparam_micromath)]
#[path = "micro.rs"]
mod elementary;

pub use scalar::Real;
pub(crate) use scalar::sealed;
