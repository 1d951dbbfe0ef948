//! From the gradient of the logits back to that of every parameter.

use lth_model::{NodeId, Op};

use crate::{
    convolution::Convolution,
    dual::Duals,
    forward::{Pass, exchange, whole},
    network::{Network, Order, Values, map_of, places_of},
    noise::Result as Of,
    pool::Pool,
};

impl Network {
    pub(crate) fn backward(&self, mut pass: Pass, slope: Duals, examples: usize, order: Order) -> Values {
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
            let dx = self.backward_node(id, &pass, &dy, examples, order, &mut gradients);
            found.extend(gradients.into_iter().rev());
            pass.outputs[id] = Duals::default();
            let Some(mut dx) = dx else { continue };
            if let Some(noise) = self.noise {
                noise.of(id).add(Of::InputGradient, &mut dx.value);
            }
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
        pass: &Pass,
        dy: &Duals,
        examples: usize,
        order: Order,
        gradients: &mut Vec<(String, Vec<f64>)>,
    ) -> Option<Duals> {
        let node = &self.architecture.nodes[id];
        let x = &pass.outputs[node.inputs[0]];
        let shape = &self.architecture.nodes[node.inputs[0]].shape;
        Some(match node.op {
            Op::Input => unreachable!("only node 0 is an input"),
            Op::Dropout { .. } => pass.dropped(id, dy),
            Op::Add => dy.clone(),
            Op::Flatten => dy.map(|dy| exchange(dy, shape[0], places_of(shape), examples)),
            Op::Relu => {
                let y = &pass.outputs[id].value;
                dy.map(|dy| dy.iter().zip(y).map(|(dy, &y)| if y > 0.0 { *dy } else { 0.0 }).collect())
            }
            Op::Linear { bias, .. } | Op::Conv2d { bias, .. } => {
                let layer = Convolution::of(&self.architecture, id, examples).expect("a layer with weights");
                let input = !self.is_data(node.inputs[0]);
                let weight = self.parameter(id, "weight");
                let mut back = layer.backward(x, weight, dy, order, input);
                if let Some(noise) = self.noise {
                    let largest = layer.backward(&x.magnitudes(), weight, &dy.magnitudes(), order, false);
                    noise.of(id).add_to_sums(Of::WeightGradient, &mut back.weight, &largest.weight);
                    noise.of(id).add_to_sums(Of::BiasGradient, &mut back.bias, &largest.bias);
                }
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
