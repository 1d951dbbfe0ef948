//! Ours beside theirs, as a figure.

use lth_plot::{Curve, DensityLimits, DensityPanel, Figure, Heading, Measure, Point, Style, density_figure};
use lth_report::{
    Metric, Runs,
    reproduce::{Published, density_series},
};

use crate::failure::Failure;

/// A panel a figure: our curves, and what was published in the same colours.
///
/// # Errors
/// When runs would be mixed, or there is nothing to draw.
pub(super) fn figure(one: &Published, runs: &Runs, quick: bool) -> Result<Figure, Failure> {
    let measures = [
        (Metric::TestAccuracy, Measure::EarlyStopAccuracy),
        (Metric::EndTestAccuracy, Measure::FinalAccuracy),
        (Metric::EarlyStopIteration, Measure::EarlyStopIteration),
    ];
    let is_wanted = |metric: Metric| {
        let is_published = one.series.iter().any(|series| series.metric == metric);
        is_published || (one.series.is_empty() && metric == Metric::TestAccuracy)
    };
    let panels: Vec<DensityPanel> = measures
        .into_iter()
        .filter(|(metric, _)| is_wanted(*metric))
        .map(|(metric, measure)| {
            Ok(DensityPanel { facet: String::new(), measure, curves: curves(one, runs, metric)? })
        })
        .collect::<Result<_, Failure>>()?;
    let short = if quick { ", fewer and shorter trainings than published" } else { "" };
    let subtitle = format!("{}{short}", one.paper);
    Ok(density_figure(&Heading::new(&one.title, subtitle), &panels, &DensityLimits::default())?)
}

fn curves(one: &Published, runs: &Runs, metric: Metric) -> Result<Vec<Curve>, Failure> {
    let mut curves = Vec::new();
    let ours = density_series(runs, one.columns, metric).map_err(Failure::bad_input)?;
    for (place, own) in ours.into_iter().enumerate() {
        let colour = place as u8;
        let point = |point: &lth_report::reproduce::DensityPoint| {
            Point::of_replicates(point.density, point.by_seed.values().copied())
        };
        curves.push(Curve {
            label: own.name.clone(),
            style: Style::Run(colour),
            points: own.points.iter().map(point).collect(),
        });
        let theirs = one.series.iter().filter(|series| series.name == own.name && series.metric == metric);
        curves.extend(theirs.map(|series| Curve {
            label: format!("{}, published", own.name),
            style: Style::Published(colour),
            points: series.points.iter().map(|[x, value]| Point::of_replicates(*x, [*value])).collect(),
        }));
    }
    Ok(curves)
}
