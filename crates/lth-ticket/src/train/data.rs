//! The examples that a training uses.

use std::{fmt, str::FromStr, sync::OnceLock};

use lth_model::{DataSet, Engine, EngineError, EvaluationSet, ParseError};
use serde::{Deserialize, Serialize};

/// Training, validation and test examples, as an engine holds them.
#[derive(Debug, Clone)]
pub struct TrainingData {
    /// The data set that training and validation examples come from.
    pub train: DataSet,
    /// Which of `train` are trained on.
    pub train_indices: Vec<u32>,
    /// Which of `train` are held out for validation; may be empty, then there is no validation and the early-stop
    /// iteration is the last one.
    pub validation: Vec<u32>,
    /// The data set that test examples come from.
    pub test: DataSet,
    /// Which of `test` are tested on.
    pub test_indices: Vec<u32>,
    sets: OnceLock<EvaluationSets>,
}

/// What is evaluated in trainings on the same data.
#[derive(Debug, Clone)]
pub struct EvaluationSets {
    /// The training examples.
    pub train: EvaluationSet,
    /// The validation examples, if there are any.
    pub validation: Option<EvaluationSet>,
    /// The test examples.
    pub test: EvaluationSet,
}

impl TrainingData {
    /// Data sets, and which of their examples are trained on, held out for validation, and tested on.
    pub fn new(
        (train, train_indices, validation): (DataSet, Vec<u32>, Vec<u32>),
        (test, test_indices): (DataSet, Vec<u32>),
    ) -> Self {
        Self { train, train_indices, validation, test, test_indices, sets: OnceLock::new() }
    }

    /// The sets that are evaluated, made when they are asked for first and shared by all trainings on this data.
    ///
    /// # Errors
    /// When an index is beyond the data.
    pub fn evaluation_sets(&self, engine: &dyn Engine) -> Result<&EvaluationSets, EngineError> {
        if let Some(sets) = self.sets.get() {
            return Ok(sets);
        }
        let validation = (!self.validation.is_empty())
            .then(|| engine.evaluation_set(&self.train, &self.validation))
            .transpose()?;
        let sets = EvaluationSets {
            train: engine.evaluation_set(&self.train, &self.train_indices)?,
            validation,
            test: engine.evaluation_set(&self.test, &self.test_indices)?,
        };
        Ok(self.sets.get_or_init(|| sets))
    }
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

impl fmt::Display for DataOrder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Shuffled => "shuffled",
            Self::Stored => "stored",
        })
    }
}

impl FromStr for DataOrder {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        match text {
            "shuffled" => Ok(Self::Shuffled),
            "stored" => Ok(Self::Stored),
            _ => Err(ParseError {
                what: "order of examples",
                value: text.to_owned(),
                reason: "there is none of this name".to_owned(),
                hint: "one of shuffled, stored".to_owned(),
            }),
        }
    }
}
