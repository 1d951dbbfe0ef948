//! The observer of one training: progress, checkpoints, stopping.

use std::{
    io,
    path::Path,
    time::{Duration, Instant},
};

use lth_ticket::{Directive, Observer, Progress, TrainingCheckpoint};

use super::{StabilityEvent, StabilityObserver, StabilityProgress, StabilityTask};
use crate::{CheckpointEvery, LabError, Stop, Timestamps, disk::write_checkpoint};

/// Between two reports of progress.
const REPORT_EVERY: Duration = Duration::from_millis(100);

/// Reports how far a task is, a few times a second.
pub(super) struct Reporter<'a> {
    pub(super) task: StabilityTask,
    pub(super) observer: &'a dyn StabilityObserver,
    /// Tasks of this kind that wait for each core.
    pub(super) waiting: f64,
    begun: Instant,
    reported: Option<Instant>,
    /// What had been done when this sitting began.
    first: u64,
}

impl<'a> Reporter<'a> {
    pub(super) fn new(
        task: StabilityTask,
        observer: &'a dyn StabilityObserver,
        waiting: f64,
        first: u64,
    ) -> Self {
        observer.event(&StabilityEvent::Started { task });
        Self { task, observer, waiting, begun: Instant::now(), reported: None, first }
    }

    /// So much is done, of a task that goes from `start` to `end`.
    pub(super) fn at(&mut self, done: u64, start: u64, end: u64) {
        let now = Instant::now();
        if self.reported.is_some_and(|last| now.duration_since(last) < REPORT_EVERY) && done < end {
            return;
        }
        self.reported = Some(now);
        let each = self.seconds() / done.saturating_sub(self.first).max(1) as f64;
        let seconds_left = each * end.saturating_sub(done) as f64;
        let whole = each * end.saturating_sub(start) as f64;
        let progress = StabilityProgress {
            done: done.saturating_sub(start),
            of: end.saturating_sub(start),
            seconds_left,
            kind_seconds_left: seconds_left + self.waiting * whole,
        };
        self.observer.event(&StabilityEvent::Progress { task: self.task, progress });
    }

    /// Seconds in this sitting.
    pub(super) fn seconds(&self) -> f64 {
        self.begun.elapsed().as_secs_f64()
    }
}

/// Watches a training for the study.
pub(super) struct CopyWatch<'a> {
    pub(super) reporter: Reporter<'a>,
    pub(super) stop: &'a Stop,
    pub(super) every: CheckpointEvery,
    pub(super) checkpoint_path: &'a Path,
    pub(super) inputs: &'a str,
    pub(super) start: u64,
    /// The iteration after which nothing more is needed, if that is before the end.
    pub(super) until: Option<u64>,
    pub(super) saved: Instant,
    /// Why a checkpoint could not be written; the training loop only passes the system's part on.
    pub(super) failed: Option<LabError>,
}

impl Observer for CopyWatch<'_> {
    fn step(&mut self, progress: &Progress) -> Directive {
        let end = self.until.unwrap_or(progress.iterations);
        self.reporter.at(progress.iteration, self.start, end);
        if self.stop.is_set() || self.until.is_some_and(|until| progress.iteration >= until) {
            return Directive::Stop;
        }
        let due = self.saved.elapsed().as_secs_f64() >= self.every.seconds
            || self.every.iterations.is_some_and(|every| progress.iteration.is_multiple_of(every));
        if due && progress.iteration < end { Directive::Checkpoint } else { Directive::Continue }
    }

    fn stops(&self) -> bool {
        self.stop.is_set()
    }

    fn checkpoint(&mut self, checkpoint: &TrainingCheckpoint) -> io::Result<()> {
        let result = write_checkpoint(self.checkpoint_path, self.inputs, checkpoint, &Timestamps::default());
        self.saved = Instant::now();
        result.map_err(|error| {
            let kind = match &error {
                LabError::Write { source, .. } => source.kind(),
                _ => io::ErrorKind::Other,
            };
            self.failed = Some(error);
            io::Error::from(kind)
        })
    }
}
