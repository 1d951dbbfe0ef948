//! Masks that are spoilt on purpose, to see what a method's scores are worth (Frankle et al. 2021).

use std::{fmt, str::FromStr};

use lth_model::{Mask, Masks, ParseError, Seed, Tensors};
use serde::{Deserialize, Serialize};

use super::context::Draw;

/// A check of Frankle et al. 2021. Their third, fresh weights under the same mask, is the control `random-reinit`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SanityCheck {
    /// The mask is shuffled within each layer: only the layers' densities are the method's.
    ShuffleLayers,
    /// The highest scores are pruned.
    InvertScores,
}

impl SanityCheck {
    /// Every check.
    pub const ALL: [Self; 2] = [Self::ShuffleLayers, Self::InvertScores];

    /// Its name in files and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::ShuffleLayers => "shuffle-layers",
            Self::InvertScores => "invert-scores",
        }
    }

    /// One line of what is done.
    pub fn description(self) -> &'static str {
        match self {
            Self::ShuffleLayers => "shuffles the mask within each layer",
            Self::InvertScores => "prunes the highest scores instead of the lowest",
        }
    }
}

impl fmt::Display for SanityCheck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for SanityCheck {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        Self::ALL.into_iter().find(|check| check.name() == text).ok_or_else(|| ParseError {
            what: "sanity check",
            value: text.to_owned(),
            reason: "there is none of this name".to_owned(),
            hint: "there are shuffle-layers and invert-scores; fresh weights are the control random-reinit"
                .to_owned(),
        })
    }
}

/// Scores in the opposite order: pruning the lowest of them prunes what was highest. Without ties, what is kept at density
/// d is the complement of what the scores themselves keep at 1 - d.
///
/// The code of Tanaka et al. takes `1 / score`, which is the same order for the positive scores of SNIP and SynFlow.
pub fn invert_scores(scores: &Tensors) -> Tensors {
    let mut inverted = scores.clone();
    for tensor in inverted.values_mut() {
        tensor.data_mut().iter_mut().for_each(|score| *score = -*score);
    }
    inverted
}

/// Every layer's mask in a random order: as many kept weights, anywhere in the layer. Every order is equally likely, drawn
/// from the stream of this seed and of the mask's place.
pub fn shuffle_layers(masks: &Masks, seed: Seed) -> Masks {
    let shuffle = |(place, (name, mask)): (usize, (&String, &Mask))| {
        let mut flags: Vec<bool> = mask.flags().collect();
        Draw::Shuffle.stream(seed, place as u64).shuffle(&mut flags);
        (name.clone(), Mask::from_flags(mask.shape().to_vec(), flags))
    };
    masks.iter().enumerate().map(shuffle).collect()
}
