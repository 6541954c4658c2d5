//! The exponential map of blocks of up to four rows, in closed form.
//!
//! Q = exp K with K skew, laid out as in [`cayley`](super::cayley). The rotation angles are the norms themselves
//! instead of twice their arctangents: half a turn is reached, and the map repeats. Its derivative has no simple form:
//! for training, [`cayley`](super::cayley) is the better choice. Accurate for small angles, equal angles and angle
//! zero alike: each angle enters only through its cosine and sin(x)/x.
//!
//! Rodrigues' formula for three rows; for four, K is the sum of two commuting skew matrices whose squares are
//! multiples of the identity (the left and right isoclinic parts), and the exponential is the product of theirs.

use super::cayley::{check_block, parameter_len};
use super::error::{Error, check_length};
use super::shape::Shape;
use crate::Real;
use crate::dense::{Matrix, check_finite};

/// The `b` × `b` block `q` of the parameters `theta`, b ≤ 4.
///
/// Cost: a sine-cosine pair for b = 2, a square root and a division with it for b = 3, two of each for b = 4; 1, 25
/// and 100 multiply-adds.
///
/// # Errors
/// [`Error::Shape`] for b = 0; [`Error::Setting`] for b > 4; [`Error::Length`]; [`Error::NotFinite`] if a parameter is
/// not finite or its square leaves the range of the scalar.
///
/// ```
/// use reparam::group_shuffle::exponential;
///
/// let mut q = [0.0f64; 4];
/// exponential::block(2, &[0.5], &mut q)?;
/// assert!((q[0] - 0.5f64.cos()).abs() < 1e-15 && (q[1] - 0.5f64.sin()).abs() < 1e-15);
/// # Ok::<(), reparam::group_shuffle::Error>(())
/// ```
pub fn block<T: Real>(b: usize, theta: &[T], q: &mut [T]) -> Result<(), Error> {
    if b > 4 {
        return Err(Error::Setting { name: "block" });
    }
    check_block(b, theta.len(), q.len())?;
    block_kernel(theta, q)
}

/// The size is that of `theta` and `q`, which fit together.
#[inline(always)]
fn block_kernel<T: Real>(theta: &[T], q: &mut [T]) -> Result<(), Error> {
    match (theta, q) {
        (&[t], q) => two(t, q),
        (&[x, y, z], q) => three([x, y, z], q),
        (&[a, b, c, d, e, f], q) => four([a, b, c, d, e, f], q),
        (_, q) => {
            q.fill(T::ONE);
            Ok(())
        }
    }
}

fn write<T: Real>(q: &mut [T], elements: &[T]) -> Result<(), Error> {
    q.iter_mut().zip(elements).for_each(|(q, &x)| *q = x);
    Ok(check_finite(q)?)
}

fn two<T: Real>(t: T, q: &mut [T]) -> Result<(), Error> {
    if !t.is_finite() {
        return Err(Error::NotFinite);
    }
    let (s, c) = t.sin_cos();
    write(q, &[c, s, T::ZERO - s, c])
}

/// (cos x, sin(x)/x) of x = √(x² + y² + z²).
#[inline(always)]
fn cos_sinc<T: Real>([x, y, z]: [T; 3]) -> Result<(T, T), Error> {
    let square = (x * x).mac(y, y).mac(z, z);
    if !square.is_finite() {
        return Err(Error::NotFinite);
    }
    let norm = square.sqrt();
    let (s, c) = norm.sin_cos();
    // Where the squares vanish so do the deviations of both from 1.
    Ok((c, if norm == T::ZERO { T::ONE } else { s / norm }))
}

/// I + sinc(θ) K + ½ sinc²(θ/2) K², both from the half angle.
fn three<T: Real>(theta: [T; 3], q: &mut [T]) -> Result<(), Error> {
    let (cos, sinc) = cos_sinc(theta.map(|t| T::HALF * t))?;
    let (first, second) = (sinc * cos, T::HALF * sinc * sinc);
    let [x, y, z] = theta;
    let [fx, fy, fz] = theta.map(|t| first * t);
    let [sx, sy, sz] = theta.map(|t| second * t);
    let (s01, s02, s12) = (T::ZERO.mac(-sy, z), sx * z, T::ZERO.mac(-sx, y));
    let elements = [
        T::ONE.mac(-sx, x).mac(-sy, y),
        s01 + fx,
        s02 + fy,
        s01 - fx,
        T::ONE.mac(-sx, x).mac(-sz, z),
        s12 + fz,
        s02 - fy,
        s12 - fz,
        T::ONE.mac(-sy, y).mac(-sz, z),
    ];
    write(q, &elements)
}

/// Product of the exponentials of the two isoclinic parts.
fn four<T: Real>([a, b, c, d, e, f]: [T; 6], q: &mut [T]) -> Result<(), Error> {
    let left = [a + f, b - e, c + d].map(|t| T::HALF * t);
    let right = [a - f, b + e, c - d].map(|t| T::HALF * t);
    let (left_cos, left_sinc) = cos_sinc(left)?;
    let (right_cos, right_sinc) = cos_sinc(right)?;
    let [u, v, w] = left.map(|t| left_sinc * t);
    let [x, y, z] = right.map(|t| right_sinc * t);
    let left = [[left_cos, u, v, w], [-u, left_cos, w, -v], [-v, -w, left_cos, u], [-w, v, -u, left_cos]];
    let right =
        [[right_cos, x, y, z], [-x, right_cos, -z, y], [-y, z, right_cos, -x], [-z, -y, x, right_cos]];
    // From +0, so that zero parameters give no −0.
    let elements = left.map(|[l0, l1, l2, l3]| {
        let [r0, r1, r2, r3] = right;
        let mut row = [T::ZERO; 4];
        for ((((row, r0), r1), r2), r3) in row.iter_mut().zip(r0).zip(r1).zip(r2).zip(r3) {
            *row = T::ZERO.mac(l0, r0).mac(l1, r1).mac(l2, r2).mac(l3, r3);
        }
        row
    });
    write(q, elements.as_flattened())
}

/// All blocks of all factors: [`block`] once for each.
///
/// `theta` holds [`Shape::parameter_len`] numbers, `q` [`Shape::block_len`].
///
/// # Errors
/// As [`block`]; the blocks before the one that failed are then written.
///
/// ```
/// use reparam::group_shuffle::{Shape, exponential};
///
/// let mut blocks = [0.0; 8];
/// exponential::blocks(Shape::new(2, 2, 1)?, &[0.0, 1.0f64], &mut blocks)?;
/// assert_eq!(blocks[..4], [1.0, 0.0, 0.0, 1.0]);
/// assert!((blocks[5] - 1.0f64.sin()).abs() < 1e-15);
/// # Ok::<(), reparam::group_shuffle::Error>(())
/// ```
pub fn blocks<T: Real>(shape: Shape, theta: &[T], q: &mut [T]) -> Result<(), Error> {
    let b = shape.block();
    if b > 4 {
        return Err(Error::Setting { name: "block" });
    }
    check_length(shape.parameter_len(), theta.len())?;
    check_length(shape.block_len(), q.len())?;
    let mut parameters = theta.chunks_exact(parameter_len(b).max(1));
    // Blocks of one number have no parameters.
    q.chunks_exact_mut((b * b).max(1))
        .try_for_each(|q| block_kernel(parameters.next().unwrap_or_default(), q))
}

/// [`block`] with sizes known to the compiler: `N` = `B`·(`B` − 1)/2, `B` ≤ 4.
///
/// # Errors
/// [`Error::NotFinite`] as [`block`].
///
/// ```
/// use reparam::dense::Matrix;
/// use reparam::group_shuffle::exponential;
///
/// assert_eq!(exponential::matrix::<f32, 4, 6>(&[0.0; 6])?, Matrix::identity());
/// # Ok::<(), reparam::group_shuffle::Error>(())
/// ```
///
/// ```compile_fail
/// let q = reparam::group_shuffle::exponential::matrix::<f32, 5, 10>(&[0.0; 10]);
/// ```
pub fn matrix<T: Real, const B: usize, const N: usize>(theta: &[T; N]) -> Result<Matrix<T, B, B>, Error> {
    const { assert!(B > 0 && B <= 4 && N == parameter_len(B)) };
    let mut q = Matrix::zeros();
    block_kernel(theta, q.as_mut_slice())?;
    Ok(q)
}
