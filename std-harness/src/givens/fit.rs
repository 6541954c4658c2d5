//! `reparam givens fit`: a frame for data, or for an external program.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};
use reparam::givens::search::{PatternConfig, PlaneConfig};
use reparam::givens::{angle_count, chart, frame};
use serde_json::{Value, json};

use super::convergence;
use super::external::PROTOCOL;
use super::fitted::Fit;
use super::input::{Input, InputOptions};
use super::problem::{Builtin, Name};
use super::search::{Ended, Method, Settings};
use super::starts::{self, Component, Finished, Saved, Starts};
use crate::arguments::{check_files, positive};
use crate::checkpoint::{Checkpoint, digest, load};
use crate::context::Context;
use crate::data::read_array;
use crate::report::file::write_atomic;
use crate::report::json::{print, to_string};
use crate::{Error, Result};

const EXAMPLES: &str = "\
Examples:
  reparam givens fit wine.csv --objective pca --components 3 --standardize -o fit.json
  reparam givens fit sensors.csv --objective wahba --columns bx,by,bz --target-columns ax,ay,az
  reparam givens fit --objective trace --matrix a.npy --components 2 --json
  reparam givens fit --evaluate 'python3 beam.py' --rows 4 --components 2 --evaluations 5000 --processes 4

";

/// `reparam givens fit`.
#[derive(Args, Debug, Clone)]
#[command(after_long_help = format!("{EXAMPLES}{PROTOCOL}"), after_help = "Examples and the protocol of --evaluate: --help")]
pub struct FitOptions {
    #[command(flatten)]
    input: InputOptions,
    #[command(flatten, next_help_heading = "Search")]
    search: SearchOptions,
    #[command(flatten, next_help_heading = "Results")]
    output: OutputOptions,
}

#[derive(Args, Debug, Clone)]
struct SearchOptions {
    /// How to search
    #[arg(long, value_enum, default_value_t = Method::Auto)]
    search: Method,
    /// Random frames to start from. Without it: 20 for multistart, else 1
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    starts: Option<u64>,
    /// Which square frames to search; others are one piece. Without it: `positive` for wahba, `both` for
    /// objectives that a reflection changes, else `any`
    #[arg(long, value_enum)]
    determinant: Option<Determinant>,
    /// First frame: .npy or CSV, one line per row
    #[arg(long, value_name = "FILE")]
    initial: Option<PathBuf>,
    /// Seed of the random frames
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Evaluations at most; each start gets an equal share
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    evaluations: Option<u64>,
    /// rmps: shrink the step after an iteration that gains less (without it 1e-6). plane: stop after a sweep that
    /// gains less (1e-10)
    #[arg(long, value_name = "X", value_parser = positive)]
    tolerance: Option<f64>,
    /// rmps: stop after a run that gains less than this on the run before
    #[arg(long, value_name = "X", value_parser = positive, default_value_t = 1e-10)]
    run_tolerance: f64,
    /// rmps: runs at most, each with the step as large as at first. plane: sweeps at most
    #[arg(long, value_name = "N", default_value_t = 1000, value_parser = clap::value_parser!(u32).range(1..))]
    runs: u32,
    /// rmps: a run ends when the step is no longer above this. Without it √ε = 1.5e-8
    #[arg(long, value_name = "ANGLE", value_parser = positive)]
    step_floor: Option<f64>,
    /// rmps: the published constants, with a step floor of 1e-20
    #[arg(long, conflicts_with = "step_floor")]
    published: bool,
}

#[derive(Args, Debug, Clone)]
struct OutputOptions {
    /// Write the fitted frame here: what `reparam deploy` reads
    #[arg(long, short, value_name = "FILE.json")]
    output: Option<PathBuf>,
    /// Draw best value over evaluations
    #[arg(long, value_name = "FILE.svg")]
    plot: Option<PathBuf>,
    /// Write the state of the search here now and then, and at the end
    #[arg(long, value_name = "FILE")]
    checkpoint: Option<PathBuf>,
    /// Time between checkpoints, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 10.0, value_parser = positive)]
    checkpoint_every: f64,
    /// Go on from a checkpoint, to the same bits as without a break. Repeat the options of the first run; only
    /// --evaluations and those under Results may change
    #[arg(long, value_name = "FILE")]
    resume: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Determinant {
    /// That of each random frame
    Any,
    /// Both: each random frame, and a second time reflected
    Both,
    /// 1: rotations
    Positive,
    /// −1
    Negative,
}

impl FitOptions {
    /// Does it.
    pub fn run(&self, context: &Context) -> Result<()> {
        let OutputOptions { output, plot, checkpoint, .. } = &self.output;
        let outputs =
            [("--output", output.as_ref()), ("--plot", plot.as_ref()), ("--checkpoint", checkpoint.as_ref())];
        let initial = ("--initial", self.search.initial.as_ref());
        check_files(&[&self.input.files()[..], &[initial]].concat(), &outputs)?;
        let input = self.input.load()?;
        let problem = &*input.problem;
        let settings = self.settings(&input);
        let starts = self.starts(&input)?;
        let task = self.task(&input, &settings, &starts);
        let resumed: Option<Saved> = self.output.resume.as_ref().map(|file| load(file, &task)).transpose()?;
        let every = Duration::from_secs_f64(self.output.checkpoint_every);
        let mut checkpoint = Checkpoint::new(self.output.checkpoint.clone(), task, every);

        let progress = context.progress(starts.budget);
        progress.set(resumed.as_ref().map_or(0, Saved::evaluations));
        let mut finished = starts::run(problem, &settings, &starts, resumed, &mut checkpoint, &progress)?;
        progress.finish();

        let error = finished.iter_mut().find_map(|start| start.outcome.error.take());
        let fit = match self.result(&input, &settings, &starts, &finished) {
            Ok(fit) => fit,
            // The reason for there being no result is the error to show.
            Err(no_result) => return Err(error.unwrap_or(no_result)),
        };
        let written = output.as_ref().map_or(Ok(()), |path| fit.write(path));
        let drawn = plot.as_ref().map_or(Ok(()), |path| {
            let title = format!("{}, {} × {}: {}", input.name, fit.rows, fit.dim, fit.search);
            let optimum = input.builtin.as_ref().and_then(Builtin::optimum);
            write_atomic(path, convergence::plot(&title, &finished, optimum).to_svg().as_bytes())
        });
        if written.is_err() {
            // The table leaves numbers out, and there is no other copy.
            print(&to_string(&fit)?)?;
        } else {
            context.print(&fit, || fit.to_string())?;
        }
        error.map_or(Ok(()), Err).and(written).and(drawn)?;
        if fit.stopped == "interrupted" { Err(Error::failed(self.interrupted())) } else { Ok(()) }
    }

    fn interrupted(&self) -> String {
        let mut text = "interrupted: the result is the best frame so far".to_owned();
        if let Some(file) = &self.output.checkpoint {
            text += &format!("\n  to go on, repeat the command with --resume {}", file.display());
        }
        text
    }

    fn settings(&self, input: &Input) -> Settings {
        let SearchOptions { search, tolerance, run_tolerance, runs, step_floor, published, .. } = self.search;
        let plane = match search {
            Method::Plane => true,
            Method::Rmps => false,
            Method::Auto | Method::Multistart => input.problem.degree().is_some() && !published,
        };
        if plane {
            let default = PlaneConfig::default();
            let tolerance = tolerance.unwrap_or(default.tolerance);
            return Settings::Plane(PlaneConfig { tolerance, sweeps: runs, ..default });
        }
        let default = if published { PatternConfig::published() } else { PatternConfig::default() };
        Settings::Pattern(PatternConfig {
            iteration_tolerance: tolerance.unwrap_or(default.iteration_tolerance),
            run_tolerance,
            runs,
            step_floor: step_floor.unwrap_or(default.step_floor),
            ..default
        })
    }

    fn starts(&self, input: &Input) -> Result<Starts> {
        let (rows, cols) = (input.problem.rows(), input.problem.cols());
        let many = self.search.search == Method::Multistart;
        let component = match self.search.determinant {
            Some(_) if rows != cols => {
                let what = format!("--determinant has no meaning for frames of {rows} × {cols}");
                return Err(Error::usage(what).remedy("leave it out: these frames are one connected piece"));
            }
            Some(Determinant::Any) => Component::AsDrawn,
            Some(Determinant::Both) => Component::Both,
            Some(Determinant::Positive) => Component::Only(false),
            Some(Determinant::Negative) => Component::Only(true),
            None if self.input.objective == Some(Name::Wahba) => Component::Only(false),
            None if input.builtin.as_ref().is_some_and(|builtin| builtin.ignores_signs()) => {
                Component::AsDrawn
            }
            None => Component::Both,
        };
        // The last evaluation, of the frame that is handed out, is part of the budget.
        let last = u64::from(input.builtin.is_some());
        let budget = self.search.evaluations.map(|budget| budget.saturating_sub(last).max(1));
        Ok(Starts {
            count: self.search.starts.unwrap_or(if many { 20 } else { 1 }),
            component,
            first: self.initial(rows, cols)?,
            seed: self.search.seed,
            budget,
        })
    }

    fn initial(&self, rows: usize, cols: usize) -> Result<Option<Vec<f64>>> {
        let Some(path) = &self.search.initial else { return Ok(None) };
        let array = read_array(path, &crate::data::TableOptions::default())?;
        if array.shape != [rows, cols] && !(cols == 1 && array.shape == [rows]) {
            let what = format!("the first frame has shape {:?}, expected ({rows}, {cols})", array.shape);
            return Err(Error::failed(what).file(path));
        }
        let error = frame::orthogonality_error(rows, cols, &array.values);
        if error > 1e-6 {
            let what = format!("its columns are not orthonormal: largest entry of |QᵀQ − I| is {error:.1e}");
            return Err(Error::failed(what)
                .file(path)
                .remedy("orthonormalize it, for example by numpy.linalg.qr"));
        }
        Ok(Some(array.values))
    }

    fn task(&self, input: &Input, settings: &Settings, starts: &Starts) -> Value {
        let search = match settings {
            Settings::Pattern(config) => json!({"rmps": config}),
            Settings::Plane(config) => json!({"plane": config}),
        };
        let mut task = json!({
            "version": env!("CARGO_PKG_VERSION"), "verb": "givens fit", "search": search, "seed": starts.seed,
            "starts": starts.count, "determinant": format!("{:?}", starts.component),
            "initial": starts.first.as_ref().map(digest),
        });
        if let (Value::Object(task), Value::Object(fingerprint)) = (&mut task, &input.fingerprint) {
            task.extend(fingerprint.clone());
        }
        task
    }

    fn result(
        &self,
        input: &Input,
        settings: &Settings,
        starts: &Starts,
        finished: &[Finished],
    ) -> Result<Fit> {
        let (rows, cols) = (input.problem.rows(), input.problem.cols());
        let mut evaluations = starts::evaluations(finished);
        let best = starts::best(finished).filter(|best| best.outcome.value.is_some());
        let Some(best) = best else {
            return Err(Error::failed(format!("none of {evaluations} evaluations gave a finite value"))
                .remedy("check the objective at a single frame"));
        };
        let mut frame = best.outcome.frame.clone();
        let mut objective = best.outcome.value.unwrap_or(f64::NAN);
        if let Some(builtin) = &input.builtin {
            builtin.align(&mut frame);
            objective = builtin.value(&frame)?;
            evaluations += 1;
        }
        let mut angles = vec![0.0; angle_count(rows, cols)];
        let reflected = chart::decompose(rows, cols, &mut frame.clone(), &mut angles)
            .map_err(|e| Error::failed(format!("the frame has no angles: {e}")))?;
        let all = |ended: Ended| finished.iter().any(|start| start.outcome.ended == ended);
        let stopped = [Ended::Failed, Ended::Interrupted, Ended::Evaluations, Ended::Runs]
            .into_iter()
            .find(|&ended| all(ended))
            .unwrap_or(Ended::Converged);
        let stopped = serde_json::to_value(stopped).map_err(|e| Error::failed(e.to_string()))?;
        let matrix = |flat: &Vec<f64>, cols: usize| flat.chunks_exact(cols).map(<[f64]>::to_vec).collect();
        Ok(Fit {
            system: "givens".into(),
            version: env!("CARGO_PKG_VERSION").into(),
            objective_name: input.name.clone(),
            objective,
            measures: input.problem.measures(objective).into_iter().filter(|(_, x)| x.is_finite()).collect(),
            evaluations,
            search: match settings {
                Settings::Pattern(_) => "rmps".into(),
                Settings::Plane(_) => "plane".into(),
            },
            starts: finished.len() as u64,
            stopped: stopped.as_str().unwrap_or_default().into(),
            seed: starts.seed,
            rows,
            dim: cols,
            frame: matrix(&frame, cols),
            angles,
            reflected,
            orthogonality_error: frame::orthogonality_error(rows, cols, &frame),
            data: input.data.clone(),
            columns: input.columns.clone(),
            centre: input.centre.clone(),
            scale: input.scale.clone(),
            whitening: input.whitening.as_ref().map(|flat| matrix(flat, rows)),
        })
    }
}
