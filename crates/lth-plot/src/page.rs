//! A figure's page: heading, legend and notes, from top to bottom.

use super::{
    canvas::{Anchor, Canvas, Stroke, TextStyle},
    data::Heading,
    figure::Figure,
    font,
    look::{Legend, PageStyle},
    marker::Marker,
    theme,
};

/// The height of a line of text, in font sizes.
const LINE: f64 = 1.35;
/// The length of a legend's sample.
const SAMPLE: f64 = 34.0;
/// Between a sample and its text.
const SAMPLE_GAP: f64 = 8.0;
/// Between two entries of a legend.
const ENTRY_GAP: f64 = 26.0;

/// What a legend's sample looks like.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Sample {
    /// A line, perhaps dashed, perhaps with the dot of a point, perhaps in a band.
    Line { colour: &'static str, width: f64, dashes: Option<&'static str>, dot: Option<Marker>, band: bool },
    /// A wide pale line.
    Highlight(&'static str),
    /// The dot of a point alone.
    Dot(&'static str),
    /// A [`rimmed_dot`] alone.
    RimmedDot(&'static str),
}

/// A page that is filled downward.
#[derive(Debug)]
pub(super) struct Page {
    pub(super) canvas: Canvas,
    pub(super) width: f64,
    /// Where the next thing begins.
    pub(super) y: f64,
    title: String,
    pub(super) style: PageStyle,
    legend: Legend,
    /// A legend that is to stand below the panels.
    pending: Vec<(Sample, String)>,
}

impl Page {
    /// A page of this width with its heading.
    pub(super) fn new(width: f64, heading: &Heading) -> Self {
        let mut page = Self {
            canvas: Canvas::default(),
            width,
            y: theme::MARGIN,
            title: heading.title.clone(),
            style: heading.look.style,
            legend: heading.look.legend,
            pending: Vec::new(),
        };
        if !heading.look.title {
            return page;
        }
        let available = width - 2.0 * theme::MARGIN;
        let title = TextStyle::new(theme::TITLE_SIZE, Anchor::Start).bold();
        for line in font::wrap(&heading.title, theme::TITLE_SIZE, true, available, 2) {
            page.write(&line, title);
        }
        page.y += 2.0;
        for line in font::wrap(&heading.subtitle, theme::LABEL_SIZE, false, available, 3) {
            page.write(&line, TextStyle::new(theme::LABEL_SIZE, Anchor::Start).muted());
        }
        page.y += 10.0;
        page
    }

    /// The legend, in rows from left to right, where it is wanted.
    pub(super) fn legend(&mut self, entries: &[(Sample, String)]) {
        match self.legend {
            Legend::Top => self.draw_legend(entries),
            Legend::Bottom => self.pending.extend_from_slice(entries),
            Legend::None => (),
        }
    }

    fn draw_legend(&mut self, entries: &[(Sample, String)]) {
        if entries.is_empty() {
            return;
        }
        let available = self.width - 2.0 * theme::MARGIN;
        let row = theme::LABEL_SIZE * 1.5;
        let mut x = theme::MARGIN;
        for (sample, label) in entries {
            let text = font::shorten(label, theme::LABEL_SIZE, false, available - SAMPLE - SAMPLE_GAP);
            let width = SAMPLE + SAMPLE_GAP + font::width(&text, theme::LABEL_SIZE, false);
            if x > theme::MARGIN && x + width > theme::MARGIN + available {
                x = theme::MARGIN;
                self.y += row;
            }
            self.sample(*sample, x, self.y + row / 2.0);
            let baseline = self.y + row / 2.0 + theme::LABEL_SIZE * 0.36;
            let style = TextStyle::new(theme::LABEL_SIZE, Anchor::Start);
            self.canvas.text((x + SAMPLE + SAMPLE_GAP, baseline), &text, style);
            x += width + ENTRY_GAP;
        }
        self.y += row + 12.0;
    }

    fn sample(&mut self, sample: Sample, x: f64, y: f64) {
        let ends = ((x, y), (x + SAMPLE, y));
        match sample {
            Sample::Line { colour, width, dashes, dot, band } => {
                if band {
                    let (top, bottom) = (y - 8.0, y + 8.0);
                    let corners = [(x, top), (x + SAMPLE, top), (x + SAMPLE, bottom), (x, bottom)];
                    self.canvas.polygon(&corners, colour, theme::BAND_OPACITY);
                }
                self.canvas.line(ends.0, ends.1, Stroke { colour, width, dashes, opacity: 1.0 });
                if let Some(marker) = dot {
                    self.canvas.marker(marker, (x + SAMPLE / 2.0, y), theme::MARKER_RADIUS, colour);
                }
            }
            Sample::Highlight(colour) => {
                self.canvas.line(
                    ends.0,
                    ends.1,
                    Stroke::new(colour, theme::HIGHLIGHT_WIDTH).faint(theme::HIGHLIGHT_OPACITY),
                );
            }
            Sample::Dot(colour) => self.canvas.dot((x + SAMPLE / 2.0, y), theme::MARKER_RADIUS, colour),
            Sample::RimmedDot(colour) => rimmed_dot(&mut self.canvas, (x + SAMPLE / 2.0, y), colour),
        }
    }

    fn draw_pending(&mut self) {
        let pending = std::mem::take(&mut self.pending);
        self.draw_legend(&pending);
    }

    /// Small texts, below everything.
    pub(super) fn notes<'a>(&mut self, notes: impl IntoIterator<Item = &'a str>) {
        self.draw_pending();
        let available = self.width - 2.0 * theme::MARGIN;
        self.y += 6.0;
        for note in notes {
            for line in font::wrap(note, theme::NOTE_SIZE, false, available, 3) {
                self.write(&line, TextStyle::new(theme::NOTE_SIZE, Anchor::Start).muted());
            }
        }
    }

    /// The figure.
    pub(super) fn finish(mut self) -> Figure {
        self.draw_pending();
        let height = (self.y + theme::MARGIN * 0.7).ceil();
        Figure::new(
            self.canvas.finish(self.width, height, &self.title, self.style),
            self.width.ceil(),
            height,
        )
    }

    fn write(&mut self, line: &str, style: TextStyle) {
        self.canvas.text((theme::MARGIN, self.y + style.size), line, style);
        self.y += style.size * LINE;
    }
}

/// A dot that stands out of lines of its own colour.
pub(super) fn rimmed_dot(canvas: &mut Canvas, at: (f64, f64), colour: &str) {
    canvas.dot(at, theme::MARKER_RADIUS + 1.6, theme::INK);
    canvas.dot(at, theme::MARKER_RADIUS, colour);
}
