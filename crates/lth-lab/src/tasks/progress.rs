//! What tasks tell while they are done.

use std::{
    fmt,
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};

use lth_model::Density;

use super::{Holder, StageError, Task};
use crate::{Remedy, RoundRecord};

/// Between two reports of a task's progress.
const REPORT_EVERY: Duration = Duration::from_millis(100);

/// What tasks are like that take about as long.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TaskKind {
    /// Training a network.
    Training,
    /// Evaluating networks between two others.
    Path,
    /// Comparing the weights of two networks.
    Distance,
    /// Evaluating masks.
    Masks,
}

impl TaskKind {
    /// More than one of them.
    pub fn plural(self) -> &'static str {
        match self {
            Self::Training => "trainings",
            Self::Path => "paths",
            Self::Distance => "distances",
            Self::Masks => "sets of masks",
        }
    }
}

/// How a task is called; it names the task among those of a command.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct TaskName {
    kind: TaskKind,
    text: Arc<str>,
}

impl TaskName {
    /// The name of a task.
    pub fn of(task: &impl Task) -> Self {
        Self { kind: task.kind(), text: task.to_string().into() }
    }

    /// The same with a label before it.
    pub(crate) fn after(&self, label: &str) -> Self {
        Self { kind: self.kind, text: format!("{label}, {}", self.text).into() }
    }

    /// What it is like.
    pub fn kind(&self) -> TaskKind {
        self.kind
    }
}

impl fmt::Display for TaskName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Watches tasks; called from every worker thread.
pub trait TaskObserver: Sync {
    /// The work begins: all of its tasks, finished ones included, and how many go on at once at most.
    fn planned(&self, _tasks: &[TaskName], _at_once: usize) {}

    /// Something happened. Must be quick: the task waits.
    fn event(&self, task: &TaskName, event: &TaskEvent<'_>);
}

/// Watches nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl TaskObserver for Silent {
    fn event(&self, _task: &TaskName, _event: &TaskEvent<'_>) {}
}

/// Something that happened to a task.
#[derive(Debug)]
pub enum TaskEvent<'a> {
    /// It starts.
    Started {
        /// The iteration of the checkpoint that a training goes on from.
        continued_at: Option<u64>,
    },
    /// It advances; at most a few times a second.
    Progress(TaskProgress),
    /// It is finished, and its files are written.
    Finished {
        /// What came out.
        found: &'a Found,
        /// How long it took, interruptions not counted.
        seconds: f64,
    },
    /// It was finished before.
    Skipped {
        /// What had come out.
        found: &'a Found,
    },
    /// The same task of another run was finished, and its output is now this one's too.
    Shared {
        /// What had come out.
        found: &'a Found,
        /// The folder that it is taken from.
        from: &'a Path,
    },
    /// Files of a finished training are not there: lost, or wanted only now by the retention policy.
    Incomplete {
        /// Which files.
        missing: &'a [PathBuf],
        /// What is done about them.
        remedy: Remedy,
    },
    /// It was stopped.
    Stopped {
        /// The iteration of the checkpoint that a training left.
        saved_at: Option<u64>,
    },
    /// Another process does it; told once.
    Busy {
        /// Which, where that is known.
        holder: Option<&'a Holder>,
    },
    /// It failed; what waits for it is not started.
    Failed {
        /// Why.
        error: &'a StageError,
    },
}

/// What came out of a task.
#[derive(Debug, Clone, PartialEq)]
pub enum Found {
    /// Nothing that one figure says.
    Files,
    /// A training's record, and its updates a second where they are known.
    Round(Box<RoundRecord>, Option<f64>),
    /// The test error of a network.
    TestError(f64),
    /// The barrier of test errors between two networks.
    Barrier(f64),
    /// The distance between two networks.
    Distance(f64),
}

/// How far a task is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TaskProgress {
    /// What it does.
    pub activity: Activity,
    /// What is done, counted as the activity says.
    pub done: u64,
    /// The same at the end of the activity.
    pub of: u64,
    /// Seconds until then, at this speed; infinite before anything is done.
    pub seconds_left: f64,
}

/// What a task does.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Activity {
    /// An untrained network is pruned before its training starts; counted in thousandths.
    Scoring {
        /// The fraction of weights that will be kept.
        density: Density,
    },
    /// A network is trained; counted in updates from initialisation.
    Training {
        /// The epoch, 1 is the first.
        epoch: u64,
        /// The last epoch.
        epochs: u64,
        /// Updates a second in this sitting, evaluations included.
        steps_per_second: f64,
        /// At the last evaluation.
        validation_accuracy: Option<f64>,
        /// The fraction of weights kept.
        density: Density,
    },
    /// Networks are evaluated; counted in networks.
    Evaluating,
}

/// Reports how far a task is, a few times a second.
pub(crate) struct Reporter<'a> {
    task: &'a TaskName,
    observer: &'a dyn TaskObserver,
    begun: Instant,
    reported: Option<Instant>,
    /// What had been done when this sitting began.
    first: u64,
}

impl<'a> Reporter<'a> {
    /// Of a task of which so much is done.
    pub(crate) fn new(task: &'a TaskName, observer: &'a dyn TaskObserver, first: u64) -> Self {
        Self { task, observer, begun: Instant::now(), reported: None, first }
    }

    /// So much is done. The activity is told the speed.
    pub(crate) fn at(&mut self, done: u64, of: u64, activity: impl FnOnce(f64) -> Activity) {
        let now = Instant::now();
        if self.reported.is_some_and(|last| now.duration_since(last) < REPORT_EVERY) && done < of {
            return;
        }
        self.reported = Some(now);
        let seconds = self.seconds();
        let speed = if seconds > 0.0 { done.saturating_sub(self.first) as f64 / seconds } else { 0.0 };
        let seconds_left = if done >= of { 0.0 } else { (of - done) as f64 / speed };
        let progress = TaskProgress { activity: activity(speed), done, of, seconds_left };
        self.observer.event(self.task, &TaskEvent::Progress(progress));
    }

    /// Seconds in this sitting.
    pub(crate) fn seconds(&self) -> f64 {
        self.begun.elapsed().as_secs_f64()
    }
}
