//! The kit itself: every kind of report, a tolerance, and the start-up's promises.
#![cfg_attr(target_os = "none", no_std, no_main)]

use core::hint::black_box;

kit::entry!(program);

fn program() {
    let third = black_box(1.0f32) / black_box(3.0);
    kit::values("third", &[third, -third, third.to_bits() as f32]);
    kit::values("third_f64", &[black_box(1.0f64) / black_box(3.0)]);
    kit::values("words", &[0u32, 1, u32::MAX]);
    kit::values("long_words", &[u64::MAX - 1]);
    kit::values_within("rough", -20, &[third * third]);
    // A subnormal survives: the FPU does not flush to zero.
    kit::values("subnormal", &[black_box(f32::MIN_POSITIVE) / black_box(8.0)]);
    let (sum, instructions) = kit::count_instructions(|| (0..1000u32).map(black_box).sum::<u32>());
    kit::values("sum", &[sum]);
    if let Some(count) = instructions {
        kit::instructions("sum", count);
    }
}
