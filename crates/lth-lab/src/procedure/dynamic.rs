//! Masks that change while a round trains: gradual pruning, SET and RigL.

use lth_model::{Density, Masks};
use lth_ticket::{
    DuringTraining, GradualPruning, GrowthRule, MaskUpdates, PruningRates, RandomBeforeTraining,
};

use super::{Page, at_init::write_sparse_start};
use crate::{
    Dynamic, StageError,
    schedule::{Stage, StageRunner},
};

impl Page for Dynamic {
    /// A round starts from a random sparse network, or from the dense one.
    fn make_ticket(&self, run: &StageRunner<'_>, replicate: u32, round: u32) -> Result<(), StageError> {
        if self.method.starts_sparse() {
            return write_sparse_start(run, &RandomBeforeTraining, (None, None), replicate, round);
        }
        let dense = run.start(Stage::ticket(replicate, 0))?;
        run.write_pruned(replicate, round, &Masks::new(), &dense.weights, &dense.ticket_hash)?;
        Ok(())
    }

    fn mask_updates<'a>(
        &self,
        run: &StageRunner<'_>,
        round: u32,
        rates: &'a PruningRates,
    ) -> Result<Option<MaskUpdates<'a>>, StageError> {
        let experiment = run.experiment;
        let settings = self.updates;
        let length = experiment.recipe.length.iterations(run.per_epoch());
        let end = (settings.end.get() * length as f64) as u64;
        let drop_and_grow = |growth| MaskUpdates::DropAndGrow {
            growth,
            every: settings.every,
            end,
            fraction: settings.drop_fraction.get(),
        };
        Ok(Some(match self.method {
            DuringTraining::Set => drop_and_grow(GrowthRule::Random),
            DuringTraining::RigL => drop_and_grow(GrowthRule::Gradient),
            DuringTraining::Gradual => MaskUpdates::Gradual {
                schedule: GradualPruning {
                    initial: Density::DENSE,
                    last: experiment.density_of(round, run.bench.architecture)?,
                    start: 0,
                    every: settings.every,
                    prunings: (end / settings.every).max(1),
                },
                scope: experiment.pruning.scope,
                rates,
            },
        }))
    }

    fn changes_masks(&self) -> bool {
        true
    }

    fn wanted_density(&self, run: &StageRunner<'_>, round: u32) -> Option<Density> {
        let gradual = self.method == DuringTraining::Gradual;
        gradual.then(|| run.experiment.density_of(round, run.bench.architecture).ok()).flatten()
    }
}
