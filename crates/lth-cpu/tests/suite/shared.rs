//! What the suites of both kinds of networks check in the same way.

use lth_model::{Batch, Masks, Optimizer, Tensors, Trainer};
use serde_json::Value;

/// The optimiser of this name in PyTorch, with the settings that a golden file has of it.
pub(crate) fn optimizer(name: &str, settings: &Value) -> Optimizer {
    let number = |key: &str| settings.get(key).map_or(0.0, |value| value.as_f64().unwrap() as f32);
    let (weight_decay, momentum) = (number("weight_decay"), number("momentum"));
    let (beta1, beta2, epsilon) = (0.9, 0.999, 1e-8);
    match name {
        "Adam" => Optimizer::Adam { beta1, beta2, epsilon, weight_decay },
        "AdamW" => Optimizer::AdamW { beta1, beta2, epsilon, weight_decay },
        "SGD" => {
            let nesterov = settings.get("nesterov").is_some_and(|value| value.as_bool().unwrap());
            Optimizer::Sgd { momentum, nesterov, weight_decay }
        }
        other => panic!("optimiser {other}"),
    }
}

/// Checks gradients of the sum of all outputs against its slope; `kept` are positive weights and inputs are positive too, so that
/// the sum is linear in every tensor.
pub(crate) fn assert_slopes(
    trainer: &mut dyn Trainer,
    kept: &Tensors,
    batch: Batch<'_>,
    found: &Tensors,
    tolerance: f64,
) {
    for (name, gradient) in found {
        let mut sum = |by: f32| {
            let mut moved = kept.clone();
            moved[name].data_mut().iter_mut().for_each(|w| *w += by);
            trainer.load(&moved, &Masks::new(), None).unwrap();
            trainer.logits(batch).unwrap().iter().map(|&y| f64::from(y)).sum::<f64>()
        };
        let slope = (sum(0.5) - sum(0.0)) / 0.5;
        let total: f64 = gradient.data().iter().map(|&g| f64::from(g)).sum();
        assert!(
            (total - slope).abs() <= tolerance * slope.abs(),
            "{name}, {} examples: {total}, {slope}",
            batch.len()
        );
    }
}
