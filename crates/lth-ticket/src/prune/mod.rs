//! Pruning: the lowest scores go, exactly as many as the rate says.

mod allocation;
mod count;
mod drop_and_grow;
mod error;
mod gradual;
mod ladder;
mod once;
mod one_shot;
mod rates;
mod select;

pub use allocation::{Allocation, allocate};
pub use count::live_after;
pub use drop_and_grow::{DropAndGrow, Growth, cosine_fraction, drop_and_grow};
pub use error::PruningError;
pub use gradual::GradualPruning;
pub use ladder::density_ladder;
pub use once::prune;
pub use one_shot::{OneShot, prune_one_shot};
pub use rates::{PruningRates, Scope};

pub(crate) use ladder::size;
pub(crate) use once::{check, groups, prune_by};
pub(crate) use one_shot::layer_counts;
