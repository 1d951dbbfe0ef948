//! What a run tells its surroundings while it works.

use std::path::PathBuf;

use lth_model::Density;

use super::{Remedy, Stage, StageError};
use crate::{RoundRecord, Timing};

/// Watches a run; called from every worker thread.
pub trait RunObserver: Sync {
    /// Something happened. Must be quick: the training waits.
    fn event(&self, event: &RunEvent<'_>);
}

/// Watches nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl RunObserver for Silent {
    fn event(&self, _event: &RunEvent<'_>) {}
}

/// Something that happened in a run.
#[derive(Debug)]
pub enum RunEvent<'a> {
    /// The run begins with so many trainings in all, finished ones included.
    Planned {
        /// How many.
        trainings: usize,
    },
    /// An untrained network is pruned, before its training starts; at most a few times a second.
    Scoring(ScoringProgress),
    /// A training starts, or goes on from its checkpoint.
    Started {
        /// Which.
        stage: Stage,
        /// At which iteration.
        iteration: u64,
    },
    /// A training advances; at most a few times a second.
    Progress(StageProgress),
    /// A training is finished and its files are written.
    Finished {
        /// Which.
        stage: Stage,
        /// What it found.
        record: &'a RoundRecord,
        /// How long it took.
        timing: &'a Timing,
        /// Seconds until the run is finished, if all other trainings took as long; later rounds are faster.
        run_seconds_left: f64,
    },
    /// Files of a finished training are not there: lost, or wanted only now by the retention policy.
    Incomplete {
        /// Which.
        stage: Stage,
        /// Which files.
        missing: &'a [PathBuf],
        /// What is done about them.
        remedy: Remedy,
    },
    /// A training was already finished.
    Skipped {
        /// Which.
        stage: Stage,
        /// What it had found.
        record: &'a RoundRecord,
    },
    /// A training was stopped and left a checkpoint.
    Stopped {
        /// Which.
        stage: Stage,
        /// At which iteration.
        iteration: u64,
    },
    /// A training failed; what waits for it is not started.
    Failed {
        /// Which.
        stage: Stage,
        /// Why.
        error: &'a StageError,
    },
}

/// Where the pruning of an untrained network is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ScoringProgress {
    /// The training that will start from it.
    pub stage: Stage,
    /// Rounds of the experiment.
    pub rounds: u32,
    /// The fraction of weights that will be kept.
    pub density: Density,
    /// The part that is done, in [0, 1].
    pub fraction: f64,
    /// Seconds until it is finished, at this speed; infinite before anything is done.
    pub seconds_left: f64,
}

/// Where a training is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StageProgress {
    /// Which.
    pub stage: Stage,
    /// Rounds of the experiment.
    pub rounds: u32,
    /// The epoch, 1 is the first.
    pub epoch: u64,
    /// The last epoch.
    pub epochs: u64,
    /// Updates made, counted from initialisation.
    pub iteration: u64,
    /// The last iteration.
    pub iterations: u64,
    /// Updates a second in this sitting, evaluations included.
    pub steps_per_second: f64,
    /// At the last evaluation.
    pub validation_accuracy: Option<f64>,
    /// The fraction of weights kept.
    pub density: Density,
    /// Seconds until this training is finished, at this speed.
    pub seconds_left: f64,
    /// Seconds until the run is finished, if all other trainings were as slow; later rounds are faster.
    pub run_seconds_left: f64,
}
