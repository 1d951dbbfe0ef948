//! How figures look: for a screen, or for the columns of a paper.

use lth_stats::Band;

/// What a figure is drawn for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PageStyle {
    /// A screen, a README or a slide.
    #[default]
    Screen,
    /// A column of a paper of two: 3.25 inches wide, without a title.
    Paper,
    /// Both columns of a paper, or one of a paper of one: 6.75 inches wide, without a title.
    PaperWide,
}

/// Where the legend of a figure stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Legend {
    /// Above the panels.
    #[default]
    Top,
    /// Below the panels.
    Bottom,
    /// Nowhere: the caption or another figure has it.
    None,
}

/// How a figure looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Look {
    /// What it is drawn for.
    pub style: PageStyle,
    /// Whether title and subtitle stand above it; a paper has them below, in its caption.
    pub title: bool,
    /// What bands around means are.
    pub band: Band,
    /// Where the legend stands.
    pub legend: Legend,
}

/// Points of a unit on paper: labels of 16 units have 8 points, notes of 14 have 7.
const POINTS: f64 = 0.5;
const POINTS_AN_INCH: f64 = 72.0;

impl PageStyle {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Screen, Self::Paper, Self::PaperWide];

    /// Its name in commands.
    pub fn name(self) -> &'static str {
        match self {
            Self::Screen => "screen",
            Self::Paper => "paper",
            Self::PaperWide => "paper-wide",
        }
    }

    /// Whether the width of a figure is that of columns of a paper.
    pub(super) fn is_paper(self) -> bool {
        self != Self::Screen
    }

    /// The width of figures that have no width of their own, in units; on paper of all.
    pub(super) fn width(self) -> f64 {
        let inches = match self {
            Self::Screen => return 860.0,
            Self::Paper => 3.25,
            Self::PaperWide => 6.75,
        };
        inches * POINTS_AN_INCH / POINTS
    }

    /// The height of a panel that is so high on a screen.
    pub(super) fn height(self, on_screen: f64) -> f64 {
        if self == Self::Paper { 0.7 * on_screen } else { on_screen }
    }

    /// So many units as a length of SVG.
    pub(super) fn length(self, units: f64) -> String {
        if self == Self::Screen {
            format!("{units}")
        } else {
            format!("{}in", units * POINTS / POINTS_AN_INCH)
        }
    }
}

impl Look {
    /// For what it is drawn, with a title on a screen only, and bands from minimum to maximum.
    pub fn of(style: PageStyle) -> Self {
        Self { style, title: style == PageStyle::Screen, band: Band::MinMax, legend: Legend::Top }
    }

    /// What a note says of bands over so-called things: `Bands: minimum to maximum.`
    pub(super) fn band_note(self) -> &'static str {
        match self.band {
            Band::MinMax => "Bands: minimum to maximum.",
            Band::StandardDeviation => "Bands: one standard deviation to either side.",
            Band::StandardError => "Bands: one standard error to either side.",
            Band::Confidence => "Bands: 95 % intervals of the means.",
        }
    }
}

impl Default for Look {
    fn default() -> Self {
        Self::of(PageStyle::Screen)
    }
}
