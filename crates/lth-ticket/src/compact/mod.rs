//! Networks without what is dead in them.

mod cut;
mod flow;

#[cfg(test)]
mod tests;

pub use cut::{Compact, CompactError, CompactLayer, compact};
