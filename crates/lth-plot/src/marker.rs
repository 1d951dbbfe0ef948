//! The markers of points, by whose shape runs are told apart without colours.

use std::fmt::Write;

use super::{
    canvas::{Canvas, number},
    theme,
};

/// The shape of a marker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Marker {
    Circle,
    Square,
    Triangle,
    Diamond,
    Down,
}

impl Marker {
    const ALL: [Self; 5] = [Self::Circle, Self::Square, Self::Triangle, Self::Diamond, Self::Down];

    /// That of one of several runs, from the first again after the last.
    pub(super) fn of_run(place: usize) -> Self {
        Self::ALL[place % Self::ALL.len()]
    }

    /// Its corners around 0 for a circle of radius 1 of about the same area; none of the circle.
    fn corners(self) -> &'static [(f64, f64)] {
        match self {
            Self::Circle => &[],
            Self::Square => &[(-0.95, -0.95), (0.95, -0.95), (0.95, 0.95), (-0.95, 0.95)],
            Self::Triangle => &[(0.0, -1.35), (1.3, 0.95), (-1.3, 0.95)],
            Self::Diamond => &[(0.0, -1.4), (1.4, 0.0), (0.0, 1.4), (-1.4, 0.0)],
            Self::Down => &[(0.0, 1.35), (1.3, -0.95), (-1.3, -0.95)],
        }
    }
}

impl Canvas {
    /// A marker with a thin white rim, so that it stands out of its line.
    pub(super) fn marker(&mut self, marker: Marker, at: (f64, f64), radius: f64, fill: &str) {
        if marker == Marker::Circle {
            return self.dot(at, radius, fill);
        }
        let mut path = String::new();
        for (index, (x, y)) in marker.corners().iter().enumerate() {
            let command = if index == 0 { 'M' } else { 'L' };
            let (x, y) = (number(at.0 + radius * x), number(at.1 + radius * y));
            let _ = write!(path, "{command}{x} {y}");
        }
        let rim = theme::BACKGROUND;
        self.push(&format!(r#"<path d="{path}z" fill="{fill}" stroke="{rim}"/>"#));
    }
}
