//! Orthonormal frames as Givens rotation angles, and black-box search over frames.

pub mod chart;
mod error;
pub mod frame;
pub mod objective;
mod rotation;
mod schedule;
pub mod search;

pub use crate::dense::DriftGuard;
pub use chart::{Chart, RotationChain, angle_count, planes};
pub use error::Error;
pub use frame::Frame;
pub use rotation::{Plane, Rotation};
pub use schedule::{Round, RoundRobin};
