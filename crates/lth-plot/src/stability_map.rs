//! Error barriers over rewind points and densities, as a heat map.

use super::{
    Figure, Heading, PlotError,
    canvas::{Anchor, Area, Stroke, TextStyle},
    colour_map::viridis,
    density_colours::title_width,
    font, format,
    frame::{Axis, Frame, x_axis_height},
    page::{Page, colour_bar},
    scale::{Scale, Spread, Tick, linear_ticks, thin_out},
    table::Table,
    theme,
};

const CELL: (f64, f64) = (84.0, 40.0);
const BAR_WIDTH: f64 = 22.0;
const BAR_TITLE: [&str; 2] = ["barrier of test", "errors (pp)"];
const BAR_GAP: f64 = 28.0;
/// Densities this near to each other are one row: replicates may differ by a weight or two.
const NEAR: f64 = 0.005;
/// The part of the colours from which texts on them are dark.
const LIGHT: f64 = 0.55;

/// One network of [`stability_map_figure`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StabilityCell {
    /// The iteration from which its copies were trained: the rewind point.
    pub iteration: u64,
    /// Its density, in (0, 1].
    pub density: f64,
    /// The barrier of test errors between copies, a fraction; of several the mean.
    pub barrier: f64,
}

/// A heat map, a column a rewind point, a row a density, dense on top (Frankle et al. 2020, Figure 5 as a map). Cells say their barrier in
/// percentage points; those below `stable_below` (a fraction), which count as stable, are framed. Hatched: not measured.
///
/// # Errors
/// When there is no finite barrier.
pub fn stability_map_figure(
    heading: &Heading,
    cells: &[StabilityCell],
    stable_below: f64,
) -> Result<Figure, PlotError> {
    let finite = |cell: &&StabilityCell| cell.barrier.is_finite() && cell.density > 0.0;
    let cells: Vec<StabilityCell> = cells.iter().filter(finite).copied().collect();
    let mut iterations: Vec<u64> = cells.iter().map(|cell| cell.iteration).collect();
    iterations.sort_unstable();
    iterations.dedup();
    let mut densities: Vec<f64> = cells.iter().map(|cell| cell.density).collect();
    densities.sort_by(|a, b| b.total_cmp(a));
    densities.dedup_by(|next, previous| is_near(*next, *previous));
    if cells.is_empty() {
        return Err(PlotError::NoData {
            figure: heading.title.clone(),
            reason: "no network has a finite barrier",
        });
    }
    let style = heading.look.style;
    let greatest = cells.iter().map(|cell| cell.barrier).fold(2.0 * stable_below, f64::max);
    let colour = |part: f64| viridis(part.clamp(0.0, 1.0));
    let rows: Vec<String> = densities.iter().map(|density| format::percent(*density)).collect();
    let y = Axis {
        scale: Scale { spread: Spread::Linear, low: 0.0, high: 1.0, start: 0.0, end: 1.0 },
        ticks: rows.into_iter().map(|label| Tick { value: 0.0, label }).collect(),
        label: "density (%)".to_owned(),
    };
    let left = (theme::MARGIN + y.width_as_y()).round();
    let room = style.width() - left - BAR_GAP - title_width(&BAR_TITLE) - theme::MARGIN;
    let cell = (room / iterations.len() as f64).min(CELL.0).floor();
    let mut page = Page::new(style.width(), heading);
    page.y = page.y.round() + 8.0;
    let height = CELL.1 * densities.len() as f64;
    let area = Area { left, top: page.y, width: cell * iterations.len() as f64, height };
    let hatching = page.canvas.hatching();
    page.canvas.rect(area, &hatching, None);
    for (row, density) in densities.iter().enumerate() {
        for (column, iteration) in iterations.iter().enumerate() {
            let own =
                cells.iter().filter(|cell| cell.iteration == *iteration && is_near(cell.density, *density));
            let own: Vec<f64> = own.map(|cell| cell.barrier).collect();
            if own.is_empty() {
                continue;
            }
            let barrier = own.iter().sum::<f64>() / own.len() as f64;
            let place = Area {
                left: left + cell * column as f64,
                top: area.top + CELL.1 * row as f64,
                width: cell,
                height: CELL.1,
            };
            let part = barrier / greatest;
            page.canvas.rect(place, &colour(part), None);
            let ink = if part < LIGHT { theme::BACKGROUND } else { theme::INK };
            let is_stable = barrier < stable_below;
            if is_stable {
                let inner = Area {
                    left: place.left + 3.0,
                    top: place.top + 3.0,
                    width: cell - 6.0,
                    height: CELL.1 - 6.0,
                };
                page.canvas.rect(inner, "none", Some(Stroke::new(ink, 1.6)));
            }
            let text = format!("{:.1}", 100.0 * barrier);
            let style = TextStyle {
                colour: ink,
                bold: is_stable,
                ..TextStyle::new(theme::NOTE_SIZE, Anchor::Middle)
            };
            if font::width(&text, theme::NOTE_SIZE, true) + 8.0 <= cell {
                page.canvas.text(
                    (place.centre_x(), place.centre_y() + theme::NOTE_SIZE * 0.36),
                    &text,
                    style,
                );
            }
        }
    }
    let frame = Frame { area, x: column_axis(&iterations, area), y: row_axis(y, area, densities.len()) };
    frame.draw_border(&mut page.canvas);
    frame.draw_y_axis(&mut page.canvas, theme::MARGIN);
    frame.draw_x_axis(&mut page.canvas);
    let title = BAR_TITLE.map(str::to_owned);
    let bar_top = area.top + 2.0 * 1.25 * theme::LABEL_SIZE + 6.0;
    let bar = Area {
        left: area.right() + BAR_GAP,
        top: bar_top,
        width: BAR_WIDTH,
        height: (area.bottom() - bar_top).clamp(120.0, 320.0),
    };
    let ticks = linear_ticks(0.0, 100.0 * greatest, 5);
    let ticks: Vec<(f64, String)> =
        ticks.into_iter().map(|tick| (tick.value / (100.0 * greatest), tick.label)).collect();
    colour_bar(&mut page.canvas, bar, colour, &ticks, &title);
    page.y = (area.bottom() + x_axis_height(true)).max(bar.bottom() + 12.0);
    let stable = format!(
        "Framed: below {} percentage points, where a network counts as stable.",
        format::short(100.0 * stable_below)
    );
    let is_whole = densities.len() * iterations.len() <= cells.len();
    page.notes([stable.as_str(), if is_whole { "" } else { "Hatched: not measured." }]);
    Ok(page.finish().with_data(csv(&cells)))
}

fn is_near(a: f64, b: f64) -> bool {
    (a / b - 1.0).abs() < NEAR
}

fn column_axis(iterations: &[u64], area: Area) -> Axis {
    let high = iterations.len() as f64;
    let scale = Scale { spread: Spread::Linear, low: 0.0, high, start: area.left, end: area.right() };
    let tick = |(at, iteration): (usize, &u64)| Tick {
        value: at as f64 + 0.5,
        label: format::grouped(*iteration as f64, 0),
    };
    let ticks = iterations.iter().enumerate().map(tick).collect();
    let ticks = thin_out(ticks, &scale, 8.0, |label| font::width(label, theme::TICK_SIZE, false));
    Axis { scale, ticks, label: "rewind point (iteration)".to_owned() }
}

fn row_axis(axis: Axis, area: Area, rows: usize) -> Axis {
    let scale =
        Scale { spread: Spread::Linear, low: 0.0, high: rows as f64, start: area.top, end: area.bottom() };
    let place = |(row, tick): (usize, Tick)| Tick { value: row as f64 + 0.5, ..tick };
    Axis { scale, ticks: axis.ticks.into_iter().enumerate().map(place).collect(), ..axis }
}

/// Densities and barriers as fractions.
fn csv(cells: &[StabilityCell]) -> String {
    let mut table = Table::new(&[&"iteration", &"density", &"test_barrier"]);
    for StabilityCell { iteration, density, barrier } in cells {
        table.row(&[iteration, density, barrier]);
    }
    table.finish()
}
