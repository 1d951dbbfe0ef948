//! A cost against density, both axes logarithmic.

use super::{
    DensityLimits, Figure, Heading, PlotError, Series, SeriesStyle,
    canvas::{Area, Stroke},
    density_axis::{density_axis, sparsity_axis},
    frame::{Axis, Frame, x_axis_height},
    page::{Page, Sample},
    range,
    scale::{Scale, Spread, log_ticks},
    theme,
};

const PANEL_HEIGHT: f64 = 400.0;

/// Series over density, log-log: `y_label` says what is shown and its unit, as `time a step (ms)`.
///
/// # Errors
/// When no series has a point whose density and value are above 0, or none within the limits.
pub fn cost_figure(
    heading: &Heading,
    y_label: &str,
    series: &[Series],
    limits: &DensityLimits,
) -> Result<Figure, PlotError> {
    let all = series.iter().flat_map(|one| &one.points).filter(|point| is_drawable(point));
    limits.check_densities(all.map(|(density, _)| *density))?;
    let series: Vec<Series> = series
        .iter()
        .map(|one| ordered(one, limits))
        .filter(|one| one.points.iter().any(is_drawable))
        .collect();
    let points = || series.iter().flat_map(|one| &one.points).copied().filter(is_drawable);
    let values: Vec<f64> = points().map(|(_, value)| value).collect();
    let no_data = || PlotError::NoData {
        figure: heading.title.clone(),
        reason: "no series has a value above 0 at a density above 0",
    };
    let (low, high) = range::log_range(&values).ok_or_else(no_data)?;

    let mut page = Page::new(heading.look.style.width(), heading);
    page.legend(&series.iter().map(|one| (sample(one.style), one.label.clone())).collect::<Vec<_>>());
    page.y += x_axis_height(true);
    let scale = Scale {
        spread: Spread::Log,
        low,
        high,
        start: page.y + heading.look.style.height(PANEL_HEIGHT),
        end: page.y,
    };
    let y = Axis { scale, ticks: log_ticks(low, high, 10), label: format!("{y_label}, log scale") };
    let left = theme::MARGIN + y.width_as_y();
    let area = Area {
        left,
        top: page.y,
        width: heading.look.style.width() - theme::MARGIN - left,
        height: heading.look.style.height(PANEL_HEIGHT),
    };
    let x = density_axis(points().map(|(density, _)| density), limits, area.left, area.right())
        .ok_or_else(no_data)?;
    let frame = Frame { area, x, y };
    frame.draw_grid(&mut page.canvas);
    page.canvas.clipped(area, |canvas| {
        // Highlights lie under the lines they point out.
        let (under, over): (Vec<&Series>, Vec<&Series>) =
            series.iter().partition(|one| one.style == SeriesStyle::Highlight);
        for one in under.into_iter().chain(over) {
            for segment in one.points.split(|point| !is_drawable(point)) {
                let line: Vec<(f64, f64)> = segment.iter().map(|(x, y)| frame.at(*x, *y)).collect();
                canvas.polyline(&line, stroke(one.style));
            }
        }
    });
    frame.draw_border(&mut page.canvas);
    for one in series.iter().filter(|one| one.style != SeriesStyle::Highlight) {
        for (x, y) in one.points.iter().filter(|point| is_drawable(point)) {
            page.canvas.dot(frame.at(*x, *y), theme::MARKER_RADIUS, colour(one.style));
        }
    }
    frame.draw_y_axis(&mut page.canvas, theme::MARGIN);
    frame.draw_x_axis(&mut page.canvas);
    frame.draw_upper_axis(&mut page.canvas, &sparsity_axis(&frame.x));
    page.y = area.bottom() + x_axis_height(true);
    Ok(page.finish())
}

fn is_drawable((density, value): &(f64, f64)) -> bool {
    density.is_finite() && value.is_finite() && *density > 0.0 && *value > 0.0
}

/// Densities falling, those that are impossible or outside of the limits left out.
fn ordered(series: &Series, limits: &DensityLimits) -> Series {
    let mut points: Vec<(f64, f64)> =
        series.points.iter().copied().filter(|point| limits.shows(point.0)).collect();
    points.sort_by(|a, b| b.0.total_cmp(&a.0));
    Series { points, ..series.clone() }
}

fn colour(style: SeriesStyle) -> &'static str {
    match style {
        SeriesStyle::Solid(index) | SeriesStyle::Dashed(index) => theme::palette(usize::from(index)),
        SeriesStyle::Highlight => theme::HIGHLIGHT,
    }
}

fn stroke(style: SeriesStyle) -> Stroke<'static> {
    let line = Stroke::new(colour(style), theme::LINE_WIDTH);
    match style {
        SeriesStyle::Solid(_) => line,
        SeriesStyle::Dashed(_) => line.dashed(theme::DASHES),
        SeriesStyle::Highlight => {
            Stroke::new(theme::HIGHLIGHT, theme::HIGHLIGHT_WIDTH).faint(theme::HIGHLIGHT_OPACITY)
        }
    }
}

fn sample(style: SeriesStyle) -> Sample {
    let (colour, width) = (colour(style), theme::LINE_WIDTH);
    match style {
        SeriesStyle::Highlight => Sample::Highlight(colour),
        SeriesStyle::Solid(_) => Sample::Line { colour, width, dashes: None, dot: true, band: false },
        SeriesStyle::Dashed(_) => {
            Sample::Line { colour, width, dashes: Some(theme::DASHES), dot: true, band: false }
        }
    }
}
