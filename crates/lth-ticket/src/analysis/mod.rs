//! What can be said of tickets without training them.

mod compact;
mod flow;
mod live;

#[cfg(test)]
mod tests;

pub use compact::{Compact, CompactError, CompactLayer, compact};
pub use live::{LiveLayer, live_layers};
