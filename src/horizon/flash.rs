//! The model of a microcontroller: four bytes an edge.

use crate::Real;
use crate::real::rows::Rows;

use super::error::Error;
use super::model::{ByEdge, Edge, Model, Q16, Sparse};

/// Borrowed sparse rows of at most 256 states and 65,535 edges, with integer rewards in −128..=127, in whatever unit
/// they are. As [`Sparse`], with a faster loop for the mean: 10 instructions an edge on a Cortex-M4F.
///
/// ```
/// use reparam::horizon::model::Q16;
/// use reparam::horizon::{Flash, Risk, plan, solve};
///
/// // State 0: stay for 1, or leave for 0 or 10 with equal chances. State 1 pays nothing.
/// static ROW_PTR: [u16; 5] = [0, 1, 3, 4, 4];
/// static COL: [u8; 4] = [0, 1, 1, 1];
/// static PROB: [Q16; 4] = [Q16(65_535), Q16(32_767), Q16(32_767), Q16(65_535)];
/// static REWARD: [i8; 4] = [1, 0, 10, 0];
/// let model = Flash::new(2, 2, &ROW_PTR, &COL, &PROB, &REWARD)?;
///
/// let mut scratch = [0.0f32; plan::scratch_len(2)];
/// let mean = plan::Settings::new(Risk::Mean);
/// assert_eq!(solve(&model, 3, mean, &mut scratch, |_, _, _| ())?[0], 7.0);
/// let averse = plan::Settings::new(Risk::Entropic(1.0));
/// assert!((solve(&model, 3, averse, &mut scratch, |_, _, _| ())?[0] - 3.0).abs() < 1e-5);
/// # Ok::<(), reparam::horizon::Error>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Flash<'a> {
    sparse: Sparse<'a, u16, u8, Q16, ByEdge<'a, i8>>,
    rows: Rows<'a>,
}

impl<'a> Flash<'a> {
    /// Checks everything once, as [`Sparse::new`].
    ///
    /// # Errors
    /// As [`Sparse::new`].
    pub fn new(
        states: usize,
        actions: usize,
        row_ptr: &'a [u16],
        col: &'a [u8],
        prob: &'a [Q16],
        reward: &'a [i8],
    ) -> Result<Self, Error> {
        let sparse = Sparse::new(states, actions, row_ptr, col, prob, ByEdge(reward))?;
        let rows = Rows::new(row_ptr, col, prob, reward, states).ok_or(Error::Size)?;
        Ok(Self { sparse, rows })
    }
}

impl<T: Real> Model<T> for Flash<'_> {
    #[inline(always)]
    fn states(&self) -> usize {
        Model::<T>::states(&self.sparse)
    }
    #[inline(always)]
    fn actions(&self) -> usize {
        Model::<T>::actions(&self.sparse)
    }
    #[inline(always)]
    fn edges(&self, stage: usize, state: usize, action: usize) -> impl Iterator<Item = Edge<T>> {
        self.sparse.edges(stage, state, action)
    }
    #[inline(always)]
    fn expectation(&self, _stage: usize, state: usize, action: usize, values: &[T]) -> T {
        let row = state.wrapping_mul(Model::<T>::actions(self)).wrapping_add(action);
        let mut out = [-T::INFINITY];
        self.rows.expectations(row, values, &mut out);
        let [out] = out;
        out
    }
    #[inline(always)]
    fn expectations(&self, _stage: usize, row: usize, values: &[T], out: &mut [T]) {
        self.rows.expectations(row, values, out);
    }
}
