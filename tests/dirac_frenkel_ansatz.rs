//! Ansätze: numbers of weights, golden numbers from an independent numpy program (complex steps, Cauchy integrals), central
//! differences, `f32` beside `f64`, the starting weights that other tests use.

mod dirac_frenkel_problems;

use std::collections::BTreeMap;
use std::f64::consts::{FRAC_PI_2, PI, TAU};

use proptest::prelude::*;
use reparam::Real;
use reparam::dirac_frenkel::ansatz::network::{Embedding, Network, Shape, scratch_len};
use reparam::dirac_frenkel::ansatz::{Gaussians, Positive, Sines};
use reparam::dirac_frenkel::{Ansatz, Error, Jet};
use reparam::random::{SplitMix64, gaussian};

use dirac_frenkel_problems as problems;

/// A network with its buffers on the heap.
struct Owned<T> {
    shape: Shape,
    periods: Vec<T>,
    scratch: Vec<T>,
}

impl<T: Real> Owned<T> {
    fn new(shape: Shape, periods: &[f64]) -> Self {
        let periods = periods.iter().map(|&period| T::from_f64(period)).collect();
        Self { shape, periods, scratch: vec![T::NAN; scratch_len(shape)] }
    }

    fn network(&mut self) -> Network<'_, T> {
        Network::new(self.shape, &self.periods, &mut self.scratch).unwrap()
    }
}

impl<T: Real> Ansatz<T> for Owned<T> {
    fn weights(&self) -> usize {
        self.shape.weights()
    }
    fn dim(&self) -> usize {
        self.shape.dim()
    }
    fn jets(&mut self, theta: &[T], x: &[T], jets: &mut [Jet<T>]) -> Result<(), Error> {
        self.network().jets(theta, x, jets)
    }
    fn gradient(&mut self, theta: &[T], x: &[T], gradient: &mut [T]) -> Result<T, Error> {
        self.network().gradient(theta, x, gradient)
    }
}

fn shape(dim: usize, width: usize, layers: usize, embedding: Embedding) -> Shape {
    Shape::new(dim, width, layers, embedding).unwrap()
}

fn jets<T: Real>(ansatz: &mut dyn Ansatz<T>, theta: &[T], x: &[T]) -> Vec<Jet<T>> {
    let mut jets = vec![Jet { value: T::NAN, first: T::NAN, second: T::NAN, third: T::NAN }; ansatz.dim()];
    ansatz.jets(theta, x, &mut jets).unwrap();
    jets
}

fn gradient<T: Real>(ansatz: &mut dyn Ansatz<T>, theta: &[T], x: &[T]) -> (T, Vec<T>) {
    let mut gradient = vec![T::NAN; ansatz.weights()];
    let value = ansatz.gradient(theta, x, &mut gradient).unwrap();
    (value, gradient)
}

fn array<T: Real>(jet: Jet<T>) -> [T; 4] {
    [jet.value, jet.first, jet.second, jet.third]
}

fn random(len: usize, scale: f64, seed: u64) -> Vec<f64> {
    let mut rng = SplitMix64::new(seed);
    (0..len).map(|_| scale * gaussian::<f64, _>(&mut rng)).collect()
}

/// Name, ansatz, weights that keep it moderate.
type Case<T> = (&'static str, Box<dyn Ansatz<T>>, Vec<f64>);

/// Every kind of ansatz.
fn all<T: Real>(seed: u64) -> Vec<Case<T>> {
    let networks = [
        ("5 1", shape(1, 5, 1, Embedding::Phases)),
        ("6 3", shape(1, 6, 3, Embedding::Phases)),
        ("no layer", shape(1, 3, 0, Embedding::Full)),
        ("width 1", shape(2, 1, 2, Embedding::Full)),
        ("2-D", shape(2, 4, 2, Embedding::Phases)),
        ("2-D full", shape(2, 4, 2, Embedding::Full)),
        ("5-D full", shape(5, 3, 3, Embedding::Full)),
    ];
    let period = T::from_f64(3.0);
    let (circle, line) = (Gaussians::periodic(4, period).unwrap(), Gaussians::line(3).unwrap());
    let positive = Positive(Owned::<T>::new(shape(2, 3, 1, Embedding::Phases), &[2.0, 3.0]));
    let mut ansaetze: Vec<(&'static str, Box<dyn Ansatz<T>>)> = vec![
        ("circle", Box::new(circle)),
        ("line", Box::new(line)),
        ("sines", Box::new(Sines::new(3, period).unwrap())),
        ("positive", Box::new(positive)),
    ];
    for (name, shape) in networks {
        let periods: Vec<f64> = (0..shape.dim()).map(|i| 2.0 + 0.5 * i as f64).collect();
        ansaetze.push((name, Box::new(Owned::<T>::new(shape, &periods))));
    }
    let with_weights = |(name, ansatz): (_, Box<dyn Ansatz<T>>)| {
        let theta = random(ansatz.weights(), 0.6, seed);
        (name, ansatz, theta)
    };
    ansaetze.into_iter().map(with_weights).collect()
}

/// f′(0) by the central difference of fourth order.
fn difference(mut f: impl FnMut(f64) -> f64, h: f64) -> f64 {
    (8.0 * (f(h) - f(-h)) - (f(2.0 * h) - f(-2.0 * h))) / (12.0 * h)
}

#[test]
fn numbers_of_weights() {
    use Embedding::{Full, Phases};
    let count = |dim, width, layers, embedding| shape(dim, width, layers, embedding).weights();
    assert_eq!(count(1, 10, 4, Phases), 461);
    assert_eq!(count(2, 32, 3, Phases), 3265);
    assert_eq!(count(5, 20, 3, Full), 1581);
    assert_eq!(count(1, 5, 1, Phases), 41);
    assert_eq!(count(1, 6, 3, Phases), 139);
    let mut owned = Owned::<f64>::new(shape(2, 32, 3, Phases), &[2.0, 2.0]);
    let network = owned.network();
    assert_eq!((network.weights(), network.dim(), network.shape().width()), (3265, 2, 32));
    assert_eq!(Ansatz::<f64>::weights(&Gaussians::periodic(10, 60.0).unwrap()), 30);
    assert_eq!(Ansatz::<f64>::weights(&Sines::new(1, TAU).unwrap()), 2);
}

/// Name of a case and its arrays: columns, elements.
fn golden() -> BTreeMap<&'static str, BTreeMap<&'static str, (usize, Vec<f64>)>> {
    let mut cases = BTreeMap::<_, BTreeMap<_, _>>::new();
    for line in include_str!("reference/dirac_frenkel_ansatz.txt").lines() {
        let words: Vec<_> = line.split(' ').collect();
        let (rows, cols): (usize, usize) = (words[2].parse().unwrap(), words[3].parse().unwrap());
        let elements: Vec<f64> = words[4..].iter().map(|x| x.parse().unwrap()).collect();
        assert_eq!(elements.len(), rows * cols);
        cases.entry(words[0]).or_default().insert(words[1], (cols, elements));
    }
    assert_eq!(cases.len(), 9);
    cases
}

fn assert_close(what: &str, actual: &[f64], expected: &[f64], tolerance: f64) {
    assert_eq!(actual.len(), expected.len(), "{what}");
    let scale = expected.iter().fold(0.0, |largest: f64, x| largest.max(x.abs()));
    for (k, (actual, expected)) in actual.iter().zip(expected).enumerate() {
        let close = (actual - expected).abs() <= tolerance * scale;
        assert!(close, "{what}, {k}: {actual} instead of {expected}, scale {scale}");
    }
}

#[test]
fn values_jets_and_gradients_agree_with_numpy() {
    for (name, case) in golden() {
        let (dim, periods) = &case["periods"];
        let theta = &case["weights"].1;
        let mut ansatz: Box<dyn Ansatz<f64>> = match name.split('_').collect::<Vec<_>>()[..] {
            ["gaussians", "line"] => Box::new(Gaussians::line(theta.len() / 3).unwrap()),
            ["gaussians", _] => Box::new(Gaussians::periodic(theta.len() / 3, periods[0]).unwrap()),
            ["sines"] => Box::new(Sines::new(theta.len() / 2, periods[0]).unwrap()),
            ["network", "41"] => Box::new(Owned::new(shape(1, 5, 1, Embedding::Phases), periods)),
            ["network", "139"] => Box::new(Owned::new(shape(1, 6, 3, Embedding::Phases), periods)),
            ["network", dim, width, layers, embedding] => {
                let embedding = if embedding == "full" { Embedding::Full } else { Embedding::Phases };
                let [dim, width, layers] = [dim, width, layers].map(|size| size.parse().unwrap());
                Box::new(Owned::new(shape(dim, width, layers, embedding), periods))
            }
            _ => panic!("{name}"),
        };
        assert_eq!(ansatz.weights(), theta.len(), "{name}");
        assert_eq!(ansatz.dim(), *dim, "{name}");
        let (mut values, mut gradients) = (Vec::new(), Vec::new());
        let mut derivatives = [const { Vec::new() }; 3];
        for x in case["points"].1.chunks_exact(*dim) {
            let (value, row) = gradient(&mut *ansatz, theta, x);
            values.push(value);
            gradients.extend(row);
            for jet in jets(&mut *ansatz, theta, x) {
                assert!((jet.value - value).abs() <= 1e-13 * (1.0 + value.abs()), "{name}: {jet:?}, {value}");
                derivatives
                    .iter_mut()
                    .zip([jet.first, jet.second, jet.third])
                    .for_each(|(all, x)| all.push(x));
            }
        }
        assert_close(name, &values, &case["values"].1, 1e-10);
        assert_close(name, &gradients, &case["gradients"].1, 1e-10);
        for (order, derivatives) in derivatives.iter().enumerate() {
            let expected: Vec<f64> = case["jets"].1.iter().skip(order).step_by(3).copied().collect();
            assert_close(&format!("{name}, derivative {}", order + 1), derivatives, &expected, 1e-10);
        }
    }
}

proptest! {
    #[test]
    fn derivatives_agree_with_central_differences(seed: u64, x in prop::array::uniform5(-2.0f64..2.0)) {
        for (name, mut ansatz, mut theta) in all::<f64>(seed) {
            let mut x = x[..ansatz.dim()].to_vec();
            let (value, exact) = gradient(&mut *ansatz, &theta, &x);
            let mut numeric = Vec::new();
            for k in 0..theta.len() {
                let at = theta[k];
                numeric.push(difference(|h| { theta[k] = at + h; gradient(&mut *ansatz, &theta, &x).0 }, 2e-3));
                theta[k] = at;
            }
            assert_close(name, &numeric, &exact, 1e-6);

            for (i, jet) in jets(&mut *ansatz, &theta, &x).into_iter().enumerate() {
                let jet = array(jet);
                prop_assert!((jet[0] - value).abs() <= 1e-13 * (1.0 + value.abs()), "{name}: {jet:?}, {value}");
                let at = x[i];
                for order in 1..4 {
                    let f = |h| { x[i] = at + h; array(jets(&mut *ansatz, &theta, &x)[i])[order - 1] };
                    let numeric = difference(f, 3e-4);
                    x[i] = at;
                    let scale = jet.iter().fold(1e-2, |largest: f64, x| largest.max(x.abs()));
                    prop_assert!((numeric - jet[order]).abs() <= 1e-6 * scale, "{name}, {order}: {numeric}, {jet:?}");
                }
            }
        }
    }

    #[test]
    fn any_numbers_have_an_answer(
        theta in prop::collection::vec(prop::num::f32::ANY, 60..61),
        x in prop::array::uniform5(prop::num::f32::ANY),
    ) {
        for (_, mut ansatz, _) in all::<f32>(0) {
            let theta: Vec<f32> = theta.iter().cycle().take(ansatz.weights()).copied().collect();
            let x = &x[..ansatz.dim()];
            gradient(&mut *ansatz, &theta, x);
            jets(&mut *ansatz, &theta, x);
        }
    }
}

/// What an ansatz says at some points: values, gradients, derivatives order by order.
fn survey<T: Real>(ansatz: &mut dyn Ansatz<T>, theta: &[T]) -> [Vec<f64>; 5] {
    let mut found = [const { Vec::new() }; 5];
    for k in 0..30 {
        let x: Vec<T> = (0..ansatz.dim()).map(|i| T::from_f32((k * (i + 3)) as f32 * 0.04 - 1.5)).collect();
        let (value, row) = gradient(ansatz, theta, &x);
        found[0].push(value.to_f64());
        found[1].extend(row.iter().map(|x| x.to_f64()));
        for jet in jets(ansatz, theta, &x) {
            found[2..].iter_mut().zip(&array(jet)[1..]).for_each(|(all, x)| all.push(x.to_f64()));
        }
    }
    found
}

#[test]
fn single_precision_agrees_with_double() {
    for seed in 0..40 {
        for ((name, mut double, theta), (_, mut single, _)) in
            all::<f64>(seed).into_iter().zip(all::<f32>(seed))
        {
            let theta: Vec<f32> = theta.iter().map(|&theta| theta as f32).collect();
            let near = survey(&mut *single, &theta);
            let exact =
                survey(&mut *double, &theta.iter().map(|&theta| f64::from(theta)).collect::<Vec<_>>());
            for (near, exact) in near.iter().zip(&exact) {
                assert_close(name, near, exact, 1e-5);
            }
        }
    }
}

#[test]
fn a_point_one_period_on_has_the_same_jet() {
    for (name, mut ansatz, theta) in all::<f64>(3) {
        let periods: &[f64] = match name {
            "line" => continue,
            "circle" | "sines" => &[3.0],
            "positive" => &[2.0, 3.0],
            _ => &[2.0, 2.5, 3.0, 3.5, 4.0],
        };
        let mut x = [0.3, -0.2, 0.5, 0.1, -0.7][..ansatz.dim()].to_vec();
        let here: Vec<f64> = jets(&mut *ansatz, &theta, &x).into_iter().flat_map(array).collect();
        x.iter_mut().zip(periods).for_each(|(x, period)| *x -= 2.0 * period);
        let there: Vec<f64> = jets(&mut *ansatz, &theta, &x).into_iter().flat_map(array).collect();
        assert_close(name, &there, &here, 1e-12);
    }
}

/// Two of equal shape and center: ∂û/∂θ has three independent columns of six, the ones of the second are multiples of the first.
#[test]
fn redundant_gaussians_have_proportional_columns() {
    let mut gaussians = Gaussians::periodic(2, 2.0).unwrap();
    let theta = [0.8, 0.2, 3.0, 3.0, -0.2, -0.2];
    for x in problems::grid(-1.0, 1.0, 16) {
        let (value, row) = gradient(&mut gaussians, &theta, &[x]);
        let [c1, c2, w1, w2, b1, b2] = row[..] else { panic!("six weights") };
        assert!(c1 == c2 && (value - c1).abs() <= 1e-15);
        assert!((w1 - 4.0 * w2).abs() <= 1e-15 && (b1 - 4.0 * b2).abs() <= 1e-15);
        // To move both centers is to move the function.
        let [jet] = jets(&mut gaussians, &theta, &[x])[..] else { panic!("one coordinate") };
        assert!((b1 + b2 + jet.first).abs() <= 1e-14);
    }
}

/// û = sin(x + t) of the advection–reaction example at θ = (t, π/2 − t), and what is lost at its turning points.
#[test]
fn sines_at_a_turning_point_have_a_zero_column() {
    let mut sines = Sines::new(1, TAU).unwrap();
    for x in problems::grid(0.0, TAU, 8) {
        let (value, row) = gradient(&mut sines, &[FRAC_PI_2, 0.4], &[x]);
        assert!((value - x.sin() - 0.4f64.sin() * x.cos()).abs() <= 1e-15);
        assert!(row[0].abs() <= 1e-16 && (row[1] - 0.4f64.cos() * x.cos()).abs() <= 1e-15);
    }
}

#[test]
fn solitons_satisfy_their_equation() {
    let xs = problems::grid(-20.0, 40.0, 601);
    for t in [0.0, 0.7, 2.0, 4.0] {
        let mut largest = (0f64, 0f64);
        for &x in &xs {
            let u = |dx: f64, dt: f64| problems::two_soliton(x + dx, t + dt);
            let by_t = difference(|h| u(0.0, h), 1e-3);
            let by_x = difference(|h| u(h, 0.0), 1e-3);
            let h = 1e-2;
            let third =
                (u(2.0 * h, 0.0) - 2.0 * u(h, 0.0) + 2.0 * u(-h, 0.0) - u(-2.0 * h, 0.0)) / (2.0 * h.powi(3));
            let jet = Jet { value: u(0.0, 0.0), first: by_x, second: f64::NAN, third };
            let residual = by_t - problems::korteweg_de_vries(&jet);
            largest = (largest.0.max(residual.abs()), largest.1.max(by_t.abs()));
        }
        assert!(largest.0 <= 1e-3 * largest.1, "{t}: {largest:?}");
        assert!(problems::two_soliton(-20.0, t).max(problems::two_soliton(40.0, t)) <= 2e-8);
    }
}

/// The order of the weights is that of the stored fits.
#[test]
fn stored_weights_fit_their_starts() {
    let fit = |ansatz: &mut dyn Ansatz<f64>, theta: &[f64], xs: &[f64], start: &dyn Fn(f64) -> f64| {
        let u: Vec<f64> = xs.iter().map(|&x| jets(ansatz, theta, &[x])[0].value).collect();
        let exact: Vec<f64> = xs.iter().map(|&x| start(x)).collect();
        problems::relative_error(&u, &exact)
    };
    let mut soliton = Gaussians::periodic(10, 60.0).unwrap();
    let mut burgers = Owned::new(shape(1, 5, 1, Embedding::Phases), &[2.0]);
    let mut allen_cahn = Owned::new(shape(1, 5, 1, Embedding::Phases), &[TAU]);
    let mut detonation = Owned::new(shape(1, 6, 3, Embedding::Phases), &[2.0 * PI]);
    let rdw = problems::weights("rdw_1");
    let (eta, lambda) = rdw.split_at(139);
    let (line, circle) = (problems::grid(-1.0, 1.0, 512), problems::grid(0.0, TAU, 512));
    let fits = [
        (
            4.3e-5,
            fit(&mut soliton, &problems::weights("kdv_11"), &problems::grid(-20.0, 40.0, 512), &|x| {
                problems::two_soliton(x, 0.0)
            }),
        ),
        (1.32e-4, fit(&mut burgers, &problems::weights("burgers_1"), &line, &problems::burgers_start)),
        (1.18e-4, fit(&mut burgers, &problems::weights("burgers_2"), &line, &problems::burgers_start)),
        (4.8e-5, fit(&mut allen_cahn, &problems::weights("ac_1"), &circle, &problems::allen_cahn_start)),
        (1.2e-5, fit(&mut detonation, eta, &circle, &|x| problems::detonation_start(x)[0])),
        (1.7e-7, fit(&mut detonation, lambda, &circle, &|x| problems::detonation_start(x)[1])),
    ];
    for (bound, error) in fits {
        assert!(error <= bound && error >= 0.9 * bound, "{fits:?}");
    }
}

#[test]
fn wrong_lengths_and_settings_are_refused() {
    for (name, mut ansatz, theta) in all::<f64>(1) {
        let (n, dim) = (ansatz.weights(), ansatz.dim());
        let (x, mut row, mut out) = (vec![0.1; dim + 1], vec![7.0; n + 1], vec![Jet::default(); dim + 1]);
        let expect = |expected, found| Err(Error::Length { expected, found });
        let theta = [theta, vec![0.0]].concat();
        for off in [n - 1, n + 1] {
            assert_eq!(ansatz.gradient(&theta[..off], &x[..dim], &mut row[..n]), expect(n, off), "{name}");
            assert_eq!(ansatz.gradient(&theta[..n], &x[..dim], &mut row[..off]), expect(n, off), "{name}");
            assert_eq!(
                ansatz.jets(&theta[..off], &x[..dim], &mut out[..dim]).map(|()| 0.0),
                expect(n, off),
                "{name}"
            );
        }
        for off in [dim - 1, dim + 1] {
            assert_eq!(ansatz.gradient(&theta[..n], &x[..off], &mut row[..n]), expect(dim, off), "{name}");
            assert_eq!(
                ansatz.jets(&theta[..n], &x[..off], &mut out[..dim]).map(|()| 0.0),
                expect(dim, off),
                "{name}"
            );
            assert_eq!(
                ansatz.jets(&theta[..n], &x[..dim], &mut out[..off]).map(|()| 0.0),
                expect(dim, off),
                "{name}"
            );
        }
        assert!(row.iter().all(|&x| x == 7.0) && out.iter().all(|&jet| jet == Jet::default()), "{name}");
    }

    assert_eq!(Gaussians::<f64>::line(0), Err(Error::Size));
    assert_eq!(Gaussians::<f64>::line(usize::MAX / 2), Err(Error::Size));
    assert_eq!(Sines::<f64>::new(0, 1.0), Err(Error::Size));
    assert_eq!(Sines::<f64>::new(usize::MAX, 1.0), Err(Error::Size));
    for period in [0.0, -1.0, f64::INFINITY, f64::NAN] {
        assert_eq!(Gaussians::periodic(1, period), Err(Error::Setting { name: "period" }));
        assert_eq!(Sines::new(1, period), Err(Error::Setting { name: "period" }));
        let shape = shape(2, 1, 1, Embedding::Phases);
        let refused = Network::new(shape, &[1.0, period], &mut [0.0; 8]).err();
        assert_eq!(refused, Some(Error::Setting { name: "periods" }));
        assert_eq!(
            Network::new(shape, &[1.0], &mut [0.0; 8]).err(),
            Some(Error::Length { expected: 2, found: 1 })
        );
        let refused = Network::new(shape, &[1.0, 1.0], &mut [0.0; 9]).err();
        assert_eq!(refused, Some(Error::Length { expected: 8, found: 9 }));
    }
    let big = usize::MAX / 4;
    for (dim, width, layers) in
        [(0, 1, 1), (1, 0, 1), (big, 5, 1), (1, big, 1), (1, 1 << 20, big), (1, 2, usize::MAX)]
    {
        assert_eq!(
            Shape::new(dim, width, layers, Embedding::Full),
            Err(Error::Size),
            "{dim} {width} {layers}"
        );
    }
}
