//! `defmt` messages as lines of the report.

use core::cell::UnsafeCell;
use core::fmt;
use core::sync::atomic::{AtomicBool, Ordering};

/// Longest message in bytes as sent; the rest of a longer one is lost.
const LONGEST: usize = 256;

#[defmt::global_logger]
struct Lines;

struct State {
    encoder: defmt::Encoder,
    bytes: [u8; LONGEST],
    used: usize,
}

struct Global(UnsafeCell<State>);

// SAFETY: one core, and `TAKEN` admits one message at a time.
unsafe impl Sync for Global {}

static TAKEN: AtomicBool = AtomicBool::new(false);
static STATE: Global =
    Global(UnsafeCell::new(State { encoder: defmt::Encoder::new(), bytes: [0; LONGEST], used: 0 }));

struct Hex<'a>(&'a [u8]);

impl fmt::Display for Hex<'_> {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl State {
    /// Hands the encoder a place to put its bytes.
    fn encode(&mut self, step: impl FnOnce(&mut defmt::Encoder, &mut dyn FnMut(&[u8]))) {
        let Self { encoder, bytes, used } = self;
        step(encoder, &mut |more| {
            let free = bytes.iter_mut().skip(*used);
            *used += free.zip(more).map(|(to, &from)| *to = from).count();
        });
    }
}

// SAFETY: as the trait asks, `write` and `release` are called only between `acquire` and `release`, and `acquire`
// panics where a second message would begin inside of a first one.
unsafe impl defmt::Logger for Lines {
    fn acquire() {
        assert!(!TAKEN.swap(true, Ordering::Acquire), "a message inside of a message");
        // SAFETY: taken above.
        let state = unsafe { &mut *STATE.0.get() };
        state.used = 0;
        state.encode(|encoder, write| encoder.start_frame(write));
    }

    unsafe fn flush() {}

    unsafe fn release() {
        // SAFETY: taken by `acquire`.
        let state = unsafe { &mut *STATE.0.get() };
        state.encode(|encoder, write| encoder.end_frame(write));
        crate::line!("reparam:log {}", Hex(&state.bytes[..state.used]));
        TAKEN.store(false, Ordering::Release);
    }

    unsafe fn write(bytes: &[u8]) {
        // SAFETY: taken by `acquire`.
        let state = unsafe { &mut *STATE.0.get() };
        state.encode(|encoder, write| encoder.write(bytes, write));
    }
}
