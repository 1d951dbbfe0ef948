//! Stability of a run's networks (Frankle et al. 2019, 2020). To the noise of training: copies of one network are trained from the
//! same weights under other orders of the data, and compared: how far they are apart, and whether the error rises between them. To
//! pruning: how far a trained ticket is from the dense network that was trained from the same weights under the same order.

mod copies;
mod dense_points;
mod files;
mod measure;
mod next_mask;
mod order;
mod pruning;
mod report;
mod run;
mod settings;
mod start;
mod study;
mod task;

#[cfg(test)]
mod tests;

pub use pruning::PruningResult;
pub use report::{PairResult, PathPoint, StabilityReport, StudyTime, stability_studies};
pub use run::{estimate_stability, stability};
pub use settings::{BatchNormStatistics, STABLE_BELOW, StabilitySettings};
pub use start::StartPoint;
pub use task::StabilityTask;
