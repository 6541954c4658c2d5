//! Eleven states in a row. Action 0, "next", leads to the state after, and pays 10 in state 9; action 1, "reset", leads to
//! state 10, where it pays 1 and leads to state 0. "next" in state 9 leads to state 0, not to state 10: the published
//! program copies the row of the last state. The policy takes "next" with probability 0.95. Discount 0.9. Learned from are the
//! returns over 100 steps from 50 states, each drawn from all: some seeds miss a state.

use super::Finite;

pub(super) const STATES: usize = 11;

pub(super) fn process() -> Finite {
    let last = STATES - 1;
    let (mut rows, mut rewards, mut policy) = (Vec::new(), Vec::new(), Vec::new());
    for state in 0..STATES {
        let next = if state < last - 1 { state + 1 } else { 0 };
        let reset = if state < last { last } else { 0 };
        rows.extend([vec![(next, 1.0)], vec![(reset, 1.0)]]);
        rewards.extend([if state == last - 1 { 10.0 } else { 0.0 }, if state == last { 1.0 } else { 0.0 }]);
        policy.extend([0.95, 0.05]);
    }
    Finite { actions: 2, discount: 0.9, rows, rewards, policy }
}

#[cfg(test)]
mod tests {
    /// Independent: the policy's linear system, solved by numpy.
    #[test]
    fn values() {
        let expected = [
            4.089389, 4.586572, 5.168072, 5.848189, 6.643648, 7.574009, 8.662150, 9.934830, 11.423345,
            13.164298, 3.730450,
        ];
        for (sample, expected) in super::process().values().iter().zip(expected) {
            assert!((sample.value - expected).abs() < 1e-6 && (sample.shift - 10.0).abs() < 1e-12);
        }
    }
}
