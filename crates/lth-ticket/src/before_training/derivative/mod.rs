//! Exact gradients, and how they change along a direction of the weights, in 64-bit floats and for any architecture.
//!
//! An engine gives gradients in 32 bits. Two scores need more: GraSP the product of Hessian and gradient, SynFlow a range
//! beyond 32 bits (a product over all layers: 1e106 for ResNet-110). Here a backward pass is done on dual numbers, whose
//! tangents are the product, to rounding (Pearlmutter 1994). A difference quotient of two gradients is no substitute in
//! networks of ReLUs, see [`super::Grasp`].
//!
//! Activations are `[channel][example][place]`, so that a layer is one product of matrices for all examples.

mod backward;
mod convolution;
mod dual;
mod forward;
mod inputs;
mod norm;
mod objective;
mod pool;
mod taps;

use indexmap::IndexMap;
use lth_model::{Architecture, EngineError, Masks, NodeId, Op, Tensors};

use crate::rewind;
use dual::Duals;

pub(super) use inputs::inputs;
pub(super) use objective::Objective;

/// Values by parameter name.
pub(super) type Values = IndexMap<String, Vec<f64>>;

/// Which derivative is collected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Order {
    /// The gradient.
    First,
    /// Its change along the direction.
    Second,
}

/// What batch normalisations normalise by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Statistics {
    /// The batch's own mean and variance, as in training.
    Batch,
    /// The running ones, as in evaluation.
    Running,
}

/// A network in 64 bits; pruned weights are zero.
pub(super) struct Network<'a> {
    architecture: &'a Architecture,
    /// Parameters and running statistics; the direction is the tangent.
    values: IndexMap<String, Duals>,
    statistics: Statistics,
}

impl<'a> Network<'a> {
    pub(super) fn new(
        architecture: &'a Architecture,
        weights: &Tensors,
        masks: &Masks,
        statistics: Statistics,
    ) -> Result<Self, EngineError> {
        architecture.check_tensors(weights)?;
        architecture.check_masks(masks)?;
        let wide = |data: &[f32]| Duals::constant(data.iter().copied().map(f64::from).collect());
        let values = rewind(weights, masks);
        let values = values.into_iter().map(|(name, tensor)| (name, wide(tensor.data()))).collect();
        Ok(Self { architecture, values, statistics })
    }

    /// Replaces every value by its magnitude, those of running statistics too.
    pub(super) fn rectify(&mut self) {
        for values in self.values.values_mut() {
            values.value.iter_mut().for_each(|value| *value = value.abs());
        }
    }

    /// The gradient of the objective on a batch, as [`inputs()`] gives it, with respect to all parameters.
    pub(super) fn gradient(&self, inputs: Vec<f64>, examples: usize, objective: Objective<'_>) -> Values {
        self.derivative(inputs, examples, objective, Order::First)
    }

    /// The objective's Hessian times a direction: the change of the gradient along it. Parameters that the direction does
    /// not name stay where they are.
    pub(super) fn hessian_product(
        &self,
        inputs: Vec<f64>,
        examples: usize,
        objective: Objective<'_>,
    ) -> Values {
        self.derivative(inputs, examples, objective, Order::Second)
    }

    /// Sets the direction of [`Self::hessian_product`].
    pub(super) fn set_direction(&mut self, direction: Values) {
        for (name, direction) in direction {
            self.values[&name].tangent = direction;
        }
    }

    fn derivative(
        &self,
        inputs: Vec<f64>,
        examples: usize,
        objective: Objective<'_>,
        order: Order,
    ) -> Values {
        let outputs = self.forward(inputs, examples);
        let logits = outputs.last().expect("a network has nodes");
        let slope = objective.slope(logits, examples);
        self.backward(outputs, slope, examples, order)
    }

    /// Whether a node gives the examples themselves: no parameter is before it.
    fn is_data(&self, node: NodeId) -> bool {
        let node = &self.architecture.nodes[node];
        match node.op {
            Op::Input => true,
            Op::Flatten | Op::Dropout { .. } => self.is_data(node.inputs[0]),
            _ => false,
        }
    }

    fn parameter(&self, node: NodeId, suffix: &str) -> &Duals {
        &self.values[&self.name(node, suffix)]
    }

    fn name(&self, node: NodeId, suffix: &str) -> String {
        format!("{}.{suffix}", self.architecture.nodes[node].name)
    }

    fn norm(&self, node: NodeId, epsilon: f32) -> norm::Norm<'_> {
        let values = |suffix| self.parameter(node, suffix).value.as_slice();
        norm::Norm {
            channels: self.architecture.nodes[node].shape[0],
            epsilon: f64::from(epsilon),
            weight: values("weight"),
            bias: values("bias"),
            running: ["running_mean", "running_var"].map(values),
            statistics: self.statistics,
        }
    }
}

/// Height and width of a map; of features one place.
fn map_of(shape: &[usize]) -> [usize; 2] {
    if let [_, height, width] = *shape { [height, width] } else { [1, 1] }
}

fn places_of(shape: &[usize]) -> usize {
    map_of(shape).into_iter().product()
}

#[cfg(test)]
mod tests;
