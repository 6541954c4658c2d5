use reparam::Real;

/// Arbitrary bytes, read as the arguments of a call. Zeros follow the end.
pub(crate) struct Bytes<'a>(&'a [u8]);

impl<'a> Bytes<'a> {
    pub(crate) fn new(data: &'a [u8]) -> Self {
        Self(data)
    }

    pub(crate) fn byte(&mut self) -> u8 {
        let Some((&first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        first
    }

    fn word(&mut self) -> u64 {
        u64::from_le_bytes(std::array::from_fn(|_| self.byte()))
    }

    /// A number below `end`.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        usize::from(self.byte()) % end
    }

    pub(crate) fn flag(&mut self) -> bool {
        self.byte() & 1 == 1
    }

    /// Any real: any bit pattern, or (more often, for most bit patterns are huge or tiny) one from a range
    /// where the algorithms do their work, or one where they might stumble.
    pub(crate) fn real<T: Real>(&mut self) -> T {
        match self.byte() {
            0..=15 => T::from_f32(f32::from_bits(self.word() as u32)),
            16..=31 => T::from_f64(f64::from_bits(self.word())),
            32..=47 => [
                T::NAN,
                T::INFINITY,
                -T::INFINITY,
                T::MAX,
                -T::MAX,
                T::MIN_POSITIVE,
                T::MIN_POSITIVE * T::EPSILON,
                -T::ZERO,
                T::PI,
                T::FRAC_PI_2,
                T::EPSILON,
                T::ONE + T::EPSILON,
            ][self.below(12)],
            _ => self.tame(),
        }
    }

    /// A real of moderate size, often a small integer, so that ties and singular matrices occur.
    pub(crate) fn tame<T: Real>(&mut self) -> T {
        match self.byte() {
            byte @ 0..=127 => T::from_f64(f64::from(byte % 16) - 8.0),
            byte => {
                let fraction = T::from_word(self.word()) - T::HALF;
                // Powers of 2 from 2⁻⁸ to 2⁷.
                fraction * T::from_f64(2f64.powi(i32::from(byte % 16) - 8))
            }
        }
    }

    pub(crate) fn reals<T: Real>(&mut self, len: usize) -> Vec<T> {
        (0..len).map(|_| self.real()).collect()
    }

    pub(crate) fn tames<T: Real>(&mut self, len: usize) -> Vec<T> {
        (0..len).map(|_| self.tame()).collect()
    }

    /// Reals that are tame or, now and then, anything.
    pub(crate) fn mixed<T: Real>(&mut self, len: usize) -> Vec<T> {
        if self.byte() < 64 { self.reals(len) } else { self.tames(len) }
    }
}

pub(crate) fn finite<T: Real>(x: &[T]) -> bool {
    x.iter().all(|x| x.is_finite())
}
