use reparam::Real;

use super::bytes::Bytes;

/// Elementary functions of any two numbers.
pub fn run(data: &[u8]) {
    let mut bytes = Bytes::new(data);
    if bytes.flag() { functions::<f32>(&mut bytes) } else { functions::<f64>(&mut bytes) }
}

fn functions<T: Real>(bytes: &mut Bytes) {
    let (x, y): (T, T) = (bytes.real(), bytes.real());
    let slack = T::EPSILON * T::from_f64(4.0);

    let (s, c) = x.sin_cos();
    if x.is_finite() {
        assert!(s.abs() <= T::ONE && c.abs() <= T::ONE, "sin_cos({x}) = ({s}, {c})");
        assert!(((s * s).mac(c, c) - T::ONE).abs() <= slack, "sin_cos({x}) = ({s}, {c})");
        let (minus_s, same_c) = (-x).sin_cos();
        assert!(minus_s == -s && same_c == c, "sin_cos({x}) is not odd and even");
    } else {
        assert!(s.is_nan() && c.is_nan(), "sin_cos({x}) = ({s}, {c})");
    }

    let angle = y.atan2(x);
    if x.is_nan() || y.is_nan() {
        assert!(angle.is_nan(), "atan2({y}, {x}) = {angle}");
    } else {
        assert!(angle.abs() <= T::PI, "atan2({y}, {x}) = {angle}");
        assert!(
            angle == T::ZERO || (angle < T::ZERO) == (y < T::ZERO) || y == T::ZERO,
            "atan2({y}, {x}) = {angle}"
        );
        assert!((-y).atan2(x) == -angle, "atan2({y}, {x}) is not odd");
    }

    let root = x.sqrt();
    assert!(root.is_nan() == (x.is_nan() || x < T::ZERO), "sqrt({x}) = {root}");
    if root.is_finite() && x >= T::MIN_POSITIVE {
        assert!(((root / x) * root - T::ONE).abs() <= slack, "sqrt({x}) = {root}");
    }

    let length = x.hypot(y);
    assert!(length.is_nan() || length >= x.abs().max(y.abs()), "hypot({x}, {y}) = {length}");
    assert!(
        length.is_nan() == ((x.is_nan() || y.is_nan()) && x.abs() != T::INFINITY && y.abs() != T::INFINITY)
    );

    let (e, less_one) = (x.exp(), x.exp_m1());
    assert!(e.is_nan() == x.is_nan() && (e.is_nan() || e >= T::ZERO), "exp({x}) = {e}");
    assert!(
        less_one.is_nan() == x.is_nan() && (less_one.is_nan() || less_one >= -T::ONE),
        "exp_m1({x}) = {less_one}"
    );
    let logarithm = x.ln();
    assert!(logarithm.is_nan() == (x.is_nan() || x < T::ZERO), "ln({x}) = {logarithm}");
    let logarithm = x.ln_1p();
    assert!(logarithm.is_nan() == (x.is_nan() || x < -T::ONE), "ln_1p({x}) = {logarithm}");
    let t = x.tanh();
    assert!(t.is_nan() == x.is_nan() && (t.is_nan() || t.abs() <= T::ONE), "tanh({x}) = {t}");
    assert!(x.mul_add(y, T::ONE).is_nan() || !(x.is_nan() || y.is_nan()));
}
