//! The two FPU instructions that stable Rust cannot name without `std`.
//!
//! This is the one file with `unsafe`. Both instructions are correctly rounded by IEEE 754, hence bit-equal
//! to the software of the other targets.
#![allow(unsafe_code)]

use core::arch::asm;

/// `VSQRT.F32`.
#[inline(always)]
pub(super) fn sqrt(x: f32) -> f32 {
    let root;
    // SAFETY: reads and writes only the registers declared, touches neither memory nor stack. The build
    // script sets `reparam_fpu` only for targets whose FPU has the instruction. Operands travel in core
    // registers because the compiler offers no operand class for a single-precision-only FPU.
    unsafe {
        asm!("vmov s0, {x}", "vsqrt.f32 s0, s0", "vmov {root}, s0", x = in(reg) x, root = lateout(reg) root,
            out("s0") _, options(pure, nomem, nostack));
    }
    root
}

/// `VFMA.F32`: `x * y + sum`, rounded once.
#[inline(always)]
pub(super) fn mul_add(x: f32, y: f32, sum: f32) -> f32 {
    let result;
    // SAFETY: as above.
    unsafe {
        asm!("vmov s0, {sum}", "vmov s1, {x}", "vmov s2, {y}", "vfma.f32 s0, s1, s2", "vmov {result}, s0",
            x = in(reg) x, y = in(reg) y, sum = in(reg) sum, result = lateout(reg) result,
            out("s0") _, out("s1") _, out("s2") _, options(pure, nomem, nostack));
    }
    result
}
