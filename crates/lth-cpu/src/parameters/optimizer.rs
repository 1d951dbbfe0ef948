//! From an optimiser's settings to the rule of one step.

use lth_model::Optimizer;

use crate::kernels::update::{Adam, Momentum, Sgd, UpdateRule};

/// What is to be done with the rule of a step, whichever it is.
pub(crate) trait WithRule {
    /// Does it.
    fn with<R: UpdateRule>(self, rule: R);
}

/// Calls `then` with the rule of update number `update`, 1 being the first.
pub(crate) fn with_rule(optimizer: Optimizer, update: u64, rate: f32, then: impl WithRule) {
    match optimizer {
        Optimizer::Adam { beta1, beta2, epsilon, weight_decay } => {
            then.with(Adam { l2: weight_decay, ..adam(beta1, beta2, epsilon, rate, update) });
        }
        Optimizer::AdamW { beta1, beta2, epsilon, weight_decay } => {
            let shrink = (1.0 - f64::from(rate) * f64::from(weight_decay)) as f32;
            then.with(Adam { shrink, ..adam(beta1, beta2, epsilon, rate, update) });
        }
        Optimizer::Sgd { momentum: 0.0, weight_decay, .. } => then.with(Sgd { rate, l2: weight_decay }),
        Optimizer::Sgd { momentum, nesterov, weight_decay } => {
            then.with(Momentum { rate, l2: weight_decay, decay: momentum, nesterov });
        }
    }
}

fn adam(beta1: f32, beta2: f32, epsilon: f32, rate: f32, update: u64) -> Adam {
    let correction = |beta: f32| 1.0 - libm::pow(f64::from(beta), update as f64);
    Adam {
        one_minus_beta1: (1.0 - f64::from(beta1)) as f32,
        beta2,
        one_minus_beta2: (1.0 - f64::from(beta2)) as f32,
        epsilon,
        step_size: (f64::from(rate) / correction(beta1)) as f32,
        root_correction: (1.0 / correction(beta2).sqrt()) as f32,
        l2: 0.0,
        shrink: 1.0,
    }
}
