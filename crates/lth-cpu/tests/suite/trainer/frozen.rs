//! Pruned weights that are frozen at values other than zero, and the gradient of the outputs.

use lth_model::{Batch, DataSet, Gradients, Mask, Masks, Normalization, Tensors};

use crate::trainer::support::*;

/// Whether every pruned weight has the bits that it started with.
fn assert_frozen(found: &Tensors, start: &Tensors, masks: &Masks, what: &str) {
    for (name, mask) in masks {
        let bits = found[name].data().iter().zip(start[name].data()).zip(mask.flags());
        let moved = bits.filter(|((a, b), kept)| !kept && a.to_bits() != b.to_bits()).count();
        assert_eq!(moved, 0, "{what}: frozen weights of {name} moved");
    }
}

#[test]
fn frozen_weights_are_bit_equal_after_a_thousand_steps() {
    let architecture = small();
    let examples = examples(300, Normalization::UNIT);
    let start = weights(&architecture);
    for (optimizer, rate) in OPTIMIZERS {
        for density in [0.9, 0.2, 0.0] {
            let what = format!("{optimizer}, density {density}");
            let masks = masks(&architecture, density);
            let mut trainer = trainer(&architecture, optimizer, &start, &masks);
            trainer.load_frozen(&start, &masks, None).unwrap();
            assert_same(&trainer.weights(), &start, &what);
            steps(&mut trainer, &examples, rate * 0.1, 0..1000);
            let state = trainer.state();
            assert_frozen(&state.weights, &start, &masks, &what);
            assert_ne!(state.weights["fc1.bias"], start["fc1.bias"], "{what}: nothing was trained");
            for (name, tensor) in &state.optimizer.tensors {
                let Some((_, mask)) = masks.iter().find(|(weight, _)| name.starts_with(*weight)) else {
                    continue;
                };
                assert_eq!(masked_part(tensor.data(), mask), 0.0, "{what}: {name} remembers frozen weights");
            }
            trainer.load_frozen(&state.weights, &masks, Some(&state.optimizer)).unwrap();
            assert_same_state(&trainer.state(), &state, "after loading");
        }
    }
}

/// The sum of magnitudes of pruned entries.
fn masked_part(values: &[f32], mask: &Mask) -> f32 {
    values.iter().zip(mask.flags()).filter(|(_, kept)| !kept).map(|(value, _)| value.abs()).sum()
}

#[test]
fn frozen_weights_count_in_the_outputs_and_zeros_are_plain_pruning() {
    let architecture = small();
    let (start, examples) = (weights(&architecture), examples(300, SHIFTED));
    let masks = masks(&architecture, 0.2);
    let optimizer = OPTIMIZERS[1].0;
    let mut dense = trainer(&architecture, optimizer, &start, &Masks::new());
    let mut frozen = trainer(&architecture, optimizer, &start, &masks);
    let indices = indices(0, examples.len());
    let batch = Batch::Stored { data: &DataSet::on_host(&examples), indices: &indices, views: &[] };
    let mut plain = trainer(&architecture, optimizer, &start, &masks);
    frozen.load_frozen(&masked(&start, &masks), &masks, None).unwrap();
    steps(&mut plain, &examples, 0.05, 0..20);
    steps(&mut frozen, &examples, 0.05, 0..20);
    assert_same_state(&frozen.state(), &plain.state(), "zeros that are frozen");

    frozen.load_frozen(&start, &masks, None).unwrap();
    assert_eq!(frozen.logits(batch).unwrap(), dense.logits(batch).unwrap());
    let expected = masked(&dense.gradients(batch, Gradients::All).unwrap(), &masks);
    assert_same(&frozen.gradients(batch, Gradients::Live).unwrap(), &expected, "gradients");
    frozen.load(&start, &masks, None).unwrap();
    assert_same(&frozen.weights(), &masked(&start, &masks), "a plain load masks again");
}
