//! What a transfer found: `transfer.csv`, a row a finished training.

use std::{fs, io, path::Path};

use lth_model::Seed;
use lth_stats::Sample;
use serde::{Deserialize, Serialize};

use super::{TransferKind, TransferTraining};
use crate::{LabError, RoundRecord, TaskFailure, atomic::write_file};

/// One finished training.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TransferRow {
    /// The ticket's round; 0 for the dense network.
    pub round: u32,
    /// What it started from.
    pub kind: TransferKind,
    /// Which repetition.
    pub replicate: u32,
    /// Its seed.
    pub seed: Seed,
    /// The fraction of weights kept, of all that the target's network has.
    pub density: f64,
    /// The iteration of minimum validation loss, when there is a validation set.
    pub early_stop_iteration: Option<u64>,
    /// Test accuracy there.
    pub early_stop_test_accuracy: Option<f64>,
    /// The last iteration.
    pub end_iteration: u64,
    /// Test accuracy there.
    pub end_test_accuracy: f64,
    /// Accuracy over the whole training set there.
    pub end_train_accuracy: f64,
    /// The folder of the training, below that of the transfer.
    pub folder: String,
}

impl TransferRow {
    pub(super) fn new(training: TransferTraining, record: &RoundRecord, folder: &Path) -> Self {
        let early_stop = record.early_stop.as_ref();
        Self {
            round: training.round,
            kind: training.kind,
            replicate: training.replicate,
            seed: record.seed,
            density: record.density.get(),
            early_stop_iteration: early_stop.map(|stop| stop.iteration),
            early_stop_test_accuracy: early_stop.map(|stop| stop.test_accuracy),
            end_iteration: record.end.iteration,
            end_test_accuracy: record.end.test_accuracy,
            end_train_accuracy: record.train_accuracy,
            folder: folder.to_string_lossy().replace('\\', "/"),
        }
    }

    /// Test accuracy at early stop; without a validation set, at the end.
    pub fn test_accuracy(&self) -> f64 {
        self.early_stop_test_accuracy.unwrap_or(self.end_test_accuracy)
    }

    fn key(&self) -> (u32, TransferKind, u32) {
        (self.round, self.kind, self.replicate)
    }
}

/// What came of a transfer.
#[derive(Debug)]
pub struct TransferReport {
    /// Its folder.
    pub folder: std::path::PathBuf,
    /// Every finished training, of earlier commands too, by round, kind and replicate.
    pub rows: Vec<TransferRow>,
    /// Trainings that failed; the others were done all the same.
    pub failures: Vec<TaskFailure<TransferTraining>>,
    /// Whether it was stopped before its end; the same command continues it.
    pub stopped: bool,
}

impl TransferReport {
    /// The rows of a kind and round.
    pub fn of(&self, kind: TransferKind, round: u32) -> impl Iterator<Item = &TransferRow> {
        self.rows.iter().filter(move |row| (row.kind, row.round) == (kind, round))
    }

    /// A value over the replicates of a kind and round.
    pub fn sample(
        &self,
        kind: TransferKind,
        round: u32,
        value: impl Fn(&TransferRow) -> f64,
    ) -> Option<Sample> {
        Sample::of(self.of(kind, round).map(value))
    }

    /// The rounds with a result, ascending, the dense network left out.
    pub fn rounds(&self) -> Vec<u32> {
        let tickets = self.rows.iter().filter(|row| row.kind != TransferKind::Dense);
        let mut rounds: Vec<u32> = tickets.map(|row| row.round).collect();
        rounds.sort_unstable();
        rounds.dedup();
        rounds
    }
}

/// Adds rows to those that a file has; a row of the same training is replaced. Returns them all, in order.
///
/// # Errors
/// When the file is damaged or cannot be written.
pub(super) fn add_rows(path: &Path, new: Vec<TransferRow>) -> Result<Vec<TransferRow>, LabError> {
    let mut rows = read_rows(path)?;
    rows.retain(|row| new.iter().all(|other| other.key() != row.key()));
    rows.extend(new);
    rows.sort_by_key(TransferRow::key);
    let mut writer = csv::Writer::from_writer(Vec::new());
    for row in &rows {
        writer.serialize(row).expect("a row is plain values, and memory takes them");
    }
    let bytes = writer.into_inner().expect("memory takes them");
    if fs::read(path).ok().as_deref() != Some(bytes.as_slice()) {
        write_file(path, &bytes)?;
    }
    Ok(rows)
}

fn read_rows(path: &Path) -> Result<Vec<TransferRow>, LabError> {
    let bytes = match fs::read(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(source) => return Err(LabError::Read { path: path.to_owned(), source }),
        Ok(bytes) => bytes,
    };
    csv::Reader::from_reader(bytes.as_slice())
        .deserialize()
        .collect::<Result<_, _>>()
        .map_err(|error| LabError::Damaged { path: path.to_owned(), reason: error.to_string() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(round: u32, kind: TransferKind, replicate: u32, end_test_accuracy: f64) -> TransferRow {
        TransferRow {
            round,
            kind,
            replicate,
            seed: Seed(u64::from(replicate)),
            density: 0.64,
            early_stop_iteration: None,
            early_stop_test_accuracy: None,
            end_iteration: 100,
            end_test_accuracy,
            end_train_accuracy: 1.0,
            folder: "x".to_owned(),
        }
    }

    #[test]
    fn rows_are_added_and_replaced_and_nothing_is_lost() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("transfer.csv");
        let (ticket, dense) = (TransferKind::Transferred, TransferKind::Dense);
        add_rows(&path, vec![row(7, ticket, 1, 0.5), row(3, ticket, 0, 0.6)]).unwrap();
        let rows = add_rows(&path, vec![row(7, ticket, 1, 0.7), row(0, dense, 0, 0.9)]).unwrap();
        let expected = vec![row(0, dense, 0, 0.9), row(3, ticket, 0, 0.6), row(7, ticket, 1, 0.7)];
        assert_eq!(rows, expected);
        assert_eq!(read_rows(&path).unwrap(), expected);
        fs::write(&path, "round,kind\nx,y\n").unwrap();
        assert!(matches!(add_rows(&path, Vec::new()), Err(LabError::Damaged { .. })));
    }
}
