//! Training one copy.

use lth_model::{TensorFile, Tensors};
use lth_ticket::{Trained, at_end};

use super::{StabilityTask, StartPoint, order::order_seed, study::Study};
use crate::{
    LabError, RoundRecord, StageError,
    atomic::{create_folder, write_file},
    tasks::{Ended, Found, TaskName},
    work::{End, Start, TrainingWork, Until, read},
};

const INPUTS: &str = "inputs";

/// A trained copy.
pub(super) struct TrainedCopy {
    pub(super) weights: Tensors,
    /// BLAKE3 of its file.
    pub(super) hash: String,
}

impl Study<'_> {
    /// Trains a copy, unless it is trained.
    ///
    /// # Errors
    /// When the training diverges or is refused, the copy that is there was trained from something else, or files cannot be
    /// written.
    pub(super) fn train_copy(&self, point: &StartPoint, copy: u32) -> Result<Ended, StageError> {
        let point = point.owner_of(copy);
        if self.files.copy(&point, copy).exists() {
            self.read_copy(&point, copy)?;
            return Ok(Ended::Skipped(Found::Files));
        }
        let start = self.start(&point)?;
        let inputs = self.copy_inputs(&point, copy, &start.ticket_hash);
        let path = self.files.copy_checkpoint(&point, copy);
        create_folder(path.parent().unwrap_or(self.layout.root()))?;
        if copy == 0 && self.take_from_run(&point, &start, &inputs)? {
            return Ok(Ended::Skipped(Found::Files));
        }
        let data = self.data(point.replicate)?;
        let seed = order_seed(self.experiment.seed(point.replicate), copy);
        let work = TrainingWork {
            task: &TaskName::of(&StabilityTask::Copy { start: point, copy }),
            job: self.bench.unevaluated_job(self.experiment, seed, &data, &start),
            inputs: &inputs,
            checkpoint: Some(&path),
            density: self.bench.architecture.density(&start.masks),
            until: Until::Last,
        };
        let sitting = self.bench.train(work, |end, _| {
            self.write_copy(&point, copy, &start, &inputs, end.weights().clone())?;
            let End::Last(Trained { history, seconds, .. }) = end else { return Ok(None) };
            let error = at_end(history).map(|end| 1.0 - end.test_accuracy);
            let found = error.map_or(Found::Files, Found::TestError);
            Ok(Some(Ended::Finished { found, seconds: *seconds }))
        })?;
        Ok(sitting.into())
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
        file.check_against(self.bench.architecture).map_err(LabError::from)?;
        let ticket_hash = self.round_start(&point)?.ticket_hash;
        if file.metadata.get(INPUTS) != Some(&self.copy_inputs(&point, copy, &ticket_hash)) {
            let reason =
                "it was trained from another ticket, data or architecture than are there now, or in other arithmetic".to_owned();
            return Err(LabError::Changed { path, reason }.into());
        }
        let hash = blake3::hash(&bytes).to_hex().to_string();
        Ok(TrainedCopy { weights: self.bench.architecture.ordered(file.tensors), hash })
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
        if !same_ticket || file.check_against(self.bench.architecture).is_err() {
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
