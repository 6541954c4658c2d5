use super::{Objective, row};
use crate::Real;
use crate::givens::error::{Error, check_dimensions, check_length};
use crate::givens::{Plane, Rotation};

/// The classical test functions of global optimisation, on orthogonal matrices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Landscape {
    /// `−20 exp(−0.2 √(E x²)) − exp(E cos 2πx) + 20 + e`.
    Ackley,
    /// `1 + Σ x²/4000 − Π_k cos(x_k/√k)`.
    Griewank,
    /// `Σ x² − 10 cos 2πx + 10`.
    Rastrigin,
    /// `Σ_k 100 (x_{k+1} − x_k²)² + (1 − x_k)²`.
    Rosenbrock,
}

/// A test function `g(diagonal) + g(off-diagonal)` on square frames with its global minimum 0 at the identity.
///
/// The diagonal enters as `10(q_ii − 1)` and the other entries, column by column, as `10·q_ij`; for Rosenbrock
/// as `q_ii` and `q_ij + 1`. The identity has determinant 1: from a frame with determinant −1 rotations never
/// reach it.
///
/// Keeps four sums (or products) a row. Cost: a candidate `2·dim` cosines and `4·dim` operations to combine
/// the rows; Rosenbrock `dim²` multiply-adds.
#[derive(Debug)]
pub struct TestFunction<'a, T> {
    landscape: Landscape,
    dim: usize,
    parts: &'a mut [T],
}

/// Sum of squares and sum (Griewank: product) of cosines of a set of entries.
#[derive(Clone, Copy)]
struct Part<T> {
    square: T,
    cosine: T,
}

impl<T> TestFunction<'_, T> {
    /// Length of the buffer: `4·dim`.
    pub const fn buffer_len(dim: usize) -> usize {
        4 * dim
    }
}

impl<'a, T: Real> TestFunction<'a, T> {
    /// `landscape` on `dim` by `dim` frames.
    ///
    /// # Errors
    /// [`Error::Dimensions`] or [`Error::Length`].
    pub fn new(landscape: Landscape, dim: usize, buffer: &'a mut [T]) -> Result<Self, Error> {
        check_dimensions(dim, dim)?;
        check_length(dim.saturating_mul(4), buffer.len())?;
        Ok(Self { landscape, dim, parts: buffer })
    }

    fn empty(&self) -> Part<T> {
        let cosine = if self.landscape == Landscape::Griewank { T::ONE } else { T::ZERO };
        Part { square: T::ZERO, cosine }
    }

    #[inline(always)]
    fn join(&self, whole: Part<T>, part: Part<T>) -> Part<T> {
        let cosine = if self.landscape == Landscape::Griewank {
            whole.cosine * part.cosine
        } else {
            whole.cosine + part.cosine
        };
        Part { square: whole.square + part.square, cosine }
    }

    /// Entry number `index` (from 0) of its set.
    fn entry(&self, x: T, index: usize) -> Part<T> {
        let angle = if self.landscape == Landscape::Griewank {
            x / T::from_usize(index + 1).sqrt()
        } else {
            T::TAU * x
        };
        Part { square: x * x, cosine: angle.sin_cos().1 }
    }

    /// Diagonal and off-diagonal part of row `r`.
    fn row_parts(&self, r: usize, entries: impl Iterator<Item = T>) -> (Part<T>, Part<T>) {
        let scale = T::from_f64(10.0);
        let (mut diagonal, mut others) = (self.empty(), self.empty());
        for (c, q) in entries.enumerate() {
            if c == r {
                diagonal = self.join(diagonal, self.entry(scale * (q - T::ONE), r));
            } else {
                // Column by column without the diagonal.
                let index = c * self.dim.saturating_sub(1) + if r > c { r - 1 } else { r };
                others = self.join(others, self.entry(scale * q, index));
            }
        }
        (diagonal, others)
    }

    fn part(&self, r: usize) -> (Part<T>, Part<T>) {
        match row(self.parts, r, 4) {
            &[a, b, c, d] => (Part { square: a, cosine: b }, Part { square: c, cosine: d }),
            _ => (self.empty(), self.empty()),
        }
    }

    /// The value, from the parts of each row.
    fn combine(&self, parts: impl Fn(usize) -> (Part<T>, Part<T>)) -> T {
        let (mut diagonal, mut others) = (self.empty(), self.empty());
        for r in 0..self.dim {
            let (d, o) = parts(r);
            (diagonal, others) = (self.join(diagonal, d), self.join(others, o));
        }
        self.finish(diagonal, self.dim) + self.finish(others, self.dim * (self.dim - 1))
    }

    fn finish(&self, Part { square, cosine }: Part<T>, count: usize) -> T {
        if count == 0 {
            return T::ZERO;
        }
        let n = T::from_usize(count);
        let ten = T::from_f64(10.0);
        match self.landscape {
            Landscape::Ackley => {
                let twenty = T::from_f64(20.0);
                let well = (-T::from_f64(0.2) * (square / n).sqrt()).exp_m1();
                let waves = T::ONE.exp() - (cosine / n).exp();
                waves - twenty * well
            }
            Landscape::Griewank => T::ONE + square / T::from_f64(4000.0) - cosine,
            Landscape::Rastrigin => square + ten * (n - cosine),
            Landscape::Rosenbrock => T::ZERO,
        }
    }

    /// Rosenbrock's chain over the entries `at(row, column)`.
    fn chain(&self, at: impl Fn(usize, usize) -> T) -> T {
        let hundred = T::from_f64(100.0);
        let link = |x: T, y: T| {
            let (valley, slope) = (y - x * x, T::ONE - x);
            (slope * slope).mac(hundred * valley, valley)
        };
        let (mut sum, mut diagonal, mut other) = (T::ZERO, None, None);
        for c in 0..self.dim {
            for r in 0..self.dim {
                let (last, x) =
                    if r == c { (&mut diagonal, at(r, c)) } else { (&mut other, at(r, c) + T::ONE) };
                if let Some(last) = last.replace(x) {
                    sum += link(last, x);
                }
            }
        }
        sum
    }
}

impl<T: Real> Objective<T> for TestFunction<'_, T> {
    fn rows(&self) -> usize {
        self.dim
    }

    fn cols(&self) -> usize {
        self.dim
    }

    fn value(&mut self, frame: &[T]) -> T {
        let dim = self.dim;
        if self.landscape == Landscape::Rosenbrock {
            return self.chain(|r, c| row(frame, r, dim).get(c).copied().unwrap_or(T::NAN));
        }
        for r in 0..dim {
            let (d, o) = self.row_parts(r, row(frame, r, dim).iter().copied());
            let parts = self.parts.iter_mut().skip(4 * r);
            parts.zip([d.square, d.cosine, o.square, o.cosine]).for_each(|(part, x)| *part = x);
        }
        self.combine(|r| self.part(r))
    }

    fn rotated(&self, frame: &[T], plane: Plane, rotation: Rotation<T>, _: &mut [T]) -> T {
        let Plane { i, j } = plane;
        let (row_i, row_j) = (row(frame, i, self.dim), row(frame, j, self.dim));
        let rotated = || row_i.iter().zip(row_j).map(|(&x, &y)| rotation.apply(x, y));
        if self.landscape == Landscape::Rosenbrock {
            return self.chain(|r, c| {
                let entry = if r == i {
                    row_i.get(c).zip(row_j.get(c)).map(|(&x, &y)| rotation.apply(x, y).0)
                } else if r == j {
                    row_i.get(c).zip(row_j.get(c)).map(|(&x, &y)| rotation.apply(x, y).1)
                } else {
                    row(frame, r, self.dim).get(c).copied()
                };
                entry.unwrap_or(T::NAN)
            });
        }
        let parts_i = self.row_parts(i, rotated().map(|(x, _)| x));
        let parts_j = self.row_parts(j, rotated().map(|(_, y)| y));
        self.combine(|r| {
            if r == i {
                parts_i
            } else if r == j {
                parts_j
            } else {
                self.part(r)
            }
        })
    }

    fn accept(&mut self, frame: &[T], plane: Plane, rotation: Rotation<T>) {
        let Plane { i, j } = plane;
        let (row_i, row_j) = (row(frame, i, self.dim), row(frame, j, self.dim));
        let rotated = || row_i.iter().zip(row_j).map(|(&x, &y)| rotation.apply(x, y));
        let parts_i = self.row_parts(i, rotated().map(|(x, _)| x));
        let parts_j = self.row_parts(j, rotated().map(|(_, y)| y));
        for (r, (d, o)) in [(i, parts_i), (j, parts_j)] {
            let parts = self.parts.iter_mut().skip(4 * r);
            parts.zip([d.square, d.cosine, o.square, o.cosine]).for_each(|(part, x)| *part = x);
        }
    }
}
