//! Colours and sizes that all figures share.
//!
//! Sizes are in units of the SVG (one is one pixel at scale 1); texts stay legible at half size.

use super::{
    data::{ControlKind, CurveSplit, SeriesStyle, Style},
    marker::Marker,
};

/// Okabe and Ito's palette (2008), told apart under all common forms of colour blindness; black and yellow left out,
/// as black is for texts and yellow is faint on white.
pub(super) const PALETTE: [&str; 6] = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9"];

/// Texts and the plain lines that belong to them.
pub(super) const INK: &str = "#1f2328";
/// Subtitles, notes, second scales.
pub(super) const MUTED: &str = "#57606a";
/// The frame of a panel.
pub(super) const FRAME: &str = "#8c959f";
/// Grid lines.
pub(super) const GRID: &str = "#e4e7eb";
/// The paper.
pub(super) const BACKGROUND: &str = "#ffffff";
/// The highlight of a choice: the palette's yellow, which only wide areas can carry.
pub(super) const HIGHLIGHT: &str = "#F0E442";
/// Pixels without a value.
pub(super) const ABSENT: &str = "#d0d4d9";

/// The lines of hatched areas: pruned weights.
pub(super) const HATCH: &str = "#a3abb3";

/// The families that texts name; PNGs always have the first one, which is embedded.
pub(super) const FONT_FAMILY: &str = "DejaVu Sans, Verdana, Helvetica, Arial, sans-serif";

/// Font size of titles.
pub(super) const TITLE_SIZE: f64 = 21.0;
/// Font size of subtitles, axis labels and legends.
pub(super) const LABEL_SIZE: f64 = 16.0;
/// Font size of ticks.
pub(super) const TICK_SIZE: f64 = 15.0;
/// Font size of notes.
pub(super) const NOTE_SIZE: f64 = 14.0;

/// Space at the figure's edges.
pub(super) const MARGIN: f64 = 20.0;
/// Width of a curve.
pub(super) const LINE_WIDTH: f64 = 2.4;
/// Width of a highlighted line, under the others.
pub(super) const HIGHLIGHT_WIDTH: f64 = 13.0;
/// How opaque a highlighted line is.
pub(super) const HIGHLIGHT_OPACITY: f64 = 0.8;
/// Radius of the dot of a point.
pub(super) const MARKER_RADIUS: f64 = 3.4;
/// Width of the level of a dense network.
pub(super) const LEVEL_WIDTH: f64 = 1.4;
/// Dashes of controls.
pub(super) const DASHES: &str = "8 5";
/// The colours that controls go through, those of tickets left out; then again with other dashes.
const CONTROL_COLOURS: [&str; 5] = ["#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9"];
/// The dashes that controls go through.
const CONTROL_DASHES: [&str; 4] = [DASHES, "3 4", "12 4 3 4", "14 6"];
/// Dashes of levels and marks.
pub(super) const FINE_DASHES: &str = "2 4";
/// How opaque a band is.
pub(super) const BAND_OPACITY: f64 = 0.18;

/// The n-th colour of the palette, from the start again after the last.
pub(super) fn palette(index: usize) -> &'static str {
    PALETTE[index % PALETTE.len()]
}

/// The colour of a curve; the same in every figure.
pub(super) fn curve_colour(style: Style) -> &'static str {
    match style {
        Style::Ticket => palette(0),
        Style::Control(ControlKind::RandomReinit) => palette(1),
        Style::Control(ControlKind::RandomMask) => palette(2),
        Style::Control(ControlKind::ShuffledMask) => palette(3),
        Style::Control(ControlKind::Other(place)) => {
            CONTROL_COLOURS[usize::from(place) % CONTROL_COLOURS.len()]
        }
        Style::Run(index) | Style::DenseRun(index) | Style::Published(index) => palette(usize::from(index)),
        Style::Dense => INK,
    }
}

/// The dashes of a curve; none where it is solid.
pub(super) fn curve_dashes(style: Style) -> Option<&'static str> {
    match style {
        Style::Control(ControlKind::Other(place)) => {
            Some(CONTROL_DASHES[usize::from(place) / CONTROL_COLOURS.len() % CONTROL_DASHES.len()])
        }
        Style::Control(_) => Some(DASHES),
        Style::Run(index) => (usize::from(index) >= PALETTE.len()).then_some(DASHES),
        Style::DenseRun(_) | Style::Published(_) => Some(FINE_DASHES),
        Style::Ticket | Style::Dense => None,
    }
}

/// The marker of a curve.
pub(super) fn curve_marker(style: Style) -> Marker {
    match style {
        Style::Run(index) | Style::Published(index) => Marker::of_run(usize::from(index)),
        Style::Control(ControlKind::RandomReinit) => Marker::of_run(1),
        Style::Control(ControlKind::RandomMask) => Marker::of_run(2),
        Style::Control(ControlKind::ShuffledMask) => Marker::of_run(3),
        Style::Control(ControlKind::Other(place)) => Marker::of_run(4 + usize::from(place)),
        Style::Ticket | Style::Dense | Style::DenseRun(_) => Marker::Circle,
    }
}

/// The dashes of one of several runs that are drawn without markers: with its colour, or in black and white alone, it is told from the next.
pub(super) fn run_dashes(place: usize) -> Option<&'static str> {
    match place % (CONTROL_DASHES.len() + 1) {
        0 => None,
        other => Some(CONTROL_DASHES[other - 1]),
    }
}

/// The colour and the dashes of a series.
pub(super) fn series_look(style: SeriesStyle) -> (&'static str, Option<&'static str>) {
    match style {
        SeriesStyle::Solid(index) => (palette(usize::from(index)), None),
        SeriesStyle::Dashed(index) => (palette(usize::from(index)), Some(DASHES)),
        SeriesStyle::Highlight => (HIGHLIGHT, None),
    }
}

/// The colour of a split; the same in every figure.
pub(super) fn split_colour(split: CurveSplit) -> &'static str {
    match split {
        CurveSplit::Train => palette(0),
        CurveSplit::Validation => palette(1),
        CurveSplit::Test => palette(2),
    }
}

/// The dashes of a split, by which it is told without colours.
pub(super) fn split_dashes(split: CurveSplit) -> Option<&'static str> {
    match split {
        CurveSplit::Train => Some(FINE_DASHES),
        CurveSplit::Validation => Some(DASHES),
        CurveSplit::Test => None,
    }
}

/// The name of a split.
pub(super) fn split_name(split: CurveSplit) -> &'static str {
    match split {
        CurveSplit::Train => "training (running mean)",
        CurveSplit::Validation => "validation",
        CurveSplit::Test => "test",
    }
}
