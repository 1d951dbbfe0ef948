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
    /// The mean of each channel, `[channels, h, w]` to `[channels]`.
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

/// A network, as data. The last node gives the logits.
#[derive(Debug, Clone, PartialEq)]
pub struct Architecture {
    /// The model's name: `lenet-300-100`.
    pub name: String,
    /// The layers, in order of evaluation; node 0 is the input.
    pub nodes: Vec<Node>,
}

impl Architecture {
    /// Values an example has at the input.
    pub fn input_features(&self) -> usize {
        self.nodes[0].shape.iter().product()
    }

    /// The number of classes.
    pub fn classes(&self) -> usize {
        self.nodes.last().map_or(0, |node| node.shape.iter().product())
    }

    /// The first batch normalisation that sees a single value a channel in a batch of this many examples, by its name: in
    /// training it has no variance there, and PyTorch refuses the batch.
    pub fn norm_of_one_value(&self, examples: usize) -> Option<&str> {
        let one = |node: &&Node| {
            let values = examples * node.shape.iter().skip(1).product::<usize>();
            matches!(node.op, Op::BatchNorm { .. }) && values < 2
        };
        self.nodes.iter().find(one).map(|node| &*node.name)
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
