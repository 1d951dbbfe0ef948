//! Markdown.

use super::{NOISE, legend};
use crate::{Mark, ResultTable};

/// The table in Markdown (GitHub's), the best of a row bold.
pub fn markdown(table: &ResultTable) -> String {
    let escaped = |text: &str| text.replace('|', "\\|");
    let line = |cells: &[String]| {
        let cells: Vec<String> = cells.iter().map(|cell| escaped(cell)).collect();
        format!("| {} |\n", cells.join(" | "))
    };
    let mut text = format!("{}, by {} and {}\n\n", table.title(), table.row_name, table.column_name);
    text.push_str(&line(&table.header()));
    text.push_str(&format!("|---|{}\n", "--:|".repeat(table.columns.len())));
    for row in table.marked_rows(|text, mark| match mark {
        Mark::Best => format!("**{text}**"),
        Mark::Noise => format!("{NOISE}{text}"),
        Mark::None => text.to_owned(),
    }) {
        text.push_str(&line(&row));
    }
    if table.has_marks() {
        text.push_str(&format!("\n{}\n", legend("bold")));
    }
    text
}
