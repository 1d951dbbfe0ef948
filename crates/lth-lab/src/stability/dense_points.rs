//! The dense network at the iterations at which its copies part: one training under the replicate's own noise.

use std::{collections::BTreeMap, time::Instant};

use lth_model::{Masks, Step, TrainerState};
use lth_ticket::{Outcome, Ticket, TicketOrigin, TrainingError, TrainingJob, train};

use super::{
    StabilityTask, StartPoint,
    copies::Ended,
    study::{Start, Study},
    watch::{CopyWatch, Reporter},
};
use crate::{
    LabError, StageError, Timestamps, Variant,
    atomic::{create_folder, remove_file, write_file},
    disk::{read_checkpoint, write_checkpoint},
};

impl Study<'_> {
    /// Trains the dense network of a replicate to the last of these starts that is not there yet, and writes all of them.
    ///
    /// # Errors
    /// When the training diverges or is refused, or files cannot be written.
    pub(super) fn reach_dense_points(
        &self,
        replicate: u32,
        starts: &[StartPoint],
        waiting: f64,
    ) -> Result<Ended, StageError> {
        let missing: Vec<(u64, StartPoint)> = starts
            .iter()
            .filter(|start| start.replicate == replicate && !self.files.dense_point(start).exists())
            .filter_map(|start| Some((start.parts_at?, *start)))
            .collect();
        let Some(until) = missing.iter().map(|&(iteration, _)| iteration).max() else {
            return Ok(Ended::Skipped);
        };
        let dense = StartPoint::of_round(replicate, Variant::Ticket, 0);
        let start = self.round_start(&dense)?;
        let points: Vec<u64> = missing.iter().map(|&(iteration, _)| iteration).collect();
        let inputs = self.inputs(&dense, &start.ticket_hash, &format!("dense points={points:?}"));
        let path = self.files.dense_checkpoint(replicate, &inputs[..8]);
        create_folder(path.parent().unwrap_or(self.layout.root()))?;
        let resume = read_checkpoint(&path, &inputs)?.map(|checkpoint| checkpoint.training);
        let task = StabilityTask::Dense { replicate };
        let first = resume.as_ref().map_or(start.iteration, |checkpoint| checkpoint.iteration);
        let mut watch = CopyWatch {
            reporter: Reporter::new(task, self.context.observer, waiting, first),
            stop: &self.context.stop,
            every: self.context.checkpoint_every,
            checkpoint_path: &path,
            inputs: &inputs,
            start: start.iteration,
            until: Some(until),
            saved: Instant::now(),
            failed: None,
        };
        let job = TrainingJob {
            seed: self.experiment.seed(replicate),
            snapshots: points,
            ..self.job(&dense, &start)
        };
        let checkpoint = match train(self.context.engine, &job, resume, &mut watch) {
            Ok(Outcome::Stopped(checkpoint)) => checkpoint,
            // Points lie before the end, where the watch stops the training.
            Ok(Outcome::Finished(_)) => return Ok(Ended::Stopped),
            Ok(Outcome::Diverged { iteration }) => return Err(StageError::Diverged { iteration }),
            Err(TrainingError::Checkpoint { .. }) if watch.failed.is_some() => {
                return Err(watch.failed.take().expect("it was just seen").into());
            }
            Err(error) => return Err(error.into()),
        };
        if checkpoint.iteration < until {
            write_checkpoint(&path, &inputs, &checkpoint, &Timestamps::default())?;
            return Ok(Ended::Stopped);
        }
        self.write_points(&missing, &start, &checkpoint.snapshots)?;
        remove_file(&path)?;
        Ok(Ended::Finished { result: None, seconds: watch.reporter.seconds() })
    }

    fn write_points(
        &self,
        missing: &[(u64, StartPoint)],
        dense: &Start,
        states: &BTreeMap<u64, TrainerState>,
    ) -> Result<(), StageError> {
        for (iteration, start) in missing {
            let Some(state) = states.get(iteration) else { continue };
            let origin = TicketOrigin {
                data: self.experiment.view.name_of(&self.experiment.dataset),
                round: 0,
                seed: self.experiment.seed(start.replicate),
                rewind: Step::from_iterations(*iteration),
                rewind_iteration: *iteration,
                parent: Some(dense.ticket_hash.clone()),
                metadata: BTreeMap::from([("point".to_owned(), "dense".to_owned())]),
            };
            let masks: &Masks = &dense.masks;
            let mut point = Ticket::new(self.context.architecture, origin, state.weights.clone(), masks)?;
            point.optimizer = Some(state.optimizer.clone());
            let path = self.files.dense_point(start);
            create_folder(path.parent().unwrap_or(self.layout.root()))?;
            write_file(&path, &point.to_bytes())?;
        }
        Ok(())
    }

    /// Checks that a dense point goes back to the ticket that is there now.
    pub(super) fn check_dense_point(&self, start: &StartPoint) -> Result<(), StageError> {
        let path = self.files.dense_point(start);
        if start.parts_at.is_none() || !path.exists() {
            return Ok(());
        }
        let (point, _) = self.ticket(&path)?;
        if point.origin.parent != Some(self.round_start(start)?.ticket_hash) {
            let reason = "it was trained from another ticket than is there now".to_owned();
            return Err(LabError::Changed { path, reason }.into());
        }
        Ok(())
    }
}
