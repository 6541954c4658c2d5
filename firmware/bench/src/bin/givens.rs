//! Orthonormal frames: evaluations and searches.
#![cfg_attr(target_os = "none", no_std, no_main)]

use core::array;
use core::hint::black_box;

use kit::bench;
use reparam::givens::objective::{Objective, Trace, Wahba};
use reparam::givens::search::{Ask, PatternConfig, PatternSearch, PlaneConfig, PlaneSearch, Search, advance};
use reparam::givens::{Chart, Frame, Plane, Rotation};

kit::entry!(program);

fn program() {
    charts();
    search();
    trace();
}

/// Products and frames from angles and from stored rotations.
fn charts() {
    let angles = |k: usize| (k * 37 % 60) as f32 * 0.1 - 3.0;
    let x: [f32; 16] = array::from_fn(|k| k as f32 * 0.1);
    let Ok(wide) = Chart::<f32, 16, 16, 120>::new(array::from_fn(angles)) else { return };
    bench::call("chart_apply_16x16", || wide.apply(&x));
    bench::call("chart_apply_transpose_16x16", || wide.apply_transpose(&x));
    let chain = wide.rotations();
    bench::call("chain_apply_16x16", || chain.apply(&x));

    let Ok(chart) = Chart::<f32, 8, 8, 28>::new(array::from_fn(angles)) else { return };
    let x: [f32; 8] = array::from_fn(|k| k as f32 * 0.1);
    bench::call("chart_apply_8x8", || chart.apply(&x));
    bench::call("chart_frame_8x8", || chart.frame());
    let mut frame = chart.frame();
    bench::call("chart_write_8x8", || chart.write(&mut frame));
    let chain = chart.rotations();
    bench::call("chain_apply_8x8", || chain.apply(&x));
    bench::call("chain_frame_8x8", || chain.frame());
    bench::call("chain_write_8x8", || chain.write(&mut frame));
    bench::call("frame_chart_8x8", || frame.chart::<28>());
    bench::call("chart_gradient_8x8", || chart.gradient(frame.rows()));
    bench::call_on("frame_rotate_8x8", &frame, |frame| {
        frame.rotate(Plane { i: black_box(1), j: black_box(6) }, black_box(Rotation { c: 0.8, s: 0.6 }));
    });
    bench::call("frame_clean_up_8x8", || frame.clean_up());
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
        array::from_fn(|k| if k % 9 == 0 { 1.0 } else { 0.1 / (1 + (k / 8).abs_diff(k % 8)) as f32 });
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
