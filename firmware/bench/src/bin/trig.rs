//! Sine, cosine and arctangent.
#![cfg_attr(target_os = "none", no_std, no_main)]

use kit::bench;
use micromath::F32Ext;
use reparam::trig;

kit::entry!(program);

fn program() {
    bench::call_with("sin_cos", 2.5f32, trig::sin_cos);
    bench::call_with("sin_cos/libm", 2.5f32, libm::sincosf);
    bench::call_with("sin_cos/micromath", 2.5f32, F32Ext::sin_cos);

    bench::call_with("sin_cos_100", 99.5f32, trig::sin_cos);
    bench::call_with("sin_cos_100/libm", 99.5f32, libm::sincosf);

    bench::call_with("sin_cos_1e6", 1e6f32, trig::sin_cos);
    bench::call_with("sin_cos_1e6/libm", 1e6f32, libm::sincosf);

    bench::call_with("atan2", (0.7f32, -1.3f32), |(y, x)| trig::atan2(y, x));
    bench::call_with("atan2/libm", (0.7f32, -1.3f32), |(y, x)| libm::atan2f(y, x));
    bench::call_with("atan2/micromath", (0.7f32, -1.3f32), |(y, x)| F32Ext::atan2(y, x));
}
