//! Which files a finished training leaves, by its experiment alone.

use std::path::PathBuf;

use super::Stage;
use crate::{Experiment, LabError, Layout, Variant, disk::wants_weights, procedure::page};

impl Experiment {
    /// Whether the trained dense network stays: other runs of the same recipe cut their tickets from it, and so does one-shot pruning.
    pub(crate) fn keeps_dense(&self) -> bool {
        self.start.is_none()
    }

    /// Whether each round's ticket is cut from what the round before trained.
    pub(crate) fn is_iterative(&self) -> bool {
        page(&self.pruning.procedure).makes_next_ticket()
    }

    /// Whether only the trained network has the mask that was found: masks change while the stage trains.
    pub(crate) fn finds_masks(&self, stage: Stage) -> bool {
        page(&self.pruning.procedure).changes_masks() && stage.variant == Variant::Ticket && stage.round > 0
    }

    /// Whether the training of a stage comes by the rewind point, whose file it writes.
    pub(crate) fn reaches_rewind_point(&self, stage: Stage) -> bool {
        stage.variant == Variant::Ticket && stage.round == 0 && !self.pruning.procedure.rewind().is_zero()
    }

    /// Whether the next round's ticket is cut from what a stage trained. A plain training is not followed by rounds.
    pub(crate) fn makes_next_ticket(&self, stage: Stage) -> bool {
        stage.variant == Variant::Ticket && self.is_iterative() && self.start.is_none()
    }

    /// Whether the weights that a finished training ended with are to be there.
    ///
    /// # Errors
    /// When a record is damaged.
    pub(crate) fn wants_weights_of(&self, layout: &Layout, stage: Stage) -> Result<bool, LabError> {
        let is_dense = self.keeps_dense() && stage.variant == Variant::Ticket && stage.round == 0;
        Ok(self.finds_masks(stage) || is_dense || wants_weights(layout, stage, self.rounds, self.keep)?)
    }

    /// Files of a finished training that only the training itself makes.
    ///
    /// # Errors
    /// When a record is damaged.
    pub(crate) fn files_by_training(&self, layout: &Layout, stage: Stage) -> Result<Vec<PathBuf>, LabError> {
        let Stage { replicate, variant, round } = stage;
        let mut files = vec![layout.metrics(replicate, variant, round)];
        if self.wants_weights_of(layout, stage)? {
            files.push(layout.trained(replicate, variant, round));
        }
        if self.reaches_rewind_point(stage) {
            files.push(layout.rewind(replicate));
        }
        Ok(files)
    }

    /// The ticket of the next round, where a finished training leaves one.
    pub(crate) fn next_ticket(&self, layout: &Layout, stage: Stage) -> Option<PathBuf> {
        let path = layout.ticket(stage.replicate, stage.variant, stage.round + 1);
        self.makes_next_ticket(stage).then_some(path)
    }
}

impl Layout {
    /// Files of a finished training that follow from others.
    pub(crate) fn files_by_writing(&self, stage: Stage) -> Vec<PathBuf> {
        let Stage { replicate, variant, round } = stage;
        let mut files =
            vec![self.metrics_lec(replicate, variant, round), self.events(replicate, variant, round)];
        if variant == Variant::Ticket && round == 0 {
            files.push(self.initial(replicate));
        }
        files
    }
}
