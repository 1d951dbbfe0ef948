//! What a ticket says of itself, and whether that is so.

use std::collections::BTreeMap;

use lth_model::{Density, Masks, Tensors};
use lth_ticket::Ticket;

use super::content::tensors;
use crate::{Experiment, LayerCount, Retraining, RoundRecord, Stage, Variant};

/// The weights that tickets of a replicate restart from.
#[derive(Default)]
pub(super) struct Points {
    pub(super) initial: Option<Tensors>,
    pub(super) rewind: Option<Tensors>,
}

/// Reads the bytes of a ticket, with the hash by which others know it.
pub(super) fn read_ticket(bytes: &[u8]) -> Result<(String, Ticket), String> {
    let ticket = Ticket::from_file(tensors(bytes)?, "the file").map_err(|error| error.to_string())?;
    Ok((blake3::hash(bytes).to_hex().to_string(), ticket))
}

/// Names and shapes of tensors.
pub(super) fn shapes_of(tensors: &Tensors) -> BTreeMap<String, Vec<usize>> {
    tensors.iter().map(|(name, tensor)| (name.clone(), tensor.shape().to_vec())).collect()
}

/// The network that a ticket is of: what it says, and the tensors that it has.
pub(super) fn network_of(ticket: &Ticket) -> String {
    format!("{} {:?}", ticket.architecture, shapes_of(&ticket.weights))
}

/// What of a ticket is not as its training, or the ticket itself, says.
pub(super) fn contradicts(
    ticket: &Ticket,
    experiment: Option<&Experiment>,
    stage: Stage,
    record: Option<&RoundRecord>,
) -> Option<String> {
    let Stage { replicate, variant, round } = stage;
    let origin = &ticket.origin;
    if origin.round != u64::from(round) {
        return Some(format!("it is of round {}", origin.round));
    }
    let said = |key: &str| origin.metadata.get(key).map(String::as_str);
    let control = said("control");
    if control != (variant != Variant::Ticket).then(|| variant.to_string()).as_deref() {
        return Some(format!("it is of {}", control.unwrap_or("the ticket, and no control")));
    }
    // The dense network knows nothing of what comes later.
    if let Some(experiment) = experiment.filter(|_| round > 0) {
        let pruning = &experiment.pruning;
        let wanted = [("criterion", pruning.procedure.criterion()), ("scope", &pruning.scope.to_string())];
        if let Some((key, value)) = wanted.into_iter().find(|(key, value)| said(key) != Some(value)) {
            let own = said(key).unwrap_or("not said");
            return Some(format!("its {key} is {own}, that of the run is {value}"));
        }
    }
    if let Some(record) = record.filter(|record| record.start != origin.rewind_iteration) {
        let (own, start) = (origin.rewind_iteration, record.start);
        return Some(format!("it is of iteration {own}, the training started from iteration {start}"));
    }
    contradicts_run(ticket, experiment, replicate)
}

/// What of a ticket is not as its run, or the ticket itself, says.
pub(super) fn contradicts_run(
    ticket: &Ticket,
    experiment: Option<&Experiment>,
    replicate: u32,
) -> Option<String> {
    let origin = &ticket.origin;
    if let Some(experiment) = experiment {
        let seed = experiment.seed(replicate);
        let data = experiment.view.name_of(&experiment.dataset);
        let own_network = experiment.network_fingerprint.as_ref();
        if origin.seed != seed {
            return Some(format!("its seed is {}, that of the replicate is {seed}", origin.seed));
        }
        if origin.data != data {
            return Some(format!("it is of the data {}, the run is of {data}", origin.data));
        }
        let model = &experiment.model;
        if own_network.is_none() && ticket.model != *model {
            return Some(format!("it is of the model {}, the run is of {model}", ticket.model));
        }
        if own_network.is_some_and(|fingerprint| ticket.architecture != *fingerprint) {
            return Some("it is of another network than the run".to_owned());
        }
    }
    let (live, total) = counts(&ticket.masks);
    let density = Density::of(live, total);
    if density != ticket.density {
        return Some(format!("its density is {}, that of its masks is {density}", ticket.density));
    }
    let pruned = ticket.nonzero_pruned_weight();
    pruned.map(|(name, index)| format!("weight {index} of '{name}' is pruned, and not 0"))
}

fn counts(masks: &Masks) -> (usize, usize) {
    masks.values().fold((0, 0), |(live, total), mask| (live + mask.live(), total + mask.len()))
}

/// What a record says of kept weights that is not so.
pub(super) fn other_counts(layers: &[LayerCount], density: Density, masks: &Masks) -> Option<String> {
    let is_right = |LayerCount { name, live, total }: &LayerCount| match masks.get(name) {
        Some(mask) => (mask.live(), mask.len()) == (*live, *total),
        None => live == total,
    };
    if let Some(layer) = layers.iter().find(|layer| !is_right(layer)) {
        return Some(format!("{}: {} kept weights are not those of the mask", layer.name, layer.live));
    }
    if let Some(name) = masks.keys().find(|name| layers.iter().all(|layer| layer.name != **name)) {
        return Some(format!("it does not have the layer {name}"));
    }
    let live = layers.iter().map(|layer| layer.live).sum();
    let of_layers = Density::of(live, layers.iter().map(|layer| layer.total).sum());
    (density != of_layers).then(|| format!("its density is {density}, that of its layers is {of_layers}"))
}

/// The point whose weights a ticket has: kept ones are set back to it.
pub(super) fn point_of<'a>(
    experiment: Option<&Experiment>,
    stage: Stage,
    points: &'a Points,
) -> Option<&'a Tensors> {
    if stage.variant != Variant::Ticket {
        return None;
    }
    if stage.round == 0 {
        return points.initial.as_ref();
    }
    let pruning = &experiment?.pruning;
    if pruning.procedure.retraining() != Retraining::WeightRewinding || pruning.mask1_action != "rewind" {
        return None;
    }
    if pruning.procedure.rewind().is_zero() { points.initial.as_ref() } else { points.rewind.as_ref() }
}

/// Whether all weights that are not pruned are those of a point, to the bit.
pub(super) fn is_of_point(point: &Tensors, weights: &Tensors, masks: &Masks) -> bool {
    weights.iter().all(|(name, own)| {
        let Some(point) = point.get(name).filter(|point| point.shape() == own.shape()) else { return false };
        let same = |index: usize| point.data()[index].to_bits() == own.data()[index].to_bits();
        match masks.get(name) {
            Some(mask) => mask.live_indices().all(same),
            None => (0..own.len()).all(same),
        }
    })
}
