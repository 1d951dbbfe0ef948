//! The early-stop iteration, found after training.

use crate::{MetricRow, Split};

/// Validation and test figures at one iteration.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct EvaluationPoint {
    /// After this many updates.
    pub iteration: u64,
    /// Mean cross-entropy on the validation set, in nats; `None` without a validation set.
    pub validation_loss: Option<f64>,
    /// The fraction of the validation set classified correctly; `None` without a validation set.
    pub validation_accuracy: Option<f64>,
    /// Mean cross-entropy on the test set, in nats.
    pub test_loss: f64,
    /// The fraction of the test set classified correctly.
    pub test_accuracy: f64,
}

/// The figures at the early-stop iteration: that of the minimum validation loss (Frankle and Carbin 2019), the first of
/// equals. NaN is never a minimum. Without any validation loss the early-stop iteration is the last one, as in
/// [`at_end`]: nothing is ever selected on test data.
///
/// `None` when the history has no test row (there).
pub fn early_stop(history: &[MetricRow]) -> Option<EvaluationPoint> {
    let lowest = history
        .iter()
        .filter(|row| row.split == Split::Validation && !row.loss.is_nan())
        .reduce(|lowest, row| if row.loss < lowest.loss { row } else { lowest });
    match lowest {
        Some(lowest) => point(history, lowest.iteration),
        None => at_end(history),
    }
}

/// The figures at the last evaluation; `None` when the history has no test row.
pub fn at_end(history: &[MetricRow]) -> Option<EvaluationPoint> {
    let last = history.iter().rfind(|row| row.split == Split::Test)?;
    point(history, last.iteration)
}

fn point(history: &[MetricRow], iteration: u64) -> Option<EvaluationPoint> {
    let row = |split| history.iter().find(|row| row.iteration == iteration && row.split == split);
    let (validation, test) = (row(Split::Validation), row(Split::Test)?);
    Some(EvaluationPoint {
        iteration,
        validation_loss: validation.map(|row| row.loss),
        validation_accuracy: validation.map(|row| row.accuracy),
        test_loss: test.loss,
        test_accuracy: test.accuracy,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn history(validation_losses: &[f64]) -> Vec<MetricRow> {
        let mut rows = Vec::new();
        for (at, &loss) in validation_losses.iter().enumerate() {
            let iteration = 100 * (at as u64 + 1);
            let row = |split, loss, accuracy| MetricRow { iteration, split, loss, accuracy };
            rows.push(row(Split::Train, 0.0, 1.0));
            rows.push(row(Split::Validation, loss, 0.9));
            rows.push(row(Split::Test, 2.0 * loss, 0.8 + at as f64 / 100.0));
        }
        rows
    }

    #[test]
    fn is_the_first_of_equal_minima() {
        let point = early_stop(&history(&[0.5, 0.2, 0.3, 0.2])).unwrap();
        assert_eq!((point.iteration, point.validation_loss, point.test_loss), (200, Some(0.2), 0.4));
        assert_eq!((point.validation_accuracy, point.test_accuracy), (Some(0.9), 0.81));
    }

    #[test]
    fn ignores_nan() {
        assert_eq!(early_stop(&history(&[f64::NAN, 0.5, f64::NAN, 0.7])).unwrap().iteration, 200);
        assert_eq!(early_stop(&history(&[f64::NAN, f64::NAN])).unwrap().iteration, 200);
    }

    #[test]
    fn does_not_select_on_the_test_set() {
        let mut rows = history(&[0.1, 0.5, 0.4]);
        rows.retain(|row| row.split != Split::Validation);
        let point = early_stop(&rows).unwrap();
        assert_eq!((point.iteration, point.validation_loss, point.test_loss), (300, None, 0.8));
    }

    #[test]
    fn the_end_is_the_last_evaluation() {
        let rows = history(&[0.1, 0.5]);
        let point = at_end(&rows).unwrap();
        assert_eq!((point.iteration, point.validation_loss, point.test_accuracy), (200, Some(0.5), 0.81));
        assert_eq!(at_end(&[]), None);
        assert_eq!(early_stop(&[]), None);
    }
}
