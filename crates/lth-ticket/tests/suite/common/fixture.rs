//! A small training, and its end.

use lth_model::{
    Architecture, Augmentation, BiasInit, DataSet, InitScheme, Learns, Mask, Masks, Optimizer, Pruned,
    Purpose, Recipe, Schedule, Seed, Step, Tensors, initialize,
};
use lth_ticket::{
    DataOrder, Outcome, Trained, TrainingCheckpoint, TrainingData, TrainingJob, Unobserved, train,
};

use super::{CLASSES, FEATURES, ReferenceEngine, architecture, examples};

/// 23 training examples in batches of 5: epochs of 5 iterations, the last batch of 3; 4 epochs.
pub(crate) struct Fixture {
    pub(crate) architecture: Architecture,
    pub(crate) recipe: Recipe,
    pub(crate) data: TrainingData,
    pub(crate) weights: Tensors,
    pub(crate) masks: Masks,
}

pub(crate) const LAST: u64 = 20;

impl Fixture {
    pub(crate) fn new() -> Self {
        Self::of(architecture())
    }

    pub(crate) fn of(architecture: Architecture) -> Self {
        let recipe = Recipe::new(
            Optimizer::Sgd { momentum: 0.9, nesterov: false, weight_decay: 0.0 },
            0.3,
            5,
            Step::from_epochs(4),
        );
        let [train, test] = [examples(30, 1), examples(11, 2)].map(|examples| DataSet::on_host(&examples));
        let training = (train, (7..30).collect(), (0..7).collect());
        let data = TrainingData::new(training, (test, (0..11).collect()));
        let weights = initialize(&architecture, recipe.init, recipe.bias_init, Seed(3), Purpose::Init, 0);
        let kept = (0..FEATURES * CLASSES).map(|index| index % 3 != 1);
        let masks = Masks::from([("fc1.weight".to_owned(), Mask::from_flags(vec![CLASSES, FEATURES], kept))]);
        Self { architecture, recipe, data, weights, masks }
    }

    pub(crate) fn job(&self) -> TrainingJob<'_> {
        TrainingJob {
            pruned: Pruned::Zero,
            mask_updates: None,
            architecture: &self.architecture,
            recipe: &self.recipe,
            learns: Learns::Weights,
            data: &self.data,
            weights: &self.weights,
            masks: &self.masks,
            seed: Seed(3),
            start: 0,
            order: DataOrder::Shuffled,
            optimizer: None,
            evaluate_every: 6,
            snapshots: vec![0, 7, LAST],
        }
    }
}

pub(crate) fn finish(job: &TrainingJob<'_>, resume: Option<TrainingCheckpoint>) -> Trained {
    match train(&ReferenceEngine, job, resume, &mut Unobserved).unwrap() {
        Outcome::Finished(trained) => Trained { seconds: 0.0, cpu_seconds: None, ..trained },
        other => panic!("{other:?}"),
    }
}
