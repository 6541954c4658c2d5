//! The host: the values are computed and printed; instructions and stack are facts of the target.

use core::fmt::Arguments;

/// Runs the program and reports its end.
pub fn run(program: fn()) {
    program();
    crate::line!("reparam:end");
}

pub(crate) fn print(line: Arguments) {
    println!("{line}");
}

/// Calls `f`. On the target it also counts.
pub fn count_instructions<O>(f: impl FnOnce() -> O) -> (O, Option<u64>) {
    (f(), None)
}

pub(crate) fn bench<S, I: Copy, O>(
    _name: &str,
    state: &mut S,
    input: I,
    call: fn(&mut S, I) -> core::mem::MaybeUninit<O>,
    _empty: fn(&mut S, I) -> core::mem::MaybeUninit<O>,
) {
    call(state, input);
}
