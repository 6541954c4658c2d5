//! Orthonormal frames: evaluations and searches.
#![cfg_attr(target_os = "none", no_std, no_main)]

use core::hint::black_box;

use kit::bench;
use reparam::givens::objective::{Objective, Trace, Wahba};
use reparam::givens::search::{Ask, PatternConfig, PatternSearch, PlaneConfig, PlaneSearch, Search, advance};
use reparam::givens::{Frame, Plane, Rotation};

kit::entry!(program);

fn program() {
    search();
    trace();
}

/// One iteration of a pattern search and one plane of a wide and of a fine sweep, on Wahba's problem in 3 x 3.
fn search() {
    let mut buffer = [0.0; 9];
    let Ok(mut wahba) = Wahba::<f32>::new(3, 3, &mut buffer) else { return };
    for (b, a) in [([0.9, 0.1, 0.4], [0.1, 1.0, 0.2]), ([-0.3, 0.8, 0.5], [0.7, 0.1, -0.7])] {
        let _ = wahba.add(1.0, &b, &a);
    }
    let start: [f32; 9] = Frame::<f32, 3, 3>::identity().as_slice().try_into().unwrap_or_default();

    let Ok(pattern) = PatternSearch::new(black_box(3), PatternConfig::default()) else { return };
    // Incumbent, six candidates, and the frame after the move.
    bench::call_on("pattern_iteration_wahba_3x3", &start, |frame| {
        let mut search = pattern.clone();
        while search.report().iterations < 1 {
            let _ = advance(&mut wahba, frame, &mut search, &mut []);
        }
        search.report().evaluations
    });

    let Ok(plane) = PlaneSearch::new(black_box(3), wahba.degree(), PlaneConfig::default()) else { return };
    bench::call_on("plane_sweep_wahba_3x3", &start, |frame| {
        let mut search = plane.clone();
        while search.report().runs < 1 {
            let _ = advance(&mut wahba, frame, &mut search, &mut []);
        }
        search.report().evaluations
    });
    bench::call_on("plane_search_wahba_3x3", &start, |frame| {
        let mut search = plane.clone();
        while !matches!(search.ask(), Ask::Done(_)) {
            let _ = advance(&mut wahba, frame, &mut search, &mut []);
        }
        search.report().evaluations
    });
    bench::call("wahba_candidate_3x3", || {
        wahba.rotated(
            black_box(&start),
            Plane { i: 0, j: 2 },
            black_box(Rotation { c: 0.8, s: 0.6 }),
            &mut [],
        )
    });
}

/// A candidate of the trace of a 8 x 2 frame, and its full value.
fn trace() {
    let matrix: [f32; 64] =
        core::array::from_fn(|k| if k % 9 == 0 { 1.0 } else { 0.1 / (1 + (k / 8).abs_diff(k % 8)) as f32 });
    let frame: [f32; 16] = Frame::<f32, 8, 2>::identity().as_slice().try_into().unwrap_or_default();
    let mut buffer = [0.0; 16];
    let Ok(mut objective) = Trace::smallest(black_box(8), black_box(2), &matrix, &mut buffer) else { return };
    bench::call("trace_value_8x2", || objective.value(black_box(&frame)));
    bench::call("trace_candidate_8x2", || {
        objective.rotated(
            black_box(&frame),
            Plane { i: 1, j: 5 },
            black_box(Rotation { c: 0.8, s: 0.6 }),
            &mut [],
        )
    });
}
