//! The y axes of accuracies, errors and iterations: linear, or of two scales.

use super::{
    frame::Axis,
    range::{Break, End, LinearRange},
    scale::{GAP, Scale, Spread, Tick, linear_ticks},
    theme,
};

/// The part of a broken axis that has the finer scale.
const FINE: f64 = 0.62;
/// About how many ticks it has.
const FINE_TICKS: usize = 5;
/// How much higher a panel with a broken axis is.
const TALLER: f64 = 1.3;

/// The axis of a range, with positions to be set later; `possible` are the values that ticks may have.
pub(super) fn value_axis(range: LinearRange, possible: (f64, f64), label: &str) -> Axis {
    let LinearRange { low, high, .. } = range;
    let is_possible = |tick: &Tick| possible.0 <= tick.value && tick.value <= possible.1;
    let (spread, ticks) = match range.broken {
        None => (Spread::Linear, linear_ticks(low, high, 7)),
        Some(place) => {
            let at = round_place(place, range);
            let (below, counts) = match place.fine {
                End::High => (1.0 - FINE, (4, FINE_TICKS)),
                End::Low => (FINE, (FINE_TICKS, 4)),
            };
            let (lower, upper) = (linear_ticks(low, at, counts.0), linear_ticks(at, high, counts.1));
            (Spread::Broken { at, below }, [lower, upper].concat())
        }
    };
    let mut ticks: Vec<Tick> = ticks.into_iter().filter(is_possible).collect();
    let scale = Scale { spread, low, high, start: 0.0, end: 1.0 };
    keep_apart(&mut ticks, range, &scale);
    Axis { scale, ticks, label: label.to_owned() }
}

/// A logarithmic axis, which its label tells, with positions to be set later.
pub(super) fn log_axis((low, high): (f64, f64), ticks: Vec<Tick>, label: &str) -> Axis {
    let scale = Scale { spread: Spread::Log, low, high, start: 0.0, end: 1.0 };
    Axis { scale, ticks, label: format!("{label}, log scale") }
}

/// The height of a panel with this axis.
pub(super) fn panel_height(axis: &Axis, plain: f64) -> f64 {
    match axis.scale.spread {
        Spread::Broken { .. } => plain * TALLER,
        _ => plain,
    }
}

/// The note that explains a broken axis.
pub(super) fn break_note(axis: &Axis) -> Option<String> {
    let Spread::Broken { at, below } = axis.scale.spread else { return None };
    let side = if below < 0.5 { "above" } else { "below" };
    let place = axis.ticks.iter().find(|tick| same(tick.value, at)).map(|tick| tick.label.clone());
    let place = place.unwrap_or_else(|| format!("{at}"));
    Some(format!("The axis is broken: {} has a finer scale {side} {place}.", axis.label))
}

/// The place of the break, moved to a tick of the finer scale that leaves all in there that was in there.
fn round_place(place: Break, range: LinearRange) -> f64 {
    let mut at = place.at;
    // A scale that reaches further may have a coarser step, once or twice.
    for _ in 0..3 {
        let ends = if place.fine == End::High { (at, range.high) } else { (range.low, at) };
        let ticks = linear_ticks(ends.0, ends.1, FINE_TICKS);
        let [first, second, ..] = &ticks[..] else { break };
        let (step, last) = (second.value - first.value, ticks[ticks.len() - 1].value);
        let (outermost, next) = match place.fine {
            End::High => (first.value, (first.value - step).max(range.low)),
            End::Low => (last, (last + step).min(range.high)),
        };
        if same(outermost, at) {
            break;
        }
        at = next;
    }
    at
}

/// Leaves out ticks of the coarser scale whose texts would touch those of the finer one across the gap.
fn keep_apart(ticks: &mut Vec<Tick>, range: LinearRange, scale: &Scale) {
    let (Spread::Broken { at, .. }, Some(Break { fine, .. })) = (scale.spread, range.broken) else { return };
    // Far less than any panel is high, so that texts keep their distance in all of them.
    let scale = Scale { start: 0.0, end: 200.0, ..*scale };
    let edge = scale.position(at);
    ticks.retain(|tick| {
        let coarse = if fine == End::High { tick.value < at } else { tick.value > at };
        !coarse
            || same(tick.value, at)
            || (scale.position(tick.value) - edge).abs() >= theme::TICK_SIZE + GAP * 0.5
    });
    // The value at which the scales meet stands once.
    ticks.dedup_by(|next, previous| same(next.value, previous.value));
}

/// Whether two places are the same but for rounding.
fn same(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-9 * a.abs().max(b.abs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scales_meet_at_a_tick() {
        for fine in [End::High, End::Low] {
            for tenth in 1..400 {
                let length = 0.5 + f64::from(tenth) / 40.0;
                let (at, low, high) = match fine {
                    End::High => (98.75 - length, 98.75 - 7.0 * length, 98.75),
                    End::Low => (length, -0.1, 7.0 * length),
                };
                let range = LinearRange { low, high, broken: Some(Break { at, fine }) };
                let axis = value_axis(range, (f64::NEG_INFINITY, f64::INFINITY), "x");
                let Spread::Broken { at: place, .. } = axis.scale.spread else { panic!("{range:?}") };
                assert!(axis.ticks.iter().any(|tick| same(tick.value, place)), "{place} of {range:?}");
                assert!(if fine == End::High { place <= at } else { place >= at }, "{place} of {range:?}");
                assert!(low < place && place < high, "{place} of {range:?}");
                assert!(axis.ticks.len() >= 4, "{:?}", axis.ticks);
            }
        }
    }
}
