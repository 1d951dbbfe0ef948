//! The first layer's filters of a convolutional network, one small picture each.

use std::{
    collections::BTreeMap,
    fmt::{Display, Write},
};

use super::{
    Figure, Heading, PageStyle, PlotError,
    canvas::{Anchor, Area, Canvas, Stroke, TextStyle},
    colour_bar::{colour_bar, colour_bar_below},
    filter_grid::{Filters, Grid, PANEL, UNIT},
    font, format,
    page::Page,
    table::Table,
    theme,
};

const PANELS_A_ROW: usize = 3;
const NARROW_PANELS_A_ROW: usize = 2;
const GAP: f64 = 30.0;
const BAR_WIDTH: f64 = 22.0;
const LINE: f64 = theme::NOTE_SIZE * 1.35;

/// All filters at one time: a panel of [`filter_figure`].
#[derive(Debug, Clone, PartialEq)]
pub struct FilterPanel {
    /// The round's number.
    pub round: usize,
    /// The density of the network, in (0, 1].
    pub density: f64,
    /// When in the round the weights are of: `before training`, `trained`.
    pub moment: String,
    /// The weights, [filter, channel, y, x].
    pub weights: Vec<f32>,
    /// Which of them are kept.
    pub kept: Vec<bool>,
}

/// Panels of filters, three a row. Each has its own colour scale, symmetric, so that 0 is the middle of black and white; pruned
/// weights are hatched, filters without any kept weight crossed out.
///
/// # Errors
/// When there is no panel, filters have neither 1 nor 3 channels, or a panel has another number of weights than `filters`.
pub fn filter_figure(
    heading: &Heading,
    filters: Filters,
    panels: &[FilterPanel],
) -> Result<Figure, PlotError> {
    let no_data = |reason| PlotError::NoData { figure: heading.title.clone(), reason };
    if panels.is_empty() || filters.len() == 0 {
        return Err(no_data("no filter in any round"));
    }
    if ![1, 3].contains(&filters.channels) {
        return Err(no_data("filters are drawn of 1 channel or 3"));
    }
    let expected = filters.len();
    for panel in panels {
        for found in [panel.weights.len(), panel.kept.len()] {
            if found != expected {
                return Err(PlotError::FilterShape { round: panel.round, expected, found });
            }
        }
    }

    let style = heading.look.style;
    let bar_title = if filters.channels == 3 { "weight, each colour" } else { "weight" };
    let bar_space = font::width(bar_title, theme::LABEL_SIZE, false).max(BAR_WIDTH + 100.0);
    // In a narrow column the bar stands below the panels.
    let is_narrow = style == PageStyle::Paper;
    let columns = panels.len().min(if is_narrow { NARROW_PANELS_A_ROW } else { PANELS_A_ROW });
    let texts = panels.iter().flat_map(|panel| [title(panel), below(filters, panel)]);
    let widest = texts.map(|text| font::width(&text, theme::NOTE_SIZE, true)).fold(0.0, f64::max);
    let (grid, step) = if style.is_paper() {
        let room = style.width() - 2.0 * theme::MARGIN - if is_narrow { -GAP } else { bar_space };
        let step = (room / columns as f64).min(widest.max(PANEL) + GAP);
        (Grid::new(filters, step - GAP, 1.0), step)
    } else {
        let grid = Grid::new(filters, PANEL, UNIT.1);
        let step = widest.max(grid.width()) + GAP;
        (grid, step)
    };
    let wrapped = |text: &str, bold| font::wrap(text, theme::NOTE_SIZE, bold, step - GAP, 3);
    let lines = |of: &dyn Fn(&FilterPanel) -> Vec<String>| {
        panels.iter().map(|panel| of(panel).len()).max().unwrap_or(1) as f64
    };
    let titles = |panel: &FilterPanel| wrapped(&title(panel), true);
    let feet = |panel: &FilterPanel| wrapped(&below(filters, panel), false);
    let (head, foot) = (LINE * lines(&titles), LINE * lines(&feet));
    let bar_left = theme::MARGIN + columns as f64 * step;
    let on_screen = (bar_left + bar_space + theme::MARGIN).max(620.0);
    let mut page = Page::new(if style.is_paper() { style.width() } else { on_screen }, heading);
    let hatching = page.canvas.hatching();
    let top = page.y;
    for row in panels.chunks(columns) {
        for (column, panel) in row.iter().enumerate() {
            let left = (theme::MARGIN + column as f64 * step).round();
            let style = TextStyle::new(theme::NOTE_SIZE, Anchor::Start);
            let mut baseline = page.y + theme::NOTE_SIZE;
            for line in titles(panel) {
                page.canvas.text((left, baseline), &line, style.bold());
                baseline += LINE;
            }
            let origin = (left, (page.y + head + 4.0).round());
            draw_panel(&mut page.canvas, origin, &grid, panel, &hatching);
            baseline = origin.1 + grid.height() + theme::NOTE_SIZE + 4.0;
            for line in feet(panel) {
                page.canvas.text((left, baseline), &line, style.muted());
                baseline += LINE;
            }
        }
        page.y += head + foot + grid.height() + 18.0;
    }
    let ticks = [(0.0, "−max."), (0.5, "0"), (1.0, "+max.")].map(|(part, text)| (part, text.to_owned()));
    let colour = |part: f64| grey((part * 255.0).round() as u8);
    let title = [bar_title.to_owned()];
    if is_narrow {
        colour_bar_below(&mut page, colour, &ticks, &title);
    } else {
        let height = (grid.height() - 16.0).clamp(110.0, 280.0);
        let bar = Area { left: bar_left, top: top + LINE + 20.0, width: BAR_WIDTH, height };
        colour_bar(&mut page.canvas, bar, colour, &ticks, &title);
        page.y = page.y.max(bar.bottom() + 12.0);
    }
    page.notes(notes(filters, panels).iter().map(String::as_str));
    Ok(page.finish().with_data(csv(filters, panels)))
}

/// Every weight, and whether it is kept.
fn csv(filters: Filters, panels: &[FilterPanel]) -> String {
    let columns: [&dyn Display; 8] =
        [&"round", &"density", &"moment", &"filter", &"channel", &"row", &"column", &"weight"];
    let mut table = Table::new(&[&columns[..], &[&"kept"]].concat());
    for FilterPanel { round, density, moment, weights, kept } in panels {
        for (index, (weight, kept)) in weights.iter().zip(kept).enumerate() {
            let (filter, place) = (index / (filters.channels * filters.places()), index % filters.places());
            let channel = index / filters.places() % filters.channels;
            let (row, column) = (place / filters.width, place % filters.width);
            table.row(&[round, density, moment, &filter, &channel, &row, &column, weight, &u8::from(*kept)]);
        }
    }
    table.finish()
}

fn title(panel: &FilterPanel) -> String {
    format!("round {}: {} %, {}", panel.round, format::percent(panel.density), panel.moment)
}

/// What stands below a panel: the layer's own density, the scale, and how many filters are gone.
fn below(filters: Filters, panel: &FilterPanel) -> String {
    let live = panel.kept.iter().filter(|kept| **kept).count();
    let density = format::percent(live as f64 / filters.len() as f64);
    let mut text = format!("layer {density} %, max. {}", format::short(f64::from(greatest(panel))));
    let empty = (0..filters.count).filter(|filter| is_empty(filters, panel, *filter)).count();
    if empty > 0 {
        let _ = write!(text, ", {empty} empty");
    }
    text
}

fn notes(filters: Filters, panels: &[FilterPanel]) -> Vec<String> {
    let mut notes = vec![
        "Titles: weights remaining in the network, density in %. One picture is one filter; each panel has its own \
         colour scale, middle grey is 0."
            .to_owned(),
    ];
    if panels.iter().any(|panel| panel.kept.contains(&false)) {
        notes.push(match filters.channels {
            1 => "Hatched: pruned. Crossed out: a filter without any kept weight.".to_owned(),
            _ => "Hatched: the part of a square's three weights (red, green, blue) that is pruned. \
                  Crossed out: a filter without any kept weight."
                .to_owned(),
        });
    }
    notes
}

/// The greatest magnitude among the kept weights.
fn greatest(panel: &FilterPanel) -> f32 {
    let kept = panel.weights.iter().zip(&panel.kept).filter(|(weight, kept)| **kept && weight.is_finite());
    kept.map(|(weight, _)| weight.abs()).fold(0.0, f32::max)
}

fn is_empty(filters: Filters, panel: &FilterPanel, filter: usize) -> bool {
    let first = filters.index(filter, 0, 0);
    !panel.kept[first..filters.index(filter + 1, 0, 0)].contains(&true)
}

/// The filters of one panel: squares of one colour as one path, hatched parts as another.
fn draw_panel(canvas: &mut Canvas, origin: (f64, f64), grid: &Grid, panel: &FilterPanel, hatching: &str) {
    let (filters, unit) = (grid.filters, grid.unit);
    let greatest = greatest(panel);
    let mut colours: BTreeMap<String, String> = BTreeMap::new();
    let mut hatched = String::new();
    for filter in 0..filters.count {
        let area = grid.area(filter, origin);
        for place in 0..filters.places() {
            let x = area.left + (place % filters.width) as f64 * unit;
            let y = area.top + (place / filters.width) as f64 * unit;
            let indices = || (0..filters.channels).map(|channel| filters.index(filter, channel, place));
            let kept = indices().filter(|&index| panel.kept[index]).count();
            let filled = (unit * kept as f64 / filters.channels as f64).round();
            if filled > 0.0 {
                let levels = indices().map(|index| level(panel.weights[index], panel.kept[index], greatest));
                rectangle(colours.entry(colour(levels)).or_default(), (x, y), (unit, filled));
            }
            if filled < unit {
                rectangle(&mut hatched, (x, y + filled), (unit, unit - filled));
            }
        }
    }
    for (fill, path) in &colours {
        canvas.path(path, fill);
    }
    if !hatched.is_empty() {
        canvas.path(&hatched, hatching);
    }
    for filter in 0..filters.count {
        let area = grid.area(filter, origin);
        canvas.rect(area, "none", Some(Stroke::new(theme::FRAME, 0.8)));
        if is_empty(filters, panel, filter) {
            let cross = Stroke::new(theme::MUTED, 1.4);
            canvas.line((area.left, area.top), (area.right(), area.bottom()), cross);
            canvas.line((area.left, area.bottom()), (area.right(), area.top), cross);
        }
    }
}

fn rectangle(path: &mut String, (x, y): (f64, f64), (width, height): (f64, f64)) {
    let _ = write!(path, "M{x} {y}h{width}v{height}h-{width}z");
}

/// A weight from 0 (the most negative) to 255; 0 and pruned ones lie in the middle.
fn level(weight: f32, kept: bool, greatest: f32) -> u8 {
    let part = if kept && greatest > 0.0 && weight.is_finite() { weight / greatest } else { 0.0 };
    (127.5 + 127.5 * part).round() as u8
}

/// Red, green and blue, or a grey.
fn colour(levels: impl Iterator<Item = u8>) -> String {
    match levels.collect::<Vec<u8>>()[..] {
        [red, green, blue] => format!("#{red:02x}{green:02x}{blue:02x}"),
        [one, ..] => grey(one),
        [] => theme::ABSENT.to_owned(),
    }
}

fn grey(level: u8) -> String {
    format!("#{level:02x}{level:02x}{level:02x}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zero_is_the_middle_and_the_scale_is_symmetric() {
        assert_eq!([-0.5, 0.0, 0.5].map(|weight| level(weight, true, 0.5)), [0, 128, 255]);
        assert_eq!(level(0.4, false, 0.5), 128);
        assert_eq!([level(0.0, true, 0.0), level(f32::NAN, true, 1.0)], [128, 128]);
        assert_eq!(colour([255, 128, 0].into_iter()), "#ff8000");
        assert_eq!(colour([7].into_iter()), "#070707");
    }
}
