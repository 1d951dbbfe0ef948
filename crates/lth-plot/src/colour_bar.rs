//! Which colour is which value.

use super::{
    canvas::{Anchor, Area, Canvas, Stroke, TextStyle},
    page::Page,
    theme,
};

/// The height of a bar that lies.
const THICKNESS: f64 = 18.0;

/// A vertical bar of colours with ticks on its right and a title above it.
pub(super) fn colour_bar(
    canvas: &mut Canvas,
    bar: Area,
    colour: impl Fn(f64) -> String,
    ticks: &[(f64, String)],
    title: &[String],
) {
    canvas.gradient(bar, &colour);
    canvas.rect(bar, "none", Some(Stroke::new(theme::FRAME, 1.0)));
    for (part, label) in ticks {
        let y = bar.bottom() - part * bar.height;
        canvas.line((bar.right(), y), (bar.right() + 5.0, y), Stroke::new(theme::FRAME, 1.2));
        let at = (bar.right() + 10.0, y + theme::TICK_SIZE * 0.36);
        canvas.text(at, label, TextStyle::new(theme::TICK_SIZE, Anchor::Start));
    }
    for (index, line) in title.iter().rev().enumerate() {
        let y = bar.top - 16.0 - index as f64 * theme::LABEL_SIZE * 1.25;
        canvas.text((bar.left, y), line, TextStyle::new(theme::LABEL_SIZE, Anchor::Start));
    }
}

/// A bar of colours as wide as the page, with a title above it and ticks below: what a narrow column has room for.
pub(super) fn colour_bar_below(
    page: &mut Page,
    colour: impl Fn(f64) -> String,
    ticks: &[(f64, String)],
    title: &[String],
) {
    let title_style = TextStyle::new(theme::LABEL_SIZE, Anchor::Start);
    page.canvas.text((theme::MARGIN, page.y + theme::LABEL_SIZE), &title.join(" "), title_style);
    let (top, width) = (page.y + theme::LABEL_SIZE + 10.0, page.width - 2.0 * theme::MARGIN);
    let bar = Area { left: theme::MARGIN, top, width, height: THICKNESS };
    page.canvas.gradient(bar, &colour);
    page.canvas.rect(bar, "none", Some(Stroke::new(theme::FRAME, 1.0)));
    for (part, label) in ticks {
        let x = bar.left + part * bar.width;
        page.canvas.line((x, bar.bottom()), (x, bar.bottom() + 5.0), Stroke::new(theme::FRAME, 1.2));
        let anchor = match part {
            0.0 => Anchor::Start,
            1.0 => Anchor::End,
            _ => Anchor::Middle,
        };
        let at = (x, bar.bottom() + 8.0 + theme::TICK_SIZE);
        page.canvas.text(at, label, TextStyle::new(theme::TICK_SIZE, anchor));
    }
    page.y = bar.bottom() + theme::TICK_SIZE + 20.0;
}
