//! How a training ends.

use std::collections::BTreeMap;

use lth_model::{Evaluation, Masks, OptimizerState, Tensors, TrainerState};

use super::{MetricRow, TrainingCheckpoint};

/// What a finished training gives.
#[derive(Debug, Clone, PartialEq)]
pub struct Trained {
    /// The weights at the last iteration; pruned weights are exact zeros.
    pub weights: Tensors,
    /// Which weights are kept at the last iteration: the job's masks, unless they change in training.
    pub masks: Masks,
    /// The optimiser's memory at the last iteration.
    pub optimizer: OptimizerState,
    /// Every row, by iteration, and train, validation, test within one.
    pub history: Vec<MetricRow>,
    /// The snapshots that were asked for, by iteration.
    pub snapshots: BTreeMap<u64, TrainerState>,
    /// Loss and accuracy over the whole training set, at the last iteration.
    pub train: Evaluation,
    /// Wall-clock seconds, over all sittings, evaluations included. This and the next are the only figures that are not
    /// exact.
    pub seconds: f64,
    /// Seconds of CPU time, over all sittings and threads; `None` where the system does not tell, or a sitting of an older
    /// version did not measure it. It does not grow with what else the machine does.
    pub cpu_seconds: Option<f64>,
}

/// How a training ended.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// At its last iteration.
    Finished(Trained),
    /// Where the observer stopped it; it can go on from there.
    Stopped(TrainingCheckpoint),
    /// With a loss that is no longer a finite number.
    Diverged {
        /// The iteration in which this was seen: the loss of its batch, or of an evaluation after its update.
        iteration: u64,
    },
}
