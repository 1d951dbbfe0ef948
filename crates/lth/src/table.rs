//! Tables for people.

use comfy_table::{CellAlignment, ContentArrangement, Table, presets};

/// A table with this header, numbers to the right from the given column on, and no lines but one below the header.
pub(crate) fn table(header: &[&str], numbers_from: usize) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
    table.set_header(header);
    for (index, column) in table.column_iter_mut().enumerate() {
        if index >= numbers_from {
            column.set_cell_alignment(CellAlignment::Right);
        }
        column.set_padding((0, 2));
    }
    table
}

/// The text of a table, without trailing blanks, with a last line end.
pub(crate) fn text(table: &Table) -> String {
    table.lines().map(|line| format!("{}\n", line.trim_end())).collect()
}

/// A fraction as a percentage: `98.23`.
pub(crate) fn percent(fraction: f64, decimals: usize) -> String {
    format!("{:.decimals$}", 100.0 * fraction)
}

/// A density as a percentage with so many decimals, or as many as show two digits of it: `21.1`, `0.0032`.
pub(crate) fn density_percent(density: f64, decimals: usize) -> String {
    percent(density, density_decimals(density, decimals))
}

/// What is pruned at a density, as a percentage as exact as the density's: `78.9`, `99.9968`.
pub(crate) fn sparsity_percent(density: f64, decimals: usize) -> String {
    percent(1.0 - density, density_decimals(density, decimals))
}

fn density_decimals(density: f64, at_least: usize) -> usize {
    // What rounds up to the next power of ten needs no digit more than that: 0.10, not 0.100.
    let percent = 100.5 * density;
    if percent <= 0.0 {
        at_least
    } else {
        at_least.max((1.0 - percent.log10().floor()).clamp(0.0, 10.0) as usize)
    }
}

/// A count with thousands separated: `266,200`.
pub(crate) fn count(value: usize) -> String {
    let digits = value.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_have_separators() {
        for (value, expected) in
            [(0, "0"), (999, "999"), (1000, "1,000"), (266_200, "266,200"), (1_234_567, "1,234,567")]
        {
            assert_eq!(count(value), expected);
        }
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
}
