//! Why pruning before training is refused.

use lth_model::{EngineError, Hint};
use thiserror::Error;

use crate::PruningError;

/// Why a network cannot be pruned before training.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum BeforeTrainingError {
    /// What the engine refuses, or weights and masks that do not fit the architecture.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// Rates, layers or densities that cannot be.
    #[error(transparent)]
    Pruning(#[from] PruningError),
    /// No example to take a gradient over.
    #[error("there are no examples to score with: {per_class} of each class were asked for")]
    NoExamples {
        /// How many of each class were asked for.
        per_class: usize,
    },
    /// A training example that does not exist, or is of no class.
    #[error("training example {index} is not usable: its label is {}, there are {classes} classes", label_text(*.label))]
    Example {
        /// Its index.
        index: u32,
        /// Its label, if it exists.
        label: Option<u16>,
        /// Classes that the network tells apart.
        classes: usize,
    },
    /// A score that is infinite or not a number.
    #[error("the {method} score of weight {index} of '{name}' is not finite")]
    NotFinite {
        /// The method.
        method: &'static str,
        /// The weight tensor's name.
        name: String,
        /// The weight's flat, row-major index.
        index: usize,
    },
    /// Pruning in no steps.
    #[error("cannot prune in 0 iterations")]
    Iterations,
    /// The watcher said stop.
    #[error("pruning was stopped")]
    Stopped,
}

fn label_text(label: Option<u16>) -> String {
    label.map_or_else(|| "missing".to_owned(), |label| label.to_string())
}

impl Hint for BeforeTrainingError {
    fn hint(&self) -> Option<String> {
        match self {
            Self::Engine(error) => error.hint(),
            Self::Pruning(error) => error.hint(),
            Self::NoExamples { .. } => Some("ask for 1 or more of each class; the papers take 10".to_owned()),
            Self::Example { .. } => Some("check the data set against the number of classes".to_owned()),
            Self::NotFinite { .. } => Some(
                "the weights are too large for this network: use another --init, or the method magnitude or random"
                    .to_owned(),
            ),
            Self::Iterations => Some("use 1 or more; the paper prunes with SynFlow in 100".to_owned()),
            Self::Stopped => None,
        }
    }
}
