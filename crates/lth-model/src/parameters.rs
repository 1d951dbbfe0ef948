//! The tensors of an architecture: what is trained, what is prunable, what is only kept.

use crate::{Architecture, NodeId, Op};

/// What kind of parameter a tensor is; decides what is pruned and at which rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ParameterKind {
    /// Weight of a convolution.
    Conv,
    /// Weight of a 1x1 projection on a residual shortcut, see [`Architecture::is_shortcut`]. The papers count it in density
    /// and do not prune it.
    Shortcut,
    /// Weight of a linear layer.
    Linear,
    /// Weight of the last layer.
    Output,
    /// A bias: never pruned, not counted in density.
    Bias,
    /// The factor of a batch normalisation: never pruned, not counted in density.
    NormWeight,
    /// The shift of a batch normalisation: never pruned, not counted in density.
    NormBias,
}

impl ParameterKind {
    /// Whether it is a weight that masks may cover and that density counts.
    pub fn is_prunable(self) -> bool {
        matches!(self, Self::Conv | Self::Shortcut | Self::Linear | Self::Output)
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

/// A running statistic of a batch normalisation: kept with the weights, not trained.
#[derive(Debug, Clone, PartialEq)]
pub struct RunningStatistic {
    /// Its name, as in PyTorch's state dict: `bn1.running_mean`.
    pub name: String,
    /// Its dimensions.
    pub shape: Vec<usize>,
    /// What it is before training: 0 for a mean, 1 for a variance.
    pub initial: f32,
    /// The node that owns it.
    pub node: NodeId,
}

impl Architecture {
    /// The trained tensors, in order.
    pub fn parameters(&self) -> Vec<Parameter> {
        let last =
            self.nodes.iter().rposition(|node| matches!(node.op, Op::Linear { .. } | Op::Conv2d { .. }));
        let mut parameters = Vec::new();
        for (id, node) in self.nodes.iter().enumerate() {
            let mut push = |suffix: &str, shape: Vec<usize>, kind: ParameterKind| {
                parameters.push(Parameter { name: format!("{}.{suffix}", node.name), shape, kind, node: id });
            };
            let of_layer = |kind| if Some(id) == last { ParameterKind::Output } else { kind };
            match node.op {
                Op::Linear { inputs, outputs, bias } => {
                    push("weight", vec![outputs, inputs], of_layer(ParameterKind::Linear));
                    if bias {
                        push("bias", vec![outputs], ParameterKind::Bias);
                    }
                }
                Op::Conv2d { inputs, outputs, window, bias } => {
                    let [height, width] = window.kernel;
                    let kind =
                        if self.is_shortcut(id) { ParameterKind::Shortcut } else { ParameterKind::Conv };
                    push("weight", vec![outputs, inputs, height, width], of_layer(kind));
                    if bias {
                        push("bias", vec![outputs], ParameterKind::Bias);
                    }
                }
                Op::BatchNorm { channels, .. } => {
                    push("weight", vec![channels], ParameterKind::NormWeight);
                    push("bias", vec![channels], ParameterKind::NormBias);
                }
                _ => {}
            }
        }
        parameters
    }

    /// The running statistics of batch normalisations, in order. They are stored, rewound and loaded with the weights.
    pub fn running_statistics(&self) -> Vec<RunningStatistic> {
        let mut statistics = Vec::new();
        for (id, node) in self.nodes.iter().enumerate() {
            if let Op::BatchNorm { channels, .. } = node.op {
                for (suffix, initial) in [("running_mean", 0.0), ("running_var", 1.0)] {
                    let name = format!("{}.{suffix}", node.name);
                    statistics.push(RunningStatistic { name, shape: vec![channels], initial, node: id });
                }
            }
        }
        statistics
    }

    /// The names of all that a state dict holds, in its order: parameters, each batch normalisation's running statistics
    /// after its own.
    pub fn state_names(&self) -> Vec<String> {
        let parameters = self.parameters().into_iter().map(|parameter| (parameter.node, parameter.name));
        let statistics =
            self.running_statistics().into_iter().map(|statistic| (statistic.node, statistic.name));
        let mut names: Vec<_> = parameters.chain(statistics).collect();
        names.sort_by_key(|(node, _)| *node);
        names.into_iter().map(|(_, name)| name).collect()
    }
}
