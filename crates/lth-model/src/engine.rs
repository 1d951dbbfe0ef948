//! What an engine must do. Nothing above this crate knows which engine runs.

use std::{sync::Arc, time::Duration};

use thiserror::Error;

use crate::{Architecture, Hint, Masks, Recipe, Seed, Tensors};

/// How a stored byte becomes a number.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Normalization {
    /// `(byte / 255 - mean) / deviation`, by the channel of the pixel; grey images use the first entry.
    Channels {
        /// Subtracted after the division by 255.
        mean: [f32; 3],
        /// Divided by at the end.
        deviation: [f32; 3],
    },
    /// Each image by itself: `(x - mean) / max(deviation, 1 / sqrt(n))`, x = byte / 255, mean and (biased) deviation over
    /// all n values of the image.
    PerImage,
}

impl Normalization {
    /// Pixels in [0, 1].
    pub const UNIT: Self = Self::same(0.0, 1.0);

    /// The same mean and deviation for every channel.
    pub const fn same(mean: f32, deviation: f32) -> Self {
        Self::Channels { mean: [mean; 3], deviation: [deviation; 3] }
    }

    /// The number of each of the 256 bytes in a channel; `None` where it depends on the image.
    pub fn table(self, channel: usize) -> Option<[f32; 256]> {
        match self {
            Self::Channels { mean, deviation } => {
                let (mean, deviation) = (mean[channel], deviation[channel]);
                Some(std::array::from_fn(|byte| (byte as f32 / 255.0 - mean) / deviation))
            }
            Self::PerImage => None,
        }
    }
}

/// How a stored image is read in training: shifted, with black (byte 0) where nothing is, and perhaps mirrored.
///
/// Pixel (y, x) of what the network sees is pixel `(y + down, x' + right)` of the stored image, `x' = width - 1 - x` where
/// it is mirrored, else `x' = x`: a crop of the padded image, mirrored afterwards.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct View {
    /// Rows.
    pub down: i8,
    /// Columns.
    pub right: i8,
    /// Whether left and right are swapped.
    pub mirrored: bool,
}

/// Labelled examples held in memory: `bytes` is `[example][feature]`, `labels` one class an example.
///
/// Cloning shares the memory.
#[derive(Debug, Clone)]
pub struct Examples {
    /// Stored values, one byte each, example after example.
    pub bytes: Arc<[u8]>,
    /// The class of each example.
    pub labels: Arc<[u16]>,
    /// Values an example.
    pub features: usize,
    /// How bytes become numbers.
    pub normalization: Normalization,
}

impl Examples {
    /// The number of examples.
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// Whether there is no example.
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }
}

/// The examples of one step.
#[derive(Debug, Clone, Copy)]
pub enum Batch<'a> {
    /// Examples of a data set, by index, in this order.
    Stored {
        /// The data set.
        examples: &'a Examples,
        /// Which examples.
        indices: &'a [u32],
        /// How each is read; empty where all are read as they are stored.
        views: &'a [View],
    },
    /// Plain numbers, `[example][feature]`.
    Values {
        /// The inputs.
        inputs: &'a [f32],
        /// One class an example.
        labels: &'a [u16],
    },
}

impl Batch<'_> {
    /// The number of examples.
    pub fn len(&self) -> usize {
        match self {
            Self::Stored { indices, .. } => indices.len(),
            Self::Values { labels, .. } => labels.len(),
        }
    }

    /// Whether there is no example.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

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

/// The optimiser's memory, as named tensors: `fc1.weight.exp_avg`, `fc1.weight.exp_avg_sq`, `fc1.weight.momentum_buffer`,
/// and the number of updates that were made. Pruned weights have zeros.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct OptimizerState {
    /// Updates made so far.
    pub updates: u64,
    /// The moments.
    pub tensors: Tensors,
}

/// All that a trainer needs to go on to the same bits.
#[derive(Debug, Clone, PartialEq)]
pub struct TrainerState {
    /// Weights, biases and running statistics by name; pruned weights are exact zeros.
    pub weights: Tensors,
    /// The optimiser's memory.
    pub optimizer: OptimizerState,
}

/// Which gradients are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gradients {
    /// Of kept weights; pruned weights get zero.
    Live,
    /// Of all weights, as if pruned ones were live weights of value zero.
    All,
}

/// What an engine refuses.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum EngineError {
    /// A tensor is absent.
    #[error("tensor '{name}' is missing")]
    MissingTensor {
        /// Its name.
        name: String,
    },
    /// A tensor that the architecture does not have.
    #[error("tensor '{name}' is not part of the architecture")]
    UnknownTensor {
        /// Its name.
        name: String,
    },
    /// A tensor or mask of another shape.
    #[error("'{name}' has shape {found:?}, the architecture needs {expected:?}")]
    Shape {
        /// Its name.
        name: String,
        /// The architecture's shape.
        expected: Vec<usize>,
        /// The shape that was given.
        found: Vec<usize>,
    },
    /// A batch that does not fit.
    #[error("the batch does not fit: {reason}")]
    Batch {
        /// Why.
        reason: String,
    },
    /// A batch of which a batch normalisation sees one value a channel, which has no variance.
    #[error(
        "batch normalisation '{layer}' would see a single value a channel: a batch of one example has no variance"
    )]
    OneValue {
        /// The layer's name.
        layer: String,
    },
    /// Something that this engine does not offer.
    #[error("the {engine} engine does not support {what}")]
    Unsupported {
        /// The engine.
        engine: &'static str,
        /// What was asked for.
        what: String,
    },
    /// A linear layer with more inputs or outputs than this engine counts.
    #[error("the {engine} engine does not support layer '{layer}' of {units} units: at most {most}")]
    TooWide {
        /// The engine.
        engine: &'static str,
        /// The layer's name.
        layer: String,
        /// The larger of its inputs and outputs.
        units: usize,
        /// How many the engine counts.
        most: usize,
    },
}

impl Hint for EngineError {
    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::MissingTensor { .. } | Self::UnknownTensor { .. } | Self::Shape { .. } => {
                "`lth inspect FILE` lists the tensors of a file, `lth models` the models".to_owned()
            }
            Self::Batch { .. } => "check the batch size against the data set".to_owned(),
            Self::OneValue { .. } => {
                "use a larger batch, or one that leaves more than one example for the last batch of an epoch".to_owned()
            }
            Self::Unsupported { .. } => "`lth models` lists what can be trained".to_owned(),
            Self::TooWide { .. } => {
                "use smaller images (`--image-size`), one more pool before this layer, or a smaller --width-factor".to_owned()
            }
        })
    }
}

/// Makes trainers.
pub trait Engine: Send + Sync {
    /// The engine's name, with what it runs on: `cpu (avx512)`.
    fn name(&self) -> String;

    /// Whether this engine can train this architecture with this recipe, found without weights and in no time: what it
    /// accepts here, [`Engine::trainer`] does not refuse but for weights and masks.
    ///
    /// # Errors
    /// Names what the engine lacks.
    fn supports(&self, architecture: &Architecture, recipe: &Recipe) -> Result<(), EngineError>;

    /// A trainer for this architecture and recipe, with these weights and masks and fresh optimiser state.
    ///
    /// The seed and data are used for nothing but the purposes in [`crate::Purpose`] that belong to a trainer (dropout).
    ///
    /// # Errors
    /// When weights or masks do not fit the architecture, or the architecture has something the engine lacks.
    fn trainer(
        &self,
        architecture: &Architecture,
        recipe: &Recipe,
        weights: &Tensors,
        masks: &Masks,
        seed: Seed,
    ) -> Result<Box<dyn Trainer>, EngineError>;
}

/// One network in training.
pub trait Trainer: Send {
    /// One optimiser update on one batch; the report is of the forward pass before the update.
    ///
    /// `learning_rate` is the rate of this very step, after the schedule.
    ///
    /// # Errors
    /// When the batch does not fit.
    fn step(&mut self, batch: Batch<'_>, learning_rate: f32) -> Result<StepReport, EngineError>;

    /// The CPU time so far of threads that the trainer has beside the one that calls it, waiting for work included.
    fn worker_cpu_time(&self) -> Duration {
        Duration::ZERO
    }

    /// Prepares a set for repeated evaluation; returns its number. Sets stay until the trainer is dropped.
    ///
    /// # Errors
    /// When the examples do not fit.
    fn add_evaluation_set(&mut self, examples: &Examples, indices: &[u32]) -> Result<usize, EngineError>;

    /// Loss and accuracy over a prepared set, without dropout.
    fn evaluate(&mut self, set: usize) -> Evaluation {
        self.evaluate_unless(set, &|| false).unwrap_or_default()
    }

    /// As [`Trainer::evaluate`]; `None` when `stop`, which is asked every few examples, says so.
    fn evaluate_unless(&mut self, set: usize, stop: &dyn Fn() -> bool) -> Option<Evaluation>;

    /// The network's outputs for a batch, without dropout: `[example][class]`.
    ///
    /// # Errors
    /// When the batch does not fit.
    fn logits(&mut self, batch: Batch<'_>) -> Result<Vec<f32>, EngineError>;

    /// The gradient of the mean loss of a batch, by parameter name, without an update and without dropout.
    ///
    /// # Errors
    /// When the batch does not fit.
    fn gradients(&mut self, batch: Batch<'_>, which: Gradients) -> Result<Tensors, EngineError>;

    /// As [`Trainer::gradients`], into tensors that may be those of an earlier call, which are written over: a step without
    /// its update. The report is of the forward pass.
    ///
    /// # Errors
    /// When the batch does not fit.
    fn gradients_into(
        &mut self,
        _batch: Batch<'_>,
        _which: Gradients,
        _into: &mut Tensors,
    ) -> Result<StepReport, EngineError> {
        Err(unsupported("gradients with a report"))
    }

    /// Puts other weights into a network, as `load(weights, &Masks::new(), None)` does, but fast enough for every step: a
    /// dense network is written over in place.
    ///
    /// # Errors
    /// When something does not fit the architecture.
    fn replace_weights(&mut self, weights: &Tensors) -> Result<(), EngineError> {
        self.load(weights, &Masks::new(), None)
    }

    /// The gradient of the sum of all outputs (logits) of a batch, with respect to all parameters, pruned ones as if they
    /// were live weights of value zero; without an update and without dropout, batch normalisation by its running
    /// statistics (Tanaka et al. 2020, the R of SynFlow).
    ///
    /// # Errors
    /// When the batch does not fit.
    fn output_gradients(&mut self, _batch: Batch<'_>) -> Result<Tensors, EngineError> {
        Err(unsupported("gradients of the outputs"))
    }

    /// Sets the running statistics of every batch normalisation to those of these examples under the present weights:
    /// the average over batches of their means and unbiased variances, each batch normalised by its own, as in training.
    /// Nothing else changes; a network without batch normalisation is left as it is. A last batch of one value a channel,
    /// which has no variance, is left out.
    ///
    /// # Errors
    /// When the examples do not fit.
    fn reestimate_batch_norm(
        &mut self,
        examples: &Examples,
        indices: &[u32],
        batch_size: usize,
    ) -> Result<(), EngineError> {
        self.reestimate_batch_norm_unless(examples, indices, batch_size, &|| false).map(drop)
    }

    /// As [`Trainer::reestimate_batch_norm`]; `false`, with the statistics as they were, when `stop`, which is asked before
    /// each batch, says so.
    ///
    /// # Errors
    /// When the examples do not fit.
    fn reestimate_batch_norm_unless(
        &mut self,
        _examples: &Examples,
        _indices: &[u32],
        _batch_size: usize,
        _stop: &dyn Fn() -> bool,
    ) -> Result<bool, EngineError> {
        Ok(true)
    }

    /// With `true`, batch normalisation uses its running statistics in training too, and they stay as they are.
    fn freeze_batch_norm(&mut self, _frozen: bool) {}

    /// Weights and running statistics by name; pruned weights are exact zeros.
    fn weights(&self) -> Tensors;

    /// Weights and the optimiser's memory.
    fn state(&self) -> TrainerState;

    /// Sets weights, masks and the optimiser's memory; `None` for fresh memory. Memory of pruned weights is dropped.
    ///
    /// # Errors
    /// When something does not fit the architecture.
    fn load(
        &mut self,
        weights: &Tensors,
        masks: &Masks,
        optimizer: Option<&OptimizerState>,
    ) -> Result<(), EngineError>;

    /// As [`Trainer::load`], but pruned weights keep the values that they are given with, and stay there to the bit whatever
    /// the optimiser (Zhou et al. 2019: mask-0 actions). A layer with such a weight other than zero costs what a dense one
    /// costs.
    ///
    /// # Errors
    /// When something does not fit the architecture.
    fn load_frozen(
        &mut self,
        _weights: &Tensors,
        _masks: &Masks,
        _optimizer: Option<&OptimizerState>,
    ) -> Result<(), EngineError> {
        Err(unsupported("frozen weights other than zero"))
    }
}

fn unsupported(what: &str) -> EngineError {
    EngineError::Unsupported { engine: "chosen", what: what.to_owned() }
}

/// What pruned weights are during training.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Pruned {
    /// Zero, whatever they are given as.
    #[default]
    Zero,
    /// Frozen at the values that they are given with.
    Frozen,
}
