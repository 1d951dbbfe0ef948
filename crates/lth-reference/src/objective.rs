//! What is differentiated, as a function of the logits.

use crate::dual::{Dual, Duals};

/// A number that a batch's logits give.
#[derive(Debug, Clone, Copy)]
pub enum Objective<'a> {
    /// Cross-entropies of `softmax(logits / temperature)`, summed and divided by a number of examples.
    ///
    /// The target is `1 - smoothing` on the label and `smoothing / classes` on every class (Szegedy et al. 2016).
    Loss {
        /// One class an example of the batch.
        labels: &'a [u16],
        /// Logits are divided by it.
        temperature: f64,
        /// Of the target's mass, the part that all classes share.
        smoothing: f64,
        /// Examples over which the mean is taken: of all batches.
        examples: usize,
    },
    /// The sum of all logits.
    Sum,
}

impl Objective<'_> {
    /// The gradient of the logits of so many examples, both `[class][example]`.
    pub fn gradient(self, logits: &[f64], examples: usize) -> Vec<f64> {
        self.slope(&Duals::constant(logits.to_vec()), examples).value
    }

    /// The gradient of the logits, `[class][example]`.
    pub(crate) fn slope(self, logits: &Duals, examples: usize) -> Duals {
        match self {
            Self::Sum => Duals::constant(vec![1.0; logits.len()]),
            Self::Loss { labels, temperature, smoothing, examples: all } => {
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
                        let target = Dual::constant(target(class, label, smoothing, classes));
                        slope.set(at(class), (exponential / sum - target) * share);
                    }
                }
                slope
            }
        }
    }
}

/// The mass of a class in the target of an example.
fn target(class: usize, label: u16, smoothing: f64, classes: usize) -> f64 {
    let label = f64::from(u8::from(class == usize::from(label)));
    (1.0 - smoothing) * label + smoothing / classes as f64
}

/// What a batch's logits are worth.
#[derive(Debug, Clone, Copy, Default)]
pub struct Score {
    /// Sum of the cross-entropies.
    pub loss_sum: f64,
    /// How many examples have their largest logit, the first of equals, at their label.
    pub correct: usize,
}

impl Score {
    /// Of logits `[class][example]`.
    pub fn of(logits: &[f64], labels: &[u16], smoothing: f64) -> Self {
        let classes = logits.len() / labels.len();
        let mut score = Self::default();
        for (example, &label) in labels.iter().enumerate() {
            let logit = |class: usize| logits[class * labels.len() + example];
            let best =
                (1..classes).fold(0, |best, class| if logit(class) > logit(best) { class } else { best });
            let total = (0..classes).map(|class| (logit(class) - logit(best)).exp()).sum::<f64>();
            let log_total = total.ln() + logit(best);
            score.loss_sum -= (0..classes)
                .map(|class| target(class, label, smoothing, classes) * (logit(class) - log_total))
                .sum::<f64>();
            score.correct += usize::from(best == usize::from(label));
        }
        score
    }
}
