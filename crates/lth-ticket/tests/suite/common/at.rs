//! An observer of one iteration.

use std::io;

use lth_ticket::{Directive, Observer, Outcome, Progress, TrainingCheckpoint, TrainingJob, train};

use super::ReferenceEngine;

/// Asks for the same at one iteration.
pub(crate) struct At(pub(crate) u64, pub(crate) Directive, pub(crate) Vec<TrainingCheckpoint>);

impl Observer for At {
    fn step(&mut self, progress: &Progress) -> Directive {
        if progress.iteration == self.0 { self.1 } else { Directive::Continue }
    }

    fn checkpoint(&mut self, checkpoint: &TrainingCheckpoint) -> io::Result<()> {
        self.2.push(checkpoint.clone());
        Ok(())
    }
}

/// The checkpoint of a training that is stopped at an iteration.
pub(crate) fn stop_at(job: &TrainingJob<'_>, iteration: u64) -> TrainingCheckpoint {
    match train(&ReferenceEngine, job, None, &mut At(iteration, Directive::Stop, vec![])).unwrap() {
        Outcome::Stopped(checkpoint) => checkpoint,
        other => panic!("{other:?}"),
    }
}
