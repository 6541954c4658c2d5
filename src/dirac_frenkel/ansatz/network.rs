//! Networks of smooth units on a periodic box.
//!
//! A channel of the embedding sums a shifted cosine of every coordinate; hidden layers are affine maps with the
//! activation z·σ(z), the output is affine:
//!
//! `h⁰ⱼ = Σᵢ aⱼᵢ·cos(2πxᵢ/Pᵢ + φⱼᵢ) + bⱼᵢ`, `hˡ = swish(Wˡhˡ⁻¹ + βˡ)`, `û = o·hᴸ + γ`.
//!
//! θ holds the embedding (one coordinate of a channel after the other, a whole array of a, of φ, of b if all three
//! are weights, φ alone if a = 1 and b = 0), then `W` by rows and `β` of each hidden layer, then `o` and `γ`:
//!
//! `θ = ([a] φ [b] | W¹ β¹ | … | Wᴸ βᴸ | o γ)`.
//!
//! Derivatives in x come from truncated Taylor series that pass through the layers, one coordinate at a time. Derivatives in
//! θ come from one sweep back; what it needs of the way forward waits in places of the gradient that are not yet final, so
//! that no scratch grows with the number of layers.
//!
//! Source: Raviola and Peherstorfer (arXiv 2605.00284), numerical experiments. Their
//! numbers of weights: 461 = `Shape::new(1, 10, 4, Phases)` for each field of the rotating detonation waves, 3265 =
//! `Shape::new(2, 32, 3, Phases)` for transport and Vlasov, 1581 = `Shape::new(5, 20, 3, Full)` for Fokker–Planck.

use core::mem::{swap, take};

use crate::Real;

use super::{Ansatz, Jet};
use crate::dirac_frenkel::error::{Error, check_length};
use crate::runs::{Pairs, runs, runs_mut};

/// Which numbers of the embedding are weights.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Embedding {
    /// φ; a = 1, b = 0.
    Phases,
    /// a, φ and b.
    Full,
}

/// Sizes of a network, checked once.
///
/// ```
/// use reparam::dirac_frenkel::ansatz::network::{Embedding, Shape};
///
/// assert_eq!(Shape::new(1, 10, 4, Embedding::Phases)?.weights(), 461);
/// assert_eq!(Shape::new(5, 20, 3, Embedding::Full)?.weights(), 1581);
/// # Ok::<(), reparam::dirac_frenkel::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Shape {
    dim: usize,
    width: usize,
    layers: usize,
    embedding: Embedding,
}

impl Shape {
    /// `width` channels of `dim` coordinates, `layers` hidden layers (there may be none).
    ///
    /// # Errors
    /// [`Error::Size`] if `dim` or `width` is zero or the weights are too many to count.
    pub const fn new(dim: usize, width: usize, layers: usize, embedding: Embedding) -> Result<Self, Error> {
        let shape = Self { dim, width, layers, embedding };
        if dim == 0 || width == 0 || width.checked_mul(LANES * 2).is_none() {
            return Err(Error::Size);
        }
        let Some(channels) = width.checked_mul(dim) else { return Err(Error::Size) };
        let Some(embedding) = channels.checked_mul(shape.arrays()) else { return Err(Error::Size) };
        let Some(square) = width.checked_mul(width) else { return Err(Error::Size) };
        let Some(layer) = square.checked_add(width) else { return Err(Error::Size) };
        let Some(hidden) = layer.checked_mul(layers) else { return Err(Error::Size) };
        let Some(sum) = hidden.checked_add(embedding) else { return Err(Error::Size) };
        if sum.checked_add(width + 1).is_none() {
            return Err(Error::Size);
        }
        Ok(shape)
    }

    /// Number of coordinates.
    pub const fn dim(self) -> usize {
        self.dim
    }

    /// Number of channels, and of units of each hidden layer.
    pub const fn width(self) -> usize {
        self.width
    }

    /// Number of hidden layers.
    pub const fn layers(self) -> usize {
        self.layers
    }

    /// Which numbers of the embedding are weights.
    pub const fn embedding(self) -> Embedding {
        self.embedding
    }

    /// Number of weights: `width·dim` phases (with a and b three times as many), `layers·(width² + width)`, `width + 1`.
    pub const fn weights(self) -> usize {
        self.embedding_len() + self.layers * self.layer_len() + self.width + 1
    }

    /// Arrays of the embedding.
    const fn arrays(self) -> usize {
        match self.embedding {
            Embedding::Phases => 1,
            Embedding::Full => 3,
        }
    }

    const fn embedding_len(self) -> usize {
        self.arrays() * self.width * self.dim
    }

    const fn layer_len(self) -> usize {
        self.width * self.width + self.width
    }

    /// a, φ, b: of those that are no weights, nothing.
    #[inline(always)]
    fn arrays_of<T>(self, embedding: &[T]) -> [&[T]; 3] {
        match self.embedding {
            Embedding::Phases => [&[], embedding, &[]],
            Embedding::Full => {
                let (a, rest) = embedding.split_at_checked(self.width * self.dim).unwrap_or_default();
                let (phi, b) = rest.split_at_checked(self.width * self.dim).unwrap_or_default();
                [a, phi, b]
            }
        }
    }

    #[inline(always)]
    fn arrays_of_mut<T>(self, embedding: &mut [T]) -> [&mut [T]; 3] {
        match self.embedding {
            Embedding::Phases => [&mut [], embedding, &mut []],
            Embedding::Full => {
                let (a, rest) = embedding.split_at_mut_checked(self.width * self.dim).unwrap_or_default();
                let (phi, b) = rest.split_at_mut_checked(self.width * self.dim).unwrap_or_default();
                [a, phi, b]
            }
        }
    }
}

/// Value and three derivatives.
const LANES: usize = 4;

/// Length of the scratch of a [`Network`]: `8·width`.
pub const fn scratch_len(shape: Shape) -> usize {
    2 * LANES * shape.width
}

/// A network on a box, its scratch lent by the caller.
///
/// Cost per point: [`jets`](Ansatz::jets) `4·dim·layers·width²` multiply-adds, `dim·layers·width` exponentials and
/// `dim²·width` sines and cosines; [`gradient`](Ansatz::gradient) `3·layers·width²` multiply-adds, `layers·width` exponentials
/// and `dim·width` sines and cosines.
///
/// ```
/// use reparam::dirac_frenkel::ansatz::network::{Embedding, Network, Shape, scratch_len};
/// use reparam::dirac_frenkel::ansatz::{Ansatz, Jet};
///
/// const SHAPE: Shape = match Shape::new(1, 2, 0, Embedding::Phases) {
///     Ok(shape) => shape,
///     Err(_) => panic!("sizes"),
/// };
/// let mut scratch = [0.0f64; scratch_len(SHAPE)];
/// let mut network = Network::new(SHAPE, &[core::f64::consts::TAU], &mut scratch)?;
/// // û = cos x + 3·cos(x + π/2) + 1.
/// let theta = [0.0, core::f64::consts::FRAC_PI_2, 1.0, 3.0, 1.0];
/// let mut jets = [Jet::default()];
/// network.jets(&theta, &[0.0], &mut jets)?;
/// assert!((jets[0].value - 2.0).abs() < 1e-15 && (jets[0].first + 3.0).abs() < 1e-15);
/// # Ok::<(), reparam::dirac_frenkel::Error>(())
/// ```
#[derive(Debug)]
pub struct Network<'a, T> {
    shape: Shape,
    periods: &'a [T],
    scratch: &'a mut [T],
}

impl<'a, T: Real> Network<'a, T> {
    /// A network on a box with one period for each coordinate; `scratch`: [`scratch_len`].
    ///
    /// # Errors
    /// [`Error::Length`]; [`Error::Setting`] for a period that is not positive.
    pub fn new(shape: Shape, periods: &'a [T], scratch: &'a mut [T]) -> Result<Self, Error> {
        check_length(shape.dim, periods.len())?;
        check_length(scratch_len(shape), scratch.len())?;
        if !periods.iter().all(|&period| period > T::ZERO && period.is_finite()) {
            return Err(Error::Setting { name: "periods" });
        }
        Ok(Self { shape, periods, scratch })
    }

    /// Its sizes.
    pub const fn shape(&self) -> Shape {
        self.shape
    }

    fn check(&self, theta: &[T], x: &[T]) -> Result<(), Error> {
        check_length(self.shape.weights(), theta.len())?;
        check_length(self.shape.dim, x.len())
    }

    /// û and its derivatives along one coordinate.
    fn jet(&mut self, theta: &[T], x: &[T], coordinate: usize) -> Jet<T> {
        let width = self.shape.width;
        let (embedding, mut rest) = theta.split_at_checked(self.shape.embedding_len()).unwrap_or_default();
        let (mut input, mut output) = self.scratch.split_at_mut_checked(LANES * width).unwrap_or_default();
        embed_jets(self.shape, self.periods, embedding, x, coordinate, input);
        for _ in 0..self.shape.layers {
            let (layer, next) = rest.split_at_checked(self.shape.layer_len()).unwrap_or_default();
            let (matrix, bias) = layer.split_at_checked(width * width).unwrap_or_default();
            for ((row, &bias), unit) in runs(matrix, width).zip(bias).zip(runs_mut(output, LANES)) {
                put(unit, swish_jet(affine(row, input, bias)));
            }
            swap(&mut input, &mut output);
            rest = next;
        }
        let (row, bias) = rest.split_at_checked(width).unwrap_or_default();
        let [value, first, second, third] = affine(row, input, bias.first().copied().unwrap_or_default());
        Jet { value, first, second, third }
    }
}

impl<T: Real> Ansatz<T> for Network<'_, T> {
    fn weights(&self) -> usize {
        self.shape.weights()
    }

    fn dim(&self) -> usize {
        self.shape.dim
    }

    fn jets(&mut self, theta: &[T], x: &[T], jets: &mut [Jet<T>]) -> Result<(), Error> {
        self.check(theta, x)?;
        check_length(self.shape.dim, jets.len())?;
        for (coordinate, jet) in jets.iter_mut().enumerate() {
            *jet = self.jet(theta, x, coordinate);
        }
        Ok(())
    }

    fn gradient(&mut self, theta: &[T], x: &[T], gradient: &mut [T]) -> Result<T, Error> {
        self.check(theta, x)?;
        check_length(theta.len(), gradient.len())?;
        let Shape { width, layers, .. } = self.shape;
        let (embedding, theta) = theta.split_at_checked(self.shape.embedding_len()).unwrap_or_default();
        let (by_embedding, gradient) = gradient.split_at_mut_checked(embedding.len()).unwrap_or_default();
        let adjoint = self.scratch.get_mut(..width).unwrap_or_default();

        embed(self.shape, self.periods, embedding, x, by_embedding, gradient);
        let (mut weights, mut rest) = (theta, &mut *gradient);
        for _ in 0..layers {
            let (layer, after) = weights.split_at_checked(self.shape.layer_len()).unwrap_or_default();
            let (by_layer, next) =
                take(&mut rest).split_at_mut_checked(self.shape.layer_len()).unwrap_or_default();
            forward(width, layer, by_layer, next);
            (weights, rest) = (after, next);
        }
        // What the last layer left is the derivative by the output's row.
        let mut value = weights.last().copied().unwrap_or_default();
        for ((&o, &h), adjoint) in weights.iter().zip(&*rest).zip(adjoint.iter_mut()) {
            value = value.mac(o, h);
            *adjoint = o;
        }
        if let Some(last) = rest.last_mut() {
            *last = T::ONE;
        }

        let hidden = layers * self.shape.layer_len();
        let theta = theta.get(..hidden).unwrap_or_default();
        let gradient = gradient.get_mut(..hidden).unwrap_or_default();
        let len = self.shape.layer_len();
        for (layer, by_layer) in Pairs(runs(theta, len), runs_mut(gradient, len)).rev() {
            backward(width, layer, by_layer, adjoint);
        }
        for array in self.shape.arrays_of_mut(by_embedding) {
            for (channel, &adjoint) in runs_mut(array, self.shape.dim).zip(&*adjoint) {
                channel.iter_mut().for_each(|g| *g *= adjoint);
            }
        }
        Ok(value)
    }
}

/// The channels, to `channels`, and their derivatives by the weights of the embedding.
#[inline(always)]
fn embed<T: Real>(shape: Shape, periods: &[T], embedding: &[T], x: &[T], by: &mut [T], channels: &mut [T]) {
    let [a, phi, b] = shape.arrays_of(embedding);
    let [by_a, by_phi, by_b] = shape.arrays_of_mut(by);
    let mut index = 0;
    for (channel, phi) in channels.iter_mut().zip(runs(phi, shape.dim)) {
        *channel = T::ZERO;
        for ((&phi, &x), &period) in phi.iter().zip(x).zip(periods) {
            let (sin, cos) = (T::TAU * (x / period) + phi).sin_cos();
            let scale = a.get(index).copied().unwrap_or(T::ONE);
            *channel = channel.mac(scale, cos);
            if let Some(&offset) = b.get(index) {
                *channel += offset;
            }
            for (by, derivative) in [(&mut *by_a, cos), (&mut *by_phi, -scale * sin), (&mut *by_b, T::ONE)] {
                if let Some(by) = by.get_mut(index) {
                    *by = derivative;
                }
            }
            index += 1;
        }
    }
}

/// The channels and their derivatives along a coordinate.
#[inline(always)]
fn embed_jets<T: Real>(
    shape: Shape,
    periods: &[T],
    embedding: &[T],
    x: &[T],
    coordinate: usize,
    out: &mut [T],
) {
    let [a, phi, b] = shape.arrays_of(embedding);
    let mut index = 0;
    for (unit, phi) in runs_mut(out, LANES).zip(runs(phi, shape.dim)) {
        let mut jet = [T::ZERO; LANES];
        for (i, ((&phi, &x), &period)) in phi.iter().zip(x).zip(periods).enumerate() {
            let (sin, cos) = (T::TAU * (x / period) + phi).sin_cos();
            let scale = a.get(index).copied().unwrap_or(T::ONE);
            let offset = b.get(index).copied().unwrap_or(T::ZERO);
            let (sin, cos) = (scale * sin, scale * cos);
            let [value, rest @ ..] = &mut jet;
            *value += cos + offset;
            if i == coordinate {
                let frequency = T::TAU / period;
                let square = frequency * frequency;
                *rest = [-frequency * sin, -square * cos, square * frequency * sin];
            }
            index += 1;
        }
        put(unit, jet);
    }
}

/// One hidden layer: its input lies in the first row of its part of the gradient; the activations go to `next`, their
/// slopes to where the derivatives by the biases will be.
#[inline(always)]
fn forward<T: Real>(width: usize, layer: &[T], by_layer: &mut [T], next: &mut [T]) {
    let (matrix, bias) = layer.split_at_checked(width * width).unwrap_or_default();
    let (by_matrix, slopes) = by_layer.split_at_mut_checked(width * width).unwrap_or_default();
    let input = by_matrix.get(..width).unwrap_or_default();
    for (((row, &bias), slope), next) in runs(matrix, width).zip(bias).zip(slopes).zip(next) {
        let z = row.iter().zip(input).fold(bias, |sum, (&w, &h)| sum.mac(w, h));
        [*next, *slope, ..] = swish(z);
    }
}

/// Back through a hidden layer: derivatives by its weights, and `adjoint`, the derivative by its output, becomes that by its
/// input.
#[inline(always)]
fn backward<T: Real>(width: usize, layer: &[T], by_layer: &mut [T], adjoint: &mut [T]) {
    let (by_matrix, deltas) = by_layer.split_at_mut_checked(width * width).unwrap_or_default();
    for (delta, adjoint) in deltas.iter_mut().zip(adjoint.iter_mut()) {
        *delta *= *adjoint;
        *adjoint = T::ZERO;
    }
    for (row, &delta) in runs(layer, width).zip(&*deltas) {
        adjoint.iter_mut().zip(row).for_each(|(sum, &w)| *sum = sum.mac(w, delta));
    }
    // The first row holds the input, and is the last to be written.
    let (input, others) = by_matrix.split_at_mut_checked(width).unwrap_or_default();
    let Some((&first, deltas)) = deltas.split_first() else { return };
    for (row, &delta) in runs_mut(others, width).zip(deltas) {
        row.iter_mut().zip(&*input).for_each(|(out, &h)| *out = delta * h);
    }
    input.iter_mut().for_each(|h| *h *= first);
}

/// `bias + row·input`, an affine map of Taylor coefficients.
#[inline(always)]
fn affine<T: Real>(row: &[T], input: &[T], bias: T) -> [T; LANES] {
    let mut sum = [bias, T::ZERO, T::ZERO, T::ZERO];
    for (&w, unit) in row.iter().zip(runs(input, LANES)) {
        if let Some(unit) = unit.first_chunk::<LANES>() {
            sum.iter_mut().zip(unit).for_each(|(sum, &h)| *sum = sum.mac(w, h));
        }
    }
    sum
}

#[inline(always)]
fn put<T: Real>(unit: &mut [T], jet: [T; LANES]) {
    unit.iter_mut().zip(jet).for_each(|(out, x)| *out = x);
}

/// z·σ(z) and its three derivatives. The exponential is that of a negative number, so that nothing overflows.
#[inline(always)]
fn swish<T: Real>(z: T) -> [T; LANES] {
    let e = (-z.abs()).exp();
    let r = (T::ONE + e).recip();
    let sigma = if z < T::ZERO { e * r } else { r };
    // σ′ = σ(1 − σ), σ″ = σ′(1 − 2σ), σ‴ = σ″(1 − 2σ) − 2σ′².
    let s1 = e * r * r;
    let skew = ((e - T::ONE) * r).copysign(-z);
    let s2 = s1 * skew;
    let s3 = s2 * skew - T::TWO * s1 * s1;
    let three = T::from_f32(3.0);
    [z * sigma, sigma.mac(z, s1), (T::TWO * s1).mac(z, s2), (three * s2).mac(z, s3)]
}

/// The activation of a series: f(z(x)) to third order.
#[inline(always)]
fn swish_jet<T: Real>([z, z1, z2, z3]: [T; LANES]) -> [T; LANES] {
    let [f, f1, f2, f3] = swish(z);
    let square = z1 * z1;
    let three = T::from_f32(3.0);
    [f, f1 * z1, (f1 * z2).mac(f2, square), (f1 * z3).mac(z1, f3 * square + three * f2 * z2)]
}
