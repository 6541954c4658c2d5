//! Square root, fused multiply-add and four streaming loops of a single-precision FPU.
//!
//! This is the one file with `unsafe`. Stable Rust without `std` names neither instruction, and inline assembly
//! has no operand class for an FPU without doubles: operands would travel through core registers (5 and 9
//! instructions, measured). So both are C's functions, defined here by one instruction each. The compiler knows
//! `sqrtf` and puts `VSQRT` and a test for NaN in place of the call: 4 instructions. A call of `fmaf` takes 4.
//!
//! The loops load and store four numbers by one instruction each (`VLDM`, `VSTM`), for which the compiler would have to
//! choose neighbouring registers; it does not (20 instructions a tap of the adaptive filter, 13 with them). They take
//! whole chunks of four and leave the rest to the loops in `diagonal`, which do the same operations in the same order.
//!
//! The definitions of C's functions are weak: a C library's own functions of these names take precedence without a conflict, and
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
    // (u: r0, v: r1, a: r2, chunks: r3 > 0, lanes: [sp]): lanes += a·(u² − v²), a²·(u² + v²).
    ".section .text.reparam_squares_sums, \"ax\", %progbits",
    ".global reparam_squares_sums",
    ".type reparam_squares_sums, %function",
    ".thumb_func",
    "reparam_squares_sums:",
    "ldr r12, [sp]",
    "vpush {{d8-d15}}",
    "vldm r12, {{s0-s7}}",
    "0:",
    "vldmia r0!, {{s16-s19}}",
    "vldmia r2!, {{s24-s27}}",
    "vldmia r1!, {{s20-s23}}",
    "vmul.f32 s28, s24, s16",
    "vmul.f32 s29, s25, s17",
    "vmul.f32 s30, s26, s18",
    "vmul.f32 s31, s27, s19",
    "vmla.f32 s0, s28, s16",
    "vmla.f32 s1, s29, s17",
    "vmla.f32 s2, s30, s18",
    "vmla.f32 s3, s31, s19",
    "vmla.f32 s4, s28, s28",
    "vmla.f32 s5, s29, s29",
    "vmla.f32 s6, s30, s30",
    "vmla.f32 s7, s31, s31",
    "vmul.f32 s28, s24, s20",
    "vmul.f32 s29, s25, s21",
    "vmul.f32 s30, s26, s22",
    "vmul.f32 s31, s27, s23",
    "vmls.f32 s0, s28, s20",
    "vmls.f32 s1, s29, s21",
    "vmls.f32 s2, s30, s22",
    "vmls.f32 s3, s31, s23",
    "vmla.f32 s4, s28, s28",
    "vmla.f32 s5, s29, s29",
    "vmla.f32 s6, s30, s30",
    "vmla.f32 s7, s31, s31",
    "subs r3, #1",
    "bne 0b",
    "vstm r12, {{s0-s7}}",
    "vpop {{d8-d15}}",
    "bx lr",
    ".size reparam_squares_sums, . - reparam_squares_sums",
    // (u: r0, v: r1, a: r2, chunks: r3 > 0, k: s0): u += k·a·u, v −= k·a·v.
    ".section .text.reparam_squares_update, \"ax\", %progbits",
    ".global reparam_squares_update",
    ".type reparam_squares_update, %function",
    ".thumb_func",
    "reparam_squares_update:",
    "0:",
    "vldmia r2!, {{s4-s7}}",
    "vldm r0, {{s8-s11}}",
    "vldm r1, {{s12-s15}}",
    "vmul.f32 s4, s0, s4",
    "vmul.f32 s5, s0, s5",
    "vmul.f32 s6, s0, s6",
    "vmul.f32 s7, s0, s7",
    "vmla.f32 s8, s4, s8",
    "vmla.f32 s9, s5, s9",
    "vmla.f32 s10, s6, s10",
    "vmla.f32 s11, s7, s11",
    "vmls.f32 s12, s4, s12",
    "vmls.f32 s13, s5, s13",
    "vmls.f32 s14, s6, s14",
    "vmls.f32 s15, s7, s15",
    "vstmia r0!, {{s8-s11}}",
    "vstmia r1!, {{s12-s15}}",
    "subs r3, #1",
    "bne 0b",
    "bx lr",
    ".size reparam_squares_update, . - reparam_squares_update",
    // (u: r0, v: r1, a: r2, chunks: r3 > 0, lanes: [sp]): lanes += a·(u·v).
    ".section .text.reparam_product_sums, \"ax\", %progbits",
    ".global reparam_product_sums",
    ".type reparam_product_sums, %function",
    ".thumb_func",
    "reparam_product_sums:",
    "ldr r12, [sp]",
    "vldm r12, {{s0-s3}}",
    "0:",
    "vldmia r0!, {{s4-s7}}",
    "vldmia r1!, {{s8-s11}}",
    "vldmia r2!, {{s12-s15}}",
    "vmul.f32 s4, s4, s8",
    "vmul.f32 s5, s5, s9",
    "vmul.f32 s6, s6, s10",
    "vmul.f32 s7, s7, s11",
    "vmla.f32 s0, s12, s4",
    "vmla.f32 s1, s13, s5",
    "vmla.f32 s2, s14, s6",
    "vmla.f32 s3, s15, s7",
    "subs r3, #1",
    "bne 0b",
    "vstm r12, {{s0-s3}}",
    "bx lr",
    ".size reparam_product_sums, . - reparam_product_sums",
    // (u: r0, v: r1, a: r2, chunks: r3 > 0, k: s0): u += k·a·v, v += k·a·u.
    ".section .text.reparam_product_update, \"ax\", %progbits",
    ".global reparam_product_update",
    ".type reparam_product_update, %function",
    ".thumb_func",
    "reparam_product_update:",
    "vpush {{d8-d9}}",
    "0:",
    "vldmia r2!, {{s4-s7}}",
    "vldm r0, {{s8-s11}}",
    "vldm r1, {{s12-s15}}",
    "vldm r1, {{s16-s19}}",
    "vmul.f32 s4, s0, s4",
    "vmul.f32 s5, s0, s5",
    "vmul.f32 s6, s0, s6",
    "vmul.f32 s7, s0, s7",
    "vmla.f32 s12, s4, s8",
    "vmla.f32 s13, s5, s9",
    "vmla.f32 s14, s6, s10",
    "vmla.f32 s15, s7, s11",
    "vmla.f32 s8, s4, s16",
    "vmla.f32 s9, s5, s17",
    "vmla.f32 s10, s6, s18",
    "vmla.f32 s11, s7, s19",
    "vstmia r0!, {{s8-s11}}",
    "vstmia r1!, {{s12-s15}}",
    "subs r3, #1",
    "bne 0b",
    "vpop {{d8-d9}}",
    "bx lr",
    ".size reparam_product_update, . - reparam_product_update",
    ".text",
);

unsafe extern "C" {
    fn sqrtf(x: f32) -> f32;
    fn fmaf(x: f32, y: f32, sum: f32) -> f32;
    fn reparam_squares_sums(
        u: *const f32,
        v: *const f32,
        a: *const f32,
        chunks: usize,
        lanes: *mut [[f32; 4]; 2],
    );
    fn reparam_squares_update(u: *mut f32, v: *mut f32, a: *const f32, chunks: usize, k: f32);
    fn reparam_product_sums(u: *const f32, v: *const f32, a: *const f32, chunks: usize, lanes: *mut [f32; 4]);
    fn reparam_product_update(u: *mut f32, v: *mut f32, a: *const f32, chunks: usize, k: f32);
}

/// Whole chunks of four that all three slices have.
#[inline(always)]
fn chunks(u: &[f32], v: &[f32], a: &[f32]) -> usize {
    u.len().min(v.len()).min(a.len()) / 4
}

/// `lanes[0] += a·(u² − v²)`, `lanes[1] += a²·(u² + v²)` for the leading chunks of four; returns how many elements
/// that was.
#[inline(always)]
pub(super) fn squares_sums(u: &[f32], v: &[f32], a: &[f32], lanes: &mut [[f32; 4]; 2]) -> usize {
    let chunks = chunks(u, v, a);
    if chunks > 0 {
        // SAFETY: reads that many chunks of four of each slice, and the lanes.
        unsafe { reparam_squares_sums(u.as_ptr(), v.as_ptr(), a.as_ptr(), chunks, lanes) }
    }
    4 * chunks
}

/// `u += k·a·u`, `v −= k·a·v`, likewise.
#[inline(always)]
pub(super) fn squares_update(u: &mut [f32], v: &mut [f32], a: &[f32], k: f32) -> usize {
    let chunks = chunks(u, v, a);
    if chunks > 0 {
        // SAFETY: reads and writes that many chunks of four of each slice.
        unsafe { reparam_squares_update(u.as_mut_ptr(), v.as_mut_ptr(), a.as_ptr(), chunks, k) }
    }
    4 * chunks
}

/// `lanes += a·(u·v)`, likewise.
#[inline(always)]
pub(super) fn product_sums(u: &[f32], v: &[f32], a: &[f32], lanes: &mut [f32; 4]) -> usize {
    let chunks = chunks(u, v, a);
    if chunks > 0 {
        // SAFETY: as for the squares.
        unsafe { reparam_product_sums(u.as_ptr(), v.as_ptr(), a.as_ptr(), chunks, lanes) }
    }
    4 * chunks
}

/// `u += k·a·v`, `v += k·a·u`, likewise.
#[inline(always)]
pub(super) fn product_update(u: &mut [f32], v: &mut [f32], a: &[f32], k: f32) -> usize {
    let chunks = chunks(u, v, a);
    if chunks > 0 {
        // SAFETY: as for the squares.
        unsafe { reparam_product_update(u.as_mut_ptr(), v.as_mut_ptr(), a.as_ptr(), chunks, k) }
    }
    4 * chunks
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
