//! How a supermask is learned.

use std::{fmt, sync::Arc};

use lth_model::{Learns, Normalizing, ParseError, Recipe, Scores, supermask::SupermaskMethod};
use serde::{Deserialize, Serialize};

use super::FrozenWeights;

/// The most masks that an evaluation may draw.
const MOST_SAMPLES: u32 = 10_000;

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

impl SupermaskSettings {
    /// What an engine learns by these settings.
    pub fn learns(&self, normalizing: Option<Normalizing>) -> Learns {
        let Self { method, dynamic_rescaling, .. } = *self;
        let normalizing = normalizing.map(Arc::new);
        Learns::Scores(Scores { method, dynamic_rescaling, normalizing })
    }

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
