//! Tables as text of several kinds.

mod csv;
mod differences;
mod json;
mod latex;
mod markdown;

use crate::{Mark, ResultTable, Statistic, TableCell};

pub use csv::csv;
pub use json::json;
pub use latex::latex;
pub use markdown::markdown;

/// What stands before a value that is not the best of its row.
pub fn sign(mark: Mark) -> &'static str {
    match mark {
        Mark::Noise => "~",
        Mark::Untested => "?",
        Mark::Best | Mark::None => "",
    }
}

/// What is said below a table that has marks, of which the best one is shown in this way.
pub fn legend(table: &ResultTable, best: &str) -> String {
    let has = |mark: Mark| table.cells.iter().flatten().flatten().any(|cell| cell.mark == mark);
    let untested =
        if has(Mark::Untested) { "; ?: not tested, with less than two seeds in common" } else { "" };
    format!(
        "{best}: the best of its row; ~: not told apart from it (paired t test over seeds, Holm's correction over the row, p of 0.05 or more)\
         {untested}."
    )
}

impl ResultTable {
    /// What the cells are, in words: `test accuracy %, mean ± sd`.
    pub fn title(&self) -> String {
        let cell = &self.cell;
        let around = cell.band.map_or_else(String::new, |band| format!(" ± {band}"));
        format!("{}, {}{around}", cell.metric.title(), cell.statistic.name())
    }

    /// Whether any cell is marked.
    pub fn has_marks(&self) -> bool {
        // A number of repetitions is no result.
        self.cell.statistic != Statistic::Count
            && self.cells.iter().flatten().flatten().any(|cell| cell.mark != Mark::None)
    }

    /// The text of a cell without its mark; empty where there is none. Where others have more seeds, it says how many this one has.
    pub fn text(&self, cell: Option<&TableCell>) -> String {
        let Some(cell) = cell else { return String::new() };
        let (text, seeds) = (self.cell.text(&cell.sample), cell.sample.count());
        if seeds < self.most_seeds && self.cell.statistic != Statistic::Count {
            format!("{text} (n = {seeds})")
        } else {
            text
        }
    }

    /// The rows, each with its name and the texts of its cells, marked by `mark`.
    pub fn marked_rows(&self, mark: impl Fn(&str, Mark) -> String) -> Vec<Vec<String>> {
        let with_marks = self.has_marks();
        let cell = |cell: &Option<TableCell>| match cell {
            None => String::new(),
            Some(cell) if with_marks => mark(&self.text(Some(cell)), cell.mark),
            Some(cell) => self.text(Some(cell)),
        };
        let row = |(name, cells): (&String, &Vec<Option<TableCell>>)| {
            std::iter::once(name.clone()).chain(cells.iter().map(cell)).collect()
        };
        self.rows.iter().zip(&self.cells).map(row).collect()
    }

    /// The names of the columns, that of the rows first.
    pub fn header(&self) -> Vec<String> {
        std::iter::once(self.row_name.clone()).chain(self.columns.iter().cloned()).collect()
    }
}
