//! The numbers of a figure, as CSV.

use std::fmt::Display;

use csv::{Terminator, Writer, WriterBuilder};

/// A table that is being written.
pub(super) struct Table(Writer<Vec<u8>>);

impl Table {
    /// A table with these columns.
    pub(super) fn new(columns: &[&dyn Display]) -> Self {
        let mut table = Self(WriterBuilder::new().terminator(Terminator::Any(b'\n')).from_writer(Vec::new()));
        table.row(columns);
        table
    }

    /// A row, a cell a column.
    pub(super) fn row(&mut self, cells: &[&dyn Display]) {
        let written = self.0.write_record(cells.iter().map(ToString::to_string));
        written.expect("memory takes all that is written, and rows are as long as the header");
    }

    /// The text.
    pub(super) fn finish(self) -> String {
        let bytes = self.0.into_inner().expect("memory takes all that is written");
        String::from_utf8(bytes).expect("cells are text")
    }
}
