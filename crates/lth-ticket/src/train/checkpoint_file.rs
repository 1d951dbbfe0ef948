//! Training checkpoints as files.

use std::collections::BTreeMap;

use lth_model::{Hint, Masks, OptimizerState, TensorFile, Tensors, TrainerState};
use thiserror::Error;

use super::{MetricRow, RunningMean, TrainingCheckpoint};

/// The newest version that is read: with masks that change in training.
const VERSION: u32 = 2;
/// The version of checkpoints without such masks.
const WITHOUT_MASKS: u32 = 1;

/// The names of weights begin with it.
const WEIGHTS: &str = "weights/";

/// Why a file is not a checkpoint that can be continued.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum CheckpointError {
    /// Written by a newer version of this program.
    #[error("the checkpoint has format version {found}, this program reads up to {VERSION}")]
    Newer {
        /// The file's version.
        found: u32,
    },
    /// Not a checkpoint, or a damaged one.
    #[error("not a training checkpoint: {reason}")]
    Invalid {
        /// What is wrong.
        reason: String,
    },
}

impl Hint for CheckpointError {
    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Newer { .. } => "continue with the version that wrote it, or a newer one".to_owned(),
            Self::Invalid { .. } => "remove the file to train from the beginning".to_owned(),
        })
    }
}

impl TrainingCheckpoint {
    /// All of it in one file, without loss: floats in metadata are written in the shortest form that reads back to the
    /// same bits, and the order of tensors, which safetensors does not keep, is written beside.
    ///
    /// Tensors: `weights/NAME` (with masks where they change in training), `optimizer/NAME`, and the same under `snapshots/ITERATION/`.
    pub fn to_file(&self) -> TensorFile {
        let mut file = TensorFile::default();
        let mut put = |key: &str, value: String| file.metadata.insert(key.to_owned(), value);
        put("kind", "training-checkpoint".to_owned());
        put("format", if self.masks.is_some() { VERSION } else { WITHOUT_MASKS }.to_string());
        put("iteration", self.iteration.to_string());
        put("seconds", self.seconds.to_string());
        if let Some(seconds) = self.cpu_seconds {
            put("cpu-seconds", seconds.to_string());
        }
        let RunningMean { loss_sum, correct, examples } = self.running;
        put("running", format!("{loss_sum} {correct} {examples}"));
        put("history", self.history.iter().map(write_row).collect());
        let iterations: Vec<String> = self.snapshots.keys().map(u64::to_string).collect();
        put("snapshots", iterations.join(" "));
        put_state(&mut file, "", &self.trainer);
        for (name, mask) in self.masks.iter().flatten() {
            file.masks.insert(format!("{WEIGHTS}{name}"), mask.clone());
        }
        for (iteration, state) in &self.snapshots {
            put_state(&mut file, &format!("snapshots/{iteration}/"), state);
        }
        file
    }

    /// Reads what [`TrainingCheckpoint::to_file`] wrote.
    ///
    /// # Errors
    /// When the file is no checkpoint, is incomplete, or was written by a newer version.
    pub fn from_file(mut file: TensorFile) -> Result<Self, CheckpointError> {
        if text(&file, "kind")? != "training-checkpoint" {
            return Err(invalid("it is another kind of file"));
        }
        let version: u32 = value(&file, "format")?;
        if version > VERSION {
            return Err(CheckpointError::Newer { found: version });
        }
        let running = text(&file, "running")?.to_owned();
        let running = fields(&running).ok_or_else(|| invalid(format!("running mean '{running}'")))?;
        let (loss_sum, correct, examples) = running;
        let history = text(&file, "history")?
            .lines()
            .map(|line| read_row(line).ok_or_else(|| invalid(format!("history row '{line}'"))))
            .collect::<Result<_, _>>()?;
        let iterations = text(&file, "snapshots")?
            .split_whitespace()
            .map(|word| word.parse().map_err(|_| invalid(format!("snapshot '{word}'"))))
            .collect::<Result<Vec<u64>, _>>()?;
        let mut snapshots = BTreeMap::new();
        for iteration in iterations {
            snapshots.insert(iteration, take_state(&mut file, &format!("snapshots/{iteration}/"))?);
        }
        Ok(Self {
            iteration: value(&file, "iteration")?,
            seconds: value(&file, "seconds")?,
            cpu_seconds: file
                .metadata
                .contains_key("cpu-seconds")
                .then(|| value(&file, "cpu-seconds"))
                .transpose()?,
            masks: (version == VERSION).then(|| take_masks(&mut file)),
            trainer: take_state(&mut file, "")?,
            running: RunningMean { loss_sum, correct, examples },
            history,
            snapshots,
        })
    }
}

fn invalid(reason: impl Into<String>) -> CheckpointError {
    CheckpointError::Invalid { reason: reason.into() }
}

fn text<'a>(file: &'a TensorFile, key: &str) -> Result<&'a str, CheckpointError> {
    file.metadata.get(key).map(String::as_str).ok_or_else(|| invalid(format!("metadata '{key}' is missing")))
}

fn value<T: std::str::FromStr>(file: &TensorFile, key: &str) -> Result<T, CheckpointError> {
    let text = text(file, key)?;
    text.parse().map_err(|_| invalid(format!("metadata '{key}' is '{text}'")))
}

fn write_row(row: &MetricRow) -> String {
    format!("{} {} {} {}\n", row.iteration, row.split, row.loss, row.accuracy)
}

fn read_row(line: &str) -> Option<MetricRow> {
    let mut words = line.split(' ');
    let row = MetricRow {
        iteration: words.next()?.parse().ok()?,
        split: words.next()?.parse().ok()?,
        loss: words.next()?.parse().ok()?,
        accuracy: words.next()?.parse().ok()?,
    };
    words.next().is_none().then_some(row)
}

fn fields(line: &str) -> Option<(f64, u64, u64)> {
    let mut words = line.split(' ');
    let fields = (words.next()?.parse().ok()?, words.next()?.parse().ok()?, words.next()?.parse().ok()?);
    words.next().is_none().then_some(fields)
}

fn put_state(file: &mut TensorFile, prefix: &str, state: &TrainerState) {
    file.metadata.insert(format!("{prefix}updates"), state.optimizer.updates.to_string());
    put_tensors(file, &format!("{prefix}{WEIGHTS}"), &state.weights);
    put_tensors(file, &format!("{prefix}optimizer/"), &state.optimizer.tensors);
}

fn put_tensors(file: &mut TensorFile, prefix: &str, tensors: &Tensors) {
    let names: Vec<&str> = tensors.keys().map(String::as_str).collect();
    file.metadata.insert(format!("{prefix}names"), names.join("\n"));
    for (name, tensor) in tensors {
        file.tensors.insert(format!("{prefix}{name}"), tensor.clone());
    }
}

fn take_state(file: &mut TensorFile, prefix: &str) -> Result<TrainerState, CheckpointError> {
    let updates = value(file, &format!("{prefix}updates"))?;
    let weights = take_tensors(file, &format!("{prefix}{WEIGHTS}"))?;
    let tensors = take_tensors(file, &format!("{prefix}optimizer/"))?;
    Ok(TrainerState { weights, optimizer: OptimizerState { updates, tensors } })
}

fn take_masks(file: &mut TensorFile) -> Masks {
    let masks = std::mem::take(&mut file.masks).into_iter();
    masks.filter_map(|(name, mask)| Some((name.strip_prefix(WEIGHTS)?.to_owned(), mask))).collect()
}

fn take_tensors(file: &mut TensorFile, prefix: &str) -> Result<Tensors, CheckpointError> {
    let names = text(file, &format!("{prefix}names"))?.to_owned();
    let take = |name: &str| match file.tensors.swap_remove(&format!("{prefix}{name}")) {
        Some(tensor) => Ok((name.to_owned(), tensor)),
        None => Err(invalid(format!("tensor '{prefix}{name}' is missing"))),
    };
    names.lines().map(take).collect()
}
