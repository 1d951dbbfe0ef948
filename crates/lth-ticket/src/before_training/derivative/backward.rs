//! From the gradient of the logits back to that of every parameter.

use lth_model::{NodeId, Op};

use super::{
    Network, Order, Values,
    convolution::Convolution,
    dual::Duals,
    forward::{exchange, whole},
    map_of, places_of,
    pool::Pool,
};

impl Network<'_> {
    pub(super) fn backward(
        &self,
        mut outputs: Vec<Duals>,
        slope: Duals,
        examples: usize,
        order: Order,
    ) -> Values {
        let nodes = &self.architecture.nodes;
        let mut slopes: Vec<Duals> = nodes.iter().map(|_| Duals::default()).collect();
        *slopes.last_mut().expect("a network has nodes") = slope;
        let mut found = Vec::new();
        for (id, node) in nodes.iter().enumerate().skip(1).rev() {
            let dy = std::mem::take(&mut slopes[id]);
            if dy.len() == 0 {
                continue;
            }
            let mut gradients = Vec::new();
            let dx = self.backward_node(id, &outputs, &dy, examples, order, &mut gradients);
            found.extend(gradients.into_iter().rev());
            outputs[id] = Duals::default();
            let Some(dx) = dx else { continue };
            for &input in node.inputs.iter().filter(|&&input| input > 0) {
                match slopes[input].len() {
                    0 => slopes[input] = dx.clone(),
                    _ => slopes[input].add(&dx),
                }
            }
        }
        found.into_iter().rev().collect()
    }

    /// The gradient of what a node reads; `None` where nobody wants it. That of parameters is added to `gradients`.
    fn backward_node(
        &self,
        id: NodeId,
        outputs: &[Duals],
        dy: &Duals,
        examples: usize,
        order: Order,
        gradients: &mut Vec<(String, Vec<f64>)>,
    ) -> Option<Duals> {
        let node = &self.architecture.nodes[id];
        let x = &outputs[node.inputs[0]];
        let shape = &self.architecture.nodes[node.inputs[0]].shape;
        Some(match node.op {
            Op::Input => unreachable!("only node 0 is an input"),
            Op::Dropout { .. } | Op::Add => dy.clone(),
            Op::Flatten => dy.map(|dy| exchange(dy, shape[0], places_of(shape), examples)),
            Op::Relu => {
                let y = &outputs[id].value;
                dy.map(|dy| dy.iter().zip(y).map(|(dy, &y)| if y > 0.0 { *dy } else { 0.0 }).collect())
            }
            Op::Linear { bias, .. } | Op::Conv2d { bias, .. } => {
                let layer = Convolution::of(self.architecture, id, examples).expect("a layer with weights");
                let input = !self.is_data(node.inputs[0]);
                let back = layer.backward(x, self.parameter(id, "weight"), dy, order, input);
                gradients.push((self.name(id, "weight"), back.weight));
                if bias {
                    gradients.push((self.name(id, "bias"), back.bias));
                }
                back.input?
            }
            Op::BatchNorm { epsilon, .. } => {
                let back = self.norm(id, epsilon).backward(x, dy, order);
                gradients.push((self.name(id, "weight"), back.weight));
                gradients.push((self.name(id, "bias"), back.bias));
                back.input
            }
            Op::MaxPool { window } => Pool::new(window, map_of(shape)).max_back(x, dy),
            Op::AveragePool { window } => Pool::new(window, map_of(shape)).average_back(dy),
            Op::GlobalAveragePool => Pool::new(whole(shape), map_of(shape)).average_back(dy),
        })
    }
}
