//! Accuracy and early-stop iteration against density: tickets, controls and the dense level.

use std::{collections::HashSet, fmt::Display};

use super::{
    Curve, DensityLimits, Figure, Heading, PlotError, Point, Style,
    canvas::{Anchor, TextStyle},
    density_axis::{density_axis, sparsity_axis},
    density_panel::{draw_panel, has_band, level, level_label_width},
    format,
    frame::{Axis, x_axis_height},
    limits::{AxisLimits, refuse_outside},
    page::{Page, Sample},
    panels::{Panels, left_of},
    range::{RangeRule, linear_range},
    table::Table,
    theme,
    value_axis::value_axis,
};

const PANELS: Panels = Panels { height: 310.0, gap: 26.0 };
/// The height of the line above a panel that tells of which runs it is.
const FACET_ROOM: f64 = 20.0;

/// What a panel shows over densities.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Measure {
    /// Test accuracy at the early-stop iteration; values are fractions, shown in percent.
    EarlyStopAccuracy,
    /// Test accuracy at the end of training; values are fractions, shown in percent.
    FinalAccuracy,
    /// Test accuracy of untrained weights under a mask; values are fractions, shown in percent.
    UntrainedAccuracy,
    /// The iteration of minimum validation loss; the axis starts at 0.
    EarlyStopIteration,
}

impl Measure {
    pub(super) fn label(self) -> &'static str {
        match self {
            Self::EarlyStopAccuracy => "test accuracy at early stop (%)",
            Self::FinalAccuracy => "test accuracy at the end (%)",
            Self::UntrainedAccuracy => "test accuracy, untrained (%)",
            Self::EarlyStopIteration => "early-stop iteration",
        }
    }

    /// Its name in files.
    fn name(self) -> &'static str {
        match self {
            Self::EarlyStopAccuracy => "early_stop_test_accuracy",
            Self::FinalAccuracy => "end_test_accuracy",
            Self::UntrainedAccuracy => "untrained_test_accuracy",
            Self::EarlyStopIteration => "early_stop_iteration",
        }
    }

    fn is_accuracy(self) -> bool {
        self != Self::EarlyStopIteration
    }

    /// From a stored value to the axis.
    fn shown(self, value: f64) -> f64 {
        if self.is_accuracy() { value * 100.0 } else { value }
    }

    pub(super) fn text(self, shown: f64) -> String {
        if self.is_accuracy() { format!("{shown:.2} %") } else { format::grouped(shown, 0) }
    }
}

/// One panel of [`density_figure`].
#[derive(Debug, Clone, PartialEq)]
pub struct DensityPanel {
    /// Of which runs it is, above it, where panels are of data or lengths that no axis may mix; empty for all.
    pub facet: String,
    /// What it shows.
    pub measure: Measure,
    /// The curves; a curve without a finite point is left out.
    pub curves: Vec<Curve>,
}

/// Panels over density, one below the other, with one legend: mean lines with bands from minimum to maximum over
/// replicates, controls dashed, dense networks as levels.
///
/// Everything is inside of the axes, unless limits say otherwise: then what leaves an axis of accuracy is marked at its edge and
/// told of in a note. Where most of a curve would be squeezed by what falls far below it, the axis is broken.
///
/// # Errors
/// When no curve has a finite point, or none within the limits.
///
/// ```
/// use lth_plot::{Curve, DensityLimits, DensityPanel, Heading, Measure, Point, Style, density_figure};
/// let points = vec![Point::of_replicates(1.0, [0.980, 0.982]), Point::of_replicates(0.8, [0.983, 0.981])];
/// let tickets = Curve { label: "winning tickets".into(), style: Style::Ticket, points };
/// let panel = DensityPanel { facet: String::new(), measure: Measure::EarlyStopAccuracy, curves: vec![tickets] };
/// let heading = Heading::new("Accuracy", "2 replicates");
/// let figure = density_figure(&heading, &[panel], &DensityLimits::default())?;
/// assert!(figure.svg().contains("winning tickets"));
/// # Ok::<(), lth_plot::PlotError>(())
/// ```
pub fn density_figure(
    heading: &Heading,
    panels: &[DensityPanel],
    limits: &DensityLimits,
) -> Result<Figure, PlotError> {
    let data = csv(panels);
    let points = panels.iter().flat_map(|panel| &panel.curves).flat_map(|curve| &curve.points);
    limits.check_densities(points.filter(|point| point.is_drawable()).map(|point| point.x))?;
    let panels: Vec<DensityPanel> =
        panels.iter().map(|panel| drawable(panel, limits)).filter(|panel| !panel.curves.is_empty()).collect();
    let densities =
        panels.iter().flat_map(|panel| &panel.curves).flat_map(|curve| &curve.points).map(|point| point.x);
    let y_axes: Vec<Axis> =
        panels.iter().filter_map(|panel| y_axis(panel, limits).transpose()).collect::<Result<_, _>>()?;
    let left = left_of(&y_axes);
    let right = heading.look.style.width() - theme::MARGIN - level_label_width(&panels);
    let Some(x) = density_axis(densities, limits, left, right) else {
        return Err(PlotError::NoData {
            figure: heading.title.clone(),
            reason: "no curve has a finite value at a density above 0",
        });
    };

    let mut page = Page::new(heading.look.style.width(), heading);
    page.legend(&legend(&panels));
    let has_facets = panels.iter().any(|panel| !panel.facet.is_empty());
    let room = if has_facets { FACET_ROOM } else { 0.0 };
    page.y += room + x_axis_height(true);
    let mut notes = Vec::new();
    let broken =
        Panels { gap: PANELS.gap + room, ..PANELS }.draw(&mut page, &x, y_axes, |canvas, frame, index| {
            draw_panel(canvas, frame, &panels[index], &mut notes);
            if has_facets {
                let axis = if index == 0 { x_axis_height(true) } else { 0.0 };
                let at = (frame.area.left, frame.area.top - axis - 8.0);
                canvas.text(
                    at,
                    &panels[index].facet,
                    TextStyle::new(theme::LABEL_SIZE, Anchor::Start).bold(),
                );
            }
            if index == 0 {
                frame.draw_upper_axis(canvas, &sparsity_axis(&x));
            }
        });
    // What is so in several panels is said once.
    notes.dedup();
    notes.extend(broken);
    if panels.iter().flat_map(|panel| &panel.curves).any(has_band) {
        notes.insert(0, format!("Lines: mean over replicates. {}", heading.look.band_note()));
    }
    page.notes(notes.iter().map(String::as_str));
    Ok(page.finish().with_data(data))
}

/// The numbers of the panels: densities and accuracies as fractions.
fn csv(panels: &[DensityPanel]) -> String {
    let has_facets = panels.iter().any(|panel| !panel.facet.is_empty());
    // Of one set of runs, the column would be empty.
    let first = usize::from(!has_facets);
    let mut table = Table::new(
        &[&"runs" as &dyn Display, &"measure", &"curve", &"density", &"mean", &"low", &"high"][first..],
    );
    for panel in panels {
        for curve in &panel.curves {
            for point in curve.points.iter().filter(|point| point.is_drawable()) {
                let Point { x, mean, min, max } = point;
                let row: [&dyn Display; 7] =
                    [&panel.facet, &panel.measure.name(), &curve.label, x, mean, min, max];
                table.row(&row[first..]);
            }
        }
    }
    table.finish()
}

/// The curves that have a point within the limits of density, in the axis' units, densities falling, dense levels first.
fn drawable(panel: &DensityPanel, limits: &DensityLimits) -> DensityPanel {
    let shown = |value| panel.measure.shown(value);
    let mut curves = Vec::new();
    for curve in &panel.curves {
        // A level crosses the whole panel, wherever its point is.
        let is_shown =
            |x: f64| if curve.style.is_level() { x.is_finite() && x > 0.0 } else { limits.shows(x) };
        let mut points: Vec<Point> = curve
            .points
            .iter()
            .filter(|point| is_shown(point.x))
            .map(|p| Point { x: p.x, mean: shown(p.mean), min: shown(p.min), max: shown(p.max) })
            .collect();
        points.sort_by(|a, b| b.x.total_cmp(&a.x));
        if points.iter().any(Point::is_drawable) {
            curves.push(Curve { points, ..curve.clone() });
        }
    }
    // The first run lies above the others, and is the first of the legend; so does its dense level.
    curves.sort_by_key(|curve| match curve.style {
        Style::Dense => (0, 0),
        Style::DenseRun(index) => (0, 255 - index),
        Style::Control(_) => (1, 0),
        Style::Published(index) => (1, 255 - index),
        Style::Run(index) => (2, 255 - index),
        Style::Ticket => (3, 0),
    });
    DensityPanel { facet: panel.facet.clone(), measure: panel.measure, curves }
}

/// A y axis whose positions are set later. `None` where there is nothing to draw.
fn y_axis(panel: &DensityPanel, limits: &DensityLimits) -> Result<Option<Axis>, PlotError> {
    let (mut tickets, mut others) = (Vec::new(), Vec::new());
    for curve in &panel.curves {
        if let Some(level) = level(curve) {
            others.push(level);
            continue;
        }
        let points = || curve.points.iter().filter(|point| point.is_drawable());
        if matches!(curve.style, Style::Ticket | Style::Run(_)) {
            tickets.push(points().map(|point| point.mean).collect());
        }
        others.extend(points().flat_map(|point| [point.band().0, point.band().1]));
    }
    let rule = if panel.measure.is_accuracy() {
        RangeRule { neighbours: 2.5, ..RangeRule::ACCURACY }
    } else {
        others.push(0.0);
        RangeRule::ITERATIONS
    };
    let asked = limits.accuracy.filter(|_| panel.measure.is_accuracy());
    let found: Vec<f64> = others.iter().map(|value| value / 100.0).collect();
    refuse_outside("accuracy", asked, &found)?;
    let range = asked.map(AxisLimits::in_percent).or_else(|| linear_range(&tickets, &others, rule));
    Ok(range.map(|range| value_axis(range, rule.possible, panel.measure.label())))
}

fn legend(panels: &[DensityPanel]) -> Vec<(Sample, String)> {
    let mut entries: Vec<(Sample, String)> = Vec::new();
    let mut theirs = None;
    let curves = || panels.iter().flat_map(|panel| &panel.curves);
    let published: HashSet<Style> =
        curves().map(|curve| curve.style).filter(|style| matches!(style, Style::Published(_))).collect();
    // Tickets first for the reader, though they are drawn last.
    for curve in panels.iter().flat_map(|panel| panel.curves.iter().rev()) {
        let colour = theme::curve_colour(curve.style);
        let dashes = theme::curve_dashes(curve.style);
        // Several are told apart by the colours and markers of ours, as the legend has them.
        if published.len() > 1 && published.contains(&curve.style) {
            let (colour, width) = (theme::MUTED, theme::LINE_WIDTH);
            let sample = Sample::Line { colour, width, dashes, dot: None, band: false };
            theirs = Some((sample, "published, in the colour and marker of ours".to_owned()));
            continue;
        }
        let sample = if curve.style.is_level() {
            // A name that several levels have is of all of them, whatever their colours.
            let is_shared = curves().any(|other| other.label == curve.label && other.style != curve.style);
            let colour = if is_shared { theme::MUTED } else { colour };
            Sample::Line { colour, width: theme::LEVEL_WIDTH, dashes, dot: None, band: false }
        } else {
            let band = curves().any(|other| other.style == curve.style && has_band(other));
            Sample::Line {
                colour,
                width: theme::LINE_WIDTH,
                dashes,
                dot: Some(theme::curve_marker(curve.style)),
                band,
            }
        };
        if !entries.iter().any(|entry| entry.0 == sample && entry.1 == curve.label) {
            entries.push((sample, curve.label.clone()));
        }
    }
    entries.extend(theirs);
    entries
}
