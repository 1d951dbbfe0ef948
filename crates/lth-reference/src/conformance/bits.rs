//! Comparisons to the bit.

use lth_model::{Masks, Tensor, Tensors, TrainerState};

use super::{Failure, Outcome};

/// Names, shapes and bits.
pub(super) fn same_bits(found: &Tensors, expected: &Tensors, what: &str) -> Outcome {
    ensure!(found.len() == expected.len(), "{what}: {} tensors, expected {}", found.len(), expected.len());
    for (name, tensor) in found {
        let Some(expected) = expected.get(name) else {
            return Err(Failure::new(format!("{what}: no {name} is expected")));
        };
        same_tensor(tensor, expected, &format!("{what}: {name}"))?;
    }
    Ok(())
}

pub(super) fn same_tensor(found: &Tensor, expected: &Tensor, what: &str) -> Outcome {
    let (a, b) = (found.shape(), expected.shape());
    ensure!(a == b, "{what}: shape {a:?}, expected {b:?}");
    same_values(found.data(), expected.data(), what)
}

pub(super) fn same_values(found: &[f32], expected: &[f32], what: &str) -> Outcome {
    ensure!(found.len() == expected.len(), "{what}: {} values, expected {}", found.len(), expected.len());
    let differ: Vec<usize> =
        (0..found.len()).filter(|&at| found[at].to_bits() != expected[at].to_bits()).collect();
    let Some(&at) = differ.first() else { return Ok(()) };
    let (count, all) = (differ.len(), found.len());
    let (a, b) = (found[at], expected[at]);
    Err(Failure::new(format!(
        "{what}: {count} of {all} values differ, the first at {at}: {a:e}, expected {b:e}"
    )))
}

/// Weights, memory and the number of updates.
pub(super) fn same_state(found: &TrainerState, expected: &TrainerState, what: &str) -> Outcome {
    same_bits(&found.weights, &expected.weights, &format!("{what}: weights"))?;
    same_bits(&found.optimizer.tensors, &expected.optimizer.tensors, &format!("{what}: memory"))?;
    let (a, b) = (found.optimizer.updates, expected.optimizer.updates);
    ensure!(a == b, "{what}: {a} updates, expected {b}");
    Ok(())
}

/// Every pruned weight, or moment of one, is the positive zero.
pub(super) fn pruned_are_zero(tensors: &Tensors, masks: &Masks, what: &str) -> Outcome {
    for (name, tensor) in tensors {
        let covers = |weight: &str| {
            name == weight || name.strip_prefix(weight).is_some_and(|rest| rest.starts_with('.'))
        };
        let Some((_, mask)) = masks.iter().find(|(weight, _)| covers(weight)) else { continue };
        let alive = (0..tensor.len()).find(|&at| !mask.is_live(at) && tensor.data()[at].to_bits() != 0);
        let value = alive.map(|at| tensor.data()[at]);
        ensure!(alive.is_none(), "{what}: pruned weight {alive:?} of {name} is {value:?}");
    }
    Ok(())
}

/// Tensors with pruned weights, or moments of them, set to zero.
pub(super) fn masked(tensors: &Tensors, masks: &Masks) -> Tensors {
    let mut tensors = tensors.clone();
    for (name, tensor) in &mut tensors {
        let covers = |weight: &str| {
            name == weight || name.strip_prefix(weight).is_some_and(|rest| rest.starts_with('.'))
        };
        if let Some((_, mask)) = masks.iter().find(|(weight, _)| covers(weight)) {
            mask.apply(tensor);
        }
    }
    tensors
}
