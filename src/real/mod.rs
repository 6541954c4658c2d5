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
//! # Accuracy and cost in `f32`
//!
//! Largest error in units of the last place, and instructions of one call on Cortex-M4F.
//!
//! | function | error | instructions | `libm` |
//! |---|---|---|---|
//! | `sqrt` | 0.5 | 5 | 52 |
//! | `mul_add` | 0.5 | 5 | 263 |
//! | `hypot` | 1.25 | 10 | 420 |
//! | `exp` | 1.0 | 36 | 56 |
//! | `exp_m1` | 1.5 | 42 | 77 |
//! | `ln` | 0.9 | 46 | 51 |
//! | `ln_1p` | 0.9 | 73 | 62 |
//! | `tanh` | 2.75 | 47 | 104 |
//! | `floor` | exact | 19 | 23 |
//!
//! `sin_cos` and `atan2`: [`crate::trig`]. Errors: the bounds that `cargo test --test real` holds (`hypot`, `exp`
//! and the rest sampled over all bit patterns); instructions: `cargo xtask bench-target real`.
//!
//! Special values are those of C99: NaN gives NaN (but `hypot` of an infinity is infinite), logarithms of negative
//! numbers and square roots of them are NaN, `ln` of 0 is −∞, overflow is ∞. Nothing panics or loops.
//!

mod double;
#[cfg(reparam_fpu)]
mod fpu;
mod portable;
pub(crate) mod rows;
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
