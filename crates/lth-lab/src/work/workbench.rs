//! What all work is done with: engine, network, data, folder, cores, observer.

use std::{
    collections::VecDeque,
    path::Path,
    sync::{Arc, Mutex, PoisonError},
};

use lth_data::{Dataset, validation_split};
use lth_model::{Architecture, DataSet, Engine, EngineError, Learns, Seed};
use lth_ticket::{TrainingData, TrainingJob};

use super::{CheckpointEvery, Start};
use crate::{
    Calibration, Experiment, LabError, Layout, Leases, Provenance, Silent, Stop, Store, TaskObserver,
    disk::Writer, tasks::TaskKey,
};

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
    /// How fast this machine is, for estimates; without it they measure.
    pub calibration: Option<&'a Calibration>,
    /// Which process works on which task.
    pub(crate) leases: Arc<Leases>,
    /// Where outputs of tasks lie that other runs have done.
    pub(crate) store: Option<Arc<Store>>,
    pub(crate) examples: Arc<Mutex<Examples>>,
}

/// The data set as the engine holds it, once for all tasks, and the parts of it that were wanted last, by validation size and seed. Parts
/// are large once they are laid out for evaluations, so that a sweep over many seeds cannot keep all of them.
#[derive(Default)]
pub(crate) struct Examples {
    uploaded: Option<[DataSet; 2]>,
    parts: VecDeque<((usize, Seed), Arc<TrainingData>)>,
}

/// How many parts are kept at least: those of a run with so many replicates are made once.
const PARTS: usize = 8;

impl<'a> Workbench<'a> {
    /// Says of this program in a folder that it makes something there: who only looks at what is finished does not.
    ///
    /// # Errors
    /// When that cannot be written.
    pub(crate) fn note_sitting(&self, layout: &Layout, makes_something: bool) -> Result<(), LabError> {
        let Some(provenance) = self.provenance.filter(|_| makes_something) else { return Ok(()) };
        let _writer = Writer::of(self.output)?;
        provenance.add_to(layout)
    }

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
            calibration: None,
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
        let parts = &mut examples.parts;
        let place = parts.iter().position(|(key, _)| *key == (size, seed));
        let known = place.and_then(|place| parts.remove(place)).map(|(_, part)| part);
        let part = known.unwrap_or_else(|| Arc::new(split(self.data, uploaded, size, seed)));
        parts.push_front(((size, seed), part.clone()));
        parts.truncate(PARTS.max(self.jobs + 1));
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

#[cfg(test)]
mod tests {
    use super::*;
    use lth_cpu::CpuEngine;
    use lth_model::{Examples, Normalization, mlp};

    #[test]
    fn of_many_seeds_the_last_parts_of_the_data_are_kept() {
        let examples = |count: usize| Examples {
            bytes: vec![1; 2 * count].into(),
            labels: vec![0; count].into(),
            features: 2,
            normalization: Normalization::UNIT,
        };
        let classes = vec!["0".to_owned(), "1".to_owned()];
        let data = Dataset::new("toy", examples(8), examples(2), vec![2], classes, "test");
        let (engine, architecture) = (CpuEngine::new(), mlp("toy", &[2], &[], 2));
        let bench = Workbench::new(&engine, &architecture, &data, Path::new("x"));
        let experiment = Experiment { validation_size: 2, ..Experiment::new("lenet-300-100", "mnist") };
        let part = |seed| bench.examples(&experiment, Seed(seed)).unwrap();
        let all: Vec<_> = (0..3 * PARTS as u64).map(|seed| Arc::downgrade(&part(seed))).collect();
        let kept = all.iter().filter_map(std::sync::Weak::upgrade).count();
        assert_eq!(kept, PARTS);
        let last = all.last().unwrap().upgrade().unwrap();
        assert!(Arc::ptr_eq(&last, &part(all.len() as u64 - 1)));
        // What is wanted again and again is not the one that goes.
        (100..120).for_each(|seed| drop((part(seed), part(0))));
        let first = part(0);
        part(200);
        assert!(Arc::ptr_eq(&first, &part(0)));
    }
}
