//! What leaves an axis that limits have made shorter: arrows at its edge, and notes that say how far.

use super::{canvas::Canvas, frame::Frame, scale::Scale};

/// The length of an arrow, and half its width.
const ARROW: (f64, f64) = (9.0, 5.0);
/// The signs of notes, of what lies below an axis that goes upward and above it.
pub(super) const UPWARD: [&str; 2] = ["▼", "▲"];
/// The same of an axis that goes to the right.
pub(super) const RIGHTWARD: [&str; 2] = ["←", "→"];

/// An arrow with this tip that points in a direction of length 1.
pub(super) fn arrow(canvas: &mut Canvas, (x, y): (f64, f64), (dx, dy): (f64, f64), colour: &str) {
    let (length, half) = ARROW;
    let (back_x, back_y) = (x - length * dx, y - length * dy);
    let corners =
        [(x, y), (back_x - half * dy, back_y - half * dx), (back_x + half * dy, back_y + half * dx)];
    canvas.polygon(&corners, colour, 1.0);
}

/// At the upper or lower edge of a panel the arrow towards a value beyond it.
pub(super) fn arrow_towards(canvas: &mut Canvas, frame: &Frame, (x, value): (f64, f64), colour: &str) {
    let (x, y) = frame.at(x, value);
    let area = frame.area;
    let (tip, down) = if y > area.bottom() { (area.bottom() - 2.0, 1.0) } else { (area.top + 2.0, -1.0) };
    arrow(canvas, (x, tip), (0.0, down), colour);
}

/// How far something reaches beyond an axis with this label, a sentence a side.
pub(super) fn notes(
    name: &str,
    values: impl IntoIterator<Item = f64>,
    (scale, label): (&Scale, &str),
    signs: [&str; 2],
    text: impl Fn(f64) -> String,
) -> Vec<String> {
    let (lowest, highest) = values
        .into_iter()
        .filter(|value| value.is_finite())
        .fold((f64::INFINITY, f64::NEG_INFINITY), |ends, value| (ends.0.min(value), ends.1.max(value)));
    let note = |sign: &str, side: &str, value: f64| {
        format!("{sign} {name} reaches {side} the axis of {label}, to {}.", text(value))
    };
    let below = (lowest < scale.low).then(|| note(signs[0], "below", lowest));
    let above = (highest > scale.high).then(|| note(signs[1], "above", highest));
    below.into_iter().chain(above).collect()
}
