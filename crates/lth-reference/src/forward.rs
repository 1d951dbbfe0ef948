//! From the input to the logits.

use std::collections::BTreeMap;

use lth_model::{NodeId, Op, Window};

use crate::{
    convolution::Convolution,
    dropout::Factors,
    dual::Duals,
    network::{Network, Statistics, map_of, places_of},
    noise::{self, margin},
    norm::BatchStatistics,
    pool::Pool,
};

/// What a forward pass leaves.
pub(crate) struct Pass {
    /// Of every node; empty where the way back does not need it.
    pub(crate) outputs: Vec<Duals>,
    /// Of every batch normalisation that goes by the batch.
    pub(crate) statistics: BTreeMap<NodeId, BatchStatistics>,
    /// How close a choice was, in the unit of the layer's largest magnitude: the smallest non-zero input of a ReLU, the
    /// smallest lead of a window's maximum over another value.
    pub(crate) margin: f64,
    pub(crate) factors: Factors,
}

impl Pass {
    /// `[class][example]`.
    pub(crate) fn logits(&self) -> &Duals {
        self.outputs.last().expect("a network has nodes")
    }

    /// What a dropout makes of its input, or of the gradient of its output.
    pub(crate) fn dropped(&self, id: NodeId, x: &Duals) -> Duals {
        match self.factors.get(&id) {
            Some(factors) => {
                x.map(|plane| plane.iter().zip(factors).map(|(value, factor)| value * factor).collect())
            }
            None => x.clone(),
        }
    }
}

impl Network {
    /// Forward, with dropout where there are factors.
    pub(crate) fn forward(&self, inputs: Vec<f64>, examples: usize, factors: Factors) -> Pass {
        let nodes = &self.architecture.nodes;
        let mut pass = Pass {
            outputs: vec![Duals::constant(inputs)],
            statistics: BTreeMap::new(),
            margin: f64::INFINITY,
            factors,
        };
        for (id, node) in nodes.iter().enumerate().skip(1) {
            let mut y = self.forward_node(id, &mut pass, examples);
            let exact = matches!(node.op, Op::Flatten | Op::Relu | Op::Dropout { .. } | Op::MaxPool { .. });
            if let Some(noise) = self.noise.filter(|_| !exact) {
                noise.of(id).add(noise::Result::Output, &mut y.value);
            }
            pass.outputs.push(y);
            // Its own output says where a ReLU passed; nobody else reads what it read.
            let read = node.inputs[0];
            let only = nodes.iter().filter(|other| other.inputs.contains(&read)).count() == 1;
            if node.op == Op::Relu && only && !matches!(nodes[read].op, Op::Relu) {
                pass.outputs[read] = Duals::default();
            }
        }
        pass
    }

    fn forward_node(&self, id: NodeId, pass: &mut Pass, examples: usize) -> Duals {
        let node = &self.architecture.nodes[id];
        let x = &pass.outputs[node.inputs[0]];
        let shape = &self.architecture.nodes[node.inputs[0]].shape;
        match node.op {
            Op::Input => unreachable!("only node 0 is an input"),
            Op::Dropout { .. } => pass.dropped(id, x),
            Op::Flatten => x.map(|x| exchange(x, shape[0], examples, places_of(shape))),
            Op::Relu => {
                pass.margin = pass.margin.min(margin(x.value.iter().copied(), &x.value));
                let through = |plane: &[f64]| {
                    plane.iter().zip(&x.value).map(|(v, &x)| if x > 0.0 { *v } else { 0.0 }).collect()
                };
                x.map(through)
            }
            Op::Add => {
                let mut sum = x.clone();
                sum.add(&pass.outputs[node.inputs[1]]);
                sum
            }
            Op::Linear { bias, .. } | Op::Conv2d { bias, .. } => {
                let layer = Convolution::of(&self.architecture, id, examples).expect("a layer with weights");
                let bias = bias.then(|| &*self.parameter(id, "bias").value);
                layer.forward(x, self.parameter(id, "weight"), bias)
            }
            Op::BatchNorm { epsilon, .. } => {
                let norm = self.norm(id, epsilon);
                if self.statistics == Statistics::Batch {
                    pass.statistics.insert(id, norm.batch_statistics(x));
                }
                norm.forward(x)
            }
            Op::MaxPool { window } => {
                let pool = Pool::new(window, map_of(shape));
                pass.margin = pass.margin.min(margin(pool.leads(&x.value).into_iter(), &x.value));
                pool.max(x)
            }
            Op::AveragePool { window } => Pool::new(window, map_of(shape)).average(x),
            Op::GlobalAveragePool => Pool::new(whole(shape), map_of(shape)).average(x),
        }
    }
}

/// The window that is all of a map.
pub(crate) fn whole(shape: &[usize]) -> Window {
    Window { kernel: map_of(shape), stride: [1, 1], padding: [0, 0] }
}

/// `[a][b][c]` to `[a][c][b]`.
pub(crate) fn exchange(values: &[f64], a: usize, b: usize, c: usize) -> Vec<f64> {
    let at = |first: usize, last: usize, middle: usize| values[(first * b + middle) * c + last];
    (0..a).flat_map(|i| (0..c).flat_map(move |k| (0..b).map(move |j| at(i, k, j)))).collect()
}
