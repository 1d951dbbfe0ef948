//! Dropout: what is dropped, when, and that evaluation knows nothing of it.

use crate::shared::Network;
use lth_cpu::CpuEngine;
use lth_model::{
    Architecture, ArchitectureBuilder, Batch, DataSet, Gradients, Masks, Normalization, Optimizer,
    OptimizerState, Seed, Tensor, Tensors,
};

use crate::trainer::support::*;

const WIDE: usize = 20_000;
const RATE: f32 = 0.3;

/// Dropout of the inputs, then one layer of two classes.
fn wide() -> Architecture {
    ArchitectureBuilder::new("wide", &[WIDE]).dropout("dropout", RATE).linear("fc", 2).build().unwrap()
}

fn zeros() -> Tensors {
    Tensors::from([
        ("fc.weight".to_owned(), Tensor::zeros(vec![2, WIDE])),
        ("fc.bias".to_owned(), Tensor::zeros(vec![2])),
    ])
}

fn wide_trainer(seed: u64, updates: u64) -> Network {
    let engine = CpuEngine::new();
    let mut trainer =
        Network::new(engine, &wide(), &recipe(Optimizer::SGD), &zeros(), &Masks::new(), Seed(seed)).unwrap();
    let memory = OptimizerState { updates, tensors: Tensors::new() };
    trainer.load(&zeros(), &Masks::new(), Some(&memory)).unwrap();
    trainer
}

/// The factors of one example in iteration `updates`.
///
/// With inputs of 1 and weights of 0 both classes have probability 1/2, so that the step at rate 1 makes the weights of
/// the right class half the factors.
fn factors(seed: u64, updates: u64) -> Vec<f32> {
    let mut trainer = wide_trainer(seed, updates);
    trainer.step(Batch::Values { inputs: &vec![1.0; WIDE], labels: &[0] }, 1.0).unwrap();
    trainer.weights()["fc.weight"].data()[..WIDE].iter().map(|weight| 2.0 * weight).collect()
}

#[test]
fn factors_are_zero_or_the_inverse_of_what_is_kept() {
    let factors = factors(1, 0);
    let kept = 1.0 / (1.0 - RATE);
    assert!(factors.iter().all(|&factor| factor == 0.0 || (factor - kept).abs() < 1e-6));
    // Four standard deviations.
    let dropped = factors.iter().filter(|&&factor| factor == 0.0).count() as f64 / WIDE as f64;
    let deviation = (f64::from(RATE * (1.0 - RATE)) / WIDE as f64).sqrt();
    assert!((dropped - f64::from(RATE)).abs() < 4.0 * deviation, "{dropped} are dropped");
    let mean = factors.iter().copied().map(f64::from).sum::<f64>() / WIDE as f64;
    assert!((mean - 1.0).abs() < 4.0 * deviation * f64::from(kept), "the mean factor is {mean}");
}

#[test]
fn factors_depend_on_seed_and_iteration_only() {
    let first = factors(1, 0);
    assert_eq!(first, factors(1, 0));
    let both_dropped =
        |other: &[f32]| first.iter().zip(other).filter(|(a, b)| **a == 0.0 && **b == 0.0).count();
    for (what, other) in [("iteration", factors(1, 1)), ("seed", factors(2, 0))] {
        // Independent draws drop both with probability 0.09.
        let both = both_dropped(&other) as f64 / WIDE as f64;
        assert!((0.08..0.10).contains(&both), "another {what}: {both} are dropped in both");
    }
    // The second step of a training is iteration 1, whatever the first step's batch was.
    let mut trainer = wide_trainer(1, 0);
    trainer.step(Batch::Values { inputs: &vec![0.5; 3 * WIDE], labels: &[0, 1, 1] }, 0.0).unwrap();
    trainer.step(Batch::Values { inputs: &vec![1.0; WIDE], labels: &[0] }, 1.0).unwrap();
    let second: Vec<f32> =
        trainer.weights()["fc.weight"].data()[..WIDE].iter().map(|weight| 2.0 * weight).collect();
    assert_eq!(second, factors(1, 1));
}

#[test]
fn examples_have_factors_of_their_own() {
    let mut trainer = wide_trainer(1, 0);
    // Opposite labels: equal factors would cancel in every weight.
    trainer.step(Batch::Values { inputs: &vec![1.0; 2 * WIDE], labels: &[0, 1] }, 1.0).unwrap();
    let weights = trainer.weights();
    let moved = weights["fc.weight"].data()[..WIDE].iter().filter(|&&weight| weight != 0.0).count() as f64;
    // Exactly one of two is dropped with probability 0.42.
    assert!((0.40..0.44).contains(&(moved / WIDE as f64)), "{moved}");
}

#[test]
fn every_dropped_layer_of_a_step_has_factors_of_its_own() {
    // Two dropped layers of the same width with the identity between: were the factors the same, what the first keeps
    // the second would keep too.
    let width = 64;
    let architecture = ArchitectureBuilder::new("twice", &[width])
        .dropout("dropout1", 0.5)
        .linear("fc1", width)
        .dropout("dropout2", 0.5)
        .linear("fc2", 2)
        .build()
        .unwrap();
    let identity = (0..width * width).map(|at| if at / width == at % width { 1.0 } else { 0.0 }).collect();
    let weights = Tensors::from([
        ("fc1.weight".to_owned(), Tensor::new(vec![width, width], identity)),
        ("fc1.bias".to_owned(), Tensor::zeros(vec![width])),
        ("fc2.weight".to_owned(), Tensor::zeros(vec![2, width])),
        ("fc2.bias".to_owned(), Tensor::zeros(vec![2])),
    ]);
    let mut trainer = trainer(&architecture, Optimizer::SGD, &weights, &Masks::new());
    trainer.step(Batch::Values { inputs: &vec![1.0; width], labels: &[0] }, 1.0).unwrap();
    let found = trainer.weights();
    let kept_by_both = found["fc2.weight"].data()[..width].iter().filter(|&&weight| weight != 0.0).count();
    // 16 are expected, 32 if they were the same.
    assert!((6..=26).contains(&kept_by_both), "{kept_by_both}");
    assert!(
        found["fc2.weight"].data()[..width]
            .iter()
            .all(|&weight| weight == 0.0 || (weight - 2.0).abs() < 1e-5)
    );
}

#[test]
fn evaluation_logits_and_gradients_are_without_dropout() {
    let examples = examples(150, Normalization::UNIT);
    let indices: Vec<u32> = (0..150).collect();
    let batch = Batch::Stored { data: &DataSet::on_host(&examples), indices: &indices, views: &[] };
    for density in DENSITIES {
        let masks = masks(&small(), density);
        let weights = weights(&small());
        let mut with = trainer(&small_with_dropout(), Optimizer::SGD, &weights, &masks);
        let mut without = trainer(&small(), Optimizer::SGD, &weights, &masks);
        // After a step, so that factors have been drawn.
        with.step(batch, 0.0).unwrap();
        let sets = [&mut with, &mut without].map(|trainer| {
            let set = trainer.add_evaluation_set(&examples, &indices).unwrap();
            trainer.evaluate(set)
        });
        assert_eq!(sets[0], sets[1], "density {density}");
        assert_eq!(with.logits(batch).unwrap(), without.logits(batch).unwrap());
        for which in [Gradients::All, Gradients::Live] {
            let (a, b) = (with.gradients(batch, which).unwrap(), without.gradients(batch, which).unwrap());
            assert_same(&a, &b, &format!("density {density}, {which:?}"));
        }
        let (a, b) = (with.step(batch, 0.0).unwrap(), without.step(batch, 0.0).unwrap());
        assert_ne!(a.loss_sum, b.loss_sum, "training is with dropout");
    }
}

#[test]
fn a_rate_of_zero_is_no_dropout() {
    let examples = examples(300, Normalization::UNIT);
    let never = lth_model::mlp_with_dropout("small", &[FEATURES], &[33, 21], CLASSES, 0.0);
    for density in DENSITIES {
        let masks = masks(&small(), density);
        let weights = weights(&small());
        let mut with = trainer(&never, Optimizer::ADAM, &weights, &masks);
        let mut without = trainer(&small(), Optimizer::ADAM, &weights, &masks);
        steps(&mut with, &examples, 1e-3, 0..6);
        steps(&mut without, &examples, 1e-3, 0..6);
        assert_same_state(&with.state(), &without.state(), &format!("density {density}"));
    }
}
