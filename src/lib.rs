//! Structured objects as plain numbers, on a microcontroller.
//!
//! `reparam` writes a structured object (an orthonormal frame, say) as numbers that a program may choose
//! freely, and computes with it in that form. Fixed size, no heap, no panic, `no_std`.
//!
//! # Layers
//!
//! Arrows point down only. A user starts at the system; the ground floor is a toolbox.
//!
//! | layer | module | what it holds |
//! |---|---|---|
//! | system | [`givens`] | orthonormal frames as Givens rotation angles; black-box search over frames |
//! | system | [`group_shuffle`] | orthogonal matrices as shuffled blocks |
//! | system | [`diagonal`] | sparse vectors as products; sparse adaptive filters |
//! | system | [`horizon`] | planning over a finite horizon: mean, exponential utility, laws of the return |
//! | system | [`implicit`] | value estimates as those of a learned process |
//! | system | [`dirac_frenkel`] | solutions of differential equations as a few weights that move |
//! | ground | [`dense`] | small dense linear algebra on slices, const-generic types on top |
//! | ground | [`random`] | SplitMix64, uniform and Gaussian samples, the same bits everywhere |
//! | ground | [`trig`] | `f32` sine, cosine and arctangent without soft-float |
//! | ground | [`real`] | the scalar: `f32` and `f64` behind one sealed trait |
//!
//! # Kernel on slices, type on top
//!
//! Each algorithm is one generic function over row-major slices with run-time sizes. A const-generic type
//! owns arrays, checks sizes while compiling and calls that function. Buffers are the caller's: where
//! scratch is needed, a `const fn` beside the function says how much.
//!
//! # Features
//!
//! | feature | default | effect |
//! |---|---|---|
//! | `libm` | yes | elementary functions from the `libm` crate |
//! | `std` | | elementary functions from the platform |
//! | `micromath` | | `f32` elementary functions from `micromath`, fast and inaccurate; used if neither of the above is enabled |
//! | `defmt` | | `defmt::Format` for errors and reports |
//! | `nalgebra` | | conversions from and to `nalgebra`'s static matrices |
//! | `serde` | | `Serialize` and `Deserialize` for configurations and types |
#![cfg_attr(not(any(test, feature = "std")), no_std)]
#![cfg_attr(not(reparam_fpu), forbid(unsafe_code))]
#![cfg_attr(docsrs, feature(doc_cfg))]

pub mod dense;
pub mod diagonal;
pub mod dirac_frenkel;
pub mod givens;
pub mod group_shuffle;
pub mod horizon;
pub mod implicit;
mod lanes;
pub mod random;
pub mod real;
mod runs;
#[cfg(feature = "serde")]
mod sequence;
pub mod trig;

pub use real::Real;

/// The examples of the front page.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

/// The examples of the book.
#[cfg(doctest)]
#[doc = include_str!("../docs/src/group_shuffle.md")]
struct GroupShufflePage;

/// The examples of the book.
#[cfg(doctest)]
#[doc = include_str!("../docs/src/diagonal.md")]
struct DiagonalPage;

/// The examples of the book.
#[cfg(doctest)]
#[doc = include_str!("../docs/src/horizon.md")]
struct HorizonPage;

/// The examples of the book.
#[cfg(doctest)]
#[doc = include_str!("../docs/src/implicit.md")]
struct ImplicitPage;

/// The examples of the book.
#[cfg(doctest)]
#[doc = include_str!("../docs/src/dirac_frenkel.md")]
struct DiracFrenkelPage;
