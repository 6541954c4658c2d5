//! The harness of reparam: real data in; tables, pictures and firmware out.
//!
//! The binary `reparam` is [`cli::main`]. A system is one module with the name it has in the core, and one
//! subcommand: `reparam <system> <verb>`. The algorithms are the core's, called on heap buffers; this crate
//! reads data, spreads work over the machine's cores, and reports.
//!
//! # Rooms
//!
//! | module | what it holds |
//! |---|---|
//! | [`cli`] | the command line: the list of systems, how the process begins and ends |
//! | [`context`] | what every verb gets: global options, printing, progress |
//! | [`arguments`] | checks of arguments that the systems share |
//! | [`givens`] | `reparam givens …`: frames fitted to data, external black boxes, the published benchmark |
//! | [`group_shuffle`] | `reparam group-shuffle …`: projections, fill, adapters, rotations before quantization, conversion |
//! | [`diagonal`] | `reparam diagonal …`: stochastic gradients and their limit, sparse system identification, stability |
//! | [`horizon`] | `reparam horizon …`: plans for the mean, for risk and for tails |
//! | [`implicit`] | `reparam implicit …`: values as those of learned processes, plans on learned models |
//! | [`dirac_frenkel`] | `reparam dirac-frenkel …`: differential equations solved by weights that move, beside references |
//! | [`deploy`] | `reparam deploy`: exports a fit, runs it on the target, compares |
//! | [`data`] | tables from CSV, arrays from `.npy`, tensors from and to `.safetensors`; centring, scaling, whitening |
//! | [`report`] | tables for people, comparisons with published numbers, JSON, SVG plots, progress, atomic files |
//! | [`adam`] | the optimizer of what is trained by gradients |
//! | [`checkpoint`] | interrupted searches that resume with the same bits |
//! | [`interrupt`] | Ctrl-C as a question that long work asks |
//! | [`error`] | what went wrong, where, and what to do |

pub mod adam;
pub mod arguments;
pub mod checkpoint;
pub mod cli;
pub mod context;
pub mod data;
pub mod deploy;
pub mod diagonal;
pub mod dirac_frenkel;
pub mod error;
pub mod givens;
pub mod group_shuffle;
pub mod horizon;
pub mod implicit;
pub mod interrupt;
pub mod report;

pub use error::{Error, Result};
