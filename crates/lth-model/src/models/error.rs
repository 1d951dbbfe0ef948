//! Why a model cannot be had.

use thiserror::Error;

use crate::{ArchitectureError, Hint};

/// No model has this name.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("there is no model '{name}'")]
pub struct UnknownModel {
    /// The name as it was given.
    pub name: String,
    /// The model that was probably meant.
    pub nearest: Option<&'static str>,
}

impl Hint for UnknownModel {
    fn hint(&self) -> Option<String> {
        Some(match self.nearest {
            Some(nearest) => format!("did you mean '{nearest}'? `lth models` lists all"),
            None => "`lth models` lists all".to_owned(),
        })
    }
}

/// Why a model cannot be had as it was asked for.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum ModelError {
    /// No model has this name.
    #[error(transparent)]
    Unknown(#[from] UnknownModel),
    /// The widths in the name of a multilayer perceptron are none.
    #[error("'{name}' is no multilayer perceptron: {reason}")]
    Widths {
        /// The name as it was given.
        name: String,
        /// What is wrong with it.
        reason: String,
    },
    /// An option that the model does not have, or of no sensible value.
    #[error("model '{model}' with option '{option}': {reason}")]
    Option {
        /// The model.
        model: String,
        /// The option, as it stands in a name.
        option: String,
        /// Why it is refused.
        reason: String,
    },
    /// The layers do not fit each other or the examples.
    #[error(transparent)]
    Architecture(#[from] ArchitectureError),
    /// A file that describes a network cannot be used.
    #[error("{place}: {reason}")]
    File {
        /// The file, with line and column where there are some: `net.toml:3:1`.
        place: String,
        /// What is wrong.
        reason: String,
        /// What to do about it.
        hint: String,
    },
}

impl ModelError {
    pub(crate) fn option(model: &str, option: &str, reason: &str) -> Self {
        Self::Option { model: model.to_owned(), option: option.to_owned(), reason: reason.to_owned() }
    }
}

impl Hint for ModelError {
    fn hint(&self) -> Option<String> {
        match self {
            Self::Unknown(error) => error.hint(),
            Self::Widths { .. } => {
                Some("write the hidden layers' widths, for example mlp-300-100".to_owned())
            }
            Self::Option { .. } => Some(
                "the options of convolutional networks are +batch-norm, +no-batch-norm and +width-FACTOR, for example \
                 conv-4+batch-norm or resnet-20+width-2; LeNets, mlp-A-B-C and Conv have +dropout-RATE"
                    .to_owned(),
            ),
            Self::Architecture(error) => error.hint(),
            Self::File { hint, .. } => Some(hint.clone()),
        }
    }
}
