//! Values as those of a learned process of 11 states.
#![cfg_attr(target_os = "none", no_std, no_main)]

use core::hint::black_box;

use kit::bench;
use reparam::implicit::train::{Stop, explicit_step};
use reparam::implicit::{Implicit, OneHot};

kit::entry!(program);

fn program() {
    let logits = core::array::from_fn(|i| core::array::from_fn(|j| if i == j { 0.0 } else { -3.1 }));
    let Ok(model) = Implicit::<f32, 11>::from_parameters(logits, [0.5; 11], 0.9) else { return };
    bench::call("values_11", || black_box(&model).values());
    let mut learning = model.clone();
    bench::call("step_11", || learning.step([(OneHot(black_box(3)), 4.0)], 0.01));
    let (mut w, mut scratch) = ([0.0f32; 11], [0.0; 11]);
    bench::call("explicit_step_11", || {
        explicit_step(&mut w, [(OneHot(black_box(3)), 4.0)], 0.01, &mut scratch, Stop::default())
    });
}
