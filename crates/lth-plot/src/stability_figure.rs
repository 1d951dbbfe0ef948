//! The error between two copies of a network: along the line between them.

use super::{
    ControlKind, Figure, Heading, PlotError, Point, Style,
    canvas::{Canvas, Stroke},
    coincidence::{self, Covers},
    frame::{Axis, Frame},
    marker::Marker,
    page::{Page, Sample},
    panels::{Panels, left_of},
    range::{LinearRange, RangeRule, linear_range},
    scale::{Scale, Spread, linear_ticks},
    table::Table,
    theme,
    value_axis::value_axis,
};

const PANELS: Panels = Panels { height: 290.0, gap: 26.0 };
/// About so many points of a path have markers, by which networks are told apart without colours.
const MARKERS: usize = 6;

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

    /// Controls of one round are told apart by them.
    fn dashes(&self) -> Option<&'static str> {
        match self.style {
            Style::Control(ControlKind::RandomReinit) => theme::run_dashes(1),
            Style::Control(ControlKind::RandomMask) => theme::run_dashes(2),
            Style::Control(ControlKind::ShuffledMask) => theme::run_dashes(3),
            style => theme::curve_dashes(style),
        }
    }

    /// Rounds are told apart by it.
    fn marker(&self) -> Marker {
        match (self.style, self.round) {
            (Style::Dense | Style::Run(_), _) => theme::curve_marker(self.style),
            (_, round) => Marker::of_run(1 + usize::from(round.unwrap_or(0))),
        }
    }

    /// Whether it has markers; of paths all but that of the dense network, which stands in black.
    fn has_dots(&self, on_all: bool) -> bool {
        on_all || self.style != Style::Dense
    }

    fn sample(&self, on_all: bool) -> Sample {
        let dot = self.has_dots(on_all).then(|| self.marker());
        let band = [&self.train, &self.test].into_iter().flatten().any(has_range);
        Sample::Line { colour: self.colour(), width: theme::LINE_WIDTH, dashes: self.dashes(), dot, band }
    }

    /// Draws the band and the line of a panel, in percent.
    fn draw_line(&self, canvas: &mut Canvas, frame: &Frame, points: &[Point], covers: Covers) {
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
            canvas.polyline(&line, covers.widen(stroke));
        });
    }

    /// Draws markers of a panel, at every n-th point from one on.
    fn draw_dots(
        &self,
        canvas: &mut Canvas,
        frame: &Frame,
        points: &[Point],
        (first, every): (usize, usize),
        covers: Covers,
    ) {
        for point in points.iter().skip(first).step_by(every).filter(|point| is_finite(point)) {
            let at = frame.at(point.x, 100.0 * point.mean);
            canvas.marker(self.marker(), at, covers.radius(), self.colour());
        }
    }
}

/// Two panels, errors of the test set and of training examples, along the lines between copies: 0 is the first copy of each pair,
/// 1 the second (Frankle et al. 2020, Figures 2 and 4). A stable network has a flat line. Rounds differ in markers, controls in dashes. The axis reaches from the lowest error to the highest, and is
/// broken where a flat line would be squeezed by the hill of another.
///
/// # Errors
/// When no curve has a finite value.
pub fn path_figure(heading: &Heading, curves: &[StabilityCurve]) -> Result<Figure, PlotError> {
    let x = |left, right| {
        // Bands and lines end inside of the frame.
        let scale = Scale { spread: Spread::Linear, low: -0.01, high: 1.01, start: left, end: right };
        let label = "place on the line between two copies".to_owned();
        Axis { scale, ticks: linear_ticks(0.0, 1.0, 6), label }
    };
    let axes = Axes {
        labels: ["test error (%)", "training error (%)"],
        x: &x,
        y: &|means, ends| linear_range(means, ends, RangeRule::ERROR),
    };
    Ok(panels(heading, curves, &axes, None, false)?.with_data(csv("place", curves)))
}

/// The axes of [`panels`].
pub(super) struct Axes<'a> {
    /// Of the y axes: of the test set and of training examples.
    pub(super) labels: [&'static str; 2],
    /// The x axis between two positions.
    pub(super) x: &'a dyn Fn(f64, f64) -> Axis,
    /// The range of a y axis in percent.
    pub(super) y: &'a RangeOf<'a>,
}

/// A range from the means of each curve and the ends of all bands.
type RangeOf<'a> = dyn Fn(&[Vec<f64>], &[f64]) -> Option<LinearRange> + 'a;

/// What [`path_figure`] and the figure of barriers share: a panel of the test set above one of training examples. `stable_below` is a
/// dotted line at a value in percent, where it lies on an axis; markers stand on all points, or on some of each line.
pub(super) fn panels(
    heading: &Heading,
    curves: &[StabilityCurve],
    axes: &Axes<'_>,
    stable_below: Option<f64>,
    on_all: bool,
) -> Result<Figure, PlotError> {
    let of: [fn(&StabilityCurve) -> &[Point]; 2] = [|curve| &curve.test, |curve| &curve.train];
    let mut y_axes = Vec::new();
    for (of, label) in of.into_iter().zip(axes.labels) {
        let finite = |curve| of(curve).iter().filter(|point| is_finite(point));
        let means: Vec<Vec<f64>> =
            curves.iter().map(|curve| finite(curve).map(|point| 100.0 * point.mean).collect()).collect();
        let ends = |point: &Point| [100.0 * point.band().0, 100.0 * point.band().1];
        let ends: Vec<f64> = curves.iter().flat_map(finite).flat_map(ends).collect();
        let range = (axes.y)(&means, &ends).ok_or_else(|| PlotError::NoData {
            figure: heading.title.clone(),
            reason: "no pair of copies has a finite error",
        })?;
        y_axes.push(value_axis(range, (0.0, 100.0), label));
    }
    let left = left_of(&y_axes);
    let x = (axes.x)(left, heading.look.style.width() - theme::MARGIN - 12.0);
    let mut page = Page::new(heading.look.style.width(), heading);
    page.legend(&curves.iter().map(|curve| (curve.sample(on_all), curve.label.clone())).collect::<Vec<_>>());
    let mut notes = Vec::new();
    if curves.iter().flat_map(|curve| curve.test.iter().chain(&curve.train)).any(has_range) {
        notes.push(format!("Lines: mean over pairs of copies. {}", heading.look.band_note()));
    }
    if let Some(level) = stable_below {
        notes.push(if y_axes.iter().any(|axis| axis.scale.contains(level)) {
            format!("Below the dotted line, {level} percentage points, a network counts as stable.")
        } else {
            format!("Below {level} percentage points, beyond these axes, a network counts as stable: all of these are.")
        });
    }
    let labels: Vec<&str> = curves.iter().map(|curve| curve.label.as_str()).collect();
    let mut hidden = Vec::new();
    let broken = PANELS.draw(&mut page, &x, y_axes, |canvas, frame, index| {
        frame.draw_grid(canvas);
        if let Some(level) = stable_below.filter(|level| frame.y.scale.contains(*level)) {
            let at = frame.y.scale.position(level);
            let stroke = Stroke::new(theme::INK, theme::LEVEL_WIDTH).dashed(theme::FINE_DASHES);
            canvas.line((frame.area.left, at), (frame.area.right(), at), stroke);
        }
        let at = |point: &Point| frame.at(point.x, 100.0 * point.mean);
        let line = |curve| of[index](curve).iter().filter(|point| is_finite(point)).map(at).collect();
        let covers = coincidence::covers(&curves.iter().map(line).collect::<Vec<_>>());
        hidden.extend(coincidence::notes(&frame.y.label, &labels, &covers));
        for (curve, covers) in curves.iter().zip(&covers) {
            curve.draw_line(canvas, frame, of[index](curve), *covers);
        }
        frame.draw_border(canvas);
        for (place, (curve, covers)) in curves.iter().zip(&covers).enumerate() {
            let points = of[index](curve);
            let every = if on_all { 1 } else { points.len().div_ceil(MARKERS).max(1) };
            if curve.has_dots(on_all) {
                // Those of lines beside each other do not hide each other.
                curve.draw_dots(canvas, frame, points, (2 * place % every, every), *covers);
            }
        }
    });
    notes.extend(broken.into_iter().chain(hidden));
    page.notes(notes.iter().map(String::as_str));
    Ok(page.finish())
}

/// Errors or barriers as fractions over `place`, what the x axis shows.
pub(super) fn csv(place: &str, curves: &[StabilityCurve]) -> String {
    let mut table = Table::new(&[&"curve", &"split", &place, &"mean", &"low", &"high"]);
    for curve in curves {
        for (split, points) in [("test", &curve.test), ("train", &curve.train)] {
            for Point { x, mean, min, max } in points {
                table.row(&[&curve.label, &split, x, mean, min, max]);
            }
        }
    }
    table.finish()
}

fn is_finite(point: &Point) -> bool {
    point.x.is_finite() && point.mean.is_finite()
}

fn has_range(point: &Point) -> bool {
    is_finite(point) && point.band().0 < point.band().1
}
