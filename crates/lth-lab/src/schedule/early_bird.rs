//! Tickets cut from a network that is still young: as soon as its mask stops changing.

use std::collections::BTreeMap;

use lth_model::{Masks, Tensors};
use lth_ticket::{EarlyBird, OneShot, prune_one_shot};

use super::{Stage, StageRunner};
use crate::{
    Procedure, StageError,
    work::{Sitting, Start, TrainingWork, Until},
};

impl StageRunner<'_> {
    /// Trains the dense network from its start until the mask of the round's density is drawn, and cuts the ticket from the
    /// network of that epoch. A mask that never calms down is drawn at the end of training.
    ///
    /// The search is not saved on its way: it ends early by its nature, and begins again after an interruption.
    pub(super) fn write_early_bird_ticket(&self, replicate: u32, round: u32) -> Result<(), StageError> {
        let (experiment, stage) = (self.experiment, Stage::ticket(replicate, round));
        let dense = self.start(Stage::ticket(replicate, 0))?;
        let data = self.data(replicate)?;
        let Procedure::EarlyBird(settings) = &experiment.pruning.procedure else { return Ok(()) };
        let density = experiment.density_of(round, self.bench.architecture)?;
        let masks_of =
            |weights: &Tensors| self.early_bird_masks(stage, &dense, weights, OneShot::Density(density));
        let mut watch = EarlyBird::new(settings.window as usize, settings.threshold);
        let mut drawn = None;
        let mut is_enough = |weights: &Tensors| {
            let masks = masks_of(weights)?;
            if watch.push(&masks).is_some() {
                drawn = Some((weights.clone(), masks));
            }
            Ok(drawn.is_some())
        };
        let work = TrainingWork {
            task: &self.name(stage),
            job: self.bench.unevaluated_job(experiment, experiment.seed(replicate), &data, &dense),
            saved: None,
            density: self.bench.architecture.density(&dense.masks),
            until: Until::Epoch(&mut is_enough),
        };
        let Sitting::Done(last) = self.bench.train(work, |end, _| Ok(Some(end.weights().clone())))? else {
            return Err(StageError::Stopped);
        };
        let (weights, masks) = if let Some(drawn) = drawn {
            drawn
        } else {
            let masks = masks_of(&last)?;
            (last, masks)
        };
        let epoch = watch.drawn().map_or("never".to_owned(), |epoch| epoch.to_string());
        let told = BTreeMap::from([("early-bird-epoch".to_owned(), epoch)]);
        self.write_pruned_with(replicate, round, &masks, &weights, &dense.ticket_hash, told)?;
        Ok(())
    }

    fn early_bird_masks(
        &self,
        stage: Stage,
        dense: &Start,
        weights: &Tensors,
        target: OneShot,
    ) -> Result<Masks, StageError> {
        let scores = self.scores(stage.replicate, 0, dense, weights)?;
        Ok(prune_one_shot(
            &scores,
            self.bench.architecture,
            self.experiment.pruning.scope,
            &self.experiment.rates(),
            target,
            self.experiment.seed(stage.replicate),
            u64::from(stage.round),
        )?)
    }
}
