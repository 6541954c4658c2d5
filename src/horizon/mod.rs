//! Exact planning over a finite horizon, for the mean and for exponential utility, and the law of the return.
//!
//! A Markov decision process pays a reward at each of H stages; the return is their sum. Dynamic programming finds
//! the best policy for the mean return and, exactly as easily, for exponential utility
//! `ERM_b(Z) = −(1/b)·ln E e^(−bZ)`: averse to risk for b > 0, seeking it for b < 0. Among objectives that are
//! continuous in the law of the return there is no other for which the backward recursion is right (Marthe, Garivier and
//! Vernade, *Beyond Average Return in Markov Decision Processes*, 2023; arXiv:2310.20266). Quantiles and tails of a
//! given policy can be computed, with a bound on the error; they cannot be optimized stage by stage, and this module
//! does not pretend they can.
//!
//! | module | what |
//! |---|---|
//! | [`model`] | the process: sparse rows in flash, or computed by the caller |
//! | [`plan`] | backward induction for mean and exponential utility, discounted or not |
//! | [`policy`] | actions of all stages in few bits |
//! | [`moments`] | of a policy: moments, exponential moments, central moments |
//! | [`quantile`] | of a policy: the law as N equal atoms, with a bound on its Wasserstein distance to the truth |
//! | [`categorical`] | of a policy: the law on a grid, exact if all rewards are multiples of its step |
//! | [`law`] | functionals of a law: mean, variance, quantile, CVaR, ERM, EVaR, probability of a threshold |
//! | [`target`] | exact CVaR and threshold probabilities, by a state that remembers what is still to be earned |
//! | [`heuristic`] | stage-by-stage planning for any functional, which says that it is no more than a heuristic |
//!
//! Stages count from 0; the stage h of H is followed by H − h − 1 others. Where several actions are best, the lowest is
//! taken.

pub mod categorical;
mod error;
mod flash;
pub mod heuristic;
pub mod law;
pub mod model;
pub mod moments;
pub mod plan;
pub mod policy;
pub mod quantile;
pub mod target;
mod walk;

pub use error::Error;
pub use flash::Flash;
pub use law::Law;
pub use model::{Edge, Model, Sparse};
pub use plan::{Plan, Risk, solve};
pub use policy::{Packed, Policy};
