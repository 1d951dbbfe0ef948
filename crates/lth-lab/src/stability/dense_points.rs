//! The dense network at the iterations at which its copies part: one training under the replicate's own noise.

use std::collections::BTreeMap;

use lth_model::{Masks, Step, TrainerState};
use lth_ticket::{Ticket, TicketOrigin, TrainingJob};

use super::{StabilityTask, StartPoint, study::Study};
use crate::{
    LabError, StageError, Variant,
    atomic::{create_folder, write_file},
    tasks::{Ended, Found, TaskName},
    work::{End, Start, TrainingWork, Until},
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
    ) -> Result<Ended, StageError> {
        let missing: Vec<(u64, StartPoint)> = starts
            .iter()
            .filter(|start| start.replicate == replicate && !self.files.dense_point(start).exists())
            .filter_map(|start| Some((start.parts_at?, *start)))
            .collect();
        let Some(until) = missing.iter().map(|&(iteration, _)| iteration).max() else {
            return Ok(Ended::Skipped(Found::Files));
        };
        let dense = StartPoint::of_round(replicate, Variant::Ticket, 0);
        let start = self.round_start(&dense)?;
        let points: Vec<u64> = missing.iter().map(|&(iteration, _)| iteration).collect();
        let data = self.data(replicate)?;
        let seed = self.experiment.seed(replicate);
        let job = TrainingJob {
            snapshots: points,
            ..self.bench.unevaluated_job(self.experiment, seed, &data, &start)
        };
        let key = self.bench.key(self.experiment, seed, &start, &job).keeping(&job.snapshots);
        let path = self.files.dense_checkpoint(replicate, &key.as_str()[..8]);
        create_folder(path.parent().unwrap_or(self.layout.root()))?;
        let work = TrainingWork {
            task: &TaskName::of(&StabilityTask::Dense { replicate }),
            job,
            saved: Some((&path, &key)),
            density: self.bench.architecture.density(&start.masks),
            until: Until::Iteration(until),
        };
        let sitting = self.bench.train(work, |end, _| {
            // Points lie before the end.
            let End::Before(checkpoint) = end else { return Ok(None) };
            self.write_points(&missing, &start, &checkpoint.snapshots)?;
            if let Some((iteration, last)) = missing.iter().max_by_key(|(iteration, _)| iteration) {
                let timing = end.timing(iteration - start.iteration);
                write_file(&self.files.dense_timing(last), timing.to_json().as_bytes())?;
            }
            Ok(Some(Ended::Finished { found: Found::Files, seconds: checkpoint.seconds }))
        })?;
        Ok(sitting.into())
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
            let mut point = Ticket::new(self.bench.architecture, origin, state.weights.clone(), masks)?;
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
        let point = Ticket::read(&path)?;
        if point.origin.parent != Some(self.round_start(start)?.ticket_hash) {
            let reason = "it was trained from another ticket than is there now".to_owned();
            return Err(LabError::Changed { path, reason }.into());
        }
        Ok(())
    }
}
