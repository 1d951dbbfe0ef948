//! Error barriers over rewind points and densities, as a heat map.

use super::{
    Figure, Heading, PlotError,
    canvas::{Anchor, Area, Canvas, Stroke, TextStyle},
    colour_bar::colour_bar,
    colour_map::viridis,
    density_colours::title_width,
    font, format,
    frame::{Axis, Frame, x_axis_height},
    page::Page,
    scale::{Scale, Spread, Tick, linear_ticks, thin_out},
    table::Table,
    theme,
};

const CELL: (f64, f64) = (84.0, 40.0);
const BAR_WIDTH: f64 = 22.0;
const BAR_TITLE: [&str; 2] = ["barrier of test", "errors (pp)"];
const BAR_GAP: f64 = 28.0;
/// The height of the line above a map that tells of which runs it is.
const FACET_ROOM: f64 = 24.0;
const MAP_GAP: f64 = 14.0;
/// Densities this near to each other are one row: replicates may differ by a weight or two.
const NEAR: f64 = 0.005;
/// The part of the colours from which texts on them are dark.
const LIGHT: f64 = 0.55;

/// One pair of copies of [`stability_map_figure`].
#[derive(Debug, Clone, PartialEq)]
pub struct StabilityCell {
    /// What its run is called.
    pub run: String,
    /// The seed of its replicate.
    pub seed: u64,
    /// The iteration from which its copies were trained: the rewind point.
    pub iteration: u64,
    /// Its density, in (0, 1].
    pub density: f64,
    /// The barrier of test errors between copies, a fraction.
    pub barrier: f64,
}

/// The pairs of runs that differ in nothing but where they rewind to and their seeds: a map of [`stability_map_figure`].
#[derive(Debug, Clone, PartialEq)]
pub struct StabilityMap {
    /// Of which runs it is, above it; empty for all.
    pub facet: String,
    /// Its pairs; of those of one rewind point and density the mean is shown.
    pub cells: Vec<StabilityCell>,
}

/// Heat maps, one below the other, each a column a rewind point, a row a density, dense on top (Frankle et al. 2020, Figure 5 as a map). Cells say
/// their barrier in percentage points; those below `stable_below` (a fraction), which count as stable, are framed. Hatched: not measured.
///
/// # Errors
/// When there is no finite barrier.
pub fn stability_map_figure(
    heading: &Heading,
    maps: &[StabilityMap],
    stable_below: f64,
) -> Result<Figure, PlotError> {
    let maps: Vec<Map<'_>> = maps.iter().map(Map::new).filter(|map| !map.cells.is_empty()).collect();
    let barriers = maps.iter().flat_map(|map| &map.cells).map(|cell| cell.barrier);
    let greatest = barriers.fold(2.0 * stable_below, f64::max);
    let mut iterations: Vec<u64> =
        maps.iter().flat_map(|map| &map.cells).map(|cell| cell.iteration).collect();
    iterations.sort_unstable();
    iterations.dedup();
    if maps.is_empty() {
        return Err(PlotError::NoData {
            figure: heading.title.clone(),
            reason: "no network has a finite barrier",
        });
    }
    let style = heading.look.style;
    let names = maps.iter().map(|map| map.rows().width_as_y()).fold(0.0, f64::max);
    let left = (theme::MARGIN + names).round();
    let room = style.width() - left - BAR_GAP - title_width(&BAR_TITLE) - theme::MARGIN;
    let cell = (room / iterations.len() as f64).min(CELL.0).floor();
    let mut page = Page::new(style.width(), heading);
    page.y = page.y.round() + 8.0;
    let top = page.y;
    for map in &maps {
        if !map.facet.is_empty() {
            let at = (left, page.y + theme::LABEL_SIZE);
            page.canvas.text(at, map.facet, TextStyle::new(theme::LABEL_SIZE, Anchor::Start).bold());
            page.y = (page.y + FACET_ROOM).round();
        }
        let height = CELL.1 * map.densities.len() as f64;
        let area = Area { left, top: page.y, width: cell * iterations.len() as f64, height };
        map.draw(&mut page.canvas, area, &iterations, (greatest, stable_below));
        page.y = area.bottom() + x_axis_height(true) + MAP_GAP;
    }
    page.y -= MAP_GAP;
    let title = BAR_TITLE.map(str::to_owned);
    let bar_top = top + 2.0 * 1.25 * theme::LABEL_SIZE + 6.0;
    let bar = Area {
        left: left + cell * iterations.len() as f64 + BAR_GAP,
        top: bar_top,
        width: BAR_WIDTH,
        height: (page.y - x_axis_height(true) - bar_top).clamp(120.0, 320.0),
    };
    let ticks = linear_ticks(0.0, 100.0 * greatest, 5);
    let ticks: Vec<(f64, String)> =
        ticks.into_iter().map(|tick| (tick.value / (100.0 * greatest), tick.label)).collect();
    colour_bar(&mut page.canvas, bar, colour, &ticks, &title);
    page.y = page.y.max(bar.bottom() + 12.0);
    let places = || maps.iter().flat_map(|map| map.means(&iterations)).map(|(_, barriers)| barriers.len());
    let notes = [
        format!(
            "Framed: below {} percentage points, where a network counts as stable.",
            format::short(100.0 * stable_below)
        ),
        if places().any(|pairs| pairs > 1) { "Means over pairs of copies." } else { "" }.to_owned(),
        if places().any(|pairs| pairs == 0) { "Hatched: not measured." } else { "" }.to_owned(),
    ];
    page.notes(notes.iter().map(String::as_str));
    Ok(page.finish().with_data(csv(&maps)))
}

fn colour(part: f64) -> String {
    viridis(part.clamp(0.0, 1.0))
}

/// What is drawn of a [`StabilityMap`].
struct Map<'a> {
    facet: &'a str,
    cells: Vec<&'a StabilityCell>,
    /// Its rows.
    densities: Vec<f64>,
}

impl<'a> Map<'a> {
    fn new(map: &'a StabilityMap) -> Self {
        let finite = |cell: &&StabilityCell| cell.barrier.is_finite() && cell.density > 0.0;
        let cells: Vec<&StabilityCell> = map.cells.iter().filter(finite).collect();
        let mut densities: Vec<f64> = cells.iter().map(|cell| cell.density).collect();
        densities.sort_by(|a, b| b.total_cmp(a));
        densities.dedup_by(|next, previous| is_near(*next, *previous));
        Self { facet: &map.facet, cells, densities }
    }

    /// The axis of the rows, with positions to be set later.
    fn rows(&self) -> Axis {
        let scale = Scale { spread: Spread::Linear, low: 0.0, high: 1.0, start: 0.0, end: 1.0 };
        let rows = self.densities.iter().enumerate();
        let tick = |(row, density): (usize, &f64)| Tick {
            value: row as f64 + 0.5,
            label: format::percent(*density),
        };
        Axis { scale, ticks: rows.map(tick).collect(), label: "density (%)".to_owned() }
    }

    /// The barriers of each place, row by row.
    fn means(&self, iterations: &[u64]) -> impl Iterator<Item = ((usize, usize), Vec<f64>)> {
        let places = (0..self.densities.len()).flat_map(|row| (0..iterations.len()).map(move |at| (row, at)));
        places.map(|(row, column)| {
            let is_there = |cell: &&&StabilityCell| {
                cell.iteration == iterations[column] && is_near(cell.density, self.densities[row])
            };
            ((row, column), self.cells.iter().filter(is_there).map(|cell| cell.barrier).collect())
        })
    }

    fn draw(
        &self,
        canvas: &mut Canvas,
        area: Area,
        iterations: &[u64],
        (greatest, stable_below): (f64, f64),
    ) {
        let hatching = canvas.hatching();
        canvas.rect(area, &hatching, None);
        let width = area.width / iterations.len() as f64;
        for ((row, column), own) in self.means(iterations).filter(|(_, own)| !own.is_empty()) {
            let barrier = own.iter().sum::<f64>() / own.len() as f64;
            let place = Area {
                left: area.left + width * column as f64,
                top: area.top + CELL.1 * row as f64,
                width,
                height: CELL.1,
            };
            draw_cell(canvas, place, barrier, barrier / greatest, barrier < stable_below);
        }
        let mut y = self.rows();
        let rows = self.densities.len() as f64;
        y.scale = Scale { high: rows, start: area.top, end: area.bottom(), ..y.scale };
        let frame = Frame { area, x: column_axis(iterations, area), y };
        frame.draw_border(canvas);
        frame.draw_y_axis(canvas, theme::MARGIN);
        frame.draw_x_axis(canvas);
    }
}

/// A barrier in a colour of that part of all; a stable one is framed.
fn draw_cell(canvas: &mut Canvas, place: Area, barrier: f64, part: f64, is_stable: bool) {
    canvas.rect(place, &colour(part), None);
    let ink = if part < LIGHT { theme::BACKGROUND } else { theme::INK };
    if is_stable {
        let inner = Area {
            left: place.left + 3.0,
            top: place.top + 3.0,
            width: place.width - 6.0,
            height: place.height - 6.0,
        };
        canvas.rect(inner, "none", Some(Stroke::new(ink, 1.6)));
    }
    let text = format!("{:.1}", 100.0 * barrier);
    let style =
        TextStyle { colour: ink, bold: is_stable, ..TextStyle::new(theme::NOTE_SIZE, Anchor::Middle) };
    if font::width(&text, theme::NOTE_SIZE, true) + 8.0 <= place.width {
        canvas.text((place.centre_x(), place.centre_y() + theme::NOTE_SIZE * 0.36), &text, style);
    }
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

/// A row a pair of copies, densities and barriers as fractions.
fn csv(maps: &[Map<'_>]) -> String {
    let mut table = Table::new(&[&"run", &"seed", &"iteration", &"density", &"test_barrier"]);
    for map in maps {
        for StabilityCell { run, seed, iteration, density, barrier } in &map.cells {
            table.row(&[run, seed, iteration, density, barrier]);
        }
    }
    table.finish()
}
