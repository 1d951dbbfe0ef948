//! Layers of which a run has pruned everything.

use lth_lab::{RoundRecord, RunResults, Variant};

use crate::table::density_percent;

/// The names of layers of which no weight is left, as a list; `None` when there are none.
pub(crate) fn emptied(record: &RoundRecord) -> Option<String> {
    let names: Vec<&str> = record.emptied_layers().map(layer).collect();
    (!names.is_empty()).then(|| names.join(", "))
}

/// A line for each layer, saying from which round on it has lost everything, of tickets and controls.
pub(crate) fn summary(results: &RunResults) -> String {
    let mut text = String::new();
    for variant in results.experiment.variants() {
        let records: Vec<&RoundRecord> =
            results.rounds.iter().map(|result| &result.record).filter(|of| of.variant == variant).collect();
        let layers = records.first().map_or(&[][..], |record| &record.layers);
        for name in layers.iter().map(|layer| layer.name.as_str()) {
            let without = || {
                records.iter().filter(move |record| record.emptied_layers().any(|emptied| emptied == name))
            };
            let Some(first) = without().min_by_key(|record| record.round) else { continue };
            let of = match variant {
                Variant::Ticket => String::new(),
                Variant::Control(kind) => format!(" of the control {kind}"),
            };
            let same = |record: &&&RoundRecord| record.round == first.round;
            text.push_str(&format!(
                "Layer collapse: no weight left in {}{of} from round {} on (density {} %, {} of {} replicates).\n",
                layer(name),
                first.round,
                density_percent(first.density.get(), 2),
                without().filter(same).count(),
                records.iter().filter(same).count(),
            ));
        }
    }
    text
}

fn layer(weight: &str) -> &str {
    weight.strip_suffix(".weight").unwrap_or(weight)
}
