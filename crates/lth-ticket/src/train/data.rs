//! The examples that a training uses.

use lth_model::Examples;
use serde::{Deserialize, Serialize};

/// Training, validation and test examples.
#[derive(Debug, Clone)]
pub struct TrainingData {
    /// The data set that training and validation examples come from.
    pub train: Examples,
    /// Which of `train` are trained on.
    pub train_indices: Vec<u32>,
    /// Which of `train` are held out for validation; may be empty, then there is no validation and the early-stop
    /// iteration is the last one.
    pub validation: Vec<u32>,
    /// The data set that test examples come from.
    pub test: Examples,
    /// Which of `test` are tested on.
    pub test_indices: Vec<u32>,
}

/// In which order the training examples of an epoch come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DataOrder {
    /// A new random order each epoch, of (seed, epoch) only.
    #[default]
    Shuffled,
    /// Ascending by index, the same each epoch.
    Stored,
}
