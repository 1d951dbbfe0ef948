//! `lth models`.

use lth_model::MODELS;

use crate::{
    failure::Failure,
    output::print,
    table::{self, count, table},
};

/// Lists the models.
pub(crate) fn run() -> Result<(), Failure> {
    let mut rows = table(&["model", "weights", "aliases", "description"], usize::MAX);
    for model in MODELS {
        rows.add_row([
            model.name.to_string(),
            count(model.build_as_made().map_err(Failure::bad_input)?.weight_count()),
            model.aliases.join(", "),
            model.description.to_string(),
        ]);
    }
    print(&table::text(&rows))
}
