//! Running statistics: estimated anew, frozen, and in evaluation.

use std::cell::Cell;

use crate::shared::Network;
use lth_cpu::CpuEngine;
use lth_model::{
    Architecture, Batch, DataSet, EngineError, Examples, Masks, Normalization, Op, Tensors, Window,
};

use crate::graph::{
    net::Net,
    plain::{Plain, Settings, total_loss},
    support::*,
};

const SHAPE: [usize; 3] = [3, 7, 6];
const FEATURES: usize = 3 * 7 * 6;
const COUNT: usize = 150;

fn net() -> Architecture {
    let mut net = Net::new("norms", &SHAPE);
    let conv = net.conv("conv1", 0, 7, Window::square(3, 1, 1), false);
    let norm = net.norm("bn1", conv);
    let relu = net.push("relu1", Op::Relu, &[norm]);
    let conv = net.conv("conv2", relu, 18, Window::square(3, 2, 1), false);
    let norm = net.norm("bn2", conv);
    let relu = net.push("relu2", Op::Relu, &[norm]);
    let pool = net.push("pool", Op::GlobalAveragePool, &[relu]);
    net.linear("fc", pool, 5, true);
    net.build()
}

fn examples() -> Examples {
    let mut stream = stream(3, 7);
    let bytes: Vec<u8> = (0..COUNT * FEATURES).map(|_| stream.below(256) as u8).collect();
    let labels: Vec<u16> = (0..COUNT).map(|_| stream.below(5) as u16).collect();
    Examples {
        bytes: bytes.into(),
        labels: labels.into(),
        features: FEATURES,
        normalization: Normalization::UNIT,
    }
}

fn inputs(examples: &Examples, indices: &[u32]) -> Vec<f64> {
    let table = Normalization::UNIT.table(0).unwrap();
    let image = |&index: &u32| &examples.bytes[index as usize * FEATURES..][..FEATURES];
    indices.iter().flat_map(image).map(|&byte| f64::from(table[usize::from(byte)])).collect()
}

/// With a third of the weights in a sparse layer.
fn start() -> (Architecture, Tensors, Masks, Network) {
    let architecture = net();
    let weights = weights(&architecture, 8);
    let masks = masks(&architecture, &[1.0, 0.3], 8);
    let settings = Settings::new(OPTIMIZERS[1].0, OPTIMIZERS[1].1);
    let trainer = trainer(CpuEngine::new(), &architecture, &settings, &weights, &masks);
    (architecture, weights, masks, trainer)
}

fn is_running(name: &str) -> bool {
    name.contains("running_")
}

#[test]
fn reestimated_statistics_are_averages_over_batches() {
    let (architecture, weights, masks, mut trainer) = start();
    let examples = examples();
    let indices: Vec<u32> = (0..COUNT as u32).rev().filter(|index| index % 7 != 0).collect();
    // The last batch is smaller; one batch is larger than all.
    for batch_size in [50, 70, 500] {
        let mut plain = Plain::new(&architecture, &weights, &masks);
        let batches: Vec<Vec<f64>> =
            indices.chunks(batch_size).map(|indices| inputs(&examples, indices)).collect();
        plain.reestimate_batch_norm(batches.iter().map(Vec::as_slice));
        let before = trainer.state();
        trainer.reestimate_batch_norm(&examples, &indices, batch_size, &|| false).unwrap();
        let after = trainer.state();
        assert_eq!(same_bits(&after.optimizer.tensors, &before.optimizer.tensors), Ok(()));
        for (name, tensor) in &after.weights {
            if is_running(name) {
                for (&found, &expected) in tensor.data().iter().zip(&plain.values[name]) {
                    let off = (f64::from(found) - expected).abs();
                    assert!(off < 1e-5 * expected.abs().max(0.1), "{name}: {found}, expected {expected}");
                }
            } else {
                let pair = |tensors: &Tensors| Tensors::from_iter([(name.clone(), tensors[name].clone())]);
                assert_eq!(same_bits(&pair(&after.weights), &pair(&before.weights)), Ok(()));
            }
        }
    }
}

#[test]
fn a_reestimation_that_is_stopped_changes_nothing() {
    let (.., mut trainer) = start();
    let (examples, indices) = (examples(), (0..COUNT as u32).collect::<Vec<_>>());
    let before = trainer.weights();
    let asked = Cell::new(0);
    let stop = || asked.replace(asked.get() + 1) == 2;
    assert_eq!(trainer.reestimate_batch_norm(&examples, &indices, 20, &stop), Ok(false));
    assert_eq!((asked.get(), same_bits(&trainer.weights(), &before)), (3, Ok(())));
    // What it had seen is forgotten.
    trainer.reestimate_batch_norm(&examples, &indices[..50], 20, &|| false).unwrap();
    let (.., mut fresh) = start();
    fresh.reestimate_batch_norm(&examples, &indices[..50], 20, &|| false).unwrap();
    assert_eq!(same_bits(&trainer.weights(), &fresh.weights()), Ok(()));
}

#[test]
fn reestimation_of_nothing_is_refused() {
    let (.., mut trainer) = start();
    let examples = examples();
    let before = trainer.weights();
    for (indices, batch_size) in [(&[][..], 8), (&[0, 1][..], 0), (&[0, COUNT as u32][..], 8)] {
        let result = trainer.reestimate_batch_norm(&examples, indices, batch_size, &|| false);
        assert!(matches!(result, Err(EngineError::Batch { .. })), "{indices:?} in batches of {batch_size}");
        assert_eq!(same_bits(&trainer.weights(), &before), Ok(()));
    }
}

#[test]
fn evaluation_and_gradients_leave_the_network_as_it_is() {
    let (.., mut trainer) = start();
    let examples = examples();
    let indices: Vec<u32> = (0..COUNT as u32).collect();
    let batch = Batch::Stored { data: &DataSet::on_host(&examples), indices: &indices[..33], views: &[] };
    trainer.step(batch, 0.05).unwrap();
    let before = trainer.state();
    let set = trainer.add_evaluation_set(&examples, &indices).unwrap();
    let evaluation = trainer.evaluate(set);
    trainer.gradients(batch, lth_model::Gradients::All).unwrap();
    let after = trainer.state();
    assert_eq!(same_bits(&after.weights, &before.weights), Ok(()));
    assert_eq!(same_bits(&after.optimizer.tensors, &before.optimizer.tensors), Ok(()));

    let all = Batch::Stored { data: &DataSet::on_host(&examples), indices: &indices, views: &[] };
    let logits = wide(&trainer.logits(all).unwrap());
    let loss = total_loss(&logits, &examples.labels, 0.0) / COUNT as f64;
    assert!((evaluation.loss - loss).abs() < 1e-5 * loss, "{} is not {loss}", evaluation.loss);
    let right = |(row, &label): (&[f64], &u16)| {
        row.iter()
            .enumerate()
            .all(|(class, &logit)| class == usize::from(label) || logit < row[usize::from(label)])
    };
    let correct = logits.chunks(5).zip(examples.labels.iter()).filter(|&pair| right(pair)).count();
    assert_eq!((evaluation.correct, evaluation.examples), (correct, COUNT));
    assert_eq!(trainer.evaluate(set), evaluation, "the same again");
}

/// A norm of a linear layer, and, where asked for, one of maps before it.
fn normed_linear(map: bool) -> Architecture {
    let mut net = Net::new("one", &[1, 2, 2]);
    let mut last = 0;
    if map {
        last = net.conv("conv", last, 3, Window::square(1, 1, 0), false);
        last = net.norm("bn1", last);
    } else {
        last = net.linear("fc1", last, 6, true);
        last = net.norm("bn1", last);
    }
    net.linear("fc2", last, 3, true);
    net.build()
}

#[test]
fn one_value_a_channel_is_refused_where_the_batch_is_normalised() {
    let settings = Settings::new(OPTIMIZERS[1].0, OPTIMIZERS[1].1);
    let one = Batch::Values { inputs: &[0.1, 0.9, -0.3, 0.4], labels: &[2] };
    let architecture = normed_linear(false);
    let weights = weights(&architecture, 3);
    let mut trainer = self::trainer(CpuEngine::new(), &architecture, &settings, &weights, &Masks::new());
    let refused = EngineError::OneValue { layer: "bn1".to_owned() };
    let examples = Examples {
        bytes: vec![7; 5 * 4].into(),
        labels: vec![0; 5].into(),
        features: 4,
        normalization: Normalization::UNIT,
    };
    assert_eq!(trainer.step(one, 0.1), Err(refused.clone()));
    assert_eq!(trainer.gradients(one, lth_model::Gradients::All), Err(refused.clone()));
    assert_eq!(trainer.reestimate_batch_norm(&examples, &[0, 1, 2], 1, &|| false), Err(refused.clone()));
    assert_eq!(trainer.reestimate_batch_norm(&examples, &[0], 2, &|| false), Err(refused));
    same_bits(&trainer.weights(), &weights).unwrap();
    // Where statistics are estimated, the last example is left out if it is alone.
    trainer.reestimate_batch_norm(&examples, &[0, 1, 2, 3], 2, &|| false).unwrap();
    let estimated = trainer.weights();
    trainer.reestimate_batch_norm(&examples, &[0, 1, 2, 3, 4], 2, &|| false).unwrap();
    same_bits(&trainer.weights(), &estimated).unwrap();
    // Evaluation, and maps of several places have a variance.
    trainer.logits(one).unwrap();
    let architecture = normed_linear(true);
    let weights = self::weights(&architecture, 3);
    let mut trainer = self::trainer(CpuEngine::new(), &architecture, &settings, &weights, &Masks::new());
    trainer.step(one, 0.1).unwrap();
}
