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

    /// Running statistics, where there are any.
    pub(crate) fn export_running(&self, to: &mut Tensors) {
        if let Layer::Norm(norm) = &self.layer {
            let [mean, variance] = norm.running();
            to.insert(format!("{}.running_mean", self.name), mean);
            to.insert(format!("{}.running_var", self.name), variance);
        }
    }
}
