//! Groups and paths.

use pdf_writer::{
    Content,
    types::{LineCapStyle, LineJoinStyle},
};
use resvg::{
    tiny_skia::{self, PathSegment, Point, Transform},
    usvg::{ClipPath, Fill, FillRule, Group, LineCap, LineJoin, Node, Paint, Path, Stroke},
};

use super::{File, matrix, paint::rgb};

impl File {
    /// Draws a group; `base` leads from its parent's coordinates to the page.
    pub(super) fn draw(&mut self, content: &mut Content, group: &Group, base: Transform) {
        content.save_state();
        content.transform(matrix(group.transform()));
        let base = base.pre_concat(group.transform());
        if let Some(clip) = group.clip_path() {
            clip_to(content, clip);
        }
        for node in group.children() {
            match node {
                Node::Group(group) => self.draw(content, group, base),
                Node::Path(path) if path.is_visible() => self.draw_path(content, path, base),
                Node::Text(text) => self.draw_text(content, text),
                Node::Path(_) | Node::Image(_) => {}
            }
        }
        content.restore_state();
    }

    pub(super) fn draw_path(&mut self, content: &mut Content, path: &Path, base: Transform) {
        let (fill, stroke) = (path.fill(), path.stroke());
        content.save_state();
        let opacity = |opacity: Option<f32>| opacity.unwrap_or(1.0);
        self.set_opacities(
            content,
            opacity(fill.map(|fill| fill.opacity().get())),
            opacity(stroke.map(|stroke| stroke.opacity().get())),
        );
        let stroke = stroke.filter(|stroke| set_stroke(content, stroke));
        let rule = fill.map(Fill::rule);
        let shaded = match fill.map(Fill::paint) {
            Some(Paint::LinearGradient(gradient)) => Some(self.shading(gradient)),
            Some(Paint::Pattern(pattern)) => {
                self.set_fill_pattern(content, pattern, base);
                None
            }
            Some(Paint::Color(colour)) => {
                let [red, green, blue] = rgb(*colour);
                content.set_fill_rgb(red, green, blue);
                None
            }
            Some(Paint::RadialGradient(_)) | None => None,
        };
        push_path(content, path.data());
        match (shaded, rule, stroke) {
            (Some((shading, transform)), ..) => {
                content.clip_nonzero().end_path();
                content.transform(matrix(transform)).shading(pdf_writer::Name(shading.as_bytes()));
            }
            (None, Some(FillRule::NonZero), None) => drop(content.fill_nonzero()),
            (None, Some(FillRule::EvenOdd), None) => drop(content.fill_even_odd()),
            (None, Some(FillRule::NonZero), Some(_)) => drop(content.fill_nonzero_and_stroke()),
            (None, Some(FillRule::EvenOdd), Some(_)) => drop(content.fill_even_odd_and_stroke()),
            (None, None, Some(_)) => drop(content.stroke()),
            (None, None, None) => drop(content.end_path()),
        }
        content.restore_state();
    }
}

/// Cuts off what is outside of a clip path, whose paths together are the area.
fn clip_to(content: &mut Content, clip: &ClipPath) {
    for node in clip.root().children() {
        if let Node::Path(path) = node {
            let moved = path.data().clone().transform(clip.transform());
            if let Some(moved) = moved {
                push_path(content, &moved);
            }
        }
    }
    content.clip_nonzero().end_path();
}

/// Whether the stroke can be drawn.
fn set_stroke(content: &mut Content, stroke: &Stroke) -> bool {
    let Paint::Color(colour) = stroke.paint() else { return false };
    let [red, green, blue] = rgb(*colour);
    content.set_stroke_rgb(red, green, blue).set_line_width(stroke.width().get());
    content.set_line_cap(match stroke.linecap() {
        LineCap::Butt => LineCapStyle::ButtCap,
        LineCap::Round => LineCapStyle::RoundCap,
        LineCap::Square => LineCapStyle::ProjectingSquareCap,
    });
    content.set_line_join(match stroke.linejoin() {
        LineJoin::Round => LineJoinStyle::RoundJoin,
        LineJoin::Bevel => LineJoinStyle::BevelJoin,
        LineJoin::Miter | LineJoin::MiterClip => LineJoinStyle::MiterJoin,
    });
    if let Some(dashes) = stroke.dasharray() {
        content.set_dash_pattern(dashes.iter().copied(), stroke.dashoffset());
    }
    true
}

fn push_path(content: &mut Content, path: &tiny_skia::Path) {
    let mut last = Point::zero();
    for segment in path.segments() {
        match segment {
            PathSegment::MoveTo(to) => {
                content.move_to(to.x, to.y);
                last = to;
            }
            PathSegment::LineTo(to) => {
                content.line_to(to.x, to.y);
                last = to;
            }
            PathSegment::QuadTo(control, to) => {
                // PDF has cubic curves only.
                let towards = |from: Point| {
                    Point::from_xy(
                        from.x + (control.x - from.x) * 2.0 / 3.0,
                        from.y + (control.y - from.y) * 2.0 / 3.0,
                    )
                };
                let (first, second) = (towards(last), towards(to));
                content.cubic_to(first.x, first.y, second.x, second.y, to.x, to.y);
                last = to;
            }
            PathSegment::CubicTo(first, second, to) => {
                content.cubic_to(first.x, first.y, second.x, second.y, to.x, to.y);
                last = to;
            }
            PathSegment::Close => drop(content.close_path()),
        }
    }
}
