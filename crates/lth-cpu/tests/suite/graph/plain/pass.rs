//! Forward through every node of the graph and backward again.

use std::collections::BTreeMap;

use lth_model::{NodeId, Op, Window};

use super::{
    Plain, Values,
    dropout::Factors,
    norm::{Channels, Statistics},
    windows::{Convolution, first_maxima, taps},
};

/// Whether batch norms use the batch's statistics or the running ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    Training,
    Evaluation,
}

/// Deviations of up to `size` times the largest magnitude, different for every value and seed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Noise {
    pub(crate) size: f64,
    pub(crate) seed: u64,
}

impl Noise {
    fn add(self, node: NodeId, values: &mut [f64]) {
        let largest = values.iter().fold(0.0, |largest: f64, value| largest.max(value.abs()));
        for value in values {
            // A zero is a sum without terms: exact in every order. Equal values are rounded alike, so that it adds up.
            if *value != 0.0 {
                *value += self.size * largest * self.unit(node, (*value as f32).to_bits());
            }
        }
    }

    /// Deviations of sums by the magnitude of their terms, which may cancel: adding equal terms rounds always the same way.
    fn add_to_sums(self, node: NodeId, sums: &mut [f64], magnitudes: &[f64]) {
        for (at, (sum, magnitude)) in sums.iter_mut().zip(magnitudes).enumerate() {
            *sum += self.size * magnitude * self.unit(node, at as u32);
        }
    }

    /// From -1 to 1.
    fn unit(self, node: NodeId, key: u32) -> f64 {
        let mut h = (u64::from(key) + self.seed).wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ (node as u64) << 40;
        h = (h ^ (h >> 29)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        (h >> 11) as f64 / (1u64 << 52) as f64 - 1.0
    }
}

/// What a forward pass leaves.
#[derive(Debug, Clone)]
pub(crate) struct Pass {
    /// Of every node, `[example][feature]`.
    pub(crate) outputs: Vec<Vec<f64>>,
    /// Of every batch norm in training.
    pub(crate) statistics: BTreeMap<NodeId, Statistics>,
    /// How close a choice was, in the unit of the layer's largest magnitude: the smallest non-zero input of a ReLU, the
    /// smallest lead of a window's maximum over another value.
    pub(crate) margin: f64,
    /// Of every dropout, where it drops; the others leave everything as it is.
    factors: Factors,
}

impl Pass {
    /// What a dropout makes of its input, or of the gradient of its output.
    fn dropped(&self, id: NodeId, values: &[f64]) -> Vec<f64> {
        match self.factors.get(&id) {
            Some(factors) => values.iter().zip(factors).map(|(value, factor)| value * factor).collect(),
            None => values.to_vec(),
        }
    }
}

impl Plain {
    pub(crate) fn forward(&self, inputs: &[f64], mode: Mode) -> Pass {
        self.forward_with(inputs, mode, Factors::new())
    }

    /// Forward with dropout where there are factors.
    pub(super) fn forward_with(&self, inputs: &[f64], mode: Mode, factors: Factors) -> Pass {
        let mut pass = Pass { outputs: vec![], statistics: BTreeMap::new(), margin: f64::INFINITY, factors };
        for (id, node) in self.architecture.nodes.iter().enumerate() {
            let mut y = if id == 0 { inputs.to_vec() } else { self.forward_node(id, &mut pass, mode) };
            let computed = !matches!(
                node.op,
                Op::Input | Op::Flatten | Op::Relu | Op::Dropout { .. } | Op::MaxPool { .. }
            );
            if let Some(noise) = self.noise.filter(|_| computed) {
                noise.add(id, &mut y);
            }
            pass.outputs.push(y);
        }
        pass
    }

    fn forward_node(&self, id: NodeId, pass: &mut Pass, mode: Mode) -> Vec<f64> {
        let node = &self.architecture.nodes[id];
        let x = &pass.outputs[node.inputs[0]];
        let shape = &self.architecture.nodes[node.inputs[0]].shape;
        match node.op {
            Op::Input => unreachable!("only node 0 is an input"),
            Op::Flatten => x.clone(),
            Op::Dropout { .. } => pass.dropped(id, x),
            Op::Add => x.iter().zip(&pass.outputs[node.inputs[1]]).map(|(a, b)| a + b).collect(),
            Op::Relu => {
                pass.margin = pass.margin.min(margin_of(x.iter().copied(), x));
                x.iter().map(|x| x.max(0.0)).collect()
            }
            Op::Linear { bias, .. } | Op::Conv2d { bias, .. } => {
                let (layer, weight) = (self.convolution(id), self.parameter(id, "weight"));
                let mut y: Vec<f64> = x.chunks(size(shape)).flat_map(|x| layer.forward(x, weight)).collect();
                if bias {
                    for (map, bias) in
                        y.chunks_mut(layer.places[1]).zip(self.parameter(id, "bias").iter().cycle())
                    {
                        for y in map {
                            *y += bias;
                        }
                    }
                }
                y
            }
            Op::BatchNorm { epsilon, .. } => {
                let channels = channels(shape);
                let normal = match mode {
                    Mode::Training => {
                        let mut own = channels.statistics(x);
                        if let Some(noise) = self.noise {
                            // All examples share the error of a mean: no later average takes it away.
                            noise.add(id + 3 * self.architecture.nodes.len(), &mut own.mean);
                        }
                        let normal = channels.normalise(x, &own.mean, &own.biased, f64::from(epsilon));
                        pass.statistics.insert(id, own);
                        normal
                    }
                    Mode::Evaluation => self.normalise_by_running(id, x, f64::from(epsilon)),
                };
                channels.scale(&normal, self.parameter(id, "weight"), self.parameter(id, "bias"))
            }
            Op::MaxPool { window } => {
                let (taps, places) = (taps(window, map(shape)), places(&node.shape));
                let (mut y, mut margin) = (Vec::new(), f64::INFINITY);
                for x in x.chunks(shape[1] * shape[2]) {
                    let winners = first_maxima(&taps, x, places);
                    let leads = taps.iter().map(|&(to, from, _)| x[winners[to]] - x[from]);
                    margin = margin.min(margin_of(leads, x));
                    y.extend(winners.into_iter().map(|winner| x[winner]));
                }
                pass.margin = pass.margin.min(margin);
                y
            }
            Op::AveragePool { window } => self.average(id, window, x),
            Op::GlobalAveragePool => self.average(id, whole(shape), x),
        }
    }

    /// Gradients of all parameters, from that of the logits.
    pub(crate) fn backward(&self, pass: &Pass, slope: Vec<f64>) -> Values {
        let nodes = &self.architecture.nodes;
        let mut slopes: Vec<Vec<f64>> = pass.outputs.iter().map(|output| vec![0.0; output.len()]).collect();
        *slopes.last_mut().expect("a network has nodes") = slope;
        let mut gradients = Values::new();
        for id in (1..nodes.len()).rev() {
            let dy = std::mem::take(&mut slopes[id]);
            let mut dx = self.backward_node(id, pass, &dy, &mut gradients);
            if let Some(noise) = self.noise {
                noise.add(id + nodes.len(), &mut dx);
            }
            for &input in &nodes[id].inputs {
                slopes[input].iter_mut().zip(&dx).for_each(|(sum, dx)| *sum += dx);
            }
        }
        gradients
    }

    /// The gradient of what the node reads; of each, where it reads two.
    fn backward_node(&self, id: NodeId, pass: &Pass, dy: &[f64], gradients: &mut Values) -> Vec<f64> {
        let node = &self.architecture.nodes[id];
        let x = &pass.outputs[node.inputs[0]];
        let shape = &self.architecture.nodes[node.inputs[0]].shape;
        let mut dx = vec![0.0; x.len()];
        match node.op {
            Op::Input => unreachable!("only node 0 is an input"),
            Op::Flatten | Op::Add => dx.copy_from_slice(dy),
            Op::Dropout { .. } => dx = pass.dropped(id, dy),
            Op::Relu => {
                dx.iter_mut().zip(dy).zip(x).for_each(|((dx, dy), &x)| *dx = if x > 0.0 { *dy } else { 0.0 });
            }
            Op::Linear { bias, .. } | Op::Conv2d { bias, .. } => {
                let (layer, weight) = (self.convolution(id), self.parameter(id, "weight"));
                let mut dw = vec![0.0; weight.len()];
                for ((x, dy), dx) in
                    x.chunks(size(shape)).zip(dy.chunks(size(&node.shape))).zip(dx.chunks_mut(size(shape)))
                {
                    layer.backward(x, weight, dy, dx, &mut dw);
                }
                if let Some(noise) = self.noise {
                    let mut magnitudes = vec![0.0; dw.len()];
                    for (x, dy) in x.chunks(size(shape)).zip(dy.chunks(size(&node.shape))) {
                        layer.each(|to, from, at| magnitudes[at] += (x[from] * dy[to]).abs());
                    }
                    noise.add_to_sums(id + 6 * self.architecture.nodes.len(), &mut dw, &magnitudes);
                }
                gradients.insert(self.name(id, "weight"), dw);
                if bias {
                    let outputs = layer.channels[1];
                    let (mut db, mut magnitudes) = (vec![0.0; outputs], vec![0.0; outputs]);
                    for (at, dy) in dy.chunks(layer.places[1]).enumerate() {
                        db[at % outputs] += dy.iter().sum::<f64>();
                        magnitudes[at % outputs] += dy.iter().map(|dy| dy.abs()).sum::<f64>();
                    }
                    if let Some(noise) = self.noise {
                        noise.add_to_sums(id + 7 * self.architecture.nodes.len(), &mut db, &magnitudes);
                    }
                    gradients.insert(self.name(id, "bias"), db);
                }
            }
            Op::BatchNorm { epsilon, .. } => {
                let (channels, epsilon) = (channels(shape), f64::from(epsilon));
                let own = pass.statistics.get(&id);
                let (mut normal, variance) = match own {
                    Some(own) => (channels.normalise(x, &own.mean, &own.biased, epsilon), &*own.biased),
                    None => (self.normalise_by_running(id, x, epsilon), self.parameter(id, "running_var")),
                };
                if let Some(noise) = self.noise {
                    noise.add(id + 2 * self.architecture.nodes.len(), &mut normal);
                }
                let mut sums = channels.backward_scale(&normal, dy);
                gradients.insert(self.name(id, "weight"), sums[0].clone());
                gradients.insert(self.name(id, "bias"), sums[1].clone());
                if let Some(noise) = self.noise {
                    // As of the mean: all examples share the error of these sums.
                    for (place, sum) in (4..).zip(&mut sums) {
                        noise.add(id + place * self.architecture.nodes.len(), sum);
                    }
                }
                let weight = self.parameter(id, "weight");
                dx = channels.backward(&normal, dy, weight, variance, epsilon, own.map(|_| sums));
            }
            Op::MaxPool { window } => {
                let (taps, places) = (taps(window, map(shape)), places(&node.shape));
                let size = shape[1] * shape[2];
                for ((x, dx), dy) in x.chunks(size).zip(dx.chunks_mut(size)).zip(dy.chunks(places)) {
                    first_maxima(&taps, x, places).into_iter().zip(dy).for_each(|(at, dy)| dx[at] += dy);
                }
            }
            Op::AveragePool { window } => average_back(window, shape, places(&node.shape), dy, &mut dx),
            Op::GlobalAveragePool => average_back(whole(shape), shape, 1, dy, &mut dx),
        }
        dx
    }

    fn normalise_by_running(&self, id: NodeId, x: &[f64], epsilon: f64) -> Vec<f64> {
        let [mean, variance] = ["running_mean", "running_var"].map(|suffix| self.parameter(id, suffix));
        channels(&self.architecture.nodes[id].shape).normalise(x, mean, variance, epsilon)
    }

    /// A linear layer is a convolution of maps of one place.
    fn convolution(&self, id: NodeId) -> Convolution {
        let node = &self.architecture.nodes[id];
        let shape = &self.architecture.nodes[node.inputs[0]].shape;
        match node.op {
            Op::Linear { inputs, outputs, .. } => {
                Convolution { taps: vec![(0, 0, 0)], channels: [inputs, outputs], places: [1, 1], kernel: 1 }
            }
            Op::Conv2d { inputs, outputs, window, .. } => Convolution {
                taps: taps(window, map(shape)),
                channels: [inputs, outputs],
                places: [shape[1] * shape[2], places(&node.shape)],
                kernel: window.kernel[0] * window.kernel[1],
            },
            _ => unreachable!("not a layer with a weight"),
        }
    }

    fn average(&self, id: NodeId, window: Window, x: &[f64]) -> Vec<f64> {
        let node = &self.architecture.nodes[id];
        let shape = &self.architecture.nodes[node.inputs[0]].shape;
        let (taps, count) = (taps(window, map(shape)), (window.kernel[0] * window.kernel[1]) as f64);
        let average = |x: &[f64]| {
            let mut y = vec![0.0; places(&node.shape)];
            for &(to, from, _) in &taps {
                y[to] += x[from] / count;
            }
            y
        };
        x.chunks(shape[1] * shape[2]).flat_map(average).collect()
    }
}

fn average_back(window: Window, shape: &[usize], places: usize, dy: &[f64], dx: &mut [f64]) {
    let (taps, count) = (taps(window, map(shape)), (window.kernel[0] * window.kernel[1]) as f64);
    for (dx, dy) in dx.chunks_mut(shape[1] * shape[2]).zip(dy.chunks(places)) {
        for &(to, from, _) in &taps {
            dx[from] += dy[to] / count;
        }
    }
}

/// The smallest of these values that is not zero, in the unit of the largest magnitude among `all`.
fn margin_of(values: impl Iterator<Item = f64>, all: &[f64]) -> f64 {
    let largest = all.iter().fold(0.0, |largest: f64, value| largest.max(value.abs()));
    values.filter(|&value| value != 0.0).fold(f64::INFINITY, |least, value| least.min(value.abs())) / largest
}

fn size(shape: &[usize]) -> usize {
    shape.iter().product()
}

fn map(shape: &[usize]) -> [usize; 2] {
    [shape[1], shape[2]]
}

fn places(shape: &[usize]) -> usize {
    size(&shape[1..])
}

fn channels(shape: &[usize]) -> Channels {
    Channels { channels: shape[0], places: places(shape) }
}

fn whole(shape: &[usize]) -> Window {
    Window { kernel: map(shape), stride: [1, 1], padding: [0, 0] }
}
