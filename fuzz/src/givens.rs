use reparam::Real;
use reparam::givens::objective::{
    Absolute, Closure, Degree, HeterogeneousQuadratic, JointDiagonalization, Kurtosis, Landscape, LogCosh,
    Objective, Procrustes, Projection, Sources, TestFunction, Trace, Varimax, Wahba,
};
use reparam::givens::search::{
    Ask, Multistart, PatternConfig, PatternSearch, PlaneConfig, PlaneSearch, Search, minimize, scatter,
};
use reparam::givens::{DriftGuard, Error, Plane, Rotation, RoundRobin, angle_count, chart, frame, planes};
use reparam::random::SplitMix64;

use super::bytes::{Bytes, finite};
use super::matrix::{Matrix, close, largest, same};

/// Any kernel on any frame of up to 7 x 7, any search on any values.
pub fn run(data: &[u8]) {
    let mut bytes = Bytes::new(data);
    if bytes.flag() { kernels::<f32>(&mut bytes) } else { kernels::<f64>(&mut bytes) }
}

fn kernels<T: Real>(bytes: &mut Bytes) {
    let rows = 1 + bytes.below(7);
    let cols = 1 + bytes.below(rows);
    match bytes.below(11) {
        0 => sizes::<T>(bytes),
        1 => angles_come_back::<T>(rows, cols, bytes),
        2 => products_agree::<T>(rows, cols, bytes),
        3 => any_matrix_decomposes::<T>(rows, cols, bytes),
        4 => gradient_is_the_slope(rows, cols, bytes),
        5 => update_is_materialise::<T>(rows, cols, bytes),
        6 => rotations_keep_frames::<T>(rows, cols, bytes),
        7 => every_pair_meets_once(bytes),
        8 => any_values_end_a_search::<T>(rows, bytes),
        9 => objectives_agree::<T>(rows, cols, bytes),
        _ => values_never_rise::<T>(rows, cols, bytes),
    }
}

/// Rounding of `steps` rotations of numbers of size `scale`.
fn rounding<T: Real>(steps: usize, scale: T) -> T {
    T::from_usize(8 * (steps + 1)) * T::EPSILON * scale + T::MIN_POSITIVE
}

/// Angles of a chart, and whether its frame is reflected.
fn angles<T: Real>(rows: usize, cols: usize, bytes: &mut Bytes) -> (Vec<T>, bool) {
    let reflected = rows == cols && bytes.flag();
    (bytes.tames(angle_count(rows, cols)), reflected)
}

fn frame_of<T: Real>(rows: usize, cols: usize, angles: &[T], reflected: bool) -> Matrix<T> {
    let mut frame = vec![T::NAN; rows * cols];
    chart::materialise(rows, cols, angles, reflected, &mut frame).unwrap();
    let frame = Matrix::new(rows, cols, frame);
    orthonormal(&frame, angles.len());
    frame
}

#[track_caller]
fn orthonormal<T: Real>(frame: &Matrix<T>, rotations: usize) {
    let (rows, cols) = (frame.rows(), frame.cols());
    let tolerance = rounding(rotations + rows, T::ONE);
    let gram = frame.transpose().times(frame);
    close(gram.elements(), Matrix::identity(cols).elements(), tolerance);
    let error = frame::orthogonality_error(rows, cols, frame.elements());
    assert!(error <= tolerance, "orthogonality error {error}");
}

/// Any sizes and lengths whatever: an error or an answer, never a panic.
fn sizes<T: Real>(bytes: &mut Bytes) {
    let size = |bytes: &mut Bytes| match bytes.byte() {
        byte @ 0..=239 => usize::from(byte % 6),
        byte @ 240..=247 => usize::MAX - usize::from(byte % 4),
        byte => 1 << (usize::BITS - 1 - u32::from(byte % 4)),
    };
    let (rows, cols, index) = (size(bytes), size(bytes), size(bytes));
    let vector = |bytes: &mut Bytes| -> Vec<T> {
        let len = bytes.below(30);
        bytes.mixed(len)
    };
    let (turns, mut a, mut b, mut c) = (vector(bytes), vector(bytes), vector(bytes), vector(bytes));
    let stored: Vec<Rotation<T>> = turns.iter().map(|&angle| Rotation::new(angle)).collect();
    let (reflected, delta) = (bytes.flag(), bytes.real());
    let _ = angle_count(rows, cols);
    let _ = planes(rows, cols).take(9).count();
    let _ = planes(rows, cols).rev().take(9).count();
    let _ = chart::apply(cols, &turns, reflected, &mut a);
    let _ = chart::apply(cols, &stored, reflected, &mut a);
    let _ = chart::apply_transpose(cols, &turns, reflected, &mut a);
    let _ = chart::materialise(rows, cols, &turns, reflected, &mut a);
    let _ = chart::gradient(rows, cols, &turns, &mut a, &mut b, &mut c);
    let _ = chart::update(rows, cols, &stored, index, delta, &mut a, &mut b);
    let _ = chart::decompose(rows, cols, &mut a, &mut b);
    let _ = frame::orthogonality_error(rows, cols, &a);
    let _ = frame::clean_up(rows, cols, &mut a, &mut b);
    let _ = frame::orthonormalize(rows, cols, &mut b);
    let _ = frame::random(rows, cols, &mut SplitMix64::new(1), &mut b);
    frame::reflect(cols, &mut b);
    Rotation::new(delta).apply_rows(Plane { i: rows, j: index }, cols, &mut b);
    let _ = PatternSearch::new(rows, PatternConfig::<T>::default());
    let _ = PlaneSearch::new(rows, None, PlaneConfig::<T>::default());
    if rows < 9 {
        scatter(rows, cols, &mut c, &mut SplitMix64::new(1));
    }
    for start in [0, index] {
        let _ = RoundRobin::new(rows).round(start).take(9).count();
    }
}

fn angles_come_back<T: Real>(rows: usize, cols: usize, bytes: &mut Bytes) {
    let (angles, reflected) = angles::<T>(rows, cols, bytes);
    let frame = frame_of(rows, cols, &angles, reflected);
    let (mut rest, mut back) = (frame.elements().to_vec(), vec![T::NAN; angles.len()]);
    let found = chart::decompose(rows, cols, &mut rest, &mut back).unwrap();
    assert_eq!(found, reflected, "{angles:?}");
    for (plane, &angle) in planes(rows, cols).zip(&back) {
        let bound = if plane.j == plane.i + 1 { T::PI } else { T::FRAC_PI_2 };
        assert!(angle.abs() <= bound, "{plane:?}: {angle}");
    }
    // Angles near a pole are not unique; frames are.
    let again = frame_of(rows, cols, &back, found);
    close(again.elements(), frame.elements(), rounding(4 * angles.len(), T::ONE));
}

fn products_agree<T: Real>(rows: usize, cols: usize, bytes: &mut Bytes) {
    let (angles, reflected) = angles::<T>(rows, cols, bytes);
    let frame = frame_of(rows, cols, &angles, reflected);
    let x: Vec<T> = bytes.tames(cols);
    let tolerance = rounding(angles.len() + rows, T::from_usize(rows) * largest(&x));
    let mut y = vec![T::NAN; rows];
    y[..cols].copy_from_slice(&x);
    let mut stored = y.clone();
    chart::apply(cols, &angles, reflected, &mut y).unwrap();
    let expected = frame.times(&Matrix::new(cols, 1, x.clone()));
    close(&y, expected.elements(), tolerance);

    let rotations: Vec<_> = angles.iter().map(|&angle| Rotation::new(angle)).collect();
    chart::apply(cols, &rotations, reflected, &mut stored).unwrap();
    assert_eq!(y, stored, "stored rotations give the same bits");

    chart::apply_transpose(cols, &angles, reflected, &mut y).unwrap();
    close(&y[..cols], &x, tolerance);
    close(&y[cols..], &vec![T::ZERO; rows - cols], tolerance);
}

fn any_matrix_decomposes<T: Real>(rows: usize, cols: usize, bytes: &mut Bytes) {
    let matrix: Vec<T> = bytes.mixed(rows * cols);
    let (mut r, mut turns) =
        (matrix.clone(), vec![Rotation { c: T::NAN, s: T::NAN }; angle_count(rows, cols)]);
    let mut orthonormalized = matrix.clone();
    let found = chart::decompose(rows, cols, &mut r, &mut turns);
    let result = frame::orthonormalize(rows, cols, &mut orthonormalized);
    if !finite(&matrix) {
        assert_eq!(found, Err(Error::NotFinite));
        assert_eq!(result, Err(Error::NotFinite));
        assert!(same(&orthonormalized, &matrix), "a refused matrix is left alone");
        return;
    }
    result.unwrap();
    orthonormal(&Matrix::new(rows, cols, orthonormalized), 4 * turns.len());
    // The kernel itself does not scale: sums of squares of a column must stay in range.
    let (large, small) = (largest(&matrix), T::MIN_POSITIVE.sqrt());
    let in_range = matrix.iter().all(|&x| x == T::ZERO || x.abs() > small);
    if large > T::from_f64(1e15) || !in_range {
        return;
    }
    let reflected = found.unwrap();
    let q = {
        let mut q = vec![T::NAN; rows * cols];
        chart::materialise(rows, cols, &turns, reflected, &mut q).unwrap();
        Matrix::new(rows, cols, q)
    };
    orthonormal(&q, 4 * turns.len());
    let r = Matrix::from_fn(cols, cols, |i, j| {
        let sign = if reflected && i + 1 == cols { -T::ONE } else { T::ONE };
        if i <= j { sign * r[i * cols + j] } else { T::ZERO }
    });
    assert!((0..cols).all(|k| r.get(k, k) >= T::ZERO), "{r:?}");
    let norm = Matrix::new(rows, cols, matrix.clone()).norm();
    close(q.times(&r).elements(), &matrix, rounding(4 * turns.len(), norm));
}

/// In double precision, where a central difference has digits enough.
fn gradient_is_the_slope(rows: usize, cols: usize, bytes: &mut Bytes) {
    let (angles, _) = angles::<f64>(rows, cols, bytes);
    let cotangent: Vec<f64> = bytes.tames(rows * cols);
    let value = |angles: &[f64]| -> f64 {
        let frame = frame_of(rows, cols, angles, false);
        frame.elements().iter().zip(&cotangent).map(|(q, g)| q * g).sum()
    };
    let mut q = frame_of(rows, cols, &angles, false).elements().to_vec();
    let (mut g, mut gradient) = (cotangent.clone(), vec![f64::NAN; angles.len()]);
    chart::gradient(rows, cols, &angles, &mut q, &mut g, &mut gradient).unwrap();
    let h = 1e-5;
    let slopes: Vec<f64> = (0..angles.len())
        .map(|k| {
            let (mut before, mut after) = (angles.clone(), angles.clone());
            before[k] -= h;
            after[k] += h;
            (value(&after) - value(&before)) / (2.0 * h)
        })
        .collect();
    close(&gradient, &slopes, 1e-8 * (1.0 + largest(&cotangent) * (rows * cols) as f64));
}

fn update_is_materialise<T: Real>(rows: usize, cols: usize, bytes: &mut Bytes) {
    let (mut angles, reflected) = angles::<T>(rows, cols, bytes);
    let mut frame = frame_of(rows, cols, &angles, reflected).elements().to_vec();
    let mut scratch = vec![T::NAN; chart::update_scratch(rows, cols)];
    let count = angles.len();
    if count == 0 {
        let error = chart::update(rows, cols, &angles, 0, T::ONE, &mut frame, &mut scratch);
        return assert_eq!(error, Err(Error::Index { index: 0, count: 0 }));
    }
    let steps = bytes.below(5);
    for _ in 0..steps {
        // Exact increments: the angle itself must not be what rounds.
        let (index, delta) = (bytes.below(count), T::from_f64(f64::from(bytes.byte()) / 64.0 - 2.0));
        chart::update(rows, cols, &angles, index, delta, &mut frame, &mut scratch).unwrap();
        angles[index] += delta;
    }
    let size = largest(&angles).max(T::ONE);
    let expected = frame_of(rows, cols, &angles, reflected);
    close(&frame, expected.elements(), rounding((steps + 1) * (count + rows), size));
}

fn rotations_keep_frames<T: Real>(rows: usize, cols: usize, bytes: &mut Bytes) {
    let mut rng = SplitMix64::new(bytes.byte().into());
    let mut q = vec![T::NAN; rows * cols];
    frame::random(rows, cols, &mut rng, &mut q).unwrap();
    let mut guard = DriftGuard::new(u32::from(bytes.byte() % 8));
    let mut scratch = vec![T::NAN; frame::clean_up_scratch(cols)];
    let steps = bytes.below(20);
    for _ in 0..steps {
        let plane = Plane { i: bytes.below(rows), j: bytes.below(rows + 1) };
        let angle = bytes.real::<T>();
        if angle.is_finite() && plane.i < plane.j {
            Rotation::new(angle).apply_rows(plane, cols, &mut q);
        }
        if guard.due(1) {
            frame::clean_up(rows, cols, &mut q, &mut scratch).unwrap();
        }
    }
    orthonormal(&Matrix::new(rows, cols, q.clone()), steps + angle_count(rows, cols) * 4);
    scatter(rows, cols, &mut q, &mut rng);
    orthonormal(&Matrix::new(rows, cols, q), steps + 60 + rows * rows);
}

fn every_pair_meets_once(bytes: &mut Bytes) {
    let rows = bytes.below(40);
    let schedule = RoundRobin::new(rows);
    let mut met = vec![false; rows * rows];
    for round in schedule.rounds() {
        let mut busy = vec![false; rows];
        for Plane { i, j } in round {
            assert!(i < j && j < rows && !busy[i] && !busy[j] && !met[i * rows + j]);
            (busy[i], busy[j], met[i * rows + j]) = (true, true, true);
        }
    }
    assert_eq!(met.iter().filter(|&&met| met).count(), rows * rows.saturating_sub(1) / 2);
}

/// Settings of any kind; those that make sense are bounded, so that the target ends soon.
fn pattern<T: Real>(rows: usize, bytes: &mut Bytes) -> Option<PatternSearch<T>> {
    let mut config = if bytes.flag() { PatternConfig::default() } else { PatternConfig::published() };
    config.evaluations = u64::from(bytes.byte()) * 8;
    if bytes.flag() {
        config.first_step = bytes.real();
        config.shrink = bytes.real();
        config.iteration_tolerance = bytes.real();
        config.run_tolerance = bytes.real();
        config.step_floor = bytes.real();
        config.iterations = bytes.byte().into();
        config.runs = bytes.byte().into();
    }
    PatternSearch::new(rows, config).ok()
}

fn plane<T: Real>(rows: usize, bytes: &mut Bytes) -> Option<PlaneSearch<T>> {
    let degree = [None, Some(Degree::Two), Some(Degree::Four)][bytes.below(3)];
    let mut config = PlaneConfig { evaluations: u64::from(bytes.byte()) * 8, ..PlaneConfig::default() };
    if bytes.flag() {
        (config.tolerance, config.sweeps) = (bytes.real(), bytes.byte().into());
    }
    PlaneSearch::new(rows, degree, config).ok()
}

/// Whatever values are told: the search ends within its budget, accepts only what is finite and better, and
/// foretells its questions.
fn any_values_end_a_search<T: Real>(rows: usize, bytes: &mut Bytes) {
    if bytes.flag() {
        if let Some(search) = pattern::<T>(rows, bytes) {
            let budget = search.config().evaluations;
            tell_anything(search, rows, budget, bytes);
        }
    } else if let Some(search) = plane::<T>(rows, bytes) {
        let budget = search.config().evaluations;
        tell_anything(search, rows, budget, bytes);
    }
}

fn tell_anything<T: Real>(mut search: impl Search<T>, rows: usize, budget: u64, bytes: &mut Bytes) {
    let mut told = 0;
    let mut lowest = T::INFINITY;
    loop {
        let pending = search.pending();
        let ask = search.ask();
        if let Ask::Done(stop) = ask {
            assert_eq!((pending, search.report().stop), (0, Some(stop)));
            assert_eq!(search.tell(T::ZERO), None, "nothing happens after the end");
            break;
        }
        assert!(pending > 0 && search.pending_at(0) == ask);
        let foretold: Vec<_> = (0..pending).map(|offset| search.pending_at(offset)).collect();
        for (offset, question) in foretold.iter().enumerate() {
            assert_eq!((*question, pending - offset), (search.ask(), search.pending()));
            if let Ask::Rotated(candidate) = question {
                let Rotation { c, s } = candidate.rotation;
                assert!(candidate.plane.i < candidate.plane.j && candidate.plane.j < rows);
                assert!(((c * c).mac(s, s) - T::ONE).abs() <= rounding(16, T::ONE), "{candidate:?}");
            }
            let value: T = bytes.real();
            if value.is_finite() {
                lowest = lowest.min(value);
            }
            told += 1;
            assert!(told <= budget, "more than {budget} evaluations");
            if let Some(accepted) = search.tell(value) {
                let Rotation { c, s } = accepted.rotation;
                assert!(((c * c).mac(s, s) - T::ONE).abs() <= rounding(16, T::ONE), "{accepted:?}");
                assert!(lowest.is_finite(), "a move without a finite value");
            }
        }
    }
    let report = search.report();
    assert_eq!(report.evaluations, told);
    assert!(report.value.is_none_or(|value| value.is_finite()), "{report:?}");
}

/// On a real objective, with holes where it has no value: the frame stays a frame, its value is the one
/// reported and not above the first.
fn values_never_rise<T: Real>(rows: usize, cols: usize, bytes: &mut Bytes) {
    let weights: Vec<T> = bytes.tames(rows * cols);
    let (kind, hole) = (bytes.below(4), bytes.tame::<T>());
    let function = |q: &[T]| {
        let dot = q.iter().zip(&weights).fold(T::ZERO, |sum, (&q, &w)| sum.mac(q, w));
        match kind {
            0 => dot,
            1 => dot.abs(),
            2 => dot * dot,
            _ if q[0] > hole => T::NAN,
            _ => q.iter().zip(&weights).fold(T::ZERO, |sum, (&q, &w)| sum.mac(q * q, w)),
        }
    };
    let seed = bytes.byte().into();
    let mut q = vec![T::NAN; rows * cols];
    frame::random(rows, cols, &mut SplitMix64::new(seed), &mut q).unwrap();
    let first = function(&q);
    let mut objective = Closure::new(rows, cols, function);
    let mut scratch = vec![T::NAN; objective.scratch_len()];
    let report = if bytes.flag() {
        let Some(mut search) = pattern(rows, bytes) else { return };
        if bytes.flag() {
            let mut starts = Multistart::new(rows, cols, 3, bytes.flag()).unwrap();
            let (mut best, mut rng) = (vec![T::NAN; rows * cols], SplitMix64::new(seed));
            starts.minimize(&mut objective, &mut q, &mut search, &mut best, &mut scratch, &mut rng)
        } else {
            minimize(&mut objective, &mut q, &mut search, &mut scratch)
        }
    } else {
        // Only `None` suits any function.
        let config = PlaneConfig { evaluations: 1 + u64::from(bytes.byte()) * 8, ..PlaneConfig::default() };
        let Ok(mut search) = PlaneSearch::new(rows, None, config) else { return };
        minimize(&mut objective, &mut q, &mut search, &mut scratch)
    };
    let report = report.unwrap();
    orthonormal(&Matrix::new(rows, cols, q.clone()), 60 + report.moves as usize * 4);
    let Some(value) = report.value else {
        return assert!(!first.is_finite(), "{first} was forgotten");
    };
    let tolerance = rounding(rows * cols, T::from_usize(rows * cols) * largest(&weights).max(T::ONE));
    let tolerance = tolerance * largest(&weights).max(T::ONE);
    assert!(first.is_nan() || value <= first + tolerance, "{first} rose to {value}");
    let last = function(&q);
    assert!((value - last).abs() <= tolerance, "{value} reported, {last} found");
}

/// Any objective on any data: data that are not finite or not symmetric are refused, and on the others a
/// candidate has the value of the rotated frame, also after moves.
fn objectives_agree<T: Real>(rows: usize, cols: usize, bytes: &mut Bytes) {
    let (kind, wild) = (bytes.below(10), bytes.byte() < 64);
    let sources = [Sources::SuperGaussian, Sources::SubGaussian][bytes.below(2)];
    let mut data = |len: usize| if wild { bytes.reals(len) } else { bytes.tames(len) };
    let count = 3;
    let symmetric = |mut matrix: Vec<T>, n: usize| {
        for square in matrix.chunks_exact_mut(n * n) {
            (0..n * n).for_each(|k| square[k] = square[k % n * n + k / n]);
        }
        matrix
    };
    // Large enough for each: cut to length where it is lent.
    let mut buffer = vec![T::NAN; 2000];
    let mut lend = |len: usize| buffer.split_off(buffer.len() - len);
    match kind {
        0 | 1 => {
            let a = symmetric(data(rows * rows), rows);
            let mut buffer = lend(Trace::<T>::buffer_len(rows, cols));
            let objective = if kind == 0 {
                Trace::smallest(rows, cols, &a, &mut buffer)
            } else {
                Trace::largest(rows, cols, &a, &mut buffer)
            };
            candidates_agree(objective, &[&a], wild, bytes);
        }
        2 => {
            let a = symmetric(data(cols * rows * rows), rows);
            let mut buffer = lend(HeterogeneousQuadratic::<T>::buffer_len(rows, cols));
            candidates_agree(HeterogeneousQuadratic::new(rows, cols, &a, &mut buffer), &[&a], wild, bytes);
        }
        3 => {
            let a = symmetric(data(count * rows * rows), rows);
            let mut buffer = lend(JointDiagonalization::<T>::buffer_len(rows, count));
            candidates_agree(JointDiagonalization::new(rows, &a, &mut buffer), &[&a], wild, bytes);
        }
        4 => {
            let (a, b) = (data(count * rows), data(count * cols));
            let mut buffer = lend(Procrustes::<T>::buffer_len(rows, cols));
            candidates_agree(Procrustes::new(rows, cols, &a, &b, &mut buffer), &[&a, &b], wild, bytes);
        }
        5 => {
            let (measured, reference) = (data(count * rows), data(count * cols));
            let mut buffer = lend(Wahba::<T>::buffer_len(rows, cols));
            let objective = Wahba::new(rows, cols, &mut buffer).and_then(|mut wahba| {
                let pairs = measured.chunks_exact(rows).zip(reference.chunks_exact(cols));
                pairs.into_iter().try_for_each(|(b, a)| wahba.add(T::ONE, b, a)).map(|()| wahba)
            });
            candidates_agree(objective, &[&measured, &reference], wild, bytes);
        }
        6 => {
            let x = data(count * rows);
            let mut buffer = lend(Projection::<T, Absolute>::buffer_len(cols, count));
            candidates_agree(Projection::new(rows, cols, &x, Absolute, &mut buffer), &[&x], wild, bytes);
        }
        7 => {
            let x = data(count * rows);
            let mut buffer = lend(Projection::<T, LogCosh>::buffer_len(cols, count));
            let objective = Projection::new(rows, cols, &x, LogCosh(sources), &mut buffer);
            candidates_agree(objective, &[&x], wild, bytes);
        }
        8 => {
            let x = data(count * rows);
            let mut buffer = lend(Projection::<T, Varimax>::buffer_len(cols, count));
            candidates_agree(Projection::new(rows, cols, &x, Varimax, &mut buffer), &[&x], wild, bytes);
            let mut buffer = lend(Projection::<T, Kurtosis>::buffer_len(cols, count));
            let objective = Projection::new(rows, cols, &x, Kurtosis(sources), &mut buffer);
            candidates_agree(objective, &[&x], wild, bytes);
        }
        _ => {
            let landscapes =
                [Landscape::Ackley, Landscape::Griewank, Landscape::Rastrigin, Landscape::Rosenbrock];
            let mut buffer = lend(TestFunction::<T>::buffer_len(rows));
            let objective = TestFunction::new(landscapes[bytes.below(4)], rows, &mut buffer);
            candidates_agree(objective, &[], wild, bytes);
        }
    }
}

fn candidates_agree<T: Real>(
    objective: Result<impl Objective<T>, Error>,
    data: &[&[T]],
    wild: bool,
    bytes: &mut Bytes,
) {
    let mut objective = match objective {
        Ok(objective) => objective,
        Err(error) => {
            assert!(error == Error::NotFinite && !data.iter().all(|data| finite(data)), "{error:?}");
            return;
        }
    };
    assert!(data.iter().all(|data| finite(data)), "{data:?}");
    let (rows, cols) = (objective.rows(), objective.cols());
    let mut q = vec![T::NAN; rows * cols];
    frame::random(rows, cols, &mut SplitMix64::new(bytes.byte().into()), &mut q).unwrap();
    let mut scratch = vec![T::NAN; objective.scratch_len()];
    // What values are sums of: at most quartic in the data.
    let size = data.iter().map(|data| largest(data)).fold(T::ONE, T::max);
    let scale = T::from_usize(rows * rows * cols) * size * size * size * size * T::from_f64(1e3);
    let value = objective.value(&q);
    assert!(wild || value.is_finite(), "{value}");
    for _ in 0..bytes.below(6) {
        let (i, angle) = (bytes.below(rows), bytes.tame::<T>());
        let (plane, rotation) = (Plane { i, j: i + 1 + bytes.below(rows) }, Rotation::new(angle));
        if plane.j >= rows {
            continue;
        }
        let candidate = objective.rotated(&q, plane, rotation, &mut scratch);
        objective.accept(&q, plane, rotation);
        rotation.apply_rows(plane, cols, &mut q);
        let again = objective.rotated(&q, plane, Rotation::IDENTITY, &mut scratch);
        let value = objective.value(&q);
        if !wild {
            close(&[candidate, again], &[value, value], rounding(rows * cols, scale));
        }
    }
}
