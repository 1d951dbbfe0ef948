//! Markdown.

use super::{legend, sign};
use crate::{Mark, ResultTable};

/// The table in Markdown (GitHub's), the best of a row bold.
pub fn markdown(table: &ResultTable) -> String {
    let rows = table.marked_rows(|text, mark| match mark {
        Mark::Best => format!("**{text}**"),
        mark => format!("{}{text}", sign(mark)),
    });
    let mut text = format!("{}, by {} and {}\n\n", table.title(), table.row_name, table.column_name);
    let header = table.header();
    text.push_str(&grid(&header.iter().map(String::as_str).collect::<Vec<_>>(), 1, rows));
    if table.has_marks() {
        text.push_str(&format!("\n{}\n", legend(table, "bold")));
    }
    text
}

/// A table of which the first `names` columns are texts, the others numbers.
pub(super) fn grid(header: &[&str], names: usize, rows: Vec<Vec<String>>) -> String {
    let line = |cells: Vec<String>| {
        let cells: Vec<String> = cells.iter().map(|cell| cell.replace('|', "\\|")).collect();
        format!("| {} |\n", cells.join(" | "))
    };
    let mut text = line(header.iter().map(|&name| name.to_owned()).collect());
    text.push_str(&format!("|{}{}\n", "---|".repeat(names), "--:|".repeat(header.len() - names)));
    text.extend(rows.into_iter().map(line));
    text
}
