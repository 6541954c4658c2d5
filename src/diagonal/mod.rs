//! Sparse vectors as products: diagonal linear networks and what stochastic gradients make of them.
//!
//! A weight β is written as a product, `β = u·v`, or a difference of squares, `β = u² − v²`. Plain gradient steps on u
//! and v then move a weight in proportion to its size: large weights fast, small ones slowly, and the limit is sparse.
//! The same steps make a sparse adaptive filter that runs on a microcontroller.
//!
//! | module | what |
//! |---|---|
//! | [`rule`] | the parametrizations, and the adaptive filters to compare with: how one weight moves |
//! | [`step`](mod@step) | one step of stochastic gradients on a sample or a mini-batch, plain or normalized |
//! | [`filter`] | the adaptive filter on a stream: delay line and step |
//! | [`covariance`] | what the samples are made of, as matrix-vector products |
//! | [`sde`] | the stochastic differential equation that stochastic gradients follow in high dimension |
//! | [`fokker_planck`] | its deterministic limit for diagonal covariance: one density per class of weights |
//! | [`flow`] | the limit of small steps: mirror flow |
//! | [`volterra`] | the linear ancestor: least squares without the product |
//!
//! # Model
//!
//! Samples `a = K^½ z/√d` with Gaussian z, answers `y = ⟨a, β*⟩` plus noise, loss `½(⟨a, β⟩ − y)²`, time `t = k/d` after k
//! steps, risk `P = (β − β*)ᵀ K (β − β*)/(2d)`. The equations of [`sde`] and [`fokker_planck`] are derived in the book: they
//! are *a* limit consistent with the abstract of García Malaxechebarría, Paquette, Fazel and Drusvyatskiy (2026,
//! arXiv:2605.17177), not copied from it.

pub mod covariance;
mod error;
pub mod filter;
pub mod flow;
pub mod fokker_planck;
pub mod rule;
pub mod sde;
mod squares;
pub mod step;
#[cfg(feature = "serde")]
mod stored;
pub mod volterra;

pub use covariance::Covariance;
pub use error::Error;
pub use filter::Filter;
pub use fokker_planck::FokkerPlanck;
pub use rule::Rule;
pub use step::{Report, Step};
