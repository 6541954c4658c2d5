use reparam::Real;

use crate::Status;
use crate::memory::reference;
use crate::status::status;

macro_rules! trig {
    ($t:ident: $sin_cos:ident, $atan2:ident) => {
        /// Sine and cosine of `x` radians.
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $sin_cos(x: $t, sine: *mut $t, cosine: *mut $t) -> Status {
            status(|| {
                // SAFETY: the header's contract.
                let (sine, cosine) = unsafe { (reference(sine)?, reference(cosine)?) };
                (*sine, *cosine) = Real::sin_cos(x);
                Ok(())
            })
        }

        /// Angle of the point (x, y), in [-pi, pi].
        #[unsafe(no_mangle)]
        pub extern "C" fn $atan2(y: $t, x: $t) -> $t {
            Real::atan2(y, x)
        }
    };
}

trig!(f32: reparam_trig_sin_cos_f32, reparam_trig_atan2_f32);
trig!(f64: reparam_trig_sin_cos_f64, reparam_trig_atan2_f64);
