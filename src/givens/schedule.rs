//! Rounds of disjoint planes.

use super::Plane;

/// The circle method: all planes of `rows` rows, in rounds within which no two planes share a row.
///
/// Rotations of one round commute and touch different rows, so they may run side by side. There are
/// `rows − 1` rounds of `rows/2` planes if `rows` is even and `rows` rounds of `(rows − 1)/2` planes if it is
/// odd; each plane comes exactly once. (The round-robin order of one-sided Jacobi methods; for Givens
/// products see Hamze, arXiv 2106.00003.)
///
/// ```
/// use reparam::givens::RoundRobin;
///
/// let schedule = RoundRobin::new(6);
/// assert_eq!(schedule.rounds().len(), 5);
/// assert_eq!(schedule.rounds().flatten().count(), 15);
/// let first: Vec<_> = schedule.round(0).map(|plane| (plane.i, plane.j)).collect();
/// assert_eq!(first, [(0, 5), (1, 4), (2, 3)]);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct RoundRobin {
    rows: usize,
}

impl RoundRobin {
    /// The schedule of `rows` rows. Fewer than two rows have no plane and no round.
    pub const fn new(rows: usize) -> Self {
        Self { rows }
    }

    /// Number of rounds.
    pub const fn round_count(self) -> usize {
        match self.rows {
            0 | 1 => 0,
            _ => self.circle(),
        }
    }

    /// Number of planes in each round.
    pub const fn planes_per_round(self) -> usize {
        self.rows / 2
    }

    /// Length of the circle on which all rows but one move: odd.
    const fn circle(self) -> usize {
        if self.rows & 1 == 0 { self.rows.saturating_sub(1) } else { self.rows }
    }

    /// The rounds in order.
    pub fn rounds(self) -> impl ExactSizeIterator<Item = Round> + Clone {
        (0..self.round_count()).map(move |round| self.round(round))
    }

    /// Round number `round`, counted from 0; empty beyond the last.
    pub fn round(self, round: usize) -> Round {
        let len = if round < self.round_count() { self.planes_per_round() } else { 0 };
        // With an even number of rows the last one stays in place and meets each row of the circle once.
        let fixed = if self.rows & 1 == 0 { Some(self.circle()) } else { None };
        let circle = self.circle();
        // The two neighbours of `round` on the circle.
        let ahead = if round.saturating_add(1) < circle { round.saturating_add(1) } else { 0 };
        let behind = if round > 0 { round - 1 } else { circle.saturating_sub(1) };
        Round { round, fixed, circle, ahead, behind, len }
    }
}

/// The disjoint planes of one round, made by [`RoundRobin::round`].
#[derive(Clone, Debug)]
pub struct Round {
    round: usize,
    fixed: Option<usize>,
    circle: usize,
    ahead: usize,
    behind: usize,
    len: usize,
}

impl Iterator for Round {
    type Item = Plane;

    fn next(&mut self) -> Option<Plane> {
        self.len = self.len.checked_sub(1)?;
        if let Some(fixed) = self.fixed.take() {
            return Some(Plane { i: self.round, j: fixed });
        }
        let (ahead, behind) = (self.ahead, self.behind);
        self.ahead = if ahead + 1 < self.circle { ahead + 1 } else { 0 };
        self.behind = if behind > 0 { behind - 1 } else { self.circle.saturating_sub(1) };
        Some(Plane { i: ahead.min(behind), j: ahead.max(behind) })
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.len, Some(self.len))
    }
}

impl ExactSizeIterator for Round {}
