//! Group-and-shuffle convolutions: orthogonal maps of images, from two grouped convolution exponentials with
//! shuffles of channels before them.
//!
//! `Y = exp(L₂) P₂ exp(L₁) P₁ X` (section 6.3 and appendix F of the publication). L is a convolution with zeros
//! around the image whose filter is skew: `L[i, j, a, b] = −L[j, i, k−1−a, k−1−b]`. As a matrix it is then
//! skew-symmetric, and its exponential, taken as a Taylor polynomial applied to the image, is orthogonal but for
//! the polynomial's tail (Singla and Feizi, *Skew Orthogonal Convolutions*, 2021; arXiv:2105.11417).
//!
//! | file | what |
//! |---|---|
//! | [`filter`] | skew filters from free ones, and a norm that the Taylor polynomial can bear |
//! | [`exponential`] | the exponential applied to an image, its adjoint, its tail |
//! | [`channels`] | shuffles of channels, space to depth, more and fewer channels |
//! | [`activation`] | sorting pairs of channels: the activation that keeps gradients |
//! | [`layer`] | all of it in the published order |
//!
//! Images are channels × height × width, row-major. Filters are groups × outputs of the group × inputs of the
//! group × kernel × kernel, row-major; a group has as many outputs as inputs.

pub mod activation;
pub mod channels;
pub mod exponential;
pub mod filter;
pub mod layer;

pub use activation::PairOrder;
pub use filter::FilterShape;
pub use layer::LayerShape;
