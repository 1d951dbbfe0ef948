//! Accuracy of untrained networks against density, a panel a kind of weights.

use super::{
    DensityLimits, Figure, Heading, PlotError, Point, SeriesStyle,
    canvas::{Anchor, Stroke, TextStyle},
    coincidence,
    density_axis::{density_axis, sparsity_axis},
    frame::x_axis_height,
    page::{Page, Sample},
    panels::{Panels, left_of},
    range::{RangeRule, linear_range},
    table::Table,
    theme::{self, series_look},
    value_axis::value_axis,
};

const PANELS: Panels = Panels { height: 330.0, gap: 44.0 };

/// Accuracies of one criterion's masks.
#[derive(Debug, Clone, PartialEq)]
pub struct SupermaskCurve {
    /// Its name in the legend; the same curve in every panel has the same name and style.
    pub label: String,
    /// How it is drawn.
    pub style: SeriesStyle,
    /// One point a density, accuracies as fractions.
    pub points: Vec<Point>,
}

/// The axis is never shorter, in percent: near chance, noise would look like a result.
const LEAST: f64 = 5.0;

/// Room above the curves for the title of a panel, in lengths of the axis.
const HEADROOM: f64 = 0.1;

/// Accuracy against density, all panels on one scale that holds everything: panels one below the other, each with its title, mean lines with bands from
/// minimum to maximum over replicates, and a fine line at chance, a fraction.
///
/// # Errors
/// When no curve has a point.
pub fn supermask_figure(
    heading: &Heading,
    panels: &[(String, Vec<SupermaskCurve>)],
    chance: f64,
) -> Result<Figure, PlotError> {
    let no_data = || PlotError::NoData { figure: heading.title.clone(), reason: "no mask was evaluated" };
    let densities =
        panels.iter().flat_map(|(_, curves)| curves).flat_map(|curve| &curve.points).map(|point| point.x);
    let shown = panels.iter().flat_map(|(_, curves)| curves).flat_map(|curve| &curve.points);
    let shown = shown.filter(|point| point.is_drawable()).flat_map(|point| [point.band().0, point.band().1]);
    let accuracies: Vec<f64> = shown.chain([chance]).map(|accuracy| 100.0 * accuracy).collect();
    let rule = RangeRule { least: LEAST, ..RangeRule::ACCURACY };
    let mut range = linear_range(&[], &accuracies, rule).ok_or_else(no_data)?;
    range.high += HEADROOM * (range.high - range.low);
    let y = value_axis(range, rule.possible, "test accuracy (%)");
    let left = left_of([&y]);
    let right = heading.look.style.width() - theme::MARGIN;
    let x = density_axis(densities, &DensityLimits::default(), left, right).ok_or_else(no_data)?;

    let mut page = Page::new(heading.look.style.width(), heading);
    let mut legend: Vec<(Sample, String)> = Vec::new();
    for curve in panels.iter().flat_map(|(_, curves)| curves) {
        if !legend.iter().any(|(_, label)| *label == curve.label) {
            let (colour, dashes) = series_look(curve.style);
            let sample = Sample::Line { colour, width: theme::LINE_WIDTH, dashes, dot: None, band: false };
            legend.push((sample, curve.label.clone()));
        }
    }
    let dashes = Some(theme::FINE_DASHES);
    legend.push((
        Sample::Line { colour: theme::INK, width: 1.4, dashes, dot: None, band: false },
        "chance".to_owned(),
    ));
    page.legend(&legend);
    page.y += x_axis_height(true);
    let axes = vec![y; panels.len()];
    let mut notes = vec!["Lines: mean over replicates. Bands: minimum to maximum.".to_owned()];
    PANELS.draw(&mut page, &x, axes, |canvas, frame, index| {
        let (area, (title, curves)) = (frame.area, &panels[index]);
        frame.draw_grid(canvas);
        let level = frame.y.scale.position(100.0 * chance);
        let stroke = Stroke::new(theme::INK, 1.4).dashed(theme::FINE_DASHES);
        canvas.line((area.left, level), (area.right(), level), stroke);
        let at = |point: &Point, value: f64| frame.at(point.x, 100.0 * value);
        let drawable = |curve: &SupermaskCurve| -> Vec<Point> {
            curve.points.iter().filter(|point| point.is_drawable()).copied().collect()
        };
        let line = |curve| drawable(curve).iter().map(|p| at(p, p.mean)).collect();
        let lines: Vec<Vec<(f64, f64)>> = curves.iter().map(line).collect();
        let covers = coincidence::covers(&lines);
        let labels: Vec<&str> = curves.iter().map(|curve| curve.label.as_str()).collect();
        notes.extend(coincidence::notes(title, &labels, &covers));
        for ((curve, line), covers) in curves.iter().zip(&lines).zip(covers) {
            let (colour, dashes) = series_look(curve.style);
            let points = drawable(curve);
            let mut outline: Vec<(f64, f64)> = points.iter().map(|p| at(p, p.band().1)).collect();
            outline.extend(points.iter().rev().map(|p| at(p, p.band().0)));
            canvas.clipped(area, |canvas| {
                canvas.polygon(&outline, colour, theme::BAND_OPACITY);
                let stroke = Stroke { dashes, ..Stroke::new(colour, theme::LINE_WIDTH) };
                canvas.polyline(line, covers.widen(stroke));
            });
        }
        frame.draw_border(canvas);
        let style = TextStyle::new(theme::LABEL_SIZE, Anchor::End).bold();
        canvas.text((area.right() - 10.0, area.top + 1.4 * theme::LABEL_SIZE), title, style);
        if index == 0 {
            frame.draw_upper_axis(canvas, &sparsity_axis(&x));
        }
    });
    page.notes(notes.iter().map(String::as_str));
    Ok(page.finish().with_data(csv(panels)))
}

/// Densities and accuracies as fractions.
fn csv(panels: &[(String, Vec<SupermaskCurve>)]) -> String {
    let mut table = Table::new(&[&"weights", &"criterion", &"density", &"mean", &"low", &"high"]);
    for (title, curves) in panels {
        for curve in curves {
            for Point { x, mean, min, max } in &curve.points {
                table.row(&[title, &curve.label, x, mean, min, max]);
            }
        }
    }
    table.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn has_every_curve_once_in_the_legend_and_a_panel_for_each_title() {
        let curve = |label: &str, style| SupermaskCurve {
            label: label.to_owned(),
            style,
            points: vec![Point::of_replicates(0.8, [0.2, 0.3]), Point::of_replicates(0.1, [0.5, 0.7])],
        };
        let curves = || {
            vec![curve("large-final", SeriesStyle::Solid(0)), curve("small-final", SeriesStyle::Dashed(0))]
        };
        let panels = [("initial weights".to_owned(), curves()), ("signed constant".to_owned(), curves())];
        let figure = supermask_figure(&Heading::new("Supermasks", "a run"), &panels, 0.1).unwrap();
        for (text, times) in [
            ("large-final", 1),
            ("small-final", 1),
            ("initial weights", 1),
            ("signed constant", 1),
            ("chance", 1),
        ] {
            assert_eq!(figure.svg().matches(&format!(">{text}<")).count(), times, "{text}");
        }
        assert!(supermask_figure(&Heading::new("Supermasks", ""), &[], 0.1).is_err());
    }
}
