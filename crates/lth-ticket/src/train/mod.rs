//! The training loop and what it reads and gives.

mod batches;
mod check;
mod checkpoint;
mod checkpoint_file;
mod clock;
mod data;
mod error;
mod job;
mod lockstep;
mod mask_updates;
mod metrics;
mod observer;
mod outcome;
mod run;

pub use checkpoint::TrainingCheckpoint;
pub use checkpoint_file::CheckpointError;
pub use data::{DataOrder, EvaluationSets, TrainingData};
pub use error::TrainingError;
pub use job::TrainingJob;
pub use lockstep::{Training, train, train_all};
pub use mask_updates::{GrowthRule, MaskUpdates};
pub use metrics::{MetricRow, RunningMean, Split};
pub use observer::{Directive, Observer, Progress, Unobserved};
pub use outcome::{Outcome, Trained};
