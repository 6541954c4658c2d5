//! Small dense linear algebra on row-major slices, with const-generic types on top.
//!
//! | file | what | slices | type |
//! |---|---|---|---|
//! | [`product`] | A x, Aᵀ x, A B, Aᵀ B, A Bᵀ | [`product::matmul`] … | [`Matrix`] |
//! | [`lu`] | P A = L U: solve, inverse, determinant | [`lu::factor`] … | [`Lu`] |
//! | [`gauss_jordan`] | inverse in place | [`gauss_jordan::invert`] | |
//! | [`cholesky`] | A = Uᵀ U: solve | [`cholesky::factor`] … | [`Cholesky`] |
//! | [`qr`] | Householder QR, with and without column pivoting | [`qr::factor`] … | [`Qr`], [`PivotedQr`] |
//! | [`givens_qr`] | QR one row at a time | [`givens_qr::add_row`] … | [`GivensQr`] |
//! | [`svd`] | one-sided Jacobi SVD | [`svd::factor`] … | [`Svd`] |
//! | [`leading`] | largest singular value and its vectors | [`leading::factor`] | |
//! | [`polar`] | nearest orthonormal matrix | [`polar::factor`] | [`Matrix::polar`] |
//! | [`newton_schulz`] | pull a frame back to orthonormality | [`newton_schulz::step`] … | [`Matrix::newton_schulz`], [`DriftGuard`] |
//!
//! Functions on slices take the shape first, then the inputs, then the outputs, then the scratch, and fail with
//! [`Error::Shape`] if a length does not fit exactly. A dimension of zero is refused. Nothing panics, allocates or
//! recurs. Costs count multiply-adds to leading order.

pub mod cholesky;
mod drift_guard;
mod error;
pub mod gauss_jordan;
pub mod givens_qr;
mod householder;
#[cfg(any(feature = "nalgebra", feature = "serde"))]
mod interoperation;
pub mod leading;
pub mod lu;
mod matrix;
pub mod newton_schulz;
pub mod polar;
pub mod product;
pub mod qr;
mod row;
mod scale;
pub mod svd;
mod tile;
mod triangular;

pub use cholesky::Cholesky;
pub use drift_guard::DriftGuard;
pub use error::Error;
pub use givens_qr::GivensQr;
pub use lu::Lu;
pub use matrix::Matrix;
pub use qr::{PivotedQr, Qr};
pub(crate) use row::{add_scaled, check_finite, dot};
pub use svd::Svd;
