//! From the input to the logits.

use lth_model::{NodeId, Op, Window};

use super::{Network, convolution::Convolution, dual::Duals, map_of, places_of, pool::Pool};

impl Network<'_> {
    /// The output of every node; empty where the way back does not need it.
    pub(super) fn forward(&self, inputs: Vec<f64>, examples: usize) -> Vec<Duals> {
        let nodes = &self.architecture.nodes;
        let mut outputs = vec![Duals::constant(inputs)];
        for (id, node) in nodes.iter().enumerate().skip(1) {
            outputs.push(self.forward_node(id, &outputs, examples));
            // Its own output says where a ReLU passed; nobody else reads what it read.
            let read = node.inputs[0];
            let only = nodes.iter().filter(|other| other.inputs.contains(&read)).count() == 1;
            if node.op == Op::Relu && only && !matches!(nodes[read].op, Op::Relu) {
                outputs[read] = Duals::default();
            }
        }
        outputs
    }

    fn forward_node(&self, id: NodeId, outputs: &[Duals], examples: usize) -> Duals {
        let node = &self.architecture.nodes[id];
        let x = &outputs[node.inputs[0]];
        let shape = &self.architecture.nodes[node.inputs[0]].shape;
        match node.op {
            Op::Input => unreachable!("only node 0 is an input"),
            Op::Dropout { .. } => x.clone(),
            Op::Flatten => x.map(|x| exchange(x, shape[0], examples, places_of(shape))),
            Op::Relu => {
                let pass = |plane: &[f64]| {
                    plane.iter().zip(&x.value).map(|(v, &x)| if x > 0.0 { *v } else { 0.0 }).collect()
                };
                x.map(pass)
            }
            Op::Add => {
                let mut sum = x.clone();
                sum.add(&outputs[node.inputs[1]]);
                sum
            }
            Op::Linear { bias, .. } | Op::Conv2d { bias, .. } => {
                let layer = Convolution::of(self.architecture, id, examples).expect("a layer with weights");
                let bias = bias.then(|| &*self.parameter(id, "bias").value);
                layer.forward(x, self.parameter(id, "weight"), bias)
            }
            Op::BatchNorm { epsilon, .. } => self.norm(id, epsilon).forward(x),
            Op::MaxPool { window } => Pool::new(window, map_of(shape)).max(x),
            Op::AveragePool { window } => Pool::new(window, map_of(shape)).average(x),
            Op::GlobalAveragePool => Pool::new(whole(shape), map_of(shape)).average(x),
        }
    }
}

/// The window that is all of a map.
pub(super) fn whole(shape: &[usize]) -> Window {
    Window { kernel: map_of(shape), stride: [1, 1], padding: [0, 0] }
}

/// `[a][b][c]` to `[a][c][b]`.
pub(super) fn exchange(values: &[f64], a: usize, b: usize, c: usize) -> Vec<f64> {
    let at = |first: usize, last: usize, middle: usize| values[(first * b + middle) * c + last];
    (0..a).flat_map(|i| (0..c).flat_map(move |k| (0..b).map(move |j| at(i, k, j)))).collect()
}
