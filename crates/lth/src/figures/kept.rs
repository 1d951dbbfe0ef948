//! What each round keeps: weights of each layer, weights and FLOPs of the whole network.

use lth_lab::{RoundResult, RunResults, Variant};
use lth_model::Architecture;
use lth_plot::{LayerRow, Remaining};

use super::SHOWN;

/// What the ends of weights' names are.
const WEIGHT: &str = ".weight";

/// The rounds of the first replicate with their densities, and the layers in the network's order.
pub(crate) fn layers(results: &RunResults) -> (Vec<(usize, f64)>, Vec<LayerRow>) {
    let rounds: Vec<&RoundResult> = results.of(SHOWN, Variant::Ticket).collect();
    let columns =
        rounds.iter().map(|result| (result.record.round as usize, result.density().get())).collect();
    let Some(first) = rounds.first() else { return (columns, Vec::new()) };
    let live = |name: &str| {
        let of_round = |result: &&RoundResult| {
            result.record.layers.iter().find(|layer| layer.name == name).map_or(0, |layer| layer.live)
        };
        rounds.iter().map(of_round).collect()
    };
    let row = |layer: &lth_lab::LayerCount| LayerRow {
        name: layer.name.strip_suffix(WEIGHT).unwrap_or(&layer.name).to_owned(),
        total: layer.total,
        live: live(&layer.name),
    };
    (columns, first.record.layers.iter().map(row).collect())
}

/// The dense network's weights and FLOPs, and those of each round of the first replicate.
pub(crate) fn weights_and_flops(results: &RunResults, network: &Architecture) -> (Remaining, Vec<Remaining>) {
    let dense = Remaining { round: 0, weights: network.weight_count() as u64, flops: network.flops() };
    let parameters = network.parameters();
    let of_round = |result: &RoundResult| {
        let layers = &result.record.layers;
        let flops = layers.iter().filter_map(|layer| {
            let parameter = parameters.iter().find(|parameter| parameter.name == layer.name)?;
            Some(network.flops_of(parameter, layer.live))
        });
        Remaining {
            round: result.record.round as usize,
            weights: layers.iter().map(|layer| layer.live as u64).sum(),
            flops: flops.sum(),
        }
    };
    (dense, results.of(SHOWN, Variant::Ticket).map(of_round).collect())
}
