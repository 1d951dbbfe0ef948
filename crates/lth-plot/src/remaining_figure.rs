//! The weights and the FLOPs that each round keeps.

use super::{
    Figure, Heading, PlotError,
    canvas::{Anchor, Canvas, Stroke, TextStyle},
    font, format,
    frame::{Axis, Frame},
    marker::Marker,
    page::{Page, Sample},
    panels::{Panels, left_of},
    range,
    scale::{Scale, Spread, Tick, close_ticks, thin_out},
    table::Table,
    theme,
    value_axis::log_axis,
};

const PANELS: Panels = Panels { height: 330.0, gap: 0.0 };
/// The height of a line of the table below the panel.
const LINE: f64 = theme::NOTE_SIZE * 1.4;
/// The names of the two lines, in the legend and in the table.
const CURVES: [(&str, &str); 2] = [("weights", "weights"), ("FLOPs, forward", "FLOPs")];

/// What a round keeps: a place on the x axis of [`remaining_figure`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Remaining {
    /// The round's number.
    pub round: usize,
    /// Weights kept.
    pub weights: u64,
    /// FLOPs of one example's forward pass with these weights.
    pub flops: u64,
}

impl Remaining {
    fn values(&self) -> [f64; 2] {
        [self.weights as f64, self.flops as f64]
    }
}

/// The weights and the forward FLOPs of each round as parts of the dense network's, which is `dense`, on a logarithmic axis over
/// rounds, with the numbers themselves in a table below.
///
/// # Errors
/// When no round keeps anything.
pub fn remaining_figure(
    heading: &Heading,
    dense: Remaining,
    rounds: &[Remaining],
) -> Result<Figure, PlotError> {
    let mut rounds = rounds.to_vec();
    rounds.sort_by_key(|kept| kept.round);
    let whole = dense.values().map(|value| value.max(1.0));
    let part = |kept: &Remaining, curve: usize| kept.values()[curve] / whole[curve] * 100.0;
    let parts: Vec<f64> = rounds.iter().flat_map(|kept| [part(kept, 0), part(kept, 1)]).collect();
    let (Some((low, high)), [first, .., last] | [first @ last]) = (range::log_range(&parts), &rounds[..])
    else {
        return Err(PlotError::NoData { figure: heading.title.clone(), reason: "no round keeps a weight" });
    };

    let mut page = Page::new(heading.look.style.width(), heading);
    page.legend(&legend(first, last, &|kept, curve| part(kept, curve) / 100.0));
    page.y += 8.0;
    // The axis reaches a little beyond the whole, its ticks do not.
    let mut ticks = close_ticks(low, high, 8);
    ticks.retain(|tick| tick.value <= 100.0);
    let y = log_axis((low, high), ticks, "kept (%)");
    // The names of the table's lines stand in the axis' space.
    let names = CURVES.map(|(_, name)| font::width(name, theme::NOTE_SIZE, true) + 44.0);
    let left = left_of([&y]).max(theme::MARGIN + names[0].max(names[1]));
    let x = round_axis(&rounds, (left, heading.look.style.width() - theme::MARGIN - 16.0));
    PANELS.draw(&mut page, &x, vec![y], |canvas, frame, _| {
        frame.draw_grid(canvas);
        canvas.clipped(frame.area, |canvas| {
            for curve in 0..CURVES.len() {
                draw_curve(canvas, frame, curve, rounds.iter().map(|kept| (kept.round, part(kept, curve))));
            }
        });
        frame.draw_border(canvas);
    });
    let is_labelled = |kept: &&Remaining| x.ticks.iter().any(|tick| tick.value == kept.round as f64);
    let labelled: Vec<&Remaining> = rounds.iter().filter(is_labelled).collect();
    page.y += 6.0;
    for (curve, (_, name)) in CURVES.into_iter().enumerate() {
        let colour = theme::palette(curve);
        let style = TextStyle { colour, ..TextStyle::new(theme::NOTE_SIZE, Anchor::Middle) };
        let title = TextStyle { anchor: Anchor::Start, ..style.bold() };
        page.y += LINE;
        page.canvas.text((theme::MARGIN, page.y), name, title);
        page.canvas.text((theme::MARGIN, page.y + LINE), "%", title);
        for kept in &labelled {
            let at = x.scale.position(kept.round as f64);
            page.canvas.text((at, page.y), &format::count(kept.values()[curve]), style);
            page.canvas.text((at, page.y + LINE), &format::percent(part(kept, curve) / 100.0), style);
        }
        page.y += LINE + 6.0;
    }
    page.notes([
        "FLOPs: two a kept weight and place of its layer's output map; pruned weights cost nothing.",
    ]);
    let mut table = Table::new(&[&"round", &"weights", &"flops"]);
    for Remaining { round, weights, flops } in &rounds {
        table.row(&[round, weights, flops]);
    }
    Ok(page.finish().with_data(table.finish()))
}

/// What the first and the last round keep, as the legend's texts.
fn legend(
    first: &Remaining,
    last: &Remaining,
    part: &dyn Fn(&Remaining, usize) -> f64,
) -> Vec<(Sample, String)> {
    let entry = |(curve, (name, _)): (usize, &(&str, &str))| {
        let value = |kept: &Remaining| format::count(kept.values()[curve]);
        let text = if first.round == last.round {
            format!("{name}: {}", value(first))
        } else {
            format!("{name}: {} to {} ({} %)", value(first), value(last), format::percent(part(last, curve)))
        };
        let colour = theme::palette(curve);
        let dashes = (curve > 0).then_some(theme::DASHES);
        (
            Sample::Line { colour, width: theme::LINE_WIDTH, dashes, dot: Some(Marker::Circle), band: false },
            text,
        )
    };
    CURVES.iter().enumerate().map(entry).collect()
}

/// Round numbers, as many as the table below has room for.
fn round_axis(rounds: &[Remaining], (start, end): (f64, f64)) -> Axis {
    let (first, last) = (rounds[0].round as f64, rounds[rounds.len() - 1].round as f64);
    let pad = ((last - first) * 0.04).max(0.4);
    let scale = Scale { spread: Spread::Linear, low: first - pad, high: last + pad, start, end };
    let ticks =
        rounds.iter().map(|kept| Tick { value: kept.round as f64, label: kept.round.to_string() }).collect();
    let widest = rounds.iter().flat_map(Remaining::values);
    let widest = widest.map(|value| font::width(&format::count(value), theme::NOTE_SIZE, false));
    let widest = widest.fold(0.0, f64::max);
    Axis { scale, ticks: thin_out(ticks, &scale, 8.0, |_| widest), label: "round".to_owned() }
}

fn draw_curve(canvas: &mut Canvas, frame: &Frame, curve: usize, points: impl Iterator<Item = (usize, f64)>) {
    let colour = theme::palette(curve);
    let points: Vec<(f64, f64)> =
        points.filter(|(_, part)| *part > 0.0).map(|(round, part)| frame.at(round as f64, part)).collect();
    let stroke = Stroke::new(colour, theme::LINE_WIDTH);
    canvas.polyline(&points, if curve > 0 { stroke.dashed(theme::DASHES) } else { stroke });
    for point in points {
        canvas.dot(point, theme::MARKER_RADIUS, colour);
    }
}
