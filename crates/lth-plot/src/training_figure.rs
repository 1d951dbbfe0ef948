//! Loss and accuracy during the training of one round.

use super::{
    AxisLimits, CurveSplit, Figure, Heading, PlotError, TrainingPoint, TrainingRound,
    canvas::{Anchor, Canvas, Stroke, TextStyle},
    coincidence, font, format,
    frame::{Axis, Frame},
    page::{Page, Sample},
    panels::{Panels, left_of},
    table::Table,
    theme,
    training_axes::{Metric, cut_notes, draw_line, iteration_axis, mark_cut, positions, present},
};

const PANELS: Panels = Panels { height: 270.0, gap: 26.0 };
const CURVE_WIDTH: f64 = 1.8;

/// Two panels, loss (log) and accuracy, of each split that the round has, with the early-stop iteration marked; of accuracies those
/// between the limits, fractions: what leaves them is marked at the edge, and told of in a note.
///
/// # Errors
/// When no metric has a finite value.
pub fn training_figure(
    heading: &Heading,
    round: &TrainingRound,
    accuracies: Option<AxisLimits>,
) -> Result<Figure, PlotError> {
    let splits =
        present(round.splits.iter().filter(|(_, points)| !points.is_empty()).map(|(split, _)| *split));
    let panels: Vec<(Metric, Axis)> = Metric::ALL
        .into_iter()
        .filter_map(|metric| {
            let values: Vec<f64> =
                splits.iter().flat_map(|split| round.points(*split)).map(|point| metric.of(point)).collect();
            Some((metric, metric.axis(&values, accuracies)?))
        })
        .collect();
    if panels.is_empty() {
        return Err(PlotError::NoData {
            figure: heading.title.clone(),
            reason: "no metric has a finite value",
        });
    }
    let last =
        splits.iter().flat_map(|split| round.points(*split)).map(|point| point.iteration).max().unwrap_or(0);
    let left = left_of(panels.iter().map(|(_, axis)| axis));
    let x = iteration_axis(last, left, heading.look.style.width() - theme::MARGIN - 20.0);
    let early_stop = round.early_stop.filter(|stop| *stop <= last);

    let mut page = Page::new(heading.look.style.width(), heading);
    let entry = |split: &CurveSplit| (sample(*split), theme::split_name(*split).to_owned());
    page.legend(&splits.iter().map(entry).collect::<Vec<_>>());
    if early_stop.is_some() {
        page.y += theme::NOTE_SIZE + 6.0;
    }
    let (metrics, axes): (Vec<Metric>, Vec<Axis>) = panels.into_iter().unzip();
    let names: Vec<&str> = splits.iter().map(|split| theme::split_name(*split)).collect();
    let mut hidden = Vec::new();
    let mut notes = PANELS.draw(&mut page, &x, axes, |canvas, frame, index| {
        frame.draw_grid(canvas);
        if let Some(stop) = early_stop {
            draw_early_stop(canvas, frame, stop, index == 0);
        }
        let metric = metrics[index];
        let line = |split: &CurveSplit| positions(frame, metric, round.points(*split)).concat();
        let covers = coincidence::covers(&splits.iter().map(line).collect::<Vec<_>>());
        hidden.extend(coincidence::notes(&frame.y.label, &names, &covers));
        canvas.clipped(frame.area, |canvas| {
            for (split, covers) in splits.iter().zip(covers) {
                let stroke = Stroke {
                    dashes: theme::split_dashes(*split),
                    ..Stroke::new(theme::split_colour(*split), CURVE_WIDTH)
                };
                draw_line(canvas, frame, metric, round.points(*split), covers.widen(stroke));
            }
        });
        frame.draw_border(canvas);
        for split in splits.iter().filter(|_| metric == Metric::Accuracy) {
            let points = round.points(*split).iter();
            let points: Vec<_> = points.map(|point| (point.iteration as f64, metric.of(point))).collect();
            mark_cut(canvas, frame, &points, theme::split_colour(*split));
            let values = points.iter().map(|(_, value)| *value);
            hidden.extend(cut_notes(&frame.y, theme::split_name(*split), values));
        }
    });
    notes.extend(hidden);
    page.notes(notes.iter().map(String::as_str));
    Ok(page.finish().with_data(csv(round)))
}

/// A line at the early-stop iteration, with its number above.
fn draw_early_stop(canvas: &mut Canvas, frame: &Frame, stop: u64, with_text: bool) {
    let area = frame.area;
    let at = frame.x.scale.position(stop as f64);
    let mark = Stroke::new(theme::INK, 1.6).dashed(theme::FINE_DASHES);
    canvas.line((at, area.top), (at, area.bottom()), mark);
    if with_text {
        let text = format!("early stop: {}", format::grouped(stop as f64, 0));
        let half = font::width(&text, theme::NOTE_SIZE, false) / 2.0;
        let centre = at.clamp(area.left + half, area.right() - half);
        canvas.text((centre, area.top - 7.0), &text, TextStyle::new(theme::NOTE_SIZE, Anchor::Middle));
    }
}

/// Losses in nats, accuracies as fractions.
fn csv(round: &TrainingRound) -> String {
    let mut table = Table::new(&[&"split", &"iteration", &"loss", &"accuracy"]);
    for (split, points) in &round.splits {
        for TrainingPoint { iteration, loss, accuracy } in points {
            table.row(&[&split.name(), iteration, loss, accuracy]);
        }
    }
    table.finish()
}

fn sample(split: CurveSplit) -> Sample {
    Sample::Line {
        colour: theme::split_colour(split),
        width: CURVE_WIDTH,
        dashes: theme::split_dashes(split),
        dot: None,
        band: false,
    }
}
