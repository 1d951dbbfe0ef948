//! Accuracies of one masked network after the other.

use lth_model::{EngineError, Masks, Seed, Tensors, Trainer};
use lth_ticket::{Normalizing, TrainingData};

use super::{heuristic::HeuristicContext, learn::normalizing};
use crate::{Experiment, LabError, StageError, Stop};

/// Evaluates networks of one architecture on the validation and the test set of a replicate.
pub(super) struct Evaluator {
    trainer: Box<dyn Trainer>,
    sets: [Option<usize>; 2],
    /// What running statistics are estimated on for each network; `None` without batch normalisation.
    normalizing: Option<Normalizing>,
}

impl Evaluator {
    /// # Errors
    /// When the engine refuses the network or the examples.
    pub(super) fn new(
        context: &HeuristicContext<'_>,
        experiment: &Experiment,
        data: &TrainingData,
        weights: &Tensors,
        seed: Seed,
    ) -> Result<Self, StageError> {
        let network = context.architecture;
        let trainer = context.engine.trainer(network, &experiment.recipe, weights, &Masks::new(), seed);
        let mut trainer = trainer.map_err(refused)?;
        let validation = if data.validation.is_empty() {
            None
        } else {
            Some(trainer.add_evaluation_set(&data.train, &data.validation).map_err(refused)?)
        };
        let test = trainer.add_evaluation_set(&data.test, &data.test_indices).map_err(refused)?;
        let has_norms = !network.running_statistics().is_empty();
        let normalizing = has_norms.then(|| normalizing(data));
        Ok(Self { trainer, sets: [validation, Some(test)], normalizing })
    }

    /// Accuracy on the validation and on the test set, `None` for a set that there is not; nothing when it was stopped.
    ///
    /// # Errors
    /// When the engine refuses the network.
    pub(super) fn accuracies(
        &mut self,
        weights: &Tensors,
        masks: &Masks,
        stop: &Stop,
    ) -> Result<Option<[Option<f64>; 2]>, StageError> {
        self.trainer.load(weights, masks, None).map_err(refused)?;
        if let Some(Normalizing { examples, indices, batch_size }) = &self.normalizing {
            let stop = || stop.is_set();
            let done = self.trainer.reestimate_batch_norm_unless(examples, indices, *batch_size, &stop);
            if !done.map_err(refused)? {
                return Ok(None);
            }
        }
        let mut accuracies = [None; 2];
        for (set, accuracy) in self.sets.into_iter().zip(&mut accuracies) {
            let Some(set) = set else { continue };
            let Some(evaluation) = self.trainer.evaluate_unless(set, &|| stop.is_set()) else {
                return Ok(None);
            };
            *accuracy = Some(evaluation.accuracy());
        }
        Ok(Some(accuracies))
    }
}

fn refused(error: EngineError) -> StageError {
    StageError::Lab(LabError::Engine(error))
}
