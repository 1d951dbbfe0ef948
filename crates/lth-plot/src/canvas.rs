//! A small writer of SVG.

use std::fmt::Write;

use super::{look::PageStyle, theme};

/// Which part of a text its position is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

/// How a text looks.
#[derive(Debug, Clone, Copy)]
pub(super) struct TextStyle {
    pub(super) size: f64,
    pub(super) bold: bool,
    pub(super) colour: &'static str,
    pub(super) anchor: Anchor,
    /// Turned a quarter to the left.
    pub(super) upward: bool,
}

impl TextStyle {
    pub(super) fn new(size: f64, anchor: Anchor) -> Self {
        Self { size, bold: false, colour: theme::INK, anchor, upward: false }
    }

    pub(super) fn muted(self) -> Self {
        Self { colour: theme::MUTED, ..self }
    }

    pub(super) fn bold(self) -> Self {
        Self { bold: true, ..self }
    }

    pub(super) fn upward(self) -> Self {
        Self { upward: true, ..self }
    }
}

/// How a line looks.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stroke<'a> {
    pub(super) colour: &'a str,
    pub(super) width: f64,
    pub(super) dashes: Option<&'static str>,
    pub(super) opacity: f64,
}

impl<'a> Stroke<'a> {
    pub(super) fn new(colour: &'a str, width: f64) -> Self {
        Self { colour, width, dashes: None, opacity: 1.0 }
    }

    pub(super) fn dashed(self, dashes: &'static str) -> Self {
        Self { dashes: Some(dashes), ..self }
    }

    pub(super) fn faint(self, opacity: f64) -> Self {
        Self { opacity, ..self }
    }

    fn attributes(&self) -> String {
        let mut text = format!("stroke=\"{}\" stroke-width=\"{}\"", self.colour, number(self.width));
        if let Some(dashes) = self.dashes {
            let _ = write!(text, " stroke-dasharray=\"{dashes}\"");
        }
        if self.opacity < 1.0 {
            let _ = write!(text, " stroke-opacity=\"{}\"", number(self.opacity));
        }
        text
    }
}

/// A rectangle, y downward.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Area {
    pub(super) left: f64,
    pub(super) top: f64,
    pub(super) width: f64,
    pub(super) height: f64,
}

impl Area {
    pub(super) fn right(&self) -> f64 {
        self.left + self.width
    }

    pub(super) fn bottom(&self) -> f64 {
        self.top + self.height
    }

    pub(super) fn centre_x(&self) -> f64 {
        self.left + self.width / 2.0
    }

    pub(super) fn centre_y(&self) -> f64 {
        self.top + self.height / 2.0
    }
}

/// The elements drawn so far.
#[derive(Debug, Default)]
pub(super) struct Canvas {
    body: String,
    definitions: usize,
}

impl Canvas {
    pub(super) fn line(&mut self, from: (f64, f64), to: (f64, f64), stroke: Stroke<'_>) {
        let (x1, y1, x2, y2) = (number(from.0), number(from.1), number(to.0), number(to.1));
        self.push(&format!(r#"<line x1="{x1}" y1="{y1}" x2="{x2}" y2="{y2}" {}/>"#, stroke.attributes()));
    }

    pub(super) fn polyline(&mut self, points: &[(f64, f64)], stroke: Stroke<'_>) {
        if points.len() > 1 {
            let (path, stroke) = (steps(points), stroke.attributes());
            self.push(&format!(r#"<path d="{path}" fill="none" stroke-linejoin="round" {stroke}/>"#));
        }
    }

    pub(super) fn polygon(&mut self, points: &[(f64, f64)], fill: &str, opacity: f64) {
        let (points, opacity) = (coordinates(points), number(opacity));
        self.push(&format!(r#"<polygon points="{points}" fill="{fill}" fill-opacity="{opacity}"/>"#));
    }

    /// A dot with a thin white rim, so that it stands out of its line.
    pub(super) fn dot(&mut self, at: (f64, f64), radius: f64, fill: &str) {
        let (x, y, radius) = (number(at.0), number(at.1), number(radius));
        let rim = theme::BACKGROUND;
        self.push(&format!(r#"<circle cx="{x}" cy="{y}" r="{radius}" fill="{fill}" stroke="{rim}"/>"#));
    }

    pub(super) fn rect(&mut self, area: Area, fill: &str, stroke: Option<Stroke<'_>>) {
        let (x, y, w, h) = (number(area.left), number(area.top), number(area.width), number(area.height));
        let stroke = stroke.map_or(String::new(), |stroke| format!(" {}", stroke.attributes()));
        self.push(&format!(r#"<rect x="{x}" y="{y}" width="{w}" height="{h}" fill="{fill}"{stroke}/>"#));
    }

    /// A filled path in coordinates that are scaled by `unit` and moved to `origin`, without smoothed edges.
    pub(super) fn crisp_path(&mut self, path: &str, origin: (f64, f64), unit: f64, fill: &str) {
        let (x, y, unit) = (number(origin.0), number(origin.1), number(unit));
        self.push(&format!(
            r#"<path d="{path}" transform="translate({x} {y}) scale({unit})" fill="{fill}" shape-rendering="crispEdges"/>"#
        ));
    }

    /// A filled path without smoothed edges.
    pub(super) fn path(&mut self, path: &str, fill: &str) {
        self.push(&format!(r#"<path d="{path}" fill="{fill}" shape-rendering="crispEdges"/>"#));
    }

    /// A text whose baseline starts, is centred, or ends at a position.
    pub(super) fn text(&mut self, at: (f64, f64), text: &str, style: TextStyle) {
        let (x, y, size) = (number(at.0), number(at.1), number(style.size));
        let anchor = match style.anchor {
            Anchor::Start => "",
            Anchor::Middle => " text-anchor=\"middle\"",
            Anchor::End => " text-anchor=\"end\"",
        };
        let weight = if style.bold { " font-weight=\"bold\"" } else { "" };
        let turn = if style.upward { format!(" transform=\"rotate(-90 {x} {y})\"") } else { String::new() };
        let (colour, text) = (style.colour, escape(text));
        self.push(&format!(
            r#"<text x="{x}" y="{y}" font-size="{size}" fill="{colour}"{anchor}{weight}{turn}>{text}</text>"#
        ));
    }

    /// Draws with everything outside of the area cut off.
    pub(super) fn clipped(&mut self, area: Area, draw: impl FnOnce(&mut Self)) {
        let id = self.next_id();
        let (x, y, w, h) = (number(area.left), number(area.top), number(area.width), number(area.height));
        self.push(&format!(
            r#"<clipPath id="d{id}"><rect x="{x}" y="{y}" width="{w}" height="{h}"/></clipPath>"#
        ));
        self.push(&format!(r#"<g clip-path="url(#d{id})">"#));
        draw(self);
        self.push("</g>");
    }

    /// The whole document; `description` is what screen readers and tooltips say.
    pub(super) fn finish(self, width: f64, height: f64, description: &str, style: PageStyle) -> String {
        let [wide, high] = [width, height].map(|length| style.length(length.ceil()));
        let (width, height) = (number(width.ceil()), number(height.ceil()));
        let (family, paper, description) = (theme::FONT_FAMILY, theme::BACKGROUND, escape(description));
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{wide}\" height=\"{high}\" \
             viewBox=\"0 0 {width} {height}\" role=\"img\" font-family=\"{family}\">\n\
             <title>{description}</title>\n<rect width=\"{width}\" height=\"{height}\" fill=\"{paper}\"/>\n{}</svg>\n",
            self.body
        )
    }

    pub(super) fn next_id(&mut self) -> usize {
        self.definitions += 1;
        self.definitions
    }

    pub(super) fn push(&mut self, element: &str) {
        self.body.push_str(element);
        self.body.push('\n');
    }
}

fn coordinates(points: &[(f64, f64)]) -> String {
    let pairs: Vec<String> = points.iter().map(|(x, y)| format!("{},{}", number(*x), number(*y))).collect();
    pairs.join(" ")
}

/// A path through the points in steps of tenths, each relative to the one before: half the bytes of coordinates.
fn steps(points: &[(f64, f64)]) -> String {
    let mut path = String::new();
    let mut previous = (0, 0);
    for (index, (x, y)) in points.iter().enumerate() {
        let at = ((x * 10.0).round() as i64, (y * 10.0).round() as i64);
        let (dx, dy) = (tenths(at.0 - previous.0), tenths(at.1 - previous.1));
        let command = match index {
            0 => "M",
            1 => "l",
            _ if dx.starts_with('-') => "",
            _ => " ",
        };
        let gap = if dy.starts_with('-') { "" } else { " " };
        let _ = write!(path, "{command}{dx}{gap}{dy}");
        previous = at;
    }
    path
}

/// A number of tenths, without a zero before its point.
fn tenths(count: i64) -> String {
    let text = number(count as f64 / 10.0);
    match text.strip_prefix("-0.") {
        Some(rest) => format!("-.{rest}"),
        None => text.strip_prefix("0.").map_or(text.clone(), |rest| format!(".{rest}")),
    }
}

/// Two decimals without trailing zeros, never "-0": the same bytes for the same picture.
pub(super) fn number(value: f64) -> String {
    let text = format!("{value:.2}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" { "0".to_owned() } else { text.to_owned() }
}

/// Text as XML; signs that XML forbids become U+FFFD.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for sign in text.chars() {
        match sign {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '\t' | '\n' => escaped.push(' '),
            '\0'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => escaped.push('\u{fffd}'),
            _ => escaped.push(sign),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short_and_never_minus_zero() {
        let numbers: Vec<String> = [1.0, 0.5, 10.0, 1.236, -0.001, 100.0].into_iter().map(number).collect();
        assert_eq!(numbers, ["1", "0.5", "10", "1.24", "0", "100"]);
    }

    #[test]
    fn paths_are_relative_and_do_not_drift() {
        assert_eq!(steps(&[(10.0, 20.0), (10.54, 19.0), (10.04, 19.96)]), "M10 20l.5-1-.5 1");
        let line: Vec<(f64, f64)> = (0..1000).map(|i| (f64::from(i) * 0.333, 0.0)).collect();
        let ends: f64 = steps(&line).split(['M', 'l', ' ']).filter_map(|text| text.parse::<f64>().ok()).sum();
        assert!((ends - 999.0 * 0.333).abs() < 0.06, "{ends}");
    }

    #[test]
    fn texts_survive_xml() {
        let mut canvas = Canvas::default();
        let text = "a < b & c > \"d\" \u{1}é";
        canvas.text((1.0, 2.0), text, TextStyle::new(10.0, Anchor::Start));
        let svg = canvas.finish(10.0, 10.0, text, PageStyle::Screen);
        let document = roxmltree::Document::parse(&svg).unwrap();
        let read = document.descendants().find(|node| node.has_tag_name("text")).unwrap().text();
        assert_eq!(read, Some("a < b & c > \"d\" \u{fffd}é"));
    }
}
