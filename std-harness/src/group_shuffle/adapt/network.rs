//! Small networks for classification: linear layers with rectifiers between them.

use rand_core::Rng;
use reparam::random::{SplitMix64, index};

use super::layer::{Adapter, Layer};
use crate::adam::Adam;
use crate::{Error, Result, interrupt};

/// Images, or what takes their place, and what they show.
#[derive(Clone, Debug, Default)]
pub struct Samples {
    /// One row a sample.
    pub inputs: Vec<f32>,
    /// One class a sample.
    pub labels: Vec<usize>,
}

impl Samples {
    /// The samples at these positions.
    pub fn choose(&self, positions: &[usize]) -> Self {
        let width = self.inputs.len() / self.labels.len().max(1);
        Self {
            inputs: positions.iter().flat_map(|&k| &self.inputs[k * width..][..width]).copied().collect(),
            labels: positions.iter().map(|&k| self.labels[k]).collect(),
        }
    }
}

/// How long to train, with which steps.
#[derive(Clone, Copy, Debug)]
pub struct Training {
    /// Passes over the samples.
    pub epochs: usize,
    /// Samples in a step.
    pub batch: usize,
    /// Size of the first step of Adam; it falls to zero linearly.
    pub rate: f64,
}

/// The network.
#[derive(Clone, Debug)]
pub struct Network {
    layers: Vec<Layer>,
}

/// How well a network does on some samples.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Score {
    /// Share of the samples whose class has the largest output.
    pub accuracy: f64,
    /// Mean cross-entropy.
    pub loss: f64,
}

impl Network {
    /// A network of these widths, to be trained in full.
    pub fn random(widths: &[usize], rng: &mut impl Rng) -> Self {
        Self { layers: widths.windows(2).map(|pair| Layer::random(pair[0], pair[1], rng)).collect() }
    }

    /// The layers, in order.
    pub fn layers(&self) -> &[Layer] {
        &self.layers
    }

    /// The same network with something else to train in each layer.
    pub fn adapted(&self, adapter: impl Fn(&Layer) -> Result<Adapter>, rng: &mut impl Rng) -> Result<Self> {
        let layers = self.layers.iter().map(|layer| Ok(layer.adapted(adapter(layer)?, rng)));
        Ok(Self { layers: layers.collect::<Result<_>>()? })
    }

    /// Number of trained parameters.
    pub fn parameter_len(&self) -> usize {
        self.layers.iter().map(|layer| layer.parameters().len()).sum()
    }

    /// Trains on the samples, in an order that the generator draws. An interruption is an error.
    pub fn train(&mut self, samples: &Samples, training: Training, rng: &mut SplitMix64) -> Result<()> {
        let mut optimizers: Vec<_> =
            self.layers.iter().map(|layer| Adam::new(layer.parameters().len())).collect();
        let mut order: Vec<usize> = (0..samples.labels.len()).collect();
        let steps = training.epochs * order.len().div_ceil(training.batch);
        let mut step = 0;
        for _ in 0..training.epochs {
            if interrupt::asked() {
                return Err(Error::failed("interrupted"));
            }
            shuffle(&mut order, rng);
            for batch in order.chunks(training.batch) {
                let rate = training.rate * (1.0 - step as f64 / steps as f64);
                let (_, gradients) = self.gradients(&samples.choose(batch))?;
                for ((layer, optimizer), gradient) in
                    self.layers.iter_mut().zip(&mut optimizers).zip(gradients)
                {
                    layer.update(|parameters| optimizer.step(rate, parameters, &gradient))?;
                }
                step += 1;
            }
        }
        Ok(())
    }

    /// Mean cross-entropy of a batch and its gradient at the parameters of each layer.
    fn gradients(&self, batch: &Samples) -> Result<(f64, Vec<Vec<f32>>)> {
        let mut passed = Vec::with_capacity(self.layers.len());
        let mut x = batch.inputs.clone();
        for (position, layer) in self.layers.iter().enumerate() {
            let (mut y, trace) = layer.forward(&x)?;
            if position + 1 < self.layers.len() {
                rectify(&mut y);
            }
            passed.push((std::mem::replace(&mut x, y), trace));
        }
        let (score, mut g) = cross_entropy(&x, &batch.labels);
        let mut gradients = Vec::with_capacity(self.layers.len());
        for (layer, (input, trace)) in self.layers.iter().zip(passed).rev() {
            let (gradient, at_input) = layer.backward(trace, g)?;
            gradients.push(gradient);
            g = at_input;
            // A rectifier passes on what it let through. (The first layer has none below it; nobody reads that g.)
            g.iter_mut().zip(input).filter(|(_, x)| *x <= 0.0).for_each(|(g, _)| *g = 0.0);
        }
        gradients.reverse();
        Ok((score.loss, gradients))
    }

    /// Accuracy and loss.
    pub fn score(&self, samples: &Samples) -> Result<Score> {
        let mut x = samples.inputs.clone();
        for (position, layer) in self.layers.iter().enumerate() {
            x = layer.forward(&x)?.0;
            if position + 1 < self.layers.len() {
                rectify(&mut x);
            }
        }
        Ok(cross_entropy(&x, &samples.labels).0)
    }
}

fn rectify(x: &mut [f32]) {
    x.iter_mut().for_each(|x| *x = x.max(0.0));
}

/// Score of the outputs of a batch, and the gradient of its mean cross-entropy.
fn cross_entropy(outputs: &[f32], labels: &[usize]) -> (Score, Vec<f32>) {
    let n = labels.len().max(1) as f32;
    let (mut right, mut loss) = (0usize, 0.0);
    let mut gradient = outputs.to_vec();
    for (row, &label) in gradient.chunks_exact_mut(outputs.len() / labels.len().max(1)).zip(labels) {
        let largest = row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        right += usize::from(row.iter().position(|&x| x == largest) == Some(label));
        let margin = row[label] - largest;
        row.iter_mut().for_each(|x| *x = (*x - largest).exp());
        let sum: f32 = row.iter().sum();
        loss += f64::from(sum.ln() - margin);
        row.iter_mut().for_each(|x| *x /= sum * n);
        row[label] -= 1.0 / n;
    }
    (Score { accuracy: right as f64 / f64::from(n), loss: loss / f64::from(n) }, gradient)
}

/// A uniformly random order.
pub fn shuffle<T>(items: &mut [T], rng: &mut impl Rng) {
    for last in (1..items.len()).rev() {
        items.swap(last, index(rng, (last + 1).try_into().unwrap_or(u32::MAX)) as usize);
    }
}

#[cfg(test)]
mod tests {
    use reparam::random::uniform_in;

    use super::*;
    use crate::group_shuffle::rotation::Rotation;

    fn adapters() -> [Adapter; 5] {
        let rotated = |input, output| Adapter::Rotated { input, output };
        [
            Adapter::Full,
            Adapter::LowRank { rank: 2 },
            rotated(Rotation::group_shuffle(12, 3, 2).unwrap(), None),
            rotated(Rotation::butterfly(12, 6, 2).unwrap(), None),
            rotated(
                Rotation::group_shuffle(12, 4, 2).unwrap(),
                Some(Rotation::group_shuffle(12, 2, 3).unwrap()),
            ),
        ]
    }

    fn batch(rng: &mut SplitMix64) -> Samples {
        Samples {
            inputs: (0..60).map(|_| uniform_in(rng, -1.0, 1.0)).collect(),
            labels: vec![0, 11, 3, 3, 7],
        }
    }

    #[test]
    fn an_adapter_changes_nothing_at_first_and_its_gradients_are_those_of_differences() {
        let mut rng = SplitMix64::new(8);
        let base = Network::random(&[12, 12, 12], &mut rng);
        let batch = batch(&mut rng);
        let loss = base.score(&batch).unwrap().loss;
        for adapter in adapters() {
            let mut network = base.adapted(|_| Ok(adapter.clone()), &mut rng).unwrap();
            assert!((network.score(&batch).unwrap().loss - loss).abs() < 1e-6);
            // Away from the special point.
            for layer in &mut network.layers {
                layer
                    .update(|p| p.iter_mut().for_each(|p| *p += uniform_in(&mut rng, -0.3f32, 0.3)))
                    .unwrap();
            }
            let (loss, gradients) = network.gradients(&batch).unwrap();
            assert_eq!(loss, network.score(&batch).unwrap().loss);
            for (layer, gradient) in gradients.iter().enumerate() {
                assert_eq!(gradient.len(), network.layers[layer].parameters().len());
                for k in (0..gradient.len()).step_by(5) {
                    let moved = |by: f32| {
                        let mut network = network.clone();
                        network.layers[layer].update(|p| p[k] += by).unwrap();
                        network.score(&batch).unwrap().loss
                    };
                    let difference = (moved(2e-3) - moved(-2e-3)) / 4e-3;
                    let gradient = f64::from(gradient[k]);
                    let error = (difference - gradient).abs();
                    assert!(
                        error < 1e-3 + 0.02 * gradient.abs(),
                        "{adapter:?} {layer} {k}: {difference} {gradient}"
                    );
                }
            }
        }
    }

    #[test]
    fn a_network_learns_what_can_be_learned() {
        let mut rng = SplitMix64::new(1);
        let mut samples = Samples::default();
        for _ in 0..200 {
            let x: [f32; 2] = [uniform_in(&mut rng, -1.0, 1.0), uniform_in(&mut rng, -1.0, 1.0)];
            samples.inputs.extend(x);
            samples.labels.push(usize::from(x[0] * x[1] > 0.0));
        }
        let mut network = Network::random(&[2, 16, 2], &mut rng);
        let training = Training { epochs: 100, batch: 20, rate: 0.02 };
        network.train(&samples, training, &mut rng).unwrap();
        assert!(network.score(&samples).unwrap().accuracy > 0.95);
    }
}
