//! A process and how it was solved, as JSON: what `reparam deploy` puts on the target.

use std::path::Path;

use reparam::Real;
use serde::{Deserialize, Serialize};

use super::process::Process;
use super::solve::PlanOptions;
use crate::report::json;
use crate::{Error, Result};

/// The file.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct PlanFile {
    system: String,
    version: String,
    /// File that the process came from, without folders.
    pub source: String,
    /// Number of the first state and action in it.
    pub base: u32,
    /// Number of states.
    pub states: usize,
    /// Number of actions.
    pub actions: usize,
    /// Number of stages.
    pub horizon: usize,
    /// b, 0 for the mean.
    pub risk: f64,
    /// g.
    pub discount: f64,
    /// Start of each row, and the end of the last.
    pub row_ptr: Vec<u32>,
    /// Successors, from 0.
    pub col: Vec<u32>,
    /// Probabilities.
    pub prob: Vec<f64>,
    /// Rewards of the edges.
    pub reward: Vec<f64>,
    /// By state, at the first stage.
    pub value: Vec<f64>,
}

impl PlanFile {
    /// Of a solution.
    pub fn new<T: Real>(process: &Process<T>, source: &Path, plan: &PlanOptions, value: Vec<f64>) -> Self {
        let wide = |numbers: &[T]| numbers.iter().map(|x| x.to_f64()).collect();
        Self {
            system: "horizon".into(),
            version: env!("CARGO_PKG_VERSION").into(),
            source: source.file_name().unwrap_or_default().to_string_lossy().into_owned(),
            base: process.base,
            states: process.states,
            actions: process.actions,
            horizon: plan.stages(),
            risk: plan.risk.aversion(),
            discount: plan.discount,
            row_ptr: process.row_ptr.clone(),
            col: process.col.clone(),
            prob: wide(&process.prob),
            reward: wide(&process.reward),
            value,
        }
    }

    /// Writes it, whole or not at all.
    pub fn write(&self, path: &Path) -> Result<()> {
        json::write(path, self)
    }

    /// Reads it and checks the process.
    pub fn read(path: &Path) -> Result<Self> {
        let plan: Self = json::read(path, "a plan that `reparam horizon solve -o PLAN.json` writes")?;
        let rows = plan.states.checked_mul(plan.actions).and_then(|rows| rows.checked_add(1));
        let edges = plan.col.len();
        let lengths = rows == Some(plan.row_ptr.len())
            && plan.prob.len() == edges
            && plan.reward.len() == edges
            && plan.value.len() == plan.states;
        let pointers = plan.row_ptr.first() == Some(&0)
            && plan.row_ptr.windows(2).all(|pair| pair[0] <= pair[1])
            && plan.row_ptr.last().is_some_and(|&end| end as usize == edges);
        if !lengths || !pointers || plan.states == 0 || plan.actions == 0 {
            return Err(Error::failed("its arrays do not fit together").file(path));
        }
        reparam::horizon::model::check(&plan.process(), 1)
            .map_err(|error| Error::failed(error.to_string()).file(path))?;
        Ok(plan)
    }

    /// The process.
    pub fn process(&self) -> Process<f64> {
        Process {
            states: self.states,
            actions: self.actions,
            base: self.base,
            row_ptr: self.row_ptr.clone(),
            col: self.col.clone(),
            prob: self.prob.clone(),
            reward: self.reward.clone(),
        }
    }
}
