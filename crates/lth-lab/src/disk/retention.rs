//! Removing trained weights that the retention policy does not keep.

use super::{Layout, Variant};
use crate::{Keep, LabError, RoundRecord, atomic::remove_file};

/// Whether a training of this variant and round writes its weights at all.
pub(crate) fn writes_weights(keep: Keep, variant: Variant, round: u32, one_shot: bool) -> bool {
    match (keep, variant) {
        // One-shot pruning cuts every later ticket from the weights of round 0.
        (_, Variant::Ticket) if round == 0 && one_shot => true,
        (Keep::Tickets, _) | (Keep::Last | Keep::Best, Variant::Control(_)) => false,
        (Keep::Last | Keep::Best, Variant::Ticket) | (Keep::All, _) => true,
    }
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
    one_shot: bool,
) -> Result<(), LabError> {
    if !matches!(keep, Keep::Last | Keep::Best) {
        return Ok(());
    }
    let mut records = Vec::new();
    for round in 0..rounds {
        records.extend(RoundRecord::read(&layout.record(replicate, Variant::Ticket, round))?);
    }
    records.retain(|record| record.keep == keep);
    let accuracy = |record: &RoundRecord| record.end.validation_accuracy.unwrap_or(0.0);
    let kept = if keep == Keep::Last {
        records.iter().map(|record| record.round).max()
    } else {
        // Of equals the first: it is the least surprising, and the densest.
        let best = records.iter().map(accuracy).fold(f64::NEG_INFINITY, f64::max);
        records.iter().find(|record| accuracy(record) >= best).map(|record| record.round)
    };
    for record in records.iter().filter(|record| Some(record.round) != kept) {
        if !(one_shot && record.round == 0) {
            remove_file(&layout.trained(replicate, Variant::Ticket, record.round))?;
        }
    }
    Ok(())
}
