//! CSV.

use crate::ResultTable;

/// The table with its value alone in each cell, numbers with all their digits and without percent.
pub fn csv(table: &ResultTable) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(table.header()).expect("memory takes it");
    for (name, cells) in table.rows.iter().zip(&table.cells) {
        let value = |cell: &Option<crate::TableCell>| {
            cell.as_ref().map_or_else(String::new, |cell| table.cell.statistic.of(&cell.sample).to_string())
        };
        let row = std::iter::once(name.clone()).chain(cells.iter().map(value));
        writer.write_record(row).expect("rows are as long as the header, and memory takes them");
    }
    String::from_utf8(writer.into_inner().expect("memory takes them")).expect("texts are UTF-8")
}
