//! Reference solutions of ∂ₜu = −c(x)·∇u: values are carried along the paths x' = c(x), which are traced back to the start by the
//! method of Dormand and Prince of order 5 (J. Comput. Appl. Math. 6, 1980) with a step that follows its estimate of the error.

/// Largest estimated error of a step.
const TOLERANCE: f64 = 1e-12;
/// Steps are not shorter: a velocity that is not smooth costs some of them, but no more.
const SHORTEST: f64 = 1e-6;

/// Coefficients of the stages, those of the last one are the step's.
const STAGES: [&[f64]; 6] = [
    &[1.0 / 5.0],
    &[3.0 / 40.0, 9.0 / 40.0],
    &[44.0 / 45.0, -56.0 / 15.0, 32.0 / 9.0],
    &[19372.0 / 6561.0, -25360.0 / 2187.0, 64448.0 / 6561.0, -212.0 / 729.0],
    &[9017.0 / 3168.0, -355.0 / 33.0, 46732.0 / 5247.0, 49.0 / 176.0, -5103.0 / 18656.0],
    &[35.0 / 384.0, 0.0, 500.0 / 1113.0, 125.0 / 192.0, -2187.0 / 6784.0, 11.0 / 84.0],
];
/// Difference of the steps of order 5 and 4.
const ESTIMATE: [f64; 7] =
    [71.0 / 57600.0, 0.0, -71.0 / 16695.0, 71.0 / 1920.0, -17253.0 / 339200.0, 22.0 / 525.0, -1.0 / 40.0];

/// Where a path that is at `place` came from, a `time` before.
pub fn origin<const D: usize>(
    velocity: impl Fn([f64; D]) -> [f64; D],
    mut place: [f64; D],
    time: f64,
) -> [f64; D] {
    let (mut left, mut step) = (time, time.min(0.02));
    let mut rates = [[0.0; D]; 7];
    rates[0] = velocity(place);
    while left > 0.0 {
        let h = step.min(left);
        let mut next = place;
        for (stage, coefficients) in STAGES.iter().enumerate() {
            next = std::array::from_fn(|i| {
                let sum: f64 = coefficients.iter().zip(&rates).map(|(a, rate)| a * rate[i]).sum();
                place[i] - h * sum
            });
            rates[stage + 1] = velocity(next);
        }
        let error = (0..D)
            .map(|i| (h * ESTIMATE.iter().zip(&rates).map(|(e, rate)| e * rate[i]).sum::<f64>()).abs())
            .fold(0.0, f64::max);
        if error <= TOLERANCE || h <= SHORTEST {
            (place, left) = (next, left - h);
            rates[0] = rates[6];
        }
        step = (h * (0.9 * (TOLERANCE / error.max(1e-300)).powf(0.2)).clamp(0.2, 5.0)).max(SHORTEST);
    }
    place
}
