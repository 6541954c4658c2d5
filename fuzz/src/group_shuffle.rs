use reparam::Real;
use reparam::group_shuffle::convolution::{
    self, FilterShape, LayerShape, PairOrder, activation, channels, filter, layer,
};
use reparam::group_shuffle::neumann::{self, Series};
use reparam::group_shuffle::{
    Blocks, Class, DriftGuard, Error, GroupShuffle, Permutation, Shape, Shuffle, apply, backward, cayley,
    exponential, online, online::Rate, orthogonal, orthogonality_error, projection,
};

use super::bytes::{Bytes, finite};
use super::matrix::{Matrix, close, largest, same};

/// Any kernel on blocks of up to 7 x 7, any convolution of small images.
pub fn run(data: &[u8]) {
    let mut bytes = Bytes::new(data);
    if bytes.flag() { kernels::<f32>(&mut bytes) } else { kernels::<f64>(&mut bytes) }
}

fn kernels<T: Real>(bytes: &mut Bytes) {
    match bytes.below(12) {
        0 => sizes::<T>(bytes),
        1 => shuffles_permute(bytes),
        2 => products_agree::<T>(bytes),
        3 => cayley_blocks::<T>(bytes),
        4 => any_block_inverts::<T>(bytes),
        5 => series_and_exponential::<T>(bytes),
        6 => convolutions::<T>(bytes),
        7 => filters::<T>(bytes),
        8 => projections::<T>(bytes),
        9 => nearest_orthogonal::<T>(bytes),
        10 => samples_turn_blocks::<T>(bytes),
        _ => images_move::<T>(bytes),
    }
}

/// Rounding of `steps` operations on numbers of size `scale`.
fn rounding<T: Real>(steps: usize, scale: T) -> T {
    T::from_usize(8 * (steps + 1)) * T::EPSILON * scale + T::MIN_POSITIVE
}

/// A size: small, or one whose products leave the range.
fn size(bytes: &mut Bytes) -> usize {
    match bytes.byte() {
        byte @ 0..=239 => usize::from(byte % 6),
        byte @ 240..=247 => usize::MAX - usize::from(byte % 4),
        byte => 1 << (usize::BITS - 1 - u32::from(byte % 4)),
    }
}

fn shape(bytes: &mut Bytes) -> Shape {
    Shape::new(1 + bytes.below(7), 1 + bytes.below(7), 1 + bytes.below(4)).unwrap()
}

/// Any lengths whatever: an error or an answer, never a panic.
fn sizes<T: Real>(bytes: &mut Bytes) {
    let vector = |bytes: &mut Bytes| -> Vec<T> {
        let len = bytes.below(80);
        bytes.mixed(len)
    };
    let (a, b, mut c, mut d) = (vector(bytes), vector(bytes), vector(bytes), vector(bytes));
    let mut pivots: Vec<usize> = (0..bytes.below(6)).map(|_| size(bytes)).collect();
    let n = size(bytes);
    // Only that they return matters.
    let _ = cayley::block(n, &a, &mut c, &mut pivots);
    let _ = online::rank_two(n, &mut c, &a, &b, &a, &b, bytes.real());
    let _ = cayley::inverse(n, &a, &mut c, &mut d, &mut pivots);
    let _ = cayley::gradient(n, &a, &b, &mut c, &mut d);
    let _ = exponential::block(n, &a, &mut c);
    if let Ok(series) = Series::new(size(bytes)) {
        let _ = neumann::block(n, &a, series, &mut c, &mut d);
    }
    if let Ok(shape) = Shape::new(size(bytes), size(bytes), size(bytes) % 64) {
        let _ = apply::apply(shape, &a, &mut c, &mut d);
        let _ = apply::apply_transpose(shape, &a, &mut c, &mut d);
        let _ = apply::read_shuffled(shape, &a, &mut c);
        let _ = apply::write_shuffled(shape, &a, &mut c);
        let _ = orthogonality_error(shape, &a);
        let _ = cayley::blocks(shape, &a, &mut c, &mut pivots);
        let _ = cayley::inverses(shape, &a, &mut c, &mut d, &mut pivots);
        let _ = cayley::gradients(shape, &a, &b, &mut c, &mut d);
        let _ = cayley::refine(shape, &mut c, &mut d);
        let _ = exponential::blocks(shape, &a, &mut c);
        let _ = backward::backward(shape, &a, &mut c, &mut d, &mut b.clone(), &mut a.clone());
        let rate = Rate::Fixed(bytes.real());
        let _ = online::step(shape, &mut a.clone(), &mut c, &mut d, rate, &mut b.clone());
        if let Ok(class) = Class::shuffle_return(shape) {
            let _ = projection::project(class, &a, &mut c, &mut d, &mut b.clone());
        }
        let _ = shape.addresses(size(bytes) % 8).take(9).count();
    }
    let shuffle = if bytes.flag() { Shuffle::new } else { Shuffle::paired };
    if let Ok(shuffle) = shuffle(size(bytes), size(bytes)) {
        let _ = shuffle.apply(&a, &mut c);
        let _ = (shuffle.target(size(bytes)), shuffle.inverse(), shuffle.targets().take(9).count());
        let _ = channels::shuffle(shuffle, size(bytes), &a, &mut c);
    }
    let image = [size(bytes), size(bytes), size(bytes)];
    let _ = channels::space_to_depth(image, size(bytes), &a, &mut c);
    let _ = channels::depth_to_space(image, size(bytes), &a, &mut c);
    let _ = channels::resize(size(bytes), &a, &mut c);
    let _ = activation::max_min_permuted(PairOrder::MaxFirst, size(bytes), &mut c);
    if let Ok(shape) = FilterShape::new(size(bytes), size(bytes), size(bytes)) {
        let [height, width] = [size(bytes), size(bytes)];
        let _ = filter::skew(shape, &a, &mut c);
        let _ = filter::norm_bound(shape, &a, bytes.below(5), &mut d);
        let _ = filter::normalize(shape, bytes.real(), bytes.below(5), &mut c, &mut d);
        let _ = convolution::exponential::scratch_len(shape, height, width);
        let _ = convolution::exponential::apply(shape, height, width, &a, 3, &mut c, &mut d);
    }
    let (channels, sides) = ([size(bytes), size(bytes)], [size(bytes), size(bytes)]);
    let (kernel, stride, groups) = (size(bytes), size(bytes), [size(bytes), size(bytes)]);
    if let Ok(shape) = LayerShape::new(channels, sides, kernel, stride, groups, bytes.flag()) {
        let _ = layer::apply(shape, [&a, &b], 3, &a, &mut c, &mut d);
        let _ = layer::apply_transpose(shape, [&a, &b], 3, &a, &mut c, &mut d);
        assert!(shape.scratch_len() >= shape.input_len().max(shape.output_len()));
    }
}

fn shuffles_permute(bytes: &mut Bytes) {
    let (groups, per_group, paired) = (1 + bytes.below(16), 1 + bytes.below(16), bytes.flag());
    let len = groups * per_group * if paired { 2 } else { 1 };
    let shuffle = if paired { Shuffle::paired(groups, len) } else { Shuffle::new(groups, len) }.unwrap();
    let x: Vec<usize> = (0..len).collect();
    let (mut y, mut back) = (vec![len; len], vec![len; len]);
    shuffle.apply(&x, &mut y).unwrap();
    assert!(shuffle.targets().zip(&x).all(|(target, x)| y[target] == *x && shuffle.target(*x) == target));
    shuffle.inverse().apply(&y, &mut back).unwrap();
    assert_eq!(back, x);
}

/// A factor as a matrix of `dim` rows.
fn block_diagonal<T: Real>(shape: Shape, blocks: &[T]) -> Matrix<T> {
    let b = shape.block();
    Matrix::from_fn(
        shape.dim(),
        shape.dim(),
        |i, j| {
            if i / b == j / b { blocks[(i * b) + j % b] } else { T::ZERO }
        },
    )
}

/// Products in place against products of dense matrices with a dense permutation.
fn products_agree<T: Real>(bytes: &mut Bytes) {
    let shape = shape(bytes);
    let (dim, b) = (shape.dim(), shape.block());
    let tame = bytes.byte() >= 48;
    let mut vector = |len| -> Vec<T> { if tame { bytes.tames(len) } else { bytes.reals(len) } };
    let (blocks, x) = (vector(shape.block_len()), vector(dim));
    let (mut y, mut scratch) = (x.clone(), vec![T::NAN; apply::scratch_len(shape)]);
    apply::apply(shape, &blocks, &mut y, &mut scratch).unwrap();
    let mut z = x.clone();
    apply::apply_transpose(shape, &blocks, &mut z, &mut scratch).unwrap();
    if (b, shape.blocks(), shape.factors()) == (2, 3, 2)
        && let Ok(matrix) = GroupShuffle::<T, 2, 3, 2>::from_slice(&blocks)
    {
        let mut typed = [[T::ZERO; 2]; 3];
        typed.as_flattened_mut().copy_from_slice(&x);
        matrix.apply(&mut typed);
        assert!(same(typed.as_flattened(), &y));
    }
    if !tame {
        return;
    }
    let shuffle = Shuffle::new(shape.blocks(), dim).unwrap();
    let p = Matrix::from_fn(dim, dim, |i, j| if shuffle.target(j) == i { T::ONE } else { T::ZERO });
    let mut q = Matrix::identity(dim);
    let mut scale = largest(&x).max(T::ONE) * T::from_usize(dim);
    for (t, blocks) in blocks.chunks(dim * b).enumerate() {
        let factor = block_diagonal(shape, blocks);
        if t > 0 {
            q = p.times(&q);
        }
        scale *= factor.norm().max(T::ONE);
        q = factor.times(&q);
    }
    let read = q.times(&Matrix::new(dim, 1, x.clone()));
    let mut shuffled = vec![T::NAN; dim];
    apply::read_shuffled(shape, &y, &mut shuffled).unwrap();
    let tolerance = rounding(shape.factors() * b, scale);
    close(&shuffled, read.elements(), tolerance);
    for _ in 1..shape.factors() {
        q = p.transpose().times(&q);
    }
    close(&y, q.times(&Matrix::new(dim, 1, x.clone())).elements(), tolerance);
    close(&z, q.transpose().times(&Matrix::new(dim, 1, x)).elements(), tolerance);
}

/// Blocks of any parameters are orthogonal as far as the size of the parameters allows, or an error says why not;
/// the inverse returns parameters of the same block, or says why not.
fn cayley_blocks<T: Real>(bytes: &mut Bytes) {
    let shape = shape(bytes);
    let b = shape.block();
    let theta: Vec<T> = bytes.mixed(shape.parameter_len());
    let (mut q, mut pivots) = (vec![T::NAN; shape.block_len()], vec![0; cayley::pivot_len(b)]);
    match cayley::blocks(shape, &theta, &mut q, &mut pivots) {
        Err(error) => {
            assert!(error == Error::NotFinite || b > 4 && error == Error::EigenvalueMinusOne, "{error:?}");
            // Fourth powers overflow, or the identity drowns in them.
            assert!(!finite(&theta) || largest(&theta).to_f64() > 1e4, "{theta:?}");
            return;
        }
        Ok(()) => assert!(finite(&q) && finite(&theta), "{theta:?} to {q:?}"),
    }
    if theta.iter().all(|theta| *theta == T::ZERO) {
        let identity = Matrix::<T>::identity(b);
        assert!(q.chunks(b * b).all(|q| q == identity.elements()));
    }
    let size = T::ONE + largest(&theta);
    let error = orthogonality_error(shape, &q);
    // Pivoted elimination: the size of the parameters enters once.
    let bound = rounding(b * b * b, size);
    if bound < T::from_f32(0.01) {
        assert!(error <= bound, "{error} for parameters of size {size}");
    }
    let mut back = vec![T::NAN; theta.len()];
    let mut scratch = vec![T::NAN; cayley::inverse_scratch_len(b)];
    match cayley::inverses(shape, &q, &mut back, &mut scratch, &mut vec![0; b]) {
        Err(Error::EigenvalueMinusOne) => assert!(size > T::from_f64(10.0), "{theta:?}"),
        Err(Error::NotOrthogonal { .. }) => assert!(bound > T::from_f32(1e-4)),
        Err(error) => panic!("{error:?}"),
        // Parameters of size s are known to s² roundings.
        Ok(_) => close(&back, &theta, rounding(b * b * b * b, size * size * size)),
    }
    let g: Vec<T> = bytes.tames(q.len());
    let (mut gradient, mut scratch) =
        (vec![T::NAN; theta.len()], vec![T::NAN; cayley::gradient_scratch_len(b)]);
    cayley::gradients(shape, &q, &g, &mut gradient, &mut scratch).unwrap();
    assert!(finite(&gradient));
}

/// Any block whatever: parameters or an error, never NaN.
fn any_block_inverts<T: Real>(bytes: &mut Bytes) {
    let b = 1 + bytes.below(6);
    let mut q: Vec<T> = bytes.mixed(b * b);
    if bytes.flag() {
        // A permutation with signs: orthogonal, often with an eigenvalue −1.
        q.fill(T::ZERO);
        let mut columns: Vec<usize> = (0..b).collect();
        for i in 0..b {
            let sign = if bytes.flag() { T::ONE } else { -T::ONE };
            q[i * b + columns.remove(bytes.below(b - i))] = sign;
        }
    }
    let before = [T::MAX];
    let mut theta = before.repeat(cayley::parameter_len(b));
    let mut scratch = vec![T::NAN; cayley::inverse_scratch_len(b)];
    match cayley::inverse(b, &q, &mut theta, &mut scratch, &mut vec![0; b]) {
        Ok(error) => {
            assert!(finite(&theta) && error.to_f64() <= f64::from(cayley::INVERSE_TOLERANCE));
            let (mut again, mut pivots) = (vec![T::NAN; b * b], vec![0; cayley::pivot_len(b)]);
            if cayley::block(b, &theta, &mut again, &mut pivots).is_ok()
                && largest(&theta) < T::from_f32(30.0)
            {
                close(&again, &q, T::from_f32(0.1));
            }
        }
        Err(_) => assert!(theta.iter().all(|theta| *theta == T::MAX), "changed though refused"),
    }
}

/// The truncated series is as far from orthogonal as it says; the exponential is orthogonal.
fn series_and_exponential<T: Real>(bytes: &mut Bytes) {
    let b = 1 + bytes.below(6);
    let theta: Vec<T> = bytes.mixed(cayley::parameter_len(b));
    let mut q = vec![T::NAN; b * b];
    let shape = Shape::new(b, 1, 1).unwrap();
    let series = Series::new(1 + bytes.below(9)).unwrap();
    let mut scratch = vec![T::NAN; neumann::scratch_len(b)];
    match neumann::block(b, &theta, series, &mut q, &mut scratch) {
        Ok(bound) => {
            assert!(finite(&q), "{theta:?}");
            let error = orthogonality_error(shape, &q);
            let slack = rounding(b * b * series.degree(), (T::ONE + largest(&q)) * (T::ONE + largest(&q)));
            assert!(
                bound.is_nan() || error <= bound * T::from_f32(1.01) + slack || !error.is_finite(),
                "{error} > {bound}"
            );
        }
        Err(error) => assert!(error == Error::NotFinite, "{error:?}"),
    }
    match exponential::block(b, &theta, &mut q) {
        Ok(()) => {
            assert!(finite(&q), "{theta:?}");
            // The argument of sine and cosine is known to a rounding of its size.
            let bound = rounding(8, T::ONE + largest(&theta));
            if bound < T::from_f32(0.01) {
                assert!(orthogonality_error(shape, &q) <= bound, "{theta:?}");
            }
        }
        Err(Error::Setting { name: "block" }) => assert!(b > 4),
        Err(error) => {
            assert!(error == Error::NotFinite, "{error:?}");
            assert!(!finite(&theta) || largest(&theta).to_f64() > 1e15, "{theta:?}");
        }
    }
}

/// Blocks of moderate parameters.
fn orthogonal_blocks<T: Real>(shape: Shape, bytes: &mut Bytes) -> Vec<T> {
    let b = shape.block();
    let theta: Vec<T> = bytes.tames(shape.parameter_len());
    let (mut q, mut pivots) = (vec![T::NAN; shape.block_len()], vec![0; cayley::pivot_len(b)]);
    cayley::blocks(shape, &theta, &mut q, &mut pivots).unwrap();
    cayley::refine(shape, &mut q, &mut vec![T::NAN; cayley::refine_scratch_len(b)]).unwrap();
    q
}

/// Of any matrix: as near as it says, and a member of the class is its own projection.
fn projections<T: Real>(bytes: &mut Bytes) {
    let inner = [1, 2, 3, 4, 6, 8, 12][bytes.below(7)];
    let divisors: Vec<usize> = (1..=inner).filter(|d| inner % d == 0).collect();
    let (left_cols, right_rows) =
        (divisors[bytes.below(divisors.len())], divisors[bytes.below(divisors.len())]);
    let left = Blocks { count: inner / left_cols, rows: 1 + bytes.below(4), cols: left_cols };
    let right = Blocks { count: inner / right_rows, rows: right_rows, cols: 1 + bytes.below(4) };
    let mut permutation = |len: usize| {
        let mut rest: Vec<usize> = (0..len).collect();
        (0..len).map(|i| rest.remove(bytes.below(len - i))).collect::<Vec<_>>()
    };
    let targets = [left.count * left.rows, inner, right.count * right.cols].map(&mut permutation);
    let [rows, middle, columns] =
        targets.each_ref().map(|targets| Permutation::new(targets, &mut vec![false; targets.len()]).unwrap());
    let class = Class::new(left, right, rows, middle, columns).unwrap();
    let len = class.rows() * class.cols();
    let tame = bytes.byte() >= 64;
    let a: Vec<T> = if tame { bytes.tames(len) } else { bytes.reals(len) };
    let (mut l, mut r) = (vec![T::NAN; left.len()], vec![T::NAN; right.len()]);
    let mut scratch = vec![T::NAN; projection::scratch_len(left, right)];
    let square = match projection::project(class, &a, &mut l, &mut r, &mut scratch) {
        Ok(square) => square,
        Err(error) => {
            assert!(!tame && error == Error::NotFinite, "{error:?}");
            return;
        }
    };
    assert!(finite(&l) && finite(&r) && finite(&a) && square >= T::ZERO);
    if !tame {
        return;
    }
    let mut product = vec![T::NAN; len];
    projection::product(class, &l, &r, &mut product).unwrap();
    let distance: f64 = a.iter().zip(&product).map(|(a, b)| (a.to_f64() - b.to_f64()).powi(2)).sum();
    let norm: f64 = a.iter().map(|a| a.to_f64().powi(2)).sum();
    let slack = 1e3 * T::EPSILON.to_f64() * norm + f64::from(f32::MIN_POSITIVE);
    assert!((distance - square.to_f64()).abs() <= slack, "{distance}, not {square}, of {norm}");
    let again = projection::project(class, &product, &mut l, &mut r, &mut scratch).unwrap();
    assert!(again.to_f64() <= slack, "{again} of {norm}");
}

/// Orthogonal blocks whatever the target, and never farther than they say.
fn nearest_orthogonal<T: Real>(bytes: &mut Bytes) {
    let shape = Shape::new(1 + bytes.below(4), 1 + bytes.below(4), 1 + bytes.below(3)).unwrap();
    let dim = shape.dim();
    let tame = bytes.byte() >= 64;
    let a: Vec<T> = if tame { bytes.tames(dim * dim) } else { bytes.reals(dim * dim) };
    let mut blocks = vec![T::NAN; shape.block_len()];
    let mut workspace = vec![T::NAN; orthogonal::workspace_len(shape)];
    let mut scratch = vec![T::NAN; orthogonal::scratch_len(shape)];
    let tolerance = T::from_f32(1e-4);
    let report = orthogonal::project(shape, &a, 6, tolerance, &mut blocks, &mut workspace, &mut scratch);
    match report {
        Ok(report) => {
            assert!(orthogonality_error(shape, &blocks) <= rounding(100, T::ONE), "{a:?}");
            assert!(report.distance.is_finite() && report.distance >= T::ZERO);
        }
        Err(error) => assert!(!tame && error == Error::NotFinite, "{error:?}"),
    }
}

/// Online steps keep blocks orthogonal, lower the error of the sample they learn from, and change nothing where they
/// refuse.
fn samples_turn_blocks<T: Real>(bytes: &mut Bytes) {
    let shape = shape(bytes);
    let mut blocks = orthogonal_blocks::<T>(shape, bytes);
    let mut guard = DriftGuard::new(1 + bytes.below(9) as u32);
    let mut refine_scratch = vec![T::NAN; cayley::refine_scratch_len(shape.block())];
    let mut scratch = vec![T::NAN; online::scratch_len(shape)];
    let mut bound = T::ZERO;
    for _ in 0..1 + bytes.below(4) {
        let tame = bytes.byte() >= 64;
        let mut vector = |len| -> Vec<T> { if tame { bytes.tames(len) } else { bytes.reals(len) } };
        let (x, target) = (vector(shape.dim()), vector(shape.dim()));
        let eta = if bytes.byte() >= 64 { T::from_f32(0.5) } else { bytes.real() };
        let rate = if bytes.flag() {
            Rate::Fixed(eta)
        } else {
            Rate::Normalized { eta, offset: T::from_f32(0.125) }
        };
        let mut y = x.clone();
        apply::apply(shape, &blocks, &mut y, &mut vec![T::NAN; apply::scratch_len(shape)]).unwrap();
        let mut g: Vec<T> = y.iter().zip(&target).map(|(&y, &target)| y - target).collect();
        let (before, y_before, g_before) = (blocks.clone(), y.clone(), g.clone());
        match online::step(shape, &mut blocks, &mut y, &mut g, rate, &mut scratch) {
            Ok(()) => {
                assert!(finite(&blocks) && finite(&y) && finite(&g));
                if !tame {
                    return;
                }
                // The transpose is the inverse as far as the steps before have left the blocks orthogonal; twice that, for
                // what the factors leave compounds.
                let size = largest(&x) * T::from_usize(shape.dim());
                let drift = T::TWO * orthogonality_error(shape, &before) * T::from_usize(shape.factors());
                close(&y, &x, rounding(shape.block() * shape.factors(), size) + drift * size);
            }
            Err(error) => {
                let setting = matches!(error, Error::Setting { name: "eta" });
                assert!(setting || error == Error::NotFinite, "{error:?}");
                assert!(!tame || setting || eta.to_f64() > 1e9, "{error:?}");
                assert!(same(&blocks, &before) && same(&y, &y_before) && same(&g, &g_before));
                continue;
            }
        }
        if guard.due(1) {
            let error = cayley::refine(shape, &mut blocks, &mut refine_scratch).unwrap();
            assert!(error.is_finite());
        }
        let size = T::ONE + largest(&x) * largest(&g_before).max(T::ONE) * T::from_usize(shape.dim());
        let size = if eta.to_f64() <= 1.0 { size } else { size * eta * eta };
        // 1 + α²|x|²|g|² roundings a step, and as much of what the steps before have left.
        bound = bound * size * size + rounding(shape.block() * shape.block() * 4, size * size);
        // Steps too large to say anything; a size out of the range gives a bound that is NaN.
        if bound.is_nan() || bound > T::from_f32(0.01) {
            return;
        }
        assert!(orthogonality_error(shape, &blocks) <= bound, "{rate:?}");
    }
}

fn layer_shape(bytes: &mut Bytes) -> Option<LayerShape> {
    let channels = [1 + bytes.below(6), 1 + bytes.below(6)];
    let sides = [1 + bytes.below(4), 1 + bytes.below(4)];
    let (kernel, stride) = (1 + 2 * bytes.below(3), 1 + bytes.below(2));
    let groups = [1 + bytes.below(3), 1 + bytes.below(3)];
    LayerShape::new(channels, sides, kernel, stride, groups, bytes.flag()).ok()
}

fn skew<T: Real>(shape: FilterShape, norm: f32, bytes: &mut Bytes) -> Vec<T> {
    let free: Vec<T> = bytes.tames(shape.len());
    let (mut skew, mut scratch) = (vec![T::NAN; shape.len()], vec![T::NAN; shape.scratch_len()]);
    filter::skew(shape, &free, &mut skew).unwrap();
    filter::normalize(shape, T::from_f32(norm), 30, &mut skew, &mut scratch).unwrap();
    skew
}

/// Layers of skew filters expand nothing, and the transpose is the adjoint; layers of any filters give numbers or
/// an error.
fn convolutions<T: Real>(bytes: &mut Bytes) {
    let Some(shape) = layer_shape(bytes) else { return };
    let terms = bytes.below(14);
    let tame = bytes.byte() >= 64;
    let filters: [Vec<T>; 2] = if tame {
        [skew(shape.first(), 0.7, bytes), skew(shape.second(), 1.0, bytes)]
    } else {
        [bytes.mixed(shape.first().len()), bytes.mixed(shape.second().len())]
    };
    let filters = [&filters[0][..], &filters[1][..]];
    let (x, z): (Vec<T>, Vec<T>) = (bytes.mixed(shape.input_len()), bytes.tames(shape.output_len()));
    let (mut y, mut scratch) = (vec![T::NAN; shape.output_len()], vec![T::NAN; shape.scratch_len()]);
    match layer::apply(shape, filters, terms, &x, &mut y, &mut scratch) {
        Ok(()) => assert!(finite(&y) && finite(&x)),
        Err(error) => {
            assert!(error == Error::NotFinite);
            assert!(!tame || !finite(&x) || largest(&x) > T::MAX.sqrt());
            return;
        }
    }
    let mut back = vec![T::NAN; shape.input_len()];
    match layer::apply_transpose(shape, filters, terms, &z, &mut back, &mut scratch) {
        Ok(()) => assert!(finite(&back)),
        Err(error) => assert!(!tame && error == Error::NotFinite, "{error:?}"),
    }
    let size = largest(&x).to_f64();
    if !tame || size > 1e15 {
        return;
    }
    let dot = |x: &[T], y: &[T]| x.iter().zip(y).map(|(x, y)| x.to_f64() * y.to_f64()).sum::<f64>();
    let norm = |x: &[T]| dot(x, x).sqrt();
    let slack = 1e3 * T::EPSILON.to_f64() * (norm(&x) + 1.0) * (norm(&z) + 1.0);
    assert!((dot(&y, &z) - dot(&x, &back)).abs() <= slack);
    // The power iteration's bound comes from below: a tenth for what it lacks.
    let tail = |norm, terms| 1.0 + 1.1 * convolution::exponential::tail_bound(1.1 * norm, terms);
    let kernel = shape.first().kernel() as f64;
    let growth = tail(0.7 * kernel, terms) * tail(1.0, terms);
    assert!(norm(&y) <= growth * norm(&x) + slack, "{} from {}", norm(&y), norm(&x));
}

/// Any parameters give a filter of the wanted norm, zeros or an error.
fn filters<T: Real>(bytes: &mut Bytes) {
    let groups = 1 + bytes.below(3);
    let shape = FilterShape::new(groups * (1 + bytes.below(3)), groups, 1 + 2 * bytes.below(2)).unwrap();
    let free: Vec<T> = bytes.mixed(shape.len());
    let (mut skew, mut scratch) = (vec![T::NAN; shape.len()], vec![T::NAN; shape.scratch_len()]);
    match filter::skew(shape, &free, &mut skew) {
        Err(error) => {
            assert!(error == Error::NotFinite && !finite(&free));
            return;
        }
        Ok(()) => assert!(finite(&skew)),
    }
    let iterations = 1 + bytes.below(20);
    for group in skew.chunks(shape.group_len()) {
        match filter::norm_bound(shape, group, iterations, &mut scratch) {
            Ok(bound) => assert!(bound >= T::ZERO, "{bound}"),
            Err(error) => assert!(error == Error::NotFinite && largest(group).to_f64() > 1e36),
        }
    }
    filter::normalize(shape, T::ONE, iterations, &mut skew, &mut scratch).unwrap();
    assert!(finite(&skew));
    for group in skew.chunks(shape.group_len()) {
        let bound = filter::norm_bound(shape, group, iterations, &mut scratch).unwrap();
        let wanted = T::from_usize(shape.kernel());
        assert!(
            bound == T::ZERO || (bound - wanted).abs() <= rounding(1000, wanted),
            "{bound}, not {wanted}"
        );
    }
}

fn images_move<T: Real>(bytes: &mut Bytes) {
    let (channels, stride) = (1 + bytes.below(5), 1 + bytes.below(3));
    let (height, width) = (stride * (1 + bytes.below(3)), stride * (1 + bytes.below(3)));
    let x: Vec<T> = bytes.reals(channels * height * width);
    let (mut y, mut back) = (vec![T::ZERO; x.len()], vec![T::ZERO; x.len()]);
    channels::space_to_depth([channels, height, width], stride, &x, &mut y).unwrap();
    channels::depth_to_space([channels, height, width], stride, &y, &mut back).unwrap();
    assert!(same(&x, &back));
    let order = if bytes.flag() { PairOrder::MaxFirst } else { PairOrder::MinFirst };
    let plane = height * width;
    let sorted = activation::max_min_permuted(order, plane, &mut back);
    assert_eq!(sorted.is_ok(), channels % 2 == 0);
    if sorted.is_ok() {
        let once = back.clone();
        activation::max_min_permuted(order, plane, &mut back).unwrap();
        assert!(same(&once, &back), "sorting sorted pairs changes nothing");
    }
}
