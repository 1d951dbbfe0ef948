//! Rounds whose masks change while they train.

use std::borrow::Cow;

use lth_model::{Density, Masks};
use lth_ticket::{
    DuringTraining, GradualPruning, GrowthRule, MaskUpdates, MetricRow, PruningRates, RandomBeforeTraining,
};

use super::{Stage, StageRunner};
use crate::{StageError, Variant};

impl StageRunner<'_> {
    /// Writes what a round starts from: a random sparse network, or the dense one.
    pub(super) fn write_ticket_during_training(&self, replicate: u32, round: u32) -> Result<(), StageError> {
        if self.dynamic.is_some_and(|dynamic| dynamic.method.starts_sparse()) {
            return self.write_sparse_start(&RandomBeforeTraining, replicate, round);
        }
        let dense = self.start(Stage::ticket(replicate, 0))?;
        self.write_pruned(replicate, round, &Masks::new(), &dense.weights, &dense.ticket_hash)?;
        Ok(())
    }

    /// How masks change in the training of a stage; controls and the dense round keep theirs.
    pub(super) fn mask_updates<'a>(
        &self,
        stage: Stage,
        rates: &'a PruningRates,
    ) -> Result<Option<MaskUpdates<'a>>, StageError> {
        let Stage { variant, round, .. } = stage;
        let Some(dynamic) = self.dynamic.filter(|_| variant == Variant::Ticket && round > 0) else {
            return Ok(None);
        };
        let experiment = self.experiment;
        let settings = dynamic.updates;
        let length = experiment.recipe.length.iterations(self.per_epoch());
        let end = (settings.end.get() * length as f64) as u64;
        let drop_and_grow = |growth| MaskUpdates::DropAndGrow {
            growth,
            every: settings.every,
            end,
            fraction: settings.drop_fraction.get(),
        };
        Ok(Some(match dynamic.method {
            DuringTraining::Set => drop_and_grow(GrowthRule::Random),
            DuringTraining::RigL => drop_and_grow(GrowthRule::Gradient),
            DuringTraining::Gradual => MaskUpdates::Gradual {
                schedule: GradualPruning {
                    initial: Density::DENSE,
                    last: experiment.density_of(round, self.bench.architecture)?,
                    start: 0,
                    every: settings.every,
                    prunings: (end / settings.every).max(1),
                },
                scope: experiment.pruning.scope,
                rates,
            },
        }))
    }

    /// The rows of a training whose network has the density that it ends with: an earlier network is not a result of it.
    pub(super) fn settled<'a>(
        &self,
        stage: Stage,
        history: &'a [MetricRow],
    ) -> Result<Cow<'a, [MetricRow]>, StageError> {
        let rates = self.experiment.rates();
        Ok(match self.mask_updates(stage, &rates)? {
            Some(updates @ MaskUpdates::Gradual { .. }) => {
                let rows = history.iter().filter(|row| row.iteration >= updates.end());
                Cow::Owned(rows.copied().collect())
            }
            _ => Cow::Borrowed(history),
        })
    }

    /// The density that a stage is to have: what its training ends with.
    pub(super) fn wanted_density(&self, stage: Stage, masks: &Masks) -> Density {
        let gradual = self.dynamic.is_some_and(|dynamic| dynamic.method == DuringTraining::Gradual);
        let wanted = gradual.then(|| self.experiment.density_of(stage.round, self.bench.architecture).ok());
        wanted.flatten().unwrap_or_else(|| self.bench.architecture.density(masks))
    }
}
