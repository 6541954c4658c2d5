//! C ABI of `reparam`: the static library `libreparam_capi.a` and the header `include/reparam.h`.
//!
//! Each function checks its pointers and lengths, calls one function of the core and returns a [`Status`];
//! no algorithm lives here. The header is generated from these sources (a test compares, `UPDATE=1` rewrites) and
//! is the reference for C.
//!
//! The module `memory` alone reads and writes the caller's memory. The other `unsafe` is the attribute that exports a
//! symbol, which Rust counts as unsafe because two libraries could export the same name.
#![no_std]
#![allow(unsafe_code, reason = "the boundary to C: exported symbols and the caller's pointers")]
#![allow(non_camel_case_types, reason = "types bear their names in C")]
#![allow(clippy::missing_safety_doc, reason = "the header states the contract on pointers once, for all")]

// The host's panic machinery. A static library must have one even if nothing in it can panic; the test
// links without it.
#[cfg(not(target_os = "none"))]
extern crate std;

mod dense;
mod diagonal;
mod givens;
mod group_shuffle;
mod horizon;
mod implicit;
mod memory;
mod objective;
mod random;
mod search;
mod status;
mod trig;

pub use dense::*;
pub use diagonal::*;
pub use givens::*;
pub use group_shuffle::*;
pub use horizon::*;
pub use implicit::*;
pub use objective::*;
pub use random::*;
pub use search::*;
pub use status::Status;
pub use trig::*;

/// Nothing exported can panic (the tests look for panic code in the linked program), yet the compiler
/// demands a handler where there is no operating system.
#[cfg(target_os = "none")]
#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    loop {}
}
