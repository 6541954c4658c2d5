//! Host side of the firmware: builds its programs, runs them in QEMU and natively, reads what they report,
//! and reads flash and RAM from their ELF files.
//!
//! ```no_run
//! use reparam_runner::{Firmware, Level, Program, compare};
//!
//! let firmware = Firmware::of_checkout();
//! let program = Program::example("kit");
//! let target = firmware.run_target(&program, Level::Speed)?;
//! let host = firmware.run_host(&program)?;
//! let comparison = compare(&host, &target.report)?;
//! println!("{} bytes of flash, differs by {}", target.sizes.flash, comparison.largest_difference);
//! # Ok::<(), reparam_runner::Error>(())
//! ```

mod build;
mod comparison;
pub mod elf;
mod error;
mod report;
mod run;

pub use build::{Firmware, Level, Program, TARGET, build, cargo, for_target, sysroot, target_folder};
pub use comparison::{Comparison, compare};
pub use error::Error;
pub use report::{Report, Series, Tolerance, Words};
pub use run::{TargetRun, qemu, run_elf, run_text};
