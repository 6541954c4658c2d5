//! GS rotations that learn from tokens to keep them free of outliers.

use rand_core::Rng;
use reparam::Real;
use reparam::dense::product;
use reparam::group_shuffle::{Shape, backward, cayley};
use reparam::random::{SplitMix64, index};

use super::rotator::Rotator;
use crate::group_shuffle::adam::Adam;
use crate::group_shuffle::failed;
use crate::{Error, Result, interrupt};

/// Tokens in a step.
const BATCH: usize = 64;
/// Steps between two repairs of the blocks' orthogonality.
const REPAIR: usize = 50;

/// Lowers the mean fourth power of the entries of rotated tokens, each token scaled to entries of mean square one, by
/// Adam on Cayley steps from the blocks of the moment, Q ← Q·cayley(δ). `tokens` are the calibration rows.
pub fn learn(
    shape: Shape,
    mut blocks: Vec<f64>,
    tokens: &[f64],
    steps: usize,
    rate: f64,
    seed: u64,
) -> Result<Rotator> {
    let (dim, b) = (shape.dim(), shape.block());
    let count = u32::try_from(tokens.len() / dim).unwrap_or(u32::MAX);
    let mut rng = SplitMix64::new(seed);
    let mut optimizer = Adam::new(shape.parameter_len());
    let mut identity = vec![0.0; b * b];
    identity.iter_mut().step_by(b + 1).for_each(|x| *x = 1.0);
    let mut steps_of_blocks = vec![0.0; shape.block_len()];
    let mut pivots = vec![0; cayley::pivot_len(b)];
    let mut repair = vec![0.0; cayley::refine_scratch_len(b)];
    let mut product_of_blocks = vec![0.0; b * b];
    let mut at_theta = vec![0.0; shape.parameter_len()];
    let mut scratch = vec![0.0; backward::scratch_len(shape)];
    for step in 0..steps {
        if interrupt::asked() {
            return Err(Error::failed("interrupted"));
        }
        let mut y: Vec<f64> = Vec::with_capacity(BATCH * dim);
        for _ in 0..BATCH {
            let token = &tokens[index(&mut rng, count) as usize * dim..][..dim];
            let square = token.iter().map(|x| x * x).sum::<f64>() / dim as f64;
            let scale = if square > 0.0 { square.sqrt().recip() } else { 0.0 };
            y.extend(token.iter().map(|x| x * scale));
        }
        let rotator = Rotator::Blocks { shape, blocks };
        rotator.apply(dim, &mut y)?;
        let Rotator::Blocks { blocks: mut q, .. } = rotator else { unreachable!() };
        let mut g: Vec<f64> = y.iter().map(|y| 4.0 * y * y * y / (BATCH * dim) as f64).collect();
        let mut at_blocks = vec![0.0; shape.block_len()];
        for (y, g) in y.chunks_exact_mut(dim).zip(g.chunks_exact_mut(dim)) {
            backward::backward(shape, &q, y, g, &mut at_blocks, &mut scratch).map_err(failed)?;
        }
        // The gradient at δ = 0: QᵀG in the place of G, the identity in that of Q.
        let parameters = cayley::parameter_len(b);
        let mut work = vec![0.0; cayley::gradient_scratch_len(b)];
        for ((q, g), out) in q
            .chunks_exact(b * b)
            .zip(at_blocks.chunks_exact(b * b))
            .zip(at_theta.chunks_exact_mut(parameters.max(1)))
        {
            product::matmul_tn(b, b, b, q, g, &mut product_of_blocks).map_err(|e| failed(e.into()))?;
            cayley::gradient(b, &identity, &product_of_blocks, out, &mut work).map_err(failed)?;
        }
        let mut delta = vec![0.0; shape.parameter_len()];
        optimizer.step(rate * (1.0 - step as f64 / steps as f64), &mut delta, &at_theta);
        cayley::blocks(shape, &delta, &mut steps_of_blocks, &mut pivots).map_err(failed)?;
        for (q, turn) in q.chunks_exact_mut(b * b).zip(steps_of_blocks.chunks_exact(b * b)) {
            product::matmul(b, b, b, q, turn, &mut product_of_blocks).map_err(|e| failed(e.into()))?;
            q.copy_from_slice(&product_of_blocks);
        }
        if step % REPAIR == REPAIR - 1 || step + 1 == steps {
            cayley::refine(shape, &mut q, &mut repair).map_err(failed)?;
        }
        blocks = q;
    }
    Ok(Rotator::Blocks { shape, blocks })
}

/// Blocks of a random small rotation: from exact identity, tokens with independent entries have no gradient.
pub fn near_identity<T: Real>(shape: Shape, size: f64, rng: &mut impl Rng) -> Result<Vec<T>> {
    let mut theta = vec![T::ZERO; shape.parameter_len()];
    reparam::random::fill_gaussian(rng, &mut theta);
    theta.iter_mut().for_each(|x| *x *= T::from_f64(size));
    let mut blocks = vec![T::ZERO; shape.block_len()];
    cayley::blocks(shape, &theta, &mut blocks, &mut vec![0; cayley::pivot_len(shape.block())])
        .map_err(failed)?;
    Ok(blocks)
}
