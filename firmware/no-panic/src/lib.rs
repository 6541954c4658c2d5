//! Every public kernel of the core as an entry point of its own.
//!
//! `cargo xtask no-panic` links each entry alone. The panic handler calls a function that does not exist, so
//! that a kernel with a panic path does not link. `cargo xtask size` links the entries of a room together and
//! reads flash and RAM from the result.
#![no_std]
#![allow(missing_docs, unsafe_code)]

use core::panic::PanicInfo;

mod dense;
mod diagonal;
mod dirac_frenkel;
mod givens;
mod group_shuffle;
mod horizon;
mod implicit;
mod random;
mod real;
mod trig;

#[cfg(feature = "deliberate")]
mod deliberate;

unsafe extern "C" {
    fn reparam_panics() -> !;
}

#[panic_handler]
fn panic(_: &PanicInfo) -> ! {
    // SAFETY: never linked into anything that runs.
    unsafe { reparam_panics() }
}

/// Entry points, each for `T = f32` and `T = f64`: `kernels! { name(x: T, y: &[T]) -> T { body } … }`.
///
/// Sizes are arguments, so that the compiler knows no more than in a program that lends buffers at run time.
macro_rules! kernels {
    ($($name:ident($($argument:ident: $type:ty),* $(,)?) $(-> $output:ty)? $body:block)*) => {
        $(
            $crate::kernels!(@ f32 $name($($argument: $type),*) $(-> $output)? $body);
            $crate::kernels!(@ f64 $name($($argument: $type),*) $(-> $output)? $body);
        )*
    };
    (@ $scalar:ident $name:ident($($argument:ident: $type:ty),*) $(-> $output:ty)? $body:block) => {
        const _: () = {
            #[allow(dead_code)]
            type T = $scalar;
            // SAFETY: nothing else is called so.
            #[unsafe(export_name = concat!(module_path!(), "::", stringify!($name), "::", stringify!($scalar)))]
            fn entry($($argument: $type),*) $(-> $output)? $body
        };
    };
}
pub(crate) use kernels;
