use lth_cpu::CpuEngine;
use lth_model::{
    ArchitectureBuilder, Batch, BiasInit, FanMode, Gradients, InitScheme, OneNetwork, Program, Purpose,
    RandomStream, Seed, Start, Window, initialize,
};

use super::*;

/// A network of every kind of layer.
fn everything() -> Architecture {
    ArchitectureBuilder::new("everything", &[2, 7, 6])
        .conv2d("conv1", 3, Window { kernel: [3, 2], stride: [2, 1], padding: [1, 1] })
        .batch_norm("bn1")
        .relu("relu1")
        .max_pool("pool1", Window::square(2, 1, 0))
        .conv2d_without_bias("conv2", 3, Window::square(3, 1, 1))
        .batch_norm("bn2")
        .add("sum", "pool1")
        .relu("relu2")
        .average_pool("pool2", Window { kernel: [2, 3], stride: [1, 1], padding: [1, 0] })
        .conv2d("conv3", 4, Window::square(1, 1, 0))
        .relu("relu3")
        .global_average_pool("pool3")
        .linear("fc1", 5)
        .dropout("dropout", 0.5)
        .relu("relu4")
        .linear("fc2", 3)
        .build()
        .unwrap()
}

fn weights(architecture: &Architecture, seed: u64) -> Tensors {
    let scheme = InitScheme::KaimingNormal(FanMode::FanIn);
    let mut weights = initialize(architecture, scheme, BiasInit::PyTorch, Seed(seed), Purpose::Init, 0);
    let mut stream = RandomStream::new(Seed(seed), Purpose::Init, 99);
    for (name, tensor) in &mut weights {
        if name.starts_with("bn") {
            tensor.data_mut().iter_mut().for_each(|value| *value += 0.3 * stream.uniform() as f32);
        }
    }
    weights
}

const LABELS: [u16; 6] = [0, 2, 1, 1, 0, 2];

/// `[example][feature]`, for an engine.
fn batch() -> Vec<f32> {
    let mut stream = RandomStream::new(Seed(3), Purpose::Augmentation, 0);
    (0..6 * 2 * 7 * 6).map(|_| stream.normal() as f32).collect()
}

/// `[channel][example][place]`, for the network here.
fn by_channel() -> Vec<f64> {
    let batch = batch();
    let at = |channel: usize, example: usize, place: usize| batch[(example * 2 + channel) * 42 + place];
    (0..2)
        .flat_map(|c| (0..6).flat_map(move |n| (0..42).map(move |p| (c, n, p))))
        .map(|(c, n, p)| f64::from(at(c, n, p)))
        .collect()
}

fn loss(temperature: f64) -> Objective<'static> {
    Objective::Loss { labels: &LABELS, temperature, examples: 6 }
}

fn largest(values: &[f64]) -> f64 {
    values.iter().fold(0.0, |largest, value| largest.max(value.abs()))
}

#[test]
fn gradients_are_the_engines() {
    let architecture = everything();
    let weights = weights(&architecture, 1);
    let masks = Masks::new();
    let program = Program::evaluation(&architecture, 6);
    let start = Start::new(&weights, &masks, Seed(0));
    let mut trainer = OneNetwork::new(&CpuEngine::new(), &program, &start).unwrap();
    let inputs = batch();
    let batch = Batch::Values { inputs: &inputs, labels: &LABELS };
    let expected = trainer.gradients(batch, Gradients::All).unwrap();
    let network = Network::new(&architecture, &weights, &masks, Statistics::Batch).unwrap();
    let found = network.gradient(by_channel(), 6, loss(1.0));
    assert_eq!(found.keys().collect::<Vec<_>>(), expected.keys().collect::<Vec<_>>());
    // A bias before a batch normalisation has no gradient: what the engine finds is rounding.
    let scale = found.values().map(|values| largest(values)).fold(0.0, f64::max);
    for (name, values) in &found {
        let expected = expected[name].data();
        assert_eq!(values.len(), expected.len(), "{name}");
        let worst = values.iter().zip(expected).map(|(a, &b)| (a - f64::from(b)).abs()).fold(0.0, f64::max);
        assert!(worst < 2e-6 * scale, "{name}: {worst:e} of {scale}");
    }
}

/// In 64 bits and with a step so small that no ReLU changes its mind, a difference quotient is a second derivative.
#[test]
fn hessian_products_are_differences_of_gradients() {
    let architecture = everything();
    let weights = weights(&architecture, 2);
    for (statistics, temperature) in [(Statistics::Batch, 1.0), (Statistics::Running, 3.0)] {
        let mut network = Network::new(&architecture, &weights, &Masks::new(), statistics).unwrap();
        let mut direction = network.gradient(by_channel(), 6, loss(temperature));
        direction.retain(|name, _| name.ends_with("weight") && !name.starts_with("bn"));
        let step = 1e-6;
        let [up, down] = [step, -step].map(|step| {
            let mut moved = Network::new(&architecture, &weights, &Masks::new(), statistics).unwrap();
            for (name, direction) in &direction {
                let values = &mut moved.values[name].value;
                values.iter_mut().zip(direction).for_each(|(value, d)| *value += step * d);
            }
            moved.gradient(by_channel(), 6, loss(temperature))
        });
        network.set_direction(direction);
        let found = network.hessian_product(by_channel(), 6, loss(temperature));
        let scale = found.values().map(|values| largest(values)).fold(0.0, f64::max);
        for (name, values) in &found {
            for (at, value) in values.iter().enumerate() {
                let quotient = (up[name][at] - down[name][at]) / (2.0 * step);
                assert!(
                    (value - quotient).abs() < 1e-6 * scale,
                    "{name} {at}: {value} {quotient} of {scale}"
                );
            }
        }
    }
}

#[test]
fn the_sum_of_outputs_of_a_linear_network_is_known() {
    let architecture = ArchitectureBuilder::new("two", &[2])
        .linear_without_bias("fc1", 2)
        .relu("relu1")
        .linear("fc2", 1)
        .build()
        .unwrap();
    let tensor = |shape: &[usize], data: &[f32]| lth_model::Tensor::new(shape.to_vec(), data.to_vec());
    let weights = Tensors::from([
        ("fc1.weight".to_owned(), tensor(&[2, 2], &[1.0, -2.0, 3.0, 4.0])),
        ("fc2.weight".to_owned(), tensor(&[1, 2], &[5.0, -6.0])),
        ("fc2.bias".to_owned(), tensor(&[1], &[-7.0])),
    ]);
    let mut network = Network::new(&architecture, &weights, &Masks::new(), Statistics::Running).unwrap();
    network.rectify();
    let gradient = network.gradient(vec![1.0, 1.0], 1, Objective::Sum);
    assert_eq!(gradient["fc1.weight"], [5.0, 5.0, 6.0, 6.0]);
    assert_eq!(gradient["fc2.weight"], [3.0, 7.0]);
    assert_eq!(gradient["fc2.bias"], [1.0]);
}
