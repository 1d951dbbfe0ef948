//! `lth table`.

use std::path::Path;

use lth_lab::write_file;
use lth_report::{
    Against, DifferenceTable, Mark, ResultTable, Runs, TableAxis, TableSpec, TidyTable, render,
};

use super::{
    chosen::chosen,
    runs::{say_if_none, wanted},
    table_notes::notes,
};
use crate::{
    arguments::{TableArguments, TableFormat},
    failure::Failure,
    output::{Messages, print},
    settings::{parse, whole},
    table::{self, prose, table},
};

/// Prints a table of runs, or writes all their figures.
pub(crate) fn run(arguments: &TableArguments, messages: &Messages) -> Result<(), Failure> {
    let rows: TableAxis = parse(&arguments.rows)?;
    let columns: Option<TableAxis> = arguments.columns.as_deref().map(parse).transpose()?;
    let cell = parse(&arguments.cell)?;
    let round = arguments.round.as_deref().map(|text| whole("round", text, "--round 7")).transpose()?;
    let parquet = arguments.results.as_deref().map(is_parquet).transpose()?;
    let paths = chosen(&wanted(&arguments.paths), &arguments.conditions)?;
    let runs = Runs::read(&paths).map_err(Failure::bad_input)?;
    say_if_none(runs.all.is_empty(), &paths, messages);
    if let (Some(file), Some(parquet)) = (&arguments.results, parquet) {
        let table = TidyTable::of(&runs);
        let bytes = if parquet { table.to_parquet() } else { table.to_csv() };
        return write_file(file, &bytes).map_err(Failure::failed_work);
    }
    if runs.all.is_empty() {
        return Ok(());
    }
    let columns = columns.unwrap_or_else(|| TableAxis::usual(&runs));
    if round.is_some()
        && [rows, columns].iter().any(|axis| matches!(axis, TableAxis::Density | TableAxis::Round))
    {
        return Err(Failure::input(
            "--round chooses a round where a table shows one of them, and this one shows all",
            "leave out --round, or use for example --rows seed",
        ));
    }
    let table =
        ResultTable::of(&runs, &TableSpec { rows, columns, cell, round }).map_err(Failure::bad_input)?;
    for note in notes(&arguments.paths, &runs, [rows, columns]).map_err(Failure::bad_input)? {
        messages.info(&note);
    }
    if let Some(against) = &arguments.against {
        let table = DifferenceTable::of(&table, rows, &Against::of(against)).map_err(Failure::bad_input)?;
        return print(&match arguments.format {
            TableFormat::Text => differences_for_people(&table),
            TableFormat::Markdown => table.to_markdown(),
            TableFormat::Csv => table.to_csv(),
            TableFormat::Latex => table.to_latex(),
            TableFormat::Json => table.to_json(),
        });
    }
    print(&match arguments.format {
        TableFormat::Text => for_people(&table),
        TableFormat::Markdown => render::markdown(&table),
        TableFormat::Csv => render::csv(&table),
        TableFormat::Latex => render::latex(&table),
        TableFormat::Json => render::json(&table),
    })
}

/// Whether a file is to be Parquet, by its name.
///
/// # Errors
/// When its name ends in neither .csv nor .parquet.
fn is_parquet(file: &Path) -> Result<bool, Failure> {
    match file.extension().and_then(|ending| ending.to_str()) {
        Some("csv") => Ok(false),
        Some("parquet") => Ok(true),
        _ => Err(Failure::input(
            format!("'{}' is neither CSV nor Parquet", file.display()),
            "end its name in .csv or .parquet",
        )),
    }
}

/// In a terminal, or a pipe.
fn for_people(results: &ResultTable) -> String {
    let header = results.header();
    let header: Vec<&str> = header.iter().map(String::as_str).collect();
    let mut rows = table(&header, 1);
    for row in results.marked_rows(|text, mark| match mark {
        Mark::Best => format!("*{text}"),
        mark => format!("{}{text}", render::sign(mark)),
    }) {
        rows.add_row(row);
    }
    let mut text = format!("{}\n\n{}", results.title(), table::text(&rows));
    if results.has_marks() {
        text.push_str(&format!("\n{}\n", prose(&render::legend(results, "*"))));
    }
    text
}

fn differences_for_people(differences: &DifferenceTable) -> String {
    let mut rows = table(&differences.header(), 2);
    for row in differences.rows() {
        rows.add_row(row);
    }
    format!("{}\n\n{}\n{}\n", differences.title(), table::text(&rows), prose(&differences.legend()))
}
