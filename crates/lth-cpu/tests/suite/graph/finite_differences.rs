//! The plain reference against differences of its own loss: forward and backward are written apart, and must agree.

use lth_model::{
    Architecture, BiasInit, InitScheme, Masks, Op, Purpose, RandomStream, Seed, Window, initialize,
};

use crate::graph::{
    net::Net,
    plain::{Mode, Plain, total_loss},
};

const EXAMPLES: usize = 5;
const CLASSES: usize = 4;

/// Every kind of layer, with windows that differ in both directions, overlap and reach into padding; a residual sum whose
/// branches have a common source.
fn every_layer() -> Architecture {
    let mut net = Net::new("every-layer", &[2, 9, 7]);
    let wide = Window { kernel: [3, 2], stride: [2, 1], padding: [2, 1] };
    let stem = net.conv("stem", 0, 4, wide, true);
    let norm = net.norm("bn1", stem);
    let relu = net.push("relu1", Op::Relu, &[norm]);
    let pool = net.push("max", Op::MaxPool { window: Window::square(3, 2, 1) }, &[relu]);
    let branch = net.conv("conv1", pool, 6, Window::square(3, 1, 1), false);
    let branch = net.norm("bn2", branch);
    let shortcut = net.conv("shortcut", pool, 6, Window::square(1, 1, 0), false);
    let sum = net.push("add", Op::Add, &[branch, shortcut]);
    let average = net.push("average", Op::AveragePool { window: Window::square(2, 1, 1) }, &[sum]);
    let twice = net.push("twice", Op::Add, &[average, average]);
    let relu = net.push("relu2", Op::Relu, &[twice]);
    let global = net.push("global", Op::GlobalAveragePool, &[relu]);
    let hidden = net.linear("fc1", global, 5, true);
    let norm = net.norm("bn3", hidden);
    net.linear("fc2", norm, CLASSES, true);
    net.build()
}

fn check(architecture: &Architecture, mode: Mode, smoothing: f64) {
    let mut stream = RandomStream::new(Seed(3), Purpose::Augmentation, 0);
    let weights =
        initialize(architecture, InitScheme::GlorotNormal, BiasInit::PyTorch, Seed(1), Purpose::Init, 0);
    let mut net = Plain::new(architecture, &weights, &Masks::new());
    for (name, values) in &mut net.values {
        let norm = name.starts_with("bn");
        values.iter_mut().filter(|_| norm).for_each(|value| *value += stream.uniform() * 0.5);
    }
    let inputs: Vec<f64> = (0..EXAMPLES * architecture.input_features()).map(|_| stream.normal()).collect();
    let labels: Vec<u16> = (0..EXAMPLES).map(|_| stream.below(CLASSES as u64) as u16).collect();
    let mean_loss =
        |net: &Plain| total_loss(&net.logits(&inputs, mode), &labels, smoothing) / EXAMPLES as f64;

    let gradients = net.gradients(&inputs, &labels, mode, smoothing);
    assert_eq!(gradients.len(), architecture.parameters().len());
    let size = 1e-6;
    for (name, gradient) in &gradients {
        for (at, &gradient) in gradient.iter().enumerate() {
            let mut moved = |by: f64| {
                let before = net.values[name][at];
                net.values.get_mut(name).unwrap()[at] = before + by;
                let loss = mean_loss(&net);
                net.values.get_mut(name).unwrap()[at] = before;
                loss
            };
            let difference = (moved(size) - moved(-size)) / (2.0 * size);
            assert!(
                (gradient - difference).abs() < 1e-8,
                "{name}[{at}] in {mode:?}: gradient {gradient}, difference {difference}"
            );
        }
    }
}

#[test]
fn gradients_are_the_slopes_of_the_loss() {
    for mode in [Mode::Training, Mode::Evaluation] {
        for smoothing in [0.0, 0.1] {
            check(&every_layer(), mode, smoothing);
        }
    }
}
