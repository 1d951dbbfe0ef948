//! The method `grasp`.

use lth_model::Tensors;
use lth_reference::{Network, Objective, Statistics, Values, inputs};

use super::{BeforeTraining, BeforeTrainingContext, BeforeTrainingError};

/// What logits are divided by in the authors' code.
pub const GRASP_TEMPERATURE: f64 = 200.0;

/// Keeps weights whose removal would make the gradient shortest: `w (H g)`, H the Hessian of the loss (Wang et al. 2020,
/// gradient signal preservation: of `-w H g` the highest are pruned).
///
/// H and g are those of the mean cross-entropy of `softmax(logits / T)` over [`BeforeTrainingContext::examples`], T being
/// [`BeforeTrainingContext::grasp_temperature`], with respect to all kept prunable weights together; biases and batch normalisations have no part in g. Batches are of the
/// recipe's size, batch normalisation by the batch as in training, no dropout.
///
/// The product is exact, by a backward pass on numbers with derivatives in 64 bits; the largest difference from PyTorch's
/// double backward pass in 64 bits, over weights of three networks, is 1e-7 of the largest score, which is the rounding
/// to 32 bits. The difference of two gradients a small step apart, which needs no more than an engine's gradients, was
/// measured too and is no approximation in networks of ReLUs: a step that 32 bits resolve moves units across zero, each of
/// which adds a jump that H does not have, divided by the step. On LeNet-300-100 the best of eight steps (from 0.00001 to
/// 0.1 of the length of the weights) is off by 52 % of the scores' length and picks 53 % of the same best tenth; on a
/// small convolutional network 93 % and 44 %, with batch normalisation 92 % and 41 %.
#[derive(Debug, Clone, Copy)]
pub struct Grasp;

impl BeforeTraining for Grasp {
    fn name(&self) -> &'static str {
        "grasp"
    }

    fn description(&self) -> &'static str {
        "keeps weights that preserve the length of the gradient"
    }

    fn formula(&self) -> &'static str {
        "w (H g)"
    }

    fn paper(&self) -> &'static str {
        "Wang et al. 2020"
    }

    fn needs_data(&self) -> bool {
        true
    }

    fn scores(&self, context: &BeforeTrainingContext<'_>) -> Result<Tensors, BeforeTrainingError> {
        let indices = context.examples()?;
        let BeforeTrainingContext { architecture, weights, masks, data, .. } = *context;
        let mut network = Network::new(architecture, weights, masks, Statistics::Batch)?;
        let shape = &architecture.nodes[0].shape;
        let batches = indices.chunks(context.batch_size());
        let steps = 2.0 * batches.len() as f64;
        let mut gradient = Values::new();
        for (step, batch) in batches.clone().enumerate() {
            let labels = labels(context, batch);
            let objective = objective(&labels, context, indices.len());
            add(
                &mut gradient,
                network.gradient(inputs(data.train.examples(), batch, shape)?, batch.len(), objective),
            );
            context.done((step + 1) as f64 / steps)?;
        }
        network.set_direction(kept(context, gradient));
        let mut product = Values::new();
        for (step, batch) in batches.enumerate() {
            let labels = labels(context, batch);
            let objective = objective(&labels, context, indices.len());
            add(
                &mut product,
                network.hessian_product(inputs(data.train.examples(), batch, shape)?, batch.len(), objective),
            );
            context.done(0.5 + (step + 1) as f64 / steps)?;
        }
        context.weighted(self.name(), &product, |score| score)
    }
}

fn labels(context: &BeforeTrainingContext<'_>, batch: &[u32]) -> Vec<u16> {
    batch.iter().map(|&index| context.data.train.examples().labels[index as usize]).collect()
}

fn objective<'a>(labels: &'a [u16], context: &BeforeTrainingContext<'_>, examples: usize) -> Objective<'a> {
    Objective::Loss { labels, temperature: context.grasp_temperature, smoothing: 0.0, examples }
}

fn add(sum: &mut Values, terms: Values) {
    for (name, terms) in terms {
        match sum.get_mut(&name) {
            Some(sum) => sum.iter_mut().zip(terms).for_each(|(sum, term)| *sum += term),
            None => drop(sum.insert(name, terms)),
        }
    }
}

/// The gradient of kept prunable weights alone.
fn kept(context: &BeforeTrainingContext<'_>, mut gradient: Values) -> Values {
    let mut direction = Values::new();
    for parameter in context.architecture.parameters().into_iter().filter(|p| p.kind.is_prunable()) {
        let mut values = gradient.swap_remove(&parameter.name).unwrap_or_default();
        if let Some(mask) = context.masks.get(&parameter.name) {
            values.iter_mut().zip(mask.flags()).filter(|(_, kept)| !kept).for_each(|(value, _)| *value = 0.0);
        }
        direction.insert(parameter.name, values);
    }
    direction
}
