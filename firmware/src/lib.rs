//! What every Cortex-M program of this folder stands on: start-up, reports, instruction counts, stack depth.
//!
//! A program is one `fn()`, handed to [`entry!`]. It compiles for the Cortex-M4F and for the host, so that
//! the runner can run the same body on both and compare what it reports:
//!
//! ```
//! #![cfg_attr(target_os = "none", no_std, no_main)]
//! kit::entry!(program);
//!
//! fn program() {
//!     kit::values("sum", &[1.0f32 + 2.0]);
//! }
//! ```
//!
//! # Protocol
//!
//! One line a fact; a program may print other lines between them. Words are hexadecimal bits.
//!
//! | line | meaning |
//! |---|---|
//! | `reparam:f32 NAME exact WORD…` | values ([`values`]); also `f64`, `u32`, `u64` |
//! | `reparam:f32 NAME 2^-20 WORD…` | values that may differ from the host's by 2⁻²⁰ ([`values_within`]) |
//! | `reparam:instructions NAME N` | instructions of one call ([`mod@bench`]) |
//! | `reparam:stack NAME N` | bytes of stack of one call; `program` is the whole program |
//! | `reparam:log HEX` | one `defmt` frame |
//! | `reparam:panic MESSAGE` | the program panicked; its exit code is 1 |
//! | `reparam:end` | the program came to its end; its exit code is 0 |
#![cfg_attr(target_os = "none", no_std)]

pub mod bench;
#[cfg(all(feature = "defmt", target_os = "none"))]
mod log;
mod report;

#[cfg(not(target_os = "none"))]
#[path = "host.rs"]
mod platform;
#[cfg(target_os = "none")]
#[path = "target.rs"]
mod platform;

pub use platform::{count_instructions, run};
pub use report::{Value, instructions, stack, values, values_within};

/// Makes a `fn()` the program.
#[macro_export]
macro_rules! entry {
    ($program:path) => {
        #[cfg(target_os = "none")]
        // SAFETY: the one definition of the symbol that the start-up code jumps to.
        #[unsafe(export_name = "main")]
        extern "C" fn start() -> ! {
            $crate::run($program)
        }

        #[cfg(not(target_os = "none"))]
        fn main() {
            $crate::run($program)
        }
    };
}

/// Logs a message with `defmt`: `kit::log!(info, "{} samples", n)`. Nothing without the feature `defmt`, and nothing
/// on the host. The program's crate names `defmt` as a dependency.
#[macro_export]
macro_rules! log {
    ($level:ident, $($argument:tt)*) => {
        #[cfg(all(feature = "defmt", target_os = "none"))]
        defmt::$level!($($argument)*);
    };
}

/// Prints one line.
#[macro_export]
macro_rules! line {
    ($($argument:tt)*) => {
        $crate::print(format_args!($($argument)*))
    };
}

#[doc(hidden)]
pub fn print(line: core::fmt::Arguments) {
    platform::print(line);
}
