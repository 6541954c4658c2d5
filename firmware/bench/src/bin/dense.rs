//! Small dense linear algebra.
#![cfg_attr(target_os = "none", no_std, no_main)]

use core::ops::Mul;

use kit::bench;
use nalgebra::SMatrix;

kit::entry!(program);

fn program() {
    matmul::<8>("matmul_8x8/nalgebra");
    matmul::<16>("matmul_16x16/nalgebra");
}

fn matmul<const N: usize>(nalgebra: &str) {
    let entry = |i: usize, j: usize| (i * N + j) as f32 / (N * N) as f32;
    let a = SMatrix::<f32, N, N>::from_fn(entry);
    let b = SMatrix::<f32, N, N>::from_fn(|i, j| entry(j, i));
    bench::call(nalgebra, || Mul::mul(&a, &b));
}
