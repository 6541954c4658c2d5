//! Processes, for the program `horizon_plan`: the model is exported in four bytes an edge, and the device plans by itself, for
//! the mean and for the risk of the plan.

use reparam::horizon::model::Q16;
use reparam::horizon::plan::{self, Settings};
use reparam::horizon::{Flash, Model, Packed, Risk, policy, solve};
use reparam_runner::Words;

use super::Request;
use super::artifact::{Artifact, Constant, Output, Values};
use crate::horizon::plan_file::PlanFile;
use crate::{Error, Result};

/// Program of the firmware.
const PROGRAM: &str = "horizon_plan";

/// The artifact of a plan.
pub(super) fn export(request: &Request) -> Result<Artifact> {
    let plan = PlanFile::read(request.fit)?;
    let too_large = |what: String| {
        Error::failed(what)
            .file(request.fit)
            .remedy("solve a smaller process; the target takes 256 states and 65,535 edges")
    };
    if plan.discount != 1.0 {
        return Err(Error::failed("the program of the firmware plans without a discount").file(request.fit));
    }
    if plan.states > 256 || plan.col.len() > 65_535 {
        return Err(too_large(format!("{} states and {} edges", plan.states, plan.col.len())));
    }
    let (unit, reward) = in_units(&plan.reward).map_err(|e| e.file(request.fit))?;
    let row_ptr: Vec<u16> = plan.row_ptr.iter().map(|&k| k as u16).collect();
    let col: Vec<u8> = plan.col.iter().map(|&k| k as u8).collect();
    let mut prob = vec![Q16(0); col.len()];
    for (row, pair) in plan.row_ptr.windows(2).enumerate() {
        let range = pair[0] as usize..pair[1] as usize;
        let rounded = Q16::from_probabilities(&plan.prob[range.clone()], &mut prob[range.clone()]);
        if !range.is_empty() && rounded.is_err() {
            let (state, action) = (row / plan.actions, row % plan.actions);
            let what = format!("state {state}, action {action} has a probability below 1/131,072");
            return Err(Error::failed(what).file(request.fit).remedy("merge or drop such outcomes"));
        }
    }
    // In units of the rewards, b has their inverse.
    let mut risks = vec![0.0f32];
    if plan.risk != 0.0 {
        risks.push((plan.risk * unit) as f32);
    }
    let failed = |e: reparam::horizon::Error| Error::failed(e.to_string()).file(request.fit);
    let flash = Flash::new(plan.states, plan.actions, &row_ptr, &col, &prob, &reward).map_err(failed)?;
    let process = plan.process();
    let (mut values, mut reference, mut words) = (Vec::new(), Vec::new(), Vec::new());
    for &b in &risks {
        let mut actions = vec![0; policy::words(plan.horizon, plan.states, plan.actions)];
        let mut packed =
            Packed::new(plan.horizon, plan.states, plan.actions, &mut actions).map_err(failed)?;
        let found = solved(&flash, plan.horizon, b, |h, x, a| packed.set(h, x, a)).map_err(failed)?;
        values.extend(found.iter().map(|v| v * unit as f32));
        words.extend(actions);
        let exact = solved(&process, plan.horizon, f64::from(b) / unit, |_, _, _| ()).map_err(failed)?;
        reference.extend(exact);
    }
    let bytes = 2 * row_ptr.len() + 4 * col.len();
    let names = (0..plan.states).map(|state| format!("x{}", state + plan.base as usize)).collect();
    let same: Vec<f64> = words.iter().map(|&word| f64::from(word)).collect();
    let edges = col.len();
    Ok(Artifact {
        system: "horizon",
        name: request.name.clone(),
        title: format!("Markov decision process of {} states and {} actions", plan.states, plan.actions),
        source: request.source(),
        seed: None,
        facts: vec![("edges".into(), edges as f64), ("bytes of the model".into(), bytes as f64)],
        constants: vec![
            Constant::size("states", "States.", plan.states),
            Constant::size("actions", "Actions.", plan.actions),
            Constant::size("stages", "Stages.", plan.horizon),
            Constant::array("unit", "What a reward of 1 is worth.", &[], Values::F32(vec![unit as f32])),
            Constant::array(
                "risks",
                "Aversions b to plan for, in units of rewards; 0 for the mean.",
                &[risks.len()],
                Values::F32(risks),
            ),
            Constant::array(
                "row_ptr",
                "Start of the edges of each state and action, and the end.",
                &[row_ptr.len()],
                Values::U16(row_ptr),
            ),
            Constant::array("col", "Where each edge leads.", &[edges], Values::U8(col)),
            Constant::array(
                "prob",
                "Its probability is (this + 1)/65,536.",
                &[edges],
                Values::U16(prob.iter().map(|q| q.0).collect()),
            ),
            Constant::array("reward", "Its reward.", &[edges], Values::I8(reward)),
        ],
        inputs: Vec::new(),
        program: PROGRAM,
        outputs: vec![
            Output { name: "value", columns: names, items: Vec::new(), host: Words::F32(values), reference },
            Output {
                name: "policy",
                columns: vec!["word".into()],
                items: Vec::new(),
                host: Words::U32(words),
                reference: same,
            },
        ],
    })
}

/// Values of all states at the first stage.
fn solved<T: reparam::Real, M: Model<T>>(
    model: &M,
    horizon: usize,
    b: T,
    policy: impl FnMut(usize, usize, usize),
) -> std::result::Result<Vec<T>, reparam::horizon::Error> {
    let mut scratch = vec![T::ZERO; plan::scratch_len(model.states())];
    Ok(solve(model, horizon, Settings::new(Risk::Entropic(b)), &mut scratch, policy)?.to_vec())
}

/// The largest power of ten of which all rewards are small multiples, and the multiples.
fn in_units(rewards: &[f64]) -> Result<(f64, Vec<i8>)> {
    let small = |unit: f64| {
        let multiple = |r: &f64| {
            let multiple = r / unit;
            let near = (multiple - multiple.round()).abs() <= 1e-9 * multiple.abs().max(1.0);
            (near && (-128.0..=127.0).contains(&multiple.round())).then_some(multiple.round() as i8)
        };
        rewards.iter().map(multiple).collect::<Option<Vec<i8>>>()
    };
    let units = [100.0, 10.0, 1.0, 0.1, 0.01, 0.001];
    let found = units.into_iter().find_map(|unit| Some((unit, small(unit)?)));
    found.ok_or_else(|| {
        Error::failed("rewards are not multiples, from −128 to 127, of a power of ten between 0.001 and 100")
            .remedy("round the rewards of the process")
    })
}
