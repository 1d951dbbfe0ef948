//! One update of every parameter, as PyTorch's optimisers define it.

use lth_model::Optimizer;

use super::{Mode, Plain, Values, keep};

/// How a step is made.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Settings {
    pub(crate) optimizer: Optimizer,
    pub(crate) rate: f64,
    pub(crate) smoothing: f64,
    /// Largest norm of all gradients together.
    pub(crate) clip: Option<f64>,
    /// Whether batch norms use their running statistics, and leave them.
    pub(crate) frozen_norm: bool,
}

impl Settings {
    pub(crate) fn new(optimizer: Optimizer, rate: f32) -> Self {
        Self { optimizer, rate: f64::from(rate), smoothing: 0.0, clip: None, frozen_norm: false }
    }

    /// Which statistics batch norms use in a step.
    pub(crate) fn mode(&self) -> Mode {
        if self.frozen_norm { Mode::Evaluation } else { Mode::Training }
    }
}

/// What the engine adds to gradients so that moments do not end as subnormal numbers.
const TINY: f64 = 1e-20;

impl Plain {
    /// Gradients are those of kept weights, and zero for the others. Pruned weights stay as they are, without memory.
    pub(super) fn update(&mut self, mut gradients: Values, settings: &Settings) {
        if let Some(largest) = settings.clip {
            let norm = gradients.values().flatten().map(|g| g * g).sum::<f64>().sqrt();
            let factor = (largest / (norm + 1e-6)).min(1.0);
            gradients.values_mut().flatten().for_each(|g| *g *= factor);
        }
        if self.noise.is_some() {
            // No weight can resolve it but one that is exactly zero, which may decide a ReLU whose input is exactly zero.
            gradients.values_mut().flatten().for_each(|g| *g += TINY);
        }
        self.updates += 1;
        let before = self.values.clone();
        for (name, gradient) in gradients {
            match settings.optimizer {
                Optimizer::Sgd { momentum, nesterov, weight_decay } => {
                    let (momentum, weight_decay) = (f64::from(momentum), f64::from(weight_decay));
                    let mut buffer = self.moment(&name, "momentum_buffer", gradient.len());
                    let weight = self.values.get_mut(&name).unwrap();
                    for ((w, g), b) in weight.iter_mut().zip(gradient).zip(&mut buffer) {
                        let g = g + weight_decay * *w;
                        *b = momentum * *b + g;
                        *w -= settings.rate * if nesterov { g + momentum * *b } else { *b };
                    }
                    if momentum != 0.0 {
                        self.moments.insert(format!("{name}.momentum_buffer"), buffer);
                    }
                }
                Optimizer::Adam { beta1, beta2, epsilon, weight_decay } => {
                    self.adam(&name, &gradient, [beta1, beta2, epsilon, weight_decay, 0.0], settings.rate);
                }
                Optimizer::AdamW { beta1, beta2, epsilon, weight_decay } => {
                    self.adam(&name, &gradient, [beta1, beta2, epsilon, 0.0, weight_decay], settings.rate);
                }
            }
        }
        for (name, mask) in &self.masks {
            let values = self.values.get_mut(name).unwrap().iter_mut().zip(&before[name]);
            values
                .zip(mask.flags())
                .filter(|(_, kept)| !kept)
                .for_each(|((value, before), _)| *value = *before);
            let moments = self.moments.iter_mut().filter(|(moment, _)| moment.starts_with(name));
            moments.for_each(|(_, moment)| keep(mask, moment));
        }
    }

    /// Settings: both betas, epsilon, decay in the gradient, decay of the weight.
    fn adam(&mut self, name: &str, gradient: &[f64], settings: [f32; 5], rate: f64) {
        let [beta1, beta2, epsilon, l2, shrink] = settings.map(f64::from);
        let mut first = self.moment(name, "exp_avg", gradient.len());
        let mut second = self.moment(name, "exp_avg_sq", gradient.len());
        let corrections = [beta1, beta2].map(|beta| 1.0 - beta.powf(self.updates as f64));
        let weight = self.values.get_mut(name).unwrap();
        for (((w, g), m), v) in weight.iter_mut().zip(gradient).zip(&mut first).zip(&mut second) {
            *w -= rate * shrink * *w;
            let g = g + l2 * *w;
            *m = beta1 * *m + (1.0 - beta1) * g;
            *v = beta2 * *v + (1.0 - beta2) * g * g;
            *w -= rate * (*m / corrections[0]) / ((*v / corrections[1]).sqrt() + epsilon);
        }
        self.moments.insert(format!("{name}.exp_avg"), first);
        self.moments.insert(format!("{name}.exp_avg_sq"), second);
    }

    fn moment(&self, name: &str, moment: &str, len: usize) -> Vec<f64> {
        self.moments.get(&format!("{name}.{moment}")).cloned().unwrap_or_else(|| vec![0.0; len])
    }
}
