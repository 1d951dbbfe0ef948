//! Tables for people.

mod fit;

use comfy_table::{
    Cell, CellAlignment, ColumnConstraint, ContentArrangement, Table as Layout, Width, presets,
};

pub(crate) use lth_model::density_percent;
use lth_model::{density_decimals, grouped};
use lth_stats::Sample;

use crate::terminal::output_width;
use fit::{Column, GAP, fit};

/// A table with numbers to the right and no lines but one below the header.
pub(crate) struct Table {
    header: Vec<String>,
    numbers_from: usize,
    spare: Vec<usize>,
    rows: Vec<Vec<String>>,
}

/// A table with this header, numbers to the right from the given column on.
pub(crate) fn table(header: &[&str], numbers_from: usize) -> Table {
    let header = header.iter().map(ToString::to_string).collect();
    Table { header, numbers_from, spare: Vec::new(), rows: Vec::new() }
}

impl Table {
    /// Which columns a narrow terminal does without, the first first. Others are left out from the right.
    pub(crate) fn spare(mut self, headers: &[&str]) -> Self {
        let place = |name: &&str| self.header.iter().position(|header| header == name);
        self.spare = headers.iter().filter_map(place).collect();
        self
    }

    /// Adds a row, a cell a column.
    pub(crate) fn add_row(&mut self, cells: impl IntoIterator<Item: ToString>) -> &mut Self {
        self.rows.push(cells.into_iter().map(|cell| cell.to_string()).collect());
        self
    }

    /// How many rows there are.
    pub(crate) fn row_count(&self) -> usize {
        self.rows.len()
    }

    fn column(&self, index: usize) -> Column {
        let cells = self.rows.iter().filter_map(|row| row.get(index)).map(String::as_str);
        Column::of(&self.header[index], cells, index >= self.numbers_from)
    }
}

/// The text of a table, without trailing blanks, with a last line end: as wide as it is in a pipe or file, folded in a
/// terminal that is narrower, with a line that names the columns that found no room.
pub(crate) fn text(table: &Table) -> String {
    text_within(table, output_width())
}

fn text_within(table: &Table, available: Option<usize>) -> String {
    let columns: Vec<Column> = (0..table.header.len()).map(|index| table.column(index)).collect();
    let shown = fit(&columns, &table.spare, available.unwrap_or(usize::MAX));
    let row = |cells: &[String]| -> Vec<Cell> {
        let cell = |&(index, _): &(usize, usize)| Cell::new(cells.get(index).map_or("", String::as_str));
        shown.iter().map(cell).collect()
    };
    let mut layout = Layout::new();
    layout.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
    layout.set_header(row(&table.header));
    for cells in &table.rows {
        layout.add_row(row(cells));
    }
    for (&(index, width), column) in shown.iter().zip(layout.column_iter_mut()) {
        if index >= table.numbers_from {
            column.set_cell_alignment(CellAlignment::Right);
        }
        column.set_padding((0, GAP as u16));
        column.set_constraint(ColumnConstraint::Absolute(Width::Fixed((width + GAP) as u16)));
    }
    let mut text: String = layout.lines().map(|line| format!("{}\n", line.trim_end())).collect();
    let is_shown = |index: usize| shown.iter().any(|&(shown, _)| shown == index);
    let hidden: Vec<&str> = (0..columns.len())
        .filter(|&index| !is_shown(index))
        .map(|index| table.header[index].as_str())
        .collect();
    if !hidden.is_empty() {
        text.push_str(&format!("(no room for: {})\n", hidden.join(", ")));
    }
    text
}

/// Sentences for people: as they are in a pipe or file, wrapped between words in a terminal that is narrower.
pub(crate) fn prose(text: &str) -> String {
    prose_within(text, output_width())
}

fn prose_within(text: &str, available: Option<usize>) -> String {
    let Some(available) = available else { return text.to_owned() };
    let mut layout = Layout::new();
    layout.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
    layout.add_row([text]);
    for column in layout.column_iter_mut() {
        column.set_padding((0, 0));
        column.set_constraint(ColumnConstraint::Absolute(Width::Fixed(
            available.try_into().unwrap_or(u16::MAX),
        )));
    }
    let lines: Vec<String> = layout.lines().map(|line| line.trim_end().to_owned()).collect();
    lines.join("\n")
}

/// A fraction as a percentage: `98.23`.
pub(crate) fn percent(fraction: f64, decimals: usize) -> String {
    format!("{:.decimals$}", 100.0 * fraction)
}

/// Mean and deviation of fractions as percentages: `98.23 ± 0.05`; of one value without deviation.
pub(crate) fn percent_and_deviation(fractions: Option<Sample>) -> String {
    let Some(sample) = fractions else { return "-".to_owned() };
    let mean = percent(sample.mean(), 2);
    sample
        .standard_deviation()
        .map_or(mean.clone(), |deviation| format!("{mean} ± {}", percent(deviation, 2)))
}

/// What is pruned at a density, as a percentage as exact as the density's: `78.9`, `99.9968`.
pub(crate) fn sparsity_percent(density: f64, decimals: usize) -> String {
    percent(1.0 - density, density_decimals(density, decimals))
}

/// A count with thousands separated: `266,200`.
pub(crate) fn count(value: usize) -> String {
    grouped(value as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_single_value_has_no_deviation() {
        assert_eq!(percent_and_deviation(Sample::of([0.98])), "98.00");
        assert_eq!(percent_and_deviation(Sample::of([0.98, 0.96])), "97.00 ± 1.41");
        assert_eq!(percent_and_deviation(None), "-");
    }

    #[test]
    fn densities_never_read_as_nothing() {
        for (density, expected, sparsity) in [
            (1.0, "100.0", "0.0"),
            (0.2107, "21.1", "78.9"),
            (0.000_032, "0.0032", "99.9968"),
            (0.000_999_6, "0.10", "99.90"),
            (0.0, "0.0", "100.0"),
        ] {
            assert_eq!(density_percent(density, 1), expected);
            assert_eq!(sparsity_percent(density, 1), sparsity);
        }
    }

    #[test]
    fn numbers_stand_to_the_right() {
        let mut table = table(&["name", "n"], 1);
        table.add_row(["a", "1"]).add_row(["bb", "100"]);
        assert_eq!(text(&table), "name    n\na       1\nbb    100\n");
    }

    #[test]
    fn narrow_terminals_fold_headers_and_texts_but_no_number() {
        let mut table = table(&["name", "accuracy at the end %", "what"], 1);
        table.add_row(["a", "98.25", "x"]).add_row(["long-name", "7.00", "y"]);
        assert_eq!(
            text_within(&table, Some(26)),
            "name        accuracy  what\n              at the\n               end %\n\
             a              98.25     x\nlong-name       7.00     y\n"
        );
        for width in 1..60 {
            let text = text_within(&table, Some(width));
            for word in ["98.25", "7.00", "long-name", "accuracy"] {
                assert!(text.contains(word), "{width}\n{text}");
            }
        }
    }

    #[test]
    fn sentences_are_wrapped_between_words_in_a_terminal_alone() {
        let text = "There is no winning ticket: nothing.\nNo verdict on round 1: nothing was pruned.";
        assert_eq!(prose_within(text, None), text);
        assert_eq!(prose_within(text, Some(200)), text);
        assert_eq!(
            prose_within(text, Some(24)),
            "There is no winning\nticket: nothing.\nNo verdict on round 1:\nnothing was pruned."
        );
        for width in 12..60 {
            let wrapped = prose_within(text, Some(width));
            assert!(wrapped.lines().all(|line| line.len() <= width), "{width}\n{wrapped}");
            assert_eq!(wrapped.replace('\n', " "), text.replace('\n', " "));
        }
    }

    #[test]
    fn columns_without_room_are_named() {
        let mut table = table(&["name", "first", "second", "third"], 1).spare(&["second"]);
        table.add_row(["a", "1", "2", "3"]);
        let head = |width| text_within(&table, Some(width)).lines().next().unwrap().to_owned();
        assert_eq!(head(26), "name  first  second  third");
        assert_eq!(head(25), "name  first  third");
        assert_eq!(head(17), "name  first");
        assert_eq!(head(1), "name  first");
        assert!(text_within(&table, Some(17)).ends_with("(no room for: second, third)\n"));
    }
}
