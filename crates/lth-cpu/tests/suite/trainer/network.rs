//! A network of linear layers and ReLUs made of nothing but the loops of `lth_cpu::reference`.

use lth_cpu::reference;
use lth_model::{Architecture, Examples, Masks, Normalization, Op, Optimizer, Tensors};

/// A network in 64 bits, its masks and its optimiser's memory.
pub(crate) struct PlainNetwork {
    layers: Vec<Layer>,
    optimizer: reference::Optimizer,
    updates: u64,
}

struct Layer {
    name: String,
    inputs: usize,
    outputs: usize,
    weight: Parameter,
    bias: Parameter,
}

struct Parameter {
    value: Vec<f64>,
    first: Vec<f64>,
    second: Vec<f64>,
    mask: Option<Vec<bool>>,
}

impl Parameter {
    fn new(value: &[f32], mask: Option<Vec<bool>>) -> Self {
        let zeros = vec![0.0; value.len()];
        let value = value.iter().copied().map(f64::from).collect();
        let mut parameter = Self { value, first: zeros.clone(), second: zeros, mask };
        let mut values = std::mem::take(&mut parameter.value);
        parameter.apply_mask(&mut values);
        parameter.value = values;
        parameter
    }

    fn apply_mask(&self, values: &mut [f64]) {
        for (value, _) in values.iter_mut().zip(self.mask.iter().flatten()).filter(|(_, kept)| !**kept) {
            *value = 0.0;
        }
    }
}

/// What a batch gives.
pub(crate) struct Pass {
    /// `[example][class]`
    pub(crate) logits: Vec<f64>,
    /// Mean cross-entropy.
    pub(crate) loss: f64,
    pub(crate) correct: usize,
    /// The gradient of every parameter, pruned weights included, in the architecture's order.
    pub(crate) gradients: Vec<(String, Vec<f64>)>,
}

impl PlainNetwork {
    pub(crate) fn new(
        architecture: &Architecture,
        optimizer: Optimizer,
        weights: &Tensors,
        masks: &Masks,
    ) -> Self {
        let linear = |node: &lth_model::Node| match node.op {
            Op::Linear { inputs, outputs, .. } => {
                let (weight, bias) = (format!("{}.weight", node.name), format!("{}.bias", node.name));
                let mask = masks.get(&weight).map(|mask| mask.flags().collect());
                Some(Layer {
                    name: node.name.clone(),
                    inputs,
                    outputs,
                    weight: Parameter::new(weights[&weight].data(), mask),
                    bias: Parameter::new(weights[&bias].data(), None),
                })
            }
            _ => None,
        };
        let layers = architecture.nodes.iter().filter_map(linear).collect();
        Self { layers, optimizer: optimizer.into(), updates: 0 }
    }

    /// Forward and backward; inputs are `[example][feature]`.
    pub(crate) fn pass(&self, inputs: &[f64], labels: &[u16]) -> Pass {
        let n = labels.len();
        let mut activations = vec![inputs.to_vec()];
        for (index, layer) in self.layers.iter().enumerate() {
            let mut y = vec![0.0; n * layer.outputs];
            let shape = (n, layer.inputs, layer.outputs);
            reference::linear_forward(
                &mut y,
                &activations[index],
                &layer.weight.value,
                &layer.bias.value,
                shape,
            );
            if index + 1 < self.layers.len() {
                let before = y.clone();
                reference::relu_forward(&mut y, &before);
            }
            activations.push(y);
        }
        let logits = activations.pop().unwrap();
        let classes = self.layers.last().unwrap().outputs;
        let (mut p, mut losses, mut dy) = (vec![0.0; n * classes], vec![0.0; n], vec![0.0; n * classes]);
        reference::softmax_forward(&mut p, &logits, (n, classes));
        reference::cross_entropy_forward(&mut losses, &logits, labels, (n, classes));
        reference::cross_entropy_softmax_backward(&mut dy, &p, labels, (n, classes));
        let rows = logits.chunks_exact(classes).zip(labels);
        let correct = rows.filter(|(row, label)| reference::argmax(row) == usize::from(**label)).count();

        let mut gradients = Vec::new();
        for (index, layer) in self.layers.iter().enumerate().rev() {
            let (x, shape) = (&activations[index], (n, layer.inputs, layer.outputs));
            let (mut dw, mut db) = (vec![0.0; layer.outputs * layer.inputs], vec![0.0; layer.outputs]);
            reference::linear_backward_weights(&mut dw, &mut db, &dy, x, shape);
            gradients.push((format!("{}.bias", layer.name), db));
            gradients.push((format!("{}.weight", layer.name), dw));
            let mut before_relu = vec![0.0; x.len()];
            reference::linear_backward_data(&mut before_relu, &dy, &layer.weight.value, shape);
            dy = vec![0.0; x.len()];
            reference::relu_backward(&mut dy, &before_relu, x);
        }
        gradients.reverse();
        Pass { logits, loss: losses.iter().sum::<f64>() / n as f64, correct, gradients }
    }

    /// One update; returns what the batch gave before it.
    pub(crate) fn step(&mut self, inputs: &[f64], labels: &[u16], rate: f32) -> Pass {
        let mut pass = self.pass(inputs, labels);
        self.updates += 1;
        let when = (f64::from(rate), self.updates);
        let parameters = self.layers.iter_mut().flat_map(|layer| [&mut layer.weight, &mut layer.bias]);
        for (parameter, (_, gradient)) in parameters.zip(&mut pass.gradients) {
            parameter.apply_mask(gradient);
            let Parameter { value, first, second, .. } = parameter;
            reference::update(self.optimizer, when, value, gradient, first, second);
        }
        pass
    }

    /// Weights and biases in the architecture's order.
    pub(crate) fn parameters(&self) -> impl Iterator<Item = (String, &[f64])> {
        self.layers.iter().flat_map(|layer| {
            let name = &layer.name;
            [
                (format!("{name}.weight"), &layer.weight.value[..]),
                (format!("{name}.bias"), &layer.bias.value[..]),
            ]
        })
    }
}

/// Examples as numbers, `[example][feature]`, and their labels.
pub(crate) fn numbers(examples: &Examples, indices: &[u32]) -> (Vec<f64>, Vec<u16>) {
    let Normalization::Channels { mean: [mean, ..], deviation: [deviation, ..] } = examples.normalization
    else {
        panic!("images of one channel")
    };
    let (mean, deviation) = (f64::from(mean), f64::from(deviation));
    let row = |&index: &u32| &examples.bytes[index as usize * examples.features..][..examples.features];
    let bytes = indices.iter().flat_map(row);
    let inputs = bytes.map(|&byte| (f64::from(byte) / 255.0 - mean) / deviation).collect();
    (inputs, indices.iter().map(|&index| examples.labels[index as usize]).collect())
}
