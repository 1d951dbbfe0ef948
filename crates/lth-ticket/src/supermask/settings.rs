//! How a supermask is learned.

use std::fmt;

use lth_model::{Architecture, Density, EngineError, Op, Optimizer, ParseError, Recipe, Schedule, Step};
use serde::{Deserialize, Serialize};

use super::{FrozenWeights, engine::unsupported};

/// The most masks that an evaluation may draw.
const MOST_SAMPLES: u32 = 10_000;

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

/// How a supermask is learned, besides the recipe.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct SupermaskSettings {
    /// How a mask follows from scores.
    pub method: SupermaskMethod,
    /// Whether kept weights are multiplied by the layer's size over the number of kept ones, in each step with the mask of
    /// that step (dynamic weight rescaling, Zhou et al. 2019).
    pub dynamic_rescaling: bool,
    /// What the weights are that masks lie on.
    pub weights: FrozenWeights,
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
                init: lth_model::InitScheme::KaimingNormal(lth_model::FanMode::FanIn),
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

impl SupermaskSettings {
    /// Finds settings that make no sense, alone or with the recipe.
    ///
    /// # Errors
    /// Names the first, its value and what would do.
    pub fn check(&self, recipe: &Recipe) -> Result<(), ParseError> {
        let refuse = |what, value: String, reason: &str, hint: &str| {
            Err(ParseError { what, value, reason: reason.to_owned(), hint: hint.to_owned() })
        };
        match self.method {
            SupermaskMethod::Bernoulli { sigmoid_bias, .. } if !sigmoid_bias.is_finite() => refuse(
                "sigmoid bias",
                sigmoid_bias.to_string(),
                "it must be a finite number",
                "0 keeps half of the weights at first",
            ),
            SupermaskMethod::Bernoulli { samples: 0, .. } => {
                refuse("number of samples", "0".to_owned(), "there must be a mask", "the paper draws 10")
            }
            SupermaskMethod::Bernoulli { samples, .. } if samples > MOST_SAMPLES => refuse(
                "number of samples",
                samples.to_string(),
                &format!("each evaluation draws them all, and {MOST_SAMPLES} is the most"),
                "the paper draws 10",
            ),
            SupermaskMethod::EdgePopup { density } if density.get() <= 0.0 => {
                refuse("density", density.to_string(), "nothing would be kept", "the paper keeps 0.3 to 0.7")
            }
            _ => match recipe.gradient_clip {
                Some(norm) => refuse(
                    "gradient clip",
                    norm.to_string(),
                    "scores are learned without clipping",
                    "leave it out",
                ),
                None => Ok(()),
            },
        }
    }
}

/// Finds what a network has that masks cannot be learned with.
///
/// # Errors
/// When it has dropout.
pub fn check_supermask_network(architecture: &Architecture) -> Result<(), EngineError> {
    if architecture.nodes.iter().any(|node| matches!(node.op, Op::Dropout { .. })) {
        return Err(unsupported("dropout while a mask is learned"));
    }
    Ok(())
}

/// One line: `bernoulli, scores from 0, 10 samples, signed-constant weights, dynamic rescaling`.
impl fmt::Display for SupermaskSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.method {
            SupermaskMethod::Bernoulli { sigmoid_bias, samples } => {
                write!(f, "bernoulli, scores from {sigmoid_bias}, {samples} samples")?;
            }
            SupermaskMethod::EdgePopup { density } => write!(f, "edge-popup, density {density}")?,
        }
        write!(f, ", {} weights", self.weights)?;
        if self.dynamic_rescaling { f.write_str(", dynamic rescaling") } else { Ok(()) }
    }
}
