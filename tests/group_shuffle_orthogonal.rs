//! The nearest orthogonal member: goldens of an independent numpy program, exact cases, and monotony.

mod matrices;

use matrices::*;
use reparam::Real;
use reparam::group_shuffle::{Error, Shape, Shuffle, apply, orthogonal};
use reparam::random::SplitMix64;

fn buffers<T: Real>(shape: Shape) -> (Vec<T>, Vec<T>, Vec<T>) {
    (
        vec![T::NAN; shape.block_len()],
        vec![T::NAN; orthogonal::workspace_len(shape)],
        vec![T::NAN; orthogonal::scratch_len(shape)],
    )
}

/// Distance after `sweeps` sweeps without a stop rule.
fn distance_after(shape: Shape, a: &[f64], sweeps: usize) -> f64 {
    let (mut blocks, mut workspace, mut scratch) = buffers(shape);
    orthogonal::start(shape, a, &mut blocks, &mut scratch).unwrap();
    for _ in 0..sweeps {
        orthogonal::sweep(shape, a, &mut blocks, &mut workspace, &mut scratch).unwrap();
    }
    assert!(orthogonality_error(shape.block(), &blocks) < 1e-12);
    let distance = orthogonal::distance(shape, a, &blocks, &mut scratch).unwrap();
    assert!((distance - matrices::distance(a, &dense(shape, &blocks))).abs() < 1e-12);
    distance
}

fn dense(shape: Shape, blocks: &[f64]) -> Vec<f64> {
    let dim = shape.dim();
    let mut q = vec![0.0; dim * dim];
    for column in 0..dim {
        let mut x: Vec<f64> = (0..dim).map(|i| f64::from(i == column)).collect();
        apply::apply(shape, blocks, &mut x, &mut vec![0.0; apply::scratch_len(shape)]).unwrap();
        (0..dim).for_each(|i| q[i * dim + column] = x[i]);
    }
    q
}

/// The target whose nearest returning product is Pᵀ times the nearest L P R to `a`.
fn returned(block: usize, blocks: usize, a: &[f64]) -> Vec<f64> {
    let dim = block * blocks;
    let shuffle = Shuffle::new(blocks, dim).unwrap();
    shuffle.targets().flat_map(|row| a[row * dim..(row + 1) * dim].to_vec()).collect()
}

/// Haar targets of seeds 21 to 23, L P R, from the independent numpy program.
#[test]
fn goldens() {
    for (seed, block, distances) in [
        (21, 4, &[(0, 2.708339934663), (1, 2.687321932421), (5, 2.685925733476), (60, 2.685925057260)][..]),
        (22, 4, &[(0, 3.075100299822), (60, 3.001214675235)]),
        (23, 8, &[(0, 4.621028376996), (60, 4.425449072926)]),
    ] {
        let shape = Shape::new(block, 4, 2).unwrap();
        let a = returned(block, 4, &haar(&mut SplitMix64::new(seed), shape.dim()));
        for &(sweeps, expected) in distances {
            let found = distance_after(shape, &a, sweeps);
            assert!((found - expected).abs() < 1e-8, "seed {seed}, {sweeps} sweeps: {found}");
        }
    }
}

/// No half step increases the distance, whatever the sizes and the number of factors, and more factors are never worse.
#[test]
fn monotone() {
    for (block, blocks) in [(4, 4), (2, 6), (6, 2), (3, 5), (5, 1), (1, 5)] {
        let a = haar(&mut SplitMix64::new(31), block * blocks);
        let squares = a.iter().map(|x| x * x).sum::<f64>() + (block * blocks) as f64;
        let mut best = f64::INFINITY;
        for factors in 1..5 {
            let shape = Shape::new(block, blocks, factors).unwrap();
            let (mut q, mut workspace, mut scratch) = buffers(shape);
            orthogonal::start(shape, &a, &mut q, &mut scratch).unwrap();
            let mut last = orthogonal::distance(shape, &a, &q, &mut scratch).unwrap();
            for _ in 0..30 {
                let overlap = orthogonal::sweep(shape, &a, &mut q, &mut workspace, &mut scratch).unwrap();
                let distance = orthogonal::distance(shape, &a, &q, &mut scratch).unwrap();
                assert!(distance <= last + 1e-12, "{shape:?}: {distance} after {last}");
                assert!((squares - 2.0 * overlap - distance * distance).abs() < 1e-10);
                last = distance;
            }
            assert!(last < best + 1e-3, "{shape:?}: {last} with {factors} factors, {best} before");
            best = best.min(last);
        }
    }
}

/// One factor: the optimum is known, the polar factors of the diagonal blocks; its distance is from the independent numpy
/// program.
#[test]
fn one_factor_is_closed() {
    let shape = Shape::new(4, 4, 1).unwrap();
    let a = haar(&mut SplitMix64::new(21), 16);
    let start = distance_after(shape, &a, 0);
    assert!((start - 4.1617).abs() < 5e-5, "{start}");
    assert!((distance_after(shape, &a, 1) - start).abs() < 1e-12);
}

/// Members are found again, with blocks of determinant −1 among them, in both scalars.
#[test]
fn members_come_back() {
    for (block, blocks) in [(4, 4), (8, 4), (4, 8), (6, 4), (3, 1), (1, 3)] {
        let shape = Shape::new(block, blocks, 2).unwrap();
        let mut parts = haar_blocks(41, block, 2 * blocks);
        // Mirror every second block.
        for q in parts.chunks_exact_mut(block * block).step_by(2) {
            q[..block].iter_mut().for_each(|x| *x = -*x);
        }
        let a = dense(shape, &parts);
        let (mut q, mut workspace, mut scratch) = buffers(shape);
        let report = orthogonal::project(shape, &a, 5, 1e-9, &mut q, &mut workspace, &mut scratch).unwrap();
        assert!(report.distance < 1e-12 && report.sweeps <= 2, "{shape:?}: {report:?}");

        let a: Vec<f32> = a.iter().map(|&x| x as f32).collect();
        let (mut q, mut workspace, mut scratch) = buffers(shape);
        let report = orthogonal::project(shape, &a, 5, 1e-5, &mut q, &mut workspace, &mut scratch).unwrap();
        assert!(report.distance < 1e-5, "{shape:?}: {report:?}");
    }
}

/// The zero matrix has no nearest one: any is as near. NaN is refused, as are wrong lengths and places.
#[test]
fn singular_and_refused() {
    let shape = Shape::new(3, 2, 2).unwrap();
    let (mut q, mut workspace, mut scratch) = buffers(shape);
    let report =
        orthogonal::project(shape, &[0.0; 36], 9, 1e-9, &mut q, &mut workspace, &mut scratch).unwrap();
    assert!((report.distance - 6f64.sqrt()).abs() < 1e-12 && orthogonality_error(3, &q) < 1e-12);
    for place in 0..36 {
        for bad in [f64::NAN, f64::INFINITY] {
            let mut a = [1.0; 36];
            a[place] = bad;
            let result = orthogonal::project(shape, &a, 9, 1e-9, &mut q, &mut workspace, &mut scratch);
            assert_eq!(result, Err(Error::NotFinite));
        }
    }
    let mut project = |a: &[f64], tolerance| {
        orthogonal::project(shape, a, 9, tolerance, &mut q, &mut workspace, &mut scratch)
    };
    assert_eq!(project(&[1.0; 35], 1e-9), Err(Error::Length { expected: 36, found: 35 }));
    assert_eq!(project(&[1.0; 36], -1.0), Err(Error::Setting { name: "tolerance" }));
    assert_eq!(project(&[1.0; 36], f64::NAN), Err(Error::Setting { name: "tolerance" }));
    let wrong = orthogonal::half_step(shape, 1, Some(2), &[1.0; 36], &mut q, &mut scratch);
    assert_eq!(wrong, Err(Error::Setting { name: "neighbour" }));
}
