use reparam::Real;

/// A matrix as a textbook would write it: the fuzz targets check the core against it, never against itself.
#[derive(Clone, Debug)]
pub(crate) struct Matrix<T> {
    rows: usize,
    cols: usize,
    elements: Vec<T>,
}

impl<T: Real> Matrix<T> {
    pub(crate) fn new(rows: usize, cols: usize, elements: Vec<T>) -> Self {
        assert_eq!(elements.len(), rows * cols);
        Self { rows, cols, elements }
    }

    pub(crate) fn from_fn(rows: usize, cols: usize, f: impl Fn(usize, usize) -> T) -> Self {
        let f = &f;
        Self { rows, cols, elements: (0..rows).flat_map(|i| (0..cols).map(move |j| f(i, j))).collect() }
    }

    pub(crate) fn identity(n: usize) -> Self {
        Self::from_fn(n, n, |i, j| if i == j { T::ONE } else { T::ZERO })
    }

    pub(crate) fn rows(&self) -> usize {
        self.rows
    }

    pub(crate) fn cols(&self) -> usize {
        self.cols
    }

    pub(crate) fn elements(&self) -> &[T] {
        &self.elements
    }

    pub(crate) fn get(&self, i: usize, j: usize) -> T {
        self.elements[i * self.cols + j]
    }

    pub(crate) fn set(&mut self, i: usize, j: usize, x: T) {
        self.elements[i * self.cols + j] = x;
    }

    pub(crate) fn transpose(&self) -> Self {
        Self::from_fn(self.cols, self.rows, |i, j| self.get(j, i))
    }

    /// The product, summed in `f64`.
    pub(crate) fn times(&self, other: &Self) -> Self {
        assert_eq!(self.cols, other.rows);
        Self::from_fn(self.rows, other.cols, |i, j| {
            T::from_f64((0..self.cols).map(|k| self.get(i, k).to_f64() * other.get(k, j).to_f64()).sum())
        })
    }

    /// Largest absolute row or column sum: an upper bound of the 2-norm.
    pub(crate) fn norm(&self) -> T {
        let sum = |i: usize| (0..self.cols).map(|j| self.get(i, j).abs()).sum::<T>();
        let transposed = |j: usize| (0..self.rows).map(|i| self.get(i, j).abs()).sum::<T>();
        (0..self.rows).map(sum).chain((0..self.cols).map(transposed)).fold(T::ZERO, T::max)
    }
}

/// Largest absolute value.
pub(crate) fn largest<T: Real>(x: &[T]) -> T {
    x.iter().fold(T::ZERO, |largest, x| largest.max(x.abs()))
}

/// Equal element by element, a NaN to a NaN.
pub(crate) fn same<T: Real>(x: &[T], y: &[T]) -> bool {
    x.len() == y.len() && x.iter().zip(y).all(|(x, y)| x == y || x.is_nan() && y.is_nan())
}

/// Nowhere farther apart than `tolerance`.
#[track_caller]
pub(crate) fn close<T: Real>(found: &[T], expected: &[T], tolerance: T) {
    assert_eq!(found.len(), expected.len());
    for (k, (x, y)) in found.iter().zip(expected).enumerate() {
        assert!((*x - *y).abs() <= tolerance, "number {k}: {x}, not {y} within {tolerance}");
    }
}
