//! `round.json`: the summary of one finished training.

use std::{fs, path::Path};

use lth_model::{Architecture, Density, Masks, Seed};
use lth_ticket::EvaluationPoint;
use serde::{Deserialize, Serialize};

use crate::{Keep, LabError, Variant};

/// The summary of one finished training. It holds no wall-clock times; those are in `timing.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RoundRecord {
    /// Which repetition.
    pub replicate: u32,
    /// Its seed.
    pub seed: Seed,
    /// The ticket, or a control.
    pub variant: Variant,
    /// The round, 0 is dense.
    pub round: u32,
    /// The fraction of weights kept.
    pub density: Density,
    /// Live weights of each prunable layer.
    pub layers: Vec<LayerCount>,
    /// The iteration that training started from: that of the rewind point, 0 in round 0.
    pub start: u64,
    /// The iteration of minimum validation loss; `None` without a validation set.
    pub early_stop: Option<Outcome>,
    /// The end of training.
    pub end: Outcome,
    /// Mean loss over the whole training set at the end, in nats.
    pub train_loss: f64,
    /// Accuracy over the whole training set at the end.
    pub train_accuracy: f64,
    /// The retention policy under which it was written.
    pub keep: Keep,
    /// BLAKE3 of everything that decided the bits of the training, and of nothing else: trainings of other runs may have the same.
    pub inputs: String,
    /// BLAKE3 of the next round's `ticket.safetensors`, when this training's weights made it.
    pub next_ticket: Option<String>,
}

/// Live weights of a layer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LayerCount {
    /// The weight's name: `fc1.weight`.
    pub name: String,
    /// How many are kept.
    pub live: usize,
    /// How many there are.
    pub total: usize,
}

/// The quality of a network at one iteration.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Outcome {
    /// After how many updates.
    pub iteration: u64,
    /// Mean loss in nats; `None` without a validation set.
    pub validation_loss: Option<f64>,
    /// Accuracy; `None` without a validation set.
    pub validation_accuracy: Option<f64>,
    /// Mean loss in nats.
    pub test_loss: f64,
    /// Accuracy.
    pub test_accuracy: f64,
}

impl From<EvaluationPoint> for Outcome {
    fn from(point: EvaluationPoint) -> Self {
        let EvaluationPoint { iteration, validation_loss, validation_accuracy, test_loss, test_accuracy } =
            point;
        Self { iteration, validation_loss, validation_accuracy, test_loss, test_accuracy }
    }
}

impl RoundRecord {
    /// The weights (`fc1.weight`) of which nothing is kept: layer collapse, see [`lth_ticket::collapsed_layers`].
    pub fn emptied_layers(&self) -> impl Iterator<Item = &str> {
        self.layers.iter().filter(|layer| layer.live == 0).map(|layer| layer.name.as_str())
    }

    /// What the record says it is of, where that is another training than the one in whose folder it lies.
    pub(crate) fn is_elsewhere(&self, place: (u32, Variant, u32)) -> Option<String> {
        let Self { replicate, variant, round, .. } = *self;
        ((replicate, variant, round) != place)
            .then(|| format!("it is of replicate {replicate}, {variant}, round {round}"))
    }

    /// The text of the file.
    pub(crate) fn to_json(&self) -> String {
        let mut text = serde_json::to_string_pretty(self).expect("a record is plain values");
        text.push('\n');
        text
    }

    /// Reads a file; `None` when it is not there.
    ///
    /// # Errors
    /// When it cannot be read or is not a record.
    pub fn read(path: &Path) -> Result<Option<Self>, LabError> {
        read_json(path)
    }
}

/// Reads a JSON file; `None` when it is not there.
pub(crate) fn read_json<T: serde::de::DeserializeOwned>(path: &Path) -> Result<Option<T>, LabError> {
    match fs::read(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(LabError::Read { path: path.to_owned(), source }),
        Ok(bytes) => serde_json::from_slice(&bytes)
            .map(Some)
            .map_err(|error| LabError::Damaged { path: path.to_owned(), reason: error.to_string() }),
    }
}

/// Live weights of each prunable layer, in the architecture's order.
pub(crate) fn layer_counts(architecture: &Architecture, masks: &Masks) -> Vec<LayerCount> {
    let parameters = architecture.parameters();
    parameters
        .into_iter()
        .filter(|parameter| parameter.kind.is_prunable())
        .map(|parameter| {
            let total = parameter.shape.iter().product();
            let live = masks.get(&parameter.name).map_or(total, lth_model::Mask::live);
            LayerCount { name: parameter.name, live, total }
        })
        .collect()
}
