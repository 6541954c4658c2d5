//! Solutions of differential equations as a few weights that move.
//!
//! A function û(θ, x) with weights θ stands for the solution of `∂u/∂t = F(u)`. The principle of Dirac and Frenkel moves the
//! weights so that `∂û/∂θ·θ̇` is as near to F(û) as it can be at collocation points: least squares at every step. Where the derivatives
//! of û in its weights become dependent, two solitary waves that meet, say, those least squares are singular: the solution of least norm
//! forgets how the weights were moving, and they get stuck. Dirac-Frenkel-Onsager dynamics keeps a mean of past velocities and adds what
//! of it the least squares cannot see (Raviola and Peherstorfer, *Dirac-Frenkel-Onsager dynamics*, arXiv 2605.00284, 2026):
//! `θ̇ = η̄ + λ P m`, `τ ṁ = η̄ − m`.
//!
//! Momentum is not a cure for everything. It escapes from a collapse that the weights move *through*; one they start in needs a momentum
//! that is known. Where the null space turns all the time the gain is a factor of one to three or none at all, and Tikhonov's
//! regularization with a γ that was searched for is often better.
//!
//! | module | what |
//! |---|---|
//! | [`ansatz`] | Gaussians, networks, sines: û and its derivatives in x and θ |
//! | [`problem`] | a row and a right-hand side for each collocation point |
//! | [`least_squares`] | rows one by one; singular values, solution of least norm, null space |
//! | [`velocity`] | truncated, regularized, with momentum; what was dropped |
//! | [`full`] | velocities from all rows and weights |
//! | [`random`] | velocities from random columns, or from a random sketch |
//! | [`step`] | Euler's method, Runge-Kutta |

pub mod ansatz;
mod error;
pub mod full;
pub mod least_squares;
pub mod problem;
pub mod random;
mod rows;
mod solver;
pub mod step;
pub mod velocity;

pub use ansatz::{Ansatz, Jet};
pub use error::Error;
pub use full::DiracFrenkel;
pub use least_squares::Truncation;
pub use problem::{Equation, Problem};
pub use solver::Solver;
pub use step::Form;
pub use velocity::{Flow, Method, Momentum, Stage};
