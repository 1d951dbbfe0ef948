//! A trainer that is saved and loaded goes on to the same bits.

use lth_model::{Normalization, OptimizerState, TensorFile, Tensors, TrainerState};

use crate::trainer::support::*;

/// Through the bytes of a file, as a checkpoint does.
fn through_a_file(tensors: &Tensors) -> Tensors {
    let file = TensorFile { tensors: tensors.clone(), ..TensorFile::default() };
    TensorFile::from_bytes(&file.to_bytes(), "checkpoint").unwrap().tensors
}

#[test]
fn state_then_load_then_continue_gives_the_same_bits() {
    for architecture in [small(), small_with_dropout()] {
        let weights = weights(&architecture);
        let examples = examples(300, Normalization::UNIT);
        for (optimizer, rate) in OPTIMIZERS {
            for density in DENSITIES {
                let masks = masks(&architecture, density);
                let mut straight = trainer(&architecture, optimizer, &weights, &masks);
                steps(&mut straight, &examples, rate, 0..7);
                let state = straight.state();
                assert_eq!(state.optimizer.updates, 7);
                steps(&mut straight, &examples, rate, 7..16);

                let mut resumed = trainer(&architecture, optimizer, &weights, &masks);
                let saved = OptimizerState { updates: 7, tensors: through_a_file(&state.optimizer.tensors) };
                resumed.load(&through_a_file(&state.weights), &masks, Some(&saved)).unwrap();
                assert_same_state(&resumed.state(), &state, "right after loading");
                steps(&mut resumed, &examples, rate, 7..16);
                let what = format!("{optimizer}, density {density}, {} layers", architecture.nodes.len());
                assert_same_state(&resumed.state(), &straight.state(), &what);
            }
        }
    }
}

#[test]
fn nothing_of_earlier_batches_and_evaluations_is_left() {
    let architecture = small_with_dropout();
    let weights = weights(&architecture);
    let examples = examples(300, SHIFTED);
    let everything: Vec<u32> = (0..300).collect();
    for (optimizer, rate) in [OPTIMIZERS[0], OPTIMIZERS[6]] {
        for density in DENSITIES {
            let masks = masks(&architecture, density);
            let mut one = trainer(&architecture, optimizer, &weights, &masks);
            let set = one.add_evaluation_set(&examples, &everything).unwrap();
            let mut state: Option<TrainerState> = None;
            for number in 0..14 {
                one.evaluate(set);
                steps(&mut one, &examples, rate, number..number + 1);
                // A fresh trainer for every step.
                let mut fresh = trainer(&architecture, optimizer, &weights, &masks);
                if let Some(state) = &state {
                    fresh.load(&state.weights, &masks, Some(&state.optimizer)).unwrap();
                }
                steps(&mut fresh, &examples, rate, number..number + 1);
                let after = fresh.state();
                assert_same_state(
                    &one.state(),
                    &after,
                    &format!("{optimizer}, density {density}, step {number}"),
                );
                state = Some(after);
            }
        }
    }
}

#[test]
fn loading_without_memory_starts_afresh() {
    let architecture = small_with_dropout();
    let weights = weights(&architecture);
    let examples = examples(300, Normalization::UNIT);
    for (optimizer, rate) in OPTIMIZERS {
        let masks = masks(&architecture, 0.2);
        let mut used = trainer(&architecture, optimizer, &weights, &masks);
        let fresh = used.state();
        assert!(
            fresh.optimizer.tensors.values().all(|tensor| tensor.data().iter().all(|&value| value == 0.0))
        );
        steps(&mut used, &examples, rate, 0..5);
        used.load(&weights, &masks, None).unwrap();
        assert_same_state(&used.state(), &fresh, &format!("{optimizer}"));
    }
}

#[test]
fn the_memory_has_pytorchs_names() {
    let architecture = small();
    let weights = weights(&architecture);
    for (optimizer, _) in OPTIMIZERS {
        let state = trainer(&architecture, optimizer, &weights, &masks(&architecture, 0.2)).state();
        let moments: &[&str] = match optimizer {
            lth_model::Optimizer::Sgd { momentum: 0.0, .. } => &[],
            lth_model::Optimizer::Sgd { .. } => &["momentum_buffer"],
            _ => &["exp_avg", "exp_avg_sq"],
        };
        let mut expected: Vec<String> = weights
            .keys()
            .flat_map(|name| moments.iter().map(move |moment| format!("{name}.{moment}")))
            .collect();
        let mut found: Vec<String> = state.optimizer.tensors.keys().cloned().collect();
        expected.sort();
        found.sort();
        assert_eq!(found, expected);
        for (name, tensor) in &state.optimizer.tensors {
            let (of, _) = name.rsplit_once('.').unwrap();
            assert_eq!(tensor.shape(), weights[of].shape(), "{name}");
        }
    }
}
