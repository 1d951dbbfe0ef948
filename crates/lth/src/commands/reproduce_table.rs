//! Ours beside theirs, in numbers.

use lth_report::reproduce::{
    Published, PublishedSeries, Quantity, Results, Series, SeriesPoint, XAxis, is_near,
};
use lth_stats::Sample;

use super::reproduce_curves::{Group, by_study, label};
use crate::table::density_percent;

/// Tables in Markdown: of a figure one for each published series, of a table one for each quantity, with their value, our mean with
/// its interval, and the difference. What nothing was published of has ours alone, and what was published of another network its own tables.
pub(super) fn table_of(one: &Published, results: &Results) -> String {
    match (one.x, &one.published_of) {
        (XAxis::None, _) => {
            one.quantities().into_iter().map(|quantity| of_names(one, quantity, results)).collect()
        }
        (_, Some(of)) => apart(one, of, results).concat(),
        _ => one
            .series
            .iter()
            .map(|series| of_places(one.x, series, results))
            .chain(alone(one, results))
            .collect(),
    }
}

/// A row a name.
fn of_names(one: &Published, quantity: Quantity, results: &Results) -> String {
    let mut text = format!(
        "\n{}\n\n| | theirs | ours | difference | source of theirs |\n|---|--:|--:|--:|---|\n",
        quantity.title()
    );
    for (name, series, own) in names(one, quantity, results) {
        let sample = own.and_then(|own| own.near(0.0)?.sample());
        let theirs = series.and_then(|series| Some((series.points.first()?[1], series.source.as_str())));
        let difference = theirs.zip(sample.as_ref()).map(|((theirs, _), sample)| sample.mean() - theirs);
        text.push_str(&format!(
            "| {name} | {} | {} | {} | {} |\n",
            theirs.map_or_else(|| "-".to_owned(), |(value, _)| quantity.text(value)),
            sample.map_or_else(|| "-".to_owned(), |sample| with_interval(quantity, &sample)),
            difference.map_or_else(|| "-".to_owned(), |difference| signed(quantity, difference)),
            theirs.map_or("", |(_, source)| source),
        ));
    }
    text
}

/// Every name that has a value of a quantity, those that were published first, with both.
pub(super) fn names<'a>(
    one: &'a Published,
    quantity: Quantity,
    results: &Results,
) -> Vec<(String, Option<&'a PublishedSeries>, Option<Series>)> {
    let mut ours = results.series(quantity);
    let theirs = one.series.iter().filter(|series| series.quantity == quantity);
    let mut all: Vec<_> = theirs
        .map(|series| {
            let own = ours.iter().position(|own| own.name == series.name).map(|place| ours.remove(place));
            (series.name.clone(), Some(series), own)
        })
        .collect();
    all.extend(ours.into_iter().map(|own| (own.name.clone(), None, Some(own))));
    all
}

/// A row a place that both have.
fn of_places(x: XAxis, series: &PublishedSeries, results: &Results) -> String {
    let quantity = series.quantity;
    let ours = results.series(quantity);
    let Some(own) = ours.iter().find(|own| own.name == series.name) else { return String::new() };
    let row = |[place, theirs]: &[f64; 2]| {
        let point = own.near(*place)?;
        let sample = point.sample()?;
        Some(format!(
            "| {} | {} | {} | {} | {} |\n",
            place_text(x, *place),
            quantity.text(*theirs),
            place_text(x, point.x),
            with_interval(quantity, &sample),
            signed(quantity, sample.mean() - theirs),
        ))
    };
    let rows: String = series.points.iter().filter_map(row).collect();
    if rows.is_empty() {
        return rows;
    }
    format!(
        "\n{}, {} (theirs: {})\n\n| {} | theirs | ours at | ours | difference |\n|--:|--:|--:|--:|--:|\n{rows}",
        quantity.title(),
        series.name,
        series.source,
        place_name(x),
    )
}

/// Ours, of quantities that nothing was published of: for each group of curves a row a place, a column a curve.
fn alone(one: &Published, results: &Results) -> Vec<String> {
    let is_published = |quantity: &Quantity| one.series.iter().any(|series| series.quantity == *quantity);
    let quantities = one.quantities().into_iter().filter(|quantity| !is_published(quantity));
    quantities.flat_map(|quantity| ours(one, quantity, results)).collect()
}

/// Ours and, in tables of their own, what was published of another network, whose values differ for that alone.
fn apart(one: &Published, of: &str, results: &Results) -> Vec<String> {
    let theirs = |quantity: Quantity| {
        let series = one.series.iter().filter(|series| series.quantity == quantity);
        let curves = series.clone().map(|series| {
            let cells = series.points.iter().map(|[x, value]| (*x, quantity.text(*value)));
            (label(one, &series.name), cells.collect())
        });
        let mut sources: Vec<&str> = series.map(|series| series.source.as_str()).collect();
        sources.dedup();
        let title = format!("{}, {of} ({})", quantity.title(), sources.join("; "));
        (!sources.is_empty()).then(|| of_curves(one.x, &title, &curves.collect::<Vec<_>>()))
    };
    let both =
        |quantity| ours(one, quantity, results).into_iter().chain(theirs(quantity)).collect::<Vec<_>>();
    one.quantities().into_iter().flat_map(both).collect()
}

/// Our curves of a quantity, a table for each group of them.
fn ours(one: &Published, quantity: Quantity, results: &Results) -> Vec<String> {
    let of_group = |group: Group<'_>| {
        let curves = group.curves.into_iter().map(|(label, own)| {
            let cell = |point: &SeriesPoint| Some((point.x, with_interval(quantity, &point.sample()?)));
            (label, own.points.iter().filter_map(cell).collect())
        });
        let of = if group.study.is_empty() { String::new() } else { format!(", {}", group.study) };
        let title = format!("{}{of}, ours", quantity.title());
        of_curves(one.x, &title, &curves.collect::<Vec<_>>())
    };
    by_study(one, quantity, results).into_iter().map(of_group).collect()
}

/// What a curve is called, and the texts of its places.
type Column = (String, Vec<(f64, String)>);

/// A column a curve, a row a place, and what each has there.
fn of_curves(x: XAxis, title: &str, curves: &[Column]) -> String {
    let row = |places: Vec<f64>| {
        let cell = |curve: &Column| match cell_of(curve, &places) {
            Some(cell) => format!(" {cell} |"),
            None => " |".to_owned(),
        };
        let mut texts: Vec<String> = places.iter().map(|place| place_text(x, *place)).collect();
        texts.dedup();
        format!("| {} |{}\n", texts.join(", "), curves.iter().map(cell).collect::<String>())
    };
    let rows: String = rows_of(x, curves).into_iter().map(row).collect();
    let heads: String = curves.iter().map(|(label, _)| format!(" {label} |")).collect();
    let line = "--:|".repeat(curves.len());
    format!("\n{title}\n\n| {} |{heads}\n|--:|{line}\n{rows}", place_name(x))
}

fn cell_of<'a>((_, cells): &'a Column, places: &[f64]) -> Option<&'a str> {
    cells.iter().find(|(place, _)| places.contains(place)).map(|(_, cell)| cell.as_str())
}

/// The places of each row: densities that a claim would compare share one, where no curve has two of them.
fn rows_of(x: XAxis, curves: &[Column]) -> Vec<Vec<f64>> {
    let mut places: Vec<f64> = curves.iter().flat_map(|(_, cells)| cells).map(|(place, _)| *place).collect();
    places.sort_by(|a, b| if x == XAxis::Density { b.total_cmp(a) } else { a.total_cmp(b) });
    places.dedup();
    let mut rows: Vec<Vec<f64>> = Vec::new();
    for place in places {
        let has_both =
            |curve, row: &[f64]| cell_of(curve, row).is_some() && cell_of(curve, &[place]).is_some();
        match rows.last_mut() {
            Some(row)
                if x == XAxis::Density
                    && is_near(row[0], place)
                    && !curves.iter().any(|curve| has_both(curve, row)) =>
            {
                row.push(place);
            }
            _ => rows.push(vec![place]),
        }
    }
    rows
}

fn place_name(x: XAxis) -> &'static str {
    if x == XAxis::Density { "density %" } else { "iteration" }
}

fn place_text(x: XAxis, place: f64) -> String {
    if x == XAxis::Density { density_percent(place, 1) } else { format!("{place:.0}") }
}

fn signed(quantity: Quantity, difference: f64) -> String {
    let text = quantity.text(difference);
    if text.starts_with('-') { text } else { format!("+{text}") }
}

fn with_interval(quantity: Quantity, sample: &Sample) -> String {
    let mean = quantity.text(sample.mean());
    sample.t_interval().map_or(mean.clone(), |ends| format!("{mean} ± {}", quantity.text(ends.half_width())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn densities_that_are_compared_share_a_row_unless_a_curve_has_both() {
        let column = |name: &str, places: &[f64]| {
            (name.to_owned(), places.iter().map(|place| (*place, name.to_owned())).collect())
        };
        let curves = [column("a", &[1.0, 0.212, 0.0395]), column("b", &[1.0, 0.211, 0.0362, 0.0360])];
        assert_eq!(
            rows_of(XAxis::Density, &curves),
            [vec![1.0], vec![0.212, 0.211], vec![0.0395, 0.0362], vec![0.0360]]
        );
        assert_eq!(
            of_curves(XAxis::Density, "t", &curves[..1]),
            "\nt\n\n| density % | a |\n|--:|--:|\n| 100.0 | a |\n| 21.2 | a |\n| 4.0 | a |\n"
        );
        let iterations = [column("a", &[500.0]), column("b", &[510.0])];
        assert_eq!(rows_of(XAxis::Iteration, &iterations), [vec![500.0], vec![510.0]]);
    }
}
