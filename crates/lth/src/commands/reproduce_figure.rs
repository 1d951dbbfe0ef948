//! Ours beside theirs, as a figure.

use lth_lab::{STABLE_BELOW, SweepPlan};
use lth_plot::{
    Curve, DensityLimits, DensityPanel, Figure, Heading, Measure, Point, StabilityCurve, Style, TablePanel,
    TableRow, density_figure, instability_figure, table_figure,
};
use lth_report::{
    Metric,
    reproduce::{Published, Quantity, Results, Series, XAxis},
};

use super::{
    reproduce_curves::{Group, by_study, label},
    reproduce_differences::OtherData,
    reproduce_table::names,
};
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
    other_data: Option<&OtherData>,
) -> Result<Figure, Failure> {
    let short = if quick { ", fewer and shorter trainings than published" } else { "" };
    let mut networks: Vec<String> = plan.runs.iter().map(|run| run.experiment.title()).collect();
    networks.dedup();
    let heading = Heading::new(&one.title, format!("{}. Ours: {}{short}", one.paper, networks.join(", ")));
    Ok(match one.x {
        XAxis::Density => {
            let of_others = OfOthers::new(one, &networks, other_data);
            let panels = density_panels(one, results).into_iter();
            let panels = panels.flat_map(|panel| match &of_others {
                Some(of_others) if panel.facet.is_empty() => of_others.apart(panel),
                _ => vec![panel],
            });
            density_figure(&heading, &panels.collect::<Vec<_>>(), &DensityLimits::default())?
        }
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

/// A panel for each group of curves.
fn panels_of(one: &Published, results: &Results, quantity: Quantity, measure: Measure) -> Vec<DensityPanel> {
    let mut names: Vec<String> = Vec::new();
    let mut panel = |group: Group<'_>| {
        let mut curves = Vec::new();
        for (label, own) in group.curves {
            // The same name has the same colour in every panel.
            let colour = names.iter().position(|known| *known == label).unwrap_or_else(|| {
                names.push(label.clone());
                names.len() - 1
            }) as u8;
            let theirs =
                one.series.iter().filter(|series| series.name == own.name && series.quantity == quantity);
            let theirs: Vec<Curve> = theirs
                .map(|series| Curve {
                    label: format!("{label}, published"),
                    style: Style::Published(colour),
                    points: series
                        .points
                        .iter()
                        .map(|[x, value]| Point::of_replicates(*x, [*value]))
                        .collect(),
                })
                .collect();
            curves.push(Curve { points: points(&own), label, style: Style::Run(colour) });
            curves.extend(theirs);
        }
        DensityPanel { facet: group.study.to_owned(), measure, curves }
    };
    by_study(one, quantity, results).into_iter().map(&mut panel).collect()
}

/// What was published of another network or of other data.
struct OfOthers {
    /// What ours are of.
    ours: String,
    /// What theirs are of.
    theirs: String,
    /// Whether it never shares an axis with ours.
    always: bool,
}

impl OfOthers {
    /// `None` where network and data are the paper's.
    fn new(one: &Published, networks: &[String], other_data: Option<&OtherData>) -> Option<Self> {
        if let Some(theirs) = &one.published_of {
            return Some(Self { ours: networks.join(", "), theirs: theirs.clone(), always: true });
        }
        let on = |data: &str| format!("on {data}");
        other_data.map(|data| Self { ours: on(&data.ours), theirs: on(&data.theirs), always: false })
    }

    /// Gives it a panel of its own; other data only where all of it is above ours, or below, which one axis would flatten.
    fn apart(&self, panel: DensityPanel) -> Vec<DensityPanel> {
        let (theirs, ours): (Vec<Curve>, Vec<Curve>) =
            panel.curves.iter().cloned().partition(|curve| matches!(curve.style, Style::Published(_)));
        let ends = |curves: &[Curve]| {
            let points = || curves.iter().flat_map(|curve| &curve.points);
            (
                points().map(|point| point.min).fold(f64::NAN, f64::min),
                points().map(|point| point.max).fold(f64::NAN, f64::max),
            )
        };
        let ((low, high), (their_low, their_high)) = (ends(&ours), ends(&theirs));
        if theirs.is_empty() || !(self.always || high < their_low || their_high < low) {
            return vec![panel];
        }
        let of = |whose: &str, what: &str, curves| DensityPanel {
            facet: format!("{whose}, {what}"),
            measure: panel.measure,
            curves,
        };
        vec![of("ours", &self.ours, ours), of("published", &self.theirs, theirs)]
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
