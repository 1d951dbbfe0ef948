//! Tables over density, as `lth table` has them.

use serde::Serialize;

use crate::{CellSpec, Mark, Metric, ResultTable, Runs, TableAxis, TableSpec};

/// What has a table of its own.
const TABLED: [Metric; 2] = [Metric::TestAccuracy, Metric::EarlyStopIteration];
/// More columns than this nobody reads.
const MOST_COLUMNS: usize = 16;

/// A table: names of rows and columns, texts of cells, and what each is among those of its row.
#[derive(Serialize)]
pub(super) struct Table {
    title: String,
    columns: Vec<String>,
    rows: Vec<Vec<Cell>>,
}

#[derive(Serialize)]
struct Cell {
    text: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    mark: Option<&'static str>,
}

/// By density and by the first setting that differs; where that would mix runs, by run.
pub(super) fn tables(runs: &Runs, notes: &mut Vec<String>) -> Vec<Table> {
    let usual = TableAxis::usual(runs);
    let made: Vec<Table> = TABLED.into_iter().filter_map(|metric| table(runs, metric, usual)).collect();
    if made.is_empty() && runs.all.iter().any(|run| !run.rounds.is_empty()) {
        notes.push(format!(
            "There is no table over density: it would have more than {MOST_COLUMNS} columns, or mix runs of the same settings. `lth table --rows density --columns SETTING --where ...` makes one of some of the runs."
        ));
    }
    made
}

fn table(runs: &Runs, metric: Metric, usual: TableAxis) -> Option<Table> {
    let cell = CellSpec { metric, band: Some(lth_stats::Band::StandardDeviation), ..CellSpec::default() };
    let of =
        |columns| ResultTable::of(runs, &TableSpec { rows: TableAxis::Density, columns, cell, round: None });
    let table = of(usual).or_else(|_| of(TableAxis::Run)).ok()?;
    if table.columns.len() > MOST_COLUMNS {
        return None;
    }
    let marked = table.has_marks();
    let row = |(name, cells): (&String, &Vec<Option<crate::TableCell>>)| {
        let cell = |cell: &Option<crate::TableCell>| Cell {
            text: table.text(cell.as_ref()),
            mark: cell.as_ref().filter(|_| marked).and_then(|cell| match cell.mark {
                Mark::Best => Some("best"),
                Mark::Noise => Some("noise"),
                Mark::Untested => Some("untested"),
                Mark::None => None,
            }),
        };
        std::iter::once(Cell { text: name.clone(), mark: None }).chain(cells.iter().map(cell)).collect()
    };
    Some(Table {
        title: table.title(),
        columns: table.header(),
        rows: table.rows.iter().zip(&table.cells).map(row).collect(),
    })
}
