//! Evaluation equals plain computation, example by example.

use lth_model::{Batch, DataSet, Evaluation, Normalization, Optimizer};

use crate::trainer::{
    network::{PlainNetwork, numbers},
    support::*,
};

fn assert_equal(found: Evaluation, loss: f64, correct: usize, examples: usize, what: &str) {
    let off = (found.loss - loss).abs();
    assert!(off <= 1e-6, "{what}: loss {} is off by {off:e}", found.loss);
    assert_eq!((found.correct, found.examples), (correct, examples), "{what}");
}

#[test]
fn loss_and_accuracy_are_those_of_plain_loops() {
    let architecture = small();
    let weights = weights(&architecture);
    for normalization in [Normalization::UNIT, SHIFTED] {
        let examples = examples(1000, normalization);
        for density in DENSITIES {
            let masks = masks(&architecture, density);
            let network = PlainNetwork::new(&architecture, Optimizer::SGD, &weights, &masks);
            let mut trainer = trainer(&architecture, Optimizer::SGD, &weights, &masks);
            let mut sets = Vec::new();
            for count in [1, 5, 63, 64, 65, 128, 130, 1000] {
                // Some examples twice, in no order.
                let mut stream = stream(count as u64);
                let indices: Vec<u32> = (0..count).map(|_| stream.below(1000) as u32).collect();
                let (inputs, labels) = numbers(&examples, &indices);
                let pass = network.pass(&inputs, &labels);
                let set = trainer.add_evaluation_set(&examples, &indices).unwrap();
                let found = trainer.evaluate(set);
                let what = format!("{count} examples, density {density}, {normalization:?}");
                assert_equal(found, pass.loss, pass.correct, count, &what);
                assert!((found.accuracy() - pass.correct as f64 / count as f64).abs() < 1e-15);
                sets.push((set, found));
            }
            // Whatever was evaluated before, a set's result has the same bits.
            for &(set, found) in sets.iter().rev().chain(&sets) {
                assert_eq!(trainer.evaluate(set), found, "set {set}, density {density}");
            }
        }
    }
}

#[test]
fn sets_follow_the_weights() {
    let architecture = small();
    let examples = examples(200, Normalization::UNIT);
    let indices: Vec<u32> = (0..200).collect();
    for density in DENSITIES {
        let masks = masks(&architecture, density);
        let mut trainer = trainer(&architecture, Optimizer::ADAM, &weights(&architecture), &masks);
        let set = trainer.add_evaluation_set(&examples, &indices).unwrap();
        let mut before = trainer.evaluate(set);
        for number in 0..4 {
            steps(&mut trainer, &examples, 1e-2, number..number + 1);
            let after = trainer.evaluate(set);
            assert_ne!(after.loss, before.loss);
            let network = PlainNetwork::new(&architecture, Optimizer::SGD, &trainer.weights(), &masks);
            let (inputs, labels) = numbers(&examples, &indices);
            let pass = network.pass(&inputs, &labels);
            assert_equal(after, pass.loss, pass.correct, 200, &format!("density {density}, step {number}"));
            before = after;
        }
        // Loading keeps the sets, also when a layer changes from dense to sparse.
        let state = trainer.state();
        let sparser = self::masks(&architecture, 0.05);
        trainer.load(&state.weights, &sparser, None).unwrap();
        let network = PlainNetwork::new(&architecture, Optimizer::SGD, &state.weights, &sparser);
        let (inputs, labels) = numbers(&examples, &indices);
        let pass = network.pass(&inputs, &labels);
        assert_equal(trainer.evaluate(set), pass.loss, pass.correct, 200, "after loading");
    }
}

#[test]
fn an_empty_set_has_no_loss_and_no_accuracy() {
    let architecture = small();
    for density in DENSITIES {
        let masks = masks(&architecture, density);
        let mut trainer = trainer(&architecture, Optimizer::SGD, &weights(&architecture), &masks);
        let set = trainer.add_evaluation_set(&examples(3, Normalization::UNIT), &[]).unwrap();
        let evaluation = trainer.evaluate(set);
        assert_eq!(evaluation, Evaluation { loss: 0.0, correct: 0, examples: 0 });
        assert_eq!(evaluation.accuracy(), 0.0);
    }
}

#[test]
fn a_set_of_blank_examples_is_evaluated() {
    let architecture = small();
    let mut blank = examples(70, Normalization::UNIT);
    blank.bytes = vec![0; 70 * FEATURES].into();
    let indices: Vec<u32> = (0..70).collect();
    for density in DENSITIES {
        let masks = masks(&architecture, density);
        let weights = weights(&architecture);
        let network = PlainNetwork::new(&architecture, Optimizer::SGD, &weights, &masks);
        let mut trainer = trainer(&architecture, Optimizer::SGD, &weights, &masks);
        let set = trainer.add_evaluation_set(&blank, &indices).unwrap();
        let (inputs, labels) = numbers(&blank, &indices);
        let pass = network.pass(&inputs, &labels);
        assert_equal(trainer.evaluate(set), pass.loss, pass.correct, 70, &format!("density {density}"));
    }
}

#[test]
fn stored_bytes_and_plain_numbers_train_to_the_same_bits() {
    let architecture = small();
    let examples = examples(300, Normalization::UNIT);
    let table = examples.normalization.table(0).unwrap();
    for density in DENSITIES {
        let masks = masks(&architecture, density);
        let mut stored = trainer(&architecture, Optimizer::ADAM, &weights(&architecture), &masks);
        let mut values = trainer(&architecture, Optimizer::ADAM, &weights(&architecture), &masks);
        for number in 0..8 {
            let indices = indices(number, 300);
            let row = |&index: &u32| &examples.bytes[index as usize * FEATURES..][..FEATURES];
            let inputs: Vec<f32> =
                indices.iter().flat_map(row).map(|&byte| table[usize::from(byte)]).collect();
            let labels: Vec<u16> = indices.iter().map(|&index| examples.labels[index as usize]).collect();
            let (stored_batch, values_batch) = (
                Batch::Stored { data: &DataSet::on_host(&examples), indices: &indices, views: &[] },
                Batch::Values { inputs: &inputs, labels: &labels },
            );
            assert_eq!(stored.logits(stored_batch).unwrap(), values.logits(values_batch).unwrap());
            let (a, b) = (stored.step(stored_batch, 1e-3).unwrap(), values.step(values_batch, 1e-3).unwrap());
            assert_eq!(a, b, "density {density}, step {number}");
        }
        assert_same_state(&stored.state(), &values.state(), &format!("density {density}"));
    }
}
