//! Backward induction for the mean and for exponential utility.
//!
//! With V after the last stage 0, or what the caller says, each stage is `Q(x, a) = ERM_b(r + V(x′))`,
//! `V(x) = max_a Q(x, a)` (Marthe, Garivier and Vernade 2023, section 4; the Bellman equation of exponential utility is
//! Howard and Matheson's, 1972). With a discount g the return is Σ gᵗ R_t, and the risk at stage t is `b·gᵗ`: the
//! best policy then depends on the stage even if the model does not.
//!
//! Exponentials are taken once a state and not once an edge: `−b·Q = −b·c + ln Σ p·e^(−br)·e^(−b(V − c))`. Actions are
//! compared before the logarithm. Three forms share the loop, and the stage chooses among them:
//!
//! | form | when | what is kept of V |
//! |---|---|---|
//! | small | \|b\|·(max V − min V) ≤ 1 | `e^(−b(V − c)) − 1`, and ln(1 + x): no cancellation however small b is |
//! | once | until `e^(−b(V − c))` would leave the range of the scalar: 78 in `f32`, 637 in `f64` | `e^(−b(V − c))` |
//! | by edge | beyond | V; an exponential for each edge, relative to the largest |
//!
//! Where rewards are so large that the small form would cancel, beyond b·r = 2, a state takes e^(−b(V − c)) from it after all. A
//! state whose sum over- or underflows is computed by edge. Nothing ever overflows on the way to a value
//! that does not.

use crate::Real;

use super::error::{Error, check_length};
use super::model::Model;

/// What is maximized. Only these: for other functionals of the law of the return the recursion is wrong, see
/// [`heuristic`](super::heuristic).
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Risk<T> {
    /// The mean return.
    Mean,
    /// `−(1/b)·ln E e^(−bZ)`: averse to risk for b > 0, seeking it for b < 0, the mean for b = 0.
    Entropic(T),
}

impl<T: Real> Risk<T> {
    /// b.
    pub fn aversion(self) -> T {
        match self {
            Self::Mean => T::ZERO,
            Self::Entropic(b) => b,
        }
    }
}

/// What to solve.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Settings<T> {
    /// The objective.
    pub risk: Risk<T>,
    /// g in (0, 1]: a reward at stage t counts gᵗ times.
    pub discount: T,
    /// Actions whose values differ by no more are a tie, which the lowest one wins.
    pub tolerance: T,
}

impl<T: Real> Settings<T> {
    /// Undiscounted, with a tolerance of 1e-10, in `f32` 7.6e-6.
    pub fn new(risk: Risk<T>) -> Self {
        Self { risk, discount: T::ONE, tolerance: tie_tolerance() }
    }

    fn check(&self) -> Result<(), Error> {
        if !self.risk.aversion().is_finite() {
            return Err(Error::Setting { name: "risk" });
        }
        if !(self.discount > T::ZERO && self.discount <= T::ONE) {
            return Err(Error::Setting { name: "discount" });
        }
        if !(self.tolerance >= T::ZERO && self.tolerance.is_finite()) {
            return Err(Error::Setting { name: "tolerance" });
        }
        Ok(())
    }
}

/// Scores that differ by no more are a tie unless the caller says otherwise.
#[inline(always)]
pub(super) fn tie_tolerance<T: Real>() -> T {
    T::from_f32(1e-10).max(T::from_f32(64.0) * T::EPSILON)
}

/// Length of the scratch of [`solve`] and [`Plan`].
pub const fn scratch_len(states: usize) -> usize {
    states.saturating_mul(2)
}

/// The values of all states at the first stage; `policy(stage, state, action)` hears each decision, last stage first.
///
/// Cost a stage: an exponential a state and, for rewards by row, a row; a logarithm a state; per edge two
/// multiply-adds.
///
/// ```
/// use reparam::horizon::model::ByRow;
/// use reparam::horizon::{Packed, Policy, Risk, Sparse, plan, policy, solve};
///
/// // A machine that works (0) or is broken (1). Run it for 5, or service it for 3; repair costs 4.
/// let model = Sparse::new(
///     2, 2, &[0u8, 2, 3, 4, 4], &[0u8, 1, 0, 0], &[0.7f32, 0.3, 1.0, 1.0], ByRow(&[5i8, 3, -4, 0]),
/// )?;
/// let mut words = [0; policy::words(10, 2, 2)];
/// let mut decisions = Packed::new(10, 2, 2, &mut words)?;
/// let mut scratch = [0.0f32; plan::scratch_len(2)];
/// let averse = plan::Settings::new(Risk::Entropic(0.5));
/// let value = solve(&model, 10, averse, &mut scratch, |t, x, a| decisions.set(t, x, a))?;
/// assert!((value[0] - 32.0).abs() < 1e-4);
/// // Only the last stage is not worth a service.
/// assert_eq!([decisions.action(0, 0), decisions.action(8, 0), decisions.action(9, 0)], [1, 1, 0]);
/// # Ok::<(), reparam::horizon::Error>(())
/// ```
///
/// # Errors
/// [`Error::Length`], [`Error::Size`], [`Error::Setting`]; [`Error::NotFinite`], [`Error::NoAction`].
pub fn solve<'a, T: Real>(
    model: &impl Model<T>,
    horizon: usize,
    settings: Settings<T>,
    scratch: &'a mut [T],
    mut policy: impl FnMut(usize, usize, usize),
) -> Result<&'a [T], Error> {
    let mut plan = Plan::new(model, horizon, settings, scratch)?;
    while plan.stages_left() > 0 {
        let stage = plan.stages_left() - 1;
        plan.step(|state, action| policy(stage, state, action))?;
    }
    Ok(plan.value)
}

/// The same, one stage a call.
#[derive(Debug)]
pub struct Plan<'a, M, T> {
    model: M,
    settings: Settings<T>,
    left: usize,
    value: &'a mut [T],
    other: &'a mut [T],
}

impl<'a, T: Real, M: Model<T>> Plan<'a, M, T> {
    /// Nothing is earned after the last stage. `scratch`: [`scratch_len`].
    ///
    /// # Errors
    /// [`Error::Length`], [`Error::Size`], [`Error::Setting`].
    pub fn new(model: M, horizon: usize, settings: Settings<T>, scratch: &'a mut [T]) -> Result<Self, Error> {
        settings.check()?;
        let states = model.states();
        if states == 0 || states.checked_mul(2).is_none() {
            return Err(Error::Size);
        }
        check_length(scratch_len(states), scratch.len())?;
        let (value, other) = scratch.split_at_mut_checked(states).ok_or(Error::Size)?;
        value.fill(T::ZERO);
        Ok(Self { model, settings, left: horizon, value, other })
    }

    /// Sets what each state is worth after the last stage. Call it before the first step.
    ///
    /// # Errors
    /// [`Error::Length`].
    pub fn set_final(&mut self, values: &[T]) -> Result<(), Error> {
        check_length(self.value.len(), values.len())?;
        self.value.copy_from_slice(values);
        Ok(())
    }

    /// Stages that are not decided yet.
    pub fn stages_left(&self) -> usize {
        self.left
    }

    /// Values of all states at the stage that was decided last.
    pub fn value(&self) -> &[T] {
        self.value
    }

    /// Decides the last of the stages that are left, if there is one: `policy(state, action)`.
    ///
    /// # Errors
    /// [`Error::NotFinite`], [`Error::NoAction`]. The values are then those of no stage.
    pub fn step(&mut self, policy: impl FnMut(usize, usize)) -> Result<(), Error> {
        let Some(stage) = self.left.checked_sub(1) else { return Ok(()) };
        core::mem::swap(&mut self.value, &mut self.other);
        let mut backup = Backup::new(&self.model, stage, self.settings, self.other)?;
        backup.states(0, self.value, policy)?;
        self.left = stage;
        Ok(())
    }
}

/// Rows whose means are asked for at once.
const CHUNK: usize = 32;

/// One stage, for some states after others in any order: what [`Plan::step`] is made of, for callers who share the states
/// among threads. A clone for each thread has the same results.
#[derive(Clone, Debug)]
pub struct Backup<'a, M, T> {
    model: M,
    stage: usize,
    tolerance: T,
    form: Form<T>,
    /// What the form keeps of V.
    kept: &'a [T],
    factors: Factors<T>,
}

#[derive(Clone, Copy, Debug)]
enum Form<T> {
    Mean,
    Small { b: T, center: T },
    Once { b: T, center: T },
    ByEdge,
}

impl<T: Real> Form<T> {
    fn choose(b: T, low: T, high: T) -> Self {
        let spread = b.abs() * (high - low);
        // e^(−b(V − center)) is at most 1.
        let center = if b > T::ZERO { low } else { high };
        if b == T::ZERO {
            Self::Mean
        } else if spread <= T::ONE {
            Self::Small { b, center: T::HALF * (low + high) }
        } else if spread <= T::from_f32(-0.9) * T::MIN_POSITIVE.ln() {
            Self::Once { b, center }
        } else {
            Self::ByEdge
        }
    }

    fn keep(self, value: T) -> T {
        match self {
            Self::Mean | Self::ByEdge => value,
            Self::Small { b, center } => (-b * (value - center)).exp_m1(),
            Self::Once { b, center } => (-b * (value - center)).exp(),
        }
    }

    /// The value that has a score.
    #[inline(always)]
    fn value(self, score: T) -> T {
        match self {
            Self::Mean | Self::ByEdge => score,
            Self::Small { b, center } => center - (-b.signum() * score).ln_1p() / b,
            Self::Once { b, center } => center - (-b.signum() * score).ln() / b,
        }
    }
}

impl<'a, T: Real, M: Model<T>> Backup<'a, M, T> {
    /// For a stage, from the values of the next one, which it rewrites. Cost: at most an exponential a state.
    ///
    /// # Errors
    /// [`Error::NotFinite`] if one of the values is; [`Error::Setting`].
    pub fn new(model: M, stage: usize, settings: Settings<T>, next: &'a mut [T]) -> Result<Self, Error> {
        settings.check()?;
        check_length(model.states(), next.len())?;
        let (mut low, mut high) = (T::INFINITY, -T::INFINITY);
        for (state, value) in next.iter_mut().enumerate() {
            *value *= settings.discount;
            if !value.is_finite() {
                return Err(Error::NotFinite { stage: stage.saturating_add(1), state });
            }
            low = low.min(*value);
            high = high.max(*value);
        }
        let b = settings.risk.aversion();
        let b = if settings.discount == T::ONE { b } else { b * power(settings.discount, stage) };
        let form = Form::choose(b, low, high);
        if !matches!(form, Form::Mean | Form::ByEdge) {
            next.iter_mut().for_each(|v| *v = form.keep(*v));
        }
        let factors = Factors::new(b, matches!(form, Form::Small { .. }));
        Ok(Self { model, stage, tolerance: settings.tolerance, form, kept: next, factors })
    }

    /// Values of the states `first`, `first + 1`, …; `policy(state, action)` hears each decision.
    ///
    /// # Errors
    /// [`Error::NotFinite`], [`Error::NoAction`].
    pub fn states(
        &mut self,
        first: usize,
        values: &mut [T],
        mut policy: impl FnMut(usize, usize),
    ) -> Result<(), Error> {
        if matches!(self.form, Form::Mean) {
            return self.means(first, values, policy);
        }
        for (state, value) in (first..).zip(values) {
            let action;
            (*value, action) = self.state(state, 0..self.model.actions())?;
            policy(state, action);
        }
        Ok(())
    }

    /// Value and action of one state that has no other actions than these, in ascending order: for callers who know that
    /// the others are not best. If so, both are as from [`states`](Self::states).
    ///
    /// # Errors
    /// [`Error::NotFinite`]; [`Error::NoAction`] if none of them is available.
    #[inline]
    pub fn among(
        &mut self,
        state: usize,
        actions: impl Iterator<Item = usize> + Clone,
    ) -> Result<(T, usize), Error> {
        if !matches!(self.form, Form::Mean) {
            return self.state(state, actions);
        }
        let tolerance = self.tolerance;
        let best = self.best(state, actions, |_| tolerance, Self::mean)?;
        if best.0.is_finite() { Ok(best) } else { Err(Error::NotFinite { stage: self.stage, state }) }
    }

    /// What each action of a state is worth: −∞ for one that is not available, NaN or infinite where it is no number.
    pub fn worth(&mut self, state: usize, values: &mut [T]) {
        if matches!(self.form, Form::Mean) {
            let row = state.wrapping_mul(self.model.actions());
            return self.model.expectations(self.stage, row, self.kept, values);
        }
        for (action, value) in values.iter_mut().enumerate() {
            *value = self.value(state, action).unwrap_or(-T::INFINITY);
        }
    }

    /// For the mean: rows of all actions and states, a few at a time.
    #[inline(never)]
    fn means(
        &self,
        first: usize,
        values: &mut [T],
        mut policy: impl FnMut(usize, usize),
    ) -> Result<(), Error> {
        let actions = self.model.actions();
        let (mut row, mut means) = (first.wrapping_mul(actions), [T::ZERO; CHUNK]);
        let mut left = values.len().wrapping_mul(actions);
        let (mut values, mut state) = (values.iter_mut(), first);
        // The best action so far, what it is worth, and what a better one must exceed.
        let (mut action, mut chosen, mut best, mut threshold) = (0usize, 0, -T::INFINITY, -T::INFINITY);
        while let Some(means) = means.get_mut(..left.min(CHUNK)).filter(|means| !means.is_empty()) {
            self.model.expectations(self.stage, row, self.kept, means);
            row = row.wrapping_add(CHUNK);
            left = left.saturating_sub(CHUNK);
            for &mean in &*means {
                #[expect(clippy::neg_cmp_op_on_partial_ord, reason = "NaN must not pass unseen")]
                if !(mean <= threshold) {
                    if mean.is_nan() {
                        return Err(Error::NotFinite { stage: self.stage, state });
                    }
                    (best, chosen, threshold) = (mean, action, mean + self.tolerance);
                }
                action = action.wrapping_add(1);
                if action == actions {
                    if !best.is_finite() {
                        return Err(self.worth_nothing(state, best));
                    }
                    if let Some(value) = values.next() {
                        *value = best;
                    }
                    policy(state, chosen);
                    state = state.wrapping_add(1);
                    (action, best, threshold) = (0, -T::INFINITY, -T::INFINITY);
                }
            }
        }
        Ok(())
    }

    /// Why the best mean is infinite.
    #[cold]
    fn worth_nothing(&self, state: usize, best: T) -> Error {
        let mut rows = 0..self.model.actions();
        if best < T::ZERO && rows.all(|action| self.model.edges(self.stage, state, action).next().is_none()) {
            Error::NoAction { state }
        } else {
            Error::NotFinite { stage: self.stage, state }
        }
    }

    /// Value and action of a state, for exponential utility.
    #[inline(always)]
    fn state(
        &mut self,
        state: usize,
        actions: impl Iterator<Item = usize> + Clone,
    ) -> Result<(T, usize), Error> {
        let tolerance = self.tolerance;
        let best = match self.form {
            Form::Small { b, center } => {
                let (margin, sign) = (b.abs() * tolerance, b.signum());
                let margin = |sum: T| margin * (T::ONE - sign * sum);
                let (sum, action) = self.best(state, actions.clone(), margin, Self::small)?;
                (center - (-sign * sum).ln_1p() / b, action)
            }
            Form::Once { b, center } => {
                let margin = |sum: T| b.abs() * tolerance * sum.abs();
                let (sum, action) = self.best(state, actions.clone(), margin, Self::once)?;
                (center - (-b.signum() * sum).ln() / b, action)
            }
            Form::Mean | Form::ByEdge => (T::NAN, 0),
        };
        if best.0.is_finite() {
            return Ok(best);
        }
        if let Form::Small { b, center } = self.form {
            let margin = |sum: T| b.abs() * tolerance * sum.abs();
            let (sum, action) = self.best(state, actions.clone(), margin, Self::shifted)?;
            let value = center - (-b.signum() * sum).ln() / b;
            if value.is_finite() {
                return Ok((value, action));
            }
        }
        let best = self.best(state, actions, |_| tolerance, Self::by_edge)?;
        if best.0.is_finite() { Ok(best) } else { Err(Error::NotFinite { stage: self.stage, state }) }
    }

    /// Q of an action, if it is available.
    fn value(&mut self, state: usize, action: usize) -> Option<T> {
        let mut value = match self.form {
            Form::Small { .. } => self.form.value(self.small(state, action)?),
            Form::Once { .. } => self.form.value(self.once(state, action)?),
            Form::Mean | Form::ByEdge => T::NAN,
        };
        if let (Form::Small { b, center }, false) = (self.form, value.is_finite()) {
            value = Form::Once { b, center }.value(self.shifted(state, action)?);
        }
        if value.is_finite() { Some(value) } else { self.by_edge(state, action) }
    }

    /// The largest score and the lowest action that has it, to within the margin. NaN if one is not finite.
    #[inline(always)]
    fn best(
        &mut self,
        state: usize,
        actions: impl Iterator<Item = usize>,
        margin: impl Fn(T) -> T,
        score: impl Fn(&mut Self, usize, usize) -> Option<T>,
    ) -> Result<(T, usize), Error> {
        let mut best = None;
        for action in actions {
            let Some(score) = score(self, state, action) else { continue };
            if !score.is_finite() {
                return Ok((T::NAN, action));
            }
            if best.is_none_or(|(best, _)| score > best + margin(best)) {
                best = Some((score, action));
            }
        }
        best.ok_or(Error::NoAction { state })
    }

    /// The mean of an action.
    #[inline(always)]
    fn mean(&mut self, state: usize, action: usize) -> Option<T> {
        let mean = self.model.expectation(self.stage, state, action, self.kept);
        (mean != -T::INFINITY).then_some(mean)
    }

    /// What the form keeps of the value of a state.
    #[inline(always)]
    fn kept(&self, state: usize) -> T {
        self.kept.get(state).copied().unwrap_or(T::NAN)
    }

    /// ∓(e^(−b(Q − c)) − 1), the sign such that the largest is best.
    #[inline(always)]
    fn small(&mut self, state: usize, action: usize) -> Option<T> {
        let (mut sum, mut available) = (T::ZERO, false);
        for edge in self.model.edges(self.stage, state, action) {
            let kept = self.kept(edge.next);
            let both = if M::EDGE_REWARDS {
                let factor = self.factors.of(edge.reward);
                (kept + factor).mac(kept, factor)
            } else {
                kept
            };
            sum = sum.mac(edge.probability, both);
            available = true;
        }
        let factor = self.factors.of(self.model.reward(self.stage, state, action));
        let sum = (sum + factor).mac(sum, factor);
        // Nearer to −1 the logarithm cancels. Here it costs four units in the last place of the reward that is to blame.
        let sum = if sum > T::from_f32(-0.875) { sum } else { T::NAN };
        available.then_some(-self.factors.b.signum() * sum)
    }

    /// ∓e^(−b(Q − c)), the sign such that the largest is best.
    #[inline(always)]
    fn once(&mut self, state: usize, action: usize) -> Option<T> {
        let (mut sum, mut available) = (T::ZERO, false);
        for edge in self.model.edges(self.stage, state, action) {
            let kept = self.kept(edge.next);
            let both = if M::EDGE_REWARDS { kept * self.factors.of(edge.reward) } else { kept };
            sum = sum.mac(edge.probability, both);
            available = true;
        }
        let sum = sum * self.factors.of(self.model.reward(self.stage, state, action));
        // Below, terms may have been lost.
        let sum = if sum > T::MIN_POSITIVE / T::EPSILON { sum } else { T::NAN };
        available.then_some(-self.factors.b.signum() * sum)
    }

    /// As [`once`](Self::once), from what the small form keeps. With exponentials of its own:
    /// a third user of the table of factors would not be inlined, nor would the first two.
    #[inline(never)]
    fn shifted(&mut self, state: usize, action: usize) -> Option<T> {
        let b = self.factors.b;
        let (mut sum, mut available, mut last) = (T::ZERO, false, (T::ZERO, T::ONE));
        for edge in self.model.edges(self.stage, state, action) {
            if M::EDGE_REWARDS && edge.reward != last.0 {
                last = (edge.reward, (-b * edge.reward).exp());
            }
            sum = sum.mac(edge.probability, (T::ONE + self.kept(edge.next)) * last.1);
            available = true;
        }
        let sum = sum * (-b * self.model.reward(self.stage, state, action)).exp();
        let sum = if sum > T::MIN_POSITIVE / T::EPSILON { sum } else { T::NAN };
        available.then_some(-b.signum() * sum)
    }

    /// Q, each exponential relative to the largest.
    #[inline(never)]
    fn by_edge(&mut self, state: usize, action: usize) -> Option<T> {
        let b = self.factors.b;
        let exponent = |reward: T, next: usize| {
            let kept = self.kept(next);
            match self.form {
                Form::Mean | Form::ByEdge => -b * (reward + kept),
                Form::Small { .. } => kept.ln_1p() - b * reward,
                Form::Once { .. } => kept.ln() - b * reward,
            }
        };
        let center = match self.form {
            Form::Mean | Form::ByEdge => T::ZERO,
            Form::Small { center, .. } | Form::Once { center, .. } => center,
        };
        let pays = self.model.reward(self.stage, state, action);
        let reward = |reward: T| if M::EDGE_REWARDS { reward } else { T::ZERO };
        let largest = self
            .model
            .edges(self.stage, state, action)
            .map(|edge| exponent(reward(edge.reward), edge.next))
            .reduce(T::max)?;
        let sum = self.model.edges(self.stage, state, action).fold(T::ZERO, |sum, edge| {
            sum.mac(edge.probability, (exponent(reward(edge.reward), edge.next) - largest).exp())
        });
        Some(center + pays - (largest + sum.ln()) / b)
    }
}

/// e^(−br), or that minus one, of rewards that come again and again.
#[derive(Clone, Debug)]
struct Factors<T> {
    b: T,
    minus_one: bool,
    /// The last reward, and its factor.
    last: (T, T),
    /// Others, by a hash.
    seen: [(T, T); BUCKETS],
}

const BUCKETS: usize = 16;

impl<T: Real> Factors<T> {
    fn new(b: T, minus_one: bool) -> Self {
        let zero = (T::ZERO, if minus_one { T::ZERO } else { T::ONE });
        Self { b, minus_one, last: zero, seen: [zero; BUCKETS] }
    }

    #[inline(always)]
    fn of(&mut self, reward: T) -> T {
        if reward != self.last.0 {
            self.last = self.find(reward);
        }
        self.last.1
    }

    #[inline(always)]
    fn find(&mut self, reward: T) -> (T, T) {
        let exponent = -self.b * reward;
        let minus_one = self.minus_one;
        let new = move || (reward, if minus_one { exponent.exp_m1() } else { exponent.exp() });
        let Some(seen) = self.seen.get_mut(reward.bucket() % BUCKETS) else { return new() };
        if seen.0 != reward {
            *seen = new();
        }
        *seen
    }
}

/// gᵗ.
fn power<T: Real>(discount: T, stage: usize) -> T {
    discount.powi(i32::try_from(stage).unwrap_or(i32::MAX))
}
