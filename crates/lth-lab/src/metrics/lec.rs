//! `metrics-lec.csv`: the same evaluations in the columns of the PyTorch implementation, for its users' scripts.

use lth_model::Density;
use lth_ticket::{MetricRow, Split};
use serde::Serialize;

use super::{Timestamps, history::to_csv};

/// One line of the file, in the order of its columns.
#[derive(Serialize, Default)]
struct Row {
    timestamp: f64,
    iteration: u64,
    training_loss: Option<f64>,
    training_accuracy: Option<f64>,
    validation_loss: Option<f64>,
    validation_accuracy: Option<f64>,
    sparsity: f64,
}

/// The bytes of the file: one line an evaluation; timestamps are seconds since 1970, sparsity is `1 - density`. What was
/// not measured is left empty.
pub(crate) fn lec_csv(history: &[MetricRow], timestamps: &Timestamps, density: Density) -> Vec<u8> {
    let mut rows: Vec<Row> = Vec::new();
    for metric in history {
        if rows.last().is_none_or(|row| row.iteration != metric.iteration) {
            rows.push(Row {
                timestamp: timestamps.at(metric.iteration),
                iteration: metric.iteration,
                sparsity: density.sparsity(),
                ..Row::default()
            });
        }
        let Some(row) = rows.last_mut() else { continue };
        match metric.split {
            Split::Train => {
                (row.training_loss, row.training_accuracy) = (Some(metric.loss), Some(metric.accuracy));
            }
            Split::Validation => {
                (row.validation_loss, row.validation_accuracy) = (Some(metric.loss), Some(metric.accuracy));
            }
            Split::Test => (),
        }
    }
    to_csv(rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn has_exactly_the_known_columns() {
        let row = |iteration, split, loss| MetricRow { iteration, split, loss, accuracy: 0.5 };
        let history = [
            row(0, Split::Validation, 2.0),
            row(0, Split::Test, 2.1),
            row(100, Split::Train, 1.0),
            row(100, Split::Validation, 1.5),
        ];
        let text = String::from_utf8(lec_csv(&history, &Timestamps::default(), Density::new(0.75).unwrap()))
            .unwrap();
        let lines: Vec<Vec<&str>> = text.lines().map(|line| line.split(',').collect()).collect();
        assert_eq!(
            lines[0].join(","),
            "timestamp,iteration,training_loss,training_accuracy,validation_loss,validation_accuracy,sparsity"
        );
        assert_eq!(lines[1][1..], ["0", "", "", "2.0", "0.5", "0.25"]);
        assert_eq!(lines[2][1..], ["100", "1.0", "0.5", "1.5", "0.5", "0.25"]);
        assert_eq!(lines.len(), 3);
    }
}
