//! Elementary functions in `f32` alone: no soft-float on Cortex-M4F, the same bits on host and target.

mod exp;
mod hypot;
mod ln;
mod round;

#[cfg(not(reparam_micromath))]
pub(super) use exp::exp;
pub(super) use exp::{exp_m1, tanh};
pub(super) use hypot::hypot;
pub(super) use ln::{ln, ln_1p};
pub(super) use round::{floor, round};
