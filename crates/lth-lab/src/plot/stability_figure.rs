//! The error between two copies of a network: along the line between them.

use super::{
    Figure, Heading, PlotError, Point, Style,
    canvas::{Area, Canvas, Stroke},
    frame::{Axis, Frame, x_axis_height},
    page::{Page, Sample},
    range,
    scale::{Scale, Spread, linear_ticks},
    theme,
};

pub(super) const WIDTH: f64 = 860.0;
const PANEL_HEIGHT: f64 = 290.0;
const PANEL_GAP: f64 = 26.0;

/// A line of one network's copies.
#[derive(Debug, Clone, PartialEq)]
pub struct StabilityCurve {
    /// Its name in the legend.
    pub label: String,
    /// The dense network, the ticket or a control; controls are dashed.
    pub style: Style,
    /// Where several rounds are shown: which of them, so that each has a colour of its own.
    pub round: Option<u8>,
    /// Errors of training examples (fractions) with their range over pairs, by place.
    pub train: Vec<Point>,
    /// Errors of the test set.
    pub test: Vec<Point>,
}

impl StabilityCurve {
    pub(super) fn colour(&self) -> &'static str {
        match (self.style, self.round) {
            (Style::Dense, _) | (_, None) => theme::curve_colour(self.style),
            (_, Some(round)) => theme::palette(usize::from(round)),
        }
    }

    fn dashes(&self) -> Option<&'static str> {
        theme::curve_dashes(self.style)
    }

    pub(super) fn sample(&self, dot: bool) -> Sample {
        let band = [&self.train, &self.test].into_iter().flatten().any(has_range);
        Sample::Line { colour: self.colour(), width: theme::LINE_WIDTH, dashes: self.dashes(), dot, band }
    }

    /// Draws the points of a panel, in percent.
    pub(super) fn draw(&self, canvas: &mut Canvas, frame: &Frame, points: &[Point], dots: bool) {
        let colour = self.colour();
        let points: Vec<Point> = points.iter().filter(|point| is_finite(point)).copied().collect();
        let at = |x: f64, error: f64| frame.at(x, 100.0 * error);
        canvas.clipped(frame.area, |canvas| {
            if points.iter().any(has_range) {
                if let [alone] = points[..] {
                    let (low, high) = alone.band();
                    let stroke = Stroke::new(colour, 9.0).faint(theme::BAND_OPACITY);
                    canvas.line(at(alone.x, low), at(alone.x, high), stroke);
                }
                let mut outline: Vec<(f64, f64)> = points.iter().map(|p| at(p.x, p.band().1)).collect();
                outline.extend(points.iter().rev().map(|p| at(p.x, p.band().0)));
                canvas.polygon(&outline, colour, theme::BAND_OPACITY);
            }
            let line: Vec<(f64, f64)> = points.iter().map(|p| at(p.x, p.mean)).collect();
            let stroke = Stroke { dashes: self.dashes(), ..Stroke::new(colour, theme::LINE_WIDTH) };
            canvas.polyline(&line, stroke);
        });
        if dots {
            for point in &points {
                canvas.dot(at(point.x, point.mean), theme::MARKER_RADIUS, colour);
            }
        }
    }
}

/// Two panels, errors of the test set and of training examples, along the lines between copies: 0 is the first copy of each pair,
/// 1 the second (Frankle et al. 2020, Figures 2 and 4). A stable network has a flat line.
///
/// # Errors
/// When no curve has a finite value.
pub fn path_figure(heading: &Heading, curves: &[StabilityCurve]) -> Result<Figure, PlotError> {
    let x = |left, right| {
        let scale = Scale { spread: Spread::Linear, low: 0.0, high: 1.0, start: left, end: right };
        let label = "place on the line between two copies".to_owned();
        Axis { scale, ticks: linear_ticks(0.0, 1.0, 6), label }
    };
    let labels = ["test error (%)", "training error (%)"];
    panels(heading, curves, labels, None, &x, false)
}

/// What [`path_figure`] and the figure of barriers share: a panel of the test set above one of training examples. `level` is a
/// dotted line at a value in percent.
pub(super) fn panels(
    heading: &Heading,
    curves: &[StabilityCurve],
    labels: [&str; 2],
    level: Option<f64>,
    x: &dyn Fn(f64, f64) -> Axis,
    dots: bool,
) -> Result<Figure, PlotError> {
    let of: [fn(&StabilityCurve) -> &[Point]; 2] = [|curve| &curve.test, |curve| &curve.train];
    let mut axes = Vec::new();
    for (of, label) in of.into_iter().zip(labels) {
        let points = curves.iter().flat_map(of).filter(|point| is_finite(point));
        let mut values: Vec<f64> = points.map(|point| 100.0 * point.band().1).collect();
        if values.is_empty() {
            let reason = "no pair of copies has a finite error";
            return Err(PlotError::NoData { figure: heading.title.clone(), reason });
        }
        values.extend(level);
        axes.push(y_axis(&values, label).ok_or_else(|| PlotError::NoData {
            figure: heading.title.clone(),
            reason: "no error is finite",
        })?);
    }
    let left = theme::MARGIN + axes.iter().map(Axis::width_as_y).fold(0.0, f64::max);
    let x = x(left, WIDTH - theme::MARGIN - 12.0);
    let mut page = Page::new(WIDTH, heading);
    page.legend(&curves.iter().map(|curve| (curve.sample(dots), curve.label.clone())).collect::<Vec<_>>());
    let count = axes.len();
    for (index, (of, mut y)) in of.into_iter().zip(axes).enumerate() {
        let area = Area { left, top: page.y, width: x.scale.end - left, height: PANEL_HEIGHT };
        (y.scale.start, y.scale.end) = (area.bottom(), area.top);
        let frame = Frame { area, x: x.clone(), y };
        frame.draw_grid(&mut page.canvas);
        if let Some(level) = level {
            let at = frame.y.scale.position(level);
            let stroke = Stroke::new(theme::INK, 1.4).dashed(theme::FINE_DASHES);
            page.canvas.line((area.left, at), (area.right(), at), stroke);
        }
        for curve in curves {
            curve.draw(&mut page.canvas, &frame, of(curve), dots);
        }
        frame.draw_border(&mut page.canvas);
        frame.draw_y_axis(&mut page.canvas, theme::MARGIN);
        page.y = area.bottom() + PANEL_GAP;
        if index + 1 == count {
            frame.draw_x_axis(&mut page.canvas);
            page.y = area.bottom() + x_axis_height(true);
        }
    }
    let mut notes = Vec::new();
    if curves.iter().flat_map(|curve| curve.test.iter().chain(&curve.train)).any(has_range) {
        notes.push("Lines: mean over pairs of copies. Bands: minimum to maximum.".to_owned());
    }
    if let Some(level) = level {
        notes.push(format!("Below the dotted line, {level} percentage points, a network counts as stable."));
    }
    page.notes(notes.iter().map(String::as_str));
    Ok(page.finish())
}

fn y_axis(values: &[f64], label: &str) -> Option<Axis> {
    let (low, high) = range::range_from_zero(values, values)?;
    // Never so near that one example would look like a barrier.
    let high = high.max(0.5);
    let scale = Scale { spread: Spread::Linear, low, high, start: 0.0, end: 1.0 };
    Some(Axis { scale, ticks: linear_ticks(low, high, 6), label: label.to_owned() })
}

fn is_finite(point: &Point) -> bool {
    point.x.is_finite() && point.mean.is_finite()
}

fn has_range(point: &Point) -> bool {
    is_finite(point) && point.band().0 < point.band().1
}
