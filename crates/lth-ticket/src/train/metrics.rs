//! What is measured along a training.

use std::{fmt, str::FromStr};

use lth_model::{ParseError, StepReport};
use serde::{Deserialize, Serialize};

/// Which examples a figure is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Split {
    /// Those trained on.
    Train,
    /// Those held out of training.
    Validation,
    /// The test set.
    Test,
}

impl Split {
    /// Its name in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Train => "train",
            Self::Validation => "validation",
            Self::Test => "test",
        }
    }
}

impl fmt::Display for Split {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Split {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        [Self::Train, Self::Validation, Self::Test].into_iter().find(|split| split.name() == text).ok_or_else(
            || ParseError {
                what: "split",
                value: text.to_owned(),
                reason: "there is none of this name".to_owned(),
                hint: "there are train, validation, test".to_owned(),
            },
        )
    }
}

/// Loss and accuracy of one split at one iteration.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct MetricRow {
    /// After this many updates.
    pub iteration: u64,
    /// Of which examples.
    pub split: Split,
    /// Mean cross-entropy, in nats.
    pub loss: f64,
    /// The fraction classified correctly, in [0, 1].
    pub accuracy: f64,
}

/// Sums over the batches since the last evaluation: the training loss and accuracy that cost nothing.
///
/// Each batch is seen before its update, so these are means over weights on the way, as every framework's progress bar
/// shows them.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct RunningMean {
    /// Sum of cross-entropies, in nats.
    pub loss_sum: f64,
    /// Examples classified correctly.
    pub correct: u64,
    /// Examples seen.
    pub examples: u64,
}

impl RunningMean {
    /// Adds a batch.
    pub fn add(&mut self, report: &StepReport) {
        self.loss_sum += report.loss_sum;
        self.correct += report.correct as u64;
        self.examples += report.examples as u64;
    }

    /// The row of the training split at this iteration; `None` when nothing was added.
    pub fn row(&self, iteration: u64) -> Option<MetricRow> {
        (self.examples > 0).then(|| MetricRow {
            iteration,
            split: Split::Train,
            loss: self.loss_sum / self.examples as f64,
            accuracy: self.correct as f64 / self.examples as f64,
        })
    }
}
