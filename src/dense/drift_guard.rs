/// Says when a matrix that is rotated again and again is due for a Newton-Schulz step.
///
/// Each rotation adds a rounding error to the lengths and angles of the columns, and nothing takes it away; a
/// step each some thousand rotations ([`newton_schulz`](super::newton_schulz)) keeps the sum small.
///
/// ```
/// use reparam::dense::DriftGuard;
///
/// let mut guard = DriftGuard::new(3);
/// assert_eq!([1, 1, 1, 1, 2].map(|count| guard.due(count)), [false, false, true, false, true]);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct DriftGuard {
    period: u32,
    count: u32,
}

impl DriftGuard {
    /// A clean-up each `period` rotations; never if 0.
    pub const fn new(period: u32) -> Self {
        Self { period, count: 0 }
    }

    /// Counts rotations and says whether the clean-up is due.
    pub fn due(&mut self, rotations: u32) -> bool {
        self.count = self.count.saturating_add(rotations);
        let due = self.period > 0 && self.count >= self.period;
        if due {
            self.count = 0;
        }
        due
    }
}
