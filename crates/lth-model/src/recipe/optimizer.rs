//! Optimisers and their settings.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::require;
use crate::ParseError;

/// The optimiser and its settings. The arithmetic equals PyTorch's.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(tag = "name", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Optimizer {
    /// Adam (Kingma and Ba 2015); `weight_decay` is L2, added to the gradient.
    Adam {
        /// Decay of the running mean of gradients.
        beta1: f32,
        /// Decay of the running mean of squared gradients.
        beta2: f32,
        /// Added to the root of the second moment, outside of the root.
        epsilon: f32,
        /// L2 penalty, added to the gradient.
        weight_decay: f32,
    },
    /// AdamW (Loshchilov and Hutter 2019); `weight_decay` shrinks the weights directly.
    #[serde(rename = "adamw")]
    AdamW {
        /// Decay of the running mean of gradients.
        beta1: f32,
        /// Decay of the running mean of squared gradients.
        beta2: f32,
        /// Added to the root of the second moment, outside of the root.
        epsilon: f32,
        /// Fraction of the weight, times the rate, that each step takes away.
        weight_decay: f32,
    },
    /// Stochastic gradient descent, with momentum without dampening.
    Sgd {
        /// 0 for plain SGD.
        momentum: f32,
        /// Nesterov's momentum.
        nesterov: bool,
        /// L2 penalty, added to the gradient.
        weight_decay: f32,
    },
}

impl Optimizer {
    /// Adam with PyTorch's defaults.
    pub const ADAM: Self = Self::Adam { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weight_decay: 0.0 };
    /// AdamW with PyTorch's defaults.
    pub const ADAMW: Self = Self::AdamW { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weight_decay: 1e-2 };
    /// Plain SGD.
    pub const SGD: Self = Self::Sgd { momentum: 0.0, nesterov: false, weight_decay: 0.0 };

    /// The names under which PyTorch keeps the moments of each parameter.
    pub fn moments(&self) -> &'static [&'static str] {
        match self {
            Self::Adam { .. } | Self::AdamW { .. } => &["exp_avg", "exp_avg_sq"],
            Self::Sgd { momentum, .. } if *momentum != 0.0 => &["momentum_buffer"],
            Self::Sgd { .. } => &[],
        }
    }
}

impl Optimizer {
    /// Checks that betas are in [0, 1), epsilon is positive, momentum is in [0, 1), weight decay is at least 0, and
    /// Nesterov has a momentum.
    ///
    /// # Errors
    /// Names the first setting that is out of its range, its value and the range.
    pub fn check(&self) -> Result<(), ParseError> {
        let fraction = |what, value: f32, hint| {
            require(what, value, (0.0..1.0).contains(&value), "it must be at least 0 and below 1", hint)
        };
        let weight_decay = match *self {
            Self::Adam { beta1, beta2, epsilon, weight_decay }
            | Self::AdamW { beta1, beta2, epsilon, weight_decay } => {
                fraction("beta1", beta1, "the usual value is 0.9")?;
                fraction("beta2", beta2, "the usual value is 0.999")?;
                let valid = epsilon > 0.0 && epsilon.is_finite();
                require(
                    "epsilon",
                    epsilon,
                    valid,
                    "it must be a positive number",
                    "the usual value is 1e-8",
                )?;
                weight_decay
            }
            Self::Sgd { momentum, nesterov, weight_decay } => {
                fraction("momentum", momentum, "the usual value is 0.9, 0 is plain SGD")?;
                let reason = "Nesterov needs a momentum above 0";
                require("momentum", momentum, !nesterov || momentum > 0.0, reason, "the usual value is 0.9")?;
                weight_decay
            }
        };
        let valid = weight_decay >= 0.0 && weight_decay.is_finite();
        let reason = "it must be a number of at least 0";
        require("weight decay", weight_decay, valid, reason, "0 for none; the usual value is 1e-4")
    }
}

/// The optimiser and those settings that are not PyTorch's defaults.
impl fmt::Display for Optimizer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, settings) = match *self {
            Self::Adam { beta1, beta2, epsilon, weight_decay } => (
                "Adam",
                [
                    (beta1, 0.9, "beta1"),
                    (beta2, 0.999, "beta2"),
                    (epsilon, 1e-8, "epsilon"),
                    (weight_decay, 0.0, "weight decay"),
                ],
            ),
            Self::AdamW { beta1, beta2, epsilon, weight_decay } => (
                "AdamW",
                [
                    (beta1, 0.9, "beta1"),
                    (beta2, 0.999, "beta2"),
                    (epsilon, 1e-8, "epsilon"),
                    (weight_decay, 1e-2, "weight decay"),
                ],
            ),
            Self::Sgd { momentum, nesterov, weight_decay } => {
                let name = if nesterov { "Nesterov momentum" } else { "momentum" };
                let none = (0.0, 0.0, "");
                ("SGD", [(momentum, 0.0, name), (weight_decay, 0.0, "weight decay"), none, none])
            }
        };
        f.write_str(name)?;
        for (value, default, what) in settings {
            if value != default {
                write!(f, ", {what} {value}")?;
            }
        }
        Ok(())
    }
}
