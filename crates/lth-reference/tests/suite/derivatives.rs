//! Gradients against differences of the loss, and their changes against differences of gradients: forward and backward are
//! written apart, and must agree.

use lth_model::{
    Architecture, ArchitectureBuilder, Batch, BiasInit, FanMode, InitScheme, Learns, Masks, Optimizer,
    Program, Purpose, RandomStream, Seed, Start, Tensor, Tensors, Window, initialize,
};
use lth_reference::{Network, Objective, Statistics, Training};

const EXAMPLES: usize = 6;
const LABELS: [u16; EXAMPLES] = [0, 2, 1, 1, 0, 2];

/// Every kind of layer, with windows that differ in both directions, overlap and reach into padding; a sum whose branches
/// have a common source, and one of a layer with itself.
fn everything() -> Architecture {
    ArchitectureBuilder::new("everything", &[2, 9, 7])
        .conv2d("conv1", 4, Window { kernel: [3, 2], stride: [2, 1], padding: [2, 1] })
        .batch_norm("bn1")
        .relu("relu1")
        .dropout("dropout1", 0.2)
        .max_pool("pool1", Window::square(3, 2, 1))
        .conv2d_without_bias("conv2", 4, Window::square(3, 1, 1))
        .batch_norm("bn2")
        .add("sum", "pool1")
        .relu("relu2")
        .average_pool("pool2", Window { kernel: [2, 3], stride: [1, 1], padding: [1, 0] })
        .add("twice", "pool2")
        .conv2d("conv3", 5, Window::square(1, 1, 0))
        .relu("relu3")
        .global_average_pool("pool3")
        .linear("fc1", 5)
        .batch_norm("bn3")
        .dropout("dropout2", 0.3)
        .linear("fc2", 3)
        .build()
        .unwrap()
}

fn weights(architecture: &Architecture, seed: u64) -> Tensors {
    let init = InitScheme::KaimingNormal(FanMode::FanIn);
    let mut weights = initialize(architecture, init, BiasInit::PyTorch, Seed(seed), Purpose::Init, 0);
    let mut stream = RandomStream::new(Seed(seed), Purpose::Init, 99);
    for (name, tensor) in &mut weights {
        if name.starts_with("bn") {
            tensor.data_mut().iter_mut().for_each(|value| *value += 0.3 * stream.uniform() as f32);
        }
    }
    weights
}

fn inputs() -> Vec<f32> {
    let mut stream = RandomStream::new(Seed(3), Purpose::Augmentation, 0);
    (0..EXAMPLES * 2 * 9 * 7).map(|_| stream.normal() as f32).collect()
}

/// Through dropout, with smoothed labels, by the batch's statistics and the running ones.
#[test]
fn gradients_are_the_slopes_of_the_loss() {
    let architecture = everything();
    let (weights, masks, inputs) = (weights(&architecture, 1), Masks::new(), inputs());
    let batch = Batch::Values { inputs: &inputs, labels: &LABELS };
    for smoothing in [0.0, 0.1] {
        let program = Program {
            architecture: &architecture,
            optimizer: Optimizer::SGD,
            batch_size: EXAMPLES,
            label_smoothing: smoothing,
            gradient_clip: None,
            learns: Learns::Weights,
        };
        let mut start = Training::new(&program, &Start::new(&weights, &masks, Seed(1))).unwrap();
        for statistics in [Statistics::Batch, Statistics::Running] {
            start.network_mut().normalise_by(statistics);
            let mut after = start.clone();
            after.step(batch, 1.0).unwrap();
            for parameter in architecture.parameters() {
                let name = &parameter.name;
                let before = start.network_mut().value_mut(name).to_vec();
                for (at, before) in before.into_iter().enumerate() {
                    let gradient = before - after.network_mut().value_mut(name)[at];
                    let loss = |by: f64| {
                        let mut moved = start.clone();
                        moved.network_mut().value_mut(name)[at] += by;
                        moved.step(batch, 0.0).unwrap().loss_sum / EXAMPLES as f64
                    };
                    let size = 1e-6;
                    let slope = (loss(size) - loss(-size)) / (2.0 * size);
                    assert!(
                        (gradient - slope).abs() < 1e-8,
                        "{name}[{at}], {statistics:?}: gradient {gradient}, slope {slope}"
                    );
                }
            }
        }
    }
}

/// `[channel][example][place]`.
fn by_channel() -> Vec<f64> {
    let inputs = inputs();
    let at = |channel: usize, example: usize, place: usize| {
        f64::from(inputs[(example * 2 + channel) * 63 + place])
    };
    let parts = (0..2).flat_map(|channel| (0..EXAMPLES).map(move |example| (channel, example)));
    parts.flat_map(|(channel, example)| (0..63).map(move |place| at(channel, example, place))).collect()
}

fn loss(temperature: f64) -> Objective<'static> {
    Objective::Loss { labels: &LABELS, temperature, smoothing: 0.0, examples: EXAMPLES }
}

/// With a step so small that no ReLU changes its mind, a difference quotient is a second derivative.
#[test]
fn hessian_products_are_differences_of_gradients() {
    let architecture = everything();
    let weights = weights(&architecture, 2);
    for (statistics, temperature) in [(Statistics::Batch, 1.0), (Statistics::Running, 3.0)] {
        let new = || Network::new(&architecture, &weights, &Masks::new(), statistics).unwrap();
        let mut network = new();
        let mut direction = network.gradient(by_channel(), EXAMPLES, loss(temperature));
        direction.retain(|name, _| name.ends_with("weight") && !name.starts_with("bn"));
        let step = 1e-6;
        let [up, down] = [step, -step].map(|step| {
            let mut moved = new();
            for (name, direction) in &direction {
                let values = moved.value_mut(name).iter_mut();
                values.zip(direction).for_each(|(value, d)| *value += step * d);
            }
            moved.gradient(by_channel(), EXAMPLES, loss(temperature))
        });
        network.set_direction(direction);
        let found = network.hessian_product(by_channel(), EXAMPLES, loss(temperature));
        assert_eq!(found.len(), architecture.parameters().len());
        let scale = found.values().flatten().fold(0.0, |largest: f64, value| largest.max(value.abs()));
        for (name, values) in &found {
            for (at, value) in values.iter().enumerate() {
                let quotient = (up[name][at] - down[name][at]) / (2.0 * step);
                let off = (value - quotient).abs();
                assert!(off < 1e-6 * scale, "{name} {at}: {value} {quotient} of {scale}");
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
    let tensor = |shape: &[usize], data: &[f32]| Tensor::new(shape.to_vec(), data.to_vec());
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
