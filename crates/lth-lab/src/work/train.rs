//! One training, from its start or its checkpoint to where it ends: progress, checkpoints, stopping.

use std::{io, path::Path, time::Instant};

use lth_model::{Density, Tensors, TrainerState};
use lth_ticket::{
    Directive, Observer, Outcome, Progress, RunningMean, Trained, TrainingCheckpoint, TrainingJob, train,
};

use super::Workbench;
use crate::{
    LabError, StageError, Timestamps, Timing,
    atomic::remove_file,
    disk::{read_checkpoint, write_checkpoint},
    tasks::{Activity, Ended, Reporter, TaskEvent, TaskKey, TaskName},
};

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

/// A training that is to be done.
pub(crate) struct TrainingWork<'a> {
    /// The task that it is done for.
    pub(crate) task: &'a TaskName,
    pub(crate) job: TrainingJob<'a>,
    /// The checkpoint from which it goes on after an interruption, and what it is of; without it, it begins again.
    pub(crate) saved: Option<(&'a Path, &'a TaskKey)>,
    /// The density to tell of.
    pub(crate) density: Density,
    pub(crate) until: Until<'a>,
}

/// Where a training ends.
pub(crate) enum Until<'a> {
    /// At its last iteration.
    Last,
    /// After this iteration, if that is before the last.
    Iteration(u64),
    /// After the first epoch whose weights this wants no better than, or at the last iteration.
    Epoch(&'a mut dyn FnMut(&Tensors) -> Result<bool, StageError>),
}

/// A training at its end.
pub(crate) enum End {
    /// At its last iteration.
    Last(Trained),
    /// Where no more was wanted.
    Before(TrainingCheckpoint),
}

impl End {
    /// Wall-clock seconds of all sittings.
    pub(crate) fn seconds(&self) -> f64 {
        match self {
            Self::Last(trained) => trained.seconds,
            Self::Before(checkpoint) => checkpoint.seconds,
        }
    }

    /// What it took for so many updates.
    pub(crate) fn timing(&self, steps: u64) -> Timing {
        let cpu_seconds = match self {
            Self::Last(trained) => trained.cpu_seconds,
            Self::Before(checkpoint) => checkpoint.cpu_seconds,
        };
        Timing::now(self.seconds(), cpu_seconds, steps)
    }

    /// The weights that it is at.
    pub(crate) fn weights(&self) -> &Tensors {
        match self {
            Self::Last(trained) => &trained.weights,
            Self::Before(checkpoint) => &checkpoint.trainer.weights,
        }
    }
}

/// How a sitting at a training ended.
pub(crate) enum Sitting<T> {
    /// With what was made of its end.
    Done(T),
    /// It was stopped at this iteration.
    Stopped(u64),
}

impl From<Sitting<Ended>> for Ended {
    fn from(sitting: Sitting<Ended>) -> Self {
        match sitting {
            Sitting::Done(ended) => ended,
            Sitting::Stopped(iteration) => Self::Stopped(Some(iteration)),
        }
    }
}

impl Workbench<'_> {
    /// Trains from the start or the checkpoint to the end, and makes something of that, which may be stopped too (`None`). The
    /// checkpoint goes when that is made.
    ///
    /// # Errors
    /// When the training diverges or is refused, a checkpoint cannot be read or written, and those of `make`.
    pub(crate) fn train<T>(
        &self,
        work: TrainingWork<'_>,
        make: impl FnOnce(&End, &Timestamps) -> Result<Option<T>, StageError>,
    ) -> Result<Sitting<T>, StageError> {
        let TrainingWork { task, job, saved: file, density, until } = work;
        let saved = file.map(|(path, key)| read_checkpoint(path, key.as_str())).transpose()?.flatten();
        let (resume, timestamps) =
            saved.map_or_else(Default::default, |saved| (Some(saved.training), saved.timestamps));
        let continued_at = resume.as_ref().map(|checkpoint| checkpoint.iteration);
        self.observer.event(task, &TaskEvent::Started { continued_at });
        let mut watch = Watch {
            bench: self,
            file,
            density,
            until,
            per_epoch: job.per_epoch(),
            timestamps,
            reporter: Reporter::new(task, self.observer, continued_at.unwrap_or(job.start)),
            saved: Instant::now(),
            evaluated: None,
            enough: false,
            failed: None,
        };
        let outcome = train(self.engine, &job, resume, &mut watch);
        if let Some(error) = watch.failed.take() {
            return Err(error);
        }
        let end = match outcome? {
            Outcome::Diverged { iteration } => return Err(StageError::Diverged { iteration }),
            Outcome::Finished(trained) => End::Last(trained),
            Outcome::Stopped(checkpoint) if watch.enough => End::Before(checkpoint),
            Outcome::Stopped(checkpoint) => {
                watch.save(&checkpoint)?;
                return Ok(Sitting::Stopped(checkpoint.iteration));
            }
        };
        if let Some(made) = make(&end, &watch.timestamps)? {
            file.map(|(path, _)| remove_file(path)).transpose()?;
            return Ok(Sitting::Done(made));
        }
        let checkpoint = match end {
            End::Last(trained) => at_its_end(trained, &job),
            End::Before(checkpoint) => checkpoint,
        };
        watch.save(&checkpoint)?;
        Ok(Sitting::Stopped(checkpoint.iteration))
    }
}

/// A training that is over but for what follows from it.
fn at_its_end(trained: Trained, job: &TrainingJob<'_>) -> TrainingCheckpoint {
    TrainingCheckpoint {
        iteration: job.last_iteration(),
        trainer: TrainerState { weights: trained.weights, optimizer: trained.optimizer },
        masks: job.mask_updates.is_some().then_some(trained.masks),
        running: RunningMean::default(),
        history: trained.history,
        snapshots: trained.snapshots,
        seconds: trained.seconds,
        cpu_seconds: trained.cpu_seconds,
    }
}

/// Watches a training.
struct Watch<'a, 'b> {
    bench: &'a Workbench<'a>,
    /// The checkpoint, and what it is of.
    file: Option<(&'a Path, &'a TaskKey)>,
    density: Density,
    until: Until<'b>,
    per_epoch: u64,
    timestamps: Timestamps,
    reporter: Reporter<'a>,
    saved: Instant,
    evaluated: Option<u64>,
    /// Whether no more is wanted.
    enough: bool,
    /// Why it cannot go on; the training loop only passes the system's part on.
    failed: Option<StageError>,
}

impl Watch<'_, '_> {
    fn save(&mut self, checkpoint: &TrainingCheckpoint) -> Result<(), LabError> {
        let Some((path, key)) = self.file else { return Ok(()) };
        let result = write_checkpoint(path, key.as_str(), checkpoint, &self.timestamps);
        self.saved = Instant::now();
        result
    }

    fn is_due(&self, iteration: u64) -> bool {
        let every = self.bench.checkpoint_every;
        self.file.is_some()
            && (self.saved.elapsed().as_secs_f64() >= every.seconds
                || every.iterations.is_some_and(|every| iteration.is_multiple_of(every)))
    }

    fn ends_epoch(&self, iteration: u64) -> bool {
        matches!(self.until, Until::Epoch(_)) && iteration.is_multiple_of(self.per_epoch)
    }
}

impl Observer for Watch<'_, '_> {
    fn step(&mut self, progress: &Progress) -> Directive {
        let Progress { iteration, iterations, epoch, epochs, validation, .. } = *progress;
        let evaluated = validation.map(|row| row.iteration);
        if evaluated != self.evaluated {
            self.evaluated = evaluated;
            self.timestamps.note(iteration);
        }
        let end = if let Until::Iteration(until) = self.until { until.min(iterations) } else { iterations };
        let density = self.density;
        self.reporter.at(iteration, end, |steps_per_second| Activity::Training {
            epoch,
            epochs,
            steps_per_second,
            validation_accuracy: validation.map(|row| row.accuracy),
            density,
        });
        // Before the wish to stop: a checkpoint of this iteration would go on beyond it.
        self.enough |= iteration >= end && end < iterations;
        if self.enough || self.failed.is_some() || self.bench.stop.is_set() {
            Directive::Stop
        } else if iteration < end && (self.is_due(iteration) || self.ends_epoch(iteration)) {
            Directive::Checkpoint
        } else {
            Directive::Continue
        }
    }

    fn stops(&self) -> bool {
        self.bench.stop.is_set()
    }

    fn checkpoint(&mut self, checkpoint: &TrainingCheckpoint) -> io::Result<()> {
        if self.ends_epoch(checkpoint.iteration)
            && let Until::Epoch(is_enough) = &mut self.until
        {
            match is_enough(&checkpoint.trainer.weights) {
                Ok(enough) => self.enough |= enough,
                Err(error) => self.failed = Some(error),
            }
        }
        self.save(checkpoint).map_err(|error| {
            let kind = if let LabError::Write { source, .. } = &error {
                source.kind()
            } else {
                io::ErrorKind::Other
            };
            self.failed = Some(error.into());
            io::Error::from(kind)
        })
    }
}
