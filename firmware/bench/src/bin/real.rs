//! Elementary functions.
#![cfg_attr(target_os = "none", no_std, no_main)]

use kit::bench;
use micromath::F32Ext;
use reparam::Real;

kit::entry!(program);

fn program() {
    bench::call_with("sqrt", 2.0f32, Real::sqrt);
    bench::call_with("sqrt/libm", 2.0f32, libm::sqrtf);
    bench::call_with("sqrt/micromath", 2.0f32, F32Ext::sqrt);

    bench::call_with("mul_add", (1.1f32, 2.2f32, 3.3f32), |(x, y, sum)| Real::mul_add(x, y, sum));
    bench::call_with("mul_add/libm", (1.1f32, 2.2f32, 3.3f32), |(x, y, sum)| libm::fmaf(x, y, sum));

    bench::call_with("hypot", (1.1f32, 2.2f32), |(x, y)| Real::hypot(x, y));
    bench::call_with("hypot/libm", (1.1f32, 2.2f32), |(x, y)| libm::hypotf(x, y));
    bench::call_with("hypot/micromath", (1.1f32, 2.2f32), |(x, y)| F32Ext::hypot(x, y));

    bench::call_with("exp", 1.5f32, Real::exp);
    bench::call_with("exp/libm", 1.5f32, libm::expf);
    bench::call_with("exp/micromath", 1.5f32, F32Ext::exp);

    bench::call_with("exp_m1", 1.5f32, Real::exp_m1);
    bench::call_with("exp_m1/libm", 1.5f32, libm::expm1f);

    bench::call_with("ln", 1.5f32, Real::ln);
    bench::call_with("ln/libm", 1.5f32, libm::logf);
    bench::call_with("ln/micromath", 1.5f32, F32Ext::ln);

    bench::call_with("ln_1p", 1.5f32, Real::ln_1p);
    bench::call_with("ln_1p/libm", 1.5f32, libm::log1pf);

    bench::call_with("tanh", 0.7f32, Real::tanh);
    bench::call_with("tanh/libm", 0.7f32, libm::tanhf);

    bench::call_with("floor", -1.5f32, Real::floor);
    bench::call_with("floor/libm", -1.5f32, libm::floorf);
}
