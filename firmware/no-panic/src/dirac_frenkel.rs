//! Solutions of differential equations as a few weights that move.

use reparam::dirac_frenkel::ansatz::network::{self, Embedding, Network, Shape};
use reparam::dirac_frenkel::ansatz::{Ansatz, Gaussians, Jet, Positive, Sines};
use reparam::dirac_frenkel::least_squares::{self, Factored, LeastSquares};
use reparam::dirac_frenkel::random::{self, Columns, Sketch};
use reparam::dirac_frenkel::{
    DiracFrenkel, Equation, Error, Flow, Form, Method, Momentum, Problem, Solver, Stage, Truncation, full,
    step, velocity,
};
use reparam::random::SplitMix64;

use crate::kernels;

kernels! {
    gaussians_line(count: usize) -> Result<Gaussians<T>, Error> { Gaussians::line(count) }
    gaussians_periodic(count: usize, period: T) -> Result<Gaussians<T>, Error> { Gaussians::periodic(count, period) }
    gaussians_count(ansatz: &Gaussians<T>) -> usize { ansatz.count() }
    gaussians_weights(ansatz: &Gaussians<T>) -> usize { ansatz.weights() }
    gaussians_dim(ansatz: &Gaussians<T>) -> usize { ansatz.dim() }
    gaussians_jets(ansatz: &mut Gaussians<T>, theta: &[T], x: &[T], jets: &mut [Jet<T>]) -> Result<(), Error> {
        ansatz.jets(theta, x, jets)
    }
    gaussians_gradient(ansatz: &mut Gaussians<T>, theta: &[T], x: &[T], gradient: &mut [T]) -> Result<T, Error> {
        ansatz.gradient(theta, x, gradient)
    }
}

kernels! {
    sines_new(count: usize, period: T) -> Result<Sines<T>, Error> { Sines::new(count, period) }
    sines_count(ansatz: &Sines<T>) -> usize { ansatz.count() }
    sines_weights(ansatz: &Sines<T>) -> usize { ansatz.weights() }
    sines_dim(ansatz: &Sines<T>) -> usize { ansatz.dim() }
    sines_jets(ansatz: &mut Sines<T>, theta: &[T], x: &[T], jets: &mut [Jet<T>]) -> Result<(), Error> {
        ansatz.jets(theta, x, jets)
    }
    sines_gradient(ansatz: &mut Sines<T>, theta: &[T], x: &[T], gradient: &mut [T]) -> Result<T, Error> {
        ansatz.gradient(theta, x, gradient)
    }
}

kernels! {
    shape_new(dim: usize, width: usize, layers: usize, embedding: Embedding) -> Result<Shape, Error> {
        Shape::new(dim, width, layers, embedding)
    }
    shape_dim(shape: Shape) -> usize { shape.dim() }
    shape_width(shape: Shape) -> usize { shape.width() }
    shape_layers(shape: Shape) -> usize { shape.layers() }
    shape_embedding(shape: Shape) -> Embedding { shape.embedding() }
    shape_weights(shape: Shape) -> usize { shape.weights() }
    network_scratch_len(shape: Shape) -> usize { network::scratch_len(shape) }
    network_new(
        shape: Shape, periods: &'static [T], scratch: &'static mut [T],
    ) -> Result<Network<'static, T>, Error> {
        Network::new(shape, periods, scratch)
    }
    network_shape(ansatz: &Network<'_, T>) -> Shape { ansatz.shape() }
    network_weights(ansatz: &Network<'_, T>) -> usize { ansatz.weights() }
    network_dim(ansatz: &Network<'_, T>) -> usize { ansatz.dim() }
    network_jets(ansatz: &mut Network<'_, T>, theta: &[T], x: &[T], jets: &mut [Jet<T>]) -> Result<(), Error> {
        ansatz.jets(theta, x, jets)
    }
    network_gradient(
        ansatz: &mut Network<'_, T>, theta: &[T], x: &[T], gradient: &mut [T],
    ) -> Result<T, Error> {
        ansatz.gradient(theta, x, gradient)
    }
}

kernels! {
    positive_weights(ansatz: &Positive<Sines<T>>) -> usize { ansatz.weights() }
    positive_dim(ansatz: &Positive<Sines<T>>) -> usize { ansatz.dim() }
    positive_jets(ansatz: &mut Positive<Sines<T>>, theta: &[T], x: &[T], jets: &mut [Jet<T>]) -> Result<(), Error> {
        ansatz.jets(theta, x, jets)
    }
    positive_gradient(
        ansatz: &mut Positive<Sines<T>>, theta: &[T], x: &[T], gradient: &mut [T],
    ) -> Result<T, Error> {
        ansatz.gradient(theta, x, gradient)
    }
}

/// An equation with any right-hand side.
type Bump<T> = Equation<'static, T, Gaussians<T>, fn([Jet<T>; 1], &[T; 1], T) -> T, 1>;

kernels! {
    equation_new(
        points: &'static [T], f: fn([Jet<T>; 1], &[T; 1], T) -> T,
    ) -> Result<Bump<T>, Error> {
        Equation::new(Gaussians::line(2)?, points, f)
    }
    equation_value(equation: &mut Bump<T>, theta: &[T], x: &[T; 1]) -> Result<T, Error> { equation.value(theta, x) }
    equation_weights(equation: &Bump<T>) -> usize { equation.weights() }
    equation_points(equation: &Bump<T>) -> usize { equation.points() }
    equation_row(equation: &mut Bump<T>, theta: &[T], t: T, point: usize, row: &mut [T]) -> Result<T, Error> {
        equation.row(theta, t, point, row)
    }
}

kernels! {
    truncation_new(relative: T, absolute: T) -> Result<Truncation<T>, Error> { Truncation::new(relative, absolute) }
    truncation_bound(truncation: Truncation<T>, largest: T) -> T { truncation.bound(largest) }
    truncation_none() -> Truncation<T> { Truncation::none() }
    least_squares_state_len(n: usize) -> usize { least_squares::state_len(n) }
    least_squares_new(n: usize, state: &'static mut [T]) -> Result<LeastSquares<'static, T>, Error> {
        LeastSquares::new(n, state)
    }
    least_squares_add_row(squares: &mut LeastSquares<'_, T>, row: &mut [T], value: T) -> Result<(), Error> {
        squares.add_row(row, value)
    }
    least_squares_factor(
        squares: LeastSquares<'static, T>, scratch: &mut [T],
    ) -> Result<Factored<'static, T>, Error> {
        squares.factor(scratch)
    }
    factored_from_parts(
        n: usize, lines: &'static [T], along: &'static [T], residual: T,
    ) -> Result<Factored<'static, T>, Error> {
        Factored::from_parts(n, lines, along, residual)
    }
    factored_singular_values(factored: &Factored<'_, T>) -> T {
        factored.singular_values().fold(0.0, |sum, value| sum + value)
    }
    factored_rank(factored: &Factored<'_, T>, truncation: Truncation<T>) -> usize { factored.rank(truncation) }
    factored_minimum_norm(factored: &Factored<'_, T>, rank: usize, eta: &mut [T]) -> Result<(), Error> {
        factored.minimum_norm(rank, eta)
    }
    factored_tikhonov(factored: &Factored<'_, T>, gamma: T, eta: &mut [T]) -> Result<(), Error> {
        factored.tikhonov(gamma, eta)
    }
    factored_project(factored: &Factored<'_, T>, rank: usize, x: &mut [T]) -> Result<(), Error> {
        factored.project(rank, x)
    }
    factored_image(factored: &Factored<'_, T>, x: &[T]) -> Result<T, Error> { factored.image(x) }
    factored_residual(factored: &Factored<'_, T>, x: &[T]) -> Result<T, Error> { factored.residual(x) }
}

kernels! {
    momentum_new(beta: T, lambda: T) -> Result<Momentum<T>, Error> { Momentum::new(beta, lambda) }
    momentum_relaxing(tau: T, dt: T, lambda: T) -> Result<Momentum<T>, Error> { Momentum::relaxing(tau, dt, lambda) }
    momentum_follow(memory: Momentum<T>, momentum: &'static mut [T], eta: &[T], h: T) -> Result<(), Error> {
        memory.follow(momentum, eta, h)
    }
    method_check(method: &Method<T>, memory: Option<Momentum<T>>) -> Result<(), Error> { method.check(memory) }
    stage_is_truncated(stage: &Stage<T>, weights: usize) -> bool { stage.is_truncated(weights) }
    velocity_from_factored(
        factored: &Factored<'_, T>, method: Method<T>, memory: Option<Momentum<T>>, h: Option<T>,
        momentum: &mut [T], velocity: &mut [T], scratch: &mut [T],
    ) -> Result<Stage<T>, Error> {
        velocity::from_factored(factored, method, memory, h, momentum, velocity, scratch)
    }
    full_scratch_len(weights: usize) -> usize { full::scratch_len(weights) }
    dirac_frenkel_new(
        bump: Bump<T>, method: Method<T>, memory: Option<Momentum<T>>, scratch: &'static mut [T],
    ) -> Result<DiracFrenkel<'static, Bump<T>, T>, Error> {
        DiracFrenkel::new(bump, method, memory, scratch)
    }
    dirac_frenkel_problem(flow: &mut DiracFrenkel<'static, Bump<T>, T>) -> usize { flow.problem().points() }
    dirac_frenkel_weights(flow: &DiracFrenkel<'static, Bump<T>, T>) -> usize { flow.weights() }
    dirac_frenkel_velocity(
        flow: &mut DiracFrenkel<'static, Bump<T>, T>, theta: &[T], t: T, h: Option<T>, momentum: &mut [T],
        velocity: &mut [T],
    ) -> Result<Stage<T>, Error> {
        flow.velocity(theta, t, h, momentum, velocity)
    }
}

kernels! {
    random_columns_scratch_len(weights: usize, count: usize) -> usize {
        random::columns_scratch_len(weights, count)
    }
    columns_new(
        bump: Bump<T>, count: usize, truncation: Truncation<T>, rng: SplitMix64, scratch: &'static mut [T],
    ) -> Result<Columns<'static, Bump<T>, SplitMix64, T>, Error> {
        Columns::new(bump, count, truncation, rng, scratch)
    }
    columns_problem(flow: &mut Columns<'static, Bump<T>, SplitMix64, T>) -> usize { flow.problem().points() }
    columns_weights(flow: &Columns<'static, Bump<T>, SplitMix64, T>) -> usize { flow.weights() }
    columns_begin(flow: &mut Columns<'static, Bump<T>, SplitMix64, T>) { flow.begin() }
    columns_velocity(
        flow: &mut Columns<'static, Bump<T>, SplitMix64, T>, theta: &[T], t: T, momentum: &mut [T], velocity: &mut [T],
    ) -> Result<Stage<T>, Error> {
        flow.velocity(theta, t, None, momentum, velocity)
    }
    random_sketch_scratch_len(weights: usize, count: usize) -> usize { random::sketch_scratch_len(weights, count) }
    sketch_new(
        bump: Bump<T>, count: usize, truncation: Truncation<T>, memory: Option<Momentum<T>>, rng: SplitMix64,
        scratch: &'static mut [T],
    ) -> Result<Sketch<'static, Bump<T>, SplitMix64, T>, Error> {
        Sketch::new(bump, count, truncation, memory, rng, scratch)
    }
    sketch_problem(flow: &mut Sketch<'static, Bump<T>, SplitMix64, T>) -> usize { flow.problem().points() }
    sketch_weights(flow: &Sketch<'static, Bump<T>, SplitMix64, T>) -> usize { flow.weights() }
    sketch_velocity(
        flow: &mut Sketch<'static, Bump<T>, SplitMix64, T>, theta: &[T], t: T, momentum: &mut [T], velocity: &mut [T],
    ) -> Result<Stage<T>, Error> {
        flow.velocity(theta, t, None, momentum, velocity)
    }
}

kernels! {
    step_euler_scratch_len(weights: usize) -> usize { step::euler_scratch_len(weights) }
    step_rk4_scratch_len(weights: usize) -> usize { step::rk4_scratch_len(weights) }
    step_euler(
        flow: &mut DiracFrenkel<'static, Bump<T>, T>, theta: &mut [T], momentum: &mut [T], t: T, dt: T,
        scratch: &mut [T],
    ) -> Result<Stage<T>, Error> {
        step::euler(flow, theta, momentum, t, dt, scratch)
    }
    step_rk4(
        flow: &mut DiracFrenkel<'static, Bump<T>, T>, form: Form, theta: &mut [T], momentum: &mut [T], t: T, dt: T,
        scratch: &mut [T],
    ) -> Result<[Stage<T>; 4], Error> {
        step::rk4(flow, form, theta, momentum, t, dt, scratch)
    }
    solver_new(
        theta: &[T; 6], method: Method<T>, momentum: Option<Momentum<T>>,
    ) -> Result<Solver<T, 6>, Error> {
        Solver::new(*theta, method, momentum)
    }
    solver_theta(solver: &'static Solver<T, 6>) -> &'static [T; 6] { solver.theta() }
    solver_momentum_mut(solver: &'static mut Solver<T, 6>) -> &'static mut [T; 6] { solver.momentum_mut() }
    solver_euler(solver: &mut Solver<T, 6>, bump: &mut Bump<T>, t: T, dt: T) -> Result<Stage<T>, Error> {
        solver.euler(bump, t, dt)
    }
    solver_rk4(
        solver: &mut Solver<T, 6>, bump: &mut Bump<T>, form: Form, t: T, dt: T,
    ) -> Result<[Stage<T>; 4], Error> {
        solver.rk4(bump, form, t, dt)
    }
}
