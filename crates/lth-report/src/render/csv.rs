//! CSV.

use lth_stats::Band;

use crate::{CellSpec, ResultTable, TableCell};

/// The table as numbers alone, with all their digits and without percent. What lies around the value of a cell has columns of its own,
/// which follow that of the value: `movement,movement sd`; of ranges and intervals both ends,
/// `movement,movement min,movement max`.
pub fn csv(table: &ResultTable) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let around = around(table.cell.band);
    let header = table.columns.iter().flat_map(|column| {
        let more = around.iter().map(move |name| format!("{column} {name}"));
        std::iter::once(column.clone()).chain(more)
    });
    let header = std::iter::once(table.row_name.clone()).chain(header);
    writer.write_record(header).expect("memory takes it");
    for (name, cells) in table.rows.iter().zip(&table.cells) {
        let values = cells.iter().flat_map(|cell| match cell {
            None => vec![String::new(); 1 + around.len()],
            Some(cell) => fields(table.cell, cell),
        });
        let row = std::iter::once(name.clone()).chain(values);
        writer.write_record(row).expect("rows are as long as the header, and memory takes them");
    }
    String::from_utf8(writer.into_inner().expect("memory takes them")).expect("texts are UTF-8")
}

/// What the columns beside that of the value are called.
fn around(band: Option<Band>) -> &'static [&'static str] {
    match band {
        None => &[],
        Some(Band::StandardDeviation) => &["sd"],
        Some(Band::StandardError) => &["sem"],
        Some(Band::MinMax) => &["min", "max"],
        Some(Band::Confidence) => &["low_95", "high_95"],
    }
}

/// The value of a cell and what lies around it; empty where one seed has nothing around it.
fn fields(spec: CellSpec, cell: &TableCell) -> Vec<String> {
    let value = spec.statistic.of(&cell.sample).to_string();
    let Some(band) = spec.band else { return vec![value] };
    let ends = cell.sample.band(band);
    let text = |number: Option<f64>| number.map_or_else(String::new, |number| number.to_string());
    match band {
        Band::StandardDeviation | Band::StandardError => {
            vec![value, text(ends.map(|ends| ends.half_width()))]
        }
        Band::MinMax | Band::Confidence => {
            vec![value, text(ends.map(|ends| ends.low)), text(ends.map(|ends| ends.high))]
        }
    }
}
