//! Solutions of differential equations as a few weights that move.

pub mod ansatz;
mod error;

pub use ansatz::{Ansatz, Jet};
pub use error::Error;
