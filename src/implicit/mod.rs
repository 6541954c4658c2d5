//! Values as those of a small model that is learned, instead of as numbers.
//!
//! A value estimate `φ(x)ᵀw` is linear in features φ. *Explicit*: w are the parameters. *Implicit*: w are the values of
//! a process with learned transitions and rewards, `w = (I − ηP)⁻¹R` with P the row-wise softmax of logits A; A and R are
//! the parameters, η is a discount of the model and has nothing to do with the task's (Gehring, Kawaguchi, Huang and Kaelbling,
//! *Understanding End-to-End Model-Based Reinforcement Learning Methods as Implicit Parameterization*, 2021). Every w
//! can be written so; what differs is how gradient steps move it. An error that all states share is corrected 1/(1 − η)² times
//! as fast, at the price of a largest stable step that is smaller by about the same factor. The gain is for states that
//! are rarely visited, which follow the others.
//!
//! | module | what |
//! |---|---|
//! | [`features`] | one-hot, dense, normalized radial basis functions |
//! | [`process`] | from logits and rewards to values, and the exact gradient back |
//! | [`train`] | steps of stochastic gradients, explicit and implicit; divergence is an error |
//! | [`speed`] | the kernel of the residual's motion: speeds, condition, largest stable step |

mod error;
pub mod features;
pub mod process;
pub mod speed;
pub mod train;

pub use error::Error;
pub use features::{Feature, OneHot};
pub use process::{Implicit, Process};
pub use train::Stop;
