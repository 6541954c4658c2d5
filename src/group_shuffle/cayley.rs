//! The Cayley map: a block from its parameters, back again, and its gradient.
//!
//! ```text
//! Q = (I + K) (I − K)⁻¹,   K skew,  Kᵢⱼ = θ above the diagonal, row by row
//! ```
//!
//! Every choice of the b·(b − 1)/2 parameters gives an orthogonal block of determinant +1 without an eigenvalue −1;
//! one parameter t turns its plane by 2·atan t, so that 1 is a right angle and half a turn is never reached. Zero
//! parameters give the identity, bit for bit. No factor 1/2 lies in front of K and the sign is the one above: other
//! programs differ in both, and the opposite sign is the transpose.
//!
//! The source is section 6.1 of the publication; the forms without a solve are derived from
//! the characteristic polynomial of a skew matrix of up to four rows.

use super::error::{Error, check_length};
use super::shape::Shape;
use crate::Real;
use crate::dense::{Matrix, gauss_jordan, newton_schulz, product};

/// Largest block with a closed form.
const CLOSED: usize = 4;

/// Number of parameters of a block: b·(b − 1)/2.
pub const fn parameter_len(b: usize) -> usize {
    // One of the two factors is even.
    if b % 2 == 0 { (b / 2).saturating_mul(b.saturating_sub(1)) } else { b.saturating_mul(b / 2) }
}

/// Number of pivots that [`block`] and [`blocks`] need: b above b = 4, else none.
pub const fn pivot_len(b: usize) -> usize {
    if b > CLOSED { b } else { 0 }
}

/// The `b` × `b` block `q` of the parameters `theta`.
///
/// Closed forms up to b = 4, elimination with partial pivoting above. The error |QᵀQ − I| is a few roundings
/// while no parameter is above 1 and grows with the largest of them; [`refine`] takes it back to a few roundings.
///
/// Cost in multiply-adds: 3, 20 and 50 for b = 2, 3 and 4 with one division, b³ above. No scratch. `theta`:
/// [`parameter_len`]; `pivots`: [`pivot_len`].
///
/// # Errors
/// [`Error::Shape`] for b = 0; [`Error::Length`]; [`Error::NotFinite`] if a parameter is not finite, or so large
/// that squares (b = 2, 3) or fourth powers (b = 4) leave the range of the scalar; [`Error::EigenvalueMinusOne`] above
/// b = 4 if the parameters are so large that I − K cannot be told from a singular matrix.
///
/// ```
/// use reparam::group_shuffle::cayley;
///
/// let mut q = [0.0; 4];
/// cayley::block(2, &[1.0], &mut q, &mut [])?;
/// assert_eq!(q, [0.0, 1.0, -1.0, 0.0]);
/// # Ok::<(), reparam::group_shuffle::Error>(())
/// ```
pub fn block<T: Real>(b: usize, theta: &[T], q: &mut [T], pivots: &mut [usize]) -> Result<(), Error> {
    check_block(b, theta.len(), q.len())?;
    check_length(pivot_len(b), pivots.len())?;
    block_kernel(b, theta, q, pivots)
}

#[inline(always)]
pub(super) fn check_block(b: usize, parameters: usize, elements: usize) -> Result<(), Error> {
    let Some(len) = b.checked_mul(b) else { return Err(Error::Shape) };
    if len == 0 {
        return Err(Error::Shape);
    }
    check_length(parameter_len(b), parameters)?;
    check_length(len, elements)
}

#[inline(always)]
fn block_kernel<T: Real>(b: usize, theta: &[T], q: &mut [T], pivots: &mut [usize]) -> Result<(), Error> {
    match b {
        1 => q.fill(T::ONE),
        2 => return closed(theta, q, two),
        3 => return closed(theta, q, three),
        4 => return closed(theta, q, four),
        _ => {
            // Q = ((I − K)/2)⁻¹ − I.
            set_half_shifted(b, theta, q);
            gauss_jordan::invert_kernel(b, q, pivots)?;
            q.iter_mut().step_by(b.saturating_add(1)).for_each(|x| *x -= T::ONE);
            // The squares of a rotation sum to b. Where the identity drowned, anything can be left.
            let squares = q.iter().fold(T::ZERO, |sum, &x| sum.mac(x, x));
            if squares > T::from_usize(2 * b) {
                return Err(Error::EigenvalueMinusOne);
            }
        }
    }
    Ok(())
}

/// Runs the closed form of one size; both lengths were checked.
#[inline(always)]
fn closed<T: Real, const N: usize, const L: usize>(
    theta: &[T],
    q: &mut [T],
    form: impl FnOnce(&[T; N], &mut [T; L]) -> bool,
) -> Result<(), Error> {
    let (Some(theta), Some(q)) = (theta.first_chunk(), q.first_chunk_mut()) else {
        return Err(Error::Length { expected: L, found: q.len() });
    };
    if form(theta, q) { Ok(()) } else { Err(Error::NotFinite) }
}

/// (I − K)/2: halves are exact, and the halved matrix has the doubled inverse.
#[inline(always)]
fn set_half_shifted<T: Real>(b: usize, theta: &[T], a: &mut [T]) {
    set_by(b, theta, T::HALF, |theta| T::ZERO - T::HALF * theta, a);
}

/// K itself.
#[inline(always)]
pub(super) fn set_skew<T: Real>(b: usize, theta: &[T], k: &mut [T]) {
    set_by(b, theta, T::ZERO, |theta| theta, k);
}

/// `f(θ)` above the diagonal, `0 − f(θ)` below.
#[inline(always)]
fn set_by<T: Real>(b: usize, theta: &[T], diagonal: T, f: impl Fn(T) -> T, a: &mut [T]) {
    a.iter_mut().step_by(b.saturating_add(1)).for_each(|x| *x = diagonal);
    let mut theta = theta.iter();
    for i in 0..b {
        // From the diagonal on, the row goes right and its mirror image down.
        let (mut right, mut down) = (i * b + i + 1, (i + 1) * b + i);
        while right < (i + 1) * b {
            let Some(&theta) = theta.next() else { return };
            let value = f(theta);
            if let Some(x) = a.get_mut(right) {
                *x = value;
            }
            if let Some(x) = a.get_mut(down) {
                *x = T::ZERO - value;
            }
            right += 1;
            down += b;
        }
    }
}

// In the closed forms, differences start from +0 where both terms may be −0: zero parameters then give +0 off the
// diagonal. Each returns whether all is finite, which the sum of squares tells.

/// The rotation by 2·atan t.
#[inline(always)]
fn two<T: Real>(&[t]: &[T; 1], q: &mut [T; 4]) -> bool {
    let square = t * t;
    let det = T::ONE + square;
    let scale = T::ONE / det;
    let (c, s) = ((T::ONE - square) * scale, (t + t) * scale);
    *q = [c, s, T::ZERO - s, c];
    det.is_finite()
}

/// I + 2/(1 + s) · (K + K²), s = |θ|².
#[inline(always)]
fn three<T: Real>(&[x, y, z]: &[T; 3], q: &mut [T; 9]) -> bool {
    let (xx, yy, zz) = (x * x, y * y, z * z);
    let det = T::ONE + (xx + yy + zz);
    let scale = T::TWO / det;
    let [sx, sy, sz] = [x, y, z].map(|t| t * scale);
    let (s01, s02, s12) = (T::ZERO.mac(-sy, z), sx * z, T::ZERO.mac(-sx, y));
    *q = [
        T::ONE.mac(-scale, xx + yy),
        s01 + sx,
        s02 + sy,
        s01 - sx,
        T::ONE.mac(-scale, xx + zz),
        s12 + sz,
        s02 - sy,
        s12 - sz,
        T::ONE.mac(-scale, yy + zz),
    ];
    det.is_finite()
}

/// [(1 + p − w²) I + 2 (K + w·K★) + 2 K²] / (1 + p + w²), with p = |θ|², w the Pfaffian of K and K★ its dual:
/// K·K★ = −w I.
#[inline(always)]
fn four<T: Real>(&[a, b, c, d, e, f]: &[T; 6], q: &mut [T; 16]) -> bool {
    let [aa, bb, cc, dd, ee, ff] = [a, b, c, d, e, f].map(|t| t * t);
    let (row0, row3) = (aa + bb + cc, cc + ee + ff);
    let p = row0 + (dd + ee + ff);
    let w = (a * f).mac(-b, e).mac(c, d);
    let ww = w * w;
    let one_p = T::ONE + p;
    let det = one_p + ww;
    let inverse = T::ONE / det;
    let scale = inverse + inverse;
    let diagonal = (one_p - ww) * inverse;
    let [sa, sb, sc, sd, se, sf] = [a, b, c, d, e, f].map(|t| t * scale);
    let sw = w * scale;
    // Skew part, above the diagonal.
    let (k01, k02, k03) = (sa.mac(sw, f), sb.mac(-sw, e), sc.mac(sw, d));
    let (k12, k13, k23) = (sd.mac(sw, c), se.mac(-sw, b), sf.mac(sw, a));
    // Symmetric part.
    let (s01, s02, s03) = (T::ZERO.mac(-sb, d).mac(-sc, e), (sa * d).mac(-sc, f), (sa * e).mac(sb, f));
    let (s12, s13, s23) =
        (T::ZERO.mac(-sa, b).mac(-se, f), (sd * f).mac(-sa, c), T::ZERO.mac(-sb, c).mac(-sd, e));
    *q = [
        diagonal.mac(-scale, row0),
        s01 + k01,
        s02 + k02,
        s03 + k03,
        s01 - k01,
        diagonal.mac(-scale, aa + dd + ee),
        s12 + k12,
        s13 + k13,
        s02 - k02,
        s12 - k12,
        diagonal.mac(-scale, bb + dd + ff),
        s23 + k23,
        s03 - k03,
        s13 - k13,
        s23 - k23,
        diagonal.mac(-scale, row3),
    ];
    det.is_finite()
}

/// All blocks of all factors: [`block`] once for each.
///
/// `theta` holds [`Shape::parameter_len`] numbers, `q` [`Shape::block_len`]; the pivots are those of one block.
///
/// # Errors
/// As [`block`]; the blocks before the one that failed are then written.
///
/// ```
/// use reparam::group_shuffle::{Shape, cayley};
///
/// let shape = Shape::new(2, 2, 1)?;
/// let mut blocks = [0.0; 8];
/// cayley::blocks(shape, &[0.0, 1.0], &mut blocks, &mut [])?;
/// assert_eq!(blocks, [1.0, 0.0, 0.0, 1.0, 0.0, 1.0, -1.0, 0.0]);
/// # Ok::<(), reparam::group_shuffle::Error>(())
/// ```
pub fn blocks<T: Real>(shape: Shape, theta: &[T], q: &mut [T], pivots: &mut [usize]) -> Result<(), Error> {
    let b = shape.block();
    check_length(shape.parameter_len(), theta.len())?;
    check_length(shape.block_len(), q.len())?;
    check_length(pivot_len(b), pivots.len())?;
    let mut parameters = theta.chunks_exact(parameter_len(b).max(1));
    // Blocks of one number have no parameters.
    q.chunks_exact_mut((b * b).max(1))
        .try_for_each(|q| block_kernel(b, parameters.next().unwrap_or_default(), q, pivots))
}

/// Length of the scratch of [`refine`]: b² + b.
pub const fn refine_scratch_len(b: usize) -> usize {
    newton_schulz::scratch_len(b)
}

/// One Newton-Schulz step on each block, which takes an orthogonality error e to about (3/4)·e². Returns the largest
/// entry of |QᵀQ − I| before it.
///
/// Cost: 2·b³ multiply-adds a block; scratch: [`refine_scratch_len`].
///
/// # Errors
/// [`Error::Length`]; [`Error::NotFinite`] if a block is not finite.
///
/// ```
/// use reparam::group_shuffle::{Shape, cayley};
///
/// let (shape, mut q) = (Shape::new(2, 1, 1)?, [0.6f64, 0.8, -0.8, 0.6001]);
/// let mut scratch = [0.0; cayley::refine_scratch_len(2)];
/// assert!(cayley::refine(shape, &mut q, &mut scratch)? > 1e-4);
/// assert!(cayley::refine(shape, &mut q, &mut scratch)? < 1e-7);
/// # Ok::<(), reparam::group_shuffle::Error>(())
/// ```
pub fn refine<T: Real>(shape: Shape, q: &mut [T], scratch: &mut [T]) -> Result<T, Error> {
    let b = shape.block();
    check_length(shape.block_len(), q.len())?;
    check_length(refine_scratch_len(b), scratch.len())?;
    let (factor, old) = scratch.split_at_mut_checked(b * b).unwrap_or_default();
    let mut worst = T::ZERO;
    for q in q.chunks_exact_mut((b * b).max(1)) {
        worst = worst.max(newton_schulz::step_kernel(b, q, factor, old)?);
    }
    Ok(worst)
}

/// Length of the scratch of [`inverse`] and [`inverses`]: b².
pub const fn inverse_scratch_len(b: usize) -> usize {
    b.saturating_mul(b)
}

/// Largest entry of |QᵀQ − I| that [`inverse`] accepts: blocks may come from files of few digits.
pub const INVERSE_TOLERANCE: f32 = 1e-3;

/// The parameters `theta` whose [`block`] is `q`: K = (Q − I) (Q + I)⁻¹. Returns the largest entry of |QᵀQ − I|.
///
/// Of a block that is orthogonal only nearly, the parameters are the skew part of K. Near an eigenvalue −1 the
/// parameters grow without bound and lose digits: one that is above 1/√ε is refused, where half of them are lost.
/// A block of determinant −1 has such an eigenvalue, and one that is nearly such a block is refused too; negate one of
/// its columns and keep that sign, or keep the block.
///
/// Cost: (3/2)·b³ multiply-adds; scratch: [`inverse_scratch_len`]; `pivots`: b.
///
/// # Errors
/// [`Error::Shape`] for b = 0; [`Error::Length`]; [`Error::NotFinite`]; [`Error::NotOrthogonal`] above
/// [`INVERSE_TOLERANCE`]; [`Error::EigenvalueMinusOne`]. `theta` is then as it was.
///
/// ```
/// use reparam::group_shuffle::{Error, cayley};
///
/// let (mut theta, mut scratch, mut pivots) = ([0.0], [0.0; cayley::inverse_scratch_len(2)], [0; 2]);
/// cayley::inverse(2, &[0.0, 1.0, -1.0, 0.0], &mut theta, &mut scratch, &mut pivots)?;
/// assert_eq!(theta, [1.0]);
/// let half_turn = cayley::inverse(2, &[-1.0, 0.0, 0.0, -1.0], &mut theta, &mut scratch, &mut pivots);
/// assert_eq!(half_turn, Err(Error::EigenvalueMinusOne));
/// # Ok::<(), Error>(())
/// ```
pub fn inverse<T: Real>(
    b: usize,
    q: &[T],
    theta: &mut [T],
    scratch: &mut [T],
    pivots: &mut [usize],
) -> Result<T, Error> {
    check_block(b, theta.len(), q.len())?;
    check_length(inverse_scratch_len(b), scratch.len())?;
    check_length(b, pivots.len())?;
    inverse_kernel(b, q, theta, scratch, pivots)
}

#[inline(always)]
fn inverse_kernel<T: Real>(
    b: usize,
    q: &[T],
    theta: &mut [T],
    scratch: &mut [T],
    pivots: &mut [usize],
) -> Result<T, Error> {
    let error = newton_schulz::orthogonality_error(b, b, q);
    if !error.is_finite() {
        return Err(Error::NotFinite);
    }
    if error > T::from_f32(INVERSE_TOLERANCE) {
        return Err(Error::NotOrthogonal { error: error.to_f64() as f32 });
    }
    // K = I − 2 (Q + I)⁻¹, of which the skew part is wanted.
    scratch.iter_mut().zip(q).for_each(|(x, &q)| *x = q);
    scratch.iter_mut().step_by(b.saturating_add(1)).for_each(|x| *x += T::ONE);
    // What is not finite now was finite before: a division by next to nothing.
    gauss_jordan::invert_kernel(b, scratch, pivots).map_err(|_| Error::EigenvalueMinusOne)?;
    let bound = T::HALF / T::EPSILON.sqrt();
    // The diagonal of (Q + I)⁻¹ is ½ for a rotation. It is far from it for a block that is nearly orthogonal and has a real
    // eigenvalue near −1: a reflection, not quite.
    let mut diagonal = scratch.iter().step_by(b.saturating_add(1));
    if scratch.iter().any(|x| x.abs() > bound) || diagonal.any(|x| (*x - T::HALF).abs() > T::HALF) {
        return Err(Error::EigenvalueMinusOne);
    }
    set_skew_part(b, scratch, -T::ONE, theta);
    Ok(error)
}

/// `theta` ← scale·(aᵢⱼ − aⱼᵢ) above the diagonal, row by row.
#[inline(always)]
fn set_skew_part<T: Real>(b: usize, a: &[T], scale: T, theta: &mut [T]) {
    let mut rest = theta;
    for i in 0..b {
        let (out, tail) = rest.split_at_mut_checked(b - 1 - i).unwrap_or_default();
        rest = tail;
        let corner = a.get(i * b + i..).unwrap_or_default().iter();
        let pairs = corner.clone().skip(1).zip(corner.skip(b).step_by(b.max(1)));
        out.iter_mut().zip(pairs).for_each(|(out, (&right, &down))| *out = scale * (right - down));
    }
}

/// [`inverse`] of all blocks of all factors. Returns the largest entry of |QᵀQ − I|.
///
/// Scratch and pivots are those of one block.
///
/// # Errors
/// As [`inverse`]; the parameters of the blocks before the one that failed are then written.
///
/// ```
/// use reparam::group_shuffle::{Shape, cayley};
///
/// let (shape, blocks) = (Shape::new(2, 2, 1)?, [1.0, 0.0, 0.0, 1.0, 0.0, 1.0, -1.0, 0.0]);
/// let mut theta = [0.5; 2];
/// cayley::inverses(shape, &blocks, &mut theta, &mut [0.0; 4], &mut [0; 2])?;
/// assert_eq!(theta, [0.0, 1.0]);
/// # Ok::<(), reparam::group_shuffle::Error>(())
/// ```
pub fn inverses<T: Real>(
    shape: Shape,
    q: &[T],
    theta: &mut [T],
    scratch: &mut [T],
    pivots: &mut [usize],
) -> Result<T, Error> {
    let b = shape.block();
    check_length(shape.block_len(), q.len())?;
    check_length(shape.parameter_len(), theta.len())?;
    check_length(inverse_scratch_len(b), scratch.len())?;
    check_length(b, pivots.len())?;
    let mut worst = T::ZERO;
    let mut parameters = theta.chunks_exact_mut(parameter_len(b).max(1));
    for q in q.chunks_exact((b * b).max(1)) {
        let theta = parameters.next().unwrap_or_default();
        worst = worst.max(inverse_kernel(b, q, theta, scratch, pivots)?);
    }
    Ok(worst)
}

/// Length of the scratch of [`gradient`] and [`gradients`]: 2·b².
pub const fn gradient_scratch_len(b: usize) -> usize {
    b.saturating_mul(b).saturating_mul(2)
}

/// The vector-Jacobian product of [`block`]: from `g` = ∂f/∂Q to `theta_gradient` = ∂f/∂θ, both at the block `q`.
///
/// Exact and without a solve: dQ = ½ (I + Q) dK (I + Q) gives H = ½ (I + Q)ᵀ G (I + Q)ᵀ and ∂f/∂θᵢⱼ = Hᵢⱼ − Hⱼᵢ.
/// Linear in `g`: gradients of several samples may be summed first. NaN and infinity pass through.
///
/// Cost: 2·b³ multiply-adds; scratch: [`gradient_scratch_len`].
///
/// # Errors
/// [`Error::Shape`] for b = 0; [`Error::Length`].
///
/// ```
/// use reparam::group_shuffle::cayley;
///
/// // At the identity, dQ = 2 dK.
/// let (mut gradient, mut scratch) = ([0.0], [0.0; cayley::gradient_scratch_len(2)]);
/// cayley::gradient(2, &[1.0, 0.0, 0.0, 1.0], &[0.0, 3.0, 1.0, 0.0], &mut gradient, &mut scratch)?;
/// assert_eq!(gradient, [4.0]);
/// # Ok::<(), reparam::group_shuffle::Error>(())
/// ```
pub fn gradient<T: Real>(
    b: usize,
    q: &[T],
    g: &[T],
    theta_gradient: &mut [T],
    scratch: &mut [T],
) -> Result<(), Error> {
    check_block(b, theta_gradient.len(), q.len())?;
    check_length(q.len(), g.len())?;
    check_length(gradient_scratch_len(b), scratch.len())?;
    gradient_kernel(b, q, g, theta_gradient, scratch);
    Ok(())
}

#[inline(always)]
fn gradient_kernel<T: Real>(b: usize, q: &[T], g: &[T], theta_gradient: &mut [T], scratch: &mut [T]) {
    let (left, both) = scratch.split_at_mut_checked(b * b).unwrap_or_default();
    product::matmul_tn_kernel(b, b, b, q, g, left);
    left.iter_mut().zip(g).for_each(|(x, &g)| *x += g);
    product::matmul_nt_kernel(b, b, left, q, both);
    both.iter_mut().zip(&*left).for_each(|(x, &left)| *x += left);
    set_skew_part(b, both, T::HALF, theta_gradient);
}

/// [`gradient`] of all blocks of all factors; scratch is that of one block.
///
/// # Errors
/// [`Error::Length`].
///
/// ```
/// use reparam::group_shuffle::{Shape, cayley};
///
/// let shape = Shape::new(2, 2, 1)?;
/// let (q, g) = ([1.0, 0.0, 0.0, 1.0, 0.0, 1.0, -1.0, 0.0], [0.0, 3.0, 1.0, 0.0, 2.0, 0.0, 0.0, 2.0]);
/// let mut gradient = [0.0; 2];
/// cayley::gradients(shape, &q, &g, &mut gradient, &mut [0.0; 8])?;
/// assert_eq!(gradient, [4.0, -4.0]);
/// # Ok::<(), reparam::group_shuffle::Error>(())
/// ```
pub fn gradients<T: Real>(
    shape: Shape,
    q: &[T],
    g: &[T],
    theta_gradient: &mut [T],
    scratch: &mut [T],
) -> Result<(), Error> {
    let b = shape.block();
    check_length(shape.block_len(), q.len())?;
    check_length(shape.block_len(), g.len())?;
    check_length(shape.parameter_len(), theta_gradient.len())?;
    check_length(gradient_scratch_len(b), scratch.len())?;
    let len = (b * b).max(1);
    let pairs = q.chunks_exact(len).zip(g.chunks_exact(len));
    for ((q, g), gradient) in pairs.zip(theta_gradient.chunks_exact_mut(parameter_len(b).max(1))) {
        gradient_kernel(b, q, g, gradient, scratch);
    }
    Ok(())
}

/// [`block`] with sizes known to the compiler: `N` = `B`·(`B` − 1)/2.
///
/// # Errors
/// [`Error::NotFinite`] as [`block`].
///
/// ```
/// use reparam::dense::Matrix;
/// use reparam::group_shuffle::cayley;
///
/// assert_eq!(cayley::matrix::<f32, 3, 3>(&[0.0; 3])?, Matrix::identity());
/// # Ok::<(), reparam::group_shuffle::Error>(())
/// ```
///
/// ```compile_fail
/// let q = reparam::group_shuffle::cayley::matrix::<f32, 3, 4>(&[0.0; 4]);
/// ```
#[inline]
pub fn matrix<T: Real, const B: usize, const N: usize>(theta: &[T; N]) -> Result<Matrix<T, B, B>, Error> {
    const { assert!(B > 0 && N == parameter_len(B)) };
    let mut result = Ok(Matrix::zeros());
    let outcome = result.as_mut().map_or(Ok(()), |q| matrix_into(theta, q));
    if let Err(error) = outcome {
        result = Err(error);
    }
    result
}

/// [`matrix`] without the cost of clearing and moving the result.
///
/// # Errors
/// [`Error::NotFinite`] as [`block`]; `q` then holds intermediate values.
///
/// ```
/// use reparam::dense::Matrix;
/// use reparam::group_shuffle::cayley;
///
/// let mut q = Matrix::<f32, 2, 2>::zeros();
/// cayley::matrix_into(&[1.0], &mut q)?;
/// assert_eq!(q, Matrix([[0.0, 1.0], [-1.0, 0.0]]));
/// # Ok::<(), reparam::group_shuffle::Error>(())
/// ```
#[inline]
pub fn matrix_into<T: Real, const B: usize, const N: usize>(
    theta: &[T; N],
    q: &mut Matrix<T, B, B>,
) -> Result<(), Error> {
    const { assert!(B > 0 && N == parameter_len(B)) };
    block_kernel(B, theta, q.as_mut_slice(), &mut [0; B])
}

/// [`inverse`] with sizes known to the compiler.
///
/// # Errors
/// As [`inverse`].
///
/// ```
/// use reparam::dense::Matrix;
/// use reparam::group_shuffle::cayley;
///
/// assert_eq!(cayley::inverse_matrix::<f64, 2, 1>(&Matrix([[0.0, -1.0], [1.0, 0.0]]))?, [-1.0]);
/// # Ok::<(), reparam::group_shuffle::Error>(())
/// ```
pub fn inverse_matrix<T: Real, const B: usize, const N: usize>(q: &Matrix<T, B, B>) -> Result<[T; N], Error> {
    const { assert!(B > 0 && N == parameter_len(B)) };
    let mut theta = [T::ZERO; N];
    inverse_kernel(B, q.as_slice(), &mut theta, [[T::ZERO; B]; B].as_flattened_mut(), &mut [0; B])?;
    Ok(theta)
}

/// [`gradient`] with sizes known to the compiler.
///
/// ```
/// use reparam::dense::Matrix;
/// use reparam::group_shuffle::cayley;
///
/// let g = Matrix([[0.0, 3.0], [1.0, 0.0]]);
/// assert_eq!(cayley::gradient_matrix::<f64, 2, 1>(&Matrix::identity(), &g), [4.0]);
/// ```
pub fn gradient_matrix<T: Real, const B: usize, const N: usize>(
    q: &Matrix<T, B, B>,
    g: &Matrix<T, B, B>,
) -> [T; N] {
    const { assert!(B > 0 && N == parameter_len(B)) };
    let mut gradient = [T::ZERO; N];
    let mut scratch = [[[T::ZERO; B]; B]; 2];
    let scratch = scratch.as_flattened_mut().as_flattened_mut();
    gradient_kernel(B, q.as_slice(), g.as_slice(), &mut gradient, scratch);
    gradient
}
