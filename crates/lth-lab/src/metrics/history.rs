//! `metrics.csv`: every evaluation of a training, tidy: `step, split, metric, value`.

use std::path::Path;

use lth_model::ParseError;
use lth_ticket::{MetricRow, Split};
use serde::{Deserialize, Serialize};

use crate::{LabError, read_file};

/// One line of the file.
#[derive(Serialize, Deserialize)]
struct Row {
    step: u64,
    split: String,
    metric: String,
    value: f64,
}

/// The bytes of the file. Values are in the shortest form that reads back to the same bits.
pub(crate) fn metrics_csv(history: &[MetricRow]) -> Vec<u8> {
    let rows = history.iter().flat_map(|row| {
        [("loss", row.loss), ("accuracy", row.accuracy)].map(|(metric, value)| Row {
            step: row.iteration,
            split: row.split.name().to_owned(),
            metric: metric.to_owned(),
            value,
        })
    });
    to_csv(rows)
}

/// The bytes of a CSV file with a header.
pub(crate) fn to_csv(rows: impl IntoIterator<Item = impl Serialize>) -> Vec<u8> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    for row in rows {
        writer.serialize(row).expect("rows are plain values, and memory takes them");
    }
    writer.into_inner().expect("memory takes them")
}

/// Reads the file back.
///
/// # Errors
/// When it cannot be read, or a line is not of the file's form.
pub(crate) fn read_metrics_csv(path: &Path) -> Result<Vec<MetricRow>, LabError> {
    let damaged = |reason: String| LabError::Damaged { path: path.to_owned(), reason };
    let bytes = read_file(path)?;
    if bytes.is_empty() {
        return Err(damaged("it is empty".to_owned()));
    }
    let mut history = Vec::new();
    let mut loss: Option<Row> = None;
    for row in csv::Reader::from_reader(bytes.as_slice()).deserialize() {
        let row: Row = row.map_err(|error| damaged(error.to_string()))?;
        match (loss.take(), row.metric.as_str()) {
            (None, "loss") => loss = Some(row),
            (Some(before), "accuracy") if before.step == row.step && before.split == row.split => {
                let split: Split =
                    row.split.parse().map_err(|error: ParseError| damaged(error.to_string()))?;
                history.push(MetricRow {
                    iteration: row.step,
                    split,
                    loss: before.value,
                    accuracy: row.value,
                });
            }
            _ => {
                return Err(damaged(format!(
                    "step {}: the metric '{}' is out of order",
                    row.step, row.metric
                )));
            }
        }
    }
    if loss.is_some() {
        return Err(damaged("the last line is missing".to_owned()));
    }
    Ok(history)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_back_the_same_bits() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("metrics.csv");
        let history = vec![
            MetricRow { iteration: 0, split: Split::Validation, loss: 0.1 + 0.2, accuracy: 1.0 / 3.0 },
            MetricRow { iteration: 100, split: Split::Train, loss: 1e-300, accuracy: 1.0 },
            MetricRow { iteration: 100, split: Split::Test, loss: f64::MIN_POSITIVE, accuracy: 0.0 },
        ];
        let bytes = metrics_csv(&history);
        assert!(
            String::from_utf8_lossy(&bytes)
                .starts_with("step,split,metric,value\n0,validation,loss,0.30000000000000004\n")
        );
        std::fs::write(&path, &bytes).unwrap();
        assert_eq!(read_metrics_csv(&path).unwrap(), history);
    }

    #[test]
    fn damage_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("metrics.csv");
        let head = "step,split,metric,value\n";
        for text in [
            "0,train,loss,1\n",
            "0,train,accuracy,1\n",
            "0,x,loss,1\n0,x,accuracy,1\n",
            "0,train,loss,one\n",
            "0,train\n",
        ] {
            std::fs::write(&path, format!("{head}{text}")).unwrap();
            let error = read_metrics_csv(&path).unwrap_err();
            assert!(error.to_string().contains("metrics.csv"), "{error}");
        }
        std::fs::write(&path, "").unwrap();
        assert!(read_metrics_csv(&path).unwrap_err().to_string().contains("empty"));
    }
}
