//! LaTeX.

use super::{legend, sign};
use crate::{Mark, ResultTable};

/// A `tabular` for the package `booktabs`, the best of a row bold.
pub fn latex(table: &ResultTable) -> String {
    let rows = table.marked_rows(|text, mark| match mark {
        Mark::Best => format!("\\textbf{{{text}}}"),
        mark => format!("{}{text}", sign(mark)),
    });
    let marks = if table.has_marks() { format!("; {}", legend(table, "bold")) } else { String::new() };
    let comment = format!("{}{marks}", table.title());
    let header = table.header();
    tabular(&comment, &header.iter().map(String::as_str).collect::<Vec<_>>(), 1, rows)
}

/// A `tabular` of which the first `names` columns are texts, the others numbers.
pub(super) fn tabular(comment: &str, header: &[&str], names: usize, rows: Vec<Vec<String>>) -> String {
    let line = |cells: Vec<String>| format!("{} \\\\\n", cells.join(" & "));
    let columns = format!("{}{}", "l".repeat(names), "r".repeat(header.len() - names));
    let mut text = format!("% {comment}\n\\begin{{tabular}}{{{columns}}}\n\\toprule\n");
    text.push_str(&line(header.iter().map(|cell| escaped(cell)).collect()));
    text.push_str("\\midrule\n");
    for row in rows {
        let cell = |(place, cell): (usize, &String)| if place < names { escaped(cell) } else { value(cell) };
        text.push_str(&line(row.iter().enumerate().map(cell).collect()));
    }
    text.push_str("\\bottomrule\n\\end{tabular}\n");
    text
}

/// A cell, whose commands are ours.
fn value(text: &str) -> String {
    text.replace('±', "$\\pm$").replace('~', "$\\sim$").replace('<', "$<$")
}

/// Text in which LaTeX is to see no commands.
fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    for sign in text.chars() {
        match sign {
            '\\' => escaped.push_str("\\textbackslash{}"),
            '~' => escaped.push_str("\\textasciitilde{}"),
            '^' => escaped.push_str("\\textasciicircum{}"),
            '&' | '%' | '$' | '#' | '_' | '{' | '}' => escaped.extend(['\\', sign]),
            sign => escaped.push(sign),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_hold_no_commands() {
        assert_eq!(escaped("50 % of a_b & c\\d"), "50 \\% of a\\_b \\& c\\textbackslash{}d");
        assert_eq!(value("~98.1 ± 0.2"), "$\\sim$98.1 $\\pm$ 0.2");
    }
}
