//! GS rotations that learn from tokens to keep them free of outliers.

use rand_core::Rng;
use reparam::Real;
use reparam::dense::product;
use reparam::group_shuffle::{Shape, apply, backward, cayley};
use reparam::random::{SplitMix64, index};

use crate::adam::Adam;
use crate::group_shuffle::failed;
use crate::{Error, Result, interrupt};

/// Tokens in a step.
const BATCH: usize = 64;
/// Steps between two repairs of the blocks' orthogonality.
const REPAIR: usize = 50;

/// Lowers the mean fourth power of the entries of rotated tokens, each token scaled to entries of mean square one, by
/// Adam on Cayley steps from the blocks of the moment, Q ← Q·cayley(δ). `tokens` are the calibration rows. The steps are
/// made in 32 bits; the blocks that come back are orthogonal in 64.
pub fn learn(
    shape: Shape,
    start: &[f64],
    tokens: &[f64],
    steps: usize,
    rate: f64,
    seed: u64,
) -> Result<Vec<f64>> {
    let (dim, b) = (shape.dim(), shape.block());
    let count = u32::try_from(tokens.len() / dim).unwrap_or(u32::MAX);
    let mut rng = SplitMix64::new(seed);
    let mut optimizer = Adam::new(shape.parameter_len());
    let mut blocks: Vec<f32> = start.iter().map(|&x| x as f32).collect();
    let mut identity = vec![0.0; b * b];
    identity.iter_mut().step_by(b + 1).for_each(|x| *x = 1.0);
    let mut turns = vec![0.0; shape.block_len()];
    let mut pivots = vec![0; cayley::pivot_len(b)];
    let mut repair = vec![0.0; cayley::refine_scratch_len(b)];
    let mut product_of_blocks = vec![0.0; b * b];
    let mut at_theta = vec![0.0; shape.parameter_len()];
    let mut work = vec![0.0; cayley::gradient_scratch_len(b)];
    let mut scratch = vec![0.0; apply::scratch_len(shape).max(backward::scratch_len(shape))];
    let mut y = vec![0.0; BATCH * dim];
    for step in 0..steps {
        if interrupt::asked() {
            return Err(Error::failed("interrupted"));
        }
        let mut at_blocks = vec![0.0; shape.block_len()];
        for y in y.chunks_exact_mut(dim) {
            let token = &tokens[index(&mut rng, count) as usize * dim..][..dim];
            let square = token.iter().map(|x| x * x).sum::<f64>() / dim as f64;
            let scale = if square > 0.0 { square.sqrt().recip() } else { 0.0 };
            y.iter_mut().zip(token).for_each(|(y, x)| *y = (x * scale) as f32);
            apply::apply(shape, &blocks, y, &mut scratch[..apply::scratch_len(shape)]).map_err(failed)?;
            let share = 4.0 / (BATCH * dim) as f32;
            let mut g: Vec<f32> = y.iter().map(|y| share * y * y * y).collect();
            let scratch = &mut scratch[..backward::scratch_len(shape)];
            backward::backward(shape, &blocks, y, &mut g, &mut at_blocks, scratch).map_err(failed)?;
        }
        // The gradient at δ = 0: QᵀG in the place of G, the identity in that of Q.
        let gradients = at_theta.chunks_exact_mut(cayley::parameter_len(b).max(1));
        for ((q, g), out) in blocks.chunks_exact(b * b).zip(at_blocks.chunks_exact(b * b)).zip(gradients) {
            product::matmul_tn(b, b, b, q, g, &mut product_of_blocks).map_err(|e| failed(e.into()))?;
            cayley::gradient(b, &identity, &product_of_blocks, out, &mut work).map_err(failed)?;
        }
        let mut delta = vec![0.0; shape.parameter_len()];
        optimizer.step(rate * (1.0 - step as f64 / steps as f64), &mut delta, &at_theta);
        cayley::blocks(shape, &delta, &mut turns, &mut pivots).map_err(failed)?;
        for (q, turn) in blocks.chunks_exact_mut(b * b).zip(turns.chunks_exact(b * b)) {
            product::matmul(b, b, b, q, turn, &mut product_of_blocks).map_err(|e| failed(e.into()))?;
            q.copy_from_slice(&product_of_blocks);
        }
        if step % REPAIR == REPAIR - 1 || step + 1 == steps {
            cayley::refine(shape, &mut blocks, &mut repair).map_err(failed)?;
        }
    }
    let mut blocks: Vec<f64> = blocks.iter().map(|&x| f64::from(x)).collect();
    cayley::refine(shape, &mut blocks, &mut vec![0.0; cayley::refine_scratch_len(b)]).map_err(failed)?;
    Ok(blocks)
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
