//! Orthogonal matrices as products of block-diagonal matrices with shuffles between them.
//!
//! A group-and-shuffle matrix of `factors` factors acts on a vector of `dim = block·blocks` numbers: each factor
//! multiplies every run of `block` numbers by its own small matrix, and the shuffle P between two factors
//! deals the numbers out to the runs like cards. Few parameters, and dense after `1 + ⌈log_block(blocks)⌉` factors
//! (Gorbunov, Yudin, Soboleva, Alanov, Naumov and Rakhuba, *Group and Shuffle: Efficient Structured Orthogonal
//! Parametrization*, 2024; arXiv:2406.10019, definition 5.1 and theorem 2).
//!
//! Blocks are stored factor by factor, in the order in which they act; in a factor block by block; in a block row by
//! row: `factors·blocks·block·block` numbers. The publication's `R` is factor 0 and its `L` factor 1.

pub mod adapter;
pub mod analysis;
pub mod apply;
pub mod backward;
pub mod cayley;
mod class;
pub mod columns;
pub mod convolution;
mod error;
pub mod exponential;
pub mod format;
mod matrix;
pub mod neumann;
pub mod online;
pub mod orthogonal;
mod place;
pub mod projection;
mod shape;
pub mod shuffle;

pub use crate::dense::DriftGuard;
pub use adapter::{Adapter, Side};
pub use class::{Blocks, Class, Permutation};
pub use error::{Error, Fault};
pub use matrix::{GroupShuffle, orthogonality_error};
pub use shape::Shape;
pub use shuffle::Shuffle;
