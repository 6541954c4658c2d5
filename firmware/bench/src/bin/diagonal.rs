//! Sparse vectors as products: steps, filters, limits.
#![cfg_attr(target_os = "none", no_std, no_main)]

use core::array;
use core::hint::black_box;

use kit::bench;
use reparam::diagonal::fokker_planck::{Class, FokkerPlanck, Scale, Settings, scratch_len};
use reparam::diagonal::rule::{
    Difference, Exponentiated, Floored, HyperbolicEntropy, Linear, Product, Proportionate,
};
use reparam::diagonal::step::step;
use reparam::diagonal::{Filter, Rule, Step};

kit::entry!(program);

const NORMALIZED: Step<f32> = Step::Normalized { rate: 0.5, regularization: 0.01 };

fn program() {
    steps();
    filter("filter_difference_128", Difference);
    if let Ok(rule) = Floored::new(1e-3) {
        filter("filter_floored_128", rule);
    }
    filter("filter_exponentiated_128", Exponentiated);
    if let Ok(rule) = HyperbolicEntropy::new(1e-3) {
        filter("filter_hyperbolic_entropy_128", rule);
    }
    filter("filter_linear_128", Linear);
    if let Ok(rule) = Proportionate::new(128, -0.5, 1e-3) {
        filter("filter_proportionate_128", rule);
    }
    limit();
}

/// A step of stochastic gradients on a sample of 64 inputs.
fn steps() {
    let a: [f32; 64] = array::from_fn(|k| ((7 * k + 3) % 16) as f32 / 64.0 - 0.1);
    let start = ([0.3f32; 64], [0.25f32; 64]);
    let size = black_box(Step::Fixed(0.01));
    bench::call_on("step_product_64", &start, |(u, v)| step(&mut Product, size, u, v, &a, black_box(0.2)));
    bench::call_on("step_difference_64", &start, |(u, v)| {
        step(&mut Difference, size, u, v, &a, black_box(0.2))
    });
    let size = black_box(NORMALIZED);
    bench::call_on("step_difference_normalized_64", &start, |(u, v)| {
        step(&mut Difference, size, u, v, &a, black_box(0.2))
    });
}

/// A sample of an adaptive filter with 128 taps.
fn filter<R: Rule<f32>>(name: &str, rule: R) {
    let Ok(mut filter) = Filter::<f32, R, 128>::new(rule, NORMALIZED, 0.1, 0.1) else { return };
    for k in 0..300 {
        let x = ((k * k) % 17) as f32 / 8.0 - 1.0;
        let _ = filter.step(x, 0.5 * x);
    }
    bench::call(name, || filter.step(black_box(0.3), black_box(0.15)));
}

/// A time step of the limit with three classes of 64 cells.
fn limit() {
    let classes =
        [(0.9, 0.0), (0.05, 3.0), (0.05, -3.0)].map(|(share, target)| Class { share, variance: 1.0, target });
    let settings = Settings {
        step: 0.1,
        initialisation: 0.3,
        noise_variance: 0.0,
        scale: Scale::Shrinking,
        half_width: 6.0,
    };
    let (mut density, mut scratch) = ([0f32; 192], [0f32; scratch_len(64)]);
    let Ok(mut limit) = FokkerPlanck::new(&classes, settings, &mut density, &mut scratch) else { return };
    bench::call("fokker_planck_3x64", || limit.advance(black_box(0.01)));
}
