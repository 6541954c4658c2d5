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

    bench::call_with("exp", 1.5f32, Real::exp);
    bench::call_with("exp/libm", 1.5f32, libm::expf);
    bench::call_with("exp/micromath", 1.5f32, F32Ext::exp);
}
