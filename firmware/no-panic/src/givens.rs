//! Orthonormal frames.

use reparam::givens::chart::{self, Turn};
use reparam::givens::{Chart, Frame, Plane, Rotation, RotationChain, RoundRobin, frame};

use crate::kernels;

kernels! {
    rotation_new(angle: T) -> Rotation<T> { Rotation::new(angle) }
    rotation_zeroing(x: T, y: T) -> (Rotation<T>, T) { Rotation::zeroing(x, y) }
    rotation_inverse(rotation: Rotation<T>) -> Rotation<T> { rotation.inverse() }
    rotation_compose(rotation: Rotation<T>, other: Rotation<T>) -> Rotation<T> { rotation.compose(other) }
    rotation_angle(rotation: Rotation<T>) -> T { rotation.angle() }
    rotation_apply(rotation: Rotation<T>, x: T, y: T) -> (T, T) { rotation.apply(x, y) }
    rotation_apply_pair(rotation: Rotation<T>, row_i: &mut [T], row_j: &mut [T]) {
        rotation.apply_pair(row_i, row_j)
    }
    rotation_apply_rows(rotation: Rotation<T>, plane: Plane, cols: usize, matrix: &mut [T]) {
        rotation.apply_rows(plane, cols, matrix)
    }
}

// Schedule.
kernels! {
    schedule_new(rows: usize) -> RoundRobin { RoundRobin::new(rows) }
    schedule_counts(schedule: RoundRobin) -> [usize; 2] { [schedule.round_count(), schedule.planes_per_round()] }
    schedule_rounds(schedule: RoundRobin) -> usize {
        schedule.rounds().flatten().fold(0, |sum, plane| sum ^ plane.i ^ plane.j)
    }
    schedule_round(schedule: RoundRobin, round: usize) -> Option<Plane> { schedule.round(round).reduce(|_, plane| plane) }
}

// Chart: from angles, and from stored rotations.
kernels! {
    chart_angle_count(rows: usize, cols: usize) -> usize { chart::angle_count(rows, cols) }
    chart_planes(rows: usize, cols: usize) -> Option<Plane> { chart::planes(rows, cols).reduce(|_, plane| plane) }
    chart_planes_back(rows: usize, cols: usize) -> Option<Plane> { chart::planes(rows, cols).rev().reduce(|_, plane| plane) }
    turn_rotation(angle: T) -> Rotation<T> { Turn::rotation(angle) }
    turn_from_rotation(rotation: Rotation<T>) -> T { Turn::from_rotation(rotation) }
    chart_apply(cols: usize, angles: &[T], reflected: bool, x: &mut [T]) -> Result<(), Error> {
        chart::apply(cols, angles, reflected, x)
    }
    chart_apply_stored(cols: usize, turns: &[Rotation<T>], reflected: bool, x: &mut [T]) -> Result<(), Error> {
        chart::apply(cols, turns, reflected, x)
    }
    chart_apply_transpose(cols: usize, angles: &[T], reflected: bool, x: &mut [T]) -> Result<(), Error> {
        chart::apply_transpose(cols, angles, reflected, x)
    }
    chart_apply_transpose_stored(
        cols: usize, turns: &[Rotation<T>], reflected: bool, x: &mut [T],
    ) -> Result<(), Error> {
        chart::apply_transpose(cols, turns, reflected, x)
    }
    chart_materialise(
        rows: usize, cols: usize, angles: &[T], reflected: bool, frame: &mut [T],
    ) -> Result<(), Error> {
        chart::materialise(rows, cols, angles, reflected, frame)
    }
    chart_materialise_stored(
        rows: usize, cols: usize, turns: &[Rotation<T>], reflected: bool, frame: &mut [T],
    ) -> Result<(), Error> {
        chart::materialise(rows, cols, turns, reflected, frame)
    }
    chart_decompose(rows: usize, cols: usize, matrix: &mut [T], angles: &mut [T]) -> Result<bool, Error> {
        chart::decompose(rows, cols, matrix, angles)
    }
    chart_decompose_stored(
        rows: usize, cols: usize, matrix: &mut [T], turns: &mut [Rotation<T>],
    ) -> Result<bool, Error> {
        chart::decompose(rows, cols, matrix, turns)
    }
    chart_gradient(
        rows: usize, cols: usize, angles: &[T], frame: &mut [T], cotangent: &mut [T], gradient: &mut [T],
    ) -> Result<(), Error> {
        chart::gradient(rows, cols, angles, frame, cotangent, gradient)
    }
    chart_update_scratch(rows: usize, cols: usize) -> usize { chart::update_scratch(rows, cols) }
    chart_update(
        rows: usize, cols: usize, angles: &[T], index: usize, delta: T, frame: &mut [T], scratch: &mut [T],
    ) -> Result<(), Error> {
        chart::update(rows, cols, angles, index, delta, frame, scratch)
    }
}

type Chart64<T> = Chart<T, 6, 4, 14>;
type Chain64<T> = RotationChain<T, 6, 4, 14>;
type Frame64<T> = Frame<T, 6, 4>;

// The same with sizes known to the compiler.
kernels! {
    chart_new(angles: [T; 14]) -> Result<Chart64<T>, Error> { Chart::new(angles) }
    chart_with_reflection(angles: [T; 6], reflected: bool) -> Result<Chart<T, 4, 4, 6>, Error> {
        Chart::with_reflection(angles, reflected)
    }
    chart_zero() -> Chart64<T> { Chart::zero() }
    chart_from_slice(angles: &[T], reflected: bool) -> Result<Chart64<T>, Error> {
        Chart::from_slice(angles, reflected)
    }
    chart_angles(chart: &Chart64<T>) -> &[T; 14] { chart.angles() }
    chart_reflected(chart: &Chart64<T>) -> bool { chart.reflected() }
    chart_own_planes() -> Option<Plane> { Chart64::<T>::planes().reduce(|_, plane| plane) }
    chart_rotations(chart: &Chart64<T>) -> Chain64<T> { chart.rotations() }
    chart_frame(chart: &Chart64<T>) -> Frame64<T> { chart.frame() }
    chart_write(chart: &Chart64<T>, frame: &mut Frame64<T>) { chart.write(frame) }
    chart_own_apply(chart: &Chart64<T>, x: &[T; 4]) -> [T; 6] { chart.apply(x) }
    chart_own_apply_transpose(chart: &Chart64<T>, x: &[T; 6]) -> [T; 4] { chart.apply_transpose(x) }
    chart_own_gradient(chart: &Chart64<T>, cotangent: &[[T; 4]; 6]) -> [T; 14] { chart.gradient(cotangent) }
    chart_set_angle(chart: &mut Chart64<T>, index: usize, angle: T, frame: &mut Frame64<T>) -> Result<(), Error> {
        chart.set_angle(index, angle, frame)
    }
    chain_new(rotations: [Rotation<T>; 14], reflected: bool) -> Chain64<T> {
        RotationChain::new(rotations, reflected)
    }
    chain_identity() -> Chain64<T> { RotationChain::identity() }
    chain_rotations(chain: &Chain64<T>) -> &[Rotation<T>; 14] { chain.rotations() }
    chain_reflected(chain: &Chain64<T>) -> bool { chain.reflected() }
    chain_frame(chain: &Chain64<T>) -> Frame64<T> { chain.frame() }
    chain_write(chain: &Chain64<T>, frame: &mut Frame64<T>) { chain.write(frame) }
    chain_apply(chain: &Chain64<T>, x: &[T; 4]) -> [T; 6] { chain.apply(x) }
    chain_apply_transpose(chain: &Chain64<T>, x: &[T; 6]) -> [T; 4] { chain.apply_transpose(x) }
    chain_gradient(chain: &Chain64<T>, cotangent: &[[T; 4]; 6]) -> [T; 14] { chain.gradient(cotangent) }
}

// Frames.
kernels! {
    frame_orthogonality_error(rows: usize, cols: usize, matrix: &[T]) -> T {
        frame::orthogonality_error(rows, cols, matrix)
    }
    frame_orthonormalize(rows: usize, cols: usize, matrix: &mut [T]) -> Result<(), Error> {
        frame::orthonormalize(rows, cols, matrix)
    }
    frame_random(rows: usize, cols: usize, rng: &mut SplitMix64, matrix: &mut [T]) -> Result<(), Error> {
        frame::random(rows, cols, rng, matrix)
    }
    frame_reflect(cols: usize, matrix: &mut [T]) { frame::reflect(cols, matrix) }
    frame_clean_up_scratch(cols: usize) -> usize { frame::clean_up_scratch(cols) }
    frame_clean_up(rows: usize, cols: usize, matrix: &mut [T], scratch: &mut [T]) -> Result<(), Error> {
        frame::clean_up(rows, cols, matrix, scratch)
    }

    frame_tolerance() -> T { Frame64::<T>::tolerance() }
    frame_identity() -> Frame64<T> { Frame::identity() }
    frame_from_rows(rows: [[T; 4]; 6]) -> Result<Frame64<T>, Error> { Frame::from_rows(rows) }
    frame_from_rows_within(rows: [[T; 4]; 6], tolerance: T) -> Result<Frame64<T>, Error> {
        Frame::from_rows_within(rows, tolerance)
    }
    frame_from_slice(matrix: &[T]) -> Result<Frame64<T>, Error> { Frame::from_slice(matrix) }
    frame_own_orthonormalize(rows: [[T; 4]; 6]) -> Result<Frame64<T>, Error> { Frame::orthonormalize(rows) }
    frame_from_angles(angles: &[T], reflected: bool) -> Result<Frame64<T>, Error> {
        Frame::from_angles(angles, reflected)
    }
    frame_own_random(rng: &mut SplitMix64) -> Frame64<T> { Frame::random(rng) }
    frame_rows(frame: &Frame64<T>) -> &[[T; 4]; 6] { frame.rows() }
    frame_as_slice(frame: &Frame64<T>) -> usize { frame.as_slice().len() }
    frame_column(frame: &Frame64<T>, k: usize) -> Option<[T; 6]> { frame.column(k) }
    frame_apply(frame: &Frame64<T>, x: &[T; 4]) -> [T; 6] { frame.apply(x) }
    frame_apply_transpose(frame: &Frame64<T>, x: &[T; 6]) -> [T; 4] { frame.apply_transpose(x) }
    frame_rotate(frame: &mut Frame64<T>, plane: Plane, rotation: Rotation<T>) { frame.rotate(plane, rotation) }
    frame_own_reflect(frame: &mut Frame64<T>) { frame.reflect() }
    frame_chart(frame: &Frame64<T>) -> Chart64<T> { frame.chart() }
    frame_rotations(frame: &Frame64<T>) -> Chain64<T> { frame.rotations() }
    frame_own_orthogonality_error(frame: &Frame64<T>) -> T { frame.orthogonality_error() }
    frame_own_clean_up(frame: &mut Frame64<T>) { frame.clean_up() }
    frame_guard(frame: &mut Frame64<T>, guard: &mut DriftGuard, rotations: u32) { frame.guard(guard, rotations) }
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
