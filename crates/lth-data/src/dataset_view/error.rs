//! Why a data set cannot be seen so.

use lth_model::Hint;
use thiserror::Error;

/// Why a view of a data set is refused.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum ViewError {
    /// A fraction that is none.
    #[error("fraction {fraction} is not valid: it must be above 0 and at most 1")]
    Fraction {
        /// As it was given.
        fraction: f64,
    },
    /// A rate that is none.
    #[error("rate of random labels {rate} is not valid: it must be 0 to 1")]
    Rate {
        /// As it was given.
        rate: f64,
    },
    /// A class that the data set does not have.
    #[error("data set '{dataset}' has no class '{class}'")]
    UnknownClass {
        /// The data set.
        dataset: String,
        /// The class.
        class: String,
        /// The class that was probably meant.
        nearest: Option<String>,
        /// How many it has.
        classes: usize,
    },
    /// A class that is named twice.
    #[error("class '{class}' is named twice")]
    RepeatedClass {
        /// The class.
        class: String,
    },
    /// Nothing to tell apart.
    #[error("a single class leaves nothing to tell apart")]
    OneClass,
}

impl Hint for ViewError {
    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Fraction { .. } => "for example --fraction 0.1 for a tenth of each class".to_owned(),
            Self::Rate { .. } => "for example --random-labels 0.2 for a fifth of the examples".to_owned(),
            Self::UnknownClass { nearest: Some(nearest), .. } => format!("did you mean '{nearest}'?"),
            Self::UnknownClass { classes, .. } => {
                format!("name classes as the data set does, or by their numbers 0 to {}", classes - 1)
            }
            Self::RepeatedClass { .. } => "name each class once".to_owned(),
            Self::OneClass => "name at least two classes: --classes cat,dog".to_owned(),
        })
    }
}
