//! CSV.

use lth_stats::{Band, Interval};

use crate::{CellSpec, ResultTable, TableCell};

/// The table as numbers alone, with all their digits and without percent. What lies around the value of a cell has columns of its own,
/// which follow that of the value: `movement,movement sd`; of ranges and intervals both ends,
/// `movement,movement min,movement max`.
pub fn csv(table: &ResultTable) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let around = around(table.cell.band);
    let header = table.columns.iter().flat_map(|column| {
        let more = around.iter().map(move |(name, _)| format!("{column} {name}"));
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

/// A column beside that of the value: what it is called, and what of the band it has.
type Beside = (&'static str, fn(&Interval) -> f64);

/// The columns beside that of the value.
fn around(band: Option<Band>) -> &'static [Beside] {
    match band {
        None => &[],
        Some(Band::StandardDeviation) => &[("sd", Interval::half_width)],
        Some(Band::StandardError) => &[("sem", Interval::half_width)],
        Some(Band::MinMax) => &[("min", |ends| ends.low), ("max", |ends| ends.high)],
        Some(Band::Confidence) => &[("low_95", |ends| ends.low), ("high_95", |ends| ends.high)],
    }
}

/// The value of a cell and what lies around it; empty where one seed has nothing around it.
fn fields(spec: CellSpec, cell: &TableCell) -> Vec<String> {
    let ends = spec.band.and_then(|band| cell.sample.band(band));
    let value = spec.statistic.of(&cell.sample).to_string();
    let beside = around(spec.band).iter().map(|(_, of)| ends.as_ref().map(|ends| of(ends).to_string()));
    std::iter::once(value).chain(beside.map(Option::unwrap_or_default)).collect()
}
