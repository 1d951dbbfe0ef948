//! Training one copy.

use std::borrow::Cow;

use lth_model::{Recipe, TensorFile, Tensors};
use lth_ticket::{Trained, TrainingData, TrainingJob, at_end};

use super::{StabilityTask, StartPoint, order::order_seed, study::Study};
use crate::{
    LabError, RoundRecord, Stage, StageError, Timing,
    atomic::write_file,
    read_file,
    tasks::{Ended, Found, TaskKey, TaskName},
    work::{End, Start, TrainingWork, Until},
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
        let data = self.data(point.replicate)?;
        let recipe = self.recipe_of(&point);
        let (job, key) = self.copy(&point, copy, &start, &data, &recipe);
        let path = self.files.copy_checkpoint(&point, copy);
        if copy == 0 && self.take_from_run(&point, &start, &key)? {
            return Ok(Ended::Skipped(Found::Files));
        }
        let work = TrainingWork {
            task: &TaskName::of(&StabilityTask::Copy { start: point, copy }),
            job,
            saved: Some((&path, &key)),
            density: self.bench.architecture.density(&start.masks),
            until: Until::Last,
        };
        let sitting = self.bench.train(work, |end, _| {
            let timing = end.timing(self.last_iteration() - start.iteration);
            self.write_copy(&point, copy, &start, &key, (end.weights().clone(), Some(timing)))?;
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
        let bytes = read_file(&path)?;
        let file = TensorFile::from_bytes(&bytes, &path.display().to_string()).map_err(LabError::from)?;
        file.check_against(self.bench.architecture).map_err(LabError::from)?;
        let start = self.start(&point)?;
        let (_, key) =
            self.copy(&point, copy, &start, &*self.data(point.replicate)?, &self.recipe_of(&point));
        if file.metadata.get(INPUTS).map(String::as_str) != Some(key.as_str()) {
            let reason =
                "it was trained from another ticket, data or architecture than are there now, or in other arithmetic".to_owned();
            return Err(LabError::Changed { path, reason }.into());
        }
        let hash = blake3::hash(&bytes).to_hex().to_string();
        Ok(TrainedCopy { weights: self.bench.architecture.ordered(file.tensors), hash })
    }

    /// The recipe by which the run trains a network.
    fn recipe_of(&self, point: &StartPoint) -> Cow<'_, Recipe> {
        let StartPoint { replicate, variant, round, .. } = *point;
        let per_epoch = self.bench.per_epoch(self.experiment);
        self.experiment.recipe_of(Stage { replicate, variant, round }, per_epoch)
    }

    /// The training of a copy.
    fn copy<'a>(
        &'a self,
        point: &StartPoint,
        copy: u32,
        start: &'a Start,
        data: &'a TrainingData,
        recipe: &'a Recipe,
    ) -> (TrainingJob<'a>, TaskKey) {
        let seed = self.experiment.seed(point.replicate);
        let job = self.bench.unevaluated_job(self.experiment, order_seed(seed, copy), data, start);
        let job = TrainingJob { recipe, ..job };
        let key = self.bench.key(self.experiment, seed, start, &job);
        (job, key)
    }

    /// Copy 0 is the run's own training: takes its weights where the run has kept them, and how long it took there.
    fn take_from_run(&self, point: &StartPoint, start: &Start, key: &TaskKey) -> Result<bool, StageError> {
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
        let timing = Timing::read(&self.layout.timing(replicate, variant, round))?;
        self.write_copy(point, 0, start, key, (file.tensors, timing))?;
        Ok(true)
    }

    fn write_copy(
        &self,
        point: &StartPoint,
        copy: u32,
        start: &Start,
        key: &TaskKey,
        (weights, timing): (Tensors, Option<Timing>),
    ) -> Result<(), StageError> {
        let metadata = [
            ("kind", "stability-copy".to_owned()),
            (INPUTS, key.as_str().to_owned()),
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
        if let Some(timing) = timing {
            write_file(&self.files.copy_timing(point, copy), timing.to_json().as_bytes())?;
        }
        Ok(write_file(&self.files.copy(point, copy), &file.to_bytes())?)
    }
}
