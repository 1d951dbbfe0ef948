//! Stages: one training of a run each, from its ticket to its files.

mod dense;
mod derivation;
mod expected;
mod failure;
mod finish;
mod recipe;
mod repair;
mod share;
mod stage;
mod start;
mod ticket;
mod train_stage;

pub(crate) use derivation::Derivation;
pub use repair::Remedy;
pub use stage::Stage;
pub(crate) use ticket::TICKET;
pub(crate) use train_stage::StageRunner;
