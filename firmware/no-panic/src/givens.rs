//! Orthonormal frames.

use reparam::givens::{Plane, Rotation};

use crate::kernels;

kernels! {
    rotation_new(angle: T) -> Rotation<T> { Rotation::new(angle) }
    rotation_inverse(rotation: Rotation<T>) -> Rotation<T> { rotation.inverse() }
    rotation_apply(rotation: Rotation<T>, x: T, y: T) -> (T, T) { rotation.apply(x, y) }
    rotation_apply_rows(rotation: Rotation<T>, plane: Plane, cols: usize, matrix: &mut [T]) {
        rotation.apply_rows(plane, cols, matrix)
    }
}

use reparam::givens::objective::{
    Absolute, Closure, Contrast, Degree, HeterogeneousQuadratic, JointDiagonalization, Kurtosis, Landscape,
    LogCosh, Objective, Procrustes, Projection, Sources, TestFunction, Trace, Varimax, Wahba,
};
use reparam::givens::search::{
    self, Ask, Move, Multistart, PatternConfig, PatternSearch, PlaneConfig, PlaneSearch, Report, Search, Stop,
};
use reparam::givens::{DriftGuard, Error};
use reparam::random::SplitMix64;

type Custom<T> = Closure<fn(&[T]) -> T>;

// Objectives.
kernels! {
    degree_get(degree: Degree) -> usize { degree.get() }

    closure_new(rows: usize, cols: usize, function: fn(&[T]) -> T) -> Custom<T> { Closure::new(rows, cols, function) }
    closure_shape(objective: &Custom<T>) -> [usize; 3] {
        [objective.rows(), objective.cols(), objective.scratch_len()]
    }
    closure_rotated(
        objective: &Custom<T>, frame: &[T], plane: Plane, rotation: Rotation<T>, scratch: &mut [T],
    ) -> T {
        objective.rotated(frame, plane, rotation, scratch)
    }

    trace_buffer_len(rows: usize, cols: usize) -> usize { Trace::<T>::buffer_len(rows, cols) }
    trace_smallest(rows: usize, cols: usize, matrix: &[T], buffer: &mut [T]) -> Result<(), Error> {
        Trace::smallest(rows, cols, matrix, buffer).map(drop)
    }
    trace_largest(rows: usize, cols: usize, matrix: &[T], buffer: &mut [T]) -> Result<(), Error> {
        Trace::largest(rows, cols, matrix, buffer).map(drop)
    }
    trace_value(objective: &mut Trace<T>, frame: &[T]) -> T { objective.value(frame) }
    trace_rotated(objective: &Trace<T>, frame: &[T], plane: Plane, rotation: Rotation<T>) -> T {
        objective.rotated(frame, plane, rotation, &mut [])
    }
    trace_accept(objective: &mut Trace<T>, frame: &[T], plane: Plane, rotation: Rotation<T>) {
        objective.accept(frame, plane, rotation)
    }
    trace_degree(objective: &Trace<T>) -> Option<Degree> { objective.degree() }

    heterogeneous_buffer_len(rows: usize, cols: usize) -> usize {
        HeterogeneousQuadratic::<T>::buffer_len(rows, cols)
    }
    heterogeneous_new(rows: usize, cols: usize, matrices: &[T], buffer: &mut [T]) -> Result<(), Error> {
        HeterogeneousQuadratic::new(rows, cols, matrices, buffer).map(drop)
    }
    heterogeneous_value(objective: &mut HeterogeneousQuadratic<T>, frame: &[T]) -> T { objective.value(frame) }
    heterogeneous_rotated(
        objective: &HeterogeneousQuadratic<T>, frame: &[T], plane: Plane, rotation: Rotation<T>,
    ) -> T {
        objective.rotated(frame, plane, rotation, &mut [])
    }
    heterogeneous_accept(
        objective: &mut HeterogeneousQuadratic<T>, frame: &[T], plane: Plane, rotation: Rotation<T>,
    ) {
        objective.accept(frame, plane, rotation)
    }

    joint_buffer_len(dim: usize, count: usize) -> usize { JointDiagonalization::<T>::buffer_len(dim, count) }
    joint_new(dim: usize, matrices: &[T], buffer: &mut [T]) -> Result<(), Error> {
        JointDiagonalization::new(dim, matrices, buffer).map(drop)
    }
    joint_value(objective: &mut JointDiagonalization<T>, frame: &[T]) -> T { objective.value(frame) }
    joint_rotated(objective: &JointDiagonalization<T>, frame: &[T], plane: Plane, rotation: Rotation<T>) -> T {
        objective.rotated(frame, plane, rotation, &mut [])
    }
    joint_accept(objective: &mut JointDiagonalization<T>, frame: &[T], plane: Plane, rotation: Rotation<T>) {
        objective.accept(frame, plane, rotation)
    }

    procrustes_buffer_len(rows: usize, cols: usize) -> usize { Procrustes::<T>::buffer_len(rows, cols) }
    procrustes_new(rows: usize, cols: usize, a: &[T], b: &[T], buffer: &mut [T]) -> Result<(), Error> {
        Procrustes::new(rows, cols, a, b, buffer).map(drop)
    }
    procrustes_value(objective: &mut Procrustes<T>, frame: &[T]) -> T { objective.value(frame) }
    procrustes_rotated(objective: &Procrustes<T>, frame: &[T], plane: Plane, rotation: Rotation<T>) -> T {
        objective.rotated(frame, plane, rotation, &mut [])
    }
    procrustes_accept(objective: &mut Procrustes<T>, frame: &[T], plane: Plane, rotation: Rotation<T>) {
        objective.accept(frame, plane, rotation)
    }

    wahba_buffer_len(rows: usize, cols: usize) -> usize { Wahba::<T>::buffer_len(rows, cols) }
    wahba_new(rows: usize, cols: usize, buffer: &mut [T]) -> Result<(), Error> {
        Wahba::new(rows, cols, buffer).map(drop)
    }
    wahba_add(objective: &mut Wahba<T>, weight: T, measured: &[T], reference: &[T]) -> Result<(), Error> {
        objective.add(weight, measured, reference)
    }
    wahba_value(objective: &mut Wahba<T>, frame: &[T]) -> T { objective.value(frame) }
    wahba_rotated(objective: &Wahba<T>, frame: &[T], plane: Plane, rotation: Rotation<T>) -> T {
        objective.rotated(frame, plane, rotation, &mut [])
    }
    wahba_accept(objective: &mut Wahba<T>, frame: &[T], plane: Plane, rotation: Rotation<T>) {
        objective.accept(frame, plane, rotation)
    }

    contrast_add(contrast: LogCosh, sums: &mut T, u: T) { contrast.add(sums, u) }
    contrast_column(contrast: LogCosh, sums: T, weight: T) -> T { contrast.column(sums, weight) }
    contrast_degree(sources: Sources) -> Option<Degree> { Contrast::<T>::degree(&Kurtosis(sources)) }
    projection_buffer_len(cols: usize, samples: usize) -> usize {
        Projection::<T, Absolute>::buffer_len(cols, samples)
    }
    projection_new(rows: usize, cols: usize, data: &[T], buffer: &mut [T]) -> Result<(), Error> {
        Projection::new(rows, cols, data, Absolute, buffer).map(drop)
    }
    projection_value(objective: &mut Projection<T, Varimax>, frame: &[T]) -> T { objective.value(frame) }
    absolute_rotated(objective: &Projection<T, Absolute>, frame: &[T], plane: Plane, rotation: Rotation<T>) -> T {
        objective.rotated(frame, plane, rotation, &mut [])
    }
    log_cosh_rotated(objective: &Projection<T, LogCosh>, frame: &[T], plane: Plane, rotation: Rotation<T>) -> T {
        objective.rotated(frame, plane, rotation, &mut [])
    }
    kurtosis_rotated(objective: &Projection<T, Kurtosis>, frame: &[T], plane: Plane, rotation: Rotation<T>) -> T {
        objective.rotated(frame, plane, rotation, &mut [])
    }
    varimax_rotated(objective: &Projection<T, Varimax>, frame: &[T], plane: Plane, rotation: Rotation<T>) -> T {
        objective.rotated(frame, plane, rotation, &mut [])
    }
    projection_accept(
        objective: &mut Projection<T, Varimax>, frame: &[T], plane: Plane, rotation: Rotation<T>,
    ) {
        objective.accept(frame, plane, rotation)
    }

    test_function_buffer_len(dim: usize) -> usize { TestFunction::<T>::buffer_len(dim) }
    test_function_new(landscape: Landscape, dim: usize, buffer: &mut [T]) -> Result<(), Error> {
        TestFunction::new(landscape, dim, buffer).map(drop)
    }
    test_function_value(objective: &mut TestFunction<T>, frame: &[T]) -> T { objective.value(frame) }
    test_function_rotated(objective: &TestFunction<T>, frame: &[T], plane: Plane, rotation: Rotation<T>) -> T {
        objective.rotated(frame, plane, rotation, &mut [])
    }
    test_function_accept(objective: &mut TestFunction<T>, frame: &[T], plane: Plane, rotation: Rotation<T>) {
        objective.accept(frame, plane, rotation)
    }
}

// Searches.
kernels! {
    move_apply(step: Move<T>, cols: usize, frame: &mut [T]) { step.apply(cols, frame) }

    pattern_published() -> PatternConfig<T> { PatternConfig::published() }
    pattern_default() -> PatternConfig<T> { PatternConfig::default() }
    pattern_new(rows: usize, config: PatternConfig<T>) -> Result<PatternSearch<T>, Error> {
        PatternSearch::new(rows, config)
    }
    pattern_config(search: &PatternSearch<T>) -> &PatternConfig<T> { search.config() }
    pattern_step(search: &PatternSearch<T>) -> T { search.step() }
    pattern_ask(search: &PatternSearch<T>) -> Ask<T> { search.ask() }
    pattern_tell(search: &mut PatternSearch<T>, value: T) -> Option<Move<T>> { search.tell(value) }
    pattern_look(search: &mut PatternSearch<T>, cols: usize, frame: &[T]) { search.look(cols, frame) }
    pattern_pending(search: &PatternSearch<T>) -> usize { search.pending() }
    pattern_pending_at(search: &PatternSearch<T>, offset: usize) -> Ask<T> { search.pending_at(offset) }
    pattern_report(search: &PatternSearch<T>) -> Report<T> { search.report() }
    pattern_restart(search: &mut PatternSearch<T>) { search.restart() }

    plane_default() -> PlaneConfig<T> { PlaneConfig::default() }
    plane_new(rows: usize, degree: Option<Degree>, config: PlaneConfig<T>) -> Result<PlaneSearch<T>, Error> {
        PlaneSearch::new(rows, degree, config)
    }
    plane_config(search: &PlaneSearch<T>) -> &PlaneConfig<T> { search.config() }
    plane_ask(search: &PlaneSearch<T>) -> Ask<T> { search.ask() }
    plane_tell(search: &mut PlaneSearch<T>, value: T) -> Option<Move<T>> { search.tell(value) }
    plane_look(search: &mut PlaneSearch<T>, cols: usize, frame: &[T]) { search.look(cols, frame) }
    plane_pending(search: &PlaneSearch<T>) -> usize { search.pending() }
    plane_pending_at(search: &PlaneSearch<T>, offset: usize) -> Ask<T> { search.pending_at(offset) }
    plane_report(search: &PlaneSearch<T>) -> Report<T> { search.report() }
    plane_restart(search: &mut PlaneSearch<T>) { search.restart() }

    search_advance(
        objective: &mut Wahba<T>, frame: &mut [T], search: &mut PatternSearch<T>, scratch: &mut [T],
    ) -> Option<Stop> {
        search::advance(objective, frame, search, scratch)
    }
    search_minimize(
        objective: &mut Wahba<T>, frame: &mut [T], search: &mut PlaneSearch<T>, scratch: &mut [T],
    ) -> Result<Report<T>, Error> {
        search::minimize(objective, frame, search, scratch)
    }
    search_minimize_guarded(
        objective: &mut Wahba<T>, frame: &mut [T], search: &mut PatternSearch<T>, scratch: &mut [T],
        guard: &mut DriftGuard, clean_up: &mut [T],
    ) -> Result<Report<T>, Error> {
        search::minimize_guarded(objective, frame, search, scratch, guard, clean_up)
    }

    scatter_frame(rows: usize, cols: usize, frame: &mut [T], rng: &mut SplitMix64) {
        search::scatter(rows, cols, frame, rng)
    }
    multistart_new(rows: usize, cols: usize, starts: u32, reflect: bool) -> Result<Multistart<T>, Error> {
        Multistart::new(rows, cols, starts, reflect)
    }
    multistart_best(starts: &Multistart<T>) -> Option<T> { starts.best() }
    multistart_finished(starts: &Multistart<T>) -> u32 { starts.finished() }
    multistart_next(
        starts: &mut Multistart<T>, search: &mut PatternSearch<T>, frame: &mut [T], best: &mut [T],
        rng: &mut SplitMix64,
    ) -> bool {
        starts.next(search, frame, best, rng)
    }
    multistart_minimize(
        starts: &mut Multistart<T>, objective: &mut Wahba<T>, frame: &mut [T], search: &mut PatternSearch<T>,
        best: &mut [T], scratch: &mut [T], rng: &mut SplitMix64,
    ) -> Result<Report<T>, Error> {
        starts.minimize(objective, frame, search, best, scratch, rng)
    }
}
