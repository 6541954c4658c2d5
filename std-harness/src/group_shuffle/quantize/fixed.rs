//! Rotations with nothing to learn: Hadamard matrices and cosine blocks.

use reparam::Real;

/// An orthogonal Hadamard transform of a given size: 2ᵏ times 1 or an order of Paley's first construction (a prime
/// p ≡ 3 mod 4, plus one: 4, 8, 12, 20, 24, …).
#[derive(Clone, Debug)]
pub struct Hadamard {
    dim: usize,
    /// Side of the dense part.
    order: usize,
    /// The dense part, ±1.
    dense: Vec<f64>,
}

impl Hadamard {
    /// The transform, if this construction reaches the size.
    pub fn new(dim: usize) -> Option<Self> {
        if dim == 0 {
            return None;
        }
        let powers = |order: usize| dim.is_multiple_of(order) && (dim / order).is_power_of_two();
        if powers(1) {
            return Some(Self { dim, order: 1, dense: vec![1.0] });
        }
        let order = (12..=dim).step_by(4).find(|&order| powers(order) && is_prime(order - 1))?;
        Some(Self { dim, order, dense: paley(order - 1) })
    }

    /// Replaces x by H x / √dim.
    pub fn apply(&self, x: &mut [f64]) {
        let mut old = vec![0.0; self.order];
        for part in x.chunks_exact_mut(self.order) {
            old.copy_from_slice(part);
            for (y, row) in part.iter_mut().zip(self.dense.chunks_exact(self.order)) {
                *y = row.iter().zip(&old).map(|(h, x)| h * x).sum();
            }
        }
        let mut stride = self.order;
        while stride < self.dim {
            for pair in x.chunks_exact_mut(2 * stride) {
                let (left, right) = pair.split_at_mut(stride);
                for (a, b) in left.iter_mut().zip(right) {
                    (*a, *b) = (*a + *b, *a - *b);
                }
            }
            stride *= 2;
        }
        let scale = (self.dim as f64).sqrt().recip();
        x.iter_mut().for_each(|x| *x *= scale);
    }

    /// Multiply-adds for a vector, additions counted as such.
    pub fn cost(&self) -> usize {
        let dense = if self.order == 1 { 0 } else { self.order };
        self.dim * (dense + (self.dim / self.order).ilog2() as usize)
    }
}

fn is_prime(n: usize) -> bool {
    n >= 2 && (2..).take_while(|k| k * k <= n).all(|k| !n.is_multiple_of(k))
}

/// I + S of order p + 1, S the bordered skew matrix of quadratic characters of the prime p ≡ 3 mod 4.
fn paley(p: usize) -> Vec<f64> {
    let mut character = vec![-1.0; p];
    (1..p).for_each(|k| character[k * k % p] = 1.0);
    let n = p + 1;
    let entry = |i: usize, j: usize| match (i, j) {
        (i, j) if i == j => 1.0,
        (0, _) => 1.0,
        (_, 0) => -1.0,
        (i, j) => character[(j + p - i) % p],
    };
    (0..n * n).map(|k| entry(k / n, k % n)).collect()
}

/// An orthogonal block that mixes all its inputs evenly: Hadamard where the size allows, else the discrete cosine
/// transform. Row-major.
pub fn mixing_block<T: Real>(b: usize) -> Vec<T> {
    let mut block = vec![T::ZERO; b * b];
    match Hadamard::new(b) {
        Some(hadamard) => {
            let mut column = vec![0.0; b];
            for j in 0..b {
                column.fill(0.0);
                column[j] = 1.0;
                hadamard.apply(&mut column);
                (0..b).for_each(|i| block[i * b + j] = T::from_f64(column[i]));
            }
        }
        None => {
            for (place, x) in block.iter_mut().enumerate() {
                let (i, j) = (place / b, place % b);
                let scale = (if i == 0 { 1.0 } else { 2.0 } / b as f64).sqrt();
                let angle = std::f64::consts::PI * (2 * j + 1) as f64 * i as f64 / (2 * b) as f64;
                *x = T::from_f64(scale * angle.cos());
            }
        }
    }
    block
}

/// What [`mixing_block`] gives for this size.
pub fn mixing_name(b: usize) -> &'static str {
    if Hadamard::new(b).is_some() { "Hadamard" } else { "cosine" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn orthogonal_with_entries_of_one_size() {
        for dim in [1, 2, 4, 8, 12, 20, 24, 32, 40, 48, 64, 384, 44] {
            let hadamard = Hadamard::new(dim).unwrap();
            let columns: Vec<Vec<f64>> = (0..dim)
                .map(|j| {
                    let mut x = vec![0.0; dim];
                    x[j] = 1.0;
                    hadamard.apply(&mut x);
                    x
                })
                .collect();
            let size = (dim as f64).sqrt().recip();
            for (i, a) in columns.iter().enumerate() {
                assert!(a.iter().all(|x| (x.abs() - size).abs() < 1e-14), "{dim}");
                for (j, b) in columns.iter().enumerate() {
                    let dot: f64 = a.iter().zip(b).map(|(a, b)| a * b).sum();
                    assert!((dot - f64::from(u8::from(i == j))).abs() < 1e-13, "{dim}");
                }
            }
        }
        for dim in [0, 3, 6, 7, 10, 28, 42] {
            assert!(Hadamard::new(dim).is_none(), "{dim}");
        }
    }

    #[test]
    fn blocks_are_orthogonal() {
        for b in [1, 3, 6, 7, 8] {
            let q: Vec<f64> = mixing_block(b);
            for i in 0..b {
                for j in 0..b {
                    let dot: f64 = (0..b).map(|k| q[i * b + k] * q[j * b + k]).sum();
                    assert!((dot - f64::from(u8::from(i == j))).abs() < 1e-14);
                }
            }
        }
    }
}
