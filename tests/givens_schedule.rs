//! Round-robin schedule: each plane once, disjoint within a round, the fewest rounds.

use reparam::givens::{Plane, RoundRobin};

#[test]
fn each_pair_comes_once_in_disjoint_rounds() {
    for rows in 0..=65 {
        let schedule = RoundRobin::new(rows);
        let rounds = match rows {
            0 | 1 => 0,
            even if even % 2 == 0 => even - 1,
            odd => odd,
        };
        assert_eq!(schedule.round_count(), rounds);
        assert_eq!(schedule.rounds().len(), rounds);
        let mut met = vec![false; rows * rows];
        for round in schedule.rounds() {
            assert_eq!(round.len(), rows / 2);
            let mut busy = vec![false; rows];
            for Plane { i, j } in round {
                assert!(i < j && j < rows);
                assert!(!busy[i] && !busy[j], "row used twice in a round of {rows}");
                assert!(!met[i * rows + j], "plane ({i}, {j}) of {rows} comes twice");
                (busy[i], busy[j], met[i * rows + j]) = (true, true, true);
            }
        }
        assert_eq!(met.iter().filter(|&&met| met).count(), rows * rows.saturating_sub(1) / 2);
    }
}

#[test]
fn rounds_beyond_the_last_are_empty() {
    for rows in [0, 1, 2, 7, 8] {
        let schedule = RoundRobin::new(rows);
        assert_eq!(schedule.round(schedule.round_count()).count(), 0);
        assert_eq!(schedule.round(usize::MAX).count(), 0);
    }
}

#[test]
fn the_largest_sizes_do_not_overflow() {
    for rows in [usize::MAX, usize::MAX - 1] {
        let mut round = RoundRobin::new(rows).round(rows - 2);
        assert!(round.by_ref().take(5).all(|Plane { i, j }| i < j && j < rows));
    }
}
