//! Orthonormal frames as Givens rotation angles, and black-box search over frames.

mod rotation;

pub use rotation::{Plane, Rotation};
