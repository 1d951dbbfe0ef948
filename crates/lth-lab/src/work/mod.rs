//! How each kind of work is done, wherever it is wanted: a training from a start or a checkpoint.

mod leased;
mod start;
mod train;
mod workbench;

pub(crate) use start::Start;
pub use train::CheckpointEvery;
pub(crate) use train::{End, Sitting, TrainingWork, Until};
pub(crate) use workbench::split_on_host;
pub use workbench::{Workbench, iterations_per_epoch};
