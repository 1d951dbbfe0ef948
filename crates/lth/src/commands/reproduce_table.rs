//! Ours beside theirs, in numbers.

use lth_report::reproduce::{Published, PublishedSeries, Quantity, Results, Series, SeriesPoint, XAxis};
use lth_stats::Sample;

use super::reproduce_curves::{Group, by_study};
use crate::table::density_percent;

/// Tables in Markdown: of a figure one for each published series, of a table one for each quantity, with their value, our mean with
/// its interval, and the difference. What nothing was published of has ours alone.
pub(super) fn table_of(one: &Published, results: &Results) -> String {
    match one.x {
        XAxis::None => {
            one.quantities().into_iter().map(|quantity| of_names(one, quantity, results)).collect()
        }
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
    let tables = |quantity: Quantity| {
        by_study(one, quantity, results).into_iter().map(move |group| of_group(one.x, quantity, &group))
    };
    quantities.flat_map(tables).collect()
}

fn of_group(x: XAxis, quantity: Quantity, group: &Group<'_>) -> String {
    let all = group.curves.iter().flat_map(|(_, own)| &own.points);
    let mut places: Vec<f64> = all.map(|point| point.x).collect();
    places.sort_by(|a, b| if x == XAxis::Density { b.total_cmp(a) } else { a.total_cmp(b) });
    places.dedup_by_key(|place| place_text(x, *place));
    let row = |place: f64| {
        let cell = |own: &Series| {
            let same = |point: &&SeriesPoint| place_text(x, point.x) == place_text(x, place);
            let sample = own.points.iter().find(same).and_then(SeriesPoint::sample);
            sample
                .map_or_else(|| " |".to_owned(), |sample| format!(" {} |", with_interval(quantity, &sample)))
        };
        let cells: String = group.curves.iter().map(|(_, own)| cell(own)).collect();
        format!("| {} |{cells}\n", place_text(x, place))
    };
    let rows: String = places.into_iter().map(row).collect();
    let heads: String = group.curves.iter().map(|(label, _)| format!(" {label} |")).collect();
    let line = "--:|".repeat(group.curves.len());
    let of = if group.study.is_empty() { String::new() } else { format!(", {}", group.study) };
    format!("\n{}{of}, ours\n\n| {} |{heads}\n|--:|{line}\n{rows}", quantity.title(), place_name(x))
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
