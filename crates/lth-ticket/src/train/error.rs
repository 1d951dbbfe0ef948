//! Why a training is refused or ends in the middle.

use std::io;

use lth_model::{EngineError, Hint, ParseError, Step};
use thiserror::Error;

use super::Split;
use crate::PruningError;

/// Why a training cannot be done.
#[derive(Debug, Error)]
pub enum TrainingError {
    /// What the engine refuses: weights, masks or examples that do not fit the architecture.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// A setting of the recipe that cannot be.
    #[error(transparent)]
    Recipe(#[from] ParseError),
    /// Masks that change in training cannot change as they should.
    #[error(transparent)]
    Pruning(#[from] PruningError),
    /// Masks that go on changing when the training is over.
    #[error("masks change up to iteration {end}, the training ends at iteration {last}")]
    MaskUpdates {
        /// The last iteration at which masks change.
        end: u64,
        /// The last iteration.
        last: u64,
    },
    /// A split without examples.
    #[error("there are no {split} examples")]
    NoExamples {
        /// Which split.
        split: Split,
    },
    /// An index beyond the data.
    #[error("{split} example {index} does not exist: the data set has {examples} examples")]
    Index {
        /// Which split.
        split: Split,
        /// The index.
        index: u32,
        /// How many examples there are.
        examples: usize,
    },
    /// No batch, or one that the data cannot fill.
    #[error("batch size {batch_size} does not fit: there are {examples} training examples")]
    BatchSize {
        /// The batch size.
        batch_size: usize,
        /// How many training examples there are.
        examples: usize,
    },
    /// Nothing to train.
    #[error("there is nothing to train: training starts at iteration {start} and ends at iteration {last}")]
    Length {
        /// The first iteration.
        start: u64,
        /// The last iteration.
        last: u64,
    },
    /// A training that never gets to its learning rate.
    #[error("the warm-up of {warmup} is not over at the end of the training, iteration {last}")]
    Warmup {
        /// The length of the warm-up.
        warmup: Step,
        /// The last iteration.
        last: u64,
    },
    /// Evaluations at every 0 iterations.
    #[error("cannot evaluate at every 0 iterations")]
    EvaluateEvery,
    /// A snapshot that training does not come by.
    #[error("cannot keep the weights of iteration {iteration}: training goes from {start} to {last}")]
    Snapshot {
        /// The iteration of the snapshot.
        iteration: u64,
        /// The first iteration.
        start: u64,
        /// The last iteration.
        last: u64,
    },
    /// A checkpoint of another training.
    #[error("the checkpoint at iteration {iteration} is of another training: {reason}")]
    OtherTraining {
        /// The checkpoint's iteration.
        iteration: u64,
        /// What does not agree.
        reason: String,
    },
    /// The observer could not store a checkpoint.
    #[error("cannot store the checkpoint of iteration {iteration}: {source}")]
    Checkpoint {
        /// The checkpoint's iteration.
        iteration: u64,
        /// What the system said.
        source: io::Error,
    },
}

impl Hint for TrainingError {
    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Engine(error) => return error.hint(),
            Self::Recipe(error) => return error.hint(),
            Self::Pruning(error) => return error.hint(),
            Self::MaskUpdates { .. } => "end changes of masks earlier, or train longer".to_owned(),
            Self::NoExamples { .. } | Self::Index { .. } => {
                "check the data set and the number of validation examples".to_owned()
            }
            Self::BatchSize { .. } => {
                "use a batch size from 1 to the number of training examples, for example --batch-size 60"
                    .to_owned()
            }
            Self::Length { .. } => {
                "the length must be beyond the rewind point, for example --length 50ep".to_owned()
            }
            Self::Warmup { .. } => {
                "give a shorter --warmup (0it for none) and a --schedule for this length, or train longer"
                    .to_owned()
            }
            Self::EvaluateEvery => "use 1 or more, for example 100".to_owned(),
            Self::Snapshot { .. } => "the rewind point must be within the training".to_owned(),
            Self::OtherTraining { .. } => {
                "remove the checkpoint to train from the beginning, or use the settings it was made with"
                    .to_owned()
            }
            Self::Checkpoint { .. } => {
                "check that the disk is writable and has space; the same command then continues".to_owned()
            }
        })
    }
}
