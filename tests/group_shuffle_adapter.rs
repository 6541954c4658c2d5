//! Adapters: merged and beside the weight, against dense matrices.

use nalgebra::DMatrix;
use proptest::prelude::*;
use rand_core::Rng;
use reparam::Real;
use reparam::group_shuffle::adapter::{self, Adapter, Neurons, Side};
use reparam::group_shuffle::{Error, Shape, apply, cayley, columns};
use reparam::random::{SplitMix64, gaussian, uniform_in};

/// Orthogonal blocks of a shape.
fn blocks<T: Real>(shape: Shape, scale: f64, rng: &mut impl Rng) -> Vec<T> {
    let scale = T::from_f64(scale);
    let theta: Vec<T> = (0..shape.parameter_len()).map(|_| uniform_in(rng, -scale, scale)).collect();
    let mut q = vec![T::ZERO; shape.block_len()];
    cayley::blocks(shape, &theta, &mut q, &mut vec![0; cayley::pivot_len(shape.block())]).unwrap();
    q
}

/// The whole matrix, from the products with unit vectors.
fn dense(shape: Shape, blocks: &[f64]) -> DMatrix<f64> {
    let (dim, mut scratch) = (shape.dim(), vec![0.0; shape.block()]);
    let mut q = DMatrix::zeros(dim, dim);
    for j in 0..dim {
        let mut x = vec![0.0; dim];
        x[j] = 1.0;
        apply::apply(shape, blocks, &mut x, &mut scratch).unwrap();
        q.set_column(j, &DMatrix::from_column_slice(dim, 1, &x).column(0));
    }
    q
}

/// A weight, `dim × outputs`, as it lies in memory.
fn stored(neurons: Neurons, w: &DMatrix<f64>) -> Vec<f64> {
    // nalgebra's slices run along columns.
    match neurons {
        Neurons::Columns => w.transpose().as_slice().to_vec(),
        Neurons::Rows => w.as_slice().to_vec(),
    }
}

fn read(neurons: Neurons, dim: usize, outputs: usize, weight: &[f64]) -> DMatrix<f64> {
    match neurons {
        Neurons::Columns => DMatrix::from_row_slice(dim, outputs, weight),
        Neurons::Rows => DMatrix::from_column_slice(dim, outputs, weight),
    }
}

fn assert_close(what: &str, x: &DMatrix<f64>, y: &DMatrix<f64>) {
    let error = (x - y).amax();
    assert!(error < 1e-12, "{what}: {error:e}");
}

#[derive(Clone, Copy, Debug)]
struct Case {
    input: [usize; 3],
    output: Option<[usize; 3]>,
    outputs: usize,
    side: Side,
    neurons: Neurons,
    scaled: bool,
    seed: u64,
}

fn case() -> impl Strategy<Value = Case> {
    let sizes = || [1..5_usize, 1..5, 1..4];
    (sizes(), prop::option::of(sizes()), 1..20_usize, any::<[bool; 3]>(), any::<u64>()).prop_map(
        |(input, output, outputs, [weight, columns, scaled], seed)| Case {
            input,
            output,
            outputs: output.map_or(outputs, |[b, r, _]| b * r),
            side: if weight { Side::Weight } else { Side::Input },
            neurons: if columns { Neurons::Columns } else { Neurons::Rows },
            scaled,
            seed,
        },
    )
}

proptest! {
    #[test]
    fn adapters_are_what_they_are_documented_to_be(case in case()) {
        let mut rng = SplitMix64::new(case.seed);
        let shape = |[b, r, m]: [usize; 3]| Shape::new(b, r, m).unwrap();
        let (input, outputs, neurons) = (shape(case.input), case.outputs, case.neurons);
        let dim = input.dim();
        let input_blocks = blocks(input, 2.0, &mut rng);
        let output = case.output.map(shape);
        let output_blocks = output.map_or(Vec::new(), |shape| blocks(shape, 2.0, &mut rng));
        let scale: Vec<f64> = (0..outputs).map(|_| uniform_in(&mut rng, 0.5, 2.0)).collect();
        let w = DMatrix::from_fn(dim, outputs, |_, _| uniform_in(&mut rng, -1.0, 1.0));
        let x = DMatrix::from_fn(dim, 1, |_, _| uniform_in(&mut rng, -1.0, 1.0));

        let mut adapter = Adapter::new(input, &input_blocks, case.side, outputs).unwrap();
        if let Some(output) = output {
            adapter = adapter.with_output(output, &output_blocks).unwrap();
        }
        if case.scaled {
            adapter = adapter.with_scale(&scale).unwrap();
        }
        let mut scratch = vec![f64::NAN; adapter.scratch_len()];

        // The documented matrices.
        let q = dense(input, &input_blocks);
        let q = match case.side { Side::Weight => q, Side::Input => q.transpose() };
        let v = output.map_or(DMatrix::identity(outputs, outputs), |shape| dense(shape, &output_blocks));
        let s = if case.scaled { scale.clone() } else { vec![1.0; outputs] };
        let expected = &q * &w * &v * DMatrix::from_diagonal(&s.into());

        let frozen = stored(neurons, &w);
        let mut merged = frozen.clone();
        adapter.merge(neurons, &mut merged, &mut scratch).unwrap();
        let merged_matrix = read(neurons, dim, outputs, &merged);
        assert_close("merged", &merged_matrix, &expected);
        if !case.scaled {
            let mut before: Vec<f64> = w.singular_values().iter().copied().collect();
            let mut after: Vec<f64> = merged_matrix.singular_values().iter().copied().collect();
            before.sort_by(f64::total_cmp);
            after.sort_by(f64::total_cmp);
            prop_assert!(before.iter().zip(&after).all(|(x, y)| (x - y).abs() < 1e-13), "singular values");
        }

        let (mut rotated, mut y) = (x.as_slice().to_vec(), vec![f64::NAN; outputs]);
        adapter.forward(neurons, &frozen, &mut rotated, &mut y, &mut scratch).unwrap();
        let y = DMatrix::from_column_slice(outputs, 1, &y);
        assert_close("forward", &y, &(merged_matrix.transpose() * &x));

        adapter.unmerge(neurons, &mut merged, &mut scratch).unwrap();
        assert_close("unmerged", &read(neurons, dim, outputs, &merged), &w);
    }

    #[test]
    fn columns_are_vectors([b, r, m] in [1..7_usize, 1..7, 1..4], count in 0..20_usize, seed in any::<u64>()) {
        let shape = Shape::new(b, r, m).unwrap();
        let mut rng = SplitMix64::new(seed);
        // Any blocks: nothing here needs orthogonality.
        let q: Vec<f64> = (0..shape.block_len()).map(|_| uniform_in(&mut rng, -1.0, 1.0)).collect();
        let x: Vec<f64> = (0..shape.dim() * count).map(|_| uniform_in(&mut rng, -1.0, 1.0)).collect();
        let mut scratch = vec![f64::NAN; columns::scratch_len(shape)];
        for transposed in [false, true] {
            let mut whole = x.clone();
            let apply = if transposed { columns::apply_transpose } else { columns::apply };
            apply(shape, count, &q, &mut whole, &mut scratch).unwrap();
            for column in 0..count {
                let mut one: Vec<f64> = x.iter().skip(column).step_by(count).copied().collect();
                let apply = if transposed { apply::apply_transpose } else { apply::apply };
                apply(shape, &q, &mut one, &mut vec![f64::NAN; b]).unwrap();
                let found = whole.iter().skip(column).step_by(count);
                prop_assert!(found.zip(one).all(|(x, y)| (x - y).abs() < 1e-12));
            }
        }
    }
}

/// The two sides with one set of parameters: each the inverse of the other.
#[test]
fn the_sides_are_each_others_inverse() {
    let shape = Shape::new(4, 3, 2).unwrap();
    let q: Vec<f64> = blocks(shape, 1.0, &mut SplitMix64::new(3));
    let weight: Vec<f64> = (0..24).map(f64::from).collect();
    let mut scratch = vec![0.0; adapter::scratch_len(4)];
    let mut turned = weight.clone();
    for side in [Side::Weight, Side::Input] {
        let adapter = Adapter::new(shape, &q, side, 2).unwrap();
        adapter.merge(Neurons::Columns, &mut turned, &mut scratch).unwrap();
    }
    assert!(turned.iter().zip(&weight).all(|(x, y)| (x - y).abs() < 1e-13));
}

fn bits16(x: f32) -> f32 {
    // To nearest, halves to even: bfloat16 is the upper half of a float.
    let bits = x.to_bits();
    f32::from_bits((bits + 0x7fff + ((bits >> 16) & 1)) & 0xffff_0000)
}

fn relative(x: &[f32], y: &[f32]) -> f64 {
    let norm = |x: &mut dyn Iterator<Item = f64>| x.map(|x| x * x).sum::<f64>().sqrt();
    norm(&mut x.iter().zip(y).map(|(x, y)| f64::from(x - y))) / norm(&mut y.iter().map(|&y| f64::from(y)))
}

/// What merging costs in `f32`, and what rounding the merged weight to 16 bits costs.
#[test]
fn rounding_of_merged_weights() {
    let (shape, outputs) = (Shape::new(8, 8, 2).unwrap(), 48);
    let mut rng = SplitMix64::new(64);
    let q: Vec<f32> = blocks(shape, 0.5, &mut rng);
    let adapter = Adapter::new(shape, &q, Side::Weight, outputs).unwrap();
    let mut scratch = vec![0.0; adapter.scratch_len()];
    let weight: Vec<f32> = (0..64 * outputs).map(|_| bits16(gaussian(&mut rng))).collect();

    let mut merged = weight.clone();
    adapter.merge(Neurons::Columns, &mut merged, &mut scratch).unwrap();
    let mut back = merged.clone();
    adapter.unmerge(Neurons::Columns, &mut back, &mut scratch).unwrap();
    let single = relative(&back, &weight);

    let rounded: Vec<f32> = merged.iter().map(|&x| bits16(x)).collect();
    let half = relative(&rounded, &merged);
    let mut back = rounded;
    adapter.unmerge(Neurons::Columns, &mut back, &mut scratch).unwrap();
    back.iter_mut().for_each(|x| *x = bits16(*x));
    let equal = back.iter().zip(&weight).filter(|(x, y)| x == y).count() as f64 / weight.len() as f64;
    println!("f32, there and back: {single:.1e}; bf16, merged: {half:.2e}; the same bits again: {equal:.2}");
    assert!(single < 1e-6, "{single:e}");
    assert!((1e-3..2.5e-3).contains(&half), "{half:e}");
    assert!((0.5..0.95).contains(&equal), "{equal}");
}

#[test]
fn what_does_not_fit_is_refused() {
    let shape = Shape::new(2, 2, 1).unwrap();
    let blocks = [1.0f32, 0.0, 0.0, 1.0, 1.0, 0.0, 0.0, 1.0];
    let length = |expected, found| Error::Length { expected, found };
    let new = |blocks, outputs| Adapter::new(shape, blocks, Side::Weight, outputs);
    assert_eq!(new(&blocks[1..], 3).unwrap_err(), length(8, 7));
    assert_eq!(new(&blocks, 0).unwrap_err(), Error::Shape);
    assert_eq!(new(&blocks, usize::MAX).unwrap_err(), Error::Shape);
    let adapter = new(&blocks, 3).unwrap();
    assert_eq!(adapter.with_output(shape, &blocks).unwrap_err(), length(3, 4));
    assert_eq!(adapter.with_scale(&[1.0; 2]).unwrap_err(), length(3, 2));
    for bad in [0.0, f32::NAN, f32::INFINITY] {
        assert_eq!(adapter.with_scale(&[1.0, bad, 1.0]).unwrap_err(), Error::Setting { name: "scale" });
    }
    let (mut weight, mut scratch) = ([0.0; 12], [0.0; 16]);
    let merge = |weight: &mut [f32], scratch: &mut [f32]| adapter.merge(Neurons::Rows, weight, scratch);
    assert_eq!(merge(&mut weight[1..], &mut scratch), Err(length(12, 11)));
    assert_eq!(merge(&mut weight, &mut scratch[1..]), Err(length(16, 15)));
    assert_eq!(merge(&mut weight, &mut scratch), Ok(()));
    let mut forward = |x: usize, y: usize| {
        adapter.forward(Neurons::Rows, &weight, &mut vec![0.0; x], &mut vec![0.0; y], &mut scratch)
    };
    assert_eq!(forward(3, 3), Err(length(4, 3)));
    assert_eq!(forward(4, 4), Err(length(3, 4)));
    assert_eq!(forward(4, 3), Ok(()));
}
