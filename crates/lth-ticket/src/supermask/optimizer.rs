//! Updates of scores: the arithmetic of PyTorch's SGD, Adam and AdamW.

use lth_model::Optimizer;

/// The names of the moments that an optimiser keeps, as PyTorch calls them.
pub(super) fn moment_names(optimizer: Optimizer) -> &'static [&'static str] {
    match optimizer {
        Optimizer::Sgd { momentum: 0.0, .. } => &[],
        Optimizer::Sgd { .. } => &["momentum_buffer"],
        Optimizer::Adam { .. } | Optimizer::AdamW { .. } => &["exp_avg", "exp_avg_sq"],
    }
}

/// One update of scores by their gradient, the `updates`-th, from 1.
pub(super) fn update(
    optimizer: Optimizer,
    updates: u64,
    rate: f32,
    scores: &mut [f32],
    moments: &mut [Vec<f32>],
    gradient: &[f32],
) {
    match (optimizer, moments) {
        (Optimizer::Sgd { weight_decay, .. }, []) => {
            for (score, &g) in scores.iter_mut().zip(gradient) {
                *score -= rate * (g + weight_decay * *score);
            }
        }
        (Optimizer::Sgd { momentum, nesterov, weight_decay }, [velocities, ..]) => {
            for ((score, &g), velocity) in scores.iter_mut().zip(gradient).zip(velocities) {
                let g = g + weight_decay * *score;
                *velocity = momentum * *velocity + g;
                *score -= rate * if nesterov { g + momentum * *velocity } else { *velocity };
            }
        }
        (
            Optimizer::Adam { beta1, beta2, epsilon, weight_decay }
            | Optimizer::AdamW { beta1, beta2, epsilon, weight_decay },
            [first, second, ..],
        ) => {
            let decoupled = matches!(optimizer, Optimizer::AdamW { .. });
            let correction = |beta: f32| 1.0 - libm::pow(f64::from(beta), updates as f64);
            let step = (f64::from(rate) / correction(beta1)) as f32;
            let root = correction(beta2).sqrt() as f32;
            for (((score, &g), m), v) in scores.iter_mut().zip(gradient).zip(first).zip(second) {
                let g = if decoupled {
                    *score -= rate * weight_decay * *score;
                    g
                } else {
                    g + weight_decay * *score
                };
                *m = beta1 * *m + (1.0 - beta1) * g;
                *v = beta2 * *v + (1.0 - beta2) * g * g;
                *score -= step * *m / (v.sqrt() / root + epsilon);
            }
        }
        (Optimizer::Adam { .. } | Optimizer::AdamW { .. }, _) => {
            unreachable!("moments are made by `moment_names`")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Scores after three steps from [0.5, -1] under gradients [0.1, -0.2], [0.3, 0.1], [-0.2, 0.4] at rate 0.1.
    fn three_steps(optimizer: Optimizer) -> [f32; 2] {
        let mut scores = [0.5, -1.0];
        let mut moments = vec![vec![0.0; 2]; moment_names(optimizer).len()];
        for (step, gradient) in [[0.1, -0.2], [0.3, 0.1], [-0.2, 0.4]].iter().enumerate() {
            update(optimizer, step as u64 + 1, 0.1, &mut scores, &mut moments, gradient);
        }
        scores
    }

    #[test]
    fn equals_pytorch() {
        // The same three steps by torch.optim 2.
        let sgd = |momentum, nesterov, weight_decay| Optimizer::Sgd { momentum, nesterov, weight_decay };
        let adam = Optimizer::Adam { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weight_decay: 0.01 };
        for (optimizer, expected) in [
            (sgd(0.0, false, 0.01), [0.478_551_48, -1.027_033]),
            (sgd(0.9, false, 0.01), [0.433_165_37, -0.999_260_78]),
            (sgd(0.9, true, 0.0), [0.422_309_99, -1.034_32]),
            (adam, [0.280_387_7, -0.910_847_13]),
            (Optimizer::ADAMW, [0.281_224_67, -0.916_329_03]),
        ] {
            let found = three_steps(optimizer);
            for (found, expected) in found.into_iter().zip(expected) {
                assert!((found - expected as f32).abs() < 2e-7, "{optimizer}: {found}, {expected}");
            }
        }
    }
}
