//! Adam, the optimizer of whatever is trained by gradients.

use reparam::Real;

/// State of the optimizer for one vector of parameters (Kingma and Ba 2015), with its usual decay rates 0.9 and
/// 0.999.
#[derive(Clone, Debug)]
pub struct Adam<T> {
    mean: Vec<T>,
    square: Vec<T>,
    /// 1 − βᵗ of both after t steps.
    corrections: [f64; 2],
}

const DECAY: [f64; 2] = [0.9, 0.999];

impl<T: Real> Adam<T> {
    /// Before the first step.
    pub fn new(parameters: usize) -> Self {
        Self { mean: vec![T::ZERO; parameters], square: vec![T::ZERO; parameters], corrections: [0.0; 2] }
    }

    /// Moves the parameters against the gradient.
    pub fn step(&mut self, rate: f64, parameters: &mut [T], gradient: &[T]) {
        for (correction, decay) in self.corrections.iter_mut().zip(DECAY) {
            *correction = 1.0 - decay * (1.0 - *correction);
        }
        let [first, second] = DECAY.map(T::from_f64);
        let step = T::from_f64(rate / self.corrections[0]);
        let unbias = T::from_f64(1.0 / self.corrections[1]);
        let moments = self.mean.iter_mut().zip(&mut self.square);
        for ((parameter, &g), (mean, square)) in parameters.iter_mut().zip(gradient).zip(moments) {
            *mean = first * *mean + (T::ONE - first) * g;
            *square = second * *square + (T::ONE - second) * (g * g);
            *parameter -= step * *mean / ((*square * unbias).sqrt() + T::from_f64(1e-8));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_step_has_the_length_of_the_rate_and_a_bowl_is_descended() {
        let mut x = [3.0f64, -1e-3];
        let mut adam = Adam::new(2);
        adam.step(0.1, &mut x, &[5.0, -2e-4]);
        assert!((x[0] - 2.9).abs() < 1e-8 && (x[1] - 0.099).abs() < 1e-5);
        for _ in 0..2000 {
            let gradient = [2.0 * (x[0] - 1.0), 200.0 * (x[1] + 2.0)];
            adam.step(0.01, &mut x, &gradient);
        }
        assert!((x[0] - 1.0).abs() < 1e-3 && (x[1] + 2.0).abs() < 1e-3, "{x:?}");
    }
}
