//! Square root and fused multiply-add of a single-precision FPU.
//!
//! This is the one file with `unsafe`. Stable Rust without `std` names neither instruction, and inline assembly
//! has no operand class for an FPU without doubles: operands would travel through core registers (5 and 9
//! instructions, measured). So both are C's functions, defined here by one instruction each. The compiler knows
//! `sqrtf` and puts `VSQRT` and a test for NaN in place of the call: 4 instructions. A call of `fmaf` takes 4.
//!
//! The definitions are weak: a C library's own functions of these names take precedence without a conflict, and
//! give the same bits.
#![allow(unsafe_code)]

use core::arch::global_asm;

global_asm!(
    ".fpu fpv4-sp-d16",
    ".section .text.sqrtf, \"ax\", %progbits",
    ".weak sqrtf",
    ".type sqrtf, %function",
    ".thumb_func",
    "sqrtf:",
    "vsqrt.f32 s0, s0",
    "bx lr",
    ".size sqrtf, . - sqrtf",
    ".section .text.fmaf, \"ax\", %progbits",
    ".weak fmaf",
    ".type fmaf, %function",
    ".thumb_func",
    "fmaf:",
    "vfma.f32 s2, s0, s1",
    "vmov.f32 s0, s2",
    "bx lr",
    ".size fmaf, . - fmaf",
    ".text",
);

unsafe extern "C" {
    fn sqrtf(x: f32) -> f32;
    fn fmaf(x: f32, y: f32, sum: f32) -> f32;
}

/// √x.
#[inline(always)]
pub(super) fn sqrt(x: f32) -> f32 {
    // SAFETY: C's function of this name and signature, for every argument. The build script enables this file
    // only for targets that pass floats in FPU registers and have the instruction.
    unsafe { sqrtf(x) }
}

/// `x * y + sum`, rounded once.
#[inline(always)]
pub(super) fn mul_add(x: f32, y: f32, sum: f32) -> f32 {
    // SAFETY: as above.
    unsafe { fmaf(x, y, sum) }
}
