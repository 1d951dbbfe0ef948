//! Why tasks fail.

use std::fmt;

use lth_model::Hint;
use lth_ticket::{BeforeTrainingError, PruningError, TicketError, TrainingError, UnknownName};
use thiserror::Error;

use crate::LabError;

/// Why a task failed.
#[derive(Debug, Error)]
pub enum StageError {
    /// The loss is no longer a finite number.
    #[error("the loss is not a finite number any more at iteration {iteration}")]
    Diverged {
        /// Where.
        iteration: u64,
    },
    /// It failed in an earlier sitting of its sweep.
    #[error("{reason} (in an earlier sitting)")]
    FailedBefore {
        /// Why.
        reason: String,
    },
    /// It was asked to stop while it looked for its ticket; not a failure.
    #[error("stopped")]
    Stopped,
    /// A file cannot be written or read, or is not what it should be.
    #[error(transparent)]
    Lab(#[from] LabError),
    /// The training is refused.
    #[error(transparent)]
    Training(#[from] TrainingError),
    /// The next ticket cannot be made.
    #[error(transparent)]
    Ticket(#[from] TicketError),
    /// The trained network cannot be pruned as the experiment wants.
    #[error(transparent)]
    Pruning(#[from] PruningError),
    /// The untrained network cannot be pruned as the experiment wants.
    #[error(transparent)]
    BeforeTraining(#[from] BeforeTrainingError),
    /// There is no such criterion.
    #[error(transparent)]
    Criterion(#[from] UnknownName),
}

impl From<lth_model::EngineError> for StageError {
    fn from(error: lth_model::EngineError) -> Self {
        Self::Lab(LabError::Engine(error))
    }
}

impl StageError {
    /// Whether all work must stop.
    pub fn stops_the_run(&self) -> bool {
        matches!(self, Self::Lab(error) if error.stops_the_run())
    }

    /// Whether it would fail again: its settings are the reason, not the disk, a file, or the moment.
    pub(crate) fn is_lasting(&self) -> bool {
        match self {
            Self::Lab(_) | Self::Stopped | Self::FailedBefore { .. } => false,
            Self::BeforeTraining(error) => !matches!(error, BeforeTrainingError::Stopped),
            Self::Diverged { .. }
            | Self::Training(_)
            | Self::Ticket(_)
            | Self::Pruning(_)
            | Self::Criterion(_) => true,
        }
    }
}

impl Hint for StageError {
    fn hint(&self) -> Option<String> {
        match self {
            Self::Stopped => Some("the same command continues".to_owned()),
            Self::FailedBefore { .. } => {
                Some("the same command with --retry-failed tries it again".to_owned())
            }
            Self::Diverged { .. } => Some("use a lower learning rate".to_owned()),
            Self::Lab(error) => error.hint(),
            Self::Training(error) => error.hint(),
            Self::Ticket(error) => error.hint(),
            Self::Pruning(error) => error.hint(),
            Self::BeforeTraining(error) => error.hint(),
            Self::Criterion(error) => error.hint(),
        }
    }
}

/// A task that failed; what depends on it was not started, everything else went on.
#[derive(Debug)]
pub struct TaskFailure<T> {
    /// Which.
    pub task: T,
    /// Why.
    pub error: StageError,
}

impl<T: fmt::Display> fmt::Display for TaskFailure<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.task, self.error)
    }
}

impl<T> Hint for TaskFailure<T> {
    fn hint(&self) -> Option<String> {
        self.error.hint()
    }
}
