//! Where each file of a learned supermask lies.

use std::path::{Path, PathBuf};

use super::SupermaskRecord;
use crate::{LabError, Timing, metrics::read_json};

/// The paths of a learned supermask's files.
///
/// ```text
/// experiment.toml
/// initial.safetensors             the frozen weights that the mask lies on
/// metrics.csv                     every evaluation
/// scores.safetensors              the score of each weight
/// supermask.safetensors           mask and masked weights: a ticket
/// supermask.json                  written last: the mask is learned
/// timing.json
/// checkpoint.safetensors          only while it is unfinished
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SupermaskFiles {
    root: PathBuf,
}

impl SupermaskFiles {
    /// Those in this folder.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// The folder itself.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// What came out, and how long it took if that is known; `None` while the mask is not learned.
    ///
    /// # Errors
    /// When a file is damaged.
    pub fn read(&self) -> Result<Option<(SupermaskRecord, Option<Timing>)>, LabError> {
        let Some(record) = read_json(&self.record())? else { return Ok(None) };
        Ok(Some((record, Timing::read(&self.timing())?)))
    }

    /// The frozen weights.
    pub fn initial(&self) -> PathBuf {
        self.root.join("initial.safetensors")
    }

    /// Every evaluation.
    pub fn metrics(&self) -> PathBuf {
        self.root.join("metrics.csv")
    }

    /// The score of each weight, under the weight's name.
    pub fn scores(&self) -> PathBuf {
        self.root.join("scores.safetensors")
    }

    /// The mask and the masked weights, as a ticket.
    pub fn supermask(&self) -> PathBuf {
        self.root.join("supermask.safetensors")
    }

    /// What came out.
    pub fn record(&self) -> PathBuf {
        self.root.join("supermask.json")
    }

    /// Files of a learned mask that are not there, though it is learned.
    pub(crate) fn missing(&self) -> Vec<PathBuf> {
        let mut paths = vec![self.initial(), self.metrics(), self.scores(), self.supermask()];
        paths.retain(|path| !path.exists());
        paths
    }

    /// How long it took.
    pub fn timing(&self) -> PathBuf {
        self.root.join("timing.json")
    }

    /// Where an unfinished learning goes on.
    pub fn checkpoint(&self) -> PathBuf {
        self.root.join("checkpoint.safetensors")
    }
}
