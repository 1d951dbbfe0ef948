//! Removing trained weights that the retention policy does not keep.

use super::{Layout, Variant};
use crate::{Keep, LabError, RoundRecord, Stage, atomic::remove_file};

/// Whether a training of this variant and round writes its weights at all.
pub(crate) fn writes_weights(keep: Keep, variant: Variant, round: u32, keeps_dense: bool) -> bool {
    match (keep, variant) {
        // Other runs, and one-shot pruning, cut their tickets from the weights of round 0.
        (_, Variant::Ticket) if round == 0 && keeps_dense => true,
        (Keep::Tickets, _) | (Keep::Last | Keep::Best, Variant::Control(_)) => false,
        (Keep::Last | Keep::Best, Variant::Ticket) | (Keep::All, _) => true,
    }
}

/// Whether the policy wants the weights of this finished training to be there: of the last round that is planned, of the best of
/// those that are finished, or of all.
///
/// # Errors
/// When a record is damaged.
pub(crate) fn wants_weights(
    layout: &Layout,
    stage: Stage,
    rounds: u32,
    keep: Keep,
) -> Result<bool, LabError> {
    let Stage { replicate, variant, round } = stage;
    Ok(match keep {
        Keep::Tickets => false,
        Keep::All => true,
        Keep::Last => variant == Variant::Ticket && round + 1 == rounds,
        Keep::Best => {
            variant == Variant::Ticket
                && best_round(&ticket_records(layout, replicate, rounds)?) == Some(round)
        }
    })
}

/// The records of the finished rounds of a replicate's tickets.
fn ticket_records(layout: &Layout, replicate: u32, rounds: u32) -> Result<Vec<RoundRecord>, LabError> {
    let mut records = Vec::new();
    for round in 0..rounds {
        records.extend(RoundRecord::read(&layout.record(replicate, Variant::Ticket, round))?);
    }
    Ok(records)
}

/// The round with the best validation accuracy at its end. Of equals the first: it is the least surprising, and the densest.
fn best_round(records: &[RoundRecord]) -> Option<u32> {
    let accuracy = |record: &RoundRecord| record.end.validation_accuracy.unwrap_or(0.0);
    let best = records.iter().map(accuracy).fold(f64::NEG_INFINITY, f64::max);
    records.iter().find(|record| accuracy(record) >= best).map(|record| record.round)
}

/// Removes the trained weights of a replicate that `--keep last` or `--keep best` supersedes.
///
/// Only rounds that were finished under the same policy are touched: what an earlier `--keep all` kept stays. May be
/// repeated at any time; a crash between the writing of new weights and this only leaves one file too many for a while.
///
/// # Errors
/// When a record is damaged or a file cannot be removed.
pub(crate) fn drop_superseded_weights(
    layout: &Layout,
    replicate: u32,
    rounds: u32,
    keep: Keep,
    keeps_dense: bool,
) -> Result<(), LabError> {
    if !matches!(keep, Keep::Last | Keep::Best) {
        return Ok(());
    }
    let mut records = ticket_records(layout, replicate, rounds)?;
    records.retain(|record| record.keep == keep);
    let kept = if keep == Keep::Last {
        records.iter().map(|record| record.round).max()
    } else {
        best_round(&records)
    };
    for record in records.iter().filter(|record| Some(record.round) != kept) {
        if !(keeps_dense && record.round == 0) {
            remove_file(&layout.trained(replicate, Variant::Ticket, record.round))?;
        }
    }
    Ok(())
}
