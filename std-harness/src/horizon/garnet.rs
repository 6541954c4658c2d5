//! Random sparse processes by their sizes and a seed, in place of a file.

use reparam::Real;
use reparam::random::{SplitMix64, uniform};

use super::process::Process;
use crate::{Error, Result};

/// What names such a process: `garnet:STATES,ACTIONS,SUCCESSORS,SEED`.
pub const PREFIX: &str = "garnet:";

/// The process of the sizes after [`PREFIX`]. For each state and action: successors drawn uniformly, of which equal ones add up;
/// as many weights from 1 to 9; a reward from 0 to 10 (Archibald, McKinnon and Thomas 1995).
pub fn generate<T: Real>(sizes: &str) -> Result<Process<T>> {
    let numbers: Option<Vec<u64>> = sizes.split(',').map(|number| number.parse().ok()).collect();
    let Some([states, actions, successors, seed]) =
        numbers.as_deref().and_then(|n| <[u64; 4]>::try_from(n).ok())
    else {
        return Err(Error::usage(format!("{PREFIX}{sizes}: four whole numbers are needed"))
            .remedy(format!("say {PREFIX}STATES,ACTIONS,SUCCESSORS,SEED")));
    };
    let rows = states.checked_mul(actions).filter(|&rows| rows > 0);
    let edges =
        rows.and_then(|rows| rows.checked_mul(successors)).filter(|&edges| edges > 0 && edges < 1 << 31);
    let (Some(rows), Some(edges)) = (rows, edges) else {
        return Err(Error::usage(format!("{PREFIX}{sizes}: from 1 to 2³¹ outcomes are possible")));
    };
    let (states, actions, successors) = (states as usize, actions as usize, successors as usize);
    let (rows, edges) = (rows as usize, edges as usize);
    let mut rng = SplitMix64::new(seed);
    let mut below = |n: usize| (uniform::<f64, _>(&mut rng) * n as f64) as usize;
    let mut process = Process {
        states,
        actions,
        base: 0,
        row_ptr: Vec::with_capacity(rows + 1),
        col: Vec::with_capacity(edges),
        prob: Vec::with_capacity(edges),
        reward: Vec::with_capacity(edges),
    };
    process.row_ptr.push(0);
    let mut row: Vec<(u32, f64)> = Vec::with_capacity(successors);
    for _ in 0..rows {
        row.clear();
        row.extend((0..successors).map(|_| (below(states) as u32, 0.0)));
        row.iter_mut().for_each(|(_, weight)| *weight = 1.0 + below(9) as f64);
        let sum: f64 = row.iter().map(|(_, weight)| weight).sum();
        let reward = T::from_usize(below(11));
        row.sort_by_key(|&(next, _)| next);
        for equal in row.chunk_by(|x, y| x.0 == y.0) {
            process.col.push(equal[0].0);
            process.prob.push(T::from_f64(equal.iter().map(|(_, weight)| weight / sum).sum()));
            process.reward.push(reward);
        }
        process.row_ptr.push(process.col.len() as u32);
    }
    Ok(process)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn garnets_are_portable() {
        let process = generate::<f64>("4,2,3,7").unwrap();
        assert_eq!((process.states, process.actions, &process.row_ptr[..2]), (4, 2, &[0, 3][..]));
        assert_eq!(process.col[..3], [0, 1, 3]);
        for (found, expected) in process.prob.iter().zip([5.0 / 14.0, 3.0 / 7.0, 3.0 / 14.0]) {
            assert!((found - expected).abs() < 1e-15);
        }
        assert_eq!(process.row_rewards().unwrap()[..2], [5.0, 9.0]);
        for wrong in ["", "4,2,3", "4,2,3,7,1", "4,-2,3,7", "4,0,3,7", "4000000000,4000000000,2,1"] {
            assert!(generate::<f64>(wrong).unwrap_err().to_string().contains("garnet:"), "{wrong}");
        }
    }
}
