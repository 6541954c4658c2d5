//! The bodies of the fuzz targets: arbitrary bytes in; no panic, no NaN out of finite input unless documented,
//! and the invariants of each algorithm.
//!
//! They are plain functions so that the tests of the core can run them on seeded bytes with a stable
//! compiler (`tests/fuzz.rs` includes this file); `cargo +nightly fuzz run NAME` looks for what those miss.

mod bytes;
pub mod dense;
pub mod diagonal;
pub mod dirac_frenkel;
pub mod givens;
pub mod group_shuffle;
pub mod horizon;
pub mod implicit;
mod matrix;
pub mod trig;
