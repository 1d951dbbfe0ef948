//! The parameters of a stage.

use lth_model::{Tensor, Tensors};

use crate::{
    layers::{conv::layer::Conv, linear::Linear, norm::Norm},
    network::names::Names,
    parameters::stored::Part,
};

/// What a stage with parameters has.
pub(crate) enum Layer {
    Conv(Box<Conv>),
    Linear(Box<Linear>),
    Norm(Box<Norm>),
}

/// The layer of a stage under its name.
pub(crate) struct Named {
    pub(crate) names: Names,
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
        to.insert(format!("{}{suffix}", self.names.weight), weight);
        if let Some(bias) = bias {
            to.insert(format!("{}{suffix}", self.names.bias), bias);
        }
    }

    /// Puts other values in the place of the layer's, which fit; false where weights are pruned.
    pub(crate) fn replace(&mut self, weights: &Tensors) -> bool {
        let Names { weight, bias, running: [mean, variance] } = &self.names;
        let (weight, bias) = (&weights[weight], weights.get(bias));
        match &mut self.layer {
            Layer::Conv(conv) => conv.replace(weight, bias),
            Layer::Linear(linear) => linear.replace(weight, bias),
            Layer::Norm(norm) => {
                let bias = bias.expect("a batch normalisation has a bias");
                norm.replace([weight, bias], [&weights[mean], &weights[variance]]);
                true
            }
        }
    }

    /// Running statistics, where there are any.
    pub(crate) fn export_running(&self, to: &mut Tensors) {
        if let Layer::Norm(norm) = &self.layer {
            let [mean, variance] = norm.running();
            to.insert(self.names.running[0].clone(), mean);
            to.insert(self.names.running[1].clone(), variance);
        }
    }
}
