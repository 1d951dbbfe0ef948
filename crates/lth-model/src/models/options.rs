//! What can be varied about a named model.

use crate::ModelError;

/// Variations of a model. They are part of its name (`conv-4+batch-norm`, `resnet-20+width-2`), so that runs of different
/// networks never share a folder and a file that names its model names the very network.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct ModelOptions {
    /// Whether convolutions are followed by batch normalisation; `None` is the model's own way.
    pub batch_norm: Option<bool>,
    /// What multiplies the channels of every convolution and the units of hidden linear layers; `None` is 1. The products
    /// are rounded, to at least 1.
    pub width_factor: Option<f64>,
    /// The rate at which dropout drops units, after each pool and each hidden linear layer (Srivastava et al. 2014); `None`
    /// and 0 are no dropout. Only LeNets, multilayer perceptrons and Conv have places for it.
    pub dropout: Option<f32>,
}

const BATCH_NORM: &str = "batch-norm";
const NO_BATCH_NORM: &str = "no-batch-norm";
const WIDTH: &str = "width-";
const DROPOUT: &str = "dropout-";

impl ModelOptions {
    /// These options, and those of `other` where this has none.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self {
            batch_norm: self.batch_norm.or(other.batch_norm),
            width_factor: self.width_factor.or(other.width_factor),
            dropout: self.dropout.or(other.dropout),
        }
    }

    /// The options in a name after its first `+`: `batch-norm+width-2`.
    pub(crate) fn parse(model: &str, text: &str) -> Result<Self, ModelError> {
        let mut options = Self::default();
        for part in text.split('+') {
            let given = match part {
                BATCH_NORM => options.batch_norm.replace(true).is_some(),
                NO_BATCH_NORM => options.batch_norm.replace(false).is_some(),
                _ => {
                    if let Some(factor) = number(part, WIDTH) {
                        options.width_factor.replace(factor).is_some()
                    } else if let Some(rate) = number(part, DROPOUT) {
                        options.dropout.replace(rate).is_some()
                    } else {
                        return Err(ModelError::option(model, part, "there is none of this name"));
                    }
                }
            };
            if given {
                return Err(ModelError::option(model, part, "it is given twice"));
            }
        }
        Ok(options)
    }

    /// What is left when the model's own ways are taken out: options equal to them have the same name.
    pub(crate) fn without_defaults(self, batch_norm: bool) -> Self {
        Self {
            batch_norm: self.batch_norm.filter(|&own| own != batch_norm),
            width_factor: self.width_factor.filter(|&factor| factor != 1.0),
            dropout: self.dropout.filter(|&rate| rate != 0.0),
        }
    }

    /// What follows the model's name: `+batch-norm+width-2+dropout-0.5`, or nothing.
    pub(crate) fn suffix(self) -> String {
        let mut text = match self.batch_norm {
            Some(true) => format!("+{BATCH_NORM}"),
            Some(false) => format!("+{NO_BATCH_NORM}"),
            None => String::new(),
        };
        if let Some(factor) = self.width_factor {
            text += &format!("+{WIDTH}{factor}");
        }
        if let Some(rate) = self.dropout {
            text += &format!("+{DROPOUT}{rate}");
        }
        text
    }

    /// A number of channels or units, widened.
    pub(crate) fn widen(self, units: usize) -> usize {
        match self.width_factor {
            Some(factor) => ((units as f64 * factor).round() as usize).max(1),
            None => units,
        }
    }
}

/// The number after this prefix.
fn number<T: std::str::FromStr>(part: &str, prefix: &str) -> Option<T> {
    part.strip_prefix(prefix)?.parse().ok()
}
