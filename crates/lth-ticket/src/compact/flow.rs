//! What flows through a pruned network: which units change with the input, and which are read.

use lth_model::{Architecture, Masks, Node, Op, Tensors, Window};

/// What is known of every unit (a feature, or a channel of a map) of every node's output.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Flow {
    /// The value of a unit that is the same for every input, by node and unit; `None` where it changes.
    pub(crate) constants: Vec<Vec<Option<f64>>>,
    /// Whether the network's outputs change with a unit, constants counted as part of what reads them.
    pub(crate) needed: Vec<Vec<bool>>,
}

/// A weight matrix as connections: [out, in] with the places of a kernel between.
pub(crate) struct Connections<'a> {
    values: &'a [f32],
    live: Vec<bool>,
    pub(crate) outputs: usize,
    pub(crate) inputs: usize,
    taps: usize,
}

impl Connections<'_> {
    /// The live values from one unit to another: one in a linear layer, one for each live place of a kernel.
    pub(crate) fn between(&self, output: usize, input: usize) -> impl Iterator<Item = f64> + '_ {
        let from = (output * self.inputs + input) * self.taps;
        (from..from + self.taps).filter(|&index| self.live[index]).map(|index| f64::from(self.values[index]))
    }

    /// Whether there is any.
    pub(crate) fn connected(&self, output: usize, input: usize) -> bool {
        self.between(output, input).next().is_some()
    }
}

/// The weight of a layer, if it has one.
pub(crate) fn connections<'a>(node: &Node, weights: &'a Tensors, masks: &Masks) -> Option<Connections<'a>> {
    let (inputs, outputs, taps) = match node.op {
        Op::Linear { inputs, outputs, .. } => (inputs, outputs, 1),
        Op::Conv2d { inputs, outputs, window: Window { kernel, .. }, .. } => {
            (inputs, outputs, kernel[0] * kernel[1])
        }
        _ => return None,
    };
    let name = format!("{}.weight", node.name);
    let values = weights[&name].data();
    let live = masks.get(&name).map_or_else(|| vec![true; values.len()], |mask| mask.flags().collect());
    Some(Connections { values, live, outputs, inputs, taps })
}

/// A vector of a layer; `None` where it has none of this name.
pub(crate) fn vector<'a>(node: &Node, name: &str, weights: &'a Tensors) -> Option<&'a [f32]> {
    weights.get(&format!("{}.{name}", node.name)).map(lth_model::Tensor::data)
}

/// How many units a node gives: features, or channels.
pub(crate) fn units(node: &Node) -> usize {
    node.shape[0]
}

/// The unit of a flattened map that a feature belongs to.
pub(crate) fn channel_of_feature(map: &Node, feature: usize) -> usize {
    let places: usize = map.shape[1..].iter().product();
    feature / places.max(1)
}

/// Whether a layer may read a constant through its bias: not where padding puts zeros beside it.
pub(crate) fn folds(op: &Op, constant: f64) -> bool {
    match op {
        Op::Linear { .. } => true,
        Op::Conv2d { window, .. } => constant == 0.0 || window.padding == [0, 0],
        _ => false,
    }
}

impl Flow {
    /// Follows weights and masks through the network, forth and back. Batch normalisation is that of evaluation.
    pub(crate) fn of(architecture: &Architecture, weights: &Tensors, masks: &Masks) -> Self {
        let nodes = &architecture.nodes;
        let mut constants: Vec<Vec<Option<f64>>> = Vec::with_capacity(nodes.len());
        for node in nodes {
            let constant = forth(architecture, node, &constants, weights, masks);
            constants.push(constant);
        }
        let mut needed: Vec<Vec<bool>> = nodes.iter().map(|node| vec![false; units(node)]).collect();
        if let Some(last) = needed.last_mut() {
            last.fill(true);
        }
        for place in (0..nodes.len()).rev() {
            reads(architecture, place, &constants, weights, masks, &mut needed);
        }
        Self { constants, needed }
    }
}

/// The constants among the units of a node, from those of the nodes that it reads.
fn forth(
    architecture: &Architecture,
    node: &Node,
    before: &[Vec<Option<f64>>],
    weights: &Tensors,
    masks: &Masks,
) -> Vec<Option<f64>> {
    let read = |input: usize| &before[node.inputs[input]];
    match &node.op {
        Op::Input => vec![None; units(node)],
        Op::Flatten => {
            let map = &architecture.nodes[node.inputs[0]];
            (0..units(node)).map(|feature| read(0)[channel_of_feature(map, feature)]).collect()
        }
        Op::Linear { .. } | Op::Conv2d { .. } => {
            let connections = connections(node, weights, masks).expect("these layers have weights");
            let bias = vector(node, "bias", weights);
            (0..connections.outputs)
                .map(|output| {
                    let mut value = bias.map_or(0.0, |bias| f64::from(bias[output]));
                    for input in 0..connections.inputs {
                        if connections.connected(output, input) {
                            let constant = read(0)[input].filter(|&constant| folds(&node.op, constant))?;
                            value += connections.between(output, input).sum::<f64>() * constant;
                        }
                    }
                    Some(value)
                })
                .collect()
        }
        Op::BatchNorm { epsilon, .. } => {
            let of = |name| vector(node, name, weights).expect("a batch normalisation has all four");
            let (weight, bias) = (of("weight"), of("bias"));
            let (mean, variance) = (of("running_mean"), of("running_var"));
            let norm = |(channel, value): (usize, &Option<f64>)| {
                let [weight, bias, mean, variance] =
                    [weight, bias, mean, variance].map(|values| f64::from(values[channel]));
                let deviation = (variance + f64::from(*epsilon)).sqrt();
                value.map(|value| weight * (value - mean) / deviation + bias)
            };
            read(0).iter().enumerate().map(norm).collect()
        }
        Op::Relu => read(0).iter().map(|value| value.map(|value| value.max(0.0))).collect(),
        Op::AveragePool { window } => {
            let stays = |value: &f64| *value == 0.0 || window.padding == [0, 0];
            read(0).iter().map(|value| value.filter(stays)).collect()
        }
        Op::MaxPool { .. } | Op::GlobalAveragePool | Op::Dropout { .. } => read(0).clone(),
        Op::Add => read(0).iter().zip(read(1)).map(|(a, b)| Some((*a)? + (*b)?)).collect(),
    }
}

/// Marks the units that a node reads.
fn reads(
    architecture: &Architecture,
    place: usize,
    constants: &[Vec<Option<f64>>],
    weights: &Tensors,
    masks: &Masks,
    read: &mut [Vec<bool>],
) {
    let node = &architecture.nodes[place];
    let wanted = read[place].clone();
    match &node.op {
        Op::Input => (),
        Op::Flatten => {
            let map = &architecture.nodes[node.inputs[0]];
            for feature in (0..wanted.len()).filter(|&feature| wanted[feature]) {
                read[node.inputs[0]][channel_of_feature(map, feature)] = true;
            }
        }
        Op::Linear { .. } | Op::Conv2d { .. } => {
            let connections = connections(node, weights, masks).expect("these layers have weights");
            let source = node.inputs[0];
            for input in 0..connections.inputs {
                let folded = constants[source][input].is_some_and(|constant| folds(&node.op, constant));
                let is_read = || {
                    (0..connections.outputs).any(|output| {
                        wanted[output]
                            && constants[place][output].is_none()
                            && connections.connected(output, input)
                    })
                };
                if !folded && !read[source][input] && is_read() {
                    read[source][input] = true;
                }
            }
        }
        Op::BatchNorm { .. }
        | Op::Relu
        | Op::MaxPool { .. }
        | Op::AveragePool { .. }
        | Op::GlobalAveragePool
        | Op::Dropout { .. }
        | Op::Add => {
            for &source in &node.inputs {
                for unit in (0..wanted.len()).filter(|&unit| wanted[unit]) {
                    read[source][unit] = true;
                }
            }
        }
    }
}
