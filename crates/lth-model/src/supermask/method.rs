//! How a mask follows from scores.

use serde::{Deserialize, Serialize};

use crate::{Density, Optimizer, Recipe, Schedule, Step};

/// How a mask follows from scores.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(tag = "name", rename_all = "kebab-case")]
pub enum SupermaskMethod {
    /// Each weight is kept with the probability sigmoid(score), drawn anew in each step; a figure is the mean over
    /// `samples` drawn masks (Zhou et al. 2019).
    Bernoulli {
        /// Where scores start: 0 keeps half of the weights, more keeps more.
        sigmoid_bias: f32,
        /// Masks that are drawn for an evaluation.
        samples: u32,
    },
    /// The weights with the largest magnitudes of score are kept, so many of each layer (edge-popup; Ramanujan et al. 2020).
    EdgePopup {
        /// The fraction of each layer that is kept; the paper's k.
        density: Density,
    },
}

impl SupermaskMethod {
    /// The papers': scores start at 0, ten masks an evaluation.
    pub const BERNOULLI: Self = Self::Bernoulli { sigmoid_bias: 0.0, samples: 10 };

    /// Changes a recipe of training weights to one of learning scores by this method.
    ///
    /// Bernoulli: SGD at rate 100 with momentum 0.9 and batches of 250, as Zhou et al. 2019, but 100 epochs with a rate that
    /// falls to 0 instead of 2,000 at a constant one. Edge-popup: SGD at 0.1, cosine, momentum 0.9, weight decay 1e-4, batches
    /// of 128, 100 epochs (Ramanujan et al. 2020), Kaiming normal weights.
    #[must_use]
    pub fn recipe(&self, recipe: &Recipe) -> Recipe {
        let common = Recipe {
            length: Step::from_epochs(100),
            schedule: Schedule::Cosine { end: 0.0 },
            gradient_clip: None,
            ..recipe.clone()
        };
        let sgd = |weight_decay| Optimizer::Sgd { momentum: 0.9, nesterov: false, weight_decay };
        match self {
            Self::Bernoulli { .. } => {
                Recipe { batch_size: 250, learning_rate: 100.0, optimizer: sgd(0.0), ..common }
            }
            Self::EdgePopup { .. } => Recipe {
                batch_size: 128,
                learning_rate: 0.1,
                optimizer: sgd(1e-4),
                init: crate::InitScheme::KaimingNormal(crate::FanMode::FanIn),
                ..common
            },
        }
    }

    /// Masks that an evaluation takes the mean over.
    pub fn samples(&self) -> u32 {
        match self {
            Self::Bernoulli { samples, .. } => *samples,
            Self::EdgePopup { .. } => 1,
        }
    }
}
