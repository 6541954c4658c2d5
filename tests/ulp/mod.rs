//! Errors of `f32` functions in units of the last place.

use std::ops::RangeInclusive;
use std::thread;

/// Distance of `value` from the exact result, in units of the last place of the exact result. Infinite for a
/// NaN or infinity that the exact result, rounded, is not.
pub(crate) fn error(value: f32, exact: f64) -> f64 {
    let rounded = exact as f32;
    if value == rounded || value.is_nan() && rounded.is_nan() {
        // Within half a unit for sure; the exact distance below, where there is one.
        if !rounded.is_finite() {
            return 0.0;
        }
    } else if !value.is_finite() {
        return f64::INFINITY;
    }
    let exponent = ((exact.to_bits() >> 52) & 0x7ff) as i32 - 1023;
    let unit = 2f64.powi(exponent.clamp(-126, 127) - 23);
    (f64::from(value) - exact).abs() / unit
}

/// The largest `error(x)` over every `step`-th `f32` of a range of bits, on all cores.
pub(crate) fn worst(bits: RangeInclusive<u32>, step: u32, error: impl Fn(f32) -> f64 + Sync) -> f64 {
    let threads = thread::available_parallelism().map_or(1, |n| n.get());
    let (first, last) = bits.into_inner();
    thread::scope(|scope| {
        let parts: Vec<_> = (0..threads)
            .map(|i| {
                let part = (first..=last).skip(i * step as usize).step_by(threads * step as usize);
                let error = &error;
                scope.spawn(move || part.map(|bits| error(f32::from_bits(bits))).fold(0.0, f64::max))
            })
            .collect();
        parts.into_iter().map(|part| part.join().expect("no panic")).fold(0.0, f64::max)
    })
}
