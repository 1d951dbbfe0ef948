//! Fills that are more than one colour.

use super::{
    canvas::{Area, Canvas, number},
    theme,
};

impl Canvas {
    /// A fill of slanted lines on paper.
    pub(super) fn hatching(&mut self) -> String {
        const STEP: f64 = 4.0;
        let (id, step, colour, paper) = (self.next_id(), number(STEP), theme::HATCH, theme::BACKGROUND);
        self.push(&format!(
            "<pattern id=\"d{id}\" width=\"{step}\" height=\"{step}\" patternUnits=\"userSpaceOnUse\" \
             patternTransform=\"rotate(45)\"><rect width=\"{step}\" height=\"{step}\" fill=\"{paper}\"/>\
             <rect width=\"1.2\" height=\"{step}\" fill=\"{colour}\"/></pattern>"
        ));
        format!("url(#d{id})")
    }

    /// A rectangle whose colours run from the bottom (part 0) to the top (part 1); in one that lies, from left to right.
    pub(super) fn gradient(&mut self, area: Area, colour: impl Fn(f64) -> String) {
        const STOPS: usize = 32;
        let id = self.next_id();
        let ends = if area.width > area.height { r#"y1="0" x2="1""# } else { r#"y1="1" x2="0""# };
        self.push(&format!(r#"<linearGradient id="d{id}" x1="0" {ends} y2="0">"#));
        for stop in 0..=STOPS {
            let part = stop as f64 / STOPS as f64;
            self.push(&format!(r#"<stop offset="{part}" stop-color="{}"/>"#, colour(part)));
        }
        self.push("</linearGradient>");
        self.rect(area, &format!("url(#d{id})"), None);
    }
}
