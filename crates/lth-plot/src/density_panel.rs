//! One panel of a figure against density: levels, bands, lines and markers.

use super::{
    Curve, Measure, Point, Style,
    canvas::{Anchor, Canvas, Stroke, TextStyle},
    coincidence::{self, Covers},
    cut,
    density_figure::DensityPanel,
    font,
    frame::Frame,
    theme,
};

/// Between the texts of two levels.
const LABEL_GAP: f64 = 2.0;

/// The value of a dense network's level.
pub(super) fn level(curve: &Curve) -> Option<f64> {
    let first = curve.points.iter().find(|point| point.is_drawable());
    first.filter(|_| curve.style.is_level()).map(|point| point.mean)
}

pub(super) fn has_band(curve: &Curve) -> bool {
    !curve.style.is_level()
        && curve.points.iter().filter(|p| p.is_drawable()).any(|p| p.band().0 < p.band().1)
}

/// The width of the texts to the right of the panels.
pub(super) fn level_label_width(panels: &[DensityPanel]) -> f64 {
    let texts = panels.iter().flat_map(|panel| {
        panel
            .curves
            .iter()
            .filter_map(level)
            .flat_map(|level| ["dense".to_owned(), panel.measure.text(level)])
    });
    let widths = texts.map(|text| font::width(&text, theme::NOTE_SIZE, false) + 10.0);
    widths.fold(12.0, f64::max)
}

/// Draws a panel; what leaves its axis, and what lies under other lines, is told in `notes`.
pub(super) fn draw_panel(canvas: &mut Canvas, frame: &Frame, panel: &DensityPanel, notes: &mut Vec<String>) {
    frame.draw_grid(canvas);
    draw_levels(canvas, frame, panel);
    let curves: Vec<&Curve> = panel.curves.iter().filter(|curve| !curve.style.is_level()).collect();
    let line =
        |curve: &&Curve| segments(curve).flatten().map(|point| frame.at(point.x, point.mean)).collect();
    let covers = coincidence::covers(&curves.iter().map(line).collect::<Vec<_>>());
    for (curve, covers) in curves.iter().zip(&covers) {
        draw_lines(canvas, frame, curve, *covers);
    }
    frame.draw_border(canvas);
    for (curve, covers) in curves.iter().zip(&covers) {
        draw_markers(canvas, frame, curve, *covers);
    }
    let labels: Vec<&str> = curves.iter().map(|curve| curve.label.as_str()).collect();
    notes.extend(coincidence::notes(panel.measure.label(), &labels, &covers));
    for curve in &panel.curves {
        notes.extend(cut_notes(frame, curve, panel.measure));
    }
}

/// How far a curve reaches beyond the axis.
fn cut_notes(frame: &Frame, curve: &Curve, measure: Measure) -> Vec<String> {
    let bands = curve.points.iter().filter(|point| point.is_drawable()).map(Point::band);
    let ends = level(curve).map(|level| (level, level)).into_iter();
    let ends = ends.chain(bands.filter(|_| !curve.style.is_level())).flat_map(|(low, high)| [low, high]);
    let axis = (&frame.y.scale, measure.label());
    cut::notes(&curve.label, ends, axis, cut::UPWARD, |value| measure.text(value))
}

/// Levels across the panel, their values on the right, apart from each other; of equal texts one. Where some would stand far from their
/// levels, no value stands there: only the colour would say whose it is.
fn draw_levels(canvas: &mut Canvas, frame: &Frame, panel: &DensityPanel) {
    let area = frame.area;
    let mut labels: Vec<(f64, Vec<String>, &'static str)> = Vec::new();
    for curve in &panel.curves {
        let Some(level) = level(curve).filter(|level| frame.y.scale.contains(*level)) else { continue };
        let (y, colour) = (frame.y.scale.position(level), theme::curve_colour(curve.style));
        let stroke = Stroke::new(colour, theme::LEVEL_WIDTH);
        let stroke = theme::curve_dashes(curve.style).map_or(stroke, |dashes| stroke.dashed(dashes));
        canvas.line((area.left, y), (area.right(), y), stroke);
        let value = panel.measure.text(level);
        let lines = if curve.style == Style::Dense { vec!["dense".to_owned(), value] } else { vec![value] };
        match labels.iter_mut().find(|label| label.1 == lines) {
            Some(label) => label.2 = theme::MUTED,
            None => labels.push((y, lines, colour)),
        }
    }
    labels.sort_by(|a, b| a.0.total_cmp(&b.0));
    let line_height = theme::NOTE_SIZE + LABEL_GAP;
    let mut free = area.top - theme::NOTE_SIZE;
    let mut tops = Vec::new();
    for (y, lines, _) in &labels {
        let own = y - 0.5 * line_height * lines.len() as f64;
        let top = own.max(free);
        if top > own + line_height {
            return;
        }
        tops.push(top);
        free = top + line_height * lines.len() as f64;
    }
    for ((_, lines, colour), mut top) in labels.into_iter().zip(tops) {
        let style = TextStyle { colour, ..TextStyle::new(theme::NOTE_SIZE, Anchor::Start) };
        for line in lines {
            canvas.text((area.right() + 8.0, top + theme::NOTE_SIZE * 0.93), &line, style);
            top += line_height;
        }
    }
}

/// The parts of a curve between its gaps.
fn segments(curve: &Curve) -> impl Iterator<Item = &[Point]> {
    curve.points.split(|point| !point.is_drawable()).filter(|segment| !segment.is_empty())
}

fn draw_lines(canvas: &mut Canvas, frame: &Frame, curve: &Curve, covers: Covers) {
    let colour = theme::curve_colour(curve.style);
    let stroke = covers.widen(Stroke::new(colour, theme::LINE_WIDTH));
    let stroke = theme::curve_dashes(curve.style).map_or(stroke, |dashes| stroke.dashed(dashes));
    canvas.clipped(frame.area, |canvas| {
        for segment in segments(curve).filter(|_| has_band(curve)) {
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
        for segment in segments(curve) {
            let line: Vec<(f64, f64)> = segment.iter().map(|p| frame.at(p.x, p.mean)).collect();
            canvas.polyline(&line, stroke);
        }
    });
}

/// A dot a point; where limits cut it off, an arrow at the edge.
fn draw_markers(canvas: &mut Canvas, frame: &Frame, curve: &Curve, covers: Covers) {
    let colour = theme::curve_colour(curve.style);
    for point in segments(curve).flatten() {
        if frame.y.scale.contains(point.mean) {
            let at = frame.at(point.x, point.mean);
            canvas.marker(theme::curve_marker(curve.style), at, covers.radius(), colour);
        } else {
            cut::arrow_towards(canvas, frame, (point.x, point.mean), colour);
        }
    }
}
