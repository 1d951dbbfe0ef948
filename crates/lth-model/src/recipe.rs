//! How a network is trained.

use serde::{Deserialize, Serialize};

use crate::{BiasInit, InitScheme, Step};

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
    /// How weights are drawn.
    pub init: InitScheme,
    /// How biases are drawn.
    pub bias_init: BiasInit,
}
