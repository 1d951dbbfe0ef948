//! Accuracy and early-stop iteration against density: tickets, controls and the dense level.

use super::{
    Curve, Figure, Heading, PlotError, Point, Style,
    canvas::{Anchor, Area, Canvas, Stroke, TextStyle},
    density_axis::{density_axis, sparsity_axis},
    font, format,
    frame::{Axis, Frame, x_axis_height},
    page::{Page, Sample},
    range,
    scale::{Scale, Spread, linear_ticks},
    theme,
};

const WIDTH: f64 = 860.0;
const PANEL_HEIGHT: f64 = 310.0;
const PANEL_GAP: f64 = 26.0;

/// What a panel shows over densities.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Measure {
    /// Test accuracy at the early-stop iteration; values are fractions, shown in percent.
    EarlyStopAccuracy,
    /// Test accuracy at the end of training; values are fractions, shown in percent.
    FinalAccuracy,
    /// The iteration of minimum validation loss; the axis starts at 0.
    EarlyStopIteration,
}

impl Measure {
    fn label(self) -> &'static str {
        match self {
            Self::EarlyStopAccuracy => "test accuracy at early stop (%)",
            Self::FinalAccuracy => "test accuracy at the end (%)",
            Self::EarlyStopIteration => "early-stop iteration",
        }
    }

    fn is_accuracy(self) -> bool {
        self != Self::EarlyStopIteration
    }

    /// From a stored value to the axis.
    fn shown(self, value: f64) -> f64 {
        if self.is_accuracy() { value * 100.0 } else { value }
    }

    fn text(self, shown: f64) -> String {
        if self.is_accuracy() { format!("{shown:.2} %") } else { format::grouped(shown, 0) }
    }
}

/// One panel of [`density_figure`].
#[derive(Debug, Clone, PartialEq)]
pub struct DensityPanel {
    /// What it shows.
    pub measure: Measure,
    /// The curves; a curve without a finite point is left out.
    pub curves: Vec<Curve>,
}

/// Panels over density, one below the other, with one legend: mean lines with bands from minimum to maximum over
/// replicates, controls dashed, the dense network as a level.
///
/// The y axis of an accuracy zooms to tickets and dense level; curves that leave it are cut, marked and told of in a note.
///
/// # Errors
/// When no curve has a finite point.
///
/// ```
/// use lth_lab::plot::{Curve, DensityPanel, Heading, Measure, Point, Style, density_figure};
/// let points = vec![Point::of_replicates(1.0, [0.980, 0.982]), Point::of_replicates(0.8, [0.983, 0.981])];
/// let tickets = Curve { label: "winning tickets".into(), style: Style::Ticket, points };
/// let panel = DensityPanel { measure: Measure::EarlyStopAccuracy, curves: vec![tickets] };
/// let figure = density_figure(&Heading::new("Accuracy", "2 replicates"), &[panel])?;
/// assert!(figure.svg().contains("winning tickets"));
/// # Ok::<(), lth_lab::plot::PlotError>(())
/// ```
pub fn density_figure(heading: &Heading, panels: &[DensityPanel]) -> Result<Figure, PlotError> {
    let panels: Vec<DensityPanel> =
        panels.iter().map(drawable).filter(|panel| !panel.curves.is_empty()).collect();
    let densities =
        panels.iter().flat_map(|panel| &panel.curves).flat_map(|curve| &curve.points).map(|point| point.x);
    let y_axes: Vec<Axis> = panels.iter().filter_map(y_axis).collect();
    let left = theme::MARGIN + y_axes.iter().map(Axis::width_as_y).fold(0.0, f64::max);
    let right = WIDTH - theme::MARGIN - level_label_width(&panels);
    let Some(x) = density_axis(densities, left, right) else {
        return Err(PlotError::NoData {
            figure: heading.title.clone(),
            reason: "no curve has a finite value at a density above 0",
        });
    };

    let mut page = Page::new(WIDTH, heading);
    page.legend(&legend(&panels));
    page.y += x_axis_height(true);
    let mut notes = Vec::new();
    let count = panels.len();
    for (index, (panel, mut y)) in panels.iter().zip(y_axes).enumerate() {
        let area = Area { left, top: page.y, width: right - left, height: PANEL_HEIGHT };
        (y.scale.start, y.scale.end) = (area.bottom(), area.top);
        let frame = Frame { area, x: x.clone(), y };
        draw_panel(&mut page.canvas, &frame, panel, &mut notes);
        if index == 0 {
            frame.draw_upper_axis(&mut page.canvas, &sparsity_axis(&x));
        }
        page.y = area.bottom();
        if index + 1 == count {
            frame.draw_x_axis(&mut page.canvas);
            page.y += x_axis_height(true);
        } else {
            page.y += PANEL_GAP;
        }
    }
    if panels.iter().flat_map(|panel| &panel.curves).any(has_band) {
        notes.insert(0, "Lines: mean over replicates. Bands: minimum to maximum.".to_owned());
    }
    page.notes(notes.iter().map(String::as_str));
    Ok(page.finish())
}

/// The curves that have a point, in the axis' units, densities falling, dense levels first.
fn drawable(panel: &DensityPanel) -> DensityPanel {
    let shown = |value| panel.measure.shown(value);
    let mut curves = Vec::new();
    for curve in &panel.curves {
        let mut points: Vec<Point> = curve
            .points
            .iter()
            .filter(|point| point.x.is_finite() && point.x > 0.0)
            .map(|p| Point { x: p.x, mean: shown(p.mean), min: shown(p.min), max: shown(p.max) })
            .collect();
        points.sort_by(|a, b| b.x.total_cmp(&a.x));
        if points.iter().any(Point::is_drawable) {
            curves.push(Curve { points, ..curve.clone() });
        }
    }
    curves.sort_by_key(|curve| match curve.style {
        Style::Dense => 0,
        Style::Control(_) => 1,
        // The first run lies above the others, and is the first of the legend.
        Style::Run(index) => 255 - u32::from(index),
        Style::Ticket => 256,
    });
    DensityPanel { measure: panel.measure, curves }
}

fn level(curve: &Curve) -> Option<f64> {
    let first = curve.points.iter().find(|point| point.is_drawable());
    first.filter(|_| curve.style == Style::Dense).map(|point| point.mean)
}

fn has_band(curve: &Curve) -> bool {
    curve.style != Style::Dense
        && curve.points.iter().filter(|p| p.is_drawable()).any(|p| p.band().0 < p.band().1)
}

/// A y axis whose positions are set later.
fn y_axis(panel: &DensityPanel) -> Option<Axis> {
    let (mut core, mut all) = (Vec::new(), Vec::new());
    for curve in &panel.curves {
        if let Some(level) = level(curve) {
            core.push(level);
            all.push(level);
            continue;
        }
        for point in curve.points.iter().filter(|point| point.is_drawable()) {
            if matches!(curve.style, Style::Ticket | Style::Run(0)) {
                core.push(point.mean);
            }
            all.extend([point.band().0, point.band().1]);
        }
    }
    let (low, high) = if panel.measure.is_accuracy() {
        range::percent_range(&core, &all, 5.0, 12.0)?
    } else {
        range::range_from_zero(&core, &all)?
    };
    let mut ticks = linear_ticks(low, high, 7);
    ticks.retain(|tick| !panel.measure.is_accuracy() || (0.0..=100.0).contains(&tick.value));
    let scale = Scale { spread: Spread::Linear, low, high, start: 0.0, end: 1.0 };
    Some(Axis { scale, ticks, label: panel.measure.label().to_owned() })
}

fn level_label_width(panels: &[DensityPanel]) -> f64 {
    let mut width: f64 = 12.0;
    for panel in panels {
        for level in panel.curves.iter().filter_map(level) {
            for text in ["dense".to_owned(), panel.measure.text(level)] {
                width = width.max(font::width(&text, theme::NOTE_SIZE, false) + 10.0);
            }
        }
    }
    width
}

fn legend(panels: &[DensityPanel]) -> Vec<(Sample, String)> {
    let mut entries: Vec<(Sample, String)> = Vec::new();
    // Tickets first for the reader, though they are drawn last.
    for curve in panels.iter().flat_map(|panel| panel.curves.iter().rev()) {
        let colour = theme::curve_colour(curve.style);
        let sample = match curve.style {
            Style::Dense => Sample::Line { colour, width: 1.4, dashes: None, dot: false, band: false },
            style => Sample::Line {
                colour,
                width: theme::LINE_WIDTH,
                dashes: theme::curve_dashes(style),
                dot: true,
                band: panels
                    .iter()
                    .flat_map(|panel| &panel.curves)
                    .any(|other| other.style == style && has_band(other)),
            },
        };
        if !entries.iter().any(|entry| entry.0 == sample && entry.1 == curve.label) {
            entries.push((sample, curve.label.clone()));
        }
    }
    entries
}

fn draw_panel(canvas: &mut Canvas, frame: &Frame, panel: &DensityPanel, notes: &mut Vec<String>) {
    frame.draw_grid(canvas);
    let scale = frame.y.scale;
    for curve in &panel.curves {
        if let Some(level) = level(curve) {
            draw_level(canvas, frame, level, &panel.measure.text(level));
            continue;
        }
        draw_curve(canvas, frame, curve);
        let ends = curve.points.iter().filter(|point| point.is_drawable()).map(Point::band);
        let (lowest, highest) =
            ends.fold((f64::INFINITY, f64::NEG_INFINITY), |all, band| (all.0.min(band.0), all.1.max(band.1)));
        let text = |value| panel.measure.text(value);
        if lowest < scale.low {
            notes.push(format!(
                "▼ {} reaches below the axis of {}, to {}.",
                curve.label,
                panel.measure.label(),
                text(lowest)
            ));
        }
        if highest > scale.high {
            notes.push(format!(
                "▲ {} reaches above the axis of {}, to {}.",
                curve.label,
                panel.measure.label(),
                text(highest)
            ));
        }
    }
    frame.draw_border(canvas);
    frame.draw_y_axis(canvas, theme::MARGIN);
}

fn draw_level(canvas: &mut Canvas, frame: &Frame, level: f64, text: &str) {
    let (y, area) = (frame.y.scale.position(level), frame.area);
    canvas.line((area.left, y), (area.right(), y), Stroke::new(theme::INK, 1.4));
    let style = TextStyle::new(theme::NOTE_SIZE, Anchor::Start);
    canvas.text((area.right() + 8.0, y - 2.0), "dense", style);
    canvas.text((area.right() + 8.0, y + theme::NOTE_SIZE), text, style);
}

fn draw_curve(canvas: &mut Canvas, frame: &Frame, curve: &Curve) {
    let colour = theme::curve_colour(curve.style);
    let stroke = Stroke::new(colour, theme::LINE_WIDTH);
    let stroke = theme::curve_dashes(curve.style).map_or(stroke, |dashes| stroke.dashed(dashes));
    let segments: Vec<&[Point]> =
        curve.points.split(|point| !point.is_drawable()).filter(|segment| !segment.is_empty()).collect();
    canvas.clipped(frame.area, |canvas| {
        for segment in segments.iter().filter(|_| has_band(curve)) {
            let edge = |pick: fn(&Point) -> f64| segment.iter().map(move |p| frame.at(p.x, pick(p)));
            if let [alone] = segment {
                let (low, high) = alone.band();
                let ends = (frame.at(alone.x, low), frame.at(alone.x, high));
                canvas.line(ends.0, ends.1, Stroke::new(colour, 9.0).faint(theme::BAND_OPACITY));
            }
            let mut outline: Vec<(f64, f64)> = edge(|p| p.band().1).collect();
            outline.extend(edge(|p| p.band().0).rev());
            canvas.polygon(&outline, colour, theme::BAND_OPACITY);
        }
        for segment in &segments {
            let line: Vec<(f64, f64)> = segment.iter().map(|p| frame.at(p.x, p.mean)).collect();
            canvas.polyline(&line, stroke);
        }
    });
    for point in segments.into_iter().flatten() {
        let (x, y) = frame.at(point.x, point.mean);
        let area = frame.area;
        if frame.y.scale.contains(point.mean) {
            canvas.dot((x, y), theme::MARKER_RADIUS, colour);
        } else {
            // An arrow at the edge where the point was cut off.
            let (tip, away) =
                if y > area.bottom() { (area.bottom() - 2.0, -9.0) } else { (area.top + 2.0, 9.0) };
            canvas.polygon(&[(x, tip), (x - 5.0, tip + away), (x + 5.0, tip + away)], colour, 1.0);
        }
    }
}
