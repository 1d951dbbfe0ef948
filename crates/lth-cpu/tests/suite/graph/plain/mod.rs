//! A whole network in plain loops and 64-bit floats: forward, backward and a step, layer after layer as the formulas say.
//!
//! Activations are `[example][feature]`, features row-major as in the architecture. Nothing here is shared with the engine.

mod dropout;
mod loss;
mod norm;
mod optimizer;
mod pass;
mod windows;

use dropout::Factors;
pub(crate) use loss::{loss, total_loss};
pub(crate) use optimizer::Settings;
pub(crate) use pass::{Mode, Noise, Pass};

use std::collections::BTreeMap;

use lth_model::{Architecture, Masks, Op, Pruned, Seed, Tensor, Tensors};

/// Values by tensor name.
pub(crate) type Values = BTreeMap<String, Vec<f64>>;

/// A network with its parameters, running statistics, masks and the optimiser's memory.
#[derive(Debug, Clone)]
pub(crate) struct Plain {
    pub(crate) architecture: Architecture,
    /// Parameters and running statistics.
    pub(crate) values: Values,
    /// Memory of the optimiser, by the names of [`lth_model::OptimizerState`].
    pub(crate) moments: Values,
    pub(crate) updates: u64,
    /// What is added to every layer's result, to see how far rounding can carry; none in a reference.
    noise: Option<Noise>,
    masks: Masks,
    /// Decides what dropout drops in steps; without it nothing is dropped.
    dropout: Option<Seed>,
}

impl Plain {
    pub(crate) fn new(architecture: &Architecture, weights: &Tensors, masks: &Masks) -> Self {
        architecture.check().unwrap();
        let widen = |(name, tensor): (&String, &Tensor)| {
            (name.clone(), tensor.data().iter().map(|&value| f64::from(value)).collect())
        };
        let mut values: Values = weights.iter().map(widen).collect();
        for (name, mask) in masks {
            keep(mask, values.get_mut(name).unwrap());
        }
        Self {
            architecture: architecture.clone(),
            values,
            moments: Values::new(),
            updates: 0,
            noise: None,
            masks: masks.clone(),
            dropout: None,
        }
    }

    /// The same network, with dropout in steps.
    pub(crate) fn with_dropout(self, seed: Seed) -> Self {
        Self { dropout: Some(seed), ..self }
    }

    /// Other masks; the memory of pruned weights is dropped, and they are zero or stay as they are.
    pub(crate) fn set_masks(&mut self, masks: &Masks, pruned: Pruned) {
        for (name, mask) in masks {
            if pruned == Pruned::Zero {
                keep(mask, self.values.get_mut(name).unwrap());
            }
            let moments = self.moments.iter_mut().filter(|(moment, _)| moment.starts_with(name));
            moments.for_each(|(_, moment)| keep(mask, moment));
        }
        self.masks = masks.clone();
    }

    /// The same network, whose results are off by noise.
    pub(crate) fn noisy(&self, noise: Noise) -> Self {
        Self { noise: Some(noise), ..self.clone() }
    }

    fn parameter(&self, node: usize, suffix: &str) -> &[f64] {
        &self.values[&self.name(node, suffix)]
    }

    fn name(&self, node: usize, suffix: &str) -> String {
        format!("{}.{suffix}", self.architecture.nodes[node].name)
    }

    /// The network's outputs, `[example][class]`.
    pub(crate) fn logits(&self, inputs: &[f64], mode: Mode) -> Vec<f64> {
        self.forward(inputs, mode).outputs.pop().unwrap()
    }

    /// Gradients of the mean loss of a batch, of all weights as if none were pruned.
    pub(crate) fn gradients(&self, inputs: &[f64], labels: &[u16], mode: Mode, smoothing: f64) -> Values {
        let pass = self.forward(inputs, mode);
        let (_, slope) = loss(pass.outputs.last().unwrap(), labels, smoothing);
        self.backward(&pass, slope)
    }

    /// Gradients of kept weights: zero for the others.
    pub(crate) fn live(&self, mut gradients: Values) -> Values {
        for (name, mask) in &self.masks {
            keep(mask, gradients.get_mut(name).unwrap());
        }
        gradients
    }

    /// The forward pass of the next step.
    pub(crate) fn forward_in_training(&self, inputs: &[f64], examples: usize, settings: &Settings) -> Pass {
        let factors = self.dropout.map_or_else(Factors::new, |seed| self.draw(seed, examples));
        self.forward_with(inputs, settings.mode(), factors)
    }

    /// One update; gives the sum of the losses before it.
    pub(crate) fn step(&mut self, inputs: &[f64], labels: &[u16], settings: &Settings) -> f64 {
        let mode = settings.mode();
        let pass = self.forward_in_training(inputs, labels.len(), settings);
        let (loss_sum, slope) = loss(pass.outputs.last().unwrap(), labels, settings.smoothing);
        let gradients = self.backward(&pass, slope);
        self.update(self.live(gradients), settings);
        if mode == Mode::Training {
            self.move_running_statistics(&pass);
        }
        loss_sum
    }

    /// Running statistics become the plain average of those of each batch.
    pub(crate) fn reestimate_batch_norm<'a>(&mut self, batches: impl Iterator<Item = &'a [f64]>) {
        let (mut sums, mut count) = (Values::new(), 0.0);
        for inputs in batches {
            count += 1.0;
            for (node, statistics) in self.forward(inputs, Mode::Training).statistics {
                for (suffix, found) in
                    [("running_mean", &statistics.mean), ("running_var", &statistics.unbiased)]
                {
                    let sum = sums.entry(self.name(node, suffix)).or_insert_with(|| vec![0.0; found.len()]);
                    sum.iter_mut().zip(found).for_each(|(sum, value)| *sum += value);
                }
            }
        }
        for (name, sum) in sums {
            self.values.insert(name, sum.into_iter().map(|sum| sum / count).collect());
        }
    }

    fn move_running_statistics(&mut self, pass: &Pass) {
        for (&node, statistics) in &pass.statistics {
            let Op::BatchNorm { momentum, .. } = self.architecture.nodes[node].op else {
                unreachable!("only batch norms have statistics")
            };
            for (suffix, batch) in [("running_mean", &statistics.mean), ("running_var", &statistics.unbiased)]
            {
                let name = self.name(node, suffix);
                for (running, new) in self.values.get_mut(&name).unwrap().iter_mut().zip(batch) {
                    *running += f64::from(momentum) * (new - *running);
                }
            }
        }
    }
}

/// Sets pruned values to zero.
fn keep(mask: &lth_model::Mask, values: &mut [f64]) {
    for (value, kept) in values.iter_mut().zip(mask.flags()) {
        if !kept {
            *value = 0.0;
        }
    }
}
