//! The data of `adapt`: a task to train on, and the same task after a shift.

use std::io::Cursor;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use reparam::random::SplitMix64;
use serde::Serialize;

use super::network::{Samples, shuffle};
use crate::arguments::Named;
use crate::data::{Array, npy};
use crate::group_shuffle::rotation::random_orthogonal;
use crate::{Error, Result};

/// Which data, and what happens to them.
#[derive(Args, Debug, Clone)]
pub struct TaskOptions {
    /// Samples of the first task, one row each: .npy. Without it: 1797 handwritten digits of 8 × 8 pixels
    #[arg(long, value_name = "X.npy", requires = "labels")]
    inputs: Option<PathBuf>,
    /// Their classes 0, 1, …: .npy
    #[arg(long, value_name = "Y.npy", requires = "inputs")]
    labels: Option<PathBuf>,
    /// Samples of the second task, instead of shifted ones of the first
    #[arg(long, value_name = "X.npy", requires_all = ["shifted_labels", "inputs"], conflicts_with_all = ["shift", "angle"])]
    shifted_inputs: Option<PathBuf>,
    /// Their classes
    #[arg(long, value_name = "Y.npy", requires = "shifted_inputs")]
    shifted_labels: Option<PathBuf>,
    /// What happens to the samples of the second task
    #[arg(long, value_enum, default_value_t)]
    shift: Shift,
    /// Angle of `rotate`
    #[arg(long, value_name = "DEGREES", default_value_t = 45.0, allow_negative_numbers = true)]
    angle: f64,
    /// Samples to adapt with at most. Without it: a fifth of all
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    samples: Option<u32>,
}

/// What happens to the samples of the second task.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Shift {
    /// Square images turn about their centre, with bilinear interpolation
    #[default]
    Rotate,
    /// The entries of each sample change places, in one random order
    Permute,
    /// Each sample is multiplied by one uniformly random orthogonal matrix
    Orthogonal,
}

/// Both tasks of one seed, in disjoint parts.
#[derive(Debug)]
pub struct Split {
    /// First task, to train on.
    pub before: Samples,
    /// Second task, to adapt with.
    pub adapt: Samples,
    /// Second task, to choose learning rates with.
    pub validation: Samples,
    /// Second task, for the reported accuracy.
    pub test: Samples,
    /// The test samples before the shift, if they are the same ones.
    pub unshifted: Option<Samples>,
}

/// All samples.
#[derive(Debug)]
pub struct Task {
    first: Samples,
    /// Of the second task, if they are not those of the first.
    second: Option<Samples>,
    shift: Shift,
    angle: f64,
    limit: usize,
    /// In words.
    pub name: String,
    /// Length of an input.
    pub inputs: usize,
    /// Number of classes.
    pub classes: usize,
}

const DIGITS: &[u8] = include_bytes!("../../../../examples/data/digits.npy");
const DIGIT_LABELS: &[u8] = include_bytes!("../../../../examples/data/digits_labels.npy");

impl TaskOptions {
    /// The files to be read.
    pub fn files(&self) -> [Named<'_>; 4] {
        [
            ("--inputs", self.inputs.as_ref()),
            ("--labels", self.labels.as_ref()),
            ("--shifted-inputs", self.shifted_inputs.as_ref()),
            ("--shifted-labels", self.shifted_labels.as_ref()),
        ]
    }

    /// Reads and checks the data.
    pub fn read(&self) -> Result<Task> {
        let (first, name) = match (&self.inputs, &self.labels) {
            (Some(inputs), Some(labels)) => (
                pair((npy::read(inputs)?, inputs), (npy::read(labels)?, labels))?,
                inputs.display().to_string(),
            ),
            _ => {
                let (x, y) = (PathBuf::from("digits.npy"), PathBuf::from("digits_labels.npy"));
                let inputs = npy::from_reader(Cursor::new(DIGITS), &x)?;
                let labels = npy::from_reader(Cursor::new(DIGIT_LABELS), &y)?;
                (pair((inputs, &x), (labels, &y))?, "handwritten digits (UCI, from scikit-learn)".to_owned())
            }
        };
        let second = match (&self.shifted_inputs, &self.shifted_labels) {
            (Some(inputs), Some(labels)) => {
                Some(pair((npy::read(inputs)?, inputs), (npy::read(labels)?, labels))?)
            }
            _ => None,
        };
        let width = |samples: &Samples| samples.inputs.len() / samples.labels.len();
        let inputs = width(&first);
        if let Some(second) = &second
            && width(second) != inputs
        {
            let what =
                format!("samples of {} numbers in the second task, {inputs} in the first", width(second));
            return Err(Error::usage(what));
        }
        if second.is_none() && self.shift == Shift::Rotate && inputs.isqrt().pow(2) != inputs {
            return Err(Error::usage(format!(
                "--shift rotate: samples of {inputs} numbers are no square images"
            ))
            .remedy("choose another --shift, or give --shifted-inputs and --shifted-labels"));
        }
        let samples = [Some(&first), second.as_ref()];
        let classes = samples.iter().flatten().flat_map(|s| &s.labels).max().map_or(0, |&label| label + 1);
        let what = match (&second, self.shift, &self.shifted_inputs) {
            (Some(_), _, Some(path)) => format!("then {}", path.display()),
            (_, Shift::Rotate, _) => format!("then turned by {} degrees", self.angle),
            (_, Shift::Permute, _) => "then with their entries in another order".into(),
            (_, Shift::Orthogonal, _) => "then multiplied by a random orthogonal matrix".into(),
        };
        let limit = self.samples.map_or(usize::MAX, |n| n as usize);
        let name = format!("{name}, {what}");
        Ok(Task { first, second, shift: self.shift, angle: self.angle, limit, name, inputs, classes })
    }
}

impl Task {
    /// The parts of one seed: two fifths of the samples for the first task; of the others a third to adapt with, a
    /// quarter for validation and the rest for the test.
    pub fn split(&self, seed: u64) -> Result<Split> {
        let mut rng = SplitMix64::new(seed);
        let order = |count: usize, rng: &mut SplitMix64| {
            let mut order: Vec<usize> = (0..count).collect();
            shuffle(&mut order, rng);
            order
        };
        let positions = order(self.first.labels.len(), &mut rng);
        let (before, after, source) = match &self.second {
            Some(second) => (positions, order(second.labels.len(), &mut rng), second),
            None => {
                let (before, after) = positions.split_at(positions.len() * 2 / 5);
                (before.to_vec(), after.to_vec(), &self.first)
            }
        };
        let (adapt, rest) = after.split_at(after.len() / 3);
        let (validation, test) = rest.split_at(after.len() / 4);
        if [&before[..], adapt, validation, test].iter().any(|part| part.is_empty()) {
            return Err(Error::usage("too few samples: a part of them is empty").remedy("give at least 20"));
        }
        // Scaled as the first task is, which the network was trained on.
        let before = self.first.choose(&before);
        let largest = before.inputs.iter().fold(0.0f32, |largest, x| largest.max(x.abs()));
        let scale = |mut samples: Samples| {
            samples.inputs.iter_mut().for_each(|x| *x /= largest.max(f32::MIN_POSITIVE));
            samples
        };
        let adapt = scale(source.choose(&adapt[..adapt.len().min(self.limit)]));
        let [mut adapt, mut validation, mut test] =
            [adapt, scale(source.choose(validation)), scale(source.choose(test))];
        let unshifted = self.second.is_none().then(|| test.clone());
        if unshifted.is_some() {
            self.move_samples([&mut adapt, &mut validation, &mut test], &mut rng)?;
        }
        Ok(Split { before: scale(before), adapt, validation, test, unshifted })
    }

    fn move_samples(&self, parts: [&mut Samples; 3], rng: &mut SplitMix64) -> Result<()> {
        let change = match self.shift {
            Shift::Rotate => Change::Turn { side: self.inputs.isqrt(), degrees: self.angle },
            Shift::Permute => {
                let mut order: Vec<usize> = (0..self.inputs).collect();
                shuffle(&mut order, rng);
                Change::Order(order)
            }
            Shift::Orthogonal => Change::Matrix(random_orthogonal(self.inputs, rng)?),
        };
        for part in parts {
            let old = part.inputs.clone();
            let rows = old.chunks_exact(self.inputs).zip(part.inputs.chunks_exact_mut(self.inputs));
            rows.for_each(|(x, y)| change.apply(x, y));
        }
        Ok(())
    }
}

/// What a shift does to a sample.
enum Change {
    Turn {
        side: usize,
        degrees: f64,
    },
    /// Where each entry comes from.
    Order(Vec<usize>),
    Matrix(Vec<f32>),
}

impl Change {
    fn apply(&self, x: &[f32], y: &mut [f32]) {
        match self {
            Self::Turn { side, degrees } => turn(*side, *degrees, x, y),
            Self::Order(order) => y.iter_mut().zip(order).for_each(|(y, &from)| *y = x[from]),
            Self::Matrix(q) => {
                for (y, row) in y.iter_mut().zip(q.chunks_exact(x.len())) {
                    *y = row.iter().zip(x).map(|(q, x)| q * x).sum();
                }
            }
        }
    }
}

/// The image turned about its centre; what comes from outside is zero.
fn turn(side: usize, degrees: f64, image: &[f32], turned: &mut [f32]) {
    let (sin, cos) = degrees.to_radians().sin_cos();
    let centre = (side as f64 - 1.0) / 2.0;
    let pixel = |row: f64, col: f64| {
        let inside = |x: f64| (0.0..side as f64).contains(&x);
        if inside(row) && inside(col) { image[row as usize * side + col as usize] } else { 0.0 }
    };
    for (place, value) in turned.iter_mut().enumerate() {
        let (y, x) = ((place / side) as f64 - centre, (place % side) as f64 - centre);
        let (row, col) = (centre + cos * y + sin * x, centre - sin * y + cos * x);
        let (down, right) = ((row - row.floor()) as f32, (col - col.floor()) as f32);
        let (row, col) = (row.floor(), col.floor());
        *value = (1.0 - down) * ((1.0 - right) * pixel(row, col) + right * pixel(row, col + 1.0))
            + down * ((1.0 - right) * pixel(row + 1.0, col) + right * pixel(row + 1.0, col + 1.0));
    }
}

/// Samples and classes from two arrays.
fn pair((inputs, x): (Array, &PathBuf), (labels, y): (Array, &PathBuf)) -> Result<Samples> {
    let [rows, width] = inputs.shape[..] else {
        let what = format!("an array of shape {:?}, expected samples × numbers", inputs.shape);
        return Err(Error::failed(what).file(x).remedy("save it with x.reshape(len(x), -1)"));
    };
    if width == 0 || labels.shape != [rows] {
        let what =
            format!("an array of shape {:?}, expected one class for each of {rows} samples", labels.shape);
        return Err(Error::failed(what).file(y));
    }
    let class = |(position, &label): (usize, &f64)| {
        if label >= 0.0 && label.fract() == 0.0 && label < 1e5 {
            return Ok(label as usize);
        }
        Err(Error::failed(format!("element {position} is {label}, expected a class: 0, 1, …")).file(y))
    };
    let labels = labels.values.iter().enumerate().map(class).collect::<Result<_>>()?;
    Ok(Samples { inputs: inputs.values.iter().map(|&x| x as f32).collect(), labels })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quarter_turn_moves_pixels_and_others_interpolate() {
        let image: Vec<f32> = (0..9).map(|x| x as f32).collect();
        let mut turned = [0.0; 9];
        turn(3, 90.0, &image, &mut turned);
        let expected = [2.0, 5.0, 8.0, 1.0, 4.0, 7.0, 0.0, 3.0, 6.0];
        assert!(turned.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-5), "{turned:?}");
        // Interpolation is exact for a plane.
        let plane = |row: f64, col: f64| (1.0 + 0.5 * row - 0.25 * col) as f32;
        let image: Vec<f32> = (0..49).map(|k| plane(f64::from(k / 7), f64::from(k % 7))).collect();
        let mut turned = [0.0; 49];
        turn(7, 30.0, &image, &mut turned);
        let (sin, cos) = 30.0f64.to_radians().sin_cos();
        for k in [16, 17, 18, 23, 24, 25, 30, 31, 32] {
            let (y, x) = (f64::from(k / 7) - 3.0, f64::from(k % 7) - 3.0);
            let expected = plane(3.0 + cos * y + sin * x, 3.0 - sin * y + cos * x);
            assert!((turned[k as usize] - expected).abs() < 1e-5);
        }
    }
}
