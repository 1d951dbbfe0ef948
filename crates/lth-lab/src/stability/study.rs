//! What all parts of a study share: the run, its data, and the networks that copies start from.

use std::sync::Arc;

use lth_ticket::TrainingData;

use super::{
    BatchNormStatistics, StabilitySettings, StartPoint, files::StabilityFiles, order::some_examples,
};
use crate::{Experiment, LabError, Layout, StageError, Workbench, work::Start};

/// A study of a run's stability.
pub(super) struct Study<'a> {
    pub(super) settings: &'a StabilitySettings,
    pub(super) experiment: &'a Experiment,
    pub(super) bench: &'a Workbench<'a>,
    pub(super) layout: &'a Layout,
    pub(super) files: StabilityFiles,
}

impl<'a> Study<'a> {
    pub(super) fn new(
        settings: &'a StabilitySettings,
        experiment: &'a Experiment,
        layout: &'a Layout,
        bench: &'a Workbench<'a>,
    ) -> Self {
        let files = StabilityFiles::new(layout, &settings.folder_name());
        Self { settings, experiment, bench, layout, files }
    }

    /// The examples of a replicate of the settings: those of the run itself, held-out ones too.
    ///
    /// # Errors
    /// When the engine cannot hold the data.
    pub(super) fn data(&self, replicate: u32) -> Result<Arc<TrainingData>, LabError> {
        Ok(self.bench.examples(self.experiment, self.experiment.seed(replicate))?)
    }

    /// The training examples that the training error is measured on.
    ///
    /// # Errors
    /// As [`Study::data`].
    pub(super) fn measured_examples(&self, replicate: u32) -> Result<Vec<u32>, LabError> {
        let train = &self.data(replicate)?.train_indices;
        Ok(some_examples(train, self.settings.train_examples, self.experiment.seed(replicate)))
    }

    /// Examples that go through the network for one line between two copies.
    ///
    /// # Errors
    /// As [`Study::data`].
    pub(super) fn line_examples(&self, start: &StartPoint) -> Result<u64, LabError> {
        let measured = self.measured_examples(start.replicate)?.len();
        let normalizes = self.settings.batch_norm == BatchNormStatistics::Reestimated
            && !self.bench.architecture.running_statistics().is_empty();
        let train = if normalizes { 2 * measured } else { measured };
        Ok((self.settings.points * (train + self.bench.data.test.len())) as u64)
    }

    /// The last iteration of trainings.
    pub(super) fn last_iteration(&self) -> u64 {
        self.experiment.recipe.length.iterations(self.bench.per_epoch(self.experiment))
    }

    /// The ticket of a start's round; its file is that of the run.
    ///
    /// # Errors
    /// When it cannot be read or is of another network.
    pub(super) fn round_start(&self, start: &StartPoint) -> Result<Start, StageError> {
        let path = self.layout.ticket(start.replicate, start.variant, start.round);
        self.experiment.there(self.layout, &path)?;
        Start::read(&path, self.bench.architecture)
    }

    /// What tickets of the run are rewound to, where that is later than initialisation.
    ///
    /// # Errors
    /// As [`Study::round_start`].
    pub(super) fn rewind_point(&self, replicate: u32) -> Result<Start, StageError> {
        let path = self.layout.rewind(replicate);
        self.experiment.there(self.layout, &path)?;
        Start::read(&path, self.bench.architecture)
    }

    /// What the copies of a start begin with; a dense point must have been reached before.
    ///
    /// # Errors
    /// As [`Study::round_start`].
    pub(super) fn start(&self, start: &StartPoint) -> Result<Start, StageError> {
        let round = self.round_start(start)?;
        let Some(iteration) = start.parts_at else { return Ok(round) };
        let point = Start::read(&self.files.dense_point(start), self.bench.architecture)?;
        Ok(Start { weights: point.weights, optimizer: point.optimizer, iteration, ..round })
    }
}
