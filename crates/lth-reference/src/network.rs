//! A network of any architecture in 64-bit floats: forward and backward, and how gradients change along a direction of the
//! weights.
//!
//! A backward pass on dual numbers has the product of Hessian and direction as its tangents, to rounding (Pearlmutter 1994).
//!
//! Activations are `[channel][example][place]`, so that a layer is one product of matrices for all examples.

use indexmap::IndexMap;
use lth_model::{Architecture, EngineError, Masks, NodeId, Op, Tensors};

use crate::{dropout::Factors, dual::Duals, forward::Pass, noise::Noise, norm::Norm, objective::Objective};

/// Values by parameter name.
pub type Values = IndexMap<String, Vec<f64>>;

/// Which derivative is collected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    /// The gradient.
    First,
    /// Its change along the direction.
    Second,
}

/// What batch normalisations normalise by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Statistics {
    /// The batch's own mean and variance, as in training.
    Batch,
    /// The running ones, as in evaluation.
    Running,
}

/// A network in 64 bits.
#[derive(Debug, Clone)]
pub struct Network {
    pub(crate) architecture: Architecture,
    /// Parameters and running statistics; the direction is the tangent.
    values: IndexMap<String, Duals>,
    pub(crate) statistics: Statistics,
    /// What is added to every layer's result, to see how far rounding can carry; none in a reference.
    pub(crate) noise: Option<Noise>,
}

impl Network {
    /// A network with these weights; pruned ones become zero.
    ///
    /// # Errors
    /// When weights or masks do not fit the architecture.
    pub fn new(
        architecture: &Architecture,
        weights: &Tensors,
        masks: &Masks,
        statistics: Statistics,
    ) -> Result<Self, EngineError> {
        architecture.check_tensors(weights)?;
        architecture.check_masks(masks)?;
        let wide = |(name, tensor): (&String, &lth_model::Tensor)| {
            let mut values: Vec<f64> = tensor.data().iter().copied().map(f64::from).collect();
            if let Some(mask) = masks.get(name) {
                clear_pruned(mask, &mut values);
            }
            (name.clone(), Duals::constant(values))
        };
        let values = weights.iter().map(wide).collect();
        Ok(Self { architecture: architecture.clone(), values, statistics, noise: None })
    }

    /// Replaces every value by its magnitude, those of running statistics too.
    pub fn rectify(&mut self) {
        for values in self.values.values_mut() {
            values.value.iter_mut().for_each(|value| *value = value.abs());
        }
    }

    /// Which statistics batch normalisations go by from here on.
    pub fn normalise_by(&mut self, statistics: Statistics) {
        self.statistics = statistics;
    }

    /// The logits of a batch, as [`crate::inputs()`] gives it: `[class][example]`.
    pub fn logits(&self, inputs: Vec<f64>, examples: usize) -> Vec<f64> {
        self.forward(inputs, examples, Factors::new()).logits().value.clone()
    }

    /// The gradient of the objective on a batch, as [`crate::inputs()`] gives it, with respect to all parameters.
    pub fn gradient(&self, inputs: Vec<f64>, examples: usize, objective: Objective<'_>) -> Values {
        self.derivative(inputs, examples, objective, Order::First)
    }

    /// The objective's Hessian times a direction: the change of the gradient along it. Parameters that the direction does
    /// not name stay where they are.
    pub fn hessian_product(&self, inputs: Vec<f64>, examples: usize, objective: Objective<'_>) -> Values {
        self.derivative(inputs, examples, objective, Order::Second)
    }

    /// Sets the direction of [`Self::hessian_product`].
    pub fn set_direction(&mut self, direction: Values) {
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
        let pass = self.forward(inputs, examples, Factors::new());
        self.derivative_of(pass, examples, objective, order)
    }

    /// The gradient of what a pass gave, or its change.
    pub(crate) fn derivative_of(
        &self,
        pass: Pass,
        examples: usize,
        objective: Objective<'_>,
        order: Order,
    ) -> Values {
        let slope = objective.slope(pass.logits(), examples);
        self.backward(pass, slope, examples, order)
    }

    /// Parameters and running statistics.
    pub fn values(&self) -> impl Iterator<Item = (&String, &[f64])> {
        self.values.iter().map(|(name, values)| (name, values.value.as_slice()))
    }

    /// A parameter or running statistic, to change.
    ///
    /// # Panics
    /// When there is none of this name.
    pub fn value_mut(&mut self, name: &str) -> &mut [f64] {
        &mut self.values[name].value
    }

    pub(crate) fn planes_mut(&mut self) -> impl Iterator<Item = &mut Vec<f64>> {
        self.values.values_mut().map(|values| &mut values.value)
    }

    /// Whether a node gives the examples themselves: no parameter is before it.
    pub(crate) fn is_data(&self, node: NodeId) -> bool {
        let node = &self.architecture.nodes[node];
        match node.op {
            Op::Input => true,
            Op::Flatten | Op::Dropout { .. } => self.is_data(node.inputs[0]),
            _ => false,
        }
    }

    pub(crate) fn parameter(&self, node: NodeId, suffix: &str) -> &Duals {
        &self.values[&self.name(node, suffix)]
    }

    pub(crate) fn name(&self, node: NodeId, suffix: &str) -> String {
        format!("{}.{suffix}", self.architecture.nodes[node].name)
    }

    pub(crate) fn norm(&self, node: NodeId, epsilon: f32) -> Norm<'_> {
        let values = |suffix| self.parameter(node, suffix).value.as_slice();
        Norm {
            channels: self.architecture.nodes[node].shape[0],
            epsilon: f64::from(epsilon),
            weight: values("weight"),
            bias: values("bias"),
            running: ["running_mean", "running_var"].map(values),
            statistics: self.statistics,
            noise: self.noise.map(|noise| noise.of(node)),
        }
    }
}

/// Sets pruned values to zero.
pub(crate) fn clear_pruned(mask: &lth_model::Mask, values: &mut [f64]) {
    values.iter_mut().zip(mask.flags()).filter(|(_, kept)| !kept).for_each(|(value, _)| *value = 0.0);
}

/// Height and width of a map; of features one place.
pub(crate) fn map_of(shape: &[usize]) -> [usize; 2] {
    if let [_, height, width] = *shape { [height, width] } else { [1, 1] }
}

/// Values of a channel in one example.
pub(crate) fn places_of(shape: &[usize]) -> usize {
    shape.iter().skip(1).product()
}
