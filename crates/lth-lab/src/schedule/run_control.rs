//! Making the controls that need more of a run than the ticket.

use std::borrow::Cow;

use lth_model::{Masks, Recipe, Step};
use lth_ticket::{OneShot, Ticket, TicketOrigin, prune_one_shot, rewind};

use super::{Stage, StageRunner, other_run::other_run_masks};
use crate::{ControlKind, RunControl, StageError, Variant};

impl StageRunner<'_> {
    /// The ticket of such a control.
    pub(super) fn run_control(
        &self,
        kind: ControlKind,
        control: RunControl,
        stage: Stage,
        origin: TicketOrigin,
    ) -> Result<Ticket, StageError> {
        let Stage { replicate, round, .. } = stage;
        let architecture = self.bench.architecture;
        let masks = match control {
            RunControl::OtherRunMask => {
                other_run_masks(self.experiment, kind, replicate, round, architecture)?
            }
            RunControl::DenseLonger => {
                // It begins where the run began, whatever tickets are rewound to.
                let origin = TicketOrigin { rewind: Step::ZERO, rewind_iteration: 0, ..origin };
                return Ok(Ticket::new(architecture, origin, self.initial(replicate)?, &Masks::new())?);
            }
            RunControl::OneShot => self.one_shot_masks(stage)?,
            RunControl::OtherSeedMask => {
                let other = other_replicate(replicate, kind.draw());
                self.start(Stage::ticket(other, round))?.masks
            }
        };
        let (point, optimizer) = self.rewind_point(replicate)?;
        let mut ticket = Ticket::new(architecture, origin, rewind(&point, &masks), &masks)?;
        self.set_optimizer(&mut ticket, optimizer);
        Ok(ticket)
    }

    /// The recipe of a stage.
    pub(super) fn recipe_of(&self, stage: Stage) -> Cow<'_, Recipe> {
        let experiment = self.experiment;
        match stage.variant {
            Variant::Ticket if stage.round > 0 => Cow::Owned(experiment.retraining_recipe(self.per_epoch())),
            Variant::Control(kind) if kind.of_run() == Some(RunControl::DenseLonger) => {
                let length = experiment.recipe.length.times(stage.round + 1);
                Cow::Owned(Recipe { length, ..experiment.recipe.clone() })
            }
            Variant::Ticket | Variant::Control(_) => Cow::Borrowed(&experiment.recipe),
        }
    }

    /// The masks that as many rounds give when they prune the dense network at once.
    fn one_shot_masks(&self, stage: Stage) -> Result<Masks, StageError> {
        let Stage { replicate, round, .. } = stage;
        let dense = self.start(Stage::ticket(replicate, 0))?;
        let scores = self.scores(replicate, 0, &dense, &self.dense_weights(stage)?)?;
        Ok(prune_one_shot(
            &scores,
            self.bench.architecture,
            self.experiment.pruning.scope,
            &self.experiment.rates(),
            OneShot::Rounds(u64::from(round)),
            self.experiment.seed(replicate),
            u64::from(round),
        )?)
    }
}

/// The replicate whose mask is taken: the one before, by further draws the ones before that, then those after. It does not
/// depend on how many there are, for a run may grow.
pub(super) fn other_replicate(replicate: u32, draw: u16) -> u32 {
    let draw = u32::from(draw);
    if draw < replicate { replicate - 1 - draw } else { draw + 1 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_are_all_other_replicates_and_never_the_own() {
        for replicates in 2..6 {
            for replicate in 0..replicates {
                let draws = 0..replicates as u16 - 1;
                let mut all: Vec<u32> = draws.map(|draw| other_replicate(replicate, draw)).collect();
                all.sort_unstable();
                let expected: Vec<u32> = (0..replicates).filter(|&other| other != replicate).collect();
                assert_eq!(all, expected);
            }
        }
    }
}
