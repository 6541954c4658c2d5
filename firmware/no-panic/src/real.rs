//! The scalar.

use reparam::Real;

use crate::kernels;

kernels! {
    from_f64(x: f64) -> T { Real::from_f64(x) }
    from_f32(x: f32) -> T { Real::from_f32(x) }
    from_usize(x: usize) -> T { Real::from_usize(x) }
    to_f64(x: T) -> f64 { Real::to_f64(x) }
    is_finite(x: T) -> bool { Real::is_finite(x) }
    is_nan(x: T) -> bool { Real::is_nan(x) }
    abs(x: T) -> T { Real::abs(x) }
    copysign(x: T, y: T) -> T { Real::copysign(x, y) }
    min(x: T, y: T) -> T { Real::min(x, y) }
    max(x: T, y: T) -> T { Real::max(x, y) }
    mul_add(x: T, y: T, z: T) -> T { Real::mul_add(x, y, z) }
    mac(x: T, y: T, z: T) -> T { Real::mac(x, y, z) }
    sqrt(x: T) -> T { Real::sqrt(x) }
    hypot(x: T, y: T) -> T { Real::hypot(x, y) }
    exp(x: T) -> T { Real::exp(x) }
    exp_m1(x: T) -> T { Real::exp_m1(x) }
    ln(x: T) -> T { Real::ln(x) }
    ln_1p(x: T) -> T { Real::ln_1p(x) }
    sin_cos(x: T) -> (T, T) { Real::sin_cos(x) }
    atan2(y: T, x: T) -> T { Real::atan2(y, x) }
    tanh(x: T) -> T { Real::tanh(x) }
    floor(x: T) -> T { Real::floor(x) }
    round(x: T) -> T { Real::round(x) }
    recip(x: T) -> T { Real::recip(x) }
    signum(x: T) -> T { Real::signum(x) }
    powi(x: T, n: i32) -> T { Real::powi(x, n) }
}
