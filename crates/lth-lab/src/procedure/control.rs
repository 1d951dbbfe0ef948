//! Controls: networks that a ticket is compared with. Each is a ticket of its own, made of the round's ticket, or of more of the run.

use lth_model::{Masks, Step};
use lth_ticket::{Control, ControlContext, OneShot, Ticket, TicketOrigin, rewind};

use super::{Page, one_shot, other_run::other_run_masks};
use crate::{
    ControlKind, ControlSource, RunControl, StageError, Variant,
    schedule::{Stage, StageRunner},
    work::Start,
};

/// What must be finished before a control of a round can be made: what makes the round's ticket, and that of another replicate where
/// its mask is taken; where nothing trained makes it, the training of the ticket itself, or two stages might score one network at once.
pub(super) fn waits_for(page: &dyn Page, kind: ControlKind, replicate: u32, round: u32) -> Vec<Stage> {
    let maker = |replicate| Stage::ticket(replicate, page.waits_for(round).unwrap_or(round));
    let mut after = vec![maker(replicate)];
    if kind.of_run() == Some(RunControl::OtherSeedMask) {
        after.push(maker(other_replicate(replicate, kind.draw())));
    }
    after
}

/// Makes the ticket of a control, and writes it.
pub(crate) fn make_control(run: &StageRunner<'_>, kind: ControlKind, stage: Stage) -> Result<(), StageError> {
    let Stage { replicate, variant, round } = stage;
    let ticket = run.start(Stage { variant: Variant::Ticket, ..stage })?;
    let mut origin = run.origin(replicate, round, Some(ticket.ticket_hash.clone()));
    origin.metadata.insert("control".to_owned(), kind.to_string());
    let control = match kind.source() {
        ControlSource::Run(control) => of_run(run, kind, control, stage, origin)?,
        ControlSource::Ticket(control) => of_ticket(run, kind, control, stage, &ticket, origin)?,
    };
    run.write_ticket(&run.layout.ticket(replicate, variant, round), &control)?;
    Ok(())
}

/// The ticket of a control that needs the round's ticket alone.
fn of_ticket(
    run: &StageRunner<'_>,
    kind: ControlKind,
    control: &dyn Control,
    stage: Stage,
    ticket: &Start,
    origin: TicketOrigin,
) -> Result<Ticket, StageError> {
    let (rewind, optimizer) = run.rewind_point(stage.replicate)?;
    let control = control.control(&ControlContext {
        architecture: run.bench.architecture,
        recipe: &run.experiment.recipe,
        initial: &run.initial(stage.replicate)?,
        rewind: &rewind,
        masks: &ticket.masks,
        seed: run.experiment.seed(stage.replicate),
        round: u64::from(stage.round),
        draw: u64::from(kind.draw()),
    });
    let mut control = Ticket::new(run.bench.architecture, origin, control.weights, &control.masks)?;
    run.set_optimizer(&mut control, optimizer);
    Ok(control)
}

/// The ticket of a control that needs more of the run.
fn of_run(
    run: &StageRunner<'_>,
    kind: ControlKind,
    control: RunControl,
    stage: Stage,
    origin: TicketOrigin,
) -> Result<Ticket, StageError> {
    let Stage { replicate, round, .. } = stage;
    let architecture = run.bench.architecture;
    let masks = match control {
        RunControl::OtherRunMask => other_run_masks(run.experiment, kind, replicate, round, architecture)?,
        RunControl::DenseLonger => {
            // It begins where the run began, whatever tickets are rewound to.
            let origin = TicketOrigin { rewind: Step::ZERO, rewind_iteration: 0, ..origin };
            return Ok(Ticket::new(architecture, origin, run.initial(replicate)?, &Masks::new())?);
        }
        RunControl::OneShot => {
            let target = OneShot::Rounds(u64::from(round));
            one_shot::masks(run, stage, &run.dense_weights(stage)?, target)?
        }
        RunControl::OtherSeedMask => {
            let other = other_replicate(replicate, kind.draw());
            run.start(Stage::ticket(other, round))?.masks
        }
    };
    let (point, optimizer) = run.rewind_point(replicate)?;
    let mut ticket = Ticket::new(architecture, origin, rewind(&point, &masks), &masks)?;
    run.set_optimizer(&mut ticket, optimizer);
    Ok(ticket)
}

/// The replicate whose mask is taken: the one before, by further draws the ones before that, then those after. It does not
/// depend on how many there are, for a run may grow.
fn other_replicate(replicate: u32, draw: u16) -> u32 {
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
