use super::Objective;
use crate::Real;
use crate::givens::{Plane, Rotation};

/// Any function of the frame. Each candidate is a rotated copy of the frame in scratch: `rows·cols` numbers.
///
/// ```
/// use reparam::givens::objective::{Closure, Objective};
///
/// let mut objective = Closure::new(3, 1, |q: &[f32]| q.iter().map(|x| x.abs()).sum());
/// assert_eq!(objective.value(&[0.0, 1.0, 0.0]), 1.0);
/// assert_eq!(objective.scratch_len(), 3);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Closure<F> {
    rows: usize,
    cols: usize,
    function: F,
}

impl<F> Closure<F> {
    /// `function` of frames with this shape. It takes the row-major frame.
    pub const fn new(rows: usize, cols: usize, function: F) -> Self {
        Self { rows, cols, function }
    }
}

impl<T: Real, F: Fn(&[T]) -> T> Objective<T> for Closure<F> {
    fn rows(&self) -> usize {
        self.rows
    }

    fn cols(&self) -> usize {
        self.cols
    }

    fn scratch_len(&self) -> usize {
        self.rows.saturating_mul(self.cols)
    }

    fn value(&mut self, frame: &[T]) -> T {
        (self.function)(frame)
    }

    fn rotated(&self, frame: &[T], plane: Plane, rotation: Rotation<T>, scratch: &mut [T]) -> T {
        scratch.iter_mut().zip(frame).for_each(|(copy, &x)| *copy = x);
        rotation.apply_rows(plane, self.cols, scratch);
        (self.function)(scratch)
    }

    fn accept(&mut self, _: &[T], _: Plane, _: Rotation<T>) {}
}
