//! The `reparam` command.
fn main() {}
