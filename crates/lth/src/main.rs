//! The `lth` command line.
fn main() {}
