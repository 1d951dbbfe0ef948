//! The density of each layer in each round, as a heat map.

use super::{
    Figure, Heading, PageStyle, PlotError,
    canvas::{Anchor, Area, Stroke, TextStyle},
    density_colours::{DensityColours, title_width},
    font, format,
    frame::{Axis, Frame, x_axis_height},
    page::Page,
    scale::{Scale, Spread, Tick, thin_out},
    table::Table,
    theme,
};

/// About how large the map is; cells are whole units, within limits.
const MAP: (f64, f64) = (720.0, 600.0);
const CELL_WIDTH: (f64, f64) = (14.0, 64.0);
const CELL_HEIGHT: (f64, f64) = (7.0, 30.0);
/// The least distance of two lines of text.
const TEXT_LINE: f64 = 17.0;
/// Sizes of the texts in cells, the first that fits; none where none does.
const TEXT_SIZES: [f64; 3] = [theme::NOTE_SIZE, 12.5, 11.0];
const BAR_WIDTH: f64 = 22.0;
const BAR_TITLE: [&str; 2] = ["layer's weights", "remaining (%)"];
/// The label of the columns, the first that fits.
const COLUMNS_LABELS: [&str; 2] = ["all weights remaining: density (%)", "density (%)"];
const GAP: f64 = 14.0;
/// Between the map and the bar.
const BAR_GAP: f64 = 28.0;

/// A layer over rounds: a row of [`layer_density_figure`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LayerRow {
    /// Its name.
    pub name: String,
    /// How many weights it has.
    pub total: usize,
    /// How many of them each round keeps, one number a round.
    pub live: Vec<usize>,
}

impl LayerRow {
    fn density(&self, round: usize) -> f64 {
        self.live.get(round).map_or(f64::NAN, |live| *live as f64 / self.total.max(1) as f64)
    }
}

/// A heat map, a row a layer from the input (top) to the output, a column a round, named by its number above and by the density
/// of the whole network below. Colours are logarithmic; cells that are large enough say their density in percent.
///
/// # Errors
/// When there is no layer or no round.
///
/// ```
/// use lth_plot::{Heading, LayerRow, layer_density_figure};
/// let rows = [LayerRow { name: "fc1".into(), total: 200, live: vec![200, 160] }];
/// let figure = layer_density_figure(&Heading::new("Layers", "a network"), &[(0, 1.0), (1, 0.8)], &rows)?;
/// assert!(figure.svg().contains("80.0"));
/// # Ok::<(), lth_plot::PlotError>(())
/// ```
pub fn layer_density_figure(
    heading: &Heading,
    rounds: &[(usize, f64)],
    layers: &[LayerRow],
) -> Result<Figure, PlotError> {
    let style = heading.look.style;
    let densities = layers.iter().flat_map(|row| (0..rounds.len()).map(|round| row.density(round)));
    let sparsest = densities.clone().filter(|density| *density > 0.0).fold(0.5, f64::min);
    if rounds.is_empty() || layers.is_empty() {
        return Err(PlotError::NoData { figure: heading.title.clone(), reason: "no layer in any round" });
    }
    let colours = DensityColours::new(sparsest, 1.0);
    let height = (MAP.1 / layers.len() as f64).floor().clamp(CELL_HEIGHT.0, CELL_HEIGHT.1);
    let names = Names::new(layers, height, style);
    let left = theme::MARGIN + names.width();
    let cell = (cell_width(rounds.len(), style, left), height);
    let width = cell.0 * rounds.len() as f64;
    // A narrow map has the label of its columns reach out on both sides.
    let reach = |label: &&str| width.max(f64::midpoint(width, font::width(label, theme::LABEL_SIZE, false)));
    let room = if style.is_paper() { room(style, left) } else { f64::INFINITY };
    let columns = COLUMNS_LABELS.into_iter().find(|label| reach(label) <= room).unwrap_or(COLUMNS_LABELS[1]);
    let bar_left = left + reach(&columns).min(room.max(width)) + BAR_GAP;
    let page_width = bar_left + title_width(&BAR_TITLE) + theme::MARGIN;
    let mut page = Page::new(if style.is_paper() { style.width() } else { page_width.max(620.0) }, heading);
    page.y += x_axis_height(true) + 4.0;

    // Cells at whole places have no seams between them.
    let (left, top) = (left.round(), page.y.round());
    let area = Area { left, top, width, height: cell.1 * layers.len() as f64 };
    let text_size = text_size(densities.clone(), cell, style);
    for (at, row) in layers.iter().enumerate() {
        for round in 0..rounds.len() {
            let (x, y) = (area.left + cell.0 * round as f64, area.top + cell.1 * at as f64);
            let density = row.density(round);
            let fill = if density > 0.0 { colours.of(density) } else { theme::ABSENT.to_owned() };
            // Not smoothed: seams between cells would show at scales that are no whole numbers.
            page.canvas.path(&format!("M{x} {y}h{}v{}h-{}z", cell.0, cell.1, cell.0), &fill);
            if let Some(size) = text_size {
                let colour = if density > 0.0 { colours.text_on(density) } else { theme::INK };
                let text = TextStyle { colour, ..TextStyle::new(size, Anchor::Middle) };
                let middle = (x + cell.0 / 2.0, y + cell.1 / 2.0 + size * 0.36);
                page.canvas.text(middle, &text_of(density), text);
            }
        }
    }
    names.draw(&mut page, area, cell.1);
    draw_rounds(&mut page, area, rounds, columns);
    let bar_top = area.top;
    let bar =
        Area { left: bar_left, top: bar_top, width: BAR_WIDTH, height: area.height.clamp(120.0, 320.0) };
    colours.draw_bar(&mut page.canvas, colours.round_densities().into_iter(), bar, &BAR_TITLE);
    page.y = (area.bottom() + x_axis_height(true)).max(bar.bottom() + 12.0);
    if densities.clone().any(|density| density == 0.0) {
        page.notes(["Grey: no weight of the layer is left."]);
    }
    Ok(page.finish().with_data(csv(rounds, layers)))
}

/// The weights of each layer in each round; densities are fractions.
fn csv(rounds: &[(usize, f64)], layers: &[LayerRow]) -> String {
    let mut table = Table::new(&[&"layer", &"weights", &"round", &"network_density", &"live"]);
    for LayerRow { name, total, live } in layers {
        for ((round, density), live) in rounds.iter().zip(live) {
            table.row(&[name, total, round, density, live]);
        }
    }
    table.finish()
}

/// On a screen whole units, on paper what there is room for.
fn cell_width(rounds: usize, style: PageStyle, left: f64) -> f64 {
    if !style.is_paper() {
        return (MAP.0 / rounds as f64).floor().clamp(CELL_WIDTH.0, CELL_WIDTH.1);
    }
    let cell = (room(style, left) / rounds as f64).min(CELL_WIDTH.1);
    if cell < 4.0 { cell } else { cell.floor() }
}

/// The room for the map on paper.
fn room(style: PageStyle, left: f64) -> f64 {
    style.width() - left - BAR_GAP - title_width(&BAR_TITLE) - theme::MARGIN
}

/// A density in percent; a layer that is gone has a plain 0.
fn text_of(density: f64) -> String {
    if density > 0.0 { format::percent(density) } else { "0".to_owned() }
}

/// The size at which every density fits its cell.
fn text_size(
    densities: impl Iterator<Item = f64> + Clone,
    cell: (f64, f64),
    style: PageStyle,
) -> Option<f64> {
    let sizes = TEXT_SIZES.into_iter().filter(|size| !style.is_paper() || *size >= theme::NOTE_SIZE);
    sizes.into_iter().find(|&size| {
        let widest = densities.clone().map(|density| font::width(&text_of(density), size, false));
        widest.fold(0.0, f64::max) + 5.0 <= cell.0 && size + 3.0 <= cell.1
    })
}

/// Round numbers above the columns, the network's densities below.
fn draw_rounds(page: &mut Page, area: Area, rounds: &[(usize, f64)], label: &str) {
    let scale = Scale {
        spread: Spread::Linear,
        low: -0.5,
        high: rounds.len() as f64 - 0.5,
        start: area.left,
        end: area.right(),
    };
    let axis = |label: &str, text: &dyn Fn(&(usize, f64)) -> String| {
        let ticks = rounds.iter().enumerate();
        let ticks = ticks.map(|(at, round)| Tick { value: at as f64, label: text(round) }).collect();
        let ticks = thin_out(ticks, &scale, 8.0, |label| font::width(label, theme::TICK_SIZE, false));
        Axis { scale, ticks, label: label.to_owned() }
    };
    let densities = axis(label, &|round| format::percent(round.1));
    let numbers = axis("round", &|round| round.0.to_string());
    let y = Axis { scale, ticks: Vec::new(), label: String::new() };
    let frame = Frame { area, x: densities, y };
    frame.draw_border(&mut page.canvas);
    frame.draw_x_axis(&mut page.canvas);
    frame.draw_upper_axis(&mut page.canvas, &numbers);
}

/// The texts to the left: names of layers and their numbers of weights, of every layer or of every n-th.
struct Names<'a> {
    layers: &'a [LayerRow],
    every: usize,
    /// The greatest width of a name.
    widest: f64,
}

impl<'a> Names<'a> {
    fn new(layers: &'a [LayerRow], cell: f64, style: PageStyle) -> Self {
        let widest = if style.is_paper() { style.width() * 0.28 } else { f64::INFINITY };
        Self { layers, every: (TEXT_LINE / cell).ceil() as usize, widest }
    }

    fn shown(&self) -> impl Iterator<Item = (usize, &LayerRow)> {
        self.layers.iter().enumerate().step_by(self.every)
    }

    fn name(&self, row: &LayerRow) -> String {
        font::shorten(&row.name, theme::NOTE_SIZE, false, self.widest)
    }

    fn widths(&self) -> (f64, f64) {
        let width = |text: &str| font::width(text, theme::NOTE_SIZE, false);
        let counts = self.shown().map(|(_, row)| width(&format::count(row.total as f64)));
        let names = self.shown().map(|(_, row)| width(&self.name(row)));
        (names.fold(width("layer"), f64::max), counts.fold(width("weights"), f64::max))
    }

    fn width(&self) -> f64 {
        let (names, counts) = self.widths();
        names + counts + 2.0 * GAP
    }

    fn draw(&self, page: &mut Page, area: Area, cell: f64) {
        let name = TextStyle::new(theme::NOTE_SIZE, Anchor::Start);
        let count = TextStyle::new(theme::NOTE_SIZE, Anchor::End).muted();
        let right = area.left - GAP;
        for (at, row) in self.shown() {
            let middle = area.top + cell * (at as f64 + 0.5);
            let baseline = middle + theme::NOTE_SIZE * 0.36;
            page.canvas.text((theme::MARGIN, baseline), &self.name(row), name);
            page.canvas.text((right, baseline), &format::count(row.total as f64), count);
            page.canvas.line((area.left - 5.0, middle), (area.left, middle), Stroke::new(theme::FRAME, 1.2));
        }
        page.canvas.text((theme::MARGIN, area.top - 8.0), "layer", name.muted());
        page.canvas.text((right, area.top - 8.0), "weights", count);
    }
}
