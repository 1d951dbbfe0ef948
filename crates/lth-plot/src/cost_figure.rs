//! A cost against density, both axes logarithmic.

use super::{
    DensityLimits, Figure, Heading, PlotError, Series, SeriesStyle,
    canvas::Stroke,
    coincidence,
    density_axis::{density_axis, sparsity_axis},
    frame::x_axis_height,
    marker::Marker,
    page::{Page, Sample},
    panels::{Panels, left_of},
    range,
    scale::log_ticks,
    table::Table,
    theme,
    value_axis::log_axis,
};

const PANELS: Panels = Panels { height: 400.0, gap: 0.0 };

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
    let data = csv(y_label, series);
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
    let y = log_axis((low, high), log_ticks(low, high, 10), y_label);
    let densities = points().map(|(density, _)| density);
    let right = heading.look.style.width() - theme::MARGIN;
    let x = density_axis(densities, limits, left_of([&y]), right).ok_or_else(no_data)?;
    // Highlights lie under the lines they point out, and are wide enough to be seen there.
    let (under, over): (Vec<&Series>, Vec<&Series>) =
        series.iter().partition(|one| one.style == SeriesStyle::Highlight);
    let labels: Vec<&str> = over.iter().map(|one| one.label.as_str()).collect();
    let mut notes = Vec::new();
    PANELS.draw(&mut page, &x, vec![y], |canvas, frame, _| {
        frame.draw_grid(canvas);
        let at = |(x, y): &(f64, f64)| frame.at(*x, *y);
        let dots = |one: &&Series| one.points.iter().filter(|point| is_drawable(point)).map(at).collect();
        let dots: Vec<Vec<(f64, f64)>> = over.iter().map(dots).collect();
        let covers = coincidence::covers(&dots);
        notes.extend(coincidence::notes(y_label, &labels, &covers));
        canvas.clipped(frame.area, |canvas| {
            let under = under.iter().map(|one| (one, stroke(one.style)));
            let over = over.iter().zip(&covers).map(|(one, covers)| (one, covers.widen(stroke(one.style))));
            for (one, stroke) in under.chain(over) {
                for segment in one.points.split(|point| !is_drawable(point)) {
                    canvas.polyline(&segment.iter().map(at).collect::<Vec<_>>(), stroke);
                }
            }
        });
        frame.draw_border(canvas);
        for ((one, dots), covers) in over.iter().zip(&dots).zip(&covers) {
            for dot in dots {
                canvas.dot(*dot, covers.radius(), colour(one.style));
            }
        }
        frame.draw_upper_axis(canvas, &sparsity_axis(&frame.x));
    });
    page.notes(notes.iter().map(String::as_str));
    Ok(page.finish().with_data(data))
}

/// The numbers of the series; densities are fractions.
fn csv(y_label: &str, series: &[Series]) -> String {
    let mut table = Table::new(&[&"series", &"density", &y_label]);
    for one in series {
        for (density, value) in &one.points {
            table.row(&[&one.label, density, value]);
        }
    }
    table.finish()
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
        SeriesStyle::Solid(_) => {
            Sample::Line { colour, width, dashes: None, dot: Some(Marker::Circle), band: false }
        }
        SeriesStyle::Dashed(_) => Sample::Line {
            colour,
            width,
            dashes: Some(theme::DASHES),
            dot: Some(Marker::Circle),
            band: false,
        },
    }
}
