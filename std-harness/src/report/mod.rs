//! Tables for people, JSON for programs, SVG plots, progress, atomic files.

pub mod file;
pub mod json;
pub mod plot;
pub mod progress;
pub mod table;
