//! Square root, fused multiply-add and eight loops of a single-precision FPU.
//!
//! This is the one file with `unsafe`. Stable Rust without `std` names neither instruction, and inline assembly
//! has no operand class for an FPU without doubles: operands would travel through core registers (5 and 9
//! instructions, measured). So both are C's functions, defined here by one instruction each. The compiler knows
//! `sqrtf` and puts `VSQRT` and a test for NaN in place of the call: 4 instructions. A call of `fmaf` takes 4.
//!
//! The loops load and store four numbers by one instruction each (`VLDM`, `VSTM`), for which the compiler would have to
//! choose neighbouring registers; it does not (20 instructions a tap of the adaptive filter, 13 with them). Those of
//! `diagonal` take whole chunks of four and leave the rest to its loops; sums of products, rotations and eliminations take all.
//! All do the same operations in the same order as the portable loops.
//!
//! The loop over sparse rows knows what the compiler cannot: that indices have been checked. It moves two numbers to the FPU by
//! one instruction and sums rewards in whole numbers: 10 instructions an entry instead of 20.
//!
//! The definitions of C's functions are weak: a C library's own functions of these names take precedence without a conflict, and
//! give the same bits.
#![allow(unsafe_code)]

use core::arch::global_asm;

use super::rows::{Q16, Rows};

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
    // (u: r0, v: r1, a: r2, chunks: r3 > 0, lanes: [sp]): lanes += Σ a·u² − Σ a·v², Σ (a·u)² + Σ (a·v)².
    ".section .text.reparam_squares_sums, \"ax\", %progbits",
    ".global reparam_squares_sums",
    ".type reparam_squares_sums, %function",
    ".thumb_func",
    "reparam_squares_sums:",
    "ldr r12, [sp]",
    "vpush {{d8-d15}}",
    "vldm r12, {{s0-s7}}",
    "mov r12, #0",
    "vmov d4, r12, r12",
    "vmov d5, r12, r12",
    "vmov d6, r12, r12",
    "vmov d7, r12, r12",
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
    "vmla.f32 s8, s28, s20",
    "vmla.f32 s9, s29, s21",
    "vmla.f32 s10, s30, s22",
    "vmla.f32 s11, s31, s23",
    "vmla.f32 s12, s28, s28",
    "vmla.f32 s13, s29, s29",
    "vmla.f32 s14, s30, s30",
    "vmla.f32 s15, s31, s31",
    "subs r3, #1",
    "bne 0b",
    "vsub.f32 s0, s0, s8",
    "vsub.f32 s1, s1, s9",
    "vsub.f32 s2, s2, s10",
    "vsub.f32 s3, s3, s11",
    "vadd.f32 s4, s4, s12",
    "vadd.f32 s5, s5, s13",
    "vadd.f32 s6, s6, s14",
    "vadd.f32 s7, s7, s15",
    "ldr r12, [sp, #64]",
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
    // (x: r0, y: r1, n: r2): x·y in four lanes, (s0 + s2) + (s1 + s3).
    ".section .text.reparam_dot, \"ax\", %progbits",
    ".global reparam_dot",
    ".type reparam_dot, %function",
    ".thumb_func",
    "reparam_dot:",
    "mov r12, #0",
    "vmov d0, r12, r12",
    "lsrs r3, r2, #3",
    "vmov d1, r12, r12",
    "beq 1f",
    "0:",
    "vldmia r0!, {{s4-s11}}",
    "vldmia r1!, {{s12-s15}}",
    "vmla.f32 s0, s4, s12",
    "vmla.f32 s1, s5, s13",
    "vmla.f32 s2, s6, s14",
    "vmla.f32 s3, s7, s15",
    "vldmia r1!, {{s12-s15}}",
    "vmla.f32 s0, s8, s12",
    "vmla.f32 s1, s9, s13",
    "vmla.f32 s2, s10, s14",
    "vmla.f32 s3, s11, s15",
    "subs r3, #1",
    "bne 0b",
    "1:",
    "lsls r3, r2, #29",
    "bpl 2f",
    "vldmia r0!, {{s4-s7}}",
    "vldmia r1!, {{s12-s15}}",
    "vmla.f32 s0, s4, s12",
    "vmla.f32 s1, s5, s13",
    "vmla.f32 s2, s6, s14",
    "vmla.f32 s3, s7, s15",
    "2:",
    "ands r2, #3",
    "beq 3f",
    "vldr s4, [r0]",
    "vldr s8, [r1]",
    "subs r2, #1",
    "vmla.f32 s0, s4, s8",
    "beq 3f",
    "vldr s4, [r0, #4]",
    "vldr s8, [r1, #4]",
    "subs r2, #1",
    "vmla.f32 s1, s4, s8",
    "beq 3f",
    "vldr s4, [r0, #8]",
    "vldr s8, [r1, #8]",
    "vmla.f32 s2, s4, s8",
    "3:",
    "vadd.f32 s0, s0, s2",
    "vadd.f32 s1, s1, s3",
    "vadd.f32 s0, s0, s1",
    "bx lr",
    ".size reparam_dot, . - reparam_dot",
    // (x: r0, y: r1, n: r2, c: s0, s: s1): x = c·x + s·y, y = c·y − s·x.
    ".section .text.reparam_rotate, \"ax\", %progbits",
    ".global reparam_rotate",
    ".type reparam_rotate, %function",
    ".thumb_func",
    "reparam_rotate:",
    "lsrs r3, r2, #2",
    "beq 1f",
    "vpush {{d8-d9}}",
    "0:",
    "vldm r0, {{s4-s7}}",
    "vldm r1, {{s8-s11}}",
    "vmul.f32 s12, s0, s4",
    "vmul.f32 s13, s0, s5",
    "vmul.f32 s14, s0, s6",
    "vmul.f32 s15, s0, s7",
    "vmul.f32 s16, s0, s8",
    "vmul.f32 s17, s0, s9",
    "vmul.f32 s18, s0, s10",
    "vmul.f32 s19, s0, s11",
    "vmla.f32 s12, s1, s8",
    "vmla.f32 s13, s1, s9",
    "vmla.f32 s14, s1, s10",
    "vmla.f32 s15, s1, s11",
    "vmls.f32 s16, s1, s4",
    "vmls.f32 s17, s1, s5",
    "vmls.f32 s18, s1, s6",
    "vmls.f32 s19, s1, s7",
    "vstmia r0!, {{s12-s15}}",
    "vstmia r1!, {{s16-s19}}",
    "subs r3, #1",
    "bne 0b",
    "vpop {{d8-d9}}",
    "1:",
    "ands r2, #3",
    "it eq",
    "bxeq lr",
    "2:",
    "vldr s4, [r0]",
    "vldr s8, [r1]",
    "vmul.f32 s12, s0, s4",
    "vmul.f32 s5, s0, s8",
    "vmla.f32 s12, s1, s8",
    "vmls.f32 s5, s1, s4",
    "vstmia r0!, {{s12}}",
    "vstmia r1!, {{s5}}",
    "subs r2, #1",
    "bne 2b",
    "bx lr",
    ".size reparam_rotate, . - reparam_rotate",
    // (x: r0, r: r1, n: r2, head: s0, share: s1): x −= head·r, r += share·x.
    ".section .text.reparam_eliminate, \"ax\", %progbits",
    ".global reparam_eliminate",
    ".type reparam_eliminate, %function",
    ".thumb_func",
    "reparam_eliminate:",
    "lsrs r3, r2, #2",
    "beq 1f",
    "0:",
    "vldm r0, {{s4-s7}}",
    "vldm r1, {{s8-s11}}",
    "vmls.f32 s4, s0, s8",
    "vmls.f32 s5, s0, s9",
    "vmls.f32 s6, s0, s10",
    "vmls.f32 s7, s0, s11",
    "vmla.f32 s8, s1, s4",
    "vmla.f32 s9, s1, s5",
    "vmla.f32 s10, s1, s6",
    "vmla.f32 s11, s1, s7",
    "vstmia r0!, {{s4-s7}}",
    "vstmia r1!, {{s8-s11}}",
    "subs r3, #1",
    "bne 0b",
    "1:",
    "ands r2, #3",
    "it eq",
    "bxeq lr",
    "2:",
    "vldr s4, [r0]",
    "vldr s8, [r1]",
    "vmls.f32 s4, s0, s8",
    "vmla.f32 s8, s1, s4",
    "vstmia r0!, {{s4}}",
    "vstmia r1!, {{s8}}",
    "subs r2, #1",
    "bne 2b",
    "bx lr",
    ".size reparam_eliminate, . - reparam_eliminate",
    // The next two entries of a row: weights, values and rewards in pairs.
    ".macro reparam_two_entries",
    "ldrb r8, [r4], #1",
    "ldrb r9, [r4], #1",
    "ldr r8, [r7, r8, lsl #2]",
    "ldr r9, [r7, r9, lsl #2]",
    "ldr r10, [r5], #4",
    "vmov s2, s3, r8, r9",
    "uxtah r11, r3, r10, ror #16",
    "uxtah r10, r3, r10",
    "vmov s4, s5, r10, r11",
    "ldrsb r8, [r6], #1",
    "ldrsb r9, [r6], #1",
    "vcvt.f32.u32 s4, s4",
    "vcvt.f32.u32 s5, s5",
    "mla lr, r10, r8, lr",
    "mla lr, r11, r9, lr",
    "vmla.f32 s0, s4, s2",
    "vmla.f32 s0, s5, s3",
    ".endm",
    // (pointers at the first row: r0, rows: r1 > 0, out: r2, [columns, weights, rewards, values]: r3):
    // out = Σ (weight + 1)·(reward + value)/65,536, −∞ for a row without entries. Rewards in whole numbers, in lr.
    ".section .text.reparam_expectations, \"ax\", %progbits",
    ".global reparam_expectations",
    ".type reparam_expectations, %function",
    ".thumb_func",
    "reparam_expectations:",
    "push {{r4-r11, lr}}",
    "ldm r3, {{r4-r7}}",
    "ldrh r3, [r0], #2",
    "add r4, r3",
    "add r5, r5, r3, lsl #1",
    "add r6, r3",
    "mov r3, #1",
    "mov r8, #0x37800000", // 2^-16
    "vmov s6, r8",
    "0:",
    "ldrh r9, [r0, #-2]",
    "ldrh r8, [r0], #2",
    "subs r12, r8, r9",
    "beq 7f",
    "mov lr, #0",
    "vmov s0, lr",
    "lsrs r12, r12, #1",
    "bcc 2f",
    "ldrb r8, [r4], #1",
    "ldr r8, [r7, r8, lsl #2]",
    "ldrh r10, [r5], #2",
    "add r10, #1",
    "vmov s2, r8",
    "vmov s4, r10",
    "vcvt.f32.u32 s4, s4",
    "ldrsb r8, [r6], #1",
    "mul lr, r10, r8",
    "vmla.f32 s0, s4, s2",
    "cmp r12, #0",
    "beq 5f",
    "2:",
    "lsrs r12, r12, #1",
    "bcc 4f",
    "reparam_two_entries",
    "cmp r12, #0",
    "beq 5f",
    "4:",
    "reparam_two_entries",
    "reparam_two_entries",
    "subs r12, #1",
    "bne 4b",
    "5:",
    "vmov s2, lr",
    "vcvt.f32.s32 s2, s2",
    "vadd.f32 s0, s0, s2",
    "vmul.f32 s0, s0, s6",
    "vstmia r2!, {{s0}}",
    "6:",
    "subs r1, #1",
    "bne 0b",
    "pop {{r4-r11, pc}}",
    "7:",
    "mov r8, #0",
    "movt r8, #0xff80", // -inf
    "str r8, [r2], #4",
    "b 6b",
    ".size reparam_expectations, . - reparam_expectations",
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
    fn reparam_dot(x: *const f32, y: *const f32, n: usize) -> f32;
    fn reparam_rotate(x: *mut f32, y: *mut f32, n: usize, c: f32, s: f32);
    fn reparam_eliminate(x: *mut f32, r: *mut f32, n: usize, head: f32, share: f32);
    fn reparam_expectations(ptr: *const u16, rows: usize, out: *mut f32, arrays: *const Arrays);
    fn reparam_product_update(u: *mut f32, v: *mut f32, a: *const f32, chunks: usize, k: f32);
}

/// What a product of sparse rows reads.
#[repr(C)]
struct Arrays {
    columns: *const u8,
    weights: *const Q16,
    rewards: *const i8,
    values: *const f32,
}

/// [`Rows::expectations`] of all rows of `out`, or of none.
#[inline(always)]
pub(super) fn expectations(rows: &Rows<'_>, first: usize, values: &[f32], out: &mut [f32]) -> bool {
    let last = first.saturating_add(out.len());
    if out.is_empty() || last >= rows.ptr.len() || values.len() != rows.columns {
        return false;
    }
    let arrays = Arrays {
        columns: rows.col.as_ptr(),
        weights: rows.weight.as_ptr(),
        rewards: rows.reward.as_ptr(),
        values: values.as_ptr(),
    };
    // SAFETY: `Rows` has been checked: its pointers ascend to the number of entries, and its columns are below that of the
    // values. There are out.len() + 1 pointers from the first on.
    unsafe { reparam_expectations(rows.ptr.as_ptr().add(first), out.len(), out.as_mut_ptr(), &arrays) }
    true
}

/// Whole chunks of four that all three slices have.
#[inline(always)]
fn chunks(u: &[f32], v: &[f32], a: &[f32]) -> usize {
    u.len().min(v.len()).min(a.len()) / 4
}

/// `lanes[0] += Σ a·u² − Σ a·v²`, `lanes[1] += Σ (a·u)² + Σ (a·v)²` for the leading chunks of four; returns how many
/// elements that was.
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

/// x·y over the elements that both have, in four lanes.
#[inline(always)]
pub(super) fn dot(x: &[f32], y: &[f32]) -> f32 {
    // SAFETY: reads that many elements of both slices.
    unsafe { reparam_dot(x.as_ptr(), y.as_ptr(), x.len().min(y.len())) }
}

/// `(x, y) ← (c·x + s·y, c·y − s·x)`.
#[inline(always)]
pub(super) fn rotate(x: &mut [f32], y: &mut [f32], c: f32, s: f32) {
    // SAFETY: reads and writes that many elements of both slices, which do not overlap.
    unsafe { reparam_rotate(x.as_mut_ptr(), y.as_mut_ptr(), x.len().min(y.len()), c, s) }
}

/// `x −= head·r`, then `r += share·x`.
#[inline(always)]
pub(super) fn eliminate(x: &mut [f32], r: &mut [f32], head: f32, share: f32) {
    // SAFETY: as for the rotation.
    unsafe { reparam_eliminate(x.as_mut_ptr(), r.as_mut_ptr(), x.len().min(r.len()), head, share) }
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
