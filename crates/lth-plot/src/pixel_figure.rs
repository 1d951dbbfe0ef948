//! The first layer's kept weights as an image a round.

use std::fmt::Write;

use super::{
    Figure, Heading, PageStyle, PixelRound, PlotError,
    canvas::{Anchor, Area, Canvas, TextStyle},
    colour_bar::{colour_bar, colour_bar_below},
    colour_map::viridis,
    font, format,
    page::Page,
    scale::linear_ticks,
    table::Table,
    theme,
};

/// The side of an image's longer edge.
const IMAGE: f64 = 140.0;
/// The same in a narrow column of a paper.
const NARROW_IMAGE: f64 = 84.0;
/// The same at most on paper where all images have one row, which they fill.
const LARGEST_IMAGE: f64 = 216.0;
/// The widest text below an image.
const WIDEST_FOOT: &str = "max. 9,999";
const COLUMNS: usize = 6;
const GAP: f64 = 20.0;
const BAR_WIDTH: f64 = 22.0;
/// Colours are drawn in this many steps.
const STEPS: f64 = 255.0;

/// What the values of [`pixel_figure`] are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PixelMeasure {
    /// How many kept weights leave the pixel.
    KeptWeights,
    /// The mean magnitude of the kept weights that leave the pixel.
    MeanMagnitude,
}

/// How values become colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ColourScale {
    /// The same colours in all images: shows how much is pruned.
    Shared,
    /// From 0 to the image's own maximum, which is stated under it: shows where the kept weights are.
    EachRound,
}

/// One image a round of `height` x `width` pixels, with title and density; lighter is more.
///
/// # Errors
/// When there is no round, no finite value at all, or a round with another number of values than pixels.
pub fn pixel_figure(
    heading: &Heading,
    (height, width): (usize, usize),
    measure: PixelMeasure,
    scale: ColourScale,
    rounds: &[PixelRound],
) -> Result<Figure, PlotError> {
    let expected = height * width;
    if let Some(wrong) = rounds.iter().find(|round| round.values.len() != expected) {
        let found = wrong.values.len();
        return Err(PlotError::ImageShape { round: wrong.round, height, width, expected, found });
    }
    let all = maximum(rounds.iter().flat_map(|round| &round.values));
    let Some(all) = all else {
        return Err(PlotError::NoData {
            figure: heading.title.clone(),
            reason: "no pixel of any round has a finite value",
        });
    };

    let style = heading.look.style;
    let is_narrow = style == PageStyle::Paper;
    let side = height.max(width) as f64;
    let unit = whole((if is_narrow { NARROW_IMAGE } else { IMAGE } / side).max(0.25));
    let widest = rounds.iter().flat_map(|round| titles(round, is_narrow));
    let widest =
        widest.map(|text| font::width(&text, theme::NOTE_SIZE, true)).fold(width as f64 * unit, f64::max);
    let cell = widest.max(font::width(WIDEST_FOOT, theme::NOTE_SIZE, false)) + GAP;
    let (title, ticks) = bar_texts(measure, scale, all);
    let texts = title.iter().chain(ticks.iter().map(|(_, text)| text));
    let bar_space =
        texts.map(|text| font::width(text, theme::LABEL_SIZE, false)).fold(0.0, f64::max) + BAR_WIDTH + 10.0;
    // In a narrow column the bar stands below the images.
    let room = style.width() - 2.0 * theme::MARGIN - if is_narrow { 0.0 } else { bar_space + 8.0 };
    let most = if style.is_paper() { ((room + GAP) / cell).floor().max(1.0) as usize } else { COLUMNS };
    let columns = rounds.len().min(most);
    let (unit, cell) = if style.is_paper() && rounds.len() <= most {
        let share = (room + GAP) / columns as f64;
        let unit = whole((share - GAP).min(LARGEST_IMAGE) / side).max(unit);
        (unit, cell.max(width as f64 * unit + GAP))
    } else {
        (unit, cell)
    };
    let (image_width, image_height) = (width as f64 * unit, height as f64 * unit);
    let beside = theme::MARGIN + columns as f64 * cell + 8.0;
    let on_screen = (beside + bar_space + theme::MARGIN).max(620.0);
    let mut page = Page::new(if style.is_paper() { style.width() } else { on_screen }, heading);
    page.y += 8.0;
    let top = page.y;
    let line = theme::NOTE_SIZE * 1.35;
    let head = line * if is_narrow { 2.0 } else { 1.0 } + 3.0;
    let foot = if scale == ColourScale::EachRound { line + 4.0 } else { 0.0 };
    for (index, round) in rounds.iter().enumerate() {
        let own = maximum(&round.values).unwrap_or(0.0);
        let left = theme::MARGIN + (index % columns) as f64 * cell;
        let image = Area { left, top: page.y + head, width: image_width, height: image_height };
        for (at, text) in titles(round, is_narrow).into_iter().enumerate() {
            let title = TextStyle::new(theme::NOTE_SIZE, Anchor::Start).bold();
            page.canvas.text((left, page.y + theme::NOTE_SIZE + line * at as f64), &text, title);
        }
        let greatest = if scale == ColourScale::Shared { all } else { own };
        draw_image(&mut page.canvas, image, unit, width, &round.values, greatest);
        if scale == ColourScale::EachRound {
            let text = format!("max. {}", format::short(own));
            let style = TextStyle::new(theme::NOTE_SIZE, Anchor::Start).muted();
            page.canvas.text((left, image.bottom() + theme::NOTE_SIZE + 3.0), &text, style);
        }
        if index % columns == columns - 1 || index + 1 == rounds.len() {
            page.y = image.bottom() + foot + GAP * 0.8;
        }
    }
    if is_narrow {
        colour_bar_below(&mut page, viridis, &ticks, &title);
    } else {
        let bar_top = top + title.len() as f64 * theme::LABEL_SIZE * 1.25 + 16.0;
        let height = (page.y - foot - GAP * 0.8 - bar_top).clamp(120.0, 320.0);
        let bar = Area { left: beside, top: bar_top, width: BAR_WIDTH, height };
        colour_bar(&mut page.canvas, bar, viridis, &ticks, &title);
        page.y = page.y.max(bar.bottom() + 8.0);
    }
    let absent = rounds.iter().flat_map(|round| &round.values).any(|value| !value.is_finite());
    let scale_note = match scale {
        ColourScale::Shared => "All images share one colour scale.",
        ColourScale::EachRound => "Each image has its own colour scale, from 0 to its maximum.",
    };
    page.notes([
        format!("Titles: weights remaining, density in %. One square is one input pixel. {scale_note}")
            .as_str(),
        if absent { "Grey: no value." } else { "" },
    ]);
    Ok(page.finish().with_data(csv(rounds, width)))
}

/// Whole units keep the pixels of an image equally wide.
fn whole(unit: f64) -> f64 {
    if unit >= 2.0 { unit.floor() } else { unit }
}

/// What stands above an image.
fn titles(round: &PixelRound, is_narrow: bool) -> Vec<String> {
    let (round, density) =
        (format!("round {}", round.round), format!("{} %", format::percent(round.density)));
    if is_narrow { vec![round, density] } else { vec![format!("{round}: {density}")] }
}

/// The value of each pixel, NaN where there is none.
fn csv(rounds: &[PixelRound], width: usize) -> String {
    let mut table = Table::new(&[&"round", &"density", &"row", &"column", &"value"]);
    for round in rounds {
        for (place, value) in round.values.iter().enumerate() {
            table.row(&[&round.round, &round.density, &(place / width), &(place % width), value]);
        }
    }
    table.finish()
}

fn maximum<'a>(values: impl IntoIterator<Item = &'a f64>) -> Option<f64> {
    values.into_iter().copied().filter(|value| value.is_finite()).reduce(f64::max)
}

fn bar_texts(measure: PixelMeasure, scale: ColourScale, all: f64) -> (Vec<String>, Vec<(f64, String)>) {
    let title = match measure {
        PixelMeasure::KeptWeights => ["kept weights", "of the pixel"],
        PixelMeasure::MeanMagnitude => ["mean |weight|", "of the pixel"],
    };
    let title = title.map(str::to_owned).to_vec();
    if scale == ColourScale::EachRound {
        let ticks = [(0.0, "0"), (0.5, "half"), (1.0, "the image's max.")];
        return (title, ticks.map(|(part, text)| (part, text.to_owned())).to_vec());
    }
    let ticks = linear_ticks(0.0, all, 5).into_iter().map(|tick| (tick.value / all, tick.label)).collect();
    (title, ticks)
}

/// The pixels, those of one colour as one path, neighbours in a row as one piece.
fn draw_image(canvas: &mut Canvas, image: Area, unit: f64, width: usize, values: &[f64], greatest: f64) {
    let step = |value: f64| {
        value
            .is_finite()
            .then(|| if greatest > 0.0 { (value / greatest).clamp(0.0, 1.0) * STEPS } else { 0.0 } as usize)
    };
    let steps: Vec<Option<usize>> = values.iter().map(|value| step(*value)).collect();
    let mut colours: Vec<Option<usize>> = steps.clone();
    colours.sort_unstable();
    colours.dedup();
    for colour in colours {
        let mut path = String::new();
        for (y, row) in steps.chunks(width).enumerate() {
            let mut x = 0;
            for piece in row.chunk_by(|a, b| a == b) {
                if piece[0] == colour {
                    let length = piece.len();
                    let _ = write!(path, "M{x} {y}h{length}v1h-{length}z");
                }
                x += piece.len();
            }
        }
        let fill = colour.map_or(theme::ABSENT.to_owned(), |step| viridis(step as f64 / STEPS));
        canvas.crisp_path(&path, (image.left, image.top), unit, &fill);
    }
}
