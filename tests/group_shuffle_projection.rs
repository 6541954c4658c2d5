//! Projection onto the class: goldens of an independent numpy program, and the theorems as tests.

mod matrices;

use matrices::*;
use proptest::prelude::*;
use reparam::Real;
use reparam::dense::{lu, svd};
use reparam::group_shuffle::{Blocks, Class, Error, Permutation, Shape, Shuffle, projection};
use reparam::random::SplitMix64;

/// L, R and the distance.
fn project<T: Real>(class: Class<'_>, a: &[T]) -> Result<(Vec<T>, Vec<T>, T), Error> {
    let (mut l, mut r) = (vec![T::NAN; class.left().len()], vec![T::NAN; class.right().len()]);
    let mut scratch = vec![T::NAN; projection::scratch_len(class.left(), class.right())];
    let squared = projection::project(class, a, &mut l, &mut r, &mut scratch)?;
    Ok((l, r, squared.sqrt()))
}

fn product_of(class: Class<'_>, l: &[f64], r: &[f64]) -> Vec<f64> {
    let mut a = vec![f64::NAN; class.rows() * class.cols()];
    projection::product(class, l, r, &mut a).unwrap();
    a
}

fn singular_values(rows: usize, cols: usize, a: &[f64]) -> Vec<f64> {
    let short = rows.min(cols);
    let (mut u, mut s, mut v) = (vec![0.0; rows * short], vec![0.0; short], vec![0.0; cols * short]);
    let mut scratch = vec![0.0; svd::scratch_len(rows, cols)];
    svd::factor(rows, cols, a, &mut u, &mut s, &mut v, &mut scratch).unwrap();
    s
}

fn square(block: usize, blocks: usize) -> Class<'static> {
    Class::shuffle(Shape::new(block, blocks, 2).unwrap()).unwrap()
}

/// Residual, norm, B₀₀ and trace from the independent numpy program, seeds 11 to 13.
#[test]
fn goldens() {
    for (seed, block, blocks, residual, a_norm, first, trace) in [
        (11, 4, 4, 5.736425319606701, Some(9.012813172349937), -0.043072007137516, Some(-1.663714763799993)),
        (12, 8, 4, 11.19168759980826, None, 0.141937810326527, None),
        (13, 4, 8, 16.04323252323826, None, -0.090612104628764, None),
    ] {
        let class = square(block, blocks);
        let dim = block * blocks;
        let a = syms(&mut SplitMix64::new(seed), dim * dim);
        let (l, r, found) = project(class, &a).unwrap();
        let b = product_of(class, &l, &r);
        assert!((found - residual).abs() < 1e-11, "seed {seed}: {found}");
        assert!((distance(&a, &b) - residual).abs() < 1e-11);
        assert!((b[0] - first).abs() < 1e-11);
        if let (Some(a_norm), Some(trace)) = (a_norm, trace) {
            assert!((norm(&a) - a_norm).abs() < 1e-11);
            assert!((b.iter().step_by(dim + 1).sum::<f64>() - trace).abs() < 1e-11);
        }
        assert!((norm(&l) - norm(&r)).abs() < 1e-12, "balance");
        let (again, rest, left_over) = project(class, &b).unwrap();
        assert!(left_over < 1e-12 && distance(&product_of(class, &again, &rest), &b) < 1e-12, "idempotence");

        let single: Vec<f32> = a.iter().map(|&x| x as f32).collect();
        let (_, _, found) = project(class, &single).unwrap();
        assert!((f64::from(found) / residual - 1.0).abs() < 1e-5, "f32, seed {seed}: {found}");
    }
}

/// The product against matrices multiplied out, with every size and permutation its own.
#[test]
fn product_is_the_definition() {
    let (left, right) = (Blocks { count: 3, rows: 2, cols: 4 }, Blocks { count: 2, rows: 6, cols: 5 });
    let mut rng = SplitMix64::new(1);
    let [rows, middle, columns] = [6, 12, 10].map(|len| random_targets(&mut rng, len));
    let mut seen = [6, 12, 10].map(|len| vec![false; len]);
    let [s0, s1, s2] = &mut seen;
    let class = Class::new(
        left,
        right,
        Permutation::new(&rows, s0).unwrap(),
        Permutation::new(&middle, s1).unwrap(),
        Permutation::new(&columns, s2).unwrap(),
    )
    .unwrap();
    let (l, r) = (syms(&mut rng, left.len()), syms(&mut rng, right.len()));
    let inner = product(12, &permutation(&middle), &block_diagonal(6, 5, &r));
    let lpr = product(12, &block_diagonal(2, 4, &l), &inner);
    let p_right = transpose(10, &permutation(&columns));
    let expected = product(10, &product(6, &permutation(&rows), &lpr), &p_right);
    assert!(distance(&product_of(class, &l, &r), &expected) < 1e-14);
    // A member is its own projection.
    let (l, r, residual) = project(class, &expected).unwrap();
    assert!(residual < 1e-13 && distance(&product_of(class, &l, &r), &expected) < 1e-13);

    let mut ranks = [0; 6];
    class.rank_map(&mut ranks).unwrap();
    for (k, &rank) in ranks.iter().enumerate() {
        assert_eq!(rank, class.rank(k / 2, k % 2));
    }
    assert_eq!(ranks.iter().sum::<usize>(), 12);
}

/// The two square layouts differ by the return of the rows.
#[test]
fn layouts() {
    let shape = Shape::new(3, 4, 2).unwrap();
    let (l, r) = (haar_blocks(3, 3, 4), haar_blocks(4, 3, 4));
    let plain = product_of(Class::shuffle(shape).unwrap(), &l, &r);
    let returned = product_of(Class::shuffle_return(shape).unwrap(), &l, &r);
    let p: Vec<usize> = Shuffle::new(4, 12).unwrap().targets().collect();
    let back = transpose(12, &permutation(&p));
    assert!(distance(&product(12, &back, &plain), &returned) < 1e-15);
    let identity: Vec<f64> = (0..144).map(|k| f64::from(k % 13 == 0)).collect();
    assert!(project(Class::shuffle_return(shape).unwrap(), &identity).unwrap().2 < 1e-15);
    assert!(project(Class::shuffle(shape).unwrap(), &identity).unwrap().2 > 1.0);
}

/// Blocks of a product with orthogonal blocks are partial isometries of exactly the rank that the map names
/// (proof of theorem 1).
#[test]
fn orthogonal_members_consist_of_partial_isometries() {
    let mut rng = SplitMix64::new(7);
    for (b_left, b_right, inner) in [(4, 4, 16), (4, 4, 32), (8, 8, 32), (6, 6, 24), (3, 6, 18), (5, 6, 30)] {
        let left = Blocks { count: inner / b_left, rows: b_left, cols: b_left };
        let right = Blocks { count: inner / b_right, rows: b_right, cols: b_right };
        let targets: Vec<usize> = if b_left == b_right {
            Shuffle::new(left.count, inner).unwrap().targets().collect()
        } else {
            random_targets(&mut rng, inner)
        };
        let mut seen = vec![false; inner];
        let middle = Permutation::new(&targets, &mut seen).unwrap();
        let (rows, columns) = (Permutation::identity(inner), Permutation::identity(inner));
        let class = Class::new(left, right, rows, middle, columns).unwrap();
        let l = haar_blocks(b_left as u64, b_left, left.count);
        let r = haar_blocks(b_right as u64 + 100, b_right, right.count);
        let q = product_of(class, &l, &r);
        let mut found_ranks = Vec::new();
        for i in 0..left.count {
            for j in 0..right.count {
                let block: Vec<f64> = (0..b_left * b_right)
                    .map(|k| q[(i * b_left + k / b_right) * inner + j * b_right + k % b_right])
                    .collect();
                let rank = class.rank(i, j);
                found_ranks.push(rank);
                for (k, s) in singular_values(b_left, b_right, &block).into_iter().enumerate() {
                    let expected = if k < rank { 1.0 } else { 0.0 };
                    assert!((s - expected).abs() < 1e-12, "block ({i}, {j}): σ{k} = {s}");
                }
            }
        }
        found_ranks.sort_unstable();
        found_ranks.dedup();
        if (b_left, b_right, inner) == (6, 6, 24) {
            assert_eq!(found_ranks, [1, 2]);
        }

        // Theorem 1: blocks scrambled by any invertible change of basis between a column of L and a row of R come back
        // orthogonal.
        let (mut scrambled_l, mut scrambled_r) = (l.clone(), r.clone());
        for i in 0..left.count {
            for j in 0..right.count {
                let slots: Vec<_> = class.slots(i, j).collect();
                scramble(&mut rng, &slots, i, j, b_left, b_right, &mut scrambled_l, &mut scrambled_r);
            }
        }
        assert!(orthogonality_error(b_left, &scrambled_l) > 0.1);
        let scrambled = product_of(class, &scrambled_l, &scrambled_r);
        assert!(distance(&scrambled, &q) < 1e-10, "the product is unchanged");
        let (l, r, residual) = project(class, &q).unwrap();
        assert!(residual < 1e-12 && distance(&product_of(class, &l, &r), &q) < 1e-12);
        assert!(orthogonality_error(b_left, &l) < 1e-12 && orthogonality_error(b_right, &r) < 1e-12);
        let (l, r, _) = project(class, &scrambled).unwrap();
        assert!(orthogonality_error(b_left, &l) < 1e-10 && orthogonality_error(b_right, &r) < 1e-10);
    }
}

/// Columns of block `i` of L times G, rows of block `j` of R times G⁻¹, at the slots of (i, j).
#[allow(clippy::too_many_arguments)]
fn scramble(
    rng: &mut SplitMix64,
    slots: &[(usize, usize)],
    i: usize,
    j: usize,
    b_left: usize,
    b_right: usize,
    l: &mut [f64],
    r: &mut [f64],
) {
    let n = slots.len();
    if n == 0 {
        return;
    }
    // Far from singular: 2 I and something small.
    let g: Vec<f64> = (0..n * n).map(|k| 0.5 * sym(rng) + if k % (n + 1) == 0 { 2.0 } else { 0.0 }).collect();
    let (mut factors, mut pivots, mut inverse) = (g.clone(), vec![0; n], vec![0.0; n * n]);
    lu::factor(n, &mut factors, &mut pivots).unwrap();
    lu::inverse(n, &factors, &pivots, &mut inverse).unwrap();
    let (old_l, old_r) = (l.to_vec(), r.to_vec());
    for (q, &(column, row)) in slots.iter().enumerate() {
        for p in 0..b_left {
            let at = |column: usize| (i * b_left + p) * b_left + column;
            l[at(column)] = (0..n).map(|k| old_l[at(slots[k].0)] * g[k * n + q]).sum();
        }
        for p in 0..b_right {
            let at = |row: usize| (j * b_right + row) * b_right + p;
            r[at(row)] = (0..n).map(|k| inverse[q * n + k] * old_r[at(slots[k].1)]).sum();
        }
    }
}

/// More slots than the block has sides, blocks without slots, and a zero matrix.
#[test]
fn degenerate_ranks() {
    // Identity in the middle: blocks off the diagonal have no slots, those on it more than their sides.
    let (left, right) = (Blocks { count: 2, rows: 2, cols: 5 }, Blocks { count: 2, rows: 5, cols: 3 });
    let [rows, middle, columns] = [4, 10, 6].map(Permutation::identity);
    let class = Class::new(left, right, rows, middle, columns).unwrap();
    let mut ranks = [9; 4];
    class.rank_map(&mut ranks).unwrap();
    assert_eq!(ranks, [5, 0, 0, 5]);
    let a = syms(&mut SplitMix64::new(5), 24);
    let (l, r, residual) = project(class, &a).unwrap();
    let mut kept = a.clone();
    let mut lost = 0.0;
    for (k, x) in kept.iter_mut().enumerate() {
        if (k / 6 / 2) != (k % 6 / 3) {
            lost += *x * *x;
            *x = 0.0;
        }
    }
    assert!((residual * residual - lost).abs() < 1e-12);
    assert!(distance(&product_of(class, &l, &r), &kept) < 1e-13);

    let (l, r, residual) = project(class, &[0.0; 24]).unwrap();
    assert!(l.iter().chain(&r).all(|&x| x == 0.0) && residual == 0.0);
}

/// NaN and infinity anywhere, also where no rank is granted; numbers whose squares overflow; wrong lengths.
#[test]
fn refusals() {
    let [middle, outer] = [10, 6].map(Permutation::identity);
    let (left, right) = (Blocks { count: 2, rows: 3, cols: 5 }, Blocks { count: 2, rows: 5, cols: 3 });
    let class = Class::new(left, right, outer, middle, outer).unwrap();
    for place in 0..36 {
        for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            let mut a = [1.0; 36];
            a[place] = bad;
            assert_eq!(project(class, &a), Err(Error::NotFinite));
        }
    }
    assert_eq!(project(class, &[1e200; 36]), Err(Error::NotFinite));
    assert_eq!(project(class, &[1.0; 35]), Err(Error::Length { expected: 36, found: 35 }));
    assert_eq!(Class::new(left, left, outer, middle, outer), Err(Error::Shape));
    assert_eq!(Class::new(left, right, outer, middle, middle), Err(Error::Length { expected: 6, found: 10 }));
    assert_eq!(Class::shuffle(Shape::new(2, 2, 3).unwrap()), Err(Error::Setting { name: "factors" }));
    assert_eq!(Permutation::new(&[0, 1, 1], &mut [false; 3]), Err(Error::Permutation { index: 2 }));
    assert_eq!(Permutation::new(&[0, 3, 1], &mut [true; 3]), Err(Error::Permutation { index: 1 }));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// For random sizes and permutations: the distance is what is reported, the projection is a member (its own
    /// projection), and no member that a step of alternating least squares could find is nearer.
    #[test]
    fn nearest_and_idempotent(
        seed in any::<u64>(),
        (k_left, k_right) in (1usize..5, 1usize..5),
        unit in 1usize..4,
        (rows, cols) in (1usize..5, 1usize..5),
    ) {
        let inner = k_left * k_right * unit;
        let left = Blocks { count: k_left, rows, cols: inner / k_left };
        let right = Blocks { count: k_right, rows: inner / k_right, cols };
        let mut rng = SplitMix64::new(seed);
        let lists = [k_left * rows, inner, k_right * cols].map(|len| random_targets(&mut rng, len));
        let mut seen = lists.clone().map(|list| vec![false; list.len()]);
        let [s0, s1, s2] = &mut seen;
        let class = Class::new(
            left,
            right,
            Permutation::new(&lists[0], s0).unwrap(),
            Permutation::new(&lists[1], s1).unwrap(),
            Permutation::new(&lists[2], s2).unwrap(),
        ).unwrap();
        let a = syms(&mut rng, class.rows() * class.cols());
        let (l, r, residual) = project(class, &a).unwrap();
        let b = product_of(class, &l, &r);
        prop_assert!((distance(&a, &b) - residual).abs() < 1e-12);
        let (l2, r2, rest) = project(class, &b).unwrap();
        prop_assert!(rest < 1e-12 && distance(&product_of(class, &l2, &r2), &b) < 1e-12);
        for _ in 0..8 {
            let nudge = |x: &[f64], rng: &mut SplitMix64| x.iter().map(|x| x + 1e-3 * sym(rng)).collect::<Vec<_>>();
            let other = product_of(class, &nudge(&l, &mut rng), &nudge(&r, &mut rng));
            prop_assert!(distance(&a, &other) >= residual - 1e-12);
        }
    }
}
