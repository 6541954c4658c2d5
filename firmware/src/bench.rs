//! Instructions and stack of one call.
//!
//! A kernel is called many times through a pointer that the compiler cannot see through, and the same loop
//! over an empty function is subtracted: what remains is the body of the call, without the loop and the
//! jump. Constants that the closure names are seen by the compiler: wrap run-time sizes in
//! [`core::hint::black_box`].
//!
//! Names have no blanks. `KERNEL` is ours, `KERNEL/PEER` is the same work done by a peer.

use core::mem::MaybeUninit;

use crate::platform;

/// Measures `f()`.
pub fn call<O>(name: &str, mut f: impl FnMut() -> O) {
    call_with(name, (), |()| f());
}

/// Measures `f(input)`; loading the input into registers is not counted.
pub fn call_with<I: Copy, O, F: FnMut(I) -> O>(name: &str, input: I, mut f: F) {
    #[inline(never)]
    fn full<I, O, F: FnMut(I) -> O>(f: &mut F, input: I) -> MaybeUninit<O> {
        MaybeUninit::new(f(input))
    }
    #[inline(never)]
    fn empty<I, O, F>(_: &mut F, _: I) -> MaybeUninit<O> {
        MaybeUninit::uninit()
    }
    platform::bench(name, &mut f, input, full::<I, O, F>, empty::<I, O, F>);
}

/// Measures `f` on a fresh copy of `original`, for work in place; making the copy is not counted.
pub fn call_on<I: Copy, O, F: FnMut(&mut I) -> O>(name: &str, original: &I, f: F) {
    #[inline(never)]
    fn full<I: Copy, O, F: FnMut(&mut I) -> O>((copy, f): &mut (I, F), original: &I) -> MaybeUninit<O> {
        *copy = *original;
        MaybeUninit::new(f(copy))
    }
    #[inline(never)]
    fn empty<I: Copy, O, F>((copy, _): &mut (I, F), original: &I) -> MaybeUninit<O> {
        *copy = *original;
        MaybeUninit::uninit()
    }
    platform::bench(name, &mut (*original, f), original, full::<I, O, F>, empty::<I, O, F>);
}
