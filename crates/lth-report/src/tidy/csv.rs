//! As CSV.

use super::{Column, TidyTable};

impl TidyTable {
    /// The bytes of a CSV file, numbers with all their digits.
    pub fn to_csv(&self) -> Vec<u8> {
        let mut writer = csv::Writer::from_writer(Vec::new());
        writer.write_record(self.columns.iter().map(|(name, _)| name)).expect("memory takes it");
        for row in 0..self.rows() {
            let cell = |(_, column): &(String, Column)| match column {
                Column::Text(values) => values[row].clone(),
                Column::Whole(values) => values[row].to_string(),
                Column::Number(values) => values[row].to_string(),
            };
            writer
                .write_record(self.columns.iter().map(cell))
                .expect("rows are as long as the header, and memory takes them");
        }
        writer.into_inner().expect("memory takes them")
    }
}
