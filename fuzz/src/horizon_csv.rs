//! Any bytes as the CSV of a process: a process that the core accepts, or an error that names the file.

use std::path::Path;

use reparam::horizon::plan::{self, Settings};
use reparam::horizon::{Model, Risk, model, solve};
use reparam_harness::horizon::process::Process;

const HEAD: &str = "idstatefrom,idaction,idstateto,probability,reward\n";

/// Numbers that a line may hold: most of them of small processes, some of them wrong.
const CELLS: [&str; 16] = [
    "0",
    "1",
    "2",
    "3",
    "0.5",
    "0.25",
    "1.0",
    "1e0",
    "-1",
    "4294967295",
    "nan",
    "",
    "\"1\"",
    " 0 ",
    "1e-320",
    "70000",
];

/// Raw bytes, with or without a head, or lines of numbers from a list.
pub(crate) fn run(data: &[u8]) {
    let Some((&kind, rest)) = data.split_first() else { return };
    let mut text = if kind & 1 == 0 { HEAD.as_bytes().to_vec() } else { Vec::new() };
    if kind & 2 == 0 {
        text.extend(rest);
    } else {
        for line in rest.chunks(3) {
            let cell =
                |k: usize| CELLS[usize::from(line.get(k / 2).map_or(0, |byte| byte >> (4 * (k % 2))) % 16)];
            text.extend((0..5).map(cell).collect::<Vec<_>>().join(",").bytes());
            text.extend(if kind & 4 == 0 { &b"\n"[..] } else { b"\r\n" });
        }
    }
    let base = [None, Some(0), Some(1), None][usize::from(kind >> 3 & 3)];
    read::<f64>(&text, base);
    read::<f32>(&text, base);
}

fn read<T: reparam::Real>(text: &[u8], base: Option<u32>) {
    match Process::<T>::parse(text, Path::new("m.csv"), base) {
        Ok(process) => {
            let edges = process.row_ptr.last().copied().unwrap_or_default() as usize;
            assert_eq!(process.row_ptr.len(), process.states * process.actions + 1);
            assert!([process.col.len(), process.prob.len(), process.reward.len()] == [edges; 3]);
            model::check::<T>(&process, 1).expect("what is read is a process");
            assert_eq!(Model::<T>::states(&process), process.states);
            let mut scratch = vec![T::ZERO; plan::scratch_len(process.states)];
            let moderate = process.reward.iter().all(|r| r.abs() < T::from_f32(1e30));
            let solved = solve(&process, 3, Settings::new(Risk::Mean), &mut scratch, |_, state, action| {
                assert!(process.edges(0, state, action).next().is_some(), "an action that is not available");
            });
            assert!(solved.is_ok() || !moderate);
        }
        Err(error) => assert!(error.to_string().contains("m.csv"), "{error}"),
    }
}
