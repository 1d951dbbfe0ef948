//! Loss and accuracy during the training of one round.

use super::{
    CurveSplit, Figure, Heading, PlotError, TrainingRound,
    canvas::{Anchor, Area, Stroke, TextStyle},
    font, format,
    frame::{Axis, Frame, x_axis_height},
    page::{Page, Sample},
    theme,
    training_axes::{Metric, draw_line, iteration_axis, present},
    value_axis::{break_note, panel_height},
};

const PANEL_HEIGHT: f64 = 270.0;
const PANEL_GAP: f64 = 26.0;
const CURVE_WIDTH: f64 = 1.8;

/// Two panels, loss (log) and accuracy, of each split that the round has, with the early-stop iteration marked.
///
/// # Errors
/// When no metric has a finite value.
pub fn training_figure(heading: &Heading, round: &TrainingRound) -> Result<Figure, PlotError> {
    let splits =
        present(round.splits.iter().filter(|(_, points)| !points.is_empty()).map(|(split, _)| *split));
    let panels: Vec<(Metric, Axis)> = Metric::ALL
        .into_iter()
        .filter_map(|metric| {
            let values: Vec<f64> =
                splits.iter().flat_map(|split| round.points(*split)).map(|point| metric.of(point)).collect();
            Some((metric, metric.axis(&values)?))
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
    let left = theme::MARGIN + panels.iter().map(|(_, axis)| axis.width_as_y()).fold(0.0, f64::max);
    let x = iteration_axis(last, left, heading.look.style.width() - theme::MARGIN - 20.0);
    let early_stop = round.early_stop.filter(|stop| *stop <= last);

    let mut page = Page::new(heading.look.style.width(), heading);
    page.legend(
        &splits
            .iter()
            .map(|split| (sample(*split), theme::split_name(*split).to_owned()))
            .collect::<Vec<_>>(),
    );
    if early_stop.is_some() {
        page.y += theme::NOTE_SIZE + 6.0;
    }
    let (count, mut notes) = (panels.len(), Vec::new());
    for (index, (metric, mut y)) in panels.into_iter().enumerate() {
        let height = panel_height(&y, heading.look.style.height(PANEL_HEIGHT));
        let area = Area { left, top: page.y, width: x.scale.end - left, height };
        (y.scale.start, y.scale.end) = (area.bottom(), area.top);
        let frame = Frame { area, x: x.clone(), y };
        frame.draw_grid(&mut page.canvas);
        if let Some(stop) = early_stop {
            let at = frame.x.scale.position(stop as f64);
            let mark = Stroke::new(theme::INK, 1.6).dashed(theme::FINE_DASHES);
            page.canvas.line((at, area.top), (at, area.bottom()), mark);
            if index == 0 {
                let text = format!("early stop: {}", format::grouped(stop as f64, 0));
                let half = font::width(&text, theme::NOTE_SIZE, false) / 2.0;
                let centre = at.clamp(area.left + half, area.right() - half);
                page.canvas.text(
                    (centre, area.top - 7.0),
                    &text,
                    TextStyle::new(theme::NOTE_SIZE, Anchor::Middle),
                );
            }
        }
        page.canvas.clipped(area, |canvas| {
            for split in &splits {
                let stroke = Stroke::new(theme::split_colour(*split), CURVE_WIDTH);
                draw_line(canvas, &frame, metric, round.points(*split), stroke);
            }
        });
        frame.draw_border(&mut page.canvas);
        frame.draw_y_axis(&mut page.canvas, theme::MARGIN);
        notes.extend(break_note(&frame.y));
        page.y = area.bottom() + PANEL_GAP;
        if index + 1 == count {
            frame.draw_x_axis(&mut page.canvas);
            page.y = area.bottom() + x_axis_height(true);
        }
    }
    page.notes(notes.iter().map(String::as_str));
    Ok(page.finish())
}

fn sample(split: CurveSplit) -> Sample {
    Sample::Line {
        colour: theme::split_colour(split),
        width: CURVE_WIDTH,
        dashes: None,
        dot: false,
        band: false,
    }
}
