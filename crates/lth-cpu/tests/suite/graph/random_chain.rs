//! Random small chains of linear layers, as numbers that shrink.

use lth_model::{Architecture, Op};
use proptest::prelude::*;

use crate::graph::net::Net;

/// A linear layer with what surrounds it.
#[derive(Debug, Clone)]
pub(crate) struct Layer {
    /// Of the last layer, classes.
    outputs: usize,
    bias: bool,
    /// Of the layer's input.
    dropout: Option<f32>,
    /// After the layer, but the last.
    relu: bool,
}

/// Linear layers one after the other.
#[derive(Debug, Clone)]
pub(crate) struct Chain {
    inputs: usize,
    layers: Vec<Layer>,
}

fn layer() -> impl Strategy<Value = Layer> {
    let dropout = prop_oneof![3 => Just(None), 1 => (0.0..0.7f32).prop_map(Some)];
    let relu = prop_oneof![4 => Just(true), 1 => Just(false)];
    (2..=45usize, any::<bool>(), dropout, relu).prop_map(|(outputs, bias, dropout, relu)| Layer {
        outputs,
        bias,
        dropout,
        relu,
    })
}

pub(crate) fn chain() -> impl Strategy<Value = Chain> {
    (1..=70usize, proptest::collection::vec(layer(), 1..=3))
        .prop_map(|(inputs, layers)| Chain { inputs, layers })
}

impl Chain {
    pub(crate) fn architecture(&self) -> Architecture {
        let mut net = Net::new("chain", &[self.inputs]);
        let mut last = 0;
        for (number, layer) in self.layers.iter().enumerate() {
            if let Some(rate) = layer.dropout {
                last = net.push(&format!("dropout{number}"), Op::Dropout { rate }, &[last]);
            }
            last = net.linear(&format!("fc{number}"), last, layer.outputs, layer.bias);
            if layer.relu && number + 1 < self.layers.len() {
                last = net.push(&format!("relu{number}"), Op::Relu, &[last]);
            }
        }
        net.build()
    }
}
