//! The process: who leads where, with which probability and reward.

use crate::Real;
pub use crate::real::rows::Q16;

use super::error::Error;

/// One outcome of an action.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Edge<T> {
    /// The state that follows.
    pub next: usize,
    /// Its probability.
    pub probability: T,
    /// What this outcome pays, beside the reward of state and action.
    pub reward: T,
}

/// A Markov decision process, stored or computed.
///
/// Rewards are those of state and action plus those of each edge; either may be zero. A model may depend on the stage.
///
/// ```
/// use reparam::horizon::{Edge, Model, Risk, model, plan, solve};
///
/// /// A queue of at most 99: serve slowly for free or fast for 1; each customer who waits costs 1.
/// struct Queue;
/// impl Model<f32> for Queue {
///     const EDGE_REWARDS: bool = false;
///     fn states(&self) -> usize { 100 }
///     fn actions(&self) -> usize { 2 }
///     fn reward(&self, _stage: usize, state: usize, action: usize) -> f32 {
///         -(state as f32) - action as f32
///     }
///     fn edges(&self, _stage: usize, state: usize, action: usize) -> impl Iterator<Item = Edge<f32>> {
///         let serve = if action == 1 { 0.6 } else { 0.3 };
///         let edge = move |next, probability| Edge { next, probability, reward: 0.0 };
///         [edge(state.saturating_sub(1), serve), edge((state + 1).min(99), 1.0 - serve)].into_iter()
///     }
/// }
///
/// model::check(&Queue, 1)?;
/// let mut scratch = [0.0; plan::scratch_len(100)];
/// let value = solve(&Queue, 50, plan::Settings::new(Risk::Mean), &mut scratch, |_stage, _state, _action| ())?;
/// assert!(value[0] > value[1] && value[98] > value[99]);
/// # Ok::<(), reparam::horizon::Error>(())
/// ```
pub trait Model<T: Real> {
    /// Whether edges have rewards of their own. If not, their `reward` is never read.
    const EDGE_REWARDS: bool = true;

    /// S: number of states, numbered from 0.
    fn states(&self) -> usize;
    /// A: number of actions, numbered from 0; a state need not have all of them.
    fn actions(&self) -> usize;
    /// Reward of an action, whatever follows.
    #[inline(always)]
    fn reward(&self, _stage: usize, _state: usize, _action: usize) -> T {
        T::ZERO
    }
    /// Outcomes of an action, none if it is not available. Their probabilities add up to one.
    fn edges(&self, stage: usize, state: usize, action: usize) -> impl Iterator<Item = Edge<T>>;
    /// `Σ p·(r + values[next])` of an action, −∞ if it is not available.
    #[inline(always)]
    fn expectation(&self, stage: usize, state: usize, action: usize, values: &[T]) -> T {
        let (mut sum, mut available) = (T::ZERO, false);
        for edge in self.edges(stage, state, action) {
            let value = values.get(edge.next).copied().unwrap_or(T::NAN);
            sum = sum.mac(edge.probability, if Self::EDGE_REWARDS { edge.reward + value } else { value });
            available = true;
        }
        if available { sum + self.reward(stage, state, action) } else { -T::INFINITY }
    }
    /// The same of rows `row`, `row + 1`, …, where row `state·actions + action` is that action's. What planning for the mean
    /// asks for; a model may know a faster way.
    #[inline(always)]
    fn expectations(&self, stage: usize, row: usize, values: &[T], out: &mut [T]) {
        let actions = self.actions().max(1);
        let (mut state, mut action) = (row / actions, row % actions);
        for out in out {
            *out = self.expectation(stage, state, action, values);
            action = action.wrapping_add(1);
            if action == actions {
                (state, action) = (state.wrapping_add(1), 0);
            }
        }
    }
}

impl<T: Real, M: Model<T>> Model<T> for &M {
    const EDGE_REWARDS: bool = M::EDGE_REWARDS;
    #[inline(always)]
    fn states(&self) -> usize {
        (**self).states()
    }
    #[inline(always)]
    fn actions(&self) -> usize {
        (**self).actions()
    }
    #[inline(always)]
    fn reward(&self, stage: usize, state: usize, action: usize) -> T {
        (**self).reward(stage, state, action)
    }
    #[inline(always)]
    fn edges(&self, stage: usize, state: usize, action: usize) -> impl Iterator<Item = Edge<T>> {
        (**self).edges(stage, state, action)
    }
    #[inline(always)]
    fn expectation(&self, stage: usize, state: usize, action: usize, values: &[T]) -> T {
        (**self).expectation(stage, state, action, values)
    }
    #[inline(always)]
    fn expectations(&self, stage: usize, row: usize, values: &[T], out: &mut [T]) {
        (**self).expectations(stage, row, values, out);
    }
}

/// How far the sum of the probabilities of a row may be from one.
pub const ROW_SUM_TOLERANCE: f64 = 1e-6;

/// Checks all rows of a model at stages `0..stages` (1 for a model that does not depend on the stage). Sums are taken
/// in `f64`. Cost: a visit of every edge.
///
/// # Errors
/// [`Error::Size`], [`Error::NoAction`], [`Error::Next`], [`Error::Probability`], [`Error::RowSum`],
/// [`Error::Reward`]: the first found, by stage, state, action.
pub fn check<T: Real>(model: &impl Model<T>, stages: usize) -> Result<(), Error> {
    let (states, actions) = (model.states(), model.actions());
    if states == 0 || actions == 0 || states.checked_mul(actions).is_none() {
        return Err(Error::Size);
    }
    for stage in 0..stages {
        for state in 0..states {
            let mut available = false;
            for action in 0..actions {
                available |= check_row(model, stage, state, action)?;
            }
            if !available {
                return Err(Error::NoAction { state });
            }
        }
    }
    Ok(())
}

/// Whether the action is available.
fn check_row<T: Real>(
    model: &impl Model<T>,
    stage: usize,
    state: usize,
    action: usize,
) -> Result<bool, Error> {
    let (mut sum, mut edges) = (0.0f64, false);
    for edge in model.edges(stage, state, action) {
        edges = true;
        if edge.next >= model.states() {
            return Err(Error::Next { state, action, next: edge.next });
        }
        if !(edge.probability > T::ZERO && edge.probability <= T::ONE) {
            return Err(Error::Probability { state, action });
        }
        if !edge.reward.is_finite() {
            return Err(Error::Reward { state, action });
        }
        sum += edge.probability.to_f64();
    }
    if edges {
        if (sum - 1.0).abs() > ROW_SUM_TOLERANCE {
            return Err(Error::RowSum { state, action });
        }
        if !model.reward(stage, state, action).is_finite() {
            return Err(Error::Reward { state, action });
        }
    }
    Ok(edges)
}

mod sealed {
    pub trait Sealed {}
    impl Sealed for u8 {}
    impl Sealed for u16 {}
    impl Sealed for u32 {}
    impl Sealed for i8 {}
    impl Sealed for i16 {}
    impl Sealed for f32 {}
    impl Sealed for f64 {}
    impl Sealed for super::Q16 {}
}

/// A stored index: `u8`, `u16` or `u32`.
pub trait Index: Copy + sealed::Sealed {
    /// As a number.
    fn index(self) -> usize;
}

macro_rules! index {
    ($($t:ty),*) => {$(
        impl Index for $t {
            #[inline(always)]
            fn index(self) -> usize {
                self as usize
            }
        }
    )*};
}
index!(u8, u16, u32);

/// A stored probability: `f32`, `f64` or [`Q16`].
pub trait Probability<T: Real>: Copy + sealed::Sealed {
    /// As a scalar.
    fn probability(self) -> T;
}

impl<T: Real> Probability<T> for f32 {
    #[inline(always)]
    fn probability(self) -> T {
        T::from_f32(self)
    }
}

impl<T: Real> Probability<T> for f64 {
    #[inline(always)]
    fn probability(self) -> T {
        T::from_f64(self)
    }
}

impl Q16 {
    /// Rounds a row of probabilities to multiples of 1/65,536 that add up to exactly one: down to the multiple below, and
    /// what is missing to those with the largest remainders. Cost: at most n² comparisons.
    ///
    /// ```
    /// use reparam::horizon::model::Q16;
    ///
    /// let mut row = [Q16(0); 3];
    /// Q16::from_probabilities(&[1.0 / 3.0; 3], &mut row)?;
    /// assert_eq!(row, [Q16(21_845), Q16(21_844), Q16(21_844)]);
    /// # Ok::<(), reparam::horizon::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Length`]; [`Error::Probability`] (of state and action 0) for a number outside (0, 1] or one so small
    /// that it would be rounded to 0; [`Error::RowSum`] if they do not add up to one.
    pub fn from_probabilities(probabilities: &[f64], row: &mut [Self]) -> Result<(), Error> {
        super::error::check_length(probabilities.len(), row.len())?;
        let refused = Error::Probability { state: 0, action: 0 };
        if !probabilities.iter().all(|&p| p > 0.0 && p <= 1.0) {
            return Err(refused);
        }
        let sum: f64 = probabilities.iter().sum();
        if (sum - 1.0).abs() > ROW_SUM_TOLERANCE {
            return Err(Error::RowSum { state: 0, action: 0 });
        }
        let parts = |p: f64| {
            let exact = p / sum * 65_536.0;
            let below = Real::floor(exact);
            (below as u32, exact - below)
        };
        let given: u32 = probabilities.iter().map(|&p| parts(p).0).sum();
        // The last one that got a part: its remainder and index.
        let mut last = (f64::INFINITY, 0);
        for _ in 0..65_536u32.saturating_sub(given) {
            let mut largest = (-1.0, 0);
            for (k, &p) in probabilities.iter().enumerate() {
                let (_, remainder) = parts(p);
                let waits = remainder < last.0 || (remainder == last.0 && k > last.1);
                if waits && remainder > largest.0 {
                    largest = (remainder, k);
                }
            }
            last = largest;
        }
        for (k, (q, &p)) in row.iter_mut().zip(probabilities).enumerate() {
            let (below, remainder) = parts(p);
            let more = last.0 < remainder || (last.0 == remainder && k <= last.1);
            let all = below.saturating_add(u32::from(more));
            *q = Self(u16::try_from(all.wrapping_sub(1)).map_err(|_| refused)?);
        }
        Ok(())
    }
}

impl<T: Real> Probability<T> for Q16 {
    #[inline(always)]
    fn probability(self) -> T {
        // Exact: 17 bits.
        (T::from_f32(f32::from(self.0)) + T::ONE) * T::from_f32(1.0 / 65_536.0)
    }
}

/// A stored reward: `f32`, `f64`, `i8` or `i16`.
pub trait Reward<T: Real>: Copy + sealed::Sealed {
    /// As a scalar.
    fn reward(self) -> T;
}

impl<T: Real> Reward<T> for f32 {
    #[inline(always)]
    fn reward(self) -> T {
        T::from_f32(self)
    }
}

impl<T: Real> Reward<T> for f64 {
    #[inline(always)]
    fn reward(self) -> T {
        T::from_f64(self)
    }
}

impl<T: Real> Reward<T> for i8 {
    #[inline(always)]
    fn reward(self) -> T {
        T::from_f32(f32::from(self))
    }
}

impl<T: Real> Reward<T> for i16 {
    #[inline(always)]
    fn reward(self) -> T {
        T::from_f32(f32::from(self))
    }
}

/// One reward for each row (state and action).
#[derive(Clone, Copy, Debug)]
pub struct ByRow<'a, R>(
    /// `states·actions` rewards.
    pub &'a [R],
);

/// One reward for each edge.
#[derive(Clone, Copy, Debug)]
pub struct ByEdge<'a, R>(
    /// As many rewards as edges.
    pub &'a [R],
);

/// Where a [`Sparse`] model keeps its rewards: [`ByRow`] or [`ByEdge`].
pub trait Rewards<T: Real>: Copy + rewards::Sealed<T> {}

mod rewards {
    use super::{ByEdge, ByRow, Real, Reward};
    use core::ops::Range;

    pub trait Sealed<T: Real> {
        const EDGE: bool;
        fn expected(rows: usize, edges: usize) -> usize;
        fn found(&self) -> usize;
        fn row(&self, row: usize) -> T;
        fn edges(&self, range: Range<usize>) -> impl Iterator<Item = T>;
    }

    impl<T: Real, R: Reward<T>> Sealed<T> for ByRow<'_, R> {
        const EDGE: bool = false;
        fn expected(rows: usize, _edges: usize) -> usize {
            rows
        }
        fn found(&self) -> usize {
            self.0.len()
        }
        #[inline(always)]
        fn row(&self, row: usize) -> T {
            self.0.get(row).map_or(T::ZERO, |r| r.reward())
        }
        #[inline(always)]
        fn edges(&self, range: Range<usize>) -> impl Iterator<Item = T> {
            range.map(|_| T::ZERO)
        }
    }

    impl<T: Real, R: Reward<T>> Sealed<T> for ByEdge<'_, R> {
        const EDGE: bool = true;
        fn expected(_rows: usize, edges: usize) -> usize {
            edges
        }
        fn found(&self) -> usize {
            self.0.len()
        }
        #[inline(always)]
        fn row(&self, _row: usize) -> T {
            T::ZERO
        }
        #[inline(always)]
        fn edges(&self, range: Range<usize>) -> impl Iterator<Item = T> {
            self.0.get(range).unwrap_or_default().iter().map(|r| r.reward())
        }
    }

    impl<T: Real, R: Reward<T>> super::Rewards<T> for ByRow<'_, R> {}
    impl<T: Real, R: Reward<T>> super::Rewards<T> for ByEdge<'_, R> {}
}

/// Borrowed sparse rows: row `state·actions + action` holds edges `row_ptr[row]..row_ptr[row + 1]`.
///
/// With `u16` pointers, `u8` states, [`Q16`] probabilities and `i8` rewards an edge takes four bytes of flash:
/// [`Flash`](super::Flash) is that.
///
/// ```
/// use reparam::horizon::model::{ByEdge, Q16};
/// use reparam::horizon::{Risk, Sparse, plan, solve};
///
/// // State 0: stay for 1, or leave for 0 or 10 with equal chances. State 1 pays nothing.
/// static ROW_PTR: [u16; 5] = [0, 1, 3, 4, 4];
/// static COL: [u8; 4] = [0, 1, 1, 1];
/// static PROB: [Q16; 4] = [Q16(65_535), Q16(32_767), Q16(32_767), Q16(65_535)];
/// static REWARD: [i8; 4] = [1, 0, 10, 0];
/// let model = Sparse::new(2, 2, &ROW_PTR, &COL, &PROB, ByEdge(&REWARD))?;
///
/// let mut scratch = [0.0f32; plan::scratch_len(2)];
/// let mean = plan::Settings::new(Risk::Mean);
/// assert_eq!(solve(&model, 3, mean, &mut scratch, |_, _, _| ())?[0], 7.0);
/// let averse = plan::Settings::new(Risk::Entropic(1.0));
/// assert!((solve(&model, 3, averse, &mut scratch, |_, _, _| ())?[0] - 3.0).abs() < 1e-5);
/// # Ok::<(), reparam::horizon::Error>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Sparse<'a, I, C, P, W> {
    states: usize,
    actions: usize,
    row_ptr: &'a [I],
    col: &'a [C],
    prob: &'a [P],
    rewards: W,
}

impl<'a, I: Index, C: Index, P, W> Sparse<'a, I, C, P, W> {
    /// Checks everything once; use it then as often as you like. Cost: a visit of every edge.
    ///
    /// # Errors
    /// As [`check`], and [`Error::Length`], [`Error::RowPointer`].
    pub fn new(
        states: usize,
        actions: usize,
        row_ptr: &'a [I],
        col: &'a [C],
        prob: &'a [P],
        rewards: W,
    ) -> Result<Self, Error>
    where
        P: Probability<f64>,
        W: Rewards<f64>,
    {
        let rows = states.checked_mul(actions).ok_or(Error::Size)?;
        super::error::check_length(rows.checked_add(1).ok_or(Error::Size)?, row_ptr.len())?;
        super::error::check_length(col.len(), prob.len())?;
        super::error::check_length(W::expected(rows, col.len()), rewards.found())?;
        let mut before = 0;
        for (row, pointer) in row_ptr.iter().enumerate() {
            let pointer = pointer.index();
            let ends = row != rows || pointer == col.len();
            if pointer < before || (row == 0 && pointer != 0) || !ends {
                return Err(Error::RowPointer { row });
            }
            before = pointer;
        }
        let model = Self { states, actions, row_ptr, col, prob, rewards };
        check::<f64>(&model, 1)?;
        Ok(model)
    }

    /// Number of edges.
    pub fn edge_count(&self) -> usize {
        self.col.len()
    }

    #[inline(always)]
    fn range(&self, state: usize, action: usize) -> core::ops::Range<usize> {
        let row = state.wrapping_mul(self.actions).wrapping_add(action);
        match self.row_ptr.get(row..) {
            Some([start, end, ..]) if action < self.actions => start.index()..end.index(),
            _ => 0..0,
        }
    }
}

impl<T, I, C, P, W> Model<T> for Sparse<'_, I, C, P, W>
where
    T: Real,
    I: Index,
    C: Index,
    P: Probability<T>,
    W: Rewards<T>,
{
    const EDGE_REWARDS: bool = W::EDGE;

    #[inline(always)]
    fn states(&self) -> usize {
        self.states
    }
    #[inline(always)]
    fn actions(&self) -> usize {
        self.actions
    }
    #[inline(always)]
    fn reward(&self, _stage: usize, state: usize, action: usize) -> T {
        self.rewards.row(state.wrapping_mul(self.actions).wrapping_add(action))
    }
    #[inline(always)]
    fn edges(&self, _stage: usize, state: usize, action: usize) -> impl Iterator<Item = Edge<T>> {
        let range = self.range(state, action);
        let col = self.col.get(range.clone()).unwrap_or_default();
        let prob = self.prob.get(range.clone()).unwrap_or_default();
        col.iter().zip(prob).zip(self.rewards.edges(range)).map(|((col, prob), reward)| Edge {
            next: col.index(),
            probability: prob.probability(),
            reward,
        })
    }
}
