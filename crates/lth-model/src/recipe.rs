//! How a network is trained.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{BiasInit, InitScheme, ParseError, Step};

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
}

/// The factor on the learning rate over training.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(tag = "name", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Schedule {
    /// The same rate throughout.
    #[default]
    Constant,
}

impl Schedule {
    /// The factor on the rate at an iteration (0 is the first).
    pub fn factor(&self, _iteration: u64, _per_epoch: u64) -> f64 {
        match self {
            Self::Constant => 1.0,
        }
    }
}

/// How training images are varied, anew for each example and epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Augmentation {
    /// A random crop of the image's own size after padding with this many black pixels on every side; 0 for none.
    pub crop_padding: u8,
    /// Whether half of the images are mirrored, left to right.
    pub horizontal_flip: bool,
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// Everything that training needs besides architecture, data and seed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recipe {
    /// Examples a batch.
    pub batch_size: usize,
    /// How long one training is.
    pub length: Step,
    /// The learning rate before the schedule.
    pub learning_rate: f32,
    /// The optimiser.
    pub optimizer: Optimizer,
    /// The schedule of the rate.
    #[serde(default)]
    pub schedule: Schedule,
    /// Fraction of the target that is spread over all classes (Szegedy et al. 2016); 0 for none.
    #[serde(default, skip_serializing_if = "is_default")]
    pub label_smoothing: f32,
    /// The largest Euclidean norm of the gradient of all parameters together; a longer gradient is shortened to it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gradient_clip: Option<f32>,
    /// How training images are varied.
    #[serde(default, skip_serializing_if = "is_default")]
    pub augmentation: Augmentation,
    /// How weights are drawn.
    pub init: InitScheme,
    /// How biases are drawn.
    pub bias_init: BiasInit,
}

impl Recipe {
    /// Checks that every setting has a meaning: a batch and a length that are not 0, a positive finite rate, and an
    /// optimiser whose settings are in their ranges.
    ///
    /// # Errors
    /// Names the first setting that is out of its range, its value and the range.
    pub fn check(&self) -> Result<(), ParseError> {
        require(
            "batch size",
            self.batch_size,
            self.batch_size > 0,
            "it must be at least 1",
            "the papers train LeNet with --batch-size 60",
        )?;
        require(
            "length",
            self.length,
            !self.length.is_zero(),
            "it must be longer than 0",
            "give epochs or iterations: 50ep, 500it, 2ep100it",
        )?;
        require(
            "learning rate",
            self.learning_rate,
            self.learning_rate > 0.0 && self.learning_rate.is_finite(),
            "it must be a positive number",
            "the papers train LeNet with --learning-rate 0.0012",
        )?;
        require(
            "label smoothing",
            self.label_smoothing,
            (0.0..1.0).contains(&self.label_smoothing),
            "it must be at least 0 and below 1",
            "0 is none, the usual value is 0.1",
        )?;
        if let Some(norm) = self.gradient_clip {
            let valid = norm > 0.0 && norm.is_finite();
            require("gradient clip", norm, valid, "it must be a positive number", "leave it out for none")?;
        }
        self.optimizer.check()
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

fn require(
    what: &'static str,
    value: impl fmt::Display,
    valid: bool,
    reason: &str,
    hint: &str,
) -> Result<(), ParseError> {
    if valid {
        return Ok(());
    }
    Err(ParseError { what, value: value.to_string(), reason: reason.to_owned(), hint: hint.to_owned() })
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

impl fmt::Display for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Constant => f.write_str("constant"),
        }
    }
}

/// One line: `50ep of batches of 60, Adam, learning rate 0.0012 (constant), weights glorot-normal, biases zero`.
impl fmt::Display for Recipe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { batch_size, length, learning_rate, optimizer, schedule, init, bias_init, .. } = self;
        write!(
            f,
            "{length} of batches of {batch_size}, {optimizer}, learning rate {learning_rate} ({schedule}), weights {init}, biases {bias_init}"
        )
    }
}
