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
    /// The fraction classified correctly.
    pub fn accuracy(&self) -> f64 {
        if self.examples == 0 { 0.0 } else { self.correct as f64 / self.examples as f64 }
    }
}
