//! Sparse vectors as products.

use reparam::diagonal::covariance::{Diagonal, Factored, Isotropic, Products};
use reparam::diagonal::fokker_planck::{self, Class, FokkerPlanck};
use reparam::diagonal::rule::{
    self, Difference, Exponentiated, Floored, HyperbolicEntropy, Linear, Product, Proportionate,
};
use reparam::diagonal::volterra::{self, Direction};
use reparam::diagonal::{Covariance, Error, Filter, Report, Rule, Step, filter, flow, sde, step};
use reparam::random::SplitMix64;

use crate::kernels;

// Rules: every parametrization through the kernels that use it.
kernels! {
    product_weight(u: T, v: T) -> T { Product.weight(u, v) }
    product_gain(u: T, v: T) -> T { Product.gain(u, v) }
    product_pulled(u: T, v: T, h: T) -> (T, T) { Product.pulled(u, v, h) }
    product_factor() -> T { Product.factor() }
    product_flips() -> bool { Rule::<T>::flips(&Product) }
    product_predict(u: &[T], v: &[T], a: &[T]) -> T { Product.predict(u, v, a) }
    product_pull(u: &mut [T], v: &mut [T], a: &[T], scale: T) { Product.pull(u, v, a, scale) }
    difference_predict_with_curvature(u: &[T], v: &[T], a: &[T]) -> (T, T) {
        Difference.predict_with_curvature(u, v, a)
    }
    difference_predict_with_energy(u: &[T], v: &[T], a: &[T]) -> (T, T) { Difference.predict_with_energy(u, v, a) }
    difference_pull(u: &mut [T], v: &mut [T], a: &[T], scale: T) { Difference.pull(u, v, a, scale) }
    product_shape(u: T, v: T) -> T { Product.shape(u, v) }
    product_from_weight(weight: T, scale: T) -> Result<(T, T), Error> { Product::from_weight(weight, scale) }
    product_to_difference(u: T, v: T) -> (T, T) { Product::to_difference(u, v) }
    product_scale(u: T, v: T) -> T { Product::scale(u, v) }
    difference_from_weight(weight: T, scale: T) -> Result<(T, T), Error> { Difference::from_weight(weight, scale) }
    difference_to_product(u: T, v: T) -> (T, T) { Difference::to_product(u, v) }
    difference_scale(u: T, v: T) -> T { Difference::scale(u, v) }
    exponentiated_pulled(u: T, v: T, h: T) -> (T, T) { Exponentiated.pulled(u, v, h) }
    floored_new(floor: T) -> Result<Floored<T>, Error> { Floored::new(floor) }
    hyperbolic_entropy_new(scale: T) -> Result<HyperbolicEntropy<T>, Error> { HyperbolicEntropy::new(scale) }
    hyperbolic_entropy_gain(rule: HyperbolicEntropy<T>, w: T) -> T { rule.shape(w, 0.0) }
    proportionate_new(weights: usize, proportion: T, regularization: T) -> Result<Proportionate<T>, Error> {
        Proportionate::new(weights, proportion, regularization)
    }
    proportionate_observe(rule: &mut Proportionate<T>, u: &[T], v: &[T]) { rule.observe(u, v) }
    rule_stability_limit(variances: &[T], u: &[T], v: &[T]) -> Result<T, Error> {
        rule::stability_limit(&Difference, variances, u, v)
    }
    rule_curvature(variances: &[T], u: &[T], v: &[T]) -> Result<T, Error> { rule::curvature(variances, u, v) }
    rule_weights(u: &[T], v: &[T], weights: &mut [T]) -> Result<(), Error> {
        rule::weights(&Difference, u, v, weights)
    }
}

// Steps and filters.
kernels! {
    step_check(step: Step<T>) -> Result<(), Error> { step.check() }
    step_product(step: Step<T>, u: &mut [T], v: &mut [T], a: &[T], target: T) -> Result<Report<T>, Error> {
        step::step(&mut Product, step, u, v, a, target)
    }
    step_difference(step: Step<T>, u: &mut [T], v: &mut [T], a: &[T], target: T) -> Result<Report<T>, Error> {
        step::step(&mut Difference, step, u, v, a, target)
    }
    step_exponentiated(step: Step<T>, u: &mut [T], v: &mut [T], a: &[T], target: T) -> Result<Report<T>, Error> {
        step::step(&mut Exponentiated, step, u, v, a, target)
    }
    step_linear(step: Step<T>, u: &mut [T], v: &mut [T], a: &[T], target: T) -> Result<Report<T>, Error> {
        step::step(&mut Linear, step, u, v, a, target)
    }
    step_proportionate(
        rule: &mut Proportionate<T>, step: Step<T>, u: &mut [T], v: &mut [T], a: &[T], target: T,
    ) -> Result<Report<T>, Error> {
        step::step(rule, step, u, v, a, target)
    }
    step_batch(
        step: Step<T>, u: &mut [T], v: &mut [T], samples: &[T], targets: &[T], scratch: &mut [T],
    ) -> Result<Report<T>, Error> {
        step::step_batch(&mut Difference, step, u, v, samples, targets, scratch)
    }
    step_batch_scratch_len(dim: usize, batch: usize) -> usize { step::batch_scratch_len(dim, batch) }
    filter_new(step: Step<T>, u: T, v: T) -> Result<Filter<T, Difference, 32>, Error> { Filter::new(Difference, step, u, v) }
    filter_step(filter: &mut Filter<T, Difference, 32>, input: T, desired: T) -> Result<Report<T>, Error> {
        filter.step(input, desired)
    }
    filter_step_floored(filter: &mut Filter<T, Floored<T>, 32>, input: T, desired: T) -> Result<Report<T>, Error> {
        filter.step(input, desired)
    }
    filter_predict(filter: &mut Filter<T, Difference, 32>, input: T) -> T { filter.predict(input) }
    filter_weights(filter: &Filter<T, Difference, 32>) -> [T; 32] { filter.weights() }
    filter_state(filter: &Filter<T, Difference, 32>) -> T { filter.state().0.iter().sum() }
    step_hyperbolic_entropy(
        rule: &mut HyperbolicEntropy<T>, step: Step<T>, u: &mut [T], v: &mut [T], a: &[T], target: T,
    ) -> Result<Report<T>, Error> {
        step::step(rule, step, u, v, a, target)
    }
    filter_push(delay: &mut [T], position: usize, input: T) -> usize { filter::push(delay, position, input) }
    filter_window(delay: &[T], position: usize, taps: usize) -> usize { filter::window(delay, position, taps).len() }
}

// Covariances and equations.
kernels! {
    isotropic_apply(covariance: &mut Isotropic<T>, x: &[T], out: &mut [T]) { covariance.apply(x, out) }
    isotropic_dim(covariance: &Isotropic<T>) -> usize { covariance.dim() ^ covariance.noise_dim() }
    diagonal_new(variances: &[T], z: &[T], out: &mut [T]) -> Result<(), Error> {
        Diagonal::new(variances).map(|mut covariance| covariance.color(z, out))
    }
    factored_new(
        dim: usize, rank: usize, scale: T, factor: &[T], scratch: &mut [T], x: &[T], out: &mut [T],
    ) -> Result<(), Error> {
        Factored::new(dim, rank, scale, factor, scratch).map(|mut covariance| {
            covariance.apply(x, out);
            covariance.color(x, out);
        })
    }
    products_apply(f: fn(&[T], &mut [T]), x: &[T], out: &mut [T]) {
        Products { dim: x.len(), noise_dim: x.len(), apply: f, color: f }.apply(x, out)
    }
    sde_check(settings: sde::Settings<T>) -> Result<(), Error> { settings.check() }
    sde_scratch_len(dim: usize, noise_dim: usize) -> usize { sde::scratch_len(dim, noise_dim) }
    sde_risk_scratch_len(dim: usize) -> usize { sde::risk_scratch_len(dim) }
    sde_risk(
        covariance: &mut Isotropic<T>, target: &[T], u: &[T], v: &[T], scratch: &mut [T],
    ) -> Result<T, Error> {
        sde::risk(&Product, covariance, target, u, v, scratch)
    }
    sde_step(
        covariance: &mut Isotropic<T>, settings: sde::Settings<T>, target: &[T], u: &mut [T], v: &mut [T],
        rng: &mut SplitMix64, scratch: &mut [T],
    ) -> Result<T, Error> {
        sde::step(&mut Product, covariance, settings, target, u, v, rng, scratch)
    }
    sde_step_factored(
        covariance: &mut Factored<'_, T>, settings: sde::Settings<T>, target: &[T], u: &mut [T], v: &mut [T],
        rng: &mut SplitMix64, scratch: &mut [T],
    ) -> Result<T, Error> {
        sde::step(&mut Difference, covariance, settings, target, u, v, rng, scratch)
    }
    flow_weight(c: T, x: T) -> T { flow::weight(c, x) }
    flow_step(variances: &[T], targets: &[T], c: T, dtau: T, x: &mut [T]) -> Result<(), Error> {
        flow::step(variances, targets, c, dtau, x)
    }
    volterra_solve(
        directions: &[Direction<T>], step: T, noise_variance: T, h: T, risk: &mut [T], kernel: &mut [T],
    ) -> Result<(), Error> {
        volterra::solve(directions, step, noise_variance, h, risk, kernel)
    }
    fokker_planck_half_width(smallest: T, largest: T) -> T { fokker_planck::half_width(smallest, largest) }
    fokker_planck_scratch_len(cells: usize) -> usize { fokker_planck::scratch_len(cells) }
    fokker_planck_new(
        classes: &[Class<T>], settings: fokker_planck::Settings<T>, density: &mut [T], scratch: &mut [T],
    ) -> Result<T, Error> {
        FokkerPlanck::new(classes, settings, density, scratch).map(|limit| limit.time())
    }
    fokker_planck_advance(limit: &mut FokkerPlanck<'_, T>, dt: T) -> Result<T, Error> { limit.advance(dt) }
    fokker_planck_accumulated_noise(limit: &FokkerPlanck<'_, T>) -> T { limit.accumulated_noise() }
    fokker_planck_c(limit: &FokkerPlanck<'_, T>, variance: T) -> T { limit.c(variance) }
    fokker_planck_effective_initialisation(limit: &FokkerPlanck<'_, T>, variance: T) -> T {
        limit.effective_initialisation(variance)
    }
    fokker_planck_risk(limit: &FokkerPlanck<'_, T>) -> T { limit.risk() }
    fokker_planck_curvature(limit: &FokkerPlanck<'_, T>) -> T { limit.curvature() }
    fokker_planck_density_above(limit: &FokkerPlanck<'_, T>, threshold: T) -> T { limit.density_above(threshold) }
    fokker_planck_mean_size(limit: &FokkerPlanck<'_, T>) -> T { limit.mean_size() }
    fokker_planck_mass(limit: &FokkerPlanck<'_, T>, class: usize) -> T { limit.mass(class) }
    fokker_planck_probability(limit: &FokkerPlanck<'_, T>, class: usize) -> usize { limit.probability(class).len() }
}
