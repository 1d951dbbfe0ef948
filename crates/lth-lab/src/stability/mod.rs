//! Stability of a run's networks to the noise of training (Frankle et al. 2019, 2020): copies of one network are trained from the
//! same weights under other orders of the data, and compared: how far they are apart, and whether the error rises between them.

mod copies;
mod dense_points;
mod files;
mod measure;
mod next_mask;
mod order;
mod report;
mod run;
mod settings;
mod start;
mod study;
mod task;

#[cfg(test)]
mod tests;

pub use report::{PairResult, PathPoint, StabilityReport};
pub use run::{estimate_stability, stability};
pub use settings::{BatchNormStatistics, STABLE_BELOW, StabilitySettings};
pub use start::StartPoint;
pub use task::StabilityTask;
