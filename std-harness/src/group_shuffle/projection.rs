//! The core's projections on all cores: their blocks do not depend on each other.

use rayon::prelude::*;
use reparam::Real;
use reparam::group_shuffle::orthogonal::{self, Progress as StopRule};
use reparam::group_shuffle::{Class, Shape, projection};

use crate::report::progress::Progress;
use crate::{Error, Result, interrupt};

/// Factors and the distance to what they stand for.
#[derive(Clone, Debug)]
pub struct Projected<T> {
    /// The blocks, as the core stores them: R, then L.
    pub blocks: Vec<T>,
    /// ‖A − product‖.
    pub residual: f64,
    /// Sweeps of the orthogonal fit.
    pub sweeps: usize,
}

/// [`projection::project`], one row of blocks a task. The same bits for any number of threads.
pub fn project<T: Real>(class: Class<'_>, a: &[T], progress: &Progress) -> Result<Projected<T>> {
    let (left, right) = (class.left(), class.right());
    let row = |i: usize| -> Result<_> {
        let mut scratch = vec![T::ZERO; projection::block_scratch_len(left, right)];
        let mut squared = 0.0;
        let parts: Vec<(Vec<T>, Vec<T>)> = (0..right.count)
            .map(|j| {
                check_interrupt()?;
                let rank = class.rank(i, j);
                let (mut columns, mut rows) =
                    (vec![T::ZERO; rank * left.rows], vec![T::ZERO; rank * right.cols]);
                let part =
                    projection::block(class, i, j, a, &mut columns, &mut rows, &mut scratch).map_err(fail)?;
                squared += part.to_f64();
                progress.add(1);
                Ok((columns, rows))
            })
            .collect::<Result<_>>()?;
        Ok((parts, squared))
    };
    let rows: Vec<_> = (0..left.count).into_par_iter().map(row).collect::<Result<_>>()?;
    let mut blocks = vec![T::ZERO; left.len() + right.len()];
    let (r, l) = blocks.split_at_mut(right.len());
    let mut squared = 0.0;
    for (i, (parts, part)) in rows.iter().enumerate() {
        squared += part;
        for (j, (columns, rows)) in parts.iter().enumerate() {
            projection::place(class, i, j, columns, rows, l, r).map_err(fail)?;
        }
    }
    Ok(Projected { blocks, residual: squared.sqrt(), sweeps: 0 })
}

/// [`orthogonal::project`], with the blocks of a half step of two factors, and the columns of the distance, spread over
/// the cores. The same bits for any number of threads.
pub fn project_orthogonal<T: Real>(
    shape: Shape,
    a: &[T],
    sweeps: usize,
    tolerance: f64,
    progress: &Progress,
) -> Result<Projected<T>> {
    let mut blocks = vec![T::ZERO; shape.block_len()];
    let mut scratch = vec![T::ZERO; orthogonal::scratch_len(shape)];
    let mut workspace = vec![T::ZERO; orthogonal::workspace_len(shape)];
    if shape.factors() == 1 {
        orthogonal::start(shape, a, &mut blocks, &mut scratch).map_err(fail)?;
    } else {
        let pair = Shape::new(shape.block(), shape.blocks(), 2).map_err(fail)?;
        let start = project(Class::shuffle_return(pair).map_err(fail)?, a, progress)?;
        blocks[..pair.block_len()].copy_from_slice(&start.blocks);
        orthogonal::finish_start(shape, &mut blocks, &mut scratch).map_err(fail)?;
    }
    let squares: f64 = a.iter().map(|x| x.to_f64().powi(2)).sum::<f64>() + shape.dim() as f64;
    let mut rule = StopRule::new(squares, tolerance.max(f64::from(T::EPSILON.to_f64() as f32)));
    let mut done = 0;
    while done < sweeps {
        check_interrupt()?;
        let overlap = if shape.factors() == 2 {
            half_step(shape, 1, 0, a, &mut blocks)?;
            half_step(shape, 0, 1, a, &mut blocks)?
        } else {
            orthogonal::sweep(shape, a, &mut blocks, &mut workspace, &mut scratch).map_err(fail)?.to_f64()
        };
        done += 1;
        progress.message(|| format!("sweep {done}"));
        if rule.step(overlap).is_break() {
            break;
        }
    }
    let columns: Vec<f64> = (0..shape.dim())
        .into_par_iter()
        .map_init(
            || vec![T::ZERO; orthogonal::scratch_len(shape)],
            |scratch, column| {
                Ok(orthogonal::column_distance(shape, a, &blocks, column, scratch).map_err(fail)?.to_f64())
            },
        )
        .collect::<Result<_>>()?;
    Ok(Projected { blocks, residual: columns.iter().sum::<f64>().sqrt(), sweeps: done })
}

fn fail(error: reparam::group_shuffle::Error) -> Error {
    Error::failed(format!("cannot project: {error}"))
}

fn check_interrupt() -> Result<()> {
    if interrupt::asked() { Err(Error::failed("interrupted")) } else { Ok(()) }
}

fn half_step<T: Real>(
    shape: Shape,
    factor: usize,
    neighbour: usize,
    a: &[T],
    blocks: &mut [T],
) -> Result<f64> {
    let len = shape.block() * shape.block();
    let best = |j: usize| -> Result<(Vec<T>, f64)> {
        let (mut q, mut scratch) = (vec![T::ZERO; len], vec![T::ZERO; orthogonal::scratch_len(shape)]);
        let overlap = orthogonal::block(shape, factor, Some(neighbour), j, a, blocks, &mut q, &mut scratch)
            .map_err(fail)?;
        Ok((q, overlap.to_f64()))
    };
    let found: Vec<_> = (0..shape.blocks()).into_par_iter().map(best).collect::<Result<_>>()?;
    let mut overlap = 0.0;
    for (j, (q, part)) in found.into_iter().enumerate() {
        overlap += part;
        let start = (factor * shape.blocks() + j) * len;
        blocks[start..start + len].copy_from_slice(&q);
    }
    Ok(overlap)
}
