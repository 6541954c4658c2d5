//! `f64` elementary functions of the backend: the platform's with `std`, else those of `libm`.

#[cfg(not(feature = "std"))]
pub(super) use libm::{
    atan2, exp, expm1 as exp_m1, floor, fma as mul_add, hypot, log as ln, log1p as ln_1p, round,
    sincos as sin_cos, sqrt, tanh,
};

#[cfg(feature = "std")]
mod platform {
    macro_rules! methods {
        ($($name:ident($($x:ident),*) -> $out:ty;)*) => {
            $(#[inline(always)]
            pub(in crate::real) fn $name($($x: f64),*) -> $out {
                f64::$name($($x),*)
            })*
        };
    }
    methods! {
        atan2(y, x) -> f64;
        exp(x) -> f64;
        exp_m1(x) -> f64;
        floor(x) -> f64;
        mul_add(x, y, sum) -> f64;
        hypot(x, y) -> f64;
        ln(x) -> f64;
        ln_1p(x) -> f64;
        round(x) -> f64;
        sin_cos(x) -> (f64, f64);
        sqrt(x) -> f64;
        tanh(x) -> f64;
    }
}
#[cfg(feature = "std")]
pub(super) use platform::*;
