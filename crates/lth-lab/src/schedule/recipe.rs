//! By which recipe the training of a stage goes, and what changes in it on the way.

use std::borrow::Cow;

use lth_model::{Density, Masks, Recipe};
use lth_ticket::{MaskUpdates, MetricRow, PruningRates};

use super::{Stage, StageRunner};
use crate::{Experiment, RunControl, StageError, Variant};

impl Experiment {
    /// The recipe of a stage, with so many iterations an epoch.
    pub(crate) fn recipe_of(&self, stage: Stage, per_epoch: u64) -> Cow<'_, Recipe> {
        match stage.variant {
            Variant::Ticket if stage.round > 0 => Cow::Owned(self.retraining_recipe(per_epoch)),
            Variant::Control(kind) if kind.of_run() == Some(RunControl::DenseLonger) => {
                let length = self.recipe.length.times(stage.round + 1);
                Cow::Owned(Recipe { length, ..self.recipe.clone() })
            }
            Variant::Ticket | Variant::Control(_) => Cow::Borrowed(&self.recipe),
        }
    }
}

impl StageRunner<'_> {
    /// How masks change in the training of a stage; controls and the dense round keep theirs.
    pub(super) fn mask_updates<'a>(
        &self,
        stage: Stage,
        rates: &'a PruningRates,
    ) -> Result<Option<MaskUpdates<'a>>, StageError> {
        if is_ticket(stage) { self.page.mask_updates(self, stage.round, rates) } else { Ok(None) }
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
        let wanted = self.page.wanted_density(self, stage.round);
        wanted.unwrap_or_else(|| self.bench.architecture.density(masks))
    }
}

/// Whether it trains a ticket, not the dense network or a control.
fn is_ticket(stage: Stage) -> bool {
    stage.variant == Variant::Ticket && stage.round > 0
}
