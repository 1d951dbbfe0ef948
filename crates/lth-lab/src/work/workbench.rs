//! What all work is done with: engine, network, data, folder, cores, observer.

use std::{
    collections::BTreeMap,
    path::Path,
    sync::{Arc, Mutex, PoisonError, Weak},
};

use lth_data::{Dataset, validation_split};
use lth_model::{Architecture, DataSet, Engine, EngineError, Learns, Seed};
use lth_ticket::{TrainingData, TrainingJob};

use super::{CheckpointEvery, Start};
use crate::{Experiment, Leases, Provenance, Silent, Stop, Store, TaskObserver, tasks::TaskKey};

/// What work is done with. Nothing of it changes a bit of the results but the data, the architecture and the engine.
#[derive(Clone)]
pub struct Workbench<'a> {
    /// Trains and evaluates.
    pub engine: &'a dyn Engine,
    /// The network.
    pub architecture: &'a Architecture,
    /// The data set.
    pub data: &'a Dataset,
    /// The folder in which run folders lie, for example `runs`.
    pub output: &'a Path,
    /// How many tasks go on side by side, each on a core.
    pub jobs: usize,
    /// The wish to stop.
    pub stop: Stop,
    /// Watches the tasks.
    pub observer: &'a dyn TaskObserver,
    /// How often unfinished trainings are saved.
    pub checkpoint_every: CheckpointEvery,
    /// What is said of this program in the folders that it makes; nothing without it.
    pub provenance: Option<&'a Provenance>,
    /// Which process works on which task.
    pub(crate) leases: Arc<Leases>,
    /// Where outputs of tasks lie that other runs have done.
    pub(crate) store: Option<Arc<Store>>,
    pub(crate) examples: Arc<Mutex<Examples>>,
}

/// The data set as the engine holds it, once for all tasks, and the parts of it that are in use, by validation size and seed. Parts
/// are large once they are laid out for evaluations, so that nobody keeps them here.
#[derive(Default)]
pub(crate) struct Examples {
    uploaded: Option<[DataSet; 2]>,
    splits: BTreeMap<(usize, Seed), Weak<TrainingData>>,
}

/// Parts of a data set that are wanted again and again.
#[derive(Default)]
pub(crate) struct KeptExamples(Mutex<BTreeMap<Seed, Arc<TrainingData>>>);

impl KeptExamples {
    /// As [`Workbench::examples`], kept as long as this is.
    ///
    /// # Errors
    /// As there.
    pub(crate) fn of(
        &self,
        bench: &Workbench<'_>,
        experiment: &Experiment,
        seed: Seed,
    ) -> Result<Arc<TrainingData>, EngineError> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(examples) = kept.get(&seed) {
            return Ok(examples.clone());
        }
        let examples = bench.examples(experiment, seed)?;
        kept.insert(seed, examples.clone());
        Ok(examples)
    }
}

impl<'a> Workbench<'a> {
    /// One task at a time, unwatched.
    pub fn new(
        engine: &'a dyn Engine,
        architecture: &'a Architecture,
        data: &'a Dataset,
        output: &'a Path,
    ) -> Self {
        Self {
            engine,
            architecture,
            data,
            output,
            jobs: 1,
            stop: Stop::default(),
            observer: &Silent,
            checkpoint_every: CheckpointEvery::default(),
            provenance: None,
            leases: Arc::new(Leases::of(output)),
            store: Some(Arc::new(Store::of(output))),
            examples: Arc::default(),
        }
    }

    /// The examples that an experiment trains with under a seed, held-out ones too.
    ///
    /// # Errors
    /// When the engine has no memory for the data set.
    pub(crate) fn examples(
        &self,
        experiment: &Experiment,
        seed: Seed,
    ) -> Result<Arc<TrainingData>, EngineError> {
        let mut examples = self.examples.lock().unwrap_or_else(PoisonError::into_inner);
        let uploaded = match &examples.uploaded {
            Some(uploaded) => uploaded.clone(),
            None => [self.engine.upload(&self.data.train)?, self.engine.upload(&self.data.test)?],
        };
        examples.uploaded = Some(uploaded.clone());
        let size = experiment.validation_size;
        let in_use = examples.splits.entry((size, seed)).or_default();
        if let Some(part) = in_use.upgrade() {
            return Ok(part);
        }
        let part = Arc::new(split(self.data, uploaded, size, seed));
        *in_use = Arc::downgrade(&part);
        Ok(part)
    }

    /// Iterations an epoch in trainings by an experiment's recipe.
    pub(crate) fn per_epoch(&self, experiment: &Experiment) -> u64 {
        iterations_per_epoch(experiment, self.data.train.len())
    }

    /// A training by the recipe of an experiment. Of what it leaves at the usual, a caller changes what it wants otherwise.
    pub(crate) fn job<'b>(
        &'b self,
        experiment: &'b Experiment,
        seed: Seed,
        data: &'b TrainingData,
        start: &'b Start,
    ) -> TrainingJob<'b> {
        TrainingJob {
            architecture: self.architecture,
            recipe: &experiment.recipe,
            learns: Learns::Weights,
            data,
            weights: &start.weights,
            masks: &start.masks,
            mask_updates: None,
            pruned: start.pruned,
            seed,
            start: start.iteration,
            order: experiment.order,
            optimizer: start.optimizer.as_ref(),
            evaluate_every: experiment.evaluate_every,
            snapshots: Vec::new(),
        }
    }

    /// What decides the bits of a training whose held-out examples an experiment and this seed choose.
    pub(crate) fn key(
        &self,
        experiment: &Experiment,
        seed: Seed,
        start: &Start,
        job: &TrainingJob<'_>,
    ) -> TaskKey {
        TaskKey::of_training(self, (experiment.validation_size, seed), start, job)
    }

    /// The same where only the weights count: without evaluations on the way, which change no bit of them.
    pub(crate) fn unevaluated_job<'b>(
        &'b self,
        experiment: &'b Experiment,
        seed: Seed,
        data: &'b TrainingData,
        start: &'b Start,
    ) -> TrainingJob<'b> {
        TrainingJob { evaluate_every: u64::MAX, ..self.job(experiment, seed, data, start) }
    }
}

/// Iterations an epoch when an experiment trains on a data set of so many training examples, held-out ones included.
pub fn iterations_per_epoch(experiment: &Experiment, training_examples: usize) -> u64 {
    let examples = training_examples.saturating_sub(experiment.validation_size);
    examples.div_ceil(experiment.recipe.batch_size.max(1)) as u64
}

/// The examples of a replicate, to look at them.
pub(crate) fn split_on_host(data: &Dataset, validation_size: usize, seed: Seed) -> TrainingData {
    split(data, [&data.train, &data.test].map(DataSet::on_host), validation_size, seed)
}

/// The examples of a replicate: a random `validation_size` of the training set is held out, chosen by the seed; both parts
/// are in stored order. A validation set of the data set's own is taken as it is. A size that the data cannot give holds out
/// nothing; [`Experiment::check`] refuses it before.
fn split(data: &Dataset, [train, test]: [DataSet; 2], validation_size: usize, seed: Seed) -> TrainingData {
    let all = || ((0..train.len() as u32).collect(), Vec::new());
    let (train_indices, validation) = if data.validation > 0 {
        let own = data.training_examples() as u32;
        ((0..own).collect(), (own..train.len() as u32).collect())
    } else {
        validation_split(train.len(), validation_size, seed).unwrap_or_else(|_| all())
    };
    let test_indices = (0..test.len() as u32).collect();
    TrainingData::new((train, train_indices, validation), (test, test_indices))
}
