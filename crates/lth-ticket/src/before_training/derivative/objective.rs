//! What is differentiated, as a function of the logits.

use super::dual::{Dual, Duals};

/// A number that a batch's logits give.
#[derive(Debug, Clone, Copy)]
pub(in super::super) enum Objective<'a> {
    /// Cross-entropies of `softmax(logits / temperature)`, summed and divided by a number of examples.
    Loss {
        /// One class an example of the batch.
        labels: &'a [u16],
        /// Logits are divided by it.
        temperature: f64,
        /// Examples over which the mean is taken: of all batches.
        examples: usize,
    },
    /// The sum of all logits.
    Sum,
}

impl Objective<'_> {
    /// The gradient of the logits, `[class][example]`.
    pub(super) fn slope(self, logits: &Duals, examples: usize) -> Duals {
        match self {
            Self::Sum => Duals::constant(vec![1.0; logits.len()]),
            Self::Loss { labels, temperature, examples: all } => {
                let classes = logits.len() / examples;
                let mut slope = Duals::zeros(logits.len(), logits.has_tangent());
                let share = 1.0 / (temperature * all as f64);
                for (example, &label) in labels.iter().enumerate() {
                    let at = |class: usize| class * examples + example;
                    let logit = |class| logits.get(at(class)) * (1.0 / temperature);
                    let largest = (0..classes).map(|class| logit(class).value).fold(f64::MIN, f64::max);
                    let exponentials: Vec<Dual> =
                        (0..classes).map(|class| (logit(class) - Dual::constant(largest)).exp()).collect();
                    let sum = exponentials.iter().copied().sum::<Dual>();
                    for (class, &exponential) in exponentials.iter().enumerate() {
                        let target = Dual::constant(f64::from(u8::from(class == usize::from(label))));
                        slope.set(at(class), (exponential / sum - target) * share);
                    }
                }
                slope
            }
        }
    }
}
