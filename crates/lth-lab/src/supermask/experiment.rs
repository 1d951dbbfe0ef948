//! Everything that decides what a learned supermask is.

use lth_model::{Architecture, Engine, EngineError, Program};
use lth_ticket::SupermaskSettings;

use crate::{Experiment, Keep, LabError};

/// Iterations between evaluations: each evaluates several masks.
const EVALUATE_EVERY: u64 = 1_000;

/// Everything resolved of one `lth supermask learn`.
///
/// ```
/// use lth_lab::SupermaskExperiment;
/// use lth_ticket::{FrozenWeights, SupermaskMethod, SupermaskSettings};
/// let settings = SupermaskSettings {
///     method: SupermaskMethod::BERNOULLI,
///     dynamic_rescaling: true,
///     weights: FrozenWeights::SignedConstant,
/// };
/// let learning = SupermaskExperiment::new("lenet-300-100", "mnist", settings);
/// assert_eq!(learning.experiment.recipe.learning_rate, 100.0);
/// assert!(learning.folder_name().starts_with("supermask-lenet-300-100-mnist-"));
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct SupermaskExperiment {
    /// Model, data, recipe of the scores, initialisation, seed, validation and evaluations; nothing else of it counts.
    pub experiment: Experiment,
    /// How the mask is learned.
    pub settings: SupermaskSettings,
}

impl SupermaskExperiment {
    /// The papers' recipe for a method on a model and a data set ([`lth_ticket::SupermaskMethod::recipe`]).
    pub fn new(model: &str, dataset: &str, settings: SupermaskSettings) -> Self {
        let experiment = Experiment::new(model, dataset);
        let recipe = settings.method.recipe(&experiment.recipe);
        Self { experiment: Experiment { recipe, evaluate_every: EVALUATE_EVERY, ..experiment }, settings }
    }

    /// The experiment under which the folder is kept: it says in `start` how the mask is learned.
    #[must_use]
    pub fn resolved(&self) -> Experiment {
        Experiment {
            start: Some(format!("supermask: {}", self.settings)),
            rounds: 1,
            replicates: 1,
            controls: Vec::new(),
            keep: Keep::Tickets,
            ..self.experiment.clone()
        }
    }

    /// The name of the folder: `supermask-<model>-<dataset>-<hash>`.
    pub fn folder_name(&self) -> String {
        format!("supermask-{}", self.resolved().folder_name())
    }

    /// Finds settings that make no sense before anything is learned.
    ///
    /// # Errors
    /// For the first of them.
    pub fn check(&self) -> Result<(), LabError> {
        self.settings.check(&self.experiment.recipe).map_err(LabError::Recipe)
    }

    /// Whether an engine can learn masks of this network.
    ///
    /// # Errors
    /// Names what it lacks.
    pub fn check_engine(&self, engine: &dyn Engine, network: &Architecture) -> Result<(), EngineError> {
        let training = Program::training(network, &self.experiment.recipe);
        engine.supports(&Program { learns: self.settings.learns(None), ..training })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lth_ticket::{FrozenWeights, SupermaskMethod};

    #[test]
    fn every_setting_has_a_folder_of_its_own() {
        let base = SupermaskSettings {
            method: SupermaskMethod::BERNOULLI,
            dynamic_rescaling: false,
            weights: FrozenWeights::Initial,
        };
        let density = lth_model::Density::new(0.5).unwrap();
        let all = [
            base,
            SupermaskSettings { dynamic_rescaling: true, ..base },
            SupermaskSettings { weights: FrozenWeights::SignedConstant, ..base },
            SupermaskSettings {
                method: SupermaskMethod::Bernoulli { sigmoid_bias: 1.0, samples: 10 },
                ..base
            },
            SupermaskSettings {
                method: SupermaskMethod::Bernoulli { sigmoid_bias: 0.0, samples: 5 },
                ..base
            },
            SupermaskSettings { method: SupermaskMethod::EdgePopup { density }, ..base },
        ];
        let mut names: Vec<String> = all
            .into_iter()
            .map(|settings| SupermaskExperiment::new("lenet-300-100", "mnist", settings).folder_name())
            .collect();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), all.len());
    }

    #[test]
    fn names_are_frozen() {
        let settings = SupermaskSettings {
            method: SupermaskMethod::BERNOULLI,
            dynamic_rescaling: false,
            weights: FrozenWeights::Initial,
        };
        let learning = SupermaskExperiment::new("lenet-300-100", "mnist", settings);
        assert_eq!(
            learning.resolved().start.unwrap(),
            "supermask: bernoulli, scores from 0, 10 samples, initial weights"
        );
        assert_eq!(learning.folder_name(), "supermask-lenet-300-100-mnist-e5fc618d");
    }
}
