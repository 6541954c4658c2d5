//! Solutions of differential equations as a few weights that move.

use reparam::dirac_frenkel::Error;
use reparam::dirac_frenkel::ansatz::network::{self, Embedding, Network, Shape};
use reparam::dirac_frenkel::ansatz::{Ansatz, Gaussians, Jet, Positive, Sines};

use crate::kernels;

kernels! {
    gaussians_line(count: usize) -> Result<Gaussians<T>, Error> { Gaussians::line(count) }
    gaussians_periodic(count: usize, period: T) -> Result<Gaussians<T>, Error> { Gaussians::periodic(count, period) }
    gaussians_count(ansatz: &Gaussians<T>) -> usize { ansatz.count() }
    gaussians_weights(ansatz: &Gaussians<T>) -> usize { ansatz.weights() }
    gaussians_dim(ansatz: &Gaussians<T>) -> usize { ansatz.dim() }
    gaussians_jets(ansatz: &mut Gaussians<T>, theta: &[T], x: &[T], jets: &mut [Jet<T>]) -> Result<(), Error> {
        ansatz.jets(theta, x, jets)
    }
    gaussians_gradient(ansatz: &mut Gaussians<T>, theta: &[T], x: &[T], gradient: &mut [T]) -> Result<T, Error> {
        ansatz.gradient(theta, x, gradient)
    }
}

kernels! {
    sines_new(count: usize, period: T) -> Result<Sines<T>, Error> { Sines::new(count, period) }
    sines_count(ansatz: &Sines<T>) -> usize { ansatz.count() }
    sines_weights(ansatz: &Sines<T>) -> usize { ansatz.weights() }
    sines_dim(ansatz: &Sines<T>) -> usize { ansatz.dim() }
    sines_jets(ansatz: &mut Sines<T>, theta: &[T], x: &[T], jets: &mut [Jet<T>]) -> Result<(), Error> {
        ansatz.jets(theta, x, jets)
    }
    sines_gradient(ansatz: &mut Sines<T>, theta: &[T], x: &[T], gradient: &mut [T]) -> Result<T, Error> {
        ansatz.gradient(theta, x, gradient)
    }
}

kernels! {
    shape_new(dim: usize, width: usize, layers: usize, embedding: Embedding) -> Result<Shape, Error> {
        Shape::new(dim, width, layers, embedding)
    }
    shape_dim(shape: Shape) -> usize { shape.dim() }
    shape_width(shape: Shape) -> usize { shape.width() }
    shape_layers(shape: Shape) -> usize { shape.layers() }
    shape_embedding(shape: Shape) -> Embedding { shape.embedding() }
    shape_weights(shape: Shape) -> usize { shape.weights() }
    network_scratch_len(shape: Shape) -> usize { network::scratch_len(shape) }
    network_new(
        shape: Shape, periods: &'static [T], scratch: &'static mut [T],
    ) -> Result<Network<'static, T>, Error> {
        Network::new(shape, periods, scratch)
    }
    network_shape(ansatz: &Network<'_, T>) -> Shape { ansatz.shape() }
    network_weights(ansatz: &Network<'_, T>) -> usize { ansatz.weights() }
    network_dim(ansatz: &Network<'_, T>) -> usize { ansatz.dim() }
    network_jets(ansatz: &mut Network<'_, T>, theta: &[T], x: &[T], jets: &mut [Jet<T>]) -> Result<(), Error> {
        ansatz.jets(theta, x, jets)
    }
    network_gradient(
        ansatz: &mut Network<'_, T>, theta: &[T], x: &[T], gradient: &mut [T],
    ) -> Result<T, Error> {
        ansatz.gradient(theta, x, gradient)
    }
}

kernels! {
    positive_weights(ansatz: &Positive<Sines<T>>) -> usize { ansatz.weights() }
    positive_dim(ansatz: &Positive<Sines<T>>) -> usize { ansatz.dim() }
    positive_jets(ansatz: &mut Positive<Sines<T>>, theta: &[T], x: &[T], jets: &mut [Jet<T>]) -> Result<(), Error> {
        ansatz.jets(theta, x, jets)
    }
    positive_gradient(
        ansatz: &mut Positive<Sines<T>>, theta: &[T], x: &[T], gradient: &mut [T],
    ) -> Result<T, Error> {
        ansatz.gradient(theta, x, gradient)
    }
}
