//! Orthogonal matrices that are trained: GS, block diagonal and butterfly, all on the core's kernels.

use rand_core::Rng;
use reparam::Real;
use reparam::givens::frame;
use reparam::group_shuffle::{Shape, apply, backward, cayley};

use super::{butterfly, failed};
use crate::{Error, Result};

/// Q as a product of stages, each a GS matrix between a permutation and its inverse, with the Cayley parameters
/// of its blocks. GS and block-diagonal matrices have one stage, butterflies one for each factor.
#[derive(Clone, Debug)]
pub struct Rotation<T> {
    stages: Vec<Stage>,
    theta: Vec<T>,
    blocks: Vec<T>,
}

#[derive(Clone, Debug)]
struct Stage {
    shape: Shape,
    /// Where each entry comes from before the stage acts; it goes back there.
    sources: Option<Vec<usize>>,
}

impl<T: Real> Rotation<T> {
    /// The identity as a GS matrix that returns the data to their places: `factors` factors of blocks of `block`;
    /// block diagonal for one factor.
    pub fn group_shuffle(dim: usize, block: usize, factors: usize) -> Result<Self> {
        Self::identity(vec![Stage { shape: shape(dim, block, factors)?, sources: None }])
    }

    /// The identity as a block butterfly matrix. An error unless the block is even and `2^(factors − 1)` blocks
    /// divide the dimension.
    pub fn butterfly(dim: usize, block: usize, factors: usize) -> Result<Self> {
        let stage = |factor| match butterfly::sources(dim, block, factor) {
            Some(sources) => Ok(Stage { shape: shape(dim, block, 1)?, sources: Some(sources) }),
            None => Err(Error::usage(format!(
                "no block butterfly of {factors} factors of blocks of {block} in {dim} dimensions: the block must be \
                 even, and block·2^{factor} divide the dimension"
            ))),
        };
        Self::identity((0..factors).map(stage).collect::<Result<_>>()?)
    }

    fn identity(stages: Vec<Stage>) -> Result<Self> {
        let parameters = stages.iter().map(|stage| stage.shape.parameter_len()).sum();
        let elements = stages.iter().map(|stage| stage.shape.block_len()).sum();
        let mut rotation = Self { stages, theta: Vec::new(), blocks: vec![T::ZERO; elements] };
        rotation.set_theta(&vec![T::ZERO; parameters])?;
        Ok(rotation)
    }

    /// Length of the vectors.
    pub fn dim(&self) -> usize {
        self.stages.first().map_or(0, |stage| stage.shape.dim())
    }

    /// Side of a block.
    pub fn block(&self) -> usize {
        self.stages.first().map_or(0, |stage| stage.shape.block())
    }

    /// Number of Cayley parameters.
    pub fn parameter_len(&self) -> usize {
        self.theta.len()
    }

    /// The Cayley parameters, factor by factor.
    pub fn theta(&self) -> &[T] {
        &self.theta
    }

    /// The blocks, factor by factor, row-major.
    pub fn blocks(&self) -> &[T] {
        &self.blocks
    }

    /// Takes these parameters and makes their blocks.
    pub fn set_theta(&mut self, theta: &[T]) -> Result<()> {
        self.theta.clear();
        self.theta.extend_from_slice(theta);
        let (mut theta, mut blocks) = (&self.theta[..], &mut self.blocks[..]);
        for stage in &self.stages {
            let (now, rest) = theta.split_at(stage.shape.parameter_len());
            theta = rest;
            let (out, rest) = std::mem::take(&mut blocks).split_at_mut(stage.shape.block_len());
            blocks = rest;
            let mut pivots = vec![0; cayley::pivot_len(stage.shape.block())];
            cayley::blocks(stage.shape, now, out, &mut pivots).map_err(failed)?;
        }
        Ok(())
    }

    /// Replaces every row x of `rows` by Q x.
    pub fn apply(&self, rows: &mut [T]) -> Result<()> {
        let mut scratch = self.scratch();
        for row in rows.chunks_exact_mut(self.dim()) {
            for (stage, blocks) in self.stages.iter().zip(self.blocks_of_stages()) {
                scratch.gather(stage, row);
                apply::apply(stage.shape, blocks, row, &mut scratch.block).map_err(failed)?;
                scratch.scatter(stage, row);
            }
        }
        Ok(())
    }

    /// Pulls gradients back through Q: each row of `outputs` becomes the input it came from, each row of
    /// `gradients`, at the output, the gradient at the input; `block_gradients` gains the gradient at the blocks.
    pub fn backward(&self, outputs: &mut [T], gradients: &mut [T], block_gradients: &mut [T]) -> Result<()> {
        let mut scratch = self.scratch();
        let dim = self.dim();
        for (y, g) in outputs.chunks_exact_mut(dim).zip(gradients.chunks_exact_mut(dim)) {
            let mut end = block_gradients.len();
            let stages = self.stages.iter().zip(self.blocks_of_stages().collect::<Vec<_>>());
            for (stage, blocks) in stages.rev() {
                let start = end - stage.shape.block_len();
                scratch.gather(stage, y);
                scratch.gather(stage, g);
                let into = &mut block_gradients[start..end];
                backward::backward(stage.shape, blocks, y, g, into, &mut scratch.backward).map_err(failed)?;
                scratch.scatter(stage, y);
                scratch.scatter(stage, g);
                end = start;
            }
        }
        Ok(())
    }

    /// The gradient at the Cayley parameters from the one at the blocks.
    pub fn theta_gradient(&self, block_gradients: &[T], theta_gradient: &mut [T]) -> Result<()> {
        let b = self.block();
        let mut scratch = vec![T::ZERO; cayley::gradient_scratch_len(b)];
        let (elements, parameters) = (b * b, cayley::parameter_len(b));
        if parameters == 0 {
            return Ok(());
        }
        let blocks = self.blocks.chunks_exact(elements).zip(block_gradients.chunks_exact(elements));
        for ((q, g), out) in blocks.zip(theta_gradient.chunks_exact_mut(parameters)) {
            cayley::gradient(b, q, g, out, &mut scratch).map_err(failed)?;
        }
        Ok(())
    }

    fn blocks_of_stages(&self) -> impl Iterator<Item = &[T]> {
        let mut rest = &self.blocks[..];
        self.stages.iter().map(move |stage| {
            let (blocks, tail) = rest.split_at(stage.shape.block_len());
            rest = tail;
            blocks
        })
    }

    fn scratch(&self) -> Scratch<T> {
        let shape = self.stages.first().map(|stage| stage.shape);
        Scratch {
            block: vec![T::ZERO; shape.map_or(0, apply::scratch_len)],
            backward: vec![T::ZERO; shape.map_or(0, backward::scratch_len)],
            row: vec![T::ZERO; self.dim()],
        }
    }
}

struct Scratch<T> {
    block: Vec<T>,
    backward: Vec<T>,
    row: Vec<T>,
}

impl<T: Real> Scratch<T> {
    fn gather(&mut self, stage: &Stage, row: &mut [T]) {
        if let Some(sources) = &stage.sources {
            self.row.copy_from_slice(row);
            // The stage acts on z with x[i] = z[source(i)].
            sources.iter().zip(&self.row).for_each(|(&source, &x)| row[source] = x);
        }
    }

    fn scatter(&mut self, stage: &Stage, row: &mut [T]) {
        if let Some(sources) = &stage.sources {
            self.row.copy_from_slice(row);
            row.iter_mut().zip(sources).for_each(|(x, &source)| *x = self.row[source]);
        }
    }
}

/// Sizes for a dimension and a block, or what to choose instead.
pub fn shape(dim: usize, block: usize, factors: usize) -> Result<Shape> {
    if block == 0 || dim == 0 || !dim.is_multiple_of(block) {
        let fitting: Vec<String> = divisors(dim).map(|divisor| divisor.to_string()).collect();
        return Err(Error::usage(format!("blocks of {block} do not divide {dim} dimensions"))
            .remedy(format!("choose the block size among {}", fitting.join(", "))));
    }
    Shape::new(block, dim / block, factors).map_err(failed)
}

/// A uniformly random orthogonal matrix, row-major.
pub fn random_orthogonal<T: Real>(dim: usize, rng: &mut impl Rng) -> Result<Vec<T>> {
    let mut q = vec![T::ZERO; dim * dim];
    frame::random(dim, dim, rng, &mut q).map_err(|e| Error::failed(e.to_string()))?;
    Ok(q)
}

/// Divisors of a number in increasing order.
pub fn divisors(n: usize) -> impl DoubleEndedIterator<Item = usize> {
    (1..=n).filter(move |&divisor| n.is_multiple_of(divisor))
}

#[cfg(test)]
mod tests {
    use reparam::random::{SplitMix64, uniform_in};

    use super::*;

    fn randomized(mut rotation: Rotation<f64>, rng: &mut impl Rng) -> Rotation<f64> {
        let theta: Vec<f64> = (0..rotation.parameter_len()).map(|_| uniform_in(rng, -0.7, 0.7)).collect();
        rotation.set_theta(&theta).unwrap();
        rotation
    }

    fn each() -> [Rotation<f64>; 4] {
        [
            Rotation::group_shuffle(24, 4, 2).unwrap(),
            Rotation::group_shuffle(24, 6, 3).unwrap(),
            Rotation::group_shuffle(24, 8, 1).unwrap(),
            Rotation::butterfly(24, 6, 3).unwrap(),
        ]
    }

    #[test]
    fn parameters_of_zero_are_the_identity() {
        for rotation in each() {
            let x: Vec<f64> = (0..48).map(|k| f64::from(k).sin()).collect();
            let mut y = x.clone();
            rotation.apply(&mut y).unwrap();
            assert_eq!(x, y);
        }
    }

    #[test]
    fn gradients_are_those_of_differences() {
        let mut rng = SplitMix64::new(5);
        for rotation in each() {
            let rotation = randomized(rotation, &mut rng);
            let draw =
                |rng: &mut SplitMix64| -> Vec<f64> { (0..48).map(|_| uniform_in(rng, -1.0, 1.0)).collect() };
            let (x, weights) = (draw(&mut rng), draw(&mut rng));
            // f = Σ w·y + y³/3.
            let value = |rotation: &Rotation<f64>, x: &[f64]| {
                let mut y = x.to_vec();
                rotation.apply(&mut y).unwrap();
                y.iter().zip(&weights).map(|(y, w)| w * y + y * y * y / 3.0).sum::<f64>()
            };
            let mut y = x.clone();
            rotation.apply(&mut y).unwrap();
            let norm = |v: &[f64]| v.iter().map(|x| x * x).sum::<f64>();
            assert!((norm(&x) - norm(&y)).abs() < 1e-12);
            let mut g: Vec<f64> = y.iter().zip(&weights).map(|(y, w)| w + y * y).collect();
            let mut at_blocks = vec![0.0; rotation.blocks().len()];
            rotation.backward(&mut y, &mut g, &mut at_blocks).unwrap();
            assert!(y.iter().zip(&x).all(|(y, x)| (y - x).abs() < 1e-13), "the input comes back");
            let mut at_theta = vec![0.0; rotation.parameter_len()];
            rotation.theta_gradient(&at_blocks, &mut at_theta).unwrap();

            let step = 1e-5;
            for (k, &gradient) in at_theta.iter().enumerate().step_by(7) {
                let moved = |by: f64| {
                    let mut theta = rotation.theta().to_vec();
                    theta[k] += by;
                    let mut rotation = rotation.clone();
                    rotation.set_theta(&theta).unwrap();
                    value(&rotation, &x)
                };
                let difference = (moved(step) - moved(-step)) / (2.0 * step);
                assert!((difference - gradient).abs() < 1e-7, "{k}: {difference} {gradient}");
            }
            for (k, &gradient) in g.iter().enumerate().step_by(11) {
                let moved = |by: f64| {
                    let mut x = x.clone();
                    x[k] += by;
                    value(&rotation, &x)
                };
                let difference = (moved(step) - moved(-step)) / (2.0 * step);
                assert!((difference - gradient).abs() < 1e-7, "{k}: {difference} {gradient}");
            }
        }
    }

    #[test]
    fn sizes_that_do_not_fit_are_refused_with_those_that_do() {
        let message = Rotation::<f32>::group_shuffle(12, 5, 2).unwrap_err().to_string();
        assert!(message.contains("1, 2, 3, 4, 6, 12"), "{message}");
        assert!(Rotation::<f32>::butterfly(12, 3, 2).is_err());
    }
}
