//! Which part of a ticket is transferred.

use std::{fmt, str::FromStr};

use lth_model::{Hint, ParseError};
use serde::{Deserialize, Serialize};

use crate::UnknownName;

/// Which part of a ticket is transferred.
///
/// ```
/// use lth_ticket::Take;
/// assert_eq!("mask".parse::<Take>().unwrap(), Take::Mask);
/// assert_eq!(Take::default().to_string(), "mask-and-weights");
/// assert!("masks".parse::<Take>().is_err());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Take {
    /// Masks and the weights of the rewind point: the ticket (Morcos et al. 2019).
    #[default]
    MaskAndWeights,
    /// Masks only; weights, biases and batch normalisations are those of a fresh network.
    Mask,
    /// Weights only, in a dense network: the ticket's where it keeps them. Where it has pruned them, those of its rewind
    /// point if these are known, otherwise fresh ones.
    Weights,
}

impl Take {
    /// Every choice.
    pub const ALL: [Self; 3] = [Self::MaskAndWeights, Self::Mask, Self::Weights];

    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::MaskAndWeights => "mask-and-weights",
            Self::Mask => "mask",
            Self::Weights => "weights",
        }
    }
}

impl fmt::Display for Take {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Take {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        Self::ALL.into_iter().find(|take| take.name() == text).ok_or_else(|| ParseError {
            what: "part of a ticket",
            value: text.to_owned(),
            reason: "there is none of this name".to_owned(),
            hint: UnknownName::new("part", text, Self::ALL.map(Self::name)).hint().unwrap_or_default(),
        })
    }
}
