//! Networks without what is dead in them, and how much of a network is alive.

mod cut;
mod flow;
mod live;

#[cfg(test)]
mod tests;

pub use cut::{Compact, CompactError, CompactLayer, compact};
pub use live::{LiveLayer, live_layers};
