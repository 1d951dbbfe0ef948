//! A network as a graph of stages, computed stage by stage over the whole batch.

mod backward;
mod build;
mod fused;
pub(crate) mod network;
pub(crate) mod norm;
mod plan;
mod pool;
mod spares;
mod stage;
pub(crate) mod traffic;
mod widen;

use lth_model::{Architecture, EngineError};

/// Refuses an architecture that cannot be computed as a graph.
pub(crate) fn check(architecture: &Architecture) -> Result<(), EngineError> {
    plan::plan(architecture).map(drop)
}
