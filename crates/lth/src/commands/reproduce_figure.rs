//! Ours beside theirs, as a figure.

use lth_lab::{STABLE_BELOW, SweepPlan};
use lth_plot::{
    Curve, DensityLimits, DensityPanel, Figure, Heading, Measure, Point, StabilityCurve, Style, TablePanel,
    TableRow, density_figure, instability_figure, table_figure,
};
use lth_report::{
    Metric, TableAxis,
    reproduce::{Published, Quantity, Results, Series, XAxis},
};

use super::reproduce_table::names;
use crate::failure::Failure;

/// Our curves, and what was published in the same colours: over densities a panel a figure, over iterations the error barriers, without an
/// axis values by name.
///
/// # Errors
/// When there is nothing to draw.
pub(super) fn figure(
    one: &Published,
    plan: &SweepPlan,
    results: &Results,
    quick: bool,
) -> Result<Figure, Failure> {
    let short = if quick { ", fewer and shorter trainings than published" } else { "" };
    let mut networks: Vec<String> = plan.runs.iter().map(|run| run.experiment.title()).collect();
    networks.dedup();
    let heading = Heading::new(&one.title, format!("{}. Ours: {}{short}", one.paper, networks.join(", ")));
    Ok(match one.x {
        XAxis::Density => density_figure(&heading, &density_panels(one, results), &DensityLimits::default())?,
        XAxis::Iteration => instability_figure(&heading, &barriers(one, results), STABLE_BELOW)?,
        XAxis::None => table_figure(&heading, &table_panels(one, results))?,
    })
}

/// Panels of what was published; of what is claimed, if there is nothing.
fn density_panels(one: &Published, results: &Results) -> Vec<DensityPanel> {
    let measures = [
        (Quantity::OfTraining(Metric::TestAccuracy), Measure::EarlyStopAccuracy),
        (Quantity::OfTraining(Metric::EndTestAccuracy), Measure::FinalAccuracy),
        (Quantity::UntrainedTestAccuracy, Measure::UntrainedAccuracy),
        (Quantity::OfTraining(Metric::EarlyStopIteration), Measure::EarlyStopIteration),
    ];
    let is_wanted = |quantity: Quantity| {
        one.series.iter().any(|series| series.quantity == quantity)
            || (one.series.is_empty() && one.quantities().contains(&quantity))
    };
    let wanted = measures.into_iter().filter(|(quantity, _)| is_wanted(*quantity));
    wanted.flat_map(|(quantity, measure)| panels_of(one, results, quantity, measure)).collect()
}

/// One panel, or one for each study where several have names, which curves do not repeat then.
fn panels_of(one: &Published, results: &Results, quantity: Quantity, measure: Measure) -> Vec<DensityPanel> {
    let series = results.series(quantity);
    let mut places: Vec<(&str, String)> = series.iter().map(|own| place_of(one, &own.name)).collect();
    let of_one = places.iter().all(|(study, _)| *study == places[0].0);
    if of_one || places.iter().any(|(study, _)| study.is_empty()) {
        places = series.iter().map(|own| ("", own.name.clone())).collect();
    }
    let mut names: Vec<&str> = Vec::new();
    let mut panels: Vec<DensityPanel> = Vec::new();
    for (own, (study, name)) in series.iter().zip(&places) {
        // The same name has the same colour in every panel.
        let colour = names.iter().position(|known| known == name).unwrap_or_else(|| {
            names.push(name);
            names.len() - 1
        }) as u8;
        let panel = panels.iter().position(|panel| panel.facet == *study).unwrap_or_else(|| {
            panels.push(DensityPanel { facet: (*study).to_owned(), measure, curves: Vec::new() });
            panels.len() - 1
        });
        let label = label(one, name);
        let theirs =
            one.series.iter().filter(|series| series.name == own.name && series.quantity == quantity);
        let theirs = theirs.map(|series| Curve {
            label: format!("{label}, published"),
            style: Style::Published(colour),
            points: series.points.iter().map(|[x, value]| Point::of_replicates(*x, [*value])).collect(),
        });
        let theirs: Vec<Curve> = theirs.collect();
        panels[panel].curves.push(Curve { points: points(own), label, style: Style::Run(colour) });
        panels[panel].curves.extend(theirs);
    }
    panels
}

/// The study that a curve is of, if that has a name, and the curve's name without it.
fn place_of<'p>(one: &'p Published, name: &str) -> (&'p str, String) {
    one.studies
        .iter()
        .filter(|study| !study.name.is_empty())
        .find_map(|study| {
            let (before, after) = name.split_once(&format!(", {}, ", study.name))?;
            Some((study.name.as_str(), format!("{before}, {after}")))
        })
        .unwrap_or(("", name.to_owned()))
}

/// What a curve is called: a number alone says nothing without its setting.
fn label(one: &Published, name: &str) -> String {
    match one.columns {
        TableAxis::Setting(_) if name.starts_with(|sign: char| sign.is_ascii_digit()) => {
            format!("{} {name}", one.columns.name())
        }
        _ => name.to_owned(),
    }
}

fn points(own: &Series) -> Vec<Point> {
    own.points.iter().map(|point| Point::of_replicates(point.x, point.by_seed.values().copied())).collect()
}

/// Barriers of test and training errors by name.
fn barriers(one: &Published, results: &Results) -> Vec<StabilityCurve> {
    let train = results.series(Quantity::TrainBarrier);
    let curve = |(place, own): (usize, Series)| StabilityCurve {
        test: points(&own),
        train: train.iter().find(|other| other.name == own.name).map_or_else(Vec::new, points),
        label: label(one, &own.name),
        style: Style::Run(place as u8),
        round: None,
    };
    results.series(Quantity::TestBarrier).into_iter().enumerate().map(curve).collect()
}

fn table_panels(one: &Published, results: &Results) -> Vec<TablePanel> {
    let panel = |quantity: Quantity| {
        let factor = quantity.factor();
        let ours = |own: Series| {
            let point = own.near(0.0)?;
            Some(Point::of_replicates(0.0, point.by_seed.values().map(|value| factor * value)))
        };
        let rows = names(one, quantity, results).into_iter().map(|(label, theirs, own)| TableRow {
            label,
            ours: own.and_then(ours),
            published: theirs.and_then(|series| Some(factor * series.points.first()?[1])),
        });
        TablePanel { label: quantity.title().to_owned(), rows: rows.collect() }
    };
    one.quantities().into_iter().map(panel).collect()
}
