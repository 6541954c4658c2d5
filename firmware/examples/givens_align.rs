//! How is the second sensor mounted? The frame between two accelerometers, found on the device.
//!
//! Recorded samples of two accelerometers stream in as they would from an interrupt. Those that show a new
//! direction of gravity are kept, the latest ones, in a ring. Then the frame that carries the first sensor's
//! vectors to the second's (Wahba's problem) is searched for by ask and tell: one question a turn of the main
//! loop, from several starts, in both components, so that a sensor with one axis inverted would be found too.
//! The closed form, the polar factor of `Σ b aᵀ`, is computed beside it as the judge.
//!
//! The log is real, the mounting is not: its second sensor is turned by a known frame before the program looks
//! at it. The two chips do not agree perfectly, so neither answer is that frame, but both must be the same.
#![cfg_attr(target_os = "none", no_std, no_main)]

use heapless::HistoryBuf;
use reparam::Real;
use reparam::dense::Matrix;
use reparam::givens::objective::{Objective, Wahba};
use reparam::givens::search::{
    Multistart, PatternConfig, PatternSearch, PlaneConfig, PlaneSearch, Search, advance,
};
use reparam::givens::{Frame, frame};
use reparam::random::SplitMix64;

kit::entry!(program);

// `IMU_PAIR`: time in seconds, then both accelerometers in g.
include!(concat!(env!("OUT_DIR"), "/imu_pair.rs"));

/// Samples that the ring holds.
const KEPT: usize = 64;
/// Searches from so many frames, every other one in the other component.
const STARTS: u32 = 4;
const SEED: u64 = 1;
/// In g: a sample whose length is further from 1 was taken in motion.
const AT_REST: f32 = 0.1;
/// In g: a sample that is nearer to the last one kept shows nothing new.
const NEW: f32 = 0.2;
/// Angles of the frame that the second sensor is turned by.
const MOUNTING: [f32; 3] = [2.0, -0.7, 1.1];

type Rotation = Frame<f32, 3, 3>;

/// One vector as both sensors see it.
#[derive(Clone, Copy)]
struct Pair {
    a: [f32; 3],
    b: [f32; 3],
}

fn program() {
    let mounting = checked(Rotation::from_angles(&MOUNTING, false));
    let mut ring = HistoryBuf::<Pair, KEPT>::new();
    for &[_, ax, ay, az, bx, by, bz] in &IMU_PAIR {
        let pair = Pair { a: [ax, ay, az], b: mounting.apply(&[bx, by, bz]) };
        let still = (length(&pair.a) - 1.0).abs() < AT_REST;
        if still && ring.recent().is_none_or(|last| distance(&last.a, &pair.a) > NEW) {
            ring.write(pair);
        }
    }
    kit::values("samples", &[ring.len() as u32]);
    kit::log!(info, "kept {=usize} of {=usize} samples", ring.len(), IMU_PAIR.len());

    let mut buffer = [0.0; Wahba::<f32>::buffer_len(3, 3)];
    let mut objective = checked(Wahba::new(3, 3, &mut buffer));
    let mut cross = Matrix::<f32, 3, 3>::zeros();
    for pair in ring.oldest_ordered() {
        checked(objective.add(1.0 / ring.len() as f32, &pair.b, &pair.a));
        for (row, b) in cross.as_mut_slice().chunks_exact_mut(3).zip(pair.b) {
            row.iter_mut().zip(pair.a).for_each(|(sum, a)| *sum = sum.mac(b, a));
        }
    }
    let (closed_form, instructions) = kit::count_instructions(|| cross.polar());
    let closed_form = checked(closed_form);
    kit::values("closed_form", closed_form.as_slice());
    kit::values("mounting_to_closed_form_degrees", &[degrees(mounting.as_slice(), closed_form.as_slice())]);
    report_instructions("closed_form", instructions);

    let plane = checked(PlaneSearch::new(3, objective.degree(), PlaneConfig::default()));
    align("plane_search", &mut objective, plane, closed_form.as_slice());
    let pattern = checked(PatternSearch::new(3, PatternConfig::default()));
    align("pattern_search", &mut objective, pattern, closed_form.as_slice());
}

/// Runs a search to its end and reports what it found.
fn align<S: Search<f32>>(name: &str, objective: &mut Wahba<f32>, mut search: S, closed_form: &[f32]) {
    let mut found = Rotation::identity().as_slice().try_into().unwrap_or([0.0; 9]);
    let (_, instructions) = kit::count_instructions(|| {
        let mut starts = checked(Multistart::new(3, 3, STARTS, true));
        let mut best = found;
        let mut rng = SplitMix64::new(SEED);
        loop {
            // One evaluation: firmware does its other work between two of them.
            let over = advance(objective, &mut found, &mut search, &mut []).is_some();
            if over && !starts.next(&mut search, &mut found, &mut best, &mut rng) {
                break;
            }
        }
    });
    kit::values(name, &found);
    kit::values("evaluations", &[search.report().evaluations]);
    kit::log!(
        info,
        "{=str}: {=f32} degrees from the closed form after {=u64} evaluations",
        name,
        degrees(&found, closed_form),
        search.report().evaluations
    );
    kit::values("value", &[objective.value(&found)]);
    kit::values("orthogonality_error", &[frame::orthogonality_error(3, 3, &found)]);
    kit::values("degrees_to_closed_form", &[degrees(&found, closed_form)]);
    report_instructions(name, instructions);
}

/// What fails only for sizes, settings or samples that this program does not have. Unlike `expect` it does not
/// print the error, which would take 40 kB of formatting.
fn checked<T, E>(result: Result<T, E>) -> T {
    result.unwrap_or_else(|_| panic!("refused"))
}

fn report_instructions(name: &str, instructions: Option<u64>) {
    if let Some(count) = instructions {
        kit::instructions(name, count);
    }
}

/// The angle between two frames of one component, from the length of their difference `2√2 sin(θ/2)`.
fn degrees(p: &[f32], q: &[f32]) -> f32 {
    let square = p.iter().zip(q).fold(0.0f32, |sum, (p, q)| sum.mac(p - q, p - q));
    let sine = (square / 8.0).sqrt();
    let cosine = Real::max(1.0 - square / 8.0, 0.0).sqrt();
    sine.atan2(cosine) * (360.0 / f32::PI)
}

fn length(x: &[f32; 3]) -> f32 {
    distance(x, &[0.0; 3])
}

fn distance(x: &[f32; 3], y: &[f32; 3]) -> f32 {
    Real::sqrt(x.iter().zip(y).fold(0.0f32, |sum, (x, y)| sum.mac(x - y, x - y)))
}
