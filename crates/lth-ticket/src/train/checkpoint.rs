//! All that a training needs to go on to the same bits.

use std::collections::BTreeMap;

use lth_model::{Masks, TrainerState};

use super::{MetricRow, RunningMean};

/// A training at some iteration. Continuing from it gives the bits of a training that was never interrupted.
///
/// It holds no generator state: data order and dropout follow from (seed, epoch) and (seed, iteration).
#[derive(Debug, Clone, PartialEq)]
pub struct TrainingCheckpoint {
    /// Updates made, counted from initialisation.
    pub iteration: u64,
    /// Weights and the optimiser's memory.
    pub trainer: TrainerState,
    /// Which weights are kept, where masks change in training; `None` where they are the job's.
    pub masks: Option<Masks>,
    /// The batches since the last evaluation.
    pub running: RunningMean,
    /// Every row so far.
    pub history: Vec<MetricRow>,
    /// The snapshots so far, by iteration.
    pub snapshots: BTreeMap<u64, TrainerState>,
    /// Wall-clock seconds so far, over all sittings.
    pub seconds: f64,
    /// Seconds of CPU time so far; `None` where a sitting did not measure it.
    pub cpu_seconds: Option<f64>,
}
