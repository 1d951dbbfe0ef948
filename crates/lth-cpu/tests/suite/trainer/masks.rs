//! Pruned weights are exact zeros, always; what is kept goes on as before.

use lth_model::{Batch, DataSet, Gradients, Mask, Masks, Normalization, Optimizer, TensorFile, Tensors};

use crate::trainer::support::*;

/// Whether every pruned weight, or moment of one, is the positive zero.
fn assert_pruned_are_zero(tensors: &Tensors, masks: &Masks, what: &str) {
    assert!(!masks.is_empty());
    for (name, tensor) in tensors {
        let Some((_, mask)) = masks.iter().find(|(covered, _)| name.starts_with(*covered)) else { continue };
        let alive =
            tensor.data().iter().zip(mask.flags()).filter(|(value, kept)| !kept && value.to_bits() != 0);
        assert_eq!(alive.count(), 0, "{what}: pruned weights of {name} are not zero");
    }
}

#[test]
fn pruned_weights_are_zero_after_every_step_save_and_load() {
    let architecture = small();
    let examples = examples(300, Normalization::UNIT);
    for (optimizer, rate) in OPTIMIZERS {
        for (density, sparse) in
            [(0.9, false), (0.9, true), (0.2, false), (0.2, true), (0.02, true), (0.0, true)]
        {
            let what = format!("{optimizer}, density {density}, sparse: {sparse}");
            let masks = masks(&architecture, density);
            // The weights that come in are not masked.
            let initial = weights(&architecture);
            let mut trainer = trainer_of(always_sparse(sparse), &architecture, optimizer, &initial, &masks);
            assert_pruned_are_zero(&trainer.weights(), &masks, &what);
            for number in 0..12 {
                steps(&mut trainer, &examples, rate, number..number + 1);
                let state = trainer.state();
                assert_pruned_are_zero(&state.weights, &masks, &what);
                assert_pruned_are_zero(&state.optimizer.tensors, &masks, &what);
                assert_same(&trainer.weights(), &state.weights, "weights() are those of state()");
            }
            let state = trainer.state();
            let file =
                TensorFile { tensors: state.weights.clone(), masks: masks.clone(), ..TensorFile::default() };
            let mut file = TensorFile::from_bytes(&file.to_bytes(), "ticket").unwrap();
            file.tensors.sort_by_key(|name, _| state.weights.get_index_of(name));
            assert_same(&file.tensors, &state.weights, "a file keeps every bit");
            trainer.load(&file.tensors, &file.masks, Some(&state.optimizer)).unwrap();
            assert_same_state(&trainer.state(), &state, "after loading the file");
        }
    }
}

#[test]
fn masks_set_in_training_keep_the_memory_of_surviving_weights() {
    let architecture = small();
    let examples = examples(300, Normalization::UNIT);
    for (optimizer, rate) in OPTIMIZERS {
        for (before, after) in [(1.0, 0.6), (1.0, 0.2), (0.6, 0.2), (0.2, 0.02), (0.6, 1.0)] {
            let what = format!("{optimizer}, density {before} to {after}");
            let mut trainer =
                trainer(&architecture, optimizer, &weights(&architecture), &masks(&architecture, before));
            steps(&mut trainer, &examples, rate, 0..7);
            let state = trainer.state();
            let masks = masks(&architecture, after);
            trainer.load(&state.weights, &masks, Some(&state.optimizer)).unwrap();

            let mut expected = state.clone();
            expected.weights = masked(&state.weights, &masks);
            for (name, tensor) in &mut expected.optimizer.tensors {
                if let Some((_, mask)) = masks.iter().find(|(covered, _)| name.starts_with(*covered)) {
                    mask.apply(tensor);
                }
            }
            assert_same_state(&trainer.state(), &expected, &what);
            let remembered =
                expected.optimizer.tensors.values().any(|t| t.data().iter().any(|&value| value != 0.0));
            assert_eq!(remembered, !expected.optimizer.tensors.is_empty(), "{what}");

            // A trainer that never knew the pruned weights goes on to the same bits.
            let mut other = self::trainer(&architecture, optimizer, &expected.weights, &masks);
            other.load(&expected.weights, &masks, Some(&expected.optimizer)).unwrap();
            steps(&mut trainer, &examples, rate, 7..14);
            steps(&mut other, &examples, rate, 7..14);
            assert_same_state(&trainer.state(), &other.state(), &what);
        }
    }
}

#[test]
fn gradients_of_all_weights_are_those_of_the_dense_network_with_zeros() {
    let architecture = small();
    let examples = examples(300, SHIFTED);
    for density in [0.6, 0.2, 0.02, 0.0] {
        let masks = masks(&architecture, density);
        let zeroed = masked(&weights(&architecture), &masks);
        let mut dense = trainer(&architecture, Optimizer::SGD, &zeroed, &Masks::new());
        let mut sparse = trainer(&architecture, Optimizer::SGD, &zeroed, &masks);
        for number in 0..BATCHES.len() {
            let indices = indices(number, examples.len());
            let batch = Batch::Stored { data: &DataSet::on_host(&examples), indices: &indices, views: &[] };
            let expected = dense.gradients(batch, Gradients::All).unwrap();
            let what = format!("density {density}, {} examples", indices.len());
            assert_same(&sparse.gradients(batch, Gradients::All).unwrap(), &expected, &what);
            let live = sparse.gradients(batch, Gradients::Live).unwrap();
            assert_same(&live, &masked(&expected, &masks), &what);
            assert_same(
                &dense.gradients(batch, Gradients::Live).unwrap(),
                &expected,
                "all of a dense network live",
            );
            assert_eq!(sparse.logits(batch).unwrap(), dense.logits(batch).unwrap(), "{what}");
        }
        assert_same(&sparse.weights(), &zeroed, "gradients change nothing");
        assert_eq!(sparse.state().optimizer.updates, 0);
    }
}

#[test]
fn the_crossover_changes_no_bit_of_forward_pass_and_data_gradient() {
    let architecture = small();
    let weights = weights(&architecture);
    let examples = examples(300, SHIFTED);
    for density in [0.9, 0.6, 0.2, 0.02, 0.0] {
        let masks = masks(&architecture, density);
        let mut engines = [true, false].map(|sparse| {
            trainer_of(always_sparse(sparse), &architecture, Optimizer::ADAM, &weights, &masks)
        });
        for number in 0..BATCHES.len() {
            let indices = indices(number, examples.len());
            let batch = Batch::Stored { data: &DataSet::on_host(&examples), indices: &indices, views: &[] };
            let [a, b] = engines.each_mut().map(|trainer| {
                let set = trainer.add_evaluation_set(&examples, &indices).unwrap();
                let logits = trainer.logits(batch).unwrap();
                let report = trainer.step(batch, 0.0).unwrap();
                (logits, trainer.evaluate(set), report, trainer.gradients(batch, Gradients::All).unwrap())
            });
            let what = format!("density {density}, {} examples", indices.len());
            assert_eq!((a.0, a.1, a.2), (b.0, b.1, b.2), "{what}");
            assert_same(&a.3, &b.3, &what);
        }
    }
}

#[test]
fn a_mask_that_keeps_everything_is_no_mask() {
    let architecture = small();
    let weights = weights(&architecture);
    let examples = examples(300, Normalization::UNIT);
    let parameters = architecture.parameters().into_iter().filter(|p| p.kind.is_prunable());
    let full: Masks = parameters.map(|p| (p.name, Mask::dense(p.shape))).collect();
    for (optimizer, rate) in OPTIMIZERS {
        let mut masked = trainer(&architecture, optimizer, &weights, &full);
        let mut dense = trainer(&architecture, optimizer, &weights, &Masks::new());
        steps(&mut masked, &examples, rate, 0..8);
        steps(&mut dense, &examples, rate, 0..8);
        assert_same_state(&masked.state(), &dense.state(), &format!("{optimizer}"));
    }
}

#[test]
fn layers_may_be_masked_one_by_one() {
    let architecture = small();
    let weights = weights(&architecture);
    let examples = examples(300, Normalization::UNIT);
    for (name, mask) in masks(&architecture, 0.1) {
        let masks = Masks::from([(name.clone(), mask.clone())]);
        let mut trainer = trainer(&architecture, Optimizer::ADAM, &weights, &masks);
        steps(&mut trainer, &examples, 1e-3, 0..4);
        let after = trainer.weights();
        assert_pruned_are_zero(&after, &masks, &name);
        for (other, tensor) in &after {
            let moved = tensor.data().iter().zip(weights[other].data()).filter(|(a, b)| a != b).count();
            assert!(moved > 0, "{name} masked: {other} is not trained");
        }
    }
}

#[test]
fn a_network_without_weights_still_trains_its_last_bias() {
    let architecture = small();
    let weights = weights(&architecture);
    let masks = masks(&architecture, 0.0);
    let examples = examples(60, Normalization::UNIT);
    let indices: Vec<u32> = (0..60).collect();
    let batch = Batch::Stored { data: &DataSet::on_host(&examples), indices: &indices, views: &[] };
    let mut trainer = trainer(&architecture, Optimizer::SGD, &weights, &masks);
    for row in trainer.logits(batch).unwrap().chunks(CLASSES) {
        assert_eq!(row, weights["fc3.bias"].data());
    }
    let first = trainer.step(batch, 0.5).unwrap().loss_sum;
    for _ in 0..50 {
        trainer.step(batch, 0.5).unwrap();
    }
    assert!(trainer.step(batch, 0.5).unwrap().loss_sum < first);
    assert_eq!(trainer.weights()["fc1.bias"], weights["fc1.bias"], "nothing reaches a unit without outputs");
}
