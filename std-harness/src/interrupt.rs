//! Ctrl-C as a question that long work asks.

use std::sync::atomic::{AtomicBool, Ordering};

static ASKED: AtomicBool = AtomicBool::new(false);

/// Turns the first SIGINT or SIGTERM into an answer of [`asked`]. The second one ends the program at once, as
/// without a handler: files are written atomically, so none is left half-written.
pub fn install() {
    // Fails only if a handler is installed already, and then the flag works.
    let _ = ctrlc::set_handler(|| {
        if ASKED.swap(true, Ordering::SeqCst) {
            std::process::exit(130);
        }
    });
}

/// Whether the user has asked to stop.
pub fn asked() -> bool {
    ASKED.load(Ordering::Relaxed)
}
