//! Progress on standard error, quiet when that is not a terminal.

use std::io::IsTerminal;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// A progress bar, or nothing.
#[derive(Clone, Debug)]
pub struct Progress(ProgressBar);

impl Progress {
    /// A bar up to `length`, or a spinner with a counter if the length is unknown.
    pub fn new(quiet: bool, length: Option<u64>) -> Self {
        if quiet || !std::io::stderr().is_terminal() {
            return Self::quiet();
        }
        let bar = match length {
            Some(length) => ProgressBar::new(length),
            None => ProgressBar::no_length(),
        };
        let template = match length {
            Some(_) => "{elapsed_precise} [{bar:32}] {human_pos}/{human_len} {msg}",
            None => "{elapsed_precise} {spinner} {human_pos} {msg}",
        };
        let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
        bar.set_draw_target(ProgressDrawTarget::stderr_with_hz(10));
        bar.set_style(style.progress_chars("=> "));
        bar.enable_steady_tick(Duration::from_millis(200));
        Self(bar)
    }

    /// Nothing, for a part of work that shows its own.
    pub fn quiet() -> Self {
        Self(ProgressBar::hidden())
    }

    /// Sets how much is done.
    pub fn set(&self, position: u64) {
        self.0.set_position(position);
    }

    /// Adds to what is done.
    pub fn add(&self, delta: u64) {
        self.0.inc(delta);
    }

    /// Sets the text beside the bar. It is built only if somebody sees it.
    pub fn message(&self, text: impl FnOnce() -> String) {
        if !self.0.is_hidden() {
            self.0.set_message(text());
        }
    }

    /// Removes the bar.
    pub fn finish(&self) {
        self.0.finish_and_clear();
    }
}
