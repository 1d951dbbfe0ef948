//! The observer of one training: progress, checkpoints, stopping.

use std::{
    io,
    path::PathBuf,
    time::{Duration, Instant},
};

use lth_model::Density;
use lth_ticket::{Directive, Observer, Progress, TrainingCheckpoint};

use super::{RunEvent, RunObserver, Stage, StageProgress, Stop};
use crate::{LabError, Timestamps, disk::write_checkpoint};

/// How often an unfinished training is saved.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CheckpointEvery {
    /// After so many seconds; what a kill costs at most.
    pub seconds: f64,
    /// Also at every multiple of so many iterations.
    pub iterations: Option<u64>,
}

impl Default for CheckpointEvery {
    fn default() -> Self {
        Self { seconds: 10.0, iterations: None }
    }
}

/// Between two reports of progress.
pub(super) const REPORT_EVERY: Duration = Duration::from_millis(100);

/// Watches one training for the run.
pub(crate) struct StageWatch<'a> {
    pub(crate) stage: Stage,
    pub(crate) rounds: u32,
    pub(crate) density: Density,
    pub(crate) checkpoint_path: PathBuf,
    pub(crate) inputs: &'a str,
    pub(crate) every: CheckpointEvery,
    pub(crate) stop: &'a Stop,
    pub(crate) observer: &'a dyn RunObserver,
    pub(crate) timestamps: Timestamps,
    /// Trainings that wait for this one or for another, a job.
    pub(crate) trainings_left: f64,
    pub(crate) sitting: Sitting,
    /// Why a checkpoint could not be written; the training loop only passes the system's part on.
    pub(crate) failed: Option<LabError>,
}

/// Times since the training was started or continued.
pub(crate) struct Sitting {
    begun: Instant,
    first_iteration: u64,
    start: u64,
    saved: Instant,
    reported: Instant,
    evaluated: Option<u64>,
}

impl Sitting {
    /// A sitting that begins now at an iteration, of a training that begins at `start`.
    pub(crate) fn new(first_iteration: u64, start: u64) -> Self {
        let now = Instant::now();
        Self { begun: now, first_iteration, start, saved: now, reported: now, evaluated: None }
    }
}

impl StageWatch<'_> {
    fn report(&mut self, progress: &Progress, now: Instant) {
        self.sitting.reported = now;
        let seconds = now.duration_since(self.sitting.begun).as_secs_f64();
        let steps = progress.iteration - self.sitting.first_iteration;
        let speed = if seconds > 0.0 { steps as f64 / seconds } else { 0.0 };
        let left = |steps: u64| if speed > 0.0 { steps as f64 / speed } else { 0.0 };
        let seconds_left = left(progress.iterations - progress.iteration);
        let training = left(progress.iterations - self.sitting.start);
        self.observer.event(&RunEvent::Progress(StageProgress {
            stage: self.stage,
            rounds: self.rounds,
            epoch: progress.epoch,
            epochs: progress.epochs,
            iteration: progress.iteration,
            iterations: progress.iterations,
            steps_per_second: speed,
            validation_accuracy: progress.validation.map(|row| row.accuracy),
            density: self.density,
            seconds_left,
            run_seconds_left: seconds_left + self.trainings_left * training,
        }));
    }
}

impl Observer for StageWatch<'_> {
    fn step(&mut self, progress: &Progress) -> Directive {
        let evaluated = progress.validation.map(|row| row.iteration);
        if evaluated != self.sitting.evaluated {
            self.sitting.evaluated = evaluated;
            self.timestamps.note(progress.iteration);
        }
        let now = Instant::now();
        let last = progress.iteration == progress.iterations;
        if last || now.duration_since(self.sitting.reported) >= REPORT_EVERY {
            self.report(progress, now);
        }
        if self.stop.is_set() {
            return Directive::Stop;
        }
        let due = now.duration_since(self.sitting.saved).as_secs_f64() >= self.every.seconds
            || self.every.iterations.is_some_and(|every| progress.iteration.is_multiple_of(every));
        if due && !last { Directive::Checkpoint } else { Directive::Continue }
    }

    fn stops(&self) -> bool {
        self.stop.is_set()
    }

    fn checkpoint(&mut self, checkpoint: &TrainingCheckpoint) -> io::Result<()> {
        let result = write_checkpoint(&self.checkpoint_path, self.inputs, checkpoint, &self.timestamps);
        self.sitting.saved = Instant::now();
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
