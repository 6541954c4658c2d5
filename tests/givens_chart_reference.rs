//! The angle chart in `f64` against products of matrix exponentials: `tests/reference/givens_chart.txt`, made by
//! `givens_chart.py` beside it.

use std::collections::BTreeMap;

use reparam::givens::{chart, planes};

/// Name of a case and its arrays: rows, columns, elements.
type Case = BTreeMap<&'static str, (usize, usize, Vec<f64>)>;

fn cases() -> BTreeMap<&'static str, Case> {
    let mut cases = BTreeMap::<_, Case>::new();
    for line in include_str!("reference/givens_chart.txt").lines() {
        let words: Vec<_> = line.split(' ').collect();
        let size = |index: usize| words[index].parse::<usize>().unwrap();
        let elements: Vec<f64> = words[4..].iter().map(|x| x.parse().unwrap()).collect();
        assert_eq!(elements.len(), size(2) * size(3));
        cases.entry(words[0]).or_default().insert(words[1], (size(2), size(3), elements));
    }
    assert_eq!(cases.len(), 6);
    cases
}

fn assert_close(what: &str, actual: &[f64], expected: &[f64]) {
    assert_eq!(actual.len(), expected.len(), "{what}");
    for (actual, expected) in actual.iter().zip(expected) {
        assert!((actual - expected).abs() <= 2e-13, "{what}: {actual} instead of {expected}");
    }
}

#[test]
fn frames_products_and_gradients_agree_with_matrix_exponentials() {
    for (name, case) in cases() {
        let reflected = name.ends_with('r');
        let (rows, cols, frame) = &case["frame"];
        let (rows, cols) = (*rows, *cols);
        let angles = &case["angles"].2;
        assert_eq!(angles.len(), planes(rows, cols).len());

        let mut q = vec![0.0; rows * cols];
        chart::materialise(rows, cols, angles, reflected, &mut q).unwrap();
        assert_close(name, &q, frame);

        let mut x = case["x"].2.clone();
        x.resize(rows, 0.0);
        chart::apply(cols, angles, reflected, &mut x).unwrap();
        assert_close(name, &x, &case["apply"].2);

        let mut y = case["y"].2.clone();
        chart::apply_transpose(cols, angles, reflected, &mut y).unwrap();
        assert_close(name, &y[..cols], &case["apply_transpose"].2);

        let mut cotangent = case["weights"].2.clone();
        let mut gradient = vec![0.0; angles.len()];
        chart::gradient(rows, cols, angles, &mut q, &mut cotangent, &mut gradient).unwrap();
        assert_close(name, &gradient, &case["gradient"].2);
    }
}

#[test]
fn angles_of_given_frames_agree_with_full_elimination() {
    for (name, case) in cases() {
        let (rows, cols, given) = &case["given"];
        let expected = &case["given_angles"].2;
        let (mut matrix, mut angles) = (given.clone(), vec![0.0; expected.len()]);
        let reflected = chart::decompose(*rows, *cols, &mut matrix, &mut angles).unwrap();
        assert_eq!(reflected, name.ends_with('r'), "{name}");
        assert_close(name, &angles, expected);
    }
}
