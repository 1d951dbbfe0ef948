//! The one way upward: progress, checkpoints, and the wish to stop.

use std::io;

use super::{MetricRow, TrainingCheckpoint};

/// Where a training is. Cheap to make; given after every iteration.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Progress {
    /// Updates made, counted from initialisation: a training that starts at a rewind point starts there.
    pub iteration: u64,
    /// The last iteration.
    pub iterations: u64,
    /// The epoch of this iteration, 1 for the first.
    pub epoch: u64,
    /// Epochs, the last one may be partial.
    pub epochs: u64,
    /// Mean loss of this iteration's batch, before its update, in nats.
    pub loss: f64,
    /// The last evaluation on the validation set, if there was one.
    pub validation: Option<MetricRow>,
}

/// What the observer wants next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Directive {
    /// Go on.
    Continue,
    /// Make a checkpoint (passed to [`Observer::checkpoint`]) and go on.
    Checkpoint,
    /// Make a checkpoint (returned in [`super::Outcome::Stopped`]) and stop.
    Stop,
}

/// Watches a training.
pub trait Observer {
    /// Called after every iteration, evaluation included; must be cheap.
    fn step(&mut self, progress: &Progress) -> Directive;

    /// Asked in the middle of evaluations, which may take minutes: whether to stop at once. The evaluation is then made when the
    /// training goes on.
    fn stops(&self) -> bool {
        false
    }

    /// Called with the checkpoint that [`Directive::Checkpoint`] asked for.
    ///
    /// # Errors
    /// When it cannot be stored; the training then ends with [`super::TrainingError::Checkpoint`].
    fn checkpoint(&mut self, checkpoint: &TrainingCheckpoint) -> io::Result<()>;
}

/// Watches nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Unobserved;

impl Observer for Unobserved {
    fn step(&mut self, _progress: &Progress) -> Directive {
        Directive::Continue
    }

    fn checkpoint(&mut self, _checkpoint: &TrainingCheckpoint) -> io::Result<()> {
        Ok(())
    }
}
