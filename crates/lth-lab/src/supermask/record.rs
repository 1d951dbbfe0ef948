//! `supermask.json`: what came of learning a mask.

use lth_model::{Density, Seed};
use serde::{Deserialize, Serialize};

use crate::{LayerCount, Outcome};

/// What came of learning a mask.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SupermaskRecord {
    /// The seed of everything random.
    pub seed: Seed,
    /// The fraction of weights that the saved mask keeps.
    pub density: Density,
    /// Weights that it keeps in each layer.
    pub layers: Vec<LayerCount>,
    /// At the end: where masks are drawn, means over them.
    pub end: Outcome,
    /// At the iteration of minimum validation loss; `None` without a validation set.
    pub early_stop: Option<Outcome>,
    /// Loss over the whole training set at the end, in nats, mean over masks.
    pub train_loss: f64,
    /// Accuracy over the whole training set at the end, mean over masks.
    pub train_accuracy: f64,
    /// Test accuracy of each of the drawn masks that `end` is the mean of; the first is the saved one.
    pub samples: Vec<f64>,
    /// Test accuracy and density of the mask of all weights that are kept more often than not; where masks are drawn.
    pub likely: Option<MaskAccuracy>,
    /// BLAKE3 of everything that decided it.
    pub inputs: String,
}

/// How good one mask is.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MaskAccuracy {
    /// The fraction of weights that it keeps.
    pub density: Density,
    /// On the test set.
    pub test_accuracy: f64,
}
