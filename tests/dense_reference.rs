//! The dense algorithms in `f64` against LAPACK: `tests/reference/dense.txt`, made by `dense.py` beside it.

use std::collections::HashMap;

use reparam::dense::{cholesky, givens_qr, lu, polar, qr, svd};

type Case = HashMap<&'static str, (usize, usize, Vec<f64>)>;

/// The cases whose names start with `prefix`.
fn cases(prefix: &str) -> Vec<(&'static str, Case)> {
    let mut cases: Vec<(&str, Case)> = Vec::new();
    for line in include_str!("reference/dense.txt").lines() {
        let words: Vec<_> = line.split(' ').collect();
        let size = |index: usize| words[index].parse::<usize>().unwrap();
        let elements: Vec<f64> = words[4..].iter().map(|x| x.parse().unwrap()).collect();
        assert_eq!(elements.len(), size(2) * size(3));
        if cases.last().is_none_or(|(name, _)| *name != words[0]) {
            cases.push((words[0], Case::new()));
        }
        cases.last_mut().unwrap().1.insert(words[1], (size(2), size(3), elements));
    }
    cases.retain(|(name, _)| name.starts_with(prefix));
    assert!(!cases.is_empty());
    cases
}

/// Asserts closeness relative to the largest expected element.
fn assert_close(what: &str, actual: &[f64], expected: &[f64], tolerance: f64) {
    assert_eq!(actual.len(), expected.len(), "{what}");
    let scale = expected.iter().fold(0.0f64, |largest, x| largest.max(x.abs()));
    for (actual, expected) in actual.iter().zip(expected) {
        assert!((actual - expected).abs() <= tolerance * scale, "{what}: {actual} instead of {expected}");
    }
}

/// What a relative change of the matrix by ε may do to the solution.
fn condition(inverse: &[f64], a: &[f64]) -> f64 {
    let norm = |x: &[f64]| x.iter().map(|x| x * x).sum::<f64>().sqrt();
    norm(inverse) * norm(a)
}

#[test]
fn lu_agrees_with_lapack() {
    for (name, case) in cases("square") {
        let (n, _, a) = &case["a"];
        let n = *n;
        let tolerance = 10.0 * f64::EPSILON * condition(&case["inverse"].2, a);
        let (mut factors, mut pivots) = (a.clone(), vec![0; n]);
        lu::factor(n, &mut factors, &mut pivots).unwrap();
        let mut x = case["b"].2.clone();
        lu::solve(n, &factors, &pivots, &mut x).unwrap();
        assert_close(name, &x, &case["solve"].2, tolerance);
        let mut x = case["b"].2.clone();
        lu::solve_t(n, &factors, &pivots, &mut x).unwrap();
        assert_close(name, &x, &case["solve_t"].2, tolerance);
        let mut inverse = vec![0.0; n * n];
        lu::inverse(n, &factors, &pivots, &mut inverse).unwrap();
        assert_close(name, &inverse, &case["inverse"].2, tolerance);
        let determinant = lu::determinant(n, &factors, &pivots).unwrap();
        assert_close(name, &[determinant], &case["determinant"].2, tolerance);
    }
}

#[test]
fn cholesky_agrees_with_lapack() {
    for (name, case) in cases("square") {
        let (n, _, gram) = &case["gram"];
        let n = *n;
        let tolerance = 10.0 * f64::EPSILON * condition(&case["inverse"].2, &case["a"].2).powi(2);
        let mut u = gram.clone();
        cholesky::factor(n, &mut u).unwrap();
        let mut x = case["b"].2.clone();
        cholesky::solve(n, &u, &mut x).unwrap();
        (0..n).for_each(|i| u[i * n..i * n + i].fill(0.0));
        assert_close(name, &u, &case["cholesky"].2, tolerance.min(1e-6));
        assert_close(name, &x, &case["gram_solve"].2, tolerance);
    }
}

/// Rows of R with the signs that make its diagonal positive.
fn with_positive_diagonal(cols: usize, r: &[f64]) -> Vec<f64> {
    let rows = r.chunks(cols).enumerate();
    rows.flat_map(|(i, row)| row.iter().map(move |x| x * 1f64.copysign(row[i]))).collect()
}

#[test]
fn qr_agrees_with_lapack() {
    for (name, case) in cases("tall") {
        let (rows, cols, a) = case["a"].clone();
        let b = &case["b"].2;
        let singular_values = &case["singular_values"].2;
        let tolerance = 20.0 * f64::EPSILON * singular_values[0] / singular_values[cols - 1];
        let (mut factors, mut tau) = (a.clone(), vec![0.0; cols]);
        qr::factor(rows, cols, &mut factors, &mut tau).unwrap();
        let mut x = b.clone();
        qr::solve(rows, cols, &factors, &tau, &mut x).unwrap();
        assert_close(name, &x[..cols], &case["least_squares"].2, tolerance);
        (1..cols).for_each(|i| factors[i * cols..i * cols + i].fill(0.0));
        let expected = with_positive_diagonal(cols, &case["r"].2);
        assert_close(name, &with_positive_diagonal(cols, &factors[..cols * cols]), &expected, 1e-14);

        let (mut factors, mut tau) = (a.clone(), vec![0.0; cols]);
        let (mut permutation, mut scratch) = (vec![0; cols], vec![0.0; qr::scratch_len(cols)]);
        qr::factor_pivoted(rows, cols, &mut factors, &mut tau, &mut permutation, &mut scratch).unwrap();
        let permutation_as_numbers: Vec<f64> = permutation.iter().map(|&j| j as f64).collect();
        assert_eq!(permutation_as_numbers, case["permutation"].2, "{name}");
        let diagonal: Vec<f64> = (0..cols).map(|i| factors[i * cols + i].abs()).collect();
        assert_close(name, &diagonal, &case["pivoted_r_diagonal"].2, 1e-14);
        let mut x = vec![0.0; cols];
        let rank = qr::solve_pivoted(rows, cols, &factors, &tau, &permutation, 1e-12, &mut b.clone(), &mut x)
            .unwrap();
        assert_eq!(rank, cols);
        assert_close(name, &x, &case["least_squares"].2, tolerance);

        let (mut r, mut rhs) = (vec![0.0; cols * cols], vec![0.0; cols]);
        for (row, &value) in a.chunks(cols).zip(b) {
            givens_qr::add_row(cols, 1, &mut r, &mut rhs, &mut row.to_vec(), &mut [value]).unwrap();
        }
        assert_close(name, &with_positive_diagonal(cols, &r), &expected, 1e-14);
        givens_qr::solve(cols, 1, &r, &mut rhs).unwrap();
        assert_close(name, &rhs, &case["least_squares"].2, tolerance);
    }
}

struct Svd {
    u: Vec<f64>,
    s: Vec<f64>,
    v: Vec<f64>,
}

fn factor(rows: usize, cols: usize, a: &[f64]) -> Svd {
    let short = rows.min(cols);
    let (mut u, mut s, mut v) = (vec![0.0; rows * short], vec![0.0; short], vec![0.0; cols * short]);
    let mut scratch = vec![0.0; svd::scratch_len(rows, cols)];
    svd::factor(rows, cols, a, &mut u, &mut s, &mut v, &mut scratch).unwrap();
    Svd { u, s, v }
}

#[test]
fn svd_and_polar_factor_agree_with_lapack() {
    for (name, case) in cases("tall") {
        let (rows, cols, a) = &case["a"];
        let (rows, cols) = (*rows, *cols);
        let singular_values = &case["singular_values"].2;
        assert_close(name, &factor(rows, cols, a).s, singular_values, 1e-14);
        let mut q = vec![0.0; rows * cols];
        let mut scratch = vec![0.0; polar::scratch_len(rows, cols)];
        polar::factor(rows, cols, a, &mut q, &mut scratch).unwrap();
        let tolerance = 20.0 * f64::EPSILON * singular_values[0] / singular_values[cols - 1];
        assert_close(name, &q, &case["polar"].2, tolerance);
    }
}

#[test]
fn minimum_norm_solution_agrees_with_lapack() {
    for (name, case) in cases("low_rank") {
        let (rows, cols, a) = &case["a"];
        let Svd { u, s, v } = factor(*rows, *cols, a);
        let mut x = vec![0.0; *cols];
        assert_eq!(svd::solve(*rows, *cols, &u, &s, &v, 1e-10, &case["b"].2, &mut x), Ok(2));
        assert_close(name, &x, &case["minimum_norm"].2, 1e-13);
    }
}
