//! Shuffled blocks.
#![cfg_attr(target_os = "none", no_std, no_main)]

use core::array;
use core::hint::black_box;

use kit::bench;
use reparam::dense::Matrix;
use reparam::group_shuffle::{Shape, cayley};

kit::entry!(program);

fn program() {
    maps();
}

/// A block from its parameters, back again, and the gradient.
fn maps() {
    let theta: [f32; 120] = array::from_fn(|k| (k * 37 % 60) as f32 * 0.01 - 0.3);
    macro_rules! at_size {
        ($b:literal, $n:literal) => {
            let Some(theta) = theta.first_chunk::<$n>() else { return };
            let mut q = [0.0; $b * $b];
            let mut pivots = [0; cayley::pivot_len($b)];
            bench::call(concat!("cayley_", $b), || cayley::block($b, theta, &mut q, &mut pivots).is_ok());
            bench::call(concat!("cayley_slice_", $b), || {
                cayley::block(black_box($b), theta, &mut q, &mut pivots).is_ok()
            });
            bench::call(concat!("cayley_matrix_", $b), || cayley::matrix::<f32, $b, $n>(theta));
            let q = Matrix::<f32, $b, $b>::from_slice(&q).unwrap_or_default();
            bench::call(concat!("cayley_inverse_", $b), || cayley::inverse_matrix::<f32, $b, $n>(&q));
            bench::call(concat!("cayley_gradient_", $b), || cayley::gradient_matrix::<f32, $b, $n>(&q, &q));
        };
    }
    at_size!(2, 1);
    at_size!(3, 3);
    at_size!(4, 6);
    at_size!(8, 28);
    at_size!(16, 120);

    let Ok(shape) = Shape::new(black_box(8), 8, 2) else { return };
    let theta: [f32; 448] = array::from_fn(|k| (k * 37 % 60) as f32 * 0.01 - 0.3);
    let (mut blocks, mut pivots) = ([0.0; 1024], [0; 8]);
    bench::call("cayley_blocks_64_8", || cayley::blocks(shape, &theta, &mut blocks, &mut pivots).is_ok());
}
