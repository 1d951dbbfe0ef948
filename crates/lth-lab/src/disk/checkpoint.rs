//! The resume point of a training on disk.

use std::path::Path;

use lth_model::TensorFile;
use lth_ticket::TrainingCheckpoint;

use crate::{LabError, Timestamps, atomic::write_file};

const INPUTS: &str = "inputs";
const TIMESTAMPS: &str = "timestamps";

/// What an unfinished training leaves: its state, and when its evaluations were made.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Checkpoint {
    /// The state of the training.
    pub(crate) training: TrainingCheckpoint,
    /// When its evaluations were made.
    pub(crate) timestamps: Timestamps,
}

/// Writes a checkpoint of the training with this hash of inputs.
///
/// # Errors
/// When the file cannot be written; the checkpoint before then stays.
pub(crate) fn write_checkpoint(
    path: &Path,
    inputs: &str,
    training: &TrainingCheckpoint,
    timestamps: &Timestamps,
) -> Result<(), LabError> {
    let mut file = training.to_file();
    file.metadata.insert(INPUTS.to_owned(), inputs.to_owned());
    let times = serde_json::to_string(timestamps).expect("times are plain values");
    file.metadata.insert(TIMESTAMPS.to_owned(), times);
    write_file(path, &file.to_bytes())
}

/// Reads the checkpoint of the training with this hash of inputs; `None` when there is none.
///
/// # Errors
/// When the file is damaged, or of a training with other inputs.
pub(crate) fn read_checkpoint(path: &Path, inputs: &str) -> Result<Option<Checkpoint>, LabError> {
    if !path.exists() {
        return Ok(None);
    }
    let (found, checkpoint) = read_any_checkpoint(path)?;
    if found != inputs {
        let reason = "it is of a training with other inputs".to_owned();
        return Err(LabError::Damaged { path: path.to_owned(), reason });
    }
    Ok(Some(checkpoint))
}

/// Reads the checkpoint of any training, and the hash of its inputs.
///
/// # Errors
/// When the file is damaged.
pub(crate) fn read_any_checkpoint(path: &Path) -> Result<(String, Checkpoint), LabError> {
    let damaged = |reason: String| LabError::Damaged { path: path.to_owned(), reason };
    let mut file = TensorFile::read(path).map_err(|error| damaged(error.to_string()))?;
    let inputs = file.metadata.remove(INPUTS).unwrap_or_default();
    let times = file.metadata.remove(TIMESTAMPS).unwrap_or_default();
    let timestamps = serde_json::from_str(&times).map_err(|error| damaged(error.to_string()))?;
    let training = TrainingCheckpoint::from_file(file).map_err(|error| damaged(error.to_string()))?;
    Ok((inputs, Checkpoint { training, timestamps }))
}
