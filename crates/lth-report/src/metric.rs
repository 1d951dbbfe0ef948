//! The figures of a training.

use std::str::FromStr;

use lth_lab::RoundResult;
use lth_model::{ParseError, nearest_name};

/// A figure of a finished training.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Metric {
    /// Test accuracy at early stop; without a validation set, at the end.
    TestAccuracy,
    /// Test accuracy at the end.
    EndTestAccuracy,
    /// Validation accuracy at early stop.
    ValidationAccuracy,
    /// Accuracy over the training set at the end.
    TrainAccuracy,
    /// The iteration of minimum validation loss.
    EarlyStopIteration,
    /// The validation loss there, in nats.
    ValidationLoss,
    /// The test loss at early stop; without a validation set, at the end.
    TestLoss,
    /// Validation accuracy at the end.
    EndValidationAccuracy,
    /// Validation loss at the end.
    EndValidationLoss,
    /// Test loss at the end.
    EndTestLoss,
    /// Loss over the training set at the end.
    TrainLoss,
    /// The fraction of weights kept.
    Density,
    /// Wall-clock seconds.
    Seconds,
    /// Seconds of CPU time.
    CpuSeconds,
    /// How many times less CPU time a step takes than in round 0 of the same replicate.
    SpeedUp,
}

/// Which of two values is the better one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Better {
    /// The larger one.
    Higher,
    /// The smaller one.
    Lower,
    /// Neither.
    Neither,
}

impl Metric {
    /// All of them, in the order of tables.
    pub const ALL: [Self; 15] = [
        Self::TestAccuracy,
        Self::EndTestAccuracy,
        Self::ValidationAccuracy,
        Self::TrainAccuracy,
        Self::EarlyStopIteration,
        Self::ValidationLoss,
        Self::Density,
        Self::Seconds,
        Self::CpuSeconds,
        Self::SpeedUp,
        Self::TestLoss,
        Self::EndValidationAccuracy,
        Self::EndValidationLoss,
        Self::EndTestLoss,
        Self::TrainLoss,
    ];

    /// Those that a page shows of each training.
    pub(crate) fn on_page() -> impl Iterator<Item = Self> {
        Self::ALL.into_iter().take(10)
    }

    /// Its name in commands and files.
    pub fn name(self) -> &'static str {
        match self {
            Self::TestAccuracy => "test_accuracy",
            Self::EndTestAccuracy => "end_test_accuracy",
            Self::ValidationAccuracy => "validation_accuracy",
            Self::TrainAccuracy => "train_accuracy",
            Self::EarlyStopIteration => "early_stop_iteration",
            Self::ValidationLoss => "validation_loss",
            Self::TestLoss => "test_loss",
            Self::EndValidationAccuracy => "end_validation_accuracy",
            Self::EndValidationLoss => "end_validation_loss",
            Self::EndTestLoss => "end_test_loss",
            Self::TrainLoss => "train_loss",
            Self::Density => "density",
            Self::Seconds => "seconds",
            Self::CpuSeconds => "cpu_seconds",
            Self::SpeedUp => "speed_up",
        }
    }

    /// What it is called above a table, with its unit.
    pub fn title(self) -> &'static str {
        match self {
            Self::TestAccuracy => "test accuracy %",
            Self::EndTestAccuracy => "test accuracy % at the end",
            Self::ValidationAccuracy => "validation accuracy %",
            Self::TrainAccuracy => "training accuracy %",
            Self::EarlyStopIteration => "early-stop iteration",
            Self::ValidationLoss => "validation loss",
            Self::TestLoss => "test loss",
            Self::EndValidationAccuracy => "validation accuracy % at the end",
            Self::EndValidationLoss => "validation loss at the end",
            Self::EndTestLoss => "test loss at the end",
            Self::TrainLoss => "training loss",
            Self::Density => "density %",
            Self::Seconds => "seconds",
            Self::CpuSeconds => "CPU seconds",
            Self::SpeedUp => "speed-up (CPU)",
        }
    }

    /// Of a training; `None` where it has none.
    pub fn of(self, result: &RoundResult) -> Option<f64> {
        let record = &result.record;
        let stop = record.early_stop.as_ref();
        match self {
            Self::TestAccuracy => Some(result.test_accuracy()),
            Self::EndTestAccuracy => Some(record.end.test_accuracy),
            Self::ValidationAccuracy => stop?.validation_accuracy,
            Self::TrainAccuracy => Some(record.train_accuracy),
            Self::EarlyStopIteration => Some(stop?.iteration as f64),
            Self::ValidationLoss => stop?.validation_loss,
            Self::TestLoss => Some(stop.unwrap_or(&record.end).test_loss),
            Self::EndValidationAccuracy => record.end.validation_accuracy,
            Self::EndValidationLoss => record.end.validation_loss,
            Self::EndTestLoss => Some(record.end.test_loss),
            Self::TrainLoss => Some(record.train_loss),
            Self::Density => Some(result.density().get()),
            Self::Seconds => Some(result.timing.as_ref()?.seconds),
            Self::CpuSeconds => result.timing.as_ref()?.cpu_seconds,
            Self::SpeedUp => result.speed_up,
        }
    }

    /// Which of two values is the better one.
    pub fn better(self) -> Better {
        match self {
            Self::Density => Better::Neither,
            Self::SpeedUp => Better::Higher,
            _ if self.factor() == 1.0 => Better::Lower,
            _ => Better::Higher,
        }
    }

    /// Whether ratios of it say something: it is a time, a number of steps or a loss.
    pub(crate) fn has_ratio(self) -> bool {
        self.factor() == 1.0
    }

    /// A value as tables have it.
    pub fn text(self, value: f64) -> String {
        format!("{:.*}", self.decimals(), self.factor() * value)
    }

    /// What a value is multiplied with in tables: 100 for what they have as a percentage.
    pub(crate) fn factor(self) -> f64 {
        match self {
            Self::TestAccuracy
            | Self::EndTestAccuracy
            | Self::ValidationAccuracy
            | Self::TrainAccuracy
            | Self::EndValidationAccuracy
            | Self::Density => 100.0,
            _ => 1.0,
        }
    }

    /// Decimals in tables.
    pub(crate) fn decimals(self) -> usize {
        match self {
            Self::EarlyStopIteration => 0,
            Self::Seconds | Self::CpuSeconds => 1,
            Self::ValidationLoss
            | Self::TestLoss
            | Self::EndValidationLoss
            | Self::EndTestLoss
            | Self::TrainLoss => 4,
            _ => 2,
        }
    }
}

impl FromStr for Metric {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let name = text.trim().replace('-', "_");
        Self::ALL.into_iter().find(|metric| metric.name() == name).ok_or_else(|| {
            let names = || Self::ALL.into_iter().map(Self::name);
            ParseError {
                what: "figure",
                value: text.to_owned(),
                reason: "trainings have no such figure".to_owned(),
                hint: nearest_name(&name, names()).map_or_else(
                    || format!("there are {}", names().collect::<Vec<_>>().join(", ")),
                    |near| format!("did you mean '{near}'?"),
                ),
            }
        })
    }
}
