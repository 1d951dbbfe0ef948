//! A network without what is dead in it, giving the same outputs.

use indexmap::IndexMap;
use lth_model::{Architecture, Hint, Mask, Masks, Node, NodeId, Op, Tensor, Tensors};
use thiserror::Error;

use super::flow::{Flow, channel_of_feature, connections, folds, units, vector};

/// A network that is smaller and gives the same outputs.
#[derive(Debug, Clone, PartialEq)]
pub struct Compact {
    /// The smaller network; layers have their names, some a bias that they had not.
    pub architecture: Architecture,
    /// Its weights, biases and running statistics.
    pub weights: Tensors,
    /// Its masks.
    pub masks: Masks,
    /// What became of the units of each layer with weights.
    pub layers: Vec<CompactLayer>,
}

/// What became of the units of a layer: its features, or channels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CompactLayer {
    /// Its name.
    pub name: String,
    /// Units before.
    pub units: usize,
    /// Units that are kept.
    pub kept: usize,
}

/// Why a network cannot be made smaller.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum CompactError {
    /// Pruned weights that are not zero take part in every output.
    #[error("pruned weight {index} of '{name}' is {value}, not zero")]
    Frozen {
        /// The weight's tensor.
        name: String,
        /// Its flat index.
        index: usize,
        /// Its value, as text.
        value: String,
    },
}

impl Hint for CompactError {
    fn hint(&self) -> Option<String> {
        let Self::Frozen { .. } = self;
        Some("weights frozen at values (mask-0 actions other than zero) cannot be left out".to_owned())
    }
}

/// Leaves out units that no live weight leads to or from, and the channels that feed only such units; through batch
/// normalisations, pools, residual sums and flattening.
///
/// The outputs in evaluation are the same for every input, up to the order of sums: a unit without live inputs has one value for all
/// inputs (its bias; after batch normalisation by its running statistics), which is added to the biases of the layers that read it,
/// computed in 64 bits. Where that is not exact (a value other than zero, read by a convolution with padding) the unit stays. Units of a
/// residual sum go only together. Inputs and classes stay, and each layer keeps one unit at least. In training the smaller
/// network is another: batch normalisation of a constant unit then gives something else.
///
/// # Errors
/// When pruned weights are not zero.
pub fn compact(
    architecture: &Architecture,
    weights: &Tensors,
    masks: &Masks,
) -> Result<Compact, CompactError> {
    for (name, mask) in masks {
        let Some(tensor) = weights.get(name) else { continue };
        let frozen = tensor.data().iter().zip(mask.flags()).position(|(value, live)| !live && *value != 0.0);
        if let Some(index) = frozen {
            let value = tensor.data()[index].to_string();
            return Err(CompactError::Frozen { name: name.clone(), index, value });
        }
    }
    let flow = Flow::of(architecture, weights, masks);
    let kept = kept_units(architecture, &flow);
    let cut = Cut { weights, masks, flow: &flow, kept: &kept };
    let mut small = Compact {
        architecture: Architecture { name: format!("{}-compact", architecture.name), nodes: Vec::new() },
        weights: Tensors::new(),
        masks: Masks::new(),
        layers: Vec::new(),
    };
    for (place, node) in architecture.nodes.iter().enumerate() {
        cut.node(place, node, &mut small);
    }
    Ok(small)
}

/// Which units of each node stay. Units that can only go together have one class.
fn kept_units(architecture: &Architecture, flow: &Flow) -> Vec<Vec<bool>> {
    let mut classes = Classes::default();
    for node in &architecture.nodes {
        let own = match &node.op {
            Op::Input | Op::Linear { .. } | Op::Conv2d { .. } => classes.fresh(units(node)),
            Op::Flatten => {
                let map = &architecture.nodes[node.inputs[0]];
                let of = &classes.of[node.inputs[0]];
                (0..units(node)).map(|feature| of[channel_of_feature(map, feature)]).collect()
            }
            Op::Add => {
                let [left, right] = [0, 1].map(|input| classes.of[node.inputs[input]].clone());
                for (a, b) in left.iter().zip(&right) {
                    classes.join(*a, *b);
                }
                left
            }
            _ => classes.of[node.inputs[0]].clone(),
        };
        classes.of.push(own);
    }
    let mut stays = vec![false; classes.parent.len()];
    for (place, node) in architecture.nodes.iter().enumerate() {
        for unit in 0..units(node) {
            if flow.needed[place][unit] || node.op == Op::Input {
                stays[classes.root(classes.of[place][unit])] = true;
            }
        }
    }
    for of_node in &classes.of {
        if of_node.iter().all(|&class| !stays[classes.root(class)]) {
            stays[classes.root(of_node[0])] = true;
        }
    }
    let kept = |of_node: &Vec<usize>| of_node.iter().map(|&class| stays[classes.root(class)]).collect();
    classes.of.iter().map(kept).collect()
}

/// Units that go together, as a forest.
#[derive(Default)]
struct Classes {
    of: Vec<Vec<usize>>,
    parent: Vec<usize>,
}

impl Classes {
    fn fresh(&mut self, count: usize) -> Vec<usize> {
        let from = self.parent.len();
        self.parent.extend(from..from + count);
        (from..from + count).collect()
    }

    fn root(&self, mut class: usize) -> usize {
        while self.parent[class] != class {
            class = self.parent[class];
        }
        class
    }

    fn join(&mut self, a: usize, b: usize) {
        let (a, b) = (self.root(a), self.root(b));
        self.parent[b] = a;
    }
}

/// A network and what stays of it.
struct Cut<'a> {
    weights: &'a Tensors,
    masks: &'a Masks,
    flow: &'a Flow,
    kept: &'a [Vec<bool>],
}

impl Cut<'_> {
    /// The places of the units that stay.
    fn units(&self, place: NodeId) -> Vec<usize> {
        self.kept[place].iter().enumerate().filter(|(_, kept)| **kept).map(|(unit, _)| unit).collect()
    }

    fn node(&self, place: NodeId, node: &Node, small: &mut Compact) {
        let own = self.units(place);
        let mut shape = node.shape.clone();
        shape[0] = own.len();
        let mut op = node.op.clone();
        match &mut op {
            Op::Linear { inputs, outputs, bias } | Op::Conv2d { inputs, outputs, bias, .. } => {
                let read = self.units(node.inputs[0]);
                (*inputs, *outputs) = (read.len(), own.len());
                *bias = self.layer(place, node, &own, &read, small);
                small.layers.push(CompactLayer {
                    name: node.name.clone(),
                    units: units(node),
                    kept: own.len(),
                });
            }
            Op::BatchNorm { channels, .. } => {
                *channels = own.len();
                for name in ["weight", "bias", "running_mean", "running_var"] {
                    if let Some(values) = vector(node, name, self.weights) {
                        let data: Vec<f32> = own.iter().map(|&unit| values[unit]).collect();
                        small
                            .weights
                            .insert(format!("{}.{name}", node.name), Tensor::new(vec![own.len()], data));
                    }
                }
            }
            _ => (),
        }
        small.architecture.nodes.push(Node {
            op,
            shape,
            name: node.name.clone(),
            inputs: node.inputs.clone(),
        });
    }

    /// The value that a layer takes from its bias instead of reading this unit. A unit that nothing needs may still be
    /// there, as the last of its layer or for a residual sum; what it then gives is not its value.
    fn constant(&self, node: &Node, input: usize) -> Option<f64> {
        let source = node.inputs[0];
        let constant = self.flow.constants[source][input].filter(|_| !self.flow.needed[source][input]);
        constant.filter(|&constant| folds(&node.op, constant))
    }

    /// The weight, mask and bias of a smaller layer; whether it has a bias.
    fn layer(&self, place: NodeId, node: &Node, own: &[usize], read: &[usize], small: &mut Compact) -> bool {
        let name = format!("{}.weight", node.name);
        let tensor = &self.weights[&name];
        let (outputs, inputs) = (tensor.shape()[0], tensor.shape()[1]);
        let taps = tensor.len() / (outputs * inputs).max(1);
        let mask = self.masks.get(&name);
        let (mut data, mut flags) = (Vec::new(), Vec::new());
        for &output in own {
            let wanted = self.flow.needed[place][output];
            for &input in read {
                let is_read = wanted && self.constant(node, input).is_none();
                let from = (output * inputs + input) * taps;
                for index in from..from + taps {
                    let live = is_read && mask.is_none_or(|mask| mask.is_live(index));
                    data.push(if live { tensor.data()[index] } else { 0.0 });
                    flags.push(live);
                }
            }
        }
        let mut shape = tensor.shape().to_vec();
        (shape[0], shape[1]) = (own.len(), read.len());
        small.masks.insert(name.clone(), Mask::from_flags(shape.clone(), flags));
        small.weights.insert(name, Tensor::new(shape, data));

        let bias = vector(node, "bias", self.weights);
        let folded = self.folded(place, node, own);
        if bias.is_none() && folded.values().all(|value| *value == 0.0) {
            return false;
        }
        let value = |&output: &usize| {
            let own = bias.map_or(0.0, |bias| f64::from(bias[output]));
            (own + folded.get(&output).copied().unwrap_or(0.0)) as f32
        };
        let data = own.iter().map(value).collect();
        small.weights.insert(format!("{}.bias", node.name), Tensor::new(vec![own.len()], data));
        true
    }

    /// What units that are not read any more gave to each unit that stays: the same for every input.
    fn folded(&self, place: NodeId, node: &Node, own: &[usize]) -> IndexMap<usize, f64> {
        let connections = connections(node, self.weights, self.masks).expect("it has weights");
        let mut folded = IndexMap::new();
        for input in 0..connections.inputs {
            let Some(constant) = self.constant(node, input).filter(|&constant| constant != 0.0) else {
                continue;
            };
            for &output in own.iter().filter(|&&output| self.flow.needed[place][output]) {
                *folded.entry(output).or_insert(0.0) +=
                    connections.between(output, input).sum::<f64>() * constant;
            }
        }
        folded
    }
}
