//! Panels one below the other over one x axis: what most figures consist of.

use super::{
    canvas::{Area, Canvas},
    frame::{Axis, Frame, x_axis_height},
    page::Page,
    theme,
    value_axis::{break_note, panel_height},
};

/// How panels are laid out.
#[derive(Debug, Clone, Copy)]
pub(super) struct Panels {
    /// The height of one, on a screen.
    pub(super) height: f64,
    /// Between two of them.
    pub(super) gap: f64,
}

/// Where panels begin that have these y axes.
pub(super) fn left_of<'a>(axes: impl IntoIterator<Item = &'a Axis>) -> f64 {
    theme::MARGIN + axes.into_iter().map(Axis::width_as_y).fold(0.0, f64::max)
}

impl Panels {
    /// A panel for each y axis, between the ends of the x axis, whose texts stand below the last one. `draw` fills a panel, from its grid to
    /// its markers, and is told which it is. Returns the notes of broken axes.
    pub(super) fn draw(
        self,
        page: &mut Page,
        x: &Axis,
        y_axes: Vec<Axis>,
        mut draw: impl FnMut(&mut Canvas, &Frame, usize),
    ) -> Vec<String> {
        let mut notes = Vec::new();
        let count = y_axes.len();
        for (index, mut y) in y_axes.into_iter().enumerate() {
            let height = panel_height(&y, page.style.height(self.height));
            let area = Area { left: x.scale.start, top: page.y, width: x.scale.end - x.scale.start, height };
            (y.scale.start, y.scale.end) = (area.bottom(), area.top);
            let frame = Frame { area, x: x.clone(), y };
            draw(&mut page.canvas, &frame, index);
            frame.draw_y_axis(&mut page.canvas, theme::MARGIN);
            // Panels of one figure may be broken alike.
            notes.extend(break_note(&frame.y).filter(|note| !notes.contains(note)));
            page.y = area.bottom() + self.gap;
            if index + 1 == count {
                frame.draw_x_axis(&mut page.canvas);
                page.y = area.bottom() + x_axis_height(true);
            }
        }
        notes
    }
}
