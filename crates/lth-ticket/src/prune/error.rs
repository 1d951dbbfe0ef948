//! Why a pruning is refused.

use lth_model::{Density, EngineError, Hint};
use thiserror::Error;

use crate::UnknownName;

/// Why a network cannot be pruned like this.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum PruningError {
    /// A layer that does not exist, or is not prunable, has a rate or is excluded.
    #[error(transparent)]
    Layer(#[from] UnknownName),
    /// A mask that does not fit the architecture.
    #[error(transparent)]
    Masks(#[from] EngineError),
    /// A prunable weight without scores.
    #[error("there are no scores for '{name}'")]
    MissingScores {
        /// The weight's name.
        name: String,
    },
    /// Scores of another shape than their weight.
    #[error("the scores of '{name}' have shape {found:?}, the weight has {expected:?}")]
    Shape {
        /// The weight's name.
        name: String,
        /// The weight's shape.
        expected: Vec<usize>,
        /// The scores' shape.
        found: Vec<usize>,
    },
    /// A live weight whose score is not a number.
    #[error("the score of weight {index} of '{name}' is not a number")]
    NanScore {
        /// The weight tensor's name.
        name: String,
        /// The weight's flat, row-major index.
        index: usize,
    },
    /// Rates of single layers where all layers are ranked together.
    #[error("layer '{layer}' has a rate of its own, but the scope is global")]
    LayerRateInGlobalScope {
        /// The layer.
        layer: String,
    },
    /// A density that pruning cannot reach: layers that are excluded hold more.
    #[error("a density of {target} cannot be reached: layers that are not pruned already make {least:.4}")]
    Unreachable {
        /// The density that was asked for.
        target: Density,
        /// What the excluded layers alone make.
        least: f64,
    },
}

impl Hint for PruningError {
    fn hint(&self) -> Option<String> {
        match self {
            Self::Layer(error) => error.hint(),
            Self::Masks(error) => error.hint(),
            Self::MissingScores { .. } | Self::Shape { .. } => {
                Some("a criterion must score every prunable weight of the architecture".to_owned())
            }
            Self::NanScore { .. } => Some("training diverged; use a smaller learning rate".to_owned()),
            Self::LayerRateInGlobalScope { .. } => {
                Some("use --scope layer, or exclude the layer from pruning".to_owned())
            }
            Self::Unreachable { .. } => Some("ask for more, or exclude fewer layers".to_owned()),
        }
    }
}
