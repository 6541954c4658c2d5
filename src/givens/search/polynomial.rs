use crate::Real;
use crate::givens::objective::Degree;

const MAX_DEGREE: usize = 4;

/// The value along one plane relative to angle 0: `Σ_k a_k (cos kθ − 1) + b_k sin kθ`.
///
/// Gathered from values at the angles `2πm/(2·degree + 1)`, m = 1…2·degree. That the constant never appears
/// keeps small differences of large values exact.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(super) struct TrigPolynomial<T> {
    cosine: [T; MAX_DEGREE],
    sine: [T; MAX_DEGREE],
}

/// A minimum over the circle.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Minimum<T> {
    /// Angle in radians, within one grid step of [0, 2π).
    pub(super) angle: T,
    /// Value there minus value at angle 0; never above 0.
    pub(super) change: T,
}

/// cos and sin of 2π/5 and 2π/9.
const FIFTH: (f64, f64) = (0.309_016_994_374_947_45, 0.951_056_516_295_153_5);
const NINTH: (f64, f64) = (0.766_044_443_118_978, 0.642_787_609_686_539_3);

/// The product of two complex numbers.
#[inline(always)]
fn times<T: Real>(x: (T, T), y: (T, T)) -> (T, T) {
    ((x.0 * y.0).mac(-x.1, y.1), (x.0 * y.1).mac(x.1, y.0))
}

/// cos and sin of the angle between sampling points.
pub(super) fn sampling_step<T: Real>(degree: Degree) -> (T, T) {
    let (c, s) = match degree {
        Degree::Two => FIFTH,
        Degree::Four => NINTH,
    };
    (T::from_f64(c), T::from_f64(s))
}

impl<T: Real> TrigPolynomial<T> {
    /// Adds the sample at the angle with this cosine and sine; `difference` is to the value at angle 0.
    pub(super) fn gather(&mut self, degree: Degree, at: (T, T), difference: T) {
        let weight = difference * T::TWO / T::from_usize(2 * degree.get() + 1);
        let mut power = at;
        for (a, b) in self.cosine.iter_mut().zip(&mut self.sine).take(degree.get()) {
            *a = a.mac(weight, power.0);
            *b = b.mac(weight, power.1);
            power = times(power, at);
        }
    }

    /// Value at the angle with this cosine and sine.
    fn value(&self, at: (T, T)) -> T {
        let mut power = at;
        let mut sum = T::ZERO;
        for (&a, &b) in self.cosine.iter().zip(&self.sine) {
            sum = sum.mac(a, power.0 - T::ONE).mac(b, power.1);
            power = times(power, at);
        }
        sum
    }

    /// First and second derivative at the angle with this cosine and sine.
    fn derivatives(&self, at: (T, T)) -> (T, T) {
        let mut power = at;
        let (mut first, mut second, mut k) = (T::ZERO, T::ZERO, T::ONE);
        for (&a, &b) in self.cosine.iter().zip(&self.sine) {
            first = first.mac(k, (b * power.0).mac(-a, power.1));
            second = second.mac(-k * k, (a * power.0).mac(b, power.1));
            power = times(power, at);
            k += T::ONE;
        }
        (first, second)
    }

    /// The global minimum: every minimum on a grid of eight points a period of the highest harmonic is
    /// refined by Newton's iteration, kept within the neighbouring grid points by bisection.
    ///
    /// Coefficients must be finite. Cost: `8·degree` evaluations of the polynomial and about five Newton
    /// steps for each of at most `degree` minima.
    pub(super) fn minimum(&self, degree: Degree) -> Minimum<T> {
        let points = 8 * degree.get();
        let spacing = T::TAU / T::from_usize(points);
        let (s, c) = spacing.sin_cos();
        let grid = |index: usize| spacing * T::from_usize(index);
        let mut best = Minimum { angle: T::ZERO, change: T::ZERO };
        // A window of three neighbours walks once around the circle; it starts at −1, 0, 1.
        let mut at = (c, s);
        let (mut left, mut middle) = (self.value((c, -s)), T::ZERO);
        for index in 0..points {
            let right = self.value(at);
            if middle <= left && middle <= right {
                let found = self.refine(grid(index), spacing, middle);
                if found.change < best.change {
                    best = found;
                }
            }
            (left, middle) = (middle, right);
            at = times(at, (c, s));
        }
        best
    }

    /// The minimum between the neighbours of a grid point that is not above them.
    fn refine(&self, start: T, spacing: T, value: T) -> Minimum<T> {
        const STEPS: usize = 24;
        let mut best = Minimum { angle: start, change: value };
        // Offsets from the grid point keep the relative accuracy of small angles at angle 0.
        let (mut low, mut high, mut angle) = (start - spacing, start + spacing, start);
        for _ in 0..STEPS {
            let (s, c) = angle.sin_cos();
            let (first, second) = self.derivatives((c, s));
            if first > T::ZERO {
                high = angle;
            } else {
                low = angle;
            }
            let newton = angle - first / second;
            let next = if second > T::ZERO && newton > low && newton < high {
                newton
            } else if second > T::ZERO && newton == angle {
                break;
            } else {
                (low + high) * T::HALF
            };
            let settled = (next - angle).abs() <= T::EPSILON * angle.abs();
            angle = next;
            if settled {
                break;
            }
        }
        let (s, c) = angle.sin_cos();
        let change = self.value((c, s));
        if change < best.change {
            best = Minimum { angle, change };
        }
        best
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::SplitMix64;

    fn gathered<T: Real>(degree: Degree, function: impl Fn(T) -> T) -> TrigPolynomial<T> {
        let mut polynomial = TrigPolynomial::default();
        let step = sampling_step(degree);
        let mut at = step;
        for m in 1..=2 * degree.get() {
            let angle = T::TAU * T::from_usize(m) / T::from_usize(2 * degree.get() + 1);
            polynomial.gather(degree, at, function(angle) - function(T::ZERO));
            at = times(at, step);
        }
        polynomial
    }

    /// Random coefficients, every tenth polynomial with two equally deep minima.
    fn random(rng: &mut SplitMix64, degree: Degree, trial: usize) -> ([f64; 4], [f64; 4]) {
        let mut draw = |k: usize| -> f64 {
            let sample = 2.0 * crate::random::uniform::<f64, _>(rng) - 1.0;
            if k > degree.get() || (trial % 10 == 0 && k % 2 == 1) { 0.0 } else { sample }
        };
        (core::array::from_fn(|k| draw(k + 1)), core::array::from_fn(|k| draw(k + 1)))
    }

    #[test]
    fn minimum_is_global() {
        const FINE: usize = 20_000;
        let mut rng = SplitMix64::new(7);
        for degree in [Degree::Two, Degree::Four] {
            for trial in 0..200 {
                let (a, b) = random(&mut rng, degree, trial);
                let function = |angle: f64| -> f64 {
                    (0..4)
                        .map(|k| {
                            let (s, c) = ((k + 1) as f64 * angle).sin_cos();
                            a[k] * c + b[k] * s
                        })
                        .sum()
                };
                let found = gathered(degree, function).minimum(degree);
                let brute = (0..FINE)
                    .map(|m| function(core::f64::consts::TAU * m as f64 / FINE as f64) - function(0.0))
                    .fold(f64::INFINITY, f64::min);
                assert!(found.change <= brute + 1e-12, "{degree:?} {trial}: {found:?} above {brute}");
                let direct = function(found.angle) - function(0.0);
                assert!((found.change - direct).abs() < 1e-13, "{degree:?} {trial}: {found:?}, {direct}");
            }
        }
    }

    #[test]
    fn small_angles_keep_relative_accuracy() {
        // −cos(θ − δ): the minimum is at δ however small δ is.
        for delta in [1e-3f64, 1e-8, 1e-12] {
            let polynomial =
                TrigPolynomial { cosine: [-delta.cos(), 0.0, 0.0, 0.0], sine: [-delta.sin(), 0.0, 0.0, 0.0] };
            let first = polynomial.refine(0.0, 0.3, 0.0);
            let angle = if first.change < 0.0 { first.angle } else { delta };
            assert!((angle / delta - 1.0).abs() < 1e-9, "{delta}: {first:?}");
        }
    }
}
