//! Four rooms on a grid of 11 × 11 cells (Sutton, Precup and Singh 1999). Actions down, up, right, left; with probability 1/3
//! another one of them happens. Who would leave the grid or walk into a wall stays. Leaving the goal, (7, 1), pays 1 and leads
//! to a terminal state, number 121, for good. Walls are states too: trajectories begin in them, and they have values. Discount
//! 0.9. The policy is the best one but for 1 action in 10, drawn from all. Learned from are all places of 80 trajectories of 80
//! steps, whose returns end with the trajectory. The terminal state has no feature: with a reward offset its value, ten times
//! the offset, can't be learned by any method.

use super::Finite;

const SIDE: usize = 11;
pub(super) const CELLS: usize = SIDE * SIDE;
const GOAL: (usize, usize) = (7, 1);
const WALLS: [(usize, usize); 17] = [
    (0, 5),
    (2, 5),
    (3, 5),
    (4, 5),
    (6, 4),
    (7, 4),
    (9, 4),
    (10, 4),
    (5, 0),
    (5, 2),
    (5, 3),
    (5, 4),
    (5, 5),
    (5, 6),
    (5, 7),
    (5, 9),
    (5, 10),
];
const MOVES: [(isize, isize); 4] = [(1, 0), (-1, 0), (0, 1), (0, -1)];
const FAILS: f64 = 1.0 / 3.0;

fn after((row, column): (usize, usize), (down, right): (isize, isize)) -> (usize, usize) {
    let inside = |at: usize, by: isize| at.checked_add_signed(by).filter(|&at| at < SIDE);
    match (inside(row, down), inside(column, right)) {
        (Some(r), Some(c)) if !WALLS.contains(&(r, c)) => (r, c),
        _ => (row, column),
    }
}

pub(super) fn process() -> Finite {
    let actions = MOVES.len();
    let pairs = (CELLS + 1) * actions;
    let (mut rows, mut rewards) = (Vec::with_capacity(pairs), vec![0.0; pairs]);
    for state in 0..=CELLS {
        let cell = (state / SIDE, state % SIDE);
        for action in 0..actions {
            if state == CELLS || cell == GOAL {
                rewards[state * actions + action] = if state == CELLS { 0.0 } else { 1.0 };
                rows.push(vec![(CELLS, 1.0)]);
                continue;
            }
            let row = MOVES.iter().enumerate().map(|(happens, &by)| {
                let (r, c) = after(cell, by);
                let p = if happens == action { 1.0 - FAILS } else { FAILS / (actions - 1) as f64 };
                (r * SIDE + c, p)
            });
            rows.push(row.collect());
        }
    }
    let mut process = Finite { actions, discount: 0.9, rows, rewards, policy: vec![0.0; pairs] };
    process.follow_the_best(0.1);
    process
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Independent: value iteration by numpy.
    #[test]
    fn optimum() {
        let best = process().optimum();
        let mean = best.iter().sum::<f64>() / best.len() as f64;
        for (value, expected) in [(mean, 0.2921902490), (best[0], 0.2372371765), (best[120], 0.1204052170)] {
            assert!((value - expected).abs() < 1e-9, "{value}");
        }
    }
}
