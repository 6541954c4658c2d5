use core::fmt;

use crate::line;

mod sealed {
    pub trait Sealed {}
}

/// What a program can report: `f32`, `f64`, `u32`, `u64`.
pub trait Value: Copy + sealed::Sealed {
    /// Name of the type in the protocol.
    const NAME: &str;
    /// Writes the bits in hexadecimal.
    fn bits(self, f: &mut fmt::Formatter) -> fmt::Result;
}

macro_rules! value {
    ($t:ident, $x:ident => $bits:expr, $format:literal) => {
        impl sealed::Sealed for $t {}
        impl Value for $t {
            const NAME: &str = stringify!($t);
            fn bits(self, f: &mut fmt::Formatter) -> fmt::Result {
                let $x = self;
                write!(f, $format, $bits)
            }
        }
    };
}

value!(f32, x => x.to_bits(), " {:08x}");
value!(f64, x => x.to_bits(), " {:016x}");
value!(u32, x => x, " {:08x}");
value!(u64, x => x, " {:016x}");

struct Words<'a, T>(&'a [T]);

impl<T: Value> fmt::Display for Words<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        self.0.iter().try_for_each(|value| value.bits(f))
    }
}

/// Reports values that host and target must agree on bit by bit.
pub fn values<T: Value>(name: &str, values: &[T]) {
    line!("reparam:{} {name} exact{}", T::NAME, Words(values));
}

/// Reports values that host and target must agree on within `2^exponent`.
pub fn values_within<T: Value>(name: &str, exponent: i32, values: &[T]) {
    line!("reparam:{} {name} 2^{exponent}{}", T::NAME, Words(values));
}

/// Reports the instructions of one call.
pub fn instructions(name: &str, count: u64) {
    line!("reparam:instructions {name} {count}");
}

/// Reports the stack of one call in bytes.
pub fn stack(name: &str, bytes: usize) {
    line!("reparam:stack {name} {bytes}");
}
