//! Architectures as data: named layers in a small graph, compiled by engines.

use crate::{Density, Masks};

/// The dimensions of one example's activations: `[features]` or `[channels, height, width]`.
pub type Shape = Vec<usize>;

/// The place of a node in its architecture; a node may only use earlier ones.
pub type NodeId = usize;

/// What a node does.
#[derive(Debug, Clone, PartialEq)]
pub enum Op {
    /// The examples; always node 0.
    Input,
    /// All dimensions into one, row-major.
    Flatten,
    /// `y = W x + b`, W is [out, in].
    Linear {
        /// Inputs.
        inputs: usize,
        /// Outputs.
        outputs: usize,
        /// Whether there is a bias.
        bias: bool,
    },
    /// `max(x, 0)`.
    Relu,
    /// Zeroes a fraction of the activations in training and scales the others by `1 / (1 - rate)`.
    Dropout {
        /// The fraction zeroed.
        rate: f32,
    },
}

/// A named layer and what it reads.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// The layer's name, as in PyTorch: `fc1`.
    pub name: String,
    /// What it does.
    pub op: Op,
    /// The nodes whose outputs it reads.
    pub inputs: Vec<NodeId>,
    /// The shape of its output, one example.
    pub shape: Shape,
}

/// What kind of parameter a tensor is; decides what is pruned and at which rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ParameterKind {
    /// Weight of a linear layer.
    Linear,
    /// Weight of the last layer.
    Output,
    /// A bias: never pruned, not counted in density.
    Bias,
}

impl ParameterKind {
    /// Whether it is a weight that masks may cover and that density counts.
    pub fn is_prunable(self) -> bool {
        self != Self::Bias
    }
}

/// A tensor that is trained.
#[derive(Debug, Clone, PartialEq)]
pub struct Parameter {
    /// Its name, as in PyTorch's state dict: `fc1.weight`.
    pub name: String,
    /// Its dimensions.
    pub shape: Vec<usize>,
    /// What it is.
    pub kind: ParameterKind,
    /// The node that owns it.
    pub node: NodeId,
}

/// A network, as data. The last node gives the logits.
#[derive(Debug, Clone, PartialEq)]
pub struct Architecture {
    /// The model's name: `lenet-300-100`.
    pub name: String,
    /// The layers, in order of evaluation; node 0 is the input.
    pub nodes: Vec<Node>,
}

impl Architecture {
    /// The trained tensors, in order.
    pub fn parameters(&self) -> Vec<Parameter> {
        let last = self.nodes.iter().rposition(|node| matches!(node.op, Op::Linear { .. }));
        let mut parameters = Vec::new();
        for (id, node) in self.nodes.iter().enumerate() {
            if let Op::Linear { inputs, outputs, bias } = node.op {
                parameters.push(Parameter {
                    name: format!("{}.weight", node.name),
                    shape: vec![outputs, inputs],
                    kind: if Some(id) == last { ParameterKind::Output } else { ParameterKind::Linear },
                    node: id,
                });
                if bias {
                    parameters.push(Parameter {
                        name: format!("{}.bias", node.name),
                        shape: vec![outputs],
                        kind: ParameterKind::Bias,
                        node: id,
                    });
                }
            }
        }
        parameters
    }

    /// Values an example has at the input.
    pub fn input_features(&self) -> usize {
        self.nodes[0].shape.iter().product()
    }

    /// The number of classes.
    pub fn classes(&self) -> usize {
        self.nodes.last().map_or(0, |node| node.shape.iter().product())
    }

    /// The number of weights that density counts (no biases).
    pub fn weight_count(&self) -> usize {
        self.parameters()
            .iter()
            .filter(|p| p.kind.is_prunable())
            .map(|p| p.shape.iter().product::<usize>())
            .sum()
    }

    /// The number of all trained values, biases included.
    pub fn parameter_count(&self) -> usize {
        self.parameters().iter().map(|p| p.shape.iter().product::<usize>()).sum()
    }

    /// The fraction of weights that these masks keep; weights without a mask are kept.
    pub fn density(&self, masks: &Masks) -> Density {
        let (mut live, mut total) = (0, 0);
        for parameter in self.parameters().iter().filter(|p| p.kind.is_prunable()) {
            let count = parameter.shape.iter().product::<usize>();
            total += count;
            live += masks.get(&parameter.name).map_or(count, crate::Mask::live);
        }
        Density::of(live, total)
    }
}
