//! Backward induction in all its forms, laws of the return, and exact tails: the garnet that is compared with other programs, and
//! smaller ones where the work grows with atoms or targets. `f64`.

#[path = "../tests/processes/mod.rs"]
mod processes;

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion};
use reparam::horizon::categorical::{self, Lattice};
use reparam::horizon::model::ByRow;
use reparam::horizon::plan::{self, Settings};
use reparam::horizon::quantile::{self, Cursor, Rule};
use reparam::horizon::target::{self, Objective};
use reparam::horizon::{Risk, Sparse, moments, solve};

use processes::{Process, garnet};

/// Sparse rows with a reward each.
struct Rows {
    states: usize,
    actions: usize,
    row_ptr: Vec<u32>,
    col: Vec<u32>,
    prob: Vec<f64>,
    reward: Vec<f64>,
}

impl Rows {
    fn new(process: &Process) -> Self {
        let Process { states, actions, ref rows } = *process;
        let mut row_ptr = vec![0];
        row_ptr.extend(rows.iter().scan(0, |end, row| {
            *end += row.len() as u32;
            Some(*end)
        }));
        let edges = || rows.iter().flatten();
        Self {
            states,
            actions,
            row_ptr,
            col: edges().map(|edge| edge.0 as u32).collect(),
            prob: edges().map(|edge| edge.1).collect(),
            reward: rows.iter().map(|row| row[0].2).collect(),
        }
    }

    fn model(&self) -> Sparse<'_, u32, u32, f64, ByRow<'_, f64>> {
        Sparse::new(self.states, self.actions, &self.row_ptr, &self.col, &self.prob, ByRow(&self.reward))
            .unwrap()
    }
}

fn plans(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("solve");
    let rows = Rows::new(&garnet(1000, 10, 5, 1));
    let mut scratch = vec![0.0; plan::scratch_len(rows.states)];
    for (form, b) in [("mean", 0.0), ("small", 0.01), ("once", 1.0), ("by edge", 200.0)] {
        let settings = Settings::new(Risk::Entropic(b));
        group.bench_function(BenchmarkId::new("10 stages", form), |bencher| {
            bencher.iter(|| {
                solve(&rows.model(), 10, settings, black_box(&mut scratch), |_, _, _| ()).unwrap()[0]
            });
        });
    }
}

fn laws(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("law");
    let rows = Rows::new(&garnet(30, 3, 3, 2));
    let (model, stages) = (rows.model(), 10);
    let policy = |_stage: usize, _state: usize| 0;
    let mut scratch = vec![0.0; moments::central_scratch_len(rows.states)];
    group.bench_function("central moments", |bencher| {
        bencher.iter(|| moments::central(&model, stages, &policy, black_box(&mut scratch)).unwrap()[0]);
    });
    for atoms in [16, 200] {
        let mut scratch = vec![0.0; quantile::scratch_len(rows.states, atoms)];
        let mut cursors = vec![Cursor::EMPTY; quantile::cursors::<f64>(&model, 1)];
        group.bench_function(BenchmarkId::new("quantiles", atoms), |bencher| {
            bencher.iter(|| {
                let scratch = black_box(&mut scratch);
                let rule = Rule::BinMean;
                quantile::evaluate(&model, stages, &policy, rule, atoms, scratch, &mut cursors)
                    .unwrap()
                    .bound()
            });
        });
    }
    let lattice = Lattice::covering(&model, stages, &policy, 1.0).unwrap();
    let mut scratch = vec![0.0; categorical::scratch_len(rows.states, lattice.count)];
    group.bench_function(BenchmarkId::new("lattice", lattice.count), |bencher| {
        bencher.iter(|| {
            categorical::evaluate(&model, stages, &policy, lattice, black_box(&mut scratch)).unwrap().bound()
        });
    });
}

fn targets(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("target");
    let rows = Rows::new(&garnet(12, 3, 3, 2));
    let (model, stages) = (rows.model(), 8);
    let lattice = target::covering(&model, stages, 1.0).unwrap();
    let mut scratch = vec![0.0; target::scratch_len(rows.states, lattice.count)];
    for (name, objective) in [("shortfall", Objective::Shortfall), ("reach", Objective::Reach)] {
        group.bench_function(BenchmarkId::new(name, lattice.count), |bencher| {
            bencher.iter(|| {
                let scratch = black_box(&mut scratch);
                target::plan(&model, stages, objective, lattice, scratch, |_, _, _, _| ()).unwrap().row(0)[0]
            });
        });
    }
}

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    plans(&mut criterion);
    laws(&mut criterion);
    targets(&mut criterion);
    criterion.final_summary();
}
