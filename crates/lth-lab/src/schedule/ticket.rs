//! Tickets and what they are made of: scores of trained weights, the rewind point, weights under masks.

use std::collections::BTreeMap;

use lth_model::{Masks, TensorFile, Tensors};
use lth_ticket::{
    Keep, Mask1Context, ScoreContext, Ticket, Trained, find_criterion, find_mask0_action, find_mask1_action,
    invert_scores,
};

use super::{Stage, StageRunner};
use crate::{Retraining, StageError, Variant, work::Start};

/// The metadata of trained weights that names the ticket which they were trained from, by its hash.
pub(crate) const TICKET: &str = "ticket";

impl StageRunner<'_> {
    /// The file of the weights that a training ended with.
    pub(super) fn trained_file(&self, stage: Stage, start: &Start, trained: &Trained) -> TensorFile {
        let Stage { replicate, variant, round } = stage;
        let metadata = [
            ("kind", "trained".to_owned()),
            ("model", self.experiment.model.clone()),
            ("data", self.experiment.view.name_of(&self.experiment.dataset)),
            ("variant", variant.to_string()),
            ("round", round.to_string()),
            ("seed", self.experiment.seed(replicate).to_string()),
            (TICKET, start.ticket_hash.clone()),
        ];
        TensorFile {
            tensors: trained.weights.clone(),
            masks: trained.masks.clone(),
            metadata: metadata.map(|(key, value)| (key.to_owned(), value)).into(),
        }
    }

    /// The weights that a training from this start ended with, where their file is there and whole.
    pub(super) fn trained_weights(&self, stage: Stage, start: &Start) -> Option<Tensors> {
        let file =
            TensorFile::read(&self.layout.trained(stage.replicate, stage.variant, stage.round)).ok()?;
        let fits = file.metadata.get(TICKET) == Some(&start.ticket_hash)
            && file.check_against(self.bench.architecture).is_ok();
        fits.then(|| self.bench.architecture.ordered(file.tensors))
    }

    /// Writes the rewind point that a training came by.
    pub(super) fn write_rewind_point(
        &self,
        replicate: u32,
        start: &Start,
        trained: &Trained,
    ) -> Result<(), StageError> {
        let Some(state) = trained.snapshots.get(&self.rewind_iteration()) else { return Ok(()) };
        let mut origin = self.origin(replicate, 0, Some(start.ticket_hash.clone()));
        origin.metadata = BTreeMap::from([("point".to_owned(), "rewind".to_owned())]);
        let mut point = Ticket::new(self.bench.architecture, origin, state.weights.clone(), &Masks::new())?;
        self.set_optimizer(&mut point, Some(state.optimizer.clone()));
        self.write_ticket(&self.layout.rewind(replicate), &point)?;
        Ok(())
    }

    /// The scores of the procedure's criterion for weights that a training from a start ended with.
    pub(crate) fn scores(
        &self,
        replicate: u32,
        round: u32,
        start: &Start,
        trained: &Tensors,
    ) -> Result<Tensors, StageError> {
        let scores = find_criterion(self.experiment.pruning.procedure.criterion())?.scores(&ScoreContext {
            architecture: self.bench.architecture,
            masks: &start.masks,
            initial: &self.initial(replicate)?,
            rewind: &self.early_weights(replicate, round, start)?,
            trained,
            seed: self.experiment.seed(replicate),
            round: u64::from(round),
        });
        Ok(if self.experiment.pruning.inverted_scores { invert_scores(&scores) } else { scores })
    }

    /// The papers' w_i: what the round's weights were at the rewind point.
    fn early_weights(&self, replicate: u32, round: u32, start: &Start) -> Result<Tensors, StageError> {
        if round == 0 { Ok(self.rewind_point(replicate)?.0) } else { Ok(start.weights.clone()) }
    }

    /// Writes a ticket of these masks, over the weights that the mask-1 action gives to kept weights and the mask-0 action to
    /// pruned ones.
    pub(crate) fn write_pruned(
        &self,
        replicate: u32,
        round: u32,
        masks: &Masks,
        trained: &Tensors,
        parent: &str,
    ) -> Result<String, StageError> {
        self.write_pruned_with(replicate, round, masks, trained, parent, BTreeMap::new())
    }

    /// As [`Self::write_pruned`], with more in the ticket's metadata.
    pub(crate) fn write_pruned_with(
        &self,
        replicate: u32,
        round: u32,
        masks: &Masks,
        trained: &Tensors,
        parent: &str,
        metadata: BTreeMap<String, String>,
    ) -> Result<String, StageError> {
        let (architecture, pruning) = (self.bench.architecture, &self.experiment.pruning);
        let (point, optimizer) = self.rewind_point(replicate)?;
        let context = Mask1Context {
            architecture,
            recipe: &self.experiment.recipe,
            initial: &self.initial(replicate)?,
            rewind: &point,
            trained,
            masks,
            seed: self.experiment.seed(replicate),
            round: u64::from(round),
            draw: 0,
        };
        let kept = match pruning.procedure.retraining() {
            Retraining::WeightRewinding => find_mask1_action(&pruning.mask1_action)?,
            Retraining::LearningRateRewinding | Retraining::FineTuning => Box::new(Keep),
        };
        let mut weights = kept.weights(&context);
        let pruned = find_mask0_action(&pruning.mask0_action)?;
        pruned.apply(&context, &mut weights);
        let mut origin = self.origin(replicate, round, Some(parent.to_owned()));
        origin.metadata.extend(metadata);
        let mut ticket = if pruned.freezes() {
            Ticket::frozen(architecture, origin, weights, masks)?
        } else {
            Ticket::new(architecture, origin, weights, masks)?
        };
        self.set_optimizer(&mut ticket, optimizer);
        self.write_ticket(&self.layout.ticket(replicate, Variant::Ticket, round), &ticket)
    }
}
