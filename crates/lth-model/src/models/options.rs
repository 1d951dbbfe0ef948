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
}

const BATCH_NORM: &str = "batch-norm";
const NO_BATCH_NORM: &str = "no-batch-norm";
const WIDTH: &str = "width-";

impl ModelOptions {
    /// These options, and those of `other` where this has none.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self {
            batch_norm: self.batch_norm.or(other.batch_norm),
            width_factor: self.width_factor.or(other.width_factor),
        }
    }

    /// The options in a name after its first `+`: `batch-norm+width-2`.
    pub(crate) fn parse(model: &str, text: &str) -> Result<Self, ModelError> {
        let mut options = Self::default();
        for part in text.split('+') {
            let given = match part {
                BATCH_NORM => options.batch_norm.replace(true).is_some(),
                NO_BATCH_NORM => options.batch_norm.replace(false).is_some(),
                _ => match part.strip_prefix(WIDTH).and_then(|factor| factor.parse().ok()) {
                    Some(factor) => options.width_factor.replace(factor).is_some(),
                    None => return Err(ModelError::option(model, part, "there is none of this name")),
                },
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
        }
    }

    /// What follows the model's name: `+batch-norm+width-2`, or nothing.
    pub(crate) fn suffix(self) -> String {
        let mut text = match self.batch_norm {
            Some(true) => format!("+{BATCH_NORM}"),
            Some(false) => format!("+{NO_BATCH_NORM}"),
            None => String::new(),
        };
        if let Some(factor) = self.width_factor {
            text += &format!("+{WIDTH}{factor}");
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
