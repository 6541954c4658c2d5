//! Orthogonal convolutions: against dense exponentials (`tests/reference/group_shuffle_convolution.txt`, made by
//! the script beside it), and the properties that the publication is about.

use std::collections::HashMap;

use reparam::Real;
use reparam::dense::svd;
use reparam::group_shuffle::convolution::{
    FilterShape, LayerShape, PairOrder, activation, channels, exponential, filter, layer,
};
use reparam::group_shuffle::{Error, Shuffle};
use reparam::random::{SplitMix64, fill_gaussian};

/// The published norms of the two filters, and the bounds of the operators that follow for kernels of 3 and 1.
const NORMS: [f64; 2] = [0.7, 1.0];
const BOUNDS: [f64; 2] = [2.1, 1.0];

fn goldens() -> Vec<(&'static str, HashMap<&'static str, Vec<f64>>)> {
    let mut cases: Vec<(&str, HashMap<_, _>)> = Vec::new();
    for line in include_str!("reference/group_shuffle_convolution.txt").lines() {
        let words: Vec<_> = line.split(' ').collect();
        if cases.last().is_none_or(|(name, _)| *name != words[0]) {
            cases.push((words[0], HashMap::new()));
        }
        let numbers = words[2..].iter().map(|x| x.parse().unwrap()).collect();
        cases.last_mut().unwrap().1.insert(words[1], numbers);
    }
    cases
}

#[track_caller]
fn assert_close<T: Real>(found: &[T], expected: &[T], tolerance: f64) {
    assert_eq!(found.len(), expected.len());
    for (k, (x, y)) in found.iter().zip(expected).enumerate() {
        assert!((x.to_f64() - y.to_f64()).abs() <= tolerance, "number {k}: {x}, not {y}");
    }
}

fn skew<T: Real>(shape: FilterShape, free: &[T], norm: T) -> Vec<T> {
    let (mut skew, mut scratch) = (vec![T::NAN; shape.len()], vec![T::NAN; shape.scratch_len()]);
    filter::skew(shape, free, &mut skew).unwrap();
    filter::normalize(shape, norm, 2000, &mut skew, &mut scratch).unwrap();
    skew
}

fn gaussian<T: Real>(seed: u64, len: usize) -> Vec<T> {
    let mut x = vec![0.0f64; len];
    fill_gaussian(&mut SplitMix64::new(seed), &mut x);
    x.into_iter().map(T::from_f64).collect()
}

/// A layer with filters.
struct Layer<T> {
    shape: LayerShape,
    filters: [Vec<T>; 2],
}

impl<T: Real> Layer<T> {
    fn random(seed: u64, shape: LayerShape) -> Self {
        let make =
            |shape: FilterShape, seed, norm| skew(shape, &gaussian(seed, shape.len()), T::from_f64(norm));
        let filters = [make(shape.first(), seed, NORMS[0]), make(shape.second(), seed + 1, NORMS[1])];
        Self { shape, filters }
    }

    fn apply(&self, terms: usize, x: &[T]) -> Vec<T> {
        let mut y = vec![T::NAN; self.shape.output_len()];
        let mut scratch = vec![T::NAN; self.shape.scratch_len()];
        let [first, second] = &self.filters;
        layer::apply(self.shape, [first, second], terms, x, &mut y, &mut scratch).unwrap();
        y
    }

    fn apply_transpose(&self, terms: usize, y: &[T]) -> Vec<T> {
        let mut x = vec![T::NAN; self.shape.input_len()];
        let mut scratch = vec![T::NAN; self.shape.scratch_len()];
        let [first, second] = &self.filters;
        layer::apply_transpose(self.shape, [first, second], terms, y, &mut x, &mut scratch).unwrap();
        x
    }
}

/// Columns of the map on numbers of length `inputs`, as rows.
fn jacobian<T: Real>(inputs: usize, f: impl Fn(&[T]) -> Vec<T>) -> Vec<Vec<T>> {
    let unit = |k| (0..inputs).map(|j| if j == k { T::ONE } else { T::ZERO }).collect::<Vec<_>>();
    (0..inputs).map(|k| f(&unit(k))).collect()
}

fn singular_values<T: Real>(rows: &[Vec<T>]) -> Vec<T> {
    let (m, n) = (rows.len(), rows[0].len());
    let k = m.min(n);
    let (mut u, mut s, mut v) = (vec![T::ZERO; m * k], vec![T::ZERO; k], vec![T::ZERO; n * k]);
    svd::factor(m, n, &rows.concat(), &mut u, &mut s, &mut v, &mut vec![T::ZERO; svd::scratch_len(m, n)])
        .unwrap();
    s
}

/// The inputs of the layers whose shapes are square maps.
fn shapes() -> Vec<LayerShape> {
    let new = |channels, sides, kernel, stride, groups, paired| {
        LayerShape::new(channels, sides, kernel, stride, groups, paired).unwrap()
    };
    vec![
        new([4, 4], [3, 4], 3, 1, [2, 2], false),
        new([4, 4], [4, 3], 3, 1, [1, 2], true),
        new([2, 8], [4, 4], 3, 2, [2, 4], false),
        new([8, 8], [2, 2], 3, 1, [4, 2], true),
        new([6, 6], [3, 1], 1, 1, [3, 2], false),
        // Wider and narrower.
        new([3, 8], [3, 3], 3, 1, [4, 1], false),
        new([6, 4], [3, 2], 3, 1, [2, 2], false),
    ]
}

#[test]
fn agrees_with_dense_exponentials() {
    for (name, case) in goldens() {
        let size: Vec<usize> = case["shape"].iter().map(|&x| x as usize).collect();
        let [inputs, outputs, height, width, kernel, stride, first, second, paired] = size[..] else {
            panic!()
        };
        let shape =
            LayerShape::new([inputs, outputs], [height, width], kernel, stride, [first, second], paired == 1)
                .unwrap();
        assert_eq!(shape.input_len(), case["x"].len(), "{name}");

        let (of, mut scratch) = (shape.first(), vec![f64::NAN; shape.first().scratch_len()]);
        let mut free = vec![f64::NAN; of.len()];
        filter::skew(of, &case["m1"], &mut free).unwrap();
        for ((group, bound), norm) in free.chunks(of.group_len()).zip(&case["bound1"]).zip(&case["norm1"]) {
            let found = filter::norm_bound(of, group, 2000, &mut scratch).unwrap();
            assert!((found - bound).abs() < 1e-6 * bound, "{name}: {found}, not {bound}");
            assert!(
                *norm <= found * (1.0 + 1e-6),
                "{name}: the operator's norm is {norm}, its bound {found}"
            );
        }
        let filters = [skew(of, &case["m1"], NORMS[0]), skew(shape.second(), &case["m2"], NORMS[1])];
        assert_close(&filters[0], &case["l1"], 1e-6);

        // The power iteration's error is not the exponential's: go on from the golden filter.
        let layer = Layer { shape, filters: [case["l1"].clone(), filters[1].clone()] };
        assert_close(&layer.apply(30, &case["x"]), &case["y"], 1e-7);
    }
}

/// Every singular value of the Jacobian of a layer is within the tails of both series of 1; so its input's norm
/// changes by no more than that. Rows of zeros or cropped channels leave the shorter side's singular values.
fn singular_values_are_one<T: Real>(rounding: f64) {
    for (seed, shape) in shapes().into_iter().enumerate() {
        let layer = Layer::<T>::random(10 * seed as u64, shape);
        for terms in [2, 5, 12] {
            let tails = BOUNDS.map(|norm| exponential::tail_bound(norm, terms));
            let allowed = tails[0] + tails[1] + tails[0] * tails[1] + rounding;
            let jacobian = jacobian(shape.input_len(), |x| layer.apply(terms, x));
            let worst = singular_values(&jacobian)
                .iter()
                .fold(0.0, |worst: f64, s| worst.max((s.to_f64() - 1.0).abs()));
            assert!(worst <= allowed, "{shape:?}, {terms} terms: {worst:e} > {allowed:e}");
        }
    }
}

#[test]
fn singular_values_are_one_f64() {
    singular_values_are_one::<f64>(1e-12);
}

#[test]
fn singular_values_are_one_f32() {
    singular_values_are_one::<f32>(1e-5);
}

/// The magnitudes of the tail: 0.119 and 2.5e-6 for kernels of 3, 1.4e-3 and 1.6e-10 for kernels of 1.
#[test]
fn tails() {
    for (norm, terms, tail) in
        [(2.1, 5, 0.1191), (2.1, 12, 2.48e-6), (1.0, 5, 1.389e-3), (1.0, 12, 1.606e-10)]
    {
        let found = exponential::tail_bound(norm, terms);
        assert!((found / tail - 1.0).abs() < 5e-3, "{found:e}, not {tail:e}");
    }
    assert_eq!(exponential::tail_bound(0.5, 0), 0.5);
    assert_eq!(exponential::tail_bound(0.0, usize::MAX), 0.0);
    assert_eq!(exponential::tail_bound(1.0f32, usize::MAX), 0.0);
}

/// Three channels of 5 × 5: what the polynomial does to the norm of an image, over some images, is of the magnitude
/// 1e-4 with 5 terms and 1e-10 with 12, well below the worst case.
#[test]
fn norm_errors_of_a_small_case() {
    let shape = FilterShape::new(3, 1, 3).unwrap();
    for seed in 0..5 {
        let filter = skew(shape, &gaussian::<f64>(seed, shape.len()), NORMS[0]);
        for (terms, range) in [(5, 1e-6..6e-3), (12, 1e-14..1e-8)] {
            let mut x: Vec<f64> = gaussian(100 + seed, 75);
            let before: f64 = x.iter().map(|x| x * x).sum();
            let mut scratch = vec![f64::NAN; exponential::scratch_len(shape, 5, 5)];
            exponential::apply(shape, 5, 5, &filter, terms, &mut x, &mut scratch).unwrap();
            let error = (x.iter().map(|x| x * x).sum::<f64>() / before).sqrt() - 1.0;
            println!("seed {seed}, {terms} terms: norm error {error:e}");
            assert!(range.contains(&error.abs()), "{terms} terms: {error:e}");
        }
    }
}

#[test]
fn adjoint() {
    for (seed, shape) in shapes().into_iter().enumerate() {
        let seed = seed as u64;
        let layer = Layer::<f64>::random(1000 + seed, shape);
        let (x, y) =
            (gaussian::<f64>(seed, shape.input_len()), gaussian::<f64>(seed + 50, shape.output_len()));
        for terms in [1, 5, 12] {
            let dot = |x: &[f64], y: &[f64]| x.iter().zip(y).map(|(x, y)| x * y).sum::<f64>();
            let (left, right) =
                (dot(&layer.apply(terms, &x), &y), dot(&x, &layer.apply_transpose(terms, &y)));
            assert!((left - right).abs() < 1e-12, "{shape:?}: {left} and {right}");
        }
        if shape.input_len() == shape.output_len() {
            assert_close(&layer.apply_transpose(40, &layer.apply(40, &x)), &x, 1e-13);
        }
    }
}

/// M + Mᵀ has no part in it, and the convolution with the rest is skew: ⟨x, L x⟩ = 0.
#[test]
fn filters_are_skew() {
    for (channels, groups, kernel) in [(4, 2, 3), (3, 1, 5), (6, 3, 1), (1, 1, 3)] {
        let shape = FilterShape::new(channels, groups, kernel).unwrap();
        let m = gaussian::<f64>(7, shape.len());
        let (mut once, mut twice) = (vec![0.0; shape.len()], vec![0.0; shape.len()]);
        filter::skew(shape, &m, &mut once).unwrap();
        filter::skew(shape, &once, &mut twice).unwrap();
        assert_close(&once, &twice, 0.0);

        let (height, width) = (4, 3);
        let x = gaussian::<f64>(8, channels * height * width);
        let mut lx = x.clone();
        let mut scratch = vec![0.0; exponential::scratch_len(shape, height, width)];
        exponential::apply(shape, height, width, &once, 1, &mut lx, &mut scratch).unwrap();
        let product: f64 = lx.iter().zip(&x).map(|(y, x)| (y - x) * x).sum();
        assert!(product.abs() < 1e-12, "{product}");
    }
}

/// Numbers of parameters of LipConvnet-15 for 100 classes: the program that was published beside the text, counted
/// line by line. Five levels of three layers; the last of a level halves the sides and doubles the channels.
#[test]
fn parameters_of_lipconvnet() {
    let count = |first: usize, second: Option<usize>| -> usize {
        let (mut inputs, mut total) = (3, 0);
        for level in 0..5 {
            let planes = if level == 0 { 32 } else { inputs };
            for position in 0..3 {
                let stride = if position == 2 { 2 } else { 1 };
                let kernel = if position == 2 && level == 4 { 1 } else { 3 };
                let outputs = planes * stride;
                // Sides do not count.
                let shape = LayerShape::new(
                    [inputs, outputs],
                    [2, 2],
                    kernel,
                    stride,
                    [first, second.unwrap_or(1)],
                    false,
                );
                let shape = shape.unwrap();
                total += shape.first().len() + outputs;
                total += second.map_or(0, |_| shape.second().len() + outputs);
                inputs = outputs;
            }
        }
        let last = FilterShape::new(inputs.max(100), 1, 1).unwrap();
        total + last.len() + 100
    };
    assert_eq!(count(1, None), 24_066_020);
    assert_eq!(count(4, None), 6_805_988);
    assert_eq!(count(4, Some(1)), 8_905_060);
    assert_eq!(count(4, Some(2)), 7_857_508);
    assert_eq!(count(4, Some(4)), 7_333_732);
}

/// A paired shuffle keeps neighbours together, so sorting pairs before or after it is the same; a plain one does not.
#[test]
fn pairs_survive_paired_shuffles() {
    let plane = 3;
    for order in [PairOrder::MaxFirst, PairOrder::MinFirst] {
        for (groups, len) in [(2, 8), (4, 16), (3, 12), (1, 4)] {
            let x = gaussian::<f64>(9, len * plane);
            let moved = |shuffle: Shuffle, x: &[f64]| {
                let mut y = vec![f64::NAN; len * plane];
                channels::shuffle(shuffle, plane, x, &mut y).unwrap();
                y
            };
            let sorted = |mut x: Vec<f64>| {
                activation::max_min_permuted(order, plane, &mut x).unwrap();
                x
            };
            let paired = Shuffle::paired(groups, len).unwrap();
            assert_eq!(moved(paired, &sorted(x.clone())), sorted(moved(paired, &x)));
            let plain = Shuffle::new(groups, len).unwrap();
            let differs = moved(plain, &sorted(x.clone())) != sorted(moved(plain, &x));
            assert_eq!(differs, groups > 1);
        }
    }
}

#[test]
fn the_two_orders_of_a_pair() {
    let x = [3.0, -1.0, 2.0, 5.0f32];
    let (mut text, mut program) = (x, x);
    activation::max_min_permuted(PairOrder::MaxFirst, 1, &mut text).unwrap();
    activation::max_min_permuted(PairOrder::MinFirst, 1, &mut program).unwrap();
    assert_eq!((text, program), ([3.0, -1.0, 5.0, 2.0], [-1.0, 3.0, 2.0, 5.0]));
    assert_eq!(activation::max_min_permuted(PairOrder::MaxFirst, 1, &mut [0.0; 3]), Err(Error::Shape));
    assert_eq!(activation::max_min_permuted(PairOrder::MaxFirst, 0, &mut [0.0; 2]), Err(Error::Shape));
}

#[test]
fn space_to_depth_is_a_permutation_with_the_channel_outermost() {
    let (shape, stride) = ([2, 4, 6], 2);
    let x: Vec<usize> = (0..48).collect();
    let (mut y, mut back) = (vec![0; 48], vec![0; 48]);
    channels::space_to_depth(shape, stride, &x, &mut y).unwrap();
    for (c, i, j) in [(0, 0, 0), (1, 0, 1), (1, 1, 0), (0, 1, 1)] {
        for (h, w) in [(0, 0), (1, 2), (1, 0)] {
            let deep = (((c * 2 + i) * 2 + j) * 2 + h) * 3 + w;
            assert_eq!(y[deep], (c * 4 + h * 2 + i) * 6 + w * 2 + j);
        }
    }
    channels::depth_to_space(shape, stride, &y, &mut back).unwrap();
    assert_eq!(back, x);
}

#[test]
fn refused() {
    assert_eq!(FilterShape::new(4, 3, 3), Err(Error::Groups { groups: 3, len: 4 }));
    assert_eq!(FilterShape::new(4, 0, 3), Err(Error::Groups { groups: 0, len: 4 }));
    assert_eq!(FilterShape::new(4, 2, 2), Err(Error::Shape));
    assert_eq!(FilterShape::new(4, 2, 0), Err(Error::Shape));
    assert_eq!(FilterShape::new(usize::MAX, 1, 3), Err(Error::Shape));
    let layer = |channels, sides, stride, groups| {
        LayerShape::new(channels, sides, 3, stride, groups, true).unwrap_err()
    };
    assert_eq!(layer([4, 4], [3, 3], 2, [1, 1]), Error::Shape);
    assert_eq!(layer([4, 4], [4, 4], 0, [1, 1]), Error::Shape);
    assert_eq!(layer([4, 4], [usize::MAX, 2], 1, [1, 1]), Error::Shape);
    assert_eq!(layer([4, 6], [4, 4], 1, [1, 2]), Error::Groups { groups: 2, len: 6 });

    let shape = FilterShape::new(2, 1, 1).unwrap();
    let (mut y, mut scratch) = ([0.0; 4], [0.0; 4]);
    assert_eq!(filter::skew(shape, &[0.0; 3], &mut y), Err(Error::Length { expected: 4, found: 3 }));
    assert_eq!(filter::skew(shape, &[0.0, f64::NAN, 0.0, 0.0], &mut y), Err(Error::NotFinite));
    assert_eq!(filter::skew(shape, &[0.0, f64::MAX, -f64::MAX, 0.0], &mut y), Ok(()));
    filter::normalize(shape, 1.0, 20, &mut y, &mut scratch).unwrap();
    assert_close(&y, &[0.0, 1.0, -1.0, 0.0], 1e-15);
    let setting = |name| Err(Error::Setting { name });
    assert_eq!(filter::normalize(shape, 1.0, 0, &mut y, &mut scratch), setting("iterations"));
    assert_eq!(filter::normalize(shape, f64::INFINITY, 9, &mut y, &mut scratch), setting("norm"));
    assert_eq!(filter::norm_bound(shape, &[f64::NAN; 4], 9, &mut scratch), Err(Error::NotFinite));
    assert_eq!(filter::norm_bound(shape, &[0.0; 4], 9, &mut scratch), Ok(0.0));
    let mut apply = |filter: [f64; 4], mut x: [f64; 2]| {
        exponential::apply(shape, 1, 1, &filter, usize::MAX, &mut x, &mut scratch)
    };
    assert_eq!(apply([0.0, -1.0, 1.0, 0.0], [1.0, f64::INFINITY]), Err(Error::NotFinite));
    assert_eq!(apply([0.0, -1e300, 1e300, 0.0], [1.0, 1.0]), Err(Error::NotFinite));
    assert_eq!(apply([0.0, -3.0, 3.0, 0.0], [1.0, 1.0]), Ok(()), "ends when the terms vanish");
}
