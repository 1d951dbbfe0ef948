//! Accuracies of one masked network after the other.

use lth_model::{EvaluationSet, Masks, Normalizing, OneNetwork, Program, Seed, Start, Tensors};
use lth_ticket::{EvaluationSets, TrainingData};

use super::learn::normalizing;
use crate::{Experiment, StageError, Stop, Workbench};

/// Evaluates networks of one architecture on the validation and the test set of a replicate.
pub(super) struct Evaluator {
    network: OneNetwork,
    sets: [Option<EvaluationSet>; 2],
    seed: Seed,
    /// What running statistics are estimated on for each network; `None` without batch normalisation.
    normalizing: Option<Normalizing>,
}

impl Evaluator {
    /// # Errors
    /// When the engine refuses the network or the examples.
    pub(super) fn new(
        bench: &Workbench<'_>,
        experiment: &Experiment,
        data: &TrainingData,
        weights: &Tensors,
        seed: Seed,
    ) -> Result<Self, StageError> {
        let architecture = bench.architecture;
        let EvaluationSets { validation, test, .. } = data.evaluation_sets(bench.engine)?;
        let sets = [validation.clone(), Some(test.clone())];
        let has_norms = !architecture.running_statistics().is_empty();
        let normalizing = has_norms.then(|| normalizing(data));
        let program = Program::evaluation(architecture, experiment.recipe.batch_size);
        let masks = Masks::new();
        let start = Start::new(weights, &masks, seed);
        let network = OneNetwork::new(bench.engine, &program, &start)?;
        Ok(Self { network, sets, seed, normalizing })
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
        self.network.write(&Start::new(weights, masks, self.seed))?;
        let stop = || stop.is_set();
        if let Some(Normalizing { data, indices, batch_size }) = &self.normalizing {
            let done = self.network.reestimate_batch_norm(data, indices, *batch_size, &stop);
            if !done? {
                return Ok(None);
            }
        }
        let mut accuracies = [None; 2];
        for (set, accuracy) in self.sets.iter().zip(&mut accuracies) {
            let Some(set) = set else { continue };
            let Some(evaluation) = self.network.evaluate_unless(set, &stop)? else {
                return Ok(None);
            };
            *accuracy = Some(evaluation.accuracy());
        }
        Ok(Some(accuracies))
    }
}
