//! What a study of stability tells its surroundings.

use std::fmt;

use super::StartPoint;
use crate::StageError;

/// Something that takes time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum StabilityTask {
    /// Training the dense network of a replicate to the points at which copies part.
    Dense {
        /// Which repetition.
        replicate: u32,
    },
    /// Training a copy.
    Copy {
        /// From where.
        start: StartPoint,
        /// Its number, from 0.
        copy: u32,
    },
    /// Measuring the path between two copies.
    Path {
        /// Where they come from.
        start: StartPoint,
        /// Their numbers.
        pair: [u32; 2],
    },
}

impl fmt::Display for StabilityTask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Dense { replicate } => write!(f, "replicate {replicate}, dense to where copies part"),
            Self::Copy { start, copy } => write!(f, "{start}, copy {copy}"),
            Self::Path { start, pair: [a, b] } => write!(f, "{start}, path from copy {a} to {b}"),
        }
    }
}

/// How far a task is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StabilityProgress {
    /// Iterations of a training, or points of a path, that are done.
    pub done: u64,
    /// How many there are.
    pub of: u64,
    /// Seconds until the task is finished, at this speed.
    pub seconds_left: f64,
    /// The same with the tasks of its kind that wait for a core, if they take as long.
    pub kind_seconds_left: f64,
}

/// Something that happened.
#[derive(Debug)]
pub enum StabilityEvent<'a> {
    /// The study begins with so many tasks, finished ones included.
    Planned {
        /// How many.
        tasks: usize,
    },
    /// A task starts, or goes on.
    Started {
        /// Which.
        task: StabilityTask,
    },
    /// A task advances; at most a few times a second.
    Progress {
        /// Which.
        task: StabilityTask,
        /// How far it is.
        progress: StabilityProgress,
    },
    /// A task is finished, and its files are written.
    Finished {
        /// Which.
        task: StabilityTask,
        /// The test error of a copy, the barrier of test errors of a path.
        result: Option<f64>,
        /// How long it took in this sitting.
        seconds: f64,
    },
    /// A task was finished before.
    Skipped {
        /// Which.
        task: StabilityTask,
    },
    /// A task was stopped; a training left a checkpoint.
    Stopped {
        /// Which.
        task: StabilityTask,
    },
    /// A task failed; what needs it is left out.
    Failed {
        /// Which.
        task: StabilityTask,
        /// Why.
        error: &'a StageError,
    },
}

/// Watches a study; called from every worker thread.
pub trait StabilityObserver: Sync {
    /// Something happened. Must be quick: the work waits.
    fn event(&self, event: &StabilityEvent<'_>);
}

/// Watches nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Unwatched;

impl StabilityObserver for Unwatched {
    fn event(&self, _event: &StabilityEvent<'_>) {}
}
