//! Dropout: what is dropped, and that nothing but updates knows of it.

use lth_model::{
    Architecture, ArchitectureBuilder, Batch, Engine, Gradients, OneNetwork, Optimizer, OptimizerState,
    Purpose, RandomStream, Seed, Start, Tensor, Tensors, Window,
};

use super::{
    Failure, Outcome,
    bits::{same_bits, same_state, same_values},
    case::{Batches, Case, FEW, OPTIMIZERS, SHIFTED},
    nets,
};

const RATE: f32 = 0.3;

/// A second dropout reads what the first one leaves, through the identity; then two classes of weights zero.
fn twice(shape: &[usize]) -> Architecture {
    let net = ArchitectureBuilder::new("twice", shape).dropout("dropout1", RATE);
    let net = if shape.len() == 3 {
        net.conv2d_without_bias("same", shape[0], Window::square(1, 1, 0))
            .dropout("dropout2", 0.5)
            .flatten("flatten")
    } else {
        net.linear_without_bias("same", shape[0]).dropout("dropout2", 0.5)
    };
    net.linear("fc", 2).build().expect("a network")
}

/// For ones at an example of label 0, and nothing at the others: what the update at a rate of twice the examples adds to the
/// weights of its class, which is the product of the example's factors, since both classes have probability one half.
fn products(
    engine: &dyn Engine,
    shape: &[usize],
    (seed, updates): (u64, u64),
    examples: usize,
    example: usize,
) -> Result<Vec<f32>, Failure> {
    let architecture = twice(shape);
    let (features, side) = (architecture.input_features(), shape[0]);
    let mut weights: Tensors =
        architecture.parameters().into_iter().map(|p| (p.name, Tensor::zeros(p.shape))).collect();
    for unit in 0..side {
        weights["same.weight"].data_mut()[unit * side + unit] = 1.0;
    }
    let case = Case { weights, seed: Seed(seed), ..Case::new(architecture, (Optimizer::SGD, 1.0), 0) };
    let memory = OptimizerState { updates, tensors: Tensors::new() };
    let start = Start { optimizer: Some(&memory), ..case.start() };
    let mut trainer = OneNetwork::new(engine, &case.program(), &start)?;
    let mut inputs = vec![0.0; features * examples];
    inputs[example * features..][..features].fill(1.0);
    let labels = vec![0; examples];
    trainer.step(Batch::Values { inputs: &inputs, labels: &labels }, 2.0 * examples as f32)?;
    Ok(trainer.weights()["fc.weight"].data()[..features].to_vec())
}

/// Number `before + feature * examples + example` of the stream of the seed and the update decides, layer after layer.
pub fn factors_are_those_of_the_stream(engine: &dyn Engine) -> Outcome {
    for shape in [&[70][..], &[3, 5, 4]] {
        let features: u64 = shape.iter().product::<usize>() as u64;
        for (seed, updates) in [(1, 0), (1, 1), (2, 0), (u64::MAX, 1 << 40)] {
            for (examples, example) in [(1, 0), (2, 1), (17, 16), (66, 3), (66, 65)] {
                let found = products(engine, shape, (seed, updates), examples, example)?;
                let stream = RandomStream::new(Seed(seed), Purpose::Dropout, updates);
                for (feature, &product) in (0..).zip(&found) {
                    let place = feature * examples as u64 + example as u64;
                    let number = |before: u64| stream.at(before + place).uniform();
                    let kept = number(0) >= f64::from(RATE) && number(features * examples as u64) >= 0.5;
                    let expected = if kept { 2.0 / (1.0 - RATE) } else { 0.0 };
                    ensure!(
                        (product - expected).abs() <= 1e-5 * expected,
                        "seed {seed}, update {updates}, shape {shape:?}, example {example} of {examples}, \
                         feature {feature}: the product of both factors is {product}, expected {expected}"
                    );
                }
            }
        }
    }
    Ok(())
}

/// Without its dropout layers.
fn without(architecture: &Architecture) -> Architecture {
    let mut architecture = architecture.clone();
    while let Some(at) = architecture.nodes.iter().position(|n| matches!(n.op, lth_model::Op::Dropout { .. }))
    {
        let before = architecture.nodes.remove(at).inputs[0];
        for input in architecture.nodes.iter_mut().flat_map(|node| &mut node.inputs) {
            *input = if *input == at { before } else { *input - usize::from(*input > at) };
        }
    }
    architecture
}

/// The same with other rates.
fn with_rate(architecture: &Architecture, new: f32) -> Architecture {
    let mut architecture = architecture.clone();
    for node in &mut architecture.nodes {
        if let lth_model::Op::Dropout { rate } = &mut node.op {
            *rate = new;
        }
    }
    architecture
}

/// Evaluations, outputs and gradients have the bits of the network without dropout.
pub fn only_updates_have_dropout(engine: &dyn Engine) -> Outcome {
    for architecture in [nets::small_with_dropout(), nets::pooled()] {
        for density in [1.0, 0.6, 0.2, 0.02] {
            let with = Case::new(architecture.clone(), OPTIMIZERS[0], 1).at(density);
            let without = Case { architecture: without(&architecture), ..with.clone() };
            let batches = Batches::new(engine, &with, SHIFTED)?;
            let set = engine.evaluation_set(&batches.data, &(0..150).collect::<Vec<u32>>())?;
            let indices = batches.indices(0);
            let batch = batches.of(&indices);
            let what = format!("{}, density {density}", architecture.name);
            let (mut a, mut b) = (with.trainer(engine)?, without.trainer(engine)?);
            // After an update, so that factors have been drawn; at a rate of 0 it moves running statistics alone.
            let losses = [a.step(batch, 0.0)?, b.step(batch, 0.0)?].map(|report| report.loss_sum);
            ensure!(density < 0.1 || losses[0] != losses[1], "{what}: a step has no dropout");
            let weights = a.weights();
            b.write(&Start { weights: &weights, ..without.start() })?;
            let evaluations = [a.evaluate(&set)?, b.evaluate(&set)?];
            ensure!(evaluations[0] == evaluations[1], "{what}: {evaluations:?}");
            same_values(&a.logits(batch)?, &b.logits(batch)?, &format!("{what}: logits"))?;
            for which in [Gradients::All, Gradients::Live] {
                same_bits(
                    &a.gradients(batch, which)?,
                    &b.gradients(batch, which)?,
                    &format!("{what}: {which:?}"),
                )?;
            }
        }
    }
    Ok(())
}

/// A rate of 0 trains to the bits of the network without dropout.
pub fn a_rate_of_zero_is_no_dropout(engine: &dyn Engine) -> Outcome {
    for architecture in [nets::small_with_dropout(), nets::pooled()] {
        for optimizer in FEW {
            for density in [1.0, 0.2] {
                let with = Case::new(with_rate(&architecture, 0.0), optimizer, 1).at(density);
                let without = Case { architecture: without(&architecture), ..with.clone() };
                let batches = Batches::new(engine, &with, SHIFTED)?;
                let (mut a, mut b) = (with.trainer(engine)?, without.trainer(engine)?);
                batches.train(&mut a, with.rate, 0..4)?;
                batches.train(&mut b, with.rate, 0..4)?;
                let what = format!("{}, {}, density {density}", architecture.name, optimizer.0);
                same_state(&a.state(), &b.state(), &what)?;
            }
        }
    }
    Ok(())
}
