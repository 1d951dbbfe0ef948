//! The parameters of a stage.

use lth_model::{Tensor, Tensors};

use super::norm::Norm;
use crate::{conv::layer::Conv, linear::Linear, stored::Part};

/// What a stage with parameters has.
pub(crate) enum Layer {
    Conv(Box<Conv>),
    Linear(Box<Linear>),
    Norm(Box<Norm>),
}

/// The layer of a stage under its name.
pub(crate) struct Named {
    pub(crate) name: String,
    pub(crate) layer: Layer,
}

impl Named {
    /// Values or moments, as `name.weight`, `name.bias`, with a suffix.
    pub(crate) fn export(&self, part: Part, suffix: &str, to: &mut Tensors) {
        let (weight, bias): (Tensor, Option<Tensor>) = match &self.layer {
            Layer::Conv(conv) => (conv.weight(part), conv.bias(part)),
            Layer::Linear(linear) => (linear.weight(part), linear.bias(part)),
            Layer::Norm(norm) => {
                let [weight, bias] = norm.tensors(part);
                (weight, Some(bias))
            }
        };
        to.insert(format!("{}.weight{suffix}", self.name), weight);
        if let Some(bias) = bias {
            to.insert(format!("{}.bias{suffix}", self.name), bias);
        }
    }

    /// Puts other values in the place of the layer's, which fit; false where weights are pruned.
    pub(crate) fn replace(&mut self, weights: &Tensors) -> bool {
        let tensor = |suffix: &str| weights.get(&format!("{}.{suffix}", self.name));
        let given = |suffix: &str| tensor(suffix).expect("the tensors were checked");
        let (weight, bias) = (given("weight"), tensor("bias"));
        match &mut self.layer {
            Layer::Conv(conv) => conv.replace(weight, bias),
            Layer::Linear(linear) => linear.replace(weight, bias),
            Layer::Norm(norm) => {
                norm.replace([weight, given("bias")], [given("running_mean"), given("running_var")]);
                true
            }
        }
    }

    /// Running statistics, where there are any.
    pub(crate) fn export_running(&self, to: &mut Tensors) {
        if let Layer::Norm(norm) = &self.layer {
            let [mean, variance] = norm.running();
            to.insert(format!("{}.running_mean", self.name), mean);
            to.insert(format!("{}.running_var", self.name), variance);
        }
    }
}
