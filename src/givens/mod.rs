//! Orthonormal frames as Givens rotation angles, and black-box search over frames.

mod error;
pub mod objective;
mod rotation;
pub mod search;

pub use error::Error;
pub use rotation::{Plane, Rotation};
