//! Orthogonal adapters of a frozen linear layer: merged into its weight, or applied beside it.
//!
//! The layer is `y = Wᵀ x`, W of `dim × outputs`: a neuron is a column of W. The adapter puts a rotation Q of the
//! inputs into it, optionally one of the outputs, V ([`Adapter::with_output`]), and a factor s for each output
//! ([`Adapter::with_scale`]):
//!
//! | [`Side`] | merged weight | beside the frozen weight |
//! |---|---|---|
//! | [`Weight`](Side::Weight) | `Q W V diag(s)` | `y = s ⊙ Vᵀ Wᵀ Qᵀ x` |
//! | [`Input`](Side::Input) | `Qᵀ W V diag(s)` | `y = s ⊙ Vᵀ Wᵀ Q x` |
//!
//! Without s the singular values of W stay what they are. The two sides are each other's transposes: parameters
//! learnt on one side describe the inverse rotation on the other. V always multiplies the weight.
//!
//! Merging in `f32` costs a rounding or two. A merged weight rounded to 16 bits is another matter: unmerging it does
//! not give the original back. Keep the original, or the parameters, and merge once.

use super::apply;
use super::columns;
use super::error::{Error, check_length};
use super::shape::Shape;
use crate::Real;
use crate::dense::product;
use crate::runs::runs_mut;

/// What Q multiplies.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Side {
    /// The weight, as in the publication: `(Q W)ᵀ x`. Inputs see Qᵀ.
    #[default]
    Weight,
    /// The input, as in the publication's program: `Wᵀ (Q x)`. The weight sees Qᵀ.
    Input,
}

/// How a weight lies in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Neurons {
    /// `dim × outputs` by rows: W as it is written here.
    Columns,
    /// `outputs × dim` by rows, Wᵀ: what `torch.nn.Linear` stores, and what a matrix-vector product reads along.
    Rows,
}

/// Length of the scratch of the methods of [`Adapter`], for the larger of the blocks of Q and V: `8·block`.
pub const fn scratch_len(block: usize) -> usize {
    block.saturating_mul(8)
}

/// The adapter of one layer; borrows its numbers. See [the module](self).
///
/// ```
/// use reparam::group_shuffle::adapter::{self, Adapter, Neurons, Side};
/// use reparam::group_shuffle::{Error, Shape};
///
/// // Two inputs, turned a quarter; one output.
/// let (shape, blocks) = (Shape::new(2, 1, 1)?, [0.0, 1.0, -1.0, 0.0]);
/// let adapter = Adapter::new(shape, &blocks, Side::Weight, 1)?.with_scale(&[10.0])?;
/// let (frozen, mut scratch) = ([1.0, 2.0], [0.0; adapter::scratch_len(2)]);
///
/// let mut y = [0.0];
/// adapter.forward(Neurons::Columns, &frozen, &mut [3.0, 4.0], &mut y, &mut scratch)?;
/// let mut merged = frozen;
/// adapter.merge(Neurons::Columns, &mut merged, &mut scratch)?;
/// assert_eq!((merged, y), ([20.0, -10.0], [20.0]));
///
/// adapter.unmerge(Neurons::Columns, &mut merged, &mut scratch)?;
/// assert_eq!(merged, frozen);
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Adapter<'a, T> {
    input: Rotation<'a, T>,
    side: Side,
    output: Option<Rotation<'a, T>>,
    scale: Option<&'a [T]>,
    outputs: usize,
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct Rotation<'a, T> {
    shape: Shape,
    blocks: &'a [T],
}

impl<'a, T: Real> Rotation<'a, T> {
    fn new(shape: Shape, blocks: &'a [T]) -> Result<Self, Error> {
        check_length(shape.block_len(), blocks.len())?;
        Ok(Self { shape, blocks })
    }

    /// `x ← Q x` or `x ← Qᵀ x`.
    fn vector(self, transposed: bool, x: &mut [T], scratch: &mut [T]) -> Result<(), Error> {
        let scratch = scratch.get_mut(..apply::scratch_len(self.shape)).unwrap_or_default();
        let apply = if transposed { apply::apply_transpose } else { apply::apply };
        apply(self.shape, self.blocks, x, scratch)
    }

    /// The same for every row of `x`.
    fn rows(self, transposed: bool, x: &mut [T], scratch: &mut [T]) -> Result<(), Error> {
        x.chunks_exact_mut(self.shape.dim().max(1)).try_for_each(|row| self.vector(transposed, row, scratch))
    }

    /// The same for every column of `x`.
    fn columns(self, transposed: bool, count: usize, x: &mut [T], scratch: &mut [T]) -> Result<(), Error> {
        let scratch = scratch.get_mut(..columns::scratch_len(self.shape)).unwrap_or_default();
        let apply = if transposed { columns::apply_transpose } else { columns::apply };
        apply(self.shape, count, self.blocks, x, scratch)
    }
}

impl<'a, T: Real> Adapter<'a, T> {
    /// Rotation of the inputs alone. `blocks` are those of Q, [`Shape::block_len`] numbers; they must be orthogonal
    /// for [`unmerge`](Self::unmerge) to be the inverse, which is not checked.
    ///
    /// # Errors
    /// [`Error::Length`]; [`Error::Shape`] without outputs, or if `dim·outputs` leaves the range of `usize`.
    pub fn new(shape: Shape, blocks: &'a [T], side: Side, outputs: usize) -> Result<Self, Error> {
        if outputs == 0 || shape.dim().checked_mul(outputs).is_none() {
            return Err(Error::Shape);
        }
        Ok(Self { input: Rotation::new(shape, blocks)?, side, output: None, scale: None, outputs })
    }

    /// With a rotation V of the outputs besides: the two-sided adapter, called Double GSOFT in the publication.
    ///
    /// # Errors
    /// [`Error::Length`] unless the blocks fit and `shape.dim()` is the number of outputs.
    pub fn with_output(self, shape: Shape, blocks: &'a [T]) -> Result<Self, Error> {
        check_length(self.outputs, shape.dim())?;
        Ok(Self { output: Some(Rotation::new(shape, blocks)?), ..self })
    }

    /// With a factor for each output.
    ///
    /// # Errors
    /// [`Error::Length`]; [`Error::Setting`] for a factor that is zero, infinite or NaN: it could not be unmerged.
    pub fn with_scale(self, scale: &'a [T]) -> Result<Self, Error> {
        check_length(self.outputs, scale.len())?;
        if scale.iter().any(|&s| !s.is_finite() || s == T::ZERO) {
            return Err(Error::Setting { name: "scale" });
        }
        Ok(Self { scale: Some(scale), ..self })
    }

    /// `W ← Q W V diag(s)`, Q transposed on the input side.
    ///
    /// Cost: `factors·dim·block·outputs` multiply-adds for each rotation; scratch: [`scratch_len`].
    ///
    /// # Errors
    /// [`Error::Length`].
    pub fn merge(&self, neurons: Neurons, weight: &mut [T], scratch: &mut [T]) -> Result<(), Error> {
        self.check(weight, scratch)?;
        self.rotate_weight(neurons, false, weight, scratch)?;
        self.scale_weight(neurons, weight, |x, s| x * s);
        Ok(())
    }

    /// Takes [`merge`](Self::merge) back, up to rounding. Cost as there, and a division for each number if there is a
    /// scale.
    ///
    /// # Errors
    /// [`Error::Length`].
    pub fn unmerge(&self, neurons: Neurons, weight: &mut [T], scratch: &mut [T]) -> Result<(), Error> {
        self.check(weight, scratch)?;
        self.scale_weight(neurons, weight, |x, s| x / s);
        self.rotate_weight(neurons, true, weight, scratch)
    }

    /// The adapted layer beside its frozen weight: `y ← s ⊙ Vᵀ Wᵀ Qᵀ x`, Q instead of Qᵀ on the input side. `x` is
    /// rotated in place.
    ///
    /// Cost: `dim·outputs` multiply-adds and those of the rotations of two vectors; scratch: [`scratch_len`].
    ///
    /// # Errors
    /// [`Error::Length`].
    pub fn forward(
        &self,
        neurons: Neurons,
        weight: &[T],
        x: &mut [T],
        y: &mut [T],
        scratch: &mut [T],
    ) -> Result<(), Error> {
        self.check(weight, scratch)?;
        let dim = self.input.shape.dim();
        check_length(self.outputs, y.len())?;
        self.rotate_input(x, scratch)?;
        match neurons {
            Neurons::Columns => product::matvec_t(dim, self.outputs, weight, x, y)?,
            Neurons::Rows => product::matvec(self.outputs, dim, weight, x, y)?,
        }
        self.finish_output(y, scratch)
    }

    /// What goes before the frozen layer: `x ← Qᵀ x`, on the input side `x ← Q x`. For layers with a product of
    /// their own, quantized ones for instance.
    ///
    /// # Errors
    /// [`Error::Length`].
    pub fn rotate_input(&self, x: &mut [T], scratch: &mut [T]) -> Result<(), Error> {
        check_length(self.scratch_len(), scratch.len())?;
        self.input.vector(self.side == Side::Weight, x, scratch)
    }

    /// What goes after the frozen layer: `y ← s ⊙ Vᵀ y`.
    ///
    /// # Errors
    /// [`Error::Length`].
    pub fn finish_output(&self, y: &mut [T], scratch: &mut [T]) -> Result<(), Error> {
        check_length(self.scratch_len(), scratch.len())?;
        check_length(self.outputs, y.len())?;
        if let Some(output) = self.output {
            output.vector(true, y, scratch)?;
        }
        if let Some(scale) = self.scale {
            y.iter_mut().zip(scale).for_each(|(y, &s)| *y *= s);
        }
        Ok(())
    }

    /// [`scratch_len`] of the larger block.
    pub fn scratch_len(&self) -> usize {
        let output = self.output.map_or(1, |output| output.shape.block());
        scratch_len(self.input.shape.block().max(output))
    }

    fn check(&self, weight: &[T], scratch: &[T]) -> Result<(), Error> {
        check_length(self.input.shape.dim() * self.outputs, weight.len())?;
        check_length(self.scratch_len(), scratch.len())
    }

    /// `W ← Q W V`, or back.
    fn rotate_weight(
        &self,
        neurons: Neurons,
        back: bool,
        weight: &mut [T],
        scratch: &mut [T],
    ) -> Result<(), Error> {
        let dim = self.input.shape.dim();
        let transposed = (self.side == Side::Input) != back;
        match neurons {
            Neurons::Columns => self.input.columns(transposed, self.outputs, weight, scratch)?,
            Neurons::Rows => self.input.rows(transposed, weight, scratch)?,
        }
        // W V: the rows of W are multiplied by Vᵀ.
        match (self.output, neurons) {
            (None, _) => Ok(()),
            (Some(output), Neurons::Columns) => output.rows(!back, weight, scratch),
            (Some(output), Neurons::Rows) => output.columns(!back, dim, weight, scratch),
        }
    }

    /// `f(x, s)` for each number of the weight and the scale of its neuron.
    fn scale_weight(&self, neurons: Neurons, weight: &mut [T], f: impl Fn(T, T) -> T) {
        let Some(scale) = self.scale else { return };
        match neurons {
            Neurons::Columns => {
                for row in weight.chunks_exact_mut(self.outputs.max(1)) {
                    row.iter_mut().zip(scale).for_each(|(x, &s)| *x = f(*x, s));
                }
            }
            Neurons::Rows => {
                for (row, &s) in runs_mut(weight, self.input.shape.dim()).zip(scale) {
                    row.iter_mut().for_each(|x| *x = f(*x, s));
                }
            }
        }
    }
}
