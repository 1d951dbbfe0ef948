//! What all parts of a study share: the run, its data, and the networks that copies start from.

use std::{collections::BTreeMap, fs, path::Path};

use lth_model::{Masks, OptimizerState, Pruned, Seed, TensorFile, Tensors};
use lth_ticket::{Ticket, TrainingData};

use super::{
    BatchNormStatistics, StabilityContext, StabilitySettings, StartPoint, files::StabilityFiles,
    order::some_examples,
};
use crate::{Experiment, LabError, Layout, StageError, context::Uploaded};

/// A study of a run's stability.
pub(super) struct Study<'a> {
    pub(super) settings: &'a StabilitySettings,
    pub(super) experiment: &'a Experiment,
    pub(super) context: &'a StabilityContext<'a>,
    pub(super) layout: &'a Layout,
    pub(super) files: StabilityFiles,
    data: BTreeMap<u32, TrainingData>,
}

/// What copies are trained from.
pub(super) struct Start {
    pub(super) weights: Tensors,
    pub(super) masks: Masks,
    pub(super) pruned: Pruned,
    pub(super) optimizer: Option<OptimizerState>,
    /// The iteration of the weights.
    pub(super) iteration: u64,
    /// BLAKE3 of the ticket's file.
    pub(super) ticket_hash: String,
}

impl Start {
    /// A network of these weights under the masks.
    pub(super) fn network<'a>(&'a self, weights: &'a Tensors, seed: Seed) -> lth_model::Start<'a> {
        lth_model::Start { pruned: self.pruned, ..lth_model::Start::new(weights, &self.masks, seed) }
    }
}

impl<'a> Study<'a> {
    pub(super) fn new(
        settings: &'a StabilitySettings,
        experiment: &'a Experiment,
        layout: &'a Layout,
        context: &'a StabilityContext<'a>,
    ) -> Result<Self, LabError> {
        let uploaded = Uploaded::new(context.engine, context.data)?;
        let examples = |&replicate: &u32| {
            let seed = experiment.seed(replicate);
            (replicate, uploaded.split(experiment.validation_size, seed))
        };
        Ok(Self {
            settings,
            experiment,
            context,
            layout,
            files: StabilityFiles::new(layout, &settings.folder_name()),
            data: settings.replicates.iter().map(examples).collect(),
        })
    }

    /// The examples of a replicate of the settings: those of the run itself, held-out ones too.
    pub(super) fn data(&self, replicate: u32) -> &TrainingData {
        &self.data[&replicate]
    }

    /// The training examples that the training error is measured on.
    pub(super) fn measured_examples(&self, replicate: u32) -> Vec<u32> {
        let train = &self.data(replicate).train_indices;
        some_examples(train, self.settings.train_examples, self.experiment.seed(replicate))
    }

    /// Examples that go through the network for one line between two copies.
    pub(super) fn line_examples(&self, start: &StartPoint) -> u64 {
        let measured = self.measured_examples(start.replicate).len();
        let normalizes = self.settings.batch_norm == BatchNormStatistics::Reestimated
            && !self.context.architecture.running_statistics().is_empty();
        let train = if normalizes { 2 * measured } else { measured };
        (self.settings.points * (train + self.data(start.replicate).test_indices.len())) as u64
    }

    /// Iterations an epoch.
    pub(super) fn per_epoch(&self, replicate: u32) -> u64 {
        self.data(replicate).train_indices.len().div_ceil(self.experiment.recipe.batch_size.max(1)) as u64
    }

    /// The last iteration of trainings.
    pub(super) fn last_iteration(&self, replicate: u32) -> u64 {
        self.experiment.recipe.length.iterations(self.per_epoch(replicate))
    }

    /// The ticket of a start's round; its file is that of the run.
    ///
    /// # Errors
    /// When it cannot be read or is of another network.
    pub(super) fn round_start(&self, start: &StartPoint) -> Result<Start, StageError> {
        let path = self.layout.ticket(start.replicate, start.variant, start.round);
        self.experiment.there(self.layout, &path)?;
        let (ticket, ticket_hash) = self.ticket(&path)?;
        Ok(Start {
            weights: ticket.weights,
            masks: ticket.masks,
            pruned: ticket.pruned,
            optimizer: ticket.optimizer,
            iteration: ticket.origin.rewind_iteration,
            ticket_hash,
        })
    }

    /// What the copies of a start begin with; a dense point must have been reached before.
    ///
    /// # Errors
    /// As [`Study::round_start`].
    pub(super) fn start(&self, start: &StartPoint) -> Result<Start, StageError> {
        let round = self.round_start(start)?;
        let Some(iteration) = start.parts_at else { return Ok(round) };
        let (point, _) = self.ticket(&self.files.dense_point(start))?;
        Ok(Start { weights: point.weights, optimizer: point.optimizer, iteration, ..round })
    }

    /// A ticket of the run's network and the hash of its file.
    pub(super) fn ticket(&self, path: &Path) -> Result<(Ticket, String), StageError> {
        let bytes = read(path)?;
        let name = path.display().to_string();
        let file = TensorFile::from_bytes(&bytes, &name).map_err(LabError::from)?;
        let ticket = Ticket::from_file(file, &name)?.for_architecture(self.context.architecture)?;
        Ok((ticket, blake3::hash(&bytes).to_hex().to_string()))
    }

    /// The hash of everything that decides the bits of a training from a round's ticket.
    pub(super) fn inputs(&self, start: &StartPoint, ticket_hash: &str, more: &str) -> String {
        let text = format!(
            "lth-stability-2\nnumerics={}\n{}architecture={}\ndata={}\nseed={}\nticket={ticket_hash}\n{more}\n",
            self.context.engine.numerics(),
            self.experiment.identity_text(),
            self.context.architecture.fingerprint(),
            self.context.data.fingerprint,
            self.experiment.seed(start.replicate),
        );
        blake3::hash(text.as_bytes()).to_hex()[..32].to_owned()
    }
}

/// The bytes of a file.
pub(super) fn read(path: &Path) -> Result<Vec<u8>, LabError> {
    fs::read(path).map_err(|source| LabError::Read { path: path.to_owned(), source })
}
