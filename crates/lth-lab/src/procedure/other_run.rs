//! Masks of other runs, for the control `other-run-mask`.

use lth_model::{Architecture, Hint, Masks};

use crate::{ControlKind, Experiment, LabError, Layout, RunControl, TicketSource, Variant};

/// The masks of another run's ticket of the same replicate and round.
///
/// # Errors
/// When there is none, or it is of another network.
pub(super) fn other_run_masks(
    experiment: &Experiment,
    kind: ControlKind,
    replicate: u32,
    round: u32,
    architecture: &Architecture,
) -> Result<Masks, LabError> {
    let path = &experiment.mask_runs[usize::from(kind.draw())];
    let ticket = TicketSource::open(path).and_then(|source| source.ticket(replicate, round, architecture));
    ticket.map(|ticket| ticket.masks).map_err(|error| LabError::Setting {
        setting: "mask_runs",
        value: path.display().to_string(),
        reason: error.to_string(),
        hint: error.hint().unwrap_or_else(|| "name a run of the same model with as many rounds".to_owned()),
    })
}

/// Reads the masks of other runs that are not in the run's own folder yet, so that nothing is trained before one is missed.
///
/// # Errors
/// For the first that cannot be had.
pub(crate) fn check_other_runs(
    experiment: &Experiment,
    layout: &Layout,
    architecture: &Architecture,
) -> Result<(), LabError> {
    let kinds = experiment.controls.iter().filter(|kind| kind.of_run() == Some(RunControl::OtherRunMask));
    for &kind in kinds {
        for replicate in 0..experiment.replicates {
            for round in 1..experiment.rounds {
                if !layout.ticket(replicate, Variant::Control(kind), round).exists() {
                    other_run_masks(experiment, kind, replicate, round, architecture)?;
                }
            }
        }
    }
    Ok(())
}
