//! Group-and-shuffle matrices.
#![cfg_attr(target_os = "none", no_std, no_main)]

use core::array;
use core::hint::black_box;

use kit::bench;
use reparam::dense::Matrix;
use reparam::group_shuffle::adapter::{self, Adapter, Neurons};
use reparam::group_shuffle::neumann::{self, Series};
use reparam::group_shuffle::online::Rate;
use reparam::group_shuffle::{GroupShuffle, Shape, Side, apply, cayley, exponential};

kit::entry!(program);

fn program() {
    products();
    maps();
    adapters();
    learning();
}

/// A product with a vector: sizes known to the compiler, sizes at run time, and what one would do without this room.
fn products() {
    let small = GroupShuffle::<f32, 4, 4, 2>::identity();
    let x: [[f32; 4]; 4] = array::from_fn(|i| array::from_fn(|k| (4 * i + k) as f32 * 0.1));
    bench::call_on("apply_16x4", &x, |x| small.apply(x));

    let matrix = GroupShuffle::<f32, 8, 8, 2>::identity();
    let x: [[f32; 8]; 8] = array::from_fn(|i| array::from_fn(|k| (8 * i + k) as f32 * 0.1));
    bench::call_on("apply_64x8", &x, |x| matrix.apply(x));
    bench::call_on("apply_64x8/gather", &x, |x| gather(matrix.as_slice(), x.as_flattened_mut()));
    bench::call_on("apply_transpose_64x8", &x, |x| matrix.apply_transpose(x));
    if let Ok(shape) = Shape::new(black_box(8), 8, 2) {
        bench::call_on("apply_slice_64x8", &x, |x| {
            apply::apply(shape, matrix.as_slice(), x.as_flattened_mut(), &mut [0.0; 8]).is_ok()
        });
        bench::call_on("apply_transpose_slice_64x8", &x, |x| {
            apply::apply_transpose(shape, matrix.as_slice(), x.as_flattened_mut(), &mut [0.0; 8]).is_ok()
        });
    }
    let dense = Matrix::<f32, 64, 64>::identity();
    let mut flat = [0.0; 64];
    flat.copy_from_slice(x.as_flattened());
    bench::call("apply_64x8/dense", || dense.matvec(&flat));

    let cubic = GroupShuffle::<f32, 4, 16, 3>::identity();
    let x: [[f32; 4]; 16] = array::from_fn(|i| array::from_fn(|k| (4 * i + k) as f32 * 0.1));
    bench::call_on("apply_64x4x3", &x, |x| cubic.apply(x));

    let wide = GroupShuffle::<f32, 16, 16, 2>::identity();
    let x: [[f32; 16]; 16] = array::from_fn(|i| array::from_fn(|k| (16 * i + k) as f32 * 0.1));
    bench::call_on("apply_256x16", &x, |x| wide.apply(x));
    bench::call_on("apply_transpose_256x16", &x, |x| wide.apply_transpose(x));
}

/// A sample: the product, its error, and a step of all blocks; and what it would cost to adapt all of a matrix.
fn learning() {
    let x: [[f32; 8]; 8] = array::from_fn(|i| array::from_fn(|k| (8 * i + k) as f32 * 0.01));
    let target: [[f32; 8]; 8] = array::from_fn(|i| array::from_fn(|k| (8 * k + i) as f32 * 0.01));
    let rate = Rate::Normalized { eta: 0.5, offset: 0.0 };
    bench::call_on("online_step_64x8", &GroupShuffle::<f32, 8, 8, 2>::identity(), |matrix| {
        let mut y = x;
        matrix.apply(&mut y);
        let mut g = y;
        for (g, target) in g.as_flattened_mut().iter_mut().zip(target.as_flattened()) {
            *g -= target;
        }
        matrix.step(&mut y, &mut g, black_box(rate)).is_ok()
    });
    bench::call_on("online_step_64x8/dense", &Matrix::<f32, 64, 64>::identity(), |matrix| {
        let (x, target) = (x.as_flattened(), target.as_flattened());
        let size = x.iter().fold(0.0, |sum, x| sum + x * x);
        for (row, target) in matrix.0.iter_mut().zip(target) {
            let y = row.iter().zip(x).fold(0.0, |sum, (a, x)| sum + a * x);
            let step = black_box(0.5) * (target - y) / size;
            row.iter_mut().zip(x).for_each(|(a, x)| *a += step * x);
        }
    });
    let mut turned = GroupShuffle::<f32, 8, 8, 2>::identity();
    let mut gradients = [[[[0.0; 8]; 8]; 8]; 2];
    bench::call_on("backward_64x8", &(x, target), |(y, g)| turned.backward(y, g, &mut gradients));
    bench::call("clean_up_64x8", || turned.clean_up());
}

/// The shuffles as tables, through a second vector.
#[inline(always)]
fn gather(blocks: &[f32], x: &mut [f32]) {
    const SOURCE: [u16; 64] = {
        let (mut table, mut i) = ([0; 64], 0);
        while i < 64 {
            table[i] = (i / 8 + i % 8 * 8) as u16;
            i += 1;
        }
        table
    };
    let (r, l) = blocks.split_at(512);
    let mut shuffled = [0.0; 64];
    for (block, (x, y)) in r.chunks_exact(64).zip(x.chunks_exact(8).zip(shuffled.chunks_exact_mut(8))) {
        rows(block, x, y);
    }
    for (x, source) in x.iter_mut().zip(&SOURCE) {
        *x = shuffled[usize::from(*source)];
    }
    for (block, (x, y)) in l.chunks_exact(64).zip(x.chunks_exact(8).zip(shuffled.chunks_exact_mut(8))) {
        rows(block, x, y);
    }
    for (x, source) in x.iter_mut().zip(&SOURCE) {
        *x = shuffled[usize::from(*source)];
    }
}

#[inline(always)]
fn rows(block: &[f32], x: &[f32], y: &mut [f32]) {
    let mut input = [0.0; 8];
    input.copy_from_slice(x);
    for (row, y) in block.chunks_exact(8).zip(y) {
        *y = row.iter().zip(&input).fold(0.0, |sum, (q, x)| sum + q * x);
    }
}

/// A block from its parameters, back again, and the gradient. The slices go through sizes at run time.
fn maps() {
    let theta: [f32; 120] = array::from_fn(|k| (k * 37 % 60) as f32 * 0.01 - 0.3);
    let Ok(series) = Series::new(5) else { return };
    macro_rules! at_size {
        ($b:literal, $n:literal) => {
            let Some(theta) = theta.first_chunk::<$n>() else { return };
            let mut q = Matrix::<f32, $b, $b>::zeros();
            bench::call(concat!("cayley_", $b), || cayley::matrix_into(theta, &mut q).is_ok());
            let mut pivots = [0; cayley::pivot_len($b)];
            bench::call(concat!("cayley_slice_", $b), || {
                cayley::block(black_box($b), theta, q.as_mut_slice(), &mut pivots).is_ok()
            });
            bench::call(concat!("cayley_inverse_", $b), || cayley::inverse_matrix::<f32, $b, $n>(&q));
            bench::call(concat!("cayley_gradient_", $b), || cayley::gradient_matrix::<f32, $b, $n>(&q, &q));
            bench::call(concat!("neumann_5_terms_", $b), || neumann::matrix::<f32, $b, $n>(theta, series));
        };
    }
    at_size!(2, 1);
    at_size!(3, 3);
    at_size!(4, 6);
    at_size!(8, 28);
    at_size!(16, 120);

    bench::call("exponential_2", || exponential::matrix::<f32, 2, 1>(black_box(&[0.3])));
    bench::call("exponential_3", || exponential::matrix::<f32, 3, 3>(black_box(&[0.3, -0.2, 0.7])));
    let theta = [0.3, -0.2, 0.5, 0.7, 0.1, -0.4];
    bench::call("exponential_4", || exponential::matrix::<f32, 4, 6>(black_box(&theta)));
}

/// A frozen layer of 64 inputs and 16 outputs: merged, and beside its weight.
fn adapters() {
    let q = GroupShuffle::<f32, 8, 8, 2>::identity();
    let Ok(shape) = Shape::new(black_box(8), 8, 2) else { return };
    let Ok(adapter) = Adapter::new(shape, q.as_slice(), Side::Weight, 16) else { return };
    let mut weight: [f32; 1024] = array::from_fn(|k| (k * 37 % 60) as f32 * 0.01 - 0.3);
    let mut scratch = [0.0; adapter::scratch_len(8)];
    let (mut x, mut y) = ([0.1; 64], [0.0; 16]);
    bench::call("adapter_forward_64x16", || {
        adapter.forward(Neurons::Rows, &weight, &mut x, &mut y, &mut scratch).is_ok()
    });
    bench::call("adapter_merge_rows_64x16", || {
        adapter.merge(Neurons::Rows, &mut weight, &mut scratch).is_ok()
    });
    bench::call("adapter_merge_columns_64x16", || {
        adapter.merge(Neurons::Columns, &mut weight, &mut scratch).is_ok()
    });
}
