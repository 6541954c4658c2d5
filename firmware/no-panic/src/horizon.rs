//! Planning over a finite horizon.

use reparam::horizon::categorical::{self, Lattice};
use reparam::horizon::heuristic::{self, Heuristic};
use reparam::horizon::law::{Functional, Grid, Quantiles};
use reparam::horizon::model::{self, ByEdge, ByRow, Index, Probability, Q16, Reward};
use reparam::horizon::plan::{self, Backup, Settings};
use reparam::horizon::quantile::{self, Cursor, Rule};
use reparam::horizon::target::{self, Objective, Targets};
use reparam::horizon::{Edge, Error, Flash, Law, Model, Packed, Plan, Policy, Risk, Sparse, moments, policy};

use crate::kernels;

/// The model of a microcontroller.
type Small<'a> = Sparse<'a, u16, u8, Q16, ByEdge<'a, i8>>;
/// Every number its own scalar.
type Wide<'a, T> = Sparse<'a, u32, u16, T, ByRow<'a, T>>;

// Models.
kernels! {
    sparse_new(states: usize, actions: usize, ptr: &'static [u16], col: &'static [u8], prob: &'static [Q16], pay: &'static [i8])
        -> Result<Small<'static>, Error> { Sparse::new(states, actions, ptr, col, prob, ByEdge(pay)) }
    flash_new(states: usize, actions: usize, ptr: &'static [u16], col: &'static [u8], prob: &'static [Q16], pay: &'static [i8])
        -> Result<Flash<'static>, Error> { Flash::new(states, actions, ptr, col, prob, pay) }
    flash_expectations(model: &Flash<'_>, row: usize, values: &[T], out: &mut [T]) {
        model.expectations(0, row, values, out)
    }
    model_expectation(model: &Flash<'_>, stage: usize, state: usize, action: usize, values: &[T]) -> T {
        model.expectation(stage, state, action, values)
    }
    sparse_expectations(model: &Small<'_>, row: usize, values: &[T], out: &mut [T]) {
        model.expectations(0, row, values, out)
    }
    wide_new(states: usize, actions: usize, ptr: &'static [u32], col: &'static [u16], prob: &'static [T], pay: &'static [T])
        -> Result<Wide<'static, T>, Error> { Sparse::new(states, actions, ptr, col, prob, ByRow(pay)) }
    sparse_edge_count(model: &Small<'_>) -> usize { model.edge_count() }
    index_index(index: u16) -> usize { index.index() }
    probability_probability(p: Q16) -> T { p.probability() }
    reward_reward(pay: i8) -> T { pay.reward() }
    model_edges(model: &Flash<'_>, stage: usize, state: usize, action: usize) -> T {
        model.edges(stage, state, action).map(|edge: Edge<T>| edge.probability * edge.reward).sum()
    }
    model_reward(model: &Wide<'_, T>, stage: usize, state: usize, action: usize) -> T {
        model.reward(stage, state, action)
    }
    model_actions(model: &Flash<'_>) -> usize { Model::<T>::actions(model) }
    model_check(model: &Flash<'_>, stages: usize) -> Result<(), Error> { model::check::<T>(model, stages) }
    q16_from_probabilities(p: &[f64], row: &mut [Q16]) -> Result<(), Error> {
        Q16::from_probabilities(p, row)
    }
}

// Planning.
kernels! {
    risk_aversion(risk: Risk<T>) -> T { risk.aversion() }
    settings_new(risk: Risk<T>) -> Settings<T> { Settings::new(risk) }
    solve_flash(model: &Flash<'_>, horizon: usize, settings: Settings<T>, scratch: &'static mut [T], words: &mut [u32])
        -> Result<&'static [T], Error> {
        let mut packed = Packed::new(horizon, Model::<T>::states(model), 4, words)?;
        plan::solve(model, horizon, settings, scratch, |h, x, a| packed.set(h, x, a))
    }
    solve_wide(model: &Wide<'_, T>, horizon: usize, settings: Settings<T>, scratch: &'static mut [T])
        -> Result<&'static [T], Error> { plan::solve(model, horizon, settings, scratch, |_, _, _| ()) }
    plan_new(model: &'static Flash<'static>, horizon: usize, settings: Settings<T>, scratch: &'static mut [T])
        -> Result<Plan<'static, &'static Flash<'static>, T>, Error> { Plan::new(model, horizon, settings, scratch) }
    plan_set_final(plan: &mut Plan<'_, &Flash<'_>, T>, values: &[T]) -> Result<(), Error> { plan.set_final(values) }
    plan_stages_left(plan: &Plan<'_, &Flash<'_>, T>) -> usize { plan.stages_left() }
    plan_value(plan: &'static Plan<'_, &Flash<'_>, T>) -> &'static [T] { plan.value() }
    plan_step(plan: &mut Plan<'_, &Flash<'_>, T>) -> Result<(), Error> { plan.step(|_, _| ()) }
    backup_new(model: &'static Flash<'static>, stage: usize, settings: Settings<T>, next: &'static mut [T])
        -> Result<Backup<'static, &'static Flash<'static>, T>, Error> { Backup::new(model, stage, settings, next) }
    backup_states(backup: &mut Backup<'_, &Flash<'_>, T>, first: usize, values: &mut [T]) -> Result<(), Error> {
        backup.states(first, values, |_, _| ())
    }
    backup_among(backup: &mut Backup<'_, &Flash<'_>, T>, state: usize, first: usize) -> Result<(T, usize), Error> {
        backup.among(state, [first, 3].into_iter())
    }
    backup_worth(backup: &mut Backup<'_, &Flash<'_>, T>, state: usize, values: &mut [T]) {
        backup.worth(state, values)
    }
    packed_new(stages: usize, states: usize, actions: usize, words: &[u32]) -> Option<usize> {
        Packed::new(stages, states, actions, words).ok().map(|packed| packed.action(1, 2))
    }
    packed_set(packed: &mut Packed<&mut [u32]>, stage: usize, state: usize, action: usize) {
        packed.set(stage, state, action)
    }
    policy_words(stages: usize, states: usize, actions: usize) -> usize { policy::words(stages, states, actions) }
    plan_scratch_len(states: usize) -> usize { plan::scratch_len(states) }
}

// Evaluation.
kernels! {
    moments_raw(model: &Flash<'_>, horizon: usize, table: &Packed<&[u32]>, tilt: T, order: usize, scratch: &'static mut [T])
        -> Result<&'static [T], Error> { moments::raw(model, horizon, table, tilt, order, scratch) }
    moments_central(model: &Flash<'_>, horizon: usize, table: &Packed<&[u32]>, scratch: &'static mut [T])
        -> Result<&'static [T], Error> { moments::central(model, horizon, table, scratch) }
    moments_raw_scratch_len(states: usize, order: usize) -> usize { moments::raw_scratch_len(states, order) }
    moments_central_scratch_len(states: usize) -> usize { moments::central_scratch_len(states) }
    quantile_cursors(model: &Flash<'_>, stages: usize) -> usize { quantile::cursors::<T>(model, stages) }
    quantile_scratch_len(states: usize, atoms: usize) -> usize { quantile::scratch_len(states, atoms) }
    quantile_evaluate(
        model: &Flash<'_>, horizon: usize, table: &Packed<&[u32]>, rule: Rule, atoms: usize, scratch: &'static mut [T],
        cursors: &mut [Cursor<T>],
    ) -> Result<quantile::Laws<'static, T>, Error> {
        quantile::evaluate(model, horizon, table, rule, atoms, scratch, cursors)
    }
    quantile_laws_of(laws: &quantile::Laws<'static, T>, state: usize) -> Result<Quantiles<'static, T>, Error> { laws.of(state) }
    quantile_laws_bound(laws: &quantile::Laws<'_, T>) -> T { laws.bound() }
    lattice_covering(model: &Flash<'_>, horizon: usize, table: &Packed<&[u32]>, step: T) -> Result<Lattice<T>, Error> {
        Lattice::covering(model, horizon, table, step)
    }
    categorical_scratch_len(states: usize, count: usize) -> usize { categorical::scratch_len(states, count) }
    categorical_evaluate(
        model: &Flash<'_>, horizon: usize, table: &Packed<&[u32]>, lattice: Lattice<T>, scratch: &'static mut [T],
    ) -> Result<categorical::Laws<'static, T>, Error> {
        categorical::evaluate(model, horizon, table, lattice, scratch)
    }
    categorical_laws_of(laws: &categorical::Laws<'static, T>, state: usize) -> Result<Grid<'static, T>, Error> { laws.of(state) }
    categorical_laws_bound(laws: &categorical::Laws<'_, T>) -> T { laws.bound() }
}

// Laws.
kernels! {
    quantiles_new(values: &[T]) -> Result<Quantiles<'_, T>, Error> { Quantiles::new(values) }
    law_atoms(law: &Grid<'_, T>) -> T { law.atoms().map(|atom| atom.mass).sum() }
    quantiles_values(law: &Quantiles<'static, T>) -> &'static [T] { law.values() }
    grid_new(lowest: i32, step: T, mass: &[T]) -> Result<Grid<'_, T>, Error> { Grid::new(lowest, step, mass) }
    law_mean(law: &Grid<'_, T>) -> T { law.mean() }
    law_variance(law: &Grid<'_, T>) -> T { law.variance() }
    law_quantile(law: &Grid<'_, T>, level: T) -> Result<T, Error> { law.quantile(level) }
    law_cvar(law: &Quantiles<'_, T>, level: T) -> Result<T, Error> { law.cvar(level) }
    law_at_least(law: &Grid<'_, T>, threshold: T) -> T { law.at_least(threshold) }
    law_entropic(law: &Quantiles<'_, T>, b: T) -> T { law.entropic(b) }
    law_evar(law: &Grid<'_, T>, level: T) -> Result<T, Error> { law.evar(level) }
    law_wasserstein(law: &Grid<'_, T>, other: &Quantiles<'_, T>) -> T { law.wasserstein(other) }
    functional_of(functional: Functional<T>, law: &Quantiles<'_, T>) -> Result<T, Error> { functional.of(law) }
    functional_is_optimizable(functional: Functional<T>) -> bool { functional.is_optimizable() }
}

// Targets and the heuristic.
kernels! {
    target_covering(model: &Flash<'_>, horizon: usize, step: T) -> Result<Lattice<T>, Error> {
        target::covering(model, horizon, step)
    }
    target_scratch_len(states: usize, targets: usize) -> usize { target::scratch_len(states, targets) }
    target_plan(
        model: &Flash<'_>, horizon: usize, objective: Objective, lattice: Lattice<T>, scratch: &'static mut [T],
        table: &mut Packed<&mut [u32]>,
    ) -> Result<Targets<'static, T>, Error> {
        target::plan(model, horizon, objective, lattice, scratch, |stage, state, k, action| {
            table.set(stage, state ^ k, action)
        })
    }
    targets_cvar(targets: &Targets<'_, T>, state: usize, level: T) -> Result<(T, T), Error> { targets.cvar(state, level) }
    targets_reach(targets: &Targets<'_, T>, state: usize, threshold: T) -> Result<T, Error> {
        targets.reach(state, threshold)
    }
    targets_row(targets: &'static Targets<'_, T>, state: usize) -> &'static [T] { targets.row(state) }
    targets_target(targets: &Targets<'_, T>, k: usize) -> T { targets.target(k) }
    heuristic_scratch_len(states: usize, atoms: usize) -> usize { heuristic::scratch_len(states, atoms) }
    heuristic_plan(
        model: &Flash<'_>, horizon: usize, functional: Functional<T>, rule: Rule, atoms: usize, scratch: &'static mut [T],
        cursors: &mut [Cursor<T>],
    ) -> Result<Heuristic<'static, T>, Error> {
        heuristic::plan(model, horizon, functional, rule, atoms, scratch, cursors, |_, _, _| ())
    }
    heuristic_is_optimal(plan: &Heuristic<'_, T>) -> bool { plan.is_optimal() }
    heuristic_laws(plan: &Heuristic<'static, T>) -> quantile::Laws<'static, T> { plan.laws() }
}
