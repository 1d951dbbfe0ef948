//! What steps and evaluations report.

/// What a step saw, before its update: sums over the batch.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct StepReport {
    /// Sum of the cross-entropies of the examples, in nats.
    pub loss_sum: f64,
    /// How many examples were classified correctly.
    pub correct: usize,
    /// How many examples there were.
    pub examples: usize,
}

/// Loss and accuracy over a whole set.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Evaluation {
    /// Mean cross-entropy, in nats.
    pub loss: f64,
    /// How many examples were classified correctly.
    pub correct: usize,
    /// How many examples there are.
    pub examples: usize,
}

impl Evaluation {
    /// Of a sum of cross-entropies; a set of nothing has a loss of 0.
    pub fn of(loss_sum: f64, correct: usize, examples: usize) -> Self {
        Self { loss: if examples == 0 { 0.0 } else { loss_sum / examples as f64 }, correct, examples }
    }

    /// The fraction classified correctly.
    pub fn accuracy(&self) -> f64 {
        if self.examples == 0 { 0.0 } else { self.correct as f64 / self.examples as f64 }
    }
}
