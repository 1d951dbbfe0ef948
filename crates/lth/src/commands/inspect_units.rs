//! What `lth inspect` says of units that a ticket has cut off.

use lth_model::{Architecture, TensorFile};
use lth_ticket::Connectivity;
use serde_json::{Value, json};

use crate::table::{self, count, density_percent, table};

/// The units of a network under the masks of a file; `None` for a file without masks.
pub(super) fn connectivity(architecture: &Architecture, file: &TensorFile) -> Option<Connectivity> {
    (!file.masks.is_empty()).then(|| Connectivity::of(architecture, &file.masks))
}

/// For people: a row a layer.
pub(super) fn text(found: &Connectivity) -> String {
    let header = ["layer", "units", "without input", "without output", "weights kept", "on a path"];
    let mut rows = table(&header, 1);
    for layer in &found.layers {
        let numbers = [
            layer.units,
            layer.without_input,
            layer.without_output,
            layer.live_weights,
            layer.effective_weights,
        ];
        let mut cells = vec![layer.layer.clone()];
        cells.extend(numbers.map(count));
        rows.add_row(cells);
    }
    format!(
        "{}\nDead units: {} (on no path of kept weights from input to output).\n\
         Effective density: {} % of the weights are on a path; {} parameters are left without dead units.\n",
        table::text(&rows),
        count(found.dead_units()),
        density_percent(found.effective_density().get(), 2),
        count(found.effective_parameters),
    )
}

/// For programs.
pub(super) fn json(found: &Connectivity) -> Value {
    let layers: Vec<Value> = found
        .layers
        .iter()
        .map(|layer| {
            json!({
                "layer": layer.layer,
                "units": layer.units,
                "without_input": layer.without_input,
                "without_output": layer.without_output,
                "live": layer.live_weights,
                "effective": layer.effective_weights,
            })
        })
        .collect();
    json!({
        "dead_units": found.dead_units(),
        "effective_density": found.effective_density(),
        "effective_parameters": found.effective_parameters,
        "layers": layers,
    })
}
