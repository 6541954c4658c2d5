//! A linear layer with something to train in it.

use rand_core::Rng;
use reparam::dense::product;
use reparam::random::fill_gaussian;

use crate::group_shuffle::rotation::Rotation;
use crate::{Error, Result};

/// What is trained in a layer y = W x + c.
#[derive(Clone, Debug)]
pub enum Adapter {
    /// Nothing.
    Frozen,
    /// W and c.
    Full,
    /// A and B of y = W x + B A x + c: A random, B zero at first.
    LowRank {
        /// Rows of A.
        rank: usize,
    },
    /// Q, U and s of y = s ∘ U W Q x + c: identities and ones at first. Q on the input is the transpose of what
    /// multiplies a weight of the shape inputs × outputs.
    Rotated {
        /// Q.
        input: Rotation<f32>,
        /// U, in the two-sided form.
        output: Option<Rotation<f32>>,
    },
}

/// The layer. Vectors are rows: a batch is a matrix of one row a sample.
#[derive(Clone, Debug)]
pub struct Layer {
    inputs: usize,
    outputs: usize,
    weight: Vec<f32>,
    bias: Vec<f32>,
    adapter: Adapter,
    /// What is trained: [W, c], [A, B], or [θ of Q, θ of U, s].
    parameters: Vec<f32>,
}

/// What the forward pass leaves for the backward pass.
#[derive(Debug)]
pub struct Trace {
    /// What W is multiplied with: the input, rotated if there is a Q.
    input: Vec<f32>,
    /// A x.
    low: Vec<f32>,
    /// W Q x before scaling, rotated if there is a U.
    unscaled: Vec<f32>,
}

impl Layer {
    /// A new layer to be trained in full: Gaussian weights of variance 2/inputs, no bias.
    pub fn random(inputs: usize, outputs: usize, rng: &mut impl Rng) -> Self {
        let mut weight = gaussian(inputs * outputs, (2.0 / inputs as f32).sqrt(), rng);
        let bias = vec![0.0; outputs];
        weight.extend(&bias);
        Self {
            inputs,
            outputs,
            weight: Vec::new(),
            bias: Vec::new(),
            adapter: Adapter::Full,
            parameters: weight,
        }
    }

    /// Length of an input.
    pub fn inputs(&self) -> usize {
        self.inputs
    }

    /// Length of an output.
    pub fn outputs(&self) -> usize {
        self.outputs
    }

    /// W, `outputs` × `inputs`.
    pub fn weight(&self) -> &[f32] {
        match self.adapter {
            Adapter::Full => &self.parameters[..self.inputs * self.outputs],
            _ => &self.weight,
        }
    }

    /// c.
    pub fn bias(&self) -> &[f32] {
        match self.adapter {
            Adapter::Full => &self.parameters[self.inputs * self.outputs..],
            _ => &self.bias,
        }
    }

    /// What is trained, with its parameters in it.
    pub fn adapter(&self) -> &Adapter {
        &self.adapter
    }

    /// The parameters: [W, c], [A, B], or [θ of Q, θ of U, s].
    pub fn parameters(&self) -> &[f32] {
        &self.parameters
    }

    /// The per-output scale s, if there is one.
    pub fn scale(&self) -> Option<&[f32]> {
        match &self.adapter {
            Adapter::Rotated { .. } => Some(&self.parameters[self.parameters.len() - self.outputs..]),
            _ => None,
        }
    }

    /// The same layer with something else to train in it; at first it computes the same.
    pub fn adapted(&self, adapter: Adapter, rng: &mut impl Rng) -> Self {
        let (weight, bias) = (self.weight().to_vec(), self.bias().to_vec());
        let parameters = match &adapter {
            Adapter::Frozen => Vec::new(),
            Adapter::Full => [&weight[..], &bias].concat(),
            Adapter::LowRank { rank } => {
                let mut a = gaussian(rank * self.inputs, (1.0 / self.inputs as f32).sqrt(), rng);
                a.resize(rank * (self.inputs + self.outputs), 0.0);
                a
            }
            Adapter::Rotated { input, output } => {
                let output = output.as_ref().map_or(&[][..], Rotation::theta);
                [input.theta(), output, &vec![1.0; self.outputs]].concat()
            }
        };
        Self { weight, bias, adapter, parameters, ..*self }
    }

    /// Changes the parameters by `change`.
    pub fn update(&mut self, change: impl FnOnce(&mut [f32])) -> Result<()> {
        change(&mut self.parameters);
        if let Adapter::Rotated { input, output } = &mut self.adapter {
            let (theta, rest) = self.parameters.split_at(input.parameter_len());
            input.set_theta(theta)?;
            if let Some(output) = output {
                output.set_theta(&rest[..output.parameter_len()])?;
            }
        }
        Ok(())
    }

    /// The outputs of a batch.
    pub fn forward(&self, input: &[f32]) -> Result<(Vec<f32>, Trace)> {
        let (n, inputs, outputs) = (input.len() / self.inputs, self.inputs, self.outputs);
        let mut input = input.to_vec();
        if let Adapter::Rotated { input: rotation, .. } = &self.adapter {
            rotation.apply(&mut input)?;
        }
        let mut y = vec![0.0; n * outputs];
        product::matmul_nt(n, inputs, outputs, &input, self.weight(), &mut y).map_err(failed)?;
        let mut trace = Trace { input, low: Vec::new(), unscaled: Vec::new() };
        match &self.adapter {
            Adapter::Frozen | Adapter::Full => {}
            Adapter::LowRank { rank } => {
                let (a, b) = self.parameters.split_at(rank * inputs);
                trace.low = vec![0.0; n * rank];
                product::matmul_nt(n, inputs, *rank, &trace.input, a, &mut trace.low).map_err(failed)?;
                let mut more = vec![0.0; n * outputs];
                product::matmul_nt(n, *rank, outputs, &trace.low, b, &mut more).map_err(failed)?;
                y.iter_mut().zip(more).for_each(|(y, more)| *y += more);
            }
            Adapter::Rotated { output, .. } => {
                if let Some(output) = output {
                    output.apply(&mut y)?;
                }
                trace.unscaled = y.clone();
                let scale = self.scale().unwrap_or_default();
                y.chunks_exact_mut(outputs).for_each(|y| y.iter_mut().zip(scale).for_each(|(y, s)| *y *= s));
            }
        }
        let bias = self.bias();
        y.chunks_exact_mut(outputs).for_each(|y| y.iter_mut().zip(bias).for_each(|(y, c)| *y += c));
        Ok((y, trace))
    }

    /// The gradient at the parameters, and at the input, from the one at the output.
    pub fn backward(&self, trace: Trace, mut at_output: Vec<f32>) -> Result<(Vec<f32>, Vec<f32>)> {
        let (inputs, outputs) = (self.inputs, self.outputs);
        let n = at_output.len() / outputs;
        let mut gradient = vec![0.0; self.parameters.len()];
        let mut at_input = vec![0.0; n * inputs];
        let Trace { mut input, low, mut unscaled } = trace;
        match &self.adapter {
            Adapter::Frozen => {}
            Adapter::Full => {
                let (weight, bias) = gradient.split_at_mut(inputs * outputs);
                product::matmul_tn(outputs, n, inputs, &at_output, &input, weight).map_err(failed)?;
                for row in at_output.chunks_exact(outputs) {
                    bias.iter_mut().zip(row).for_each(|(sum, g)| *sum += g);
                }
            }
            Adapter::LowRank { rank } => {
                let (a, b) = self.parameters.split_at(rank * inputs);
                let (at_a, at_b) = gradient.split_at_mut(rank * inputs);
                product::matmul_tn(outputs, n, *rank, &at_output, &low, at_b).map_err(failed)?;
                let mut at_low = vec![0.0; n * rank];
                product::matmul(n, outputs, *rank, &at_output, b, &mut at_low).map_err(failed)?;
                product::matmul_tn(*rank, n, inputs, &at_low, &input, at_a).map_err(failed)?;
                product::matmul(n, *rank, inputs, &at_low, a, &mut at_input).map_err(failed)?;
            }
            Adapter::Rotated { input: rotation, output } => {
                let split = gradient.len() - outputs;
                let (thetas, at_scale) = gradient.split_at_mut(split);
                for (g, y) in at_output.chunks_exact(outputs).zip(unscaled.chunks_exact(outputs)) {
                    at_scale.iter_mut().zip(g.iter().zip(y)).for_each(|(sum, (g, y))| *sum += g * y);
                }
                let scale = self.scale().unwrap_or_default();
                at_output
                    .chunks_exact_mut(outputs)
                    .for_each(|g| g.iter_mut().zip(scale).for_each(|(g, s)| *g *= s));
                let (at_input_theta, at_output_theta) = thetas.split_at_mut(rotation.parameter_len());
                if let Some(output) = output {
                    pull(output, &mut unscaled, &mut at_output, at_output_theta)?;
                }
                product::matmul(n, outputs, inputs, &at_output, &self.weight, &mut at_input)
                    .map_err(failed)?;
                pull(rotation, &mut input, &mut at_input, at_input_theta)?;
                return Ok((gradient, at_input));
            }
        }
        let mut through = vec![0.0; n * inputs];
        product::matmul(n, outputs, inputs, &at_output, self.weight(), &mut through).map_err(failed)?;
        at_input.iter_mut().zip(through).for_each(|(sum, g)| *sum += g);
        Ok((gradient, at_input))
    }
}

fn pull(
    rotation: &Rotation<f32>,
    outputs: &mut [f32],
    gradients: &mut [f32],
    at_theta: &mut [f32],
) -> Result<()> {
    let mut at_blocks = vec![0.0; rotation.blocks().len()];
    rotation.backward(outputs, gradients, &mut at_blocks)?;
    rotation.theta_gradient(&at_blocks, at_theta)
}

fn gaussian(len: usize, deviation: f32, rng: &mut impl Rng) -> Vec<f32> {
    let mut values = vec![0.0; len];
    fill_gaussian(rng, &mut values);
    values.iter_mut().for_each(|x| *x *= deviation);
    values
}

fn failed(error: reparam::dense::Error) -> Error {
    Error::failed(error.to_string())
}
