//! Training one copy.

use std::time::Instant;

use lth_model::{Learns, TensorFile, Tensors};
use lth_ticket::{Outcome, Trained, TrainingError, TrainingJob, at_end, train};

use super::{
    StabilityTask, StartPoint,
    order::order_seed,
    study::{Start, Study, read},
    watch::{CopyWatch, Reporter},
};
use crate::{
    LabError, RoundRecord, StageError, Timestamps,
    atomic::{create_folder, remove_file, write_file},
    disk::{read_checkpoint, write_checkpoint},
};

const INPUTS: &str = "inputs";

/// How a task ended without failing.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Ended {
    /// Its files are written now.
    Finished {
        /// What came out, as [`super::StabilityEvent::Finished`] tells it.
        result: Option<f64>,
        /// How long it took.
        seconds: f64,
    },
    /// Its files were there.
    Skipped,
    /// It was stopped.
    Stopped,
}

/// A trained copy.
pub(super) struct TrainedCopy {
    pub(super) weights: Tensors,
    /// BLAKE3 of its file.
    pub(super) hash: String,
}

impl Study<'_> {
    /// A training from a start under the noise of the run, all but its seed.
    pub(super) fn job<'a>(&'a self, point: &StartPoint, start: &'a Start) -> TrainingJob<'a> {
        TrainingJob {
            architecture: self.context.architecture,
            recipe: &self.experiment.recipe,
            learns: Learns::Weights,
            data: self.data(point.replicate),
            weights: &start.weights,
            masks: &start.masks,
            mask_updates: None,
            pruned: start.pruned,
            seed: self.experiment.seed(point.replicate),
            start: start.iteration,
            order: self.experiment.order,
            optimizer: start.optimizer.as_ref(),
            // Only the end counts, and an evaluation on the way changes no bit.
            evaluate_every: u64::MAX,
            snapshots: Vec::new(),
        }
    }

    /// Trains a copy, unless it is trained.
    ///
    /// # Errors
    /// When the training diverges or is refused, the copy that is there was trained from something else, or files cannot be
    /// written.
    pub(super) fn train_copy(
        &self,
        point: &StartPoint,
        copy: u32,
        waiting: f64,
    ) -> Result<Ended, StageError> {
        let point = point.owner_of(copy);
        if self.files.copy(&point, copy).exists() {
            self.read_copy(&point, copy)?;
            return Ok(Ended::Skipped);
        }
        let start = self.start(&point)?;
        let inputs = self.copy_inputs(&point, copy, &start.ticket_hash);
        let path = self.files.copy_checkpoint(&point, copy);
        create_folder(path.parent().unwrap_or(self.layout.root()))?;
        if copy == 0 && self.take_from_run(&point, &start, &inputs)? {
            return Ok(Ended::Skipped);
        }
        let resume = read_checkpoint(&path, &inputs)?.map(|checkpoint| checkpoint.training);
        let task = StabilityTask::Copy { start: point, copy };
        let first = resume.as_ref().map_or(start.iteration, |checkpoint| checkpoint.iteration);
        let mut watch = CopyWatch {
            reporter: Reporter::new(task, self.context.observer, waiting, first),
            stop: &self.context.stop,
            every: self.context.checkpoint_every,
            checkpoint_path: &path,
            inputs: &inputs,
            start: start.iteration,
            until: None,
            saved: Instant::now(),
            failed: None,
        };
        let seed = order_seed(self.experiment.seed(point.replicate), copy);
        let job = TrainingJob { seed, ..self.job(&point, &start) };
        match train(self.context.engine, &job, resume, &mut watch) {
            Ok(Outcome::Finished(Trained { weights, history, .. })) => {
                self.write_copy(&point, copy, &start, &inputs, weights)?;
                remove_file(&path)?;
                let result = at_end(&history).map(|end| 1.0 - end.test_accuracy);
                Ok(Ended::Finished { result, seconds: watch.reporter.seconds() })
            }
            Ok(Outcome::Stopped(checkpoint)) => {
                write_checkpoint(&path, &inputs, &checkpoint, &Timestamps::default())?;
                Ok(Ended::Stopped)
            }
            Ok(Outcome::Diverged { iteration }) => Err(StageError::Diverged { iteration }),
            Err(TrainingError::Checkpoint { .. }) if watch.failed.is_some() => {
                Err(watch.failed.take().expect("it was just seen").into())
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Reads a trained copy.
    ///
    /// # Errors
    /// When it cannot be read, or was trained from something else than is there now.
    pub(super) fn read_copy(&self, point: &StartPoint, copy: u32) -> Result<TrainedCopy, StageError> {
        let point = point.owner_of(copy);
        let path = self.files.copy(&point, copy);
        let bytes = read(&path)?;
        let file = TensorFile::from_bytes(&bytes, &path.display().to_string()).map_err(LabError::from)?;
        file.check_against(self.context.architecture).map_err(LabError::from)?;
        let ticket_hash = self.round_start(&point)?.ticket_hash;
        if file.metadata.get(INPUTS) != Some(&self.copy_inputs(&point, copy, &ticket_hash)) {
            let reason =
                "it was trained from another ticket, data or architecture than are there now, or in other arithmetic".to_owned();
            return Err(LabError::Changed { path, reason }.into());
        }
        let hash = blake3::hash(&bytes).to_hex().to_string();
        Ok(TrainedCopy { weights: self.context.architecture.ordered(file.tensors), hash })
    }

    /// The hash of everything that decides the bits of a copy.
    fn copy_inputs(&self, point: &StartPoint, copy: u32, ticket_hash: &str) -> String {
        let seed = order_seed(self.experiment.seed(point.replicate), copy);
        self.inputs(point, ticket_hash, &format!("parts={:?}\norder={seed}", point.parts_at))
    }

    /// Copy 0 is the run's own training: takes its weights where the run has kept them.
    fn take_from_run(&self, point: &StartPoint, start: &Start, inputs: &str) -> Result<bool, StageError> {
        let StartPoint { replicate, variant, round, .. } = *point;
        let path = self.layout.trained(replicate, variant, round);
        if !path.exists() || RoundRecord::read(&self.layout.record(replicate, variant, round))?.is_none() {
            return Ok(false);
        }
        let file = TensorFile::read(&path).map_err(LabError::from)?;
        let same_ticket = file.metadata.get("ticket") == Some(&start.ticket_hash);
        if !same_ticket || file.check_against(self.context.architecture).is_err() {
            return Ok(false);
        }
        self.write_copy(point, 0, start, inputs, file.tensors)?;
        Ok(true)
    }

    fn write_copy(
        &self,
        point: &StartPoint,
        copy: u32,
        start: &Start,
        inputs: &str,
        weights: Tensors,
    ) -> Result<(), StageError> {
        let metadata = [
            ("kind", "stability-copy".to_owned()),
            (INPUTS, inputs.to_owned()),
            ("model", self.experiment.model.clone()),
            ("data", self.experiment.view.name_of(&self.experiment.dataset)),
            ("variant", point.variant.to_string()),
            ("round", point.round.to_string()),
            ("start", start.iteration.to_string()),
            ("copy", copy.to_string()),
            ("order-seed", order_seed(self.experiment.seed(point.replicate), copy).to_string()),
            ("ticket", start.ticket_hash.clone()),
        ];
        let file = TensorFile {
            tensors: weights,
            masks: start.masks.clone(),
            metadata: metadata.map(|(key, value)| (key.to_owned(), value)).into(),
        };
        Ok(write_file(&self.files.copy(point, copy), &file.to_bytes())?)
    }
}
