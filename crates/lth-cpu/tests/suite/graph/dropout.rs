//! Dropout between convolutions and linear layers.

use lth_cpu::CpuEngine;
use lth_model::{
    Architecture, ArchitectureBuilder, Batch, Gradients, Masks, ModelOptions, Op, Optimizer, OptimizerState,
    Tensor, Tensors, Window, build_model,
};

use crate::graph::{
    net::Net,
    plain::Settings,
    support::{masks, same_bits, stream, trainer, weights},
};

const SIDE: usize = 100;
const WIDE: usize = SIDE * SIDE;
const RATE: f32 = 0.3;

const SGD: Settings =
    Settings { optimizer: Optimizer::SGD, rate: 1.0, smoothing: 0.0, clip: None, frozen_norm: false };

/// The pixels through a convolution that leaves them alone and dropout into two classes.
fn wide() -> Architecture {
    ArchitectureBuilder::new("wide", &[1, SIDE, SIDE])
        .conv2d("conv", 1, Window::square(1, 1, 0))
        .dropout("dropout", RATE)
        .flatten("flatten")
        .linear("fc", 2)
        .build()
        .unwrap()
}

/// Half of the sum of the factors that bright examples of label 0 have in iteration `updates`, less that of label 1.
///
/// Bright pixels and the convolution's weight are 1, dark pixels and the other weights 0. So both classes have probability
/// 1/2, and the step at a rate of the number of examples adds half of its factors for each bright example.
fn moved(updates: u64, labels: &[u16], bright: &[usize]) -> Vec<f32> {
    let weights = Tensors::from([
        ("conv.weight".to_owned(), Tensor::new(vec![1, 1, 1, 1], vec![1.0])),
        ("conv.bias".to_owned(), Tensor::zeros(vec![1])),
        ("fc.weight".to_owned(), Tensor::zeros(vec![2, WIDE])),
        ("fc.bias".to_owned(), Tensor::zeros(vec![2])),
    ]);
    let mut trainer = trainer(CpuEngine::new(), &wide(), &SGD, &weights, &Masks::new());
    let memory = OptimizerState { updates, tensors: Tensors::new() };
    trainer.load(&weights, &Masks::new(), Some(&memory)).unwrap();
    let mut inputs = vec![0.0; WIDE * labels.len()];
    for &example in bright {
        inputs[example * WIDE..][..WIDE].fill(1.0);
    }
    trainer.step(Batch::Values { inputs: &inputs, labels }, labels.len() as f32).unwrap();
    trainer.weights()["fc.weight"].data()[..WIDE].to_vec()
}

/// The share of values that are `what`.
fn share(values: &[f32], what: impl Fn(f32) -> bool) -> f64 {
    values.iter().filter(|&&value| what(value)).count() as f64 / values.len() as f64
}

#[test]
fn factors_are_zero_or_the_inverse_of_what_is_kept() {
    let factors: Vec<f32> = moved(0, &[0], &[0]).iter().map(|half| 2.0 * half).collect();
    let kept = 1.0 / (1.0 - RATE);
    assert!(factors.iter().all(|&factor| factor == 0.0 || (factor - kept).abs() < 1e-6));
    let dropped = share(&factors, |factor| factor == 0.0);
    // Four standard deviations.
    let deviation = (f64::from(RATE * (1.0 - RATE)) / WIDE as f64).sqrt();
    assert!((dropped - f64::from(RATE)).abs() < 4.0 * deviation, "{dropped} are dropped");
    let mean = factors.iter().copied().map(f64::from).sum::<f64>() / WIDE as f64;
    assert!((mean - 1.0).abs() < 4.0 * deviation * f64::from(kept), "the mean factor is {mean}");
}

#[test]
fn iterations_and_examples_have_factors_of_their_own() {
    let first = moved(0, &[0], &[0]);
    assert_eq!(first, moved(0, &[0], &[0]));
    let second = moved(1, &[0], &[0]);
    let sums: Vec<f32> = first.iter().zip(&second).map(|(a, b)| a + b).collect();
    // Independent draws drop both with probability 0.09, and one of two with 0.42.
    let both = share(&sums, |sum| sum == 0.0);
    assert!((0.075..0.105).contains(&both), "{both} are dropped in both iterations");
    // In one slab and in two.
    for other in [1, 16] {
        let mut labels = vec![0; other + 1];
        labels[other] = 1;
        let one = share(&moved(0, &labels, &[0, other]), |half| half.abs() > 0.1);
        assert!((0.395..0.445).contains(&one), "example {other}: {one}");
    }
}

/// Layers without biases and what is between them are homogeneous: the sum of weight times gradient is the same for every
/// layer, if the way back goes through the factors of the way there.
#[test]
fn the_backward_pass_has_the_factors_of_the_forward_pass() {
    let mut net = Net::new("homogeneous", &[3, 10, 10]);
    let window = Window::square(3, 1, 1);
    let mut last = 0;
    for number in 1..=2 {
        last = net.conv(&format!("conv{number}"), last, 20, window, false);
        last = net.push(&format!("relu{number}"), Op::Relu, &[last]);
        last = net.push(&format!("dropout{number}"), Op::Dropout { rate: 0.5 }, &[last]);
    }
    last = net.push("pool", Op::MaxPool { window: Window::square(2, 2, 0) }, &[last]);
    last = net.push("dropout3", Op::Dropout { rate: 0.3 }, &[last]);
    last = net.linear("fc1", last, 30, false);
    last = net.push("relu3", Op::Relu, &[last]);
    last = net.push("dropout4", Op::Dropout { rate: 0.5 }, &[last]);
    net.linear("fc2", last, 4, false);
    let architecture = net.build();
    let weights = weights(&architecture, 1);
    let mut trainer = trainer(CpuEngine::new(), &architecture, &SGD, &weights, &Masks::new());
    let mut stream = stream(1, 3);
    let inputs: Vec<f32> = (0..37 * 300).map(|_| stream.normal() as f32).collect();
    let labels: Vec<u16> = (0..37).map(|_| stream.below(4) as u16).collect();
    trainer.step(Batch::Values { inputs: &inputs, labels: &labels }, 1.0).unwrap();
    let after = trainer.weights();
    let sums: Vec<f64> = ["conv1", "conv2", "fc1", "fc2"]
        .iter()
        .map(|layer| {
            let (before, after) = (&weights[&format!("{layer}.weight")], &after[&format!("{layer}.weight")]);
            let pairs = before.data().iter().zip(after.data());
            pairs.map(|(&w, &after)| f64::from(w) * (f64::from(w) - f64::from(after))).sum()
        })
        .collect();
    assert!(sums[3].abs() > 0.05, "{sums:?}");
    for sum in &sums {
        assert!((sum - sums[3]).abs() < 1e-3 * sums[3].abs(), "{sums:?}");
    }
}

#[test]
fn evaluation_logits_and_gradients_are_without_dropout() {
    let build = |name: &str| build_model(name, &ModelOptions::default(), &[3, 8, 8], 10).unwrap();
    let (with, without) = (build("conv-2+width-0.1+dropout-0.4"), build("conv-2+width-0.1"));
    let weights = weights(&with, 2);
    let mut stream = stream(2, 3);
    let inputs: Vec<f32> = (0..20 * 192).map(|_| stream.normal() as f32).collect();
    let labels: Vec<u16> = (0..20).map(|_| stream.below(10) as u16).collect();
    let batch = Batch::Values { inputs: &inputs, labels: &labels };
    for density in [1.0, 0.1] {
        let masks = masks(&with, &[density], 2);
        let [mut with, mut without] =
            [&with, &without].map(|net| trainer(CpuEngine::new(), net, &SGD, &weights, &masks));
        // After a step, so that factors have been drawn.
        with.step(batch, 0.0).unwrap();
        assert_eq!(with.logits(batch).unwrap(), without.logits(batch).unwrap(), "density {density}");
        let gradients = [&mut with, &mut without].map(|net| net.gradients(batch, Gradients::All).unwrap());
        same_bits(&gradients[0], &gradients[1]).unwrap();
        let losses = [&mut with, &mut without].map(|net| net.step(batch, 0.0).unwrap().loss_sum);
        assert_ne!(losses[0], losses[1], "training is with dropout");
    }
}
