//! Where in training: `50ep`, `500it`, `2ep100it`.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::ParseError;

/// A place in training, or a length of training: whole epochs plus iterations.
///
/// How many iterations an epoch has depends on the data set and batch size, so a step becomes a plain iteration
/// number only through [`Step::iterations`]. One iteration is one optimiser update on one batch.
///
/// ```
/// use lth_model::Step;
/// let step: Step = "2ep100it".parse().unwrap();
/// assert_eq!(step.iterations(917), 1934);
/// assert_eq!(step.to_string(), "2ep100it");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Step {
    epochs: u32,
    iterations: u64,
}

impl Step {
    /// The start of training (initialisation).
    pub const ZERO: Step = Step { epochs: 0, iterations: 0 };

    /// A whole number of epochs.
    pub fn from_epochs(epochs: u32) -> Self {
        Self { epochs, iterations: 0 }
    }

    /// A number of iterations.
    pub fn from_iterations(iterations: u64) -> Self {
        Self { epochs: 0, iterations }
    }

    /// The iteration number, given how many iterations an epoch has; the largest number where it would be larger.
    pub fn iterations(self, per_epoch: u64) -> u64 {
        u64::from(self.epochs).saturating_mul(per_epoch).saturating_add(self.iterations)
    }

    /// So many times as long; the largest number where it would be larger.
    #[must_use]
    pub fn times(self, factor: u32) -> Self {
        Self {
            epochs: self.epochs.saturating_mul(factor),
            iterations: self.iterations.saturating_mul(factor.into()),
        }
    }

    /// Whether this is the start of training.
    pub fn is_zero(self) -> bool {
        self == Self::ZERO
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.epochs, self.iterations) {
            (epochs, 0) => write!(f, "{epochs}ep"),
            (0, iterations) => write!(f, "{iterations}it"),
            (epochs, iterations) => write!(f, "{epochs}ep{iterations}it"),
        }
    }
}

impl FromStr for Step {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let error = |reason: &str| ParseError {
            what: "step",
            value: text.to_owned(),
            reason: reason.to_owned(),
            hint: "write epochs, iterations or both: 50ep, 500it, 2ep100it".to_owned(),
        };
        let (epochs, rest) = match text.split_once("ep") {
            Some((epochs, rest)) => {
                (epochs.parse().map_err(|_| error("the number before 'ep' is not a whole number"))?, rest)
            }
            None => (0, text),
        };
        let iterations = match rest {
            "" if text.contains("ep") => 0,
            rest => rest
                .strip_suffix("it")
                .ok_or_else(|| error("a unit is missing"))?
                .parse()
                .map_err(|_| error("the number before 'it' is not a whole number"))?,
        };
        Ok(Self { epochs, iterations })
    }
}

impl TryFrom<String> for Step {
    type Error = ParseError;
    fn try_from(text: String) -> Result<Self, ParseError> {
        text.parse()
    }
}

impl From<Step> for String {
    fn from(step: Step) -> Self {
        step.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parses_and_prints() {
        for (text, iterations) in [("50ep", 500), ("500it", 500), ("2ep5it", 25), ("0ep", 0), ("0it", 0)] {
            let step: Step = text.parse().unwrap();
            assert_eq!(step.iterations(10), iterations, "{text}");
            assert_eq!(step.to_string().parse::<Step>().unwrap(), step);
        }
    }

    #[test]
    fn refuses_nonsense() {
        for text in ["", "50", "ep", "it", "-1ep", "1.5ep", "5it2ep", "5 ep", "99999999999ep", "x"] {
            assert!(text.parse::<Step>().is_err(), "{text}");
        }
    }
}
