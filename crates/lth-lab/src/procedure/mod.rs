//! The procedures by which an experiment comes to its tickets. Each is a page that says what a ticket waits for and how it is made;
//! how a ticket is trained and kept is the same for all (`schedule`).

mod at_init;
mod control;
mod dynamic;
mod early_bird;
mod iterative;
mod one_shot;
mod other_run;
mod plan;

use lth_model::{Density, Tensors};
use lth_ticket::{MaskUpdates, PruningRates};

use crate::{
    Procedure, StageError,
    schedule::{Stage, StageRunner},
    work::Start,
};
pub(crate) use control::make_control;
pub(crate) use other_run::check_other_runs;
pub use plan::plan;

/// A procedure. Round 0 is the dense network in each; rounds are 1, 2, ... here.
pub(crate) trait Page: Sync {
    /// The round whose training must be finished before the ticket of a round can be made; `None` where the untrained network is
    /// enough.
    fn waits_for(&self, _round: u32) -> Option<u32> {
        None
    }

    /// Makes the ticket of a round, and writes it.
    ///
    /// # Errors
    /// When the network cannot be pruned so, or files cannot be read or written.
    fn make_ticket(&self, run: &StageRunner<'_>, replicate: u32, round: u32) -> Result<(), StageError>;

    /// Whether the ticket of a round is made at the end of the training of the round before.
    fn makes_next_ticket(&self) -> bool {
        false
    }

    /// Makes the next round's ticket from the weights that a training from a start ended with; returns its hash.
    ///
    /// # Errors
    /// As [`Page::make_ticket`].
    fn make_next_ticket(
        &self,
        run: &StageRunner<'_>,
        stage: Stage,
        _start: &Start,
        _trained: &Tensors,
    ) -> Result<String, StageError> {
        let next = Stage { round: stage.round + 1, ..stage };
        self.make_ticket(run, next.replicate, next.round)?;
        Ok(run.start(next)?.ticket_hash)
    }

    /// How masks change while the ticket of a round trains.
    ///
    /// # Errors
    /// When its density cannot be had.
    fn mask_updates<'a>(
        &self,
        _run: &StageRunner<'_>,
        _round: u32,
        _rates: &'a PruningRates,
    ) -> Result<Option<MaskUpdates<'a>>, StageError> {
        Ok(None)
    }

    /// Whether masks change while tickets train.
    fn changes_masks(&self) -> bool {
        false
    }

    /// The density with which the training of a round ends, where that is another than it starts with.
    fn wanted_density(&self, _run: &StageRunner<'_>, _round: u32) -> Option<Density> {
        None
    }
}

/// The page of a procedure.
pub(crate) fn page(procedure: &Procedure) -> Box<dyn Page + '_> {
    match procedure {
        Procedure::Iterative(_) => Box::new(iterative::Iterative),
        Procedure::OneShot(_, densities) => Box::new(one_shot::OneShot(densities)),
        Procedure::AtInit(settings) => Box::new(settings.clone()),
        Procedure::Dynamic(settings) => Box::new(settings.clone()),
        Procedure::EarlyBird(settings) => Box::new(settings.clone()),
    }
}
