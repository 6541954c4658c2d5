//! Tables for people, comparisons with published numbers, JSON for programs, SVG plots, progress, atomic files.

pub mod comparison;
pub mod file;
pub mod heat;
pub mod json;
pub mod plot;
pub mod progress;
pub mod table;
