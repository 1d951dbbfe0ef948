//! A panel: its frame, grid, ticks and axis labels.

use super::{
    canvas::{Anchor, Area, Canvas, Stroke, TextStyle},
    font,
    scale::{Scale, Tick},
    theme,
};

/// Length of a tick.
const TICK_LENGTH: f64 = 5.0;
/// Half the width of the slashes where an axis is broken.
const SLASH: f64 = 6.0;
/// Between a tick and its text, and between texts and the axis label.
const GAP: f64 = 7.0;
/// The height of a line of ticks or of a label, in font sizes.
const LINE: f64 = 1.25;

/// One axis.
#[derive(Debug, Clone)]
pub(super) struct Axis {
    pub(super) scale: Scale,
    pub(super) ticks: Vec<Tick>,
    /// What it shows and in which unit; empty for none.
    pub(super) label: String,
}

impl Axis {
    /// The width that a y axis of this kind needs to the left of its panel.
    pub(super) fn width_as_y(&self) -> f64 {
        let widest = self
            .ticks
            .iter()
            .map(|tick| font::width(&tick.label, theme::TICK_SIZE, false))
            .fold(0.0, f64::max);
        let label = if self.label.is_empty() { 0.0 } else { theme::LABEL_SIZE * LINE + GAP };
        TICK_LENGTH + GAP + widest + label
    }
}

/// The height that an x axis with ticks and label needs below (or above) its panel.
pub(super) fn x_axis_height(has_label: bool) -> f64 {
    let label = if has_label { theme::LABEL_SIZE * LINE + GAP } else { 0.0 };
    TICK_LENGTH + GAP + theme::TICK_SIZE * LINE + label
}

/// A panel with its axes.
#[derive(Debug, Clone)]
pub(super) struct Frame {
    pub(super) area: Area,
    pub(super) x: Axis,
    pub(super) y: Axis,
}

impl Frame {
    /// Where a pair of values lies.
    pub(super) fn at(&self, x: f64, y: f64) -> (f64, f64) {
        (self.x.scale.position(x), self.y.scale.position(y))
    }

    /// The grid and the frame, to be drawn before the data; without texts.
    pub(super) fn draw_grid(&self, canvas: &mut Canvas) {
        let area = self.area;
        for tick in &self.x.ticks {
            let x = self.x.scale.position(tick.value);
            canvas.line((x, area.top), (x, area.bottom()), Stroke::new(theme::GRID, 1.0));
        }
        for tick in &self.y.ticks {
            let y = self.y.scale.position(tick.value);
            canvas.line((area.left, y), (area.right(), y), Stroke::new(theme::GRID, 1.0));
        }
    }

    /// The frame, to be drawn after lines and before markers; around each part of a broken y axis.
    pub(super) fn draw_border(&self, canvas: &mut Canvas) {
        let stroke = Stroke::new(theme::FRAME, 1.2);
        let Some((lower, upper)) = self.y.scale.gap() else {
            return canvas.rect(self.area, "none", Some(stroke));
        };
        let area = self.area;
        canvas.rect(Area { height: upper - area.top, ..area }, "none", Some(stroke));
        canvas.rect(Area { top: lower, height: area.bottom() - lower, ..area }, "none", Some(stroke));
        // Two slashes at each side, the usual sign of a broken axis.
        for x in [area.left, area.right()] {
            for y in [lower, upper] {
                canvas.line(
                    (x - SLASH, y + SLASH * 0.6),
                    (x + SLASH, y - SLASH * 0.6),
                    Stroke::new(theme::INK, 1.6),
                );
            }
        }
    }

    /// Ticks, texts and label of the y axis, on the left; the label begins at `edge`, where those of other panels do.
    pub(super) fn draw_y_axis(&self, canvas: &mut Canvas, edge: f64) {
        let area = self.area;
        let style = TextStyle::new(theme::TICK_SIZE, Anchor::End);
        let mut last = f64::INFINITY;
        for tick in &self.y.ticks {
            let y = self.y.scale.position(tick.value);
            canvas.line((area.left - TICK_LENGTH, y), (area.left, y), Stroke::new(theme::FRAME, 1.2));
            // In a low panel not every tick has room for its text.
            if (last - y).abs() < theme::TICK_SIZE {
                continue;
            }
            last = y;
            canvas.text((area.left - TICK_LENGTH - GAP, y + theme::TICK_SIZE * 0.36), &tick.label, style);
        }
        if !self.y.label.is_empty() {
            let room = area.height + 2.0 * theme::LABEL_SIZE;
            let fits = font::width(&self.y.label, theme::LABEL_SIZE, false) <= room;
            let label = if fits { &self.y.label } else { self.y.label.trim_end_matches(" scale") };
            let label = font::shorten(label, theme::LABEL_SIZE, false, room);
            canvas.text(
                (edge + theme::LABEL_SIZE * 0.85, area.centre_y()),
                &label,
                TextStyle::new(theme::LABEL_SIZE, Anchor::Middle).upward(),
            );
        }
    }

    /// Ticks, texts and label of the x axis, below.
    pub(super) fn draw_x_axis(&self, canvas: &mut Canvas) {
        self.draw_x(canvas, &self.x, true);
    }

    /// A second scale above, subordinate to the one below.
    pub(super) fn draw_upper_axis(&self, canvas: &mut Canvas, axis: &Axis) {
        self.draw_x(canvas, axis, false);
    }

    fn draw_x(&self, canvas: &mut Canvas, axis: &Axis, below: bool) {
        let area = self.area;
        let (edge, away) = if below { (area.bottom(), 1.0) } else { (area.top, -1.0) };
        let plain = TextStyle::new(theme::TICK_SIZE, Anchor::Middle);
        let (tick_style, label_style) = if below {
            (plain, TextStyle::new(theme::LABEL_SIZE, Anchor::Middle))
        } else {
            (plain.muted(), TextStyle::new(theme::LABEL_SIZE, Anchor::Middle).muted())
        };
        // The baseline: a text hangs below its place when it stands under the panel.
        let hang = |size: f64| if below { size * 0.85 } else { -size * 0.15 };
        for tick in &axis.ticks {
            let x = axis.scale.position(tick.value);
            canvas.line((x, edge), (x, edge + away * TICK_LENGTH), Stroke::new(theme::FRAME, 1.2));
            let y = edge + away * (TICK_LENGTH + GAP * 0.6) + hang(theme::TICK_SIZE);
            canvas.text((x, y), &tick.label, tick_style);
        }
        if !axis.label.is_empty() {
            let y =
                edge + away * (TICK_LENGTH + GAP * 1.4 + theme::TICK_SIZE * LINE) + hang(theme::LABEL_SIZE);
            canvas.text((area.centre_x(), y), &axis.label, label_style);
        }
    }
}
