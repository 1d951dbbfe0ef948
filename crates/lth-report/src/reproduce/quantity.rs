//! The figures that published numbers are of: of trainings, of masks, of pairs of copies, and of networks and the dense network.

use lth_lab::{PairResult, PruningResult};
use lth_model::{ParseError, nearest_name};

use crate::Metric;

/// A figure of a training, of a mask on untrained weights, of two copies of a network, or of a network and the dense one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Quantity {
    /// Of a training.
    OfTraining(Metric),
    /// The test accuracy of untrained weights under a mask, a fraction (Zhou et al. 2019).
    UntrainedTestAccuracy,
    /// The error barrier of the test set between two copies, a fraction (Frankle et al. 2020).
    TestBarrier,
    /// The same of training examples.
    TrainBarrier,
    /// The Euclidean distance of the masked weights of two copies (Frankle et al. 2019).
    Distance,
    /// The angle between them in degrees, seen from zero weights.
    Angle,
    /// The Euclidean distance of a trained network and the dense one of the same order, under its mask (Frankle et al. 2019, stability
    /// to pruning).
    PruningDistance,
    /// The angle between them in degrees, seen from zero weights.
    PruningAngle,
}

impl Quantity {
    /// Those of pairs of copies.
    pub const OF_PAIRS: [Self; 4] = [Self::TestBarrier, Self::TrainBarrier, Self::Distance, Self::Angle];

    /// Those of a network and the dense one.
    pub const OF_PRUNINGS: [Self; 2] = [Self::PruningDistance, Self::PruningAngle];

    /// Its name in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::OfTraining(metric) => metric.name(),
            Self::UntrainedTestAccuracy => "untrained_test_accuracy",
            Self::TestBarrier => "test_barrier",
            Self::TrainBarrier => "train_barrier",
            Self::Distance => "distance",
            Self::Angle => "angle",
            Self::PruningDistance => "pruning_distance",
            Self::PruningAngle => "pruning_angle",
        }
    }

    /// What it is called above a table, with its unit.
    pub fn title(self) -> &'static str {
        match self {
            Self::OfTraining(metric) => metric.title(),
            Self::UntrainedTestAccuracy => "test accuracy % of untrained weights",
            Self::TestBarrier => "barrier of test errors, points",
            Self::TrainBarrier => "barrier of training errors, points",
            Self::Distance => "distance of two copies",
            Self::Angle => "angle between two copies, degrees",
            Self::PruningDistance => "distance from the dense network",
            Self::PruningAngle => "angle to the dense network, degrees",
        }
    }

    /// Of a pair of copies; `None` where it has none.
    pub fn of_pair(self, pair: &PairResult) -> Option<f64> {
        match self {
            Self::OfTraining(_)
            | Self::UntrainedTestAccuracy
            | Self::PruningDistance
            | Self::PruningAngle => None,
            Self::TestBarrier => Some(pair.test_barrier),
            Self::TrainBarrier => Some(pair.train_barrier),
            Self::Distance => Some(pair.distance),
            Self::Angle => pair.angle,
        }
    }

    /// Of a network and the dense one; `None` where it has none.
    pub fn of_pruning(self, pruning: &PruningResult) -> Option<f64> {
        match self {
            Self::PruningDistance => Some(pruning.distance),
            Self::PruningAngle => pruning.angle,
            _ => None,
        }
    }

    /// A value as tables have it.
    pub fn text(self, value: f64) -> String {
        let decimals = match self {
            Self::OfTraining(metric) => metric.decimals(),
            Self::UntrainedTestAccuracy | Self::TestBarrier | Self::TrainBarrier => 2,
            Self::Distance | Self::Angle | Self::PruningDistance | Self::PruningAngle => 1,
        };
        format!("{:.decimals$}", self.factor() * value)
    }

    /// What a value is multiplied with in tables: 100 for what they have as a percentage.
    pub fn factor(self) -> f64 {
        match self {
            Self::OfTraining(metric) => metric.factor(),
            Self::UntrainedTestAccuracy | Self::TestBarrier | Self::TrainBarrier => 100.0,
            Self::Distance | Self::Angle | Self::PruningDistance | Self::PruningAngle => 1.0,
        }
    }
}

impl std::str::FromStr for Quantity {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let all = || {
            let of_trainings = Metric::ALL.into_iter().map(Self::OfTraining);
            of_trainings.chain([Self::UntrainedTestAccuracy]).chain(Self::OF_PAIRS).chain(Self::OF_PRUNINGS)
        };
        all().find(|quantity| quantity.name() == text).ok_or_else(|| ParseError {
            what: "figure",
            value: text.to_owned(),
            reason: "neither trainings nor masks nor pairs of copies have such a figure".to_owned(),
            hint: nearest_name(text, all().map(Self::name)).map_or_else(
                || format!("there are {}", all().map(Self::name).collect::<Vec<_>>().join(", ")),
                |near| format!("did you mean '{near}'?"),
            ),
        })
    }
}
