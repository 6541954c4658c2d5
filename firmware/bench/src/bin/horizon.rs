//! Planning over a finite horizon: the energy node of the book, 36 states, 4 actions, 1,263 edges, 24 stages.
#![cfg_attr(target_os = "none", no_std, no_main)]

use core::hint::black_box;

use kit::bench;
use reparam::horizon::model::Q16;
use reparam::horizon::plan::{self, Settings};
use reparam::horizon::quantile::{self, Cursor, Rule};
use reparam::horizon::{Flash, Packed, Policy, Risk, moments, policy, solve};

kit::entry!(program);

const STATES: usize = 36;
const ACTIONS: usize = 4;
const STAGES: usize = 24;
const EDGES: usize = 1263;
const ATOMS: usize = 16;

fn program() {
    let mut node = Arrays {
        row_ptr: [0; STATES * ACTIONS + 1],
        col: [0; EDGES],
        prob: [Q16(0); EDGES],
        reward: [0; EDGES],
    };
    fill(&mut node);
    let Arrays { row_ptr, col, prob, reward } = &node;
    bench::call("flash_check", || Flash::new(STATES, ACTIONS, row_ptr, col, prob, reward).is_ok());
    let Ok(model) = Flash::new(STATES, ACTIONS, row_ptr, col, prob, reward) else { return };
    let mut words = [0; policy::words(STAGES, STATES, ACTIONS)];
    let Ok(mut packed) = Packed::new(STAGES, STATES, ACTIONS, &mut words) else { return };
    plan("solve_mean", &model, Risk::Mean, &mut packed);
    plan("solve_entropic_small", &model, Risk::Entropic(0.001), &mut packed);
    plan("solve_entropic", &model, Risk::Entropic(0.1), &mut packed);
    plan("solve_entropic_by_edge", &model, Risk::Entropic(1.0), &mut packed);
    evaluate(&model, &packed);
}

fn plan(name: &str, model: &Flash<'_>, risk: Risk<f32>, packed: &mut Packed<&mut [u32; 54]>) {
    let mut scratch = [0.0f32; plan::scratch_len(STATES)];
    let settings = black_box(Settings::new(risk));
    bench::call(name, || {
        solve(model, black_box(STAGES), settings, &mut scratch, |h, x, a| packed.set(h, x, a))
            .map(|value| value[0])
    });
}

fn evaluate(model: &Flash<'_>, policy: &impl Policy) {
    let mut scratch = [0.0f32; moments::central_scratch_len(STATES)];
    bench::call("moments_central", || moments::central(model, STAGES, policy, &mut scratch).map(|m| m[0]));
    let mut scratch = [0.0f32; quantile::scratch_len(STATES, ATOMS)];
    let mut cursors = [Cursor::EMPTY; 24];
    bench::call("quantile_law_16", || {
        quantile::evaluate(model, STAGES, policy, Rule::BinMean, ATOMS, &mut scratch, &mut cursors)
            .map(|laws| laws.bound())
    });
}

struct Arrays {
    row_ptr: [u16; STATES * ACTIONS + 1],
    col: [u8; EDGES],
    prob: [Q16; EDGES],
    reward: [i8; EDGES],
}

/// Battery 0..=11 and weather; duty 0..=3 drains it and earns, an empty battery costs 20.
fn fill(node: &mut Arrays) {
    const WEATHER: [[f64; 3]; 3] = [[0.7, 0.2, 0.1], [0.3, 0.4, 0.3], [0.1, 0.3, 0.6]];
    const HARVEST: [[f64; 3]; 3] = [[1.0, 0.0, 0.0], [0.5, 0.5, 0.0], [0.1, 0.3, 0.6]];
    let mut end = 0;
    for row in 0..STATES * ACTIONS {
        let (battery, weather, duty) = (row / 12, row / 4 % 3, row % 4);
        let start = end;
        let mut exact = [0.0; 24];
        let more = if duty == 0 { 0.1 } else { 0.2 };
        for (used, p_used) in [(duty, 1.0 - more), (duty + 1, more)] {
            for (gain, p_gain) in HARVEST[weather].into_iter().enumerate() {
                for (after, p_after) in WEATHER[weather].into_iter().enumerate() {
                    let p = p_used * p_gain * p_after;
                    let lasts = battery >= used;
                    let level = if lasts { battery - used + gain } else { gain };
                    let (next, pay) =
                        (3 * level.min(11) + after, if lasts { [0, 3, 5, 6][duty] } else { -20 });
                    if p == 0.0 {
                        continue;
                    }
                    let known = (start..end).find(|&k| (node.col[k], node.reward[k]) == (next as u8, pay));
                    let k = known.unwrap_or(end);
                    end = end.max(k + 1);
                    (node.col[k], node.reward[k]) = (next as u8, pay);
                    exact[k - start] += p;
                }
            }
        }
        let _ = Q16::from_probabilities(&exact[..end - start], &mut node.prob[start..end]);
        node.row_ptr[row + 1] = end as u16;
    }
}
