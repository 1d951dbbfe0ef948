//! Lines that lie under others, and the signs by which they are still seen: they are drawn wider, and a note names them.

use super::{canvas::Stroke, theme};

/// A line counts as hidden by another that covers this part of its points: two of three, so that what mostly lies on another is told
/// of short lines too.
const COVERED: (usize, usize) = (2, 3);
/// The most layers that are drawn wider and wider; what lies deeper is as wide as the last, and named.
const MOST_LAYERS: usize = 3;
/// How much wider a line is than the one that lies on it.
const WIDER: f64 = 3.6;

/// The lines that lie on a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Covers {
    /// How many of them lie on each other.
    layers: usize,
    /// The last drawn of them.
    top: Option<usize>,
}

impl Covers {
    /// The line below them.
    pub(super) fn widen(self, stroke: Stroke<'_>) -> Stroke<'_> {
        Stroke { width: stroke.width + WIDER * self.layers.min(MOST_LAYERS) as f64, ..stroke }
    }

    /// The radius of its markers.
    pub(super) fn radius(self) -> f64 {
        theme::MARKER_RADIUS + 0.5 * WIDER * self.layers.min(MOST_LAYERS) as f64
    }
}

/// What lies on each line at most of its points. Lines are positions in the order of drawing, x ascending.
pub(super) fn covers(lines: &[Vec<(f64, f64)>]) -> Vec<Covers> {
    let mut covers = vec![Covers::default(); lines.len()];
    for place in (0..lines.len()).rev() {
        // A line that is drawn wider hides more, and a single point is but a marker.
        let near = |other: &Covers| match lines[place].len() {
            1 => other.radius(),
            _ => 0.5 * other.widen(Stroke::new(theme::INK, theme::LINE_WIDTH)).width,
        };
        for above in place + 1..lines.len() {
            if is_covered(&lines[place], &lines[above], near(&covers[above])) {
                let layers = covers[place].layers.max(covers[above].layers + 1);
                covers[place] = Covers { layers, top: Some(above) };
            }
        }
    }
    covers
}

/// Says of a panel, by the label of its axis, which lines lie under which: a sentence for each that lies on others.
pub(super) fn notes(panel: &str, labels: &[&str], covers: &[Covers]) -> Vec<String> {
    let panel = panel.split(" (").next().unwrap_or_default();
    let of = |top: usize| {
        let below: Vec<&str> = labels
            .iter()
            .zip(covers)
            .filter(|(_, own)| own.top == Some(top))
            .map(|(label, _)| *label)
            .collect();
        let (last, first) = below.split_last()?;
        let names =
            if first.is_empty() { (*last).to_owned() } else { format!("{} and {last}", first.join(", ")) };
        Some(format!("Drawn wider: {names}, under {} ({panel}).", labels[top]))
    };
    (0..labels.len()).filter_map(of).collect()
}

/// Whether most points of a line lie within `near` of another.
fn is_covered(line: &[(f64, f64)], by: &[(f64, f64)], near: f64) -> bool {
    let (part, of) = COVERED;
    let allowed = line.len() - (part * line.len()).div_ceil(of);
    !line.is_empty() && line.iter().filter(|at| !lies_on(**at, by, near)).nth(allowed).is_none()
}

fn lies_on((x, y): (f64, f64), line: &[(f64, f64)], near: f64) -> bool {
    let first = line.partition_point(|at| at.0 < x - near).saturating_sub(1);
    let beside = line[first.min(line.len())..].iter().take_while(|at| at.0 <= x + near).count();
    // One more point, for the part of the line that leaves the neighbourhood.
    let part = &line[first.min(line.len())..(first + beside + 1).min(line.len())];
    let distance = |a: (f64, f64), b: (f64, f64)| {
        let (dx, dy) = (b.0 - a.0, b.1 - a.1);
        let length = dx * dx + dy * dy;
        let along = if length > 0.0 { ((x - a.0) * dx + (y - a.1) * dy) / length } else { 0.0 };
        let along = along.clamp(0.0, 1.0);
        (a.0 + along * dx - x).hypot(a.1 + along * dy - y)
    };
    let is_near = |pair: &[(f64, f64)]| distance(pair[0], pair[pair.len() - 1]) < near;
    if let [_alone] = part { is_near(part) } else { part.windows(2).any(is_near) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(y: impl Fn(f64) -> f64) -> Vec<(f64, f64)> {
        (0..10).map(|i| (f64::from(i) * 20.0, y(f64::from(i) * 20.0))).collect()
    }

    #[test]
    fn lines_near_to_another_at_two_of_three_points_are_covered_by_it() {
        let steep = |x: f64| 3.0 * x;
        let cases = [
            (line(steep), true),
            (line(|x| steep(x) + 2.0), true),
            (line(|x| steep(x) + 6.0), false),
            (line(|x| if x == 60.0 { 0.0 } else { steep(x) }), true),
            (line(|x| if x < 60.0 { -9.0 } else { steep(x) }), true),
            (line(|x| if x < 80.0 { -9.0 } else { steep(x) }), false),
            (vec![(0.0, 9.0), (20.0, 60.0), (40.0, 120.0), (60.0, 180.0)], true),
            (vec![(0.0, 9.0), (20.0, 60.0), (40.0, 120.0)], true),
            (vec![(0.0, 9.0), (20.0, 70.0), (40.0, 120.0)], false),
            (vec![(0.0, 9.0), (20.0, 60.0)], false),
            (vec![(30.0, 90.0)], true),
            (vec![(30.0, 80.0)], false),
            (vec![(-30.0, -90.0)], false),
            (Vec::new(), false),
        ];
        for (below, expected) in cases {
            assert_eq!(is_covered(&below, &line(steep), 1.2), expected, "{below:?}");
        }
        assert!(!is_covered(&line(steep), &[(30.0, 90.0)], 1.2) && !is_covered(&line(steep), &[], 1.2));
        assert!(is_covered(&[(1.0, 2.0)], &[(1.0, 2.5)], 1.2));
    }

    #[test]
    fn each_covered_line_is_wider_than_what_lies_on_it_and_named() {
        let level = |y: f64| line(move |_| y);
        // The first is apart from the last, and not from the third, which is drawn wider.
        let covers = covers(&[level(7.0), level(40.0), level(5.0), level(5.0)]);
        assert_eq!(covers.iter().map(|own| own.layers).collect::<Vec<_>>(), [2, 0, 1, 0]);
        let width = |place: usize| covers[place].widen(Stroke::new(theme::INK, 2.0)).width;
        assert!(width(0) > width(2) + 3.0 && width(2) > width(3) + 3.0 && width(3) == 2.0);
        assert!(covers[2].radius() > theme::MARKER_RADIUS);
        let alone = |y: f64| vec![(20.0, y)];
        let layers = |y: f64| super::covers(&[alone(y), level(5.0)])[0].layers;
        assert_eq!([8.0, 9.0].map(layers), [1, 0], "a marker hides a marker");
        let notes = notes("loss (nats)", &["a", "b", "c", "d"], &covers);
        assert_eq!(notes, ["Drawn wider: a, under c (loss).", "Drawn wider: c, under d (loss)."]);
    }
}
