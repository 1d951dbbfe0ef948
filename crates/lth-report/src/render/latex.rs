//! LaTeX.

use super::NOISE;
use crate::{Mark, ResultTable};

/// A `tabular` for the package `booktabs`, the best of a row bold.
pub fn latex(table: &ResultTable) -> String {
    let mut text =
        format!("% {}; ${}$: {}\n", table.title(), "\\sim", "not told apart from the best of its row");
    text.push_str(&format!("\\begin{{tabular}}{{l{}}}\n\\toprule\n", "r".repeat(table.columns.len())));
    let header: Vec<String> = table.header().iter().map(|cell| escaped(cell)).collect();
    text.push_str(&format!("{} \\\\\n\\midrule\n", header.join(" & ")));
    for row in table.marked_rows(|text, mark| match mark {
        Mark::Best => format!("\\textbf{{{text}}}"),
        Mark::Noise => format!("{NOISE}{text}"),
        Mark::None => text.to_owned(),
    }) {
        let mut cells = row.iter();
        let name = cells.next().map_or_else(String::new, |name| escaped(name));
        let values: Vec<String> = cells.map(|cell| value(cell)).collect();
        text.push_str(&format!("{name} & {} \\\\\n", values.join(" & ")));
    }
    text.push_str("\\bottomrule\n\\end{tabular}\n");
    text
}

/// A cell, whose commands are ours.
fn value(text: &str) -> String {
    text.replace('±', "$\\pm$").replace(NOISE, "$\\sim$")
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
