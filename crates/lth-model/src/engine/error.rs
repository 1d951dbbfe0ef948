//! What an engine refuses.

use thiserror::Error;

use crate::Hint;

/// What an engine refuses.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum EngineError {
    /// A tensor is absent.
    #[error("tensor '{name}' is missing")]
    MissingTensor {
        /// Its name.
        name: String,
    },
    /// A tensor that the architecture does not have.
    #[error("tensor '{name}' is not part of the architecture")]
    UnknownTensor {
        /// Its name.
        name: String,
    },
    /// A tensor or mask of another shape.
    #[error("'{name}' has shape {found:?}, the architecture needs {expected:?}")]
    Shape {
        /// Its name.
        name: String,
        /// The architecture's shape.
        expected: Vec<usize>,
        /// The shape that was given.
        found: Vec<usize>,
    },
    /// A batch that does not fit.
    #[error("the batch does not fit: {reason}")]
    Batch {
        /// Why.
        reason: String,
    },
    /// A batch of which a batch normalisation sees one value a channel, which has no variance.
    #[error(
        "batch normalisation '{layer}' would see a single value a channel: a batch of one example has no variance"
    )]
    OneValue {
        /// The layer's name.
        layer: String,
    },
    /// Something that this engine does not offer.
    #[error("the {engine} engine does not support {what}")]
    Unsupported {
        /// The engine.
        engine: &'static str,
        /// What was asked for.
        what: String,
    },
    /// A linear layer with more inputs or outputs than this engine counts.
    #[error("the {engine} engine does not support layer '{layer}' of {units} units: at most {most}")]
    TooWide {
        /// The engine.
        engine: &'static str,
        /// The layer's name.
        layer: String,
        /// The larger of its inputs and outputs.
        units: usize,
        /// How many the engine counts.
        most: usize,
    },
}

impl EngineError {
    /// Something that the engine of this name does not offer.
    pub fn unsupported(engine: &'static str, what: &str) -> Self {
        Self::Unsupported { engine, what: what.to_owned() }
    }
}

impl Hint for EngineError {
    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::MissingTensor { .. } | Self::UnknownTensor { .. } | Self::Shape { .. } => {
                "`lth inspect FILE` lists the tensors of a file, `lth models` the models".to_owned()
            }
            Self::Batch { .. } => "check the batch size against the data set".to_owned(),
            Self::OneValue { .. } => {
                "use a larger batch, or one that leaves more than one example for the last batch of an epoch".to_owned()
            }
            Self::Unsupported { .. } => "`lth models` lists what can be trained".to_owned(),
            Self::TooWide { .. } => {
                "use smaller images (`--image-size`), one more pool before this layer, or a smaller --width-factor".to_owned()
            }
        })
    }
}
