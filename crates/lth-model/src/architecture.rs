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
    /// A two-dimensional convolution (cross-correlation, as in PyTorch), W is [out, in, kernel height, kernel width].
    Conv2d {
        /// Channels read.
        inputs: usize,
        /// Channels given.
        outputs: usize,
        /// Kernel, stride and padding.
        window: Window,
        /// Whether there is a bias.
        bias: bool,
    },
    /// Batch normalisation of each channel, or of each feature (Ioffe and Szegedy 2015):
    /// `y = weight (x - mean) / sqrt(variance + epsilon) + bias`.
    ///
    /// In training, mean and biased variance are those of the batch, and the running statistics move by `momentum` towards
    /// the batch's mean and unbiased variance; in evaluation the running statistics are used.
    BatchNorm {
        /// Channels.
        channels: usize,
        /// How far a step moves the running statistics: 0.1.
        momentum: f32,
        /// Added to the variance: 1e-5.
        epsilon: f32,
    },
    /// `max(x, 0)`.
    Relu,
    /// The largest value of each window; padding never wins.
    MaxPool {
        /// Kernel, stride and padding.
        window: Window,
    },
    /// The mean of each window, padding counted as zeros (PyTorch's `count_include_pad`).
    AveragePool {
        /// Kernel, stride and padding.
        window: Window,
    },
    /// The mean of each channel, [channels, h, w] to [channels].
    GlobalAveragePool,
    /// The sum of two inputs of the same shape: a residual connection.
    Add,
    /// Zeroes a fraction of the activations in training and scales the others by `1 / (1 - rate)`.
    Dropout {
        /// The fraction zeroed.
        rate: f32,
    },
}

/// How a kernel moves over a map: [vertical, horizontal].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Window {
    /// Height and width of the kernel.
    pub kernel: [usize; 2],
    /// From one place to the next.
    pub stride: [usize; 2],
    /// Zeros (for a maximum: nothing) around the map, on each side.
    pub padding: [usize; 2],
}

impl Window {
    /// A square kernel with the same stride and padding in both directions.
    pub const fn square(kernel: usize, stride: usize, padding: usize) -> Self {
        Self { kernel: [kernel; 2], stride: [stride; 2], padding: [padding; 2] }
    }

    /// The map that remains of a map of this height and width: `(size + 2 padding - kernel) / stride + 1`, rounded down;
    /// `None` where the kernel does not fit.
    pub fn output(&self, map: [usize; 2]) -> Option<[usize; 2]> {
        let side = |axis: usize| {
            let room = (map[axis] + 2 * self.padding[axis]).checked_sub(self.kernel[axis])?;
            Some(room.checked_div(self.stride[axis])? + 1)
        };
        Some([side(0)?, side(1)?])
    }
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
    /// Weight of a convolution.
    Conv,
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
        matches!(self, Self::Conv | Self::Linear | Self::Output)
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
                    push("weight", vec![outputs, inputs, height, width], of_layer(ParameterKind::Conv));
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
