//! What a run is done with: engine, data, folder, cores, observers.

use std::path::Path;

use lth_data::{Dataset, validation_split};
use lth_model::{Architecture, DataSet, Engine, EngineError, Seed};
use lth_ticket::TrainingData;

use crate::{CheckpointEvery, Provenance, RunObserver, Stop};

/// A data set as an engine holds it, once for all replicates.
pub(crate) struct Uploaded<'a> {
    data: &'a Dataset,
    train: DataSet,
    test: DataSet,
}

impl<'a> Uploaded<'a> {
    /// # Errors
    /// When the engine has no memory for it.
    pub(crate) fn new(engine: &dyn Engine, data: &'a Dataset) -> Result<Self, EngineError> {
        Ok(Self { data, train: engine.upload(&data.train)?, test: engine.upload(&data.test)? })
    }

    /// Where examples are only looked at.
    pub(crate) fn on_host(data: &'a Dataset) -> Self {
        Self { data, train: DataSet::on_host(&data.train), test: DataSet::on_host(&data.test) }
    }

    /// The examples of a replicate: a random `validation_size` of the training set is held out, chosen by the seed; both parts
    /// are in stored order. A validation set of the data set's own is taken as it is. A size that the data cannot give holds out
    /// nothing; [`crate::Experiment::check`] refuses it before.
    pub(crate) fn split(&self, validation_size: usize, seed: Seed) -> TrainingData {
        let Self { data, train, test } = self;
        let all = || ((0..train.len() as u32).collect(), Vec::new());
        let (train_indices, validation) = if data.validation > 0 {
            let own = data.training_examples() as u32;
            ((0..own).collect(), (own..train.len() as u32).collect())
        } else {
            validation_split(train.len(), validation_size, seed).unwrap_or_else(|_| all())
        };
        let test_indices = (0..test.len() as u32).collect();
        TrainingData::new((train.clone(), train_indices, validation), (test.clone(), test_indices))
    }
}

/// What a run is done with. Nothing of it changes a bit of the results but the data, the architecture and the engine.
pub struct RunContext<'a> {
    /// Trains.
    pub engine: &'a dyn Engine,
    /// The network.
    pub architecture: &'a Architecture,
    /// The data set.
    pub data: &'a Dataset,
    /// The folder in which run folders lie, for example `runs`.
    pub output: &'a Path,
    /// How many trainings run side by side, each on a core.
    pub jobs: usize,
    /// The wish to stop.
    pub stop: Stop,
    /// Watches the run.
    pub observer: &'a dyn RunObserver,
    /// How often unfinished trainings are saved.
    pub checkpoint_every: CheckpointEvery,
    /// What is said of this program in the folders that it makes; nothing without it.
    pub provenance: Option<&'a Provenance>,
}
