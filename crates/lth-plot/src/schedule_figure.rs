//! The learning rate over the iterations of a training.

use super::{
    Figure, Heading, PlotError,
    canvas::Stroke,
    frame::{Axis, x_axis_height},
    page::Page,
    panels::{Panels, left_of},
    range,
    scale::{Scale, Spread, linear_ticks, log_ticks},
    table::Table,
    theme,
    training_axes::{iteration_axis, thinned},
};

const PANELS: Panels = Panels { height: 230.0, gap: 26.0 };
/// Decades of the logarithmic panel below the highest rate: a warm-up comes from 0, a cosine goes to it.
const DECADES: f64 = 3.0;

/// The rate of each iteration, the first is that of iteration 0, on a linear scale; below it on a logarithmic one, which
/// shows what is left after drops, unless all rates are the same. A second scale counts epochs.
///
/// # Errors
/// When there is no rate above 0.
pub fn schedule_figure(heading: &Heading, rates: &[f64], per_epoch: u64) -> Result<Figure, PlotError> {
    let no_data =
        || PlotError::NoData { figure: heading.title.clone(), reason: "no iteration has a rate above 0" };
    let highest = rates.iter().copied().fold(0.0, f64::max);
    let (low, high) = range::log_range_within(rates, DECADES).ok_or_else(no_data)?;
    let mut panels = vec![(Spread::Linear, -0.05 * highest, highest * 1.05, "learning rate")];
    if rates.iter().any(|rate| *rate != rates[0]) {
        panels.push((Spread::Log, low, high, "learning rate, log scale"));
    }
    let panels: Vec<Axis> = panels
        .into_iter()
        .map(|(spread, low, high, label)| Axis {
            scale: Scale { spread, low, high, start: 0.0, end: 1.0 },
            ticks: if spread == Spread::Log {
                log_ticks(low, high, 6)
            } else {
                linear_ticks(low.max(0.0), high, 5)
            },
            label: label.to_owned(),
        })
        .collect();

    let left = left_of(&panels);
    let x = iteration_axis(rates.len() as u64, left, heading.look.style.width() - theme::MARGIN - 20.0);
    let mut page = Page::new(heading.look.style.width(), heading);
    page.y += x_axis_height(true);
    PANELS.draw(&mut page, &x, panels, |canvas, frame, index| {
        frame.draw_grid(canvas);
        canvas.clipped(frame.area, |canvas| {
            let at = |(iteration, rate): (usize, &f64)| frame.at(iteration as f64, *rate);
            let line: Vec<(f64, f64)> = rates.iter().enumerate().map(at).collect();
            let stroke = Stroke::new(theme::palette(0), theme::LINE_WIDTH);
            canvas.polyline(&thinned(&line, frame.area.width), stroke);
            if let [alone] = line[..] {
                canvas.dot(alone, theme::MARKER_RADIUS, stroke.colour);
            }
        });
        frame.draw_border(canvas);
        if index == 0 {
            frame.draw_upper_axis(canvas, &epoch_axis(&x, per_epoch));
        }
    });
    let mut table = Table::new(&[&"iteration", &"learning_rate"]);
    for (iteration, rate) in rates.iter().enumerate() {
        table.row(&[&iteration, rate]);
    }
    Ok(page.finish().with_data(table.finish()))
}

/// The same axis in epochs.
fn epoch_axis(iterations: &Axis, per_epoch: u64) -> Axis {
    let per_epoch = per_epoch.max(1) as f64;
    let (low, high) = (iterations.scale.low / per_epoch, iterations.scale.high / per_epoch);
    let scale = Scale { low, high, ..iterations.scale };
    Axis { ticks: linear_ticks(0.0, scale.high, 6), scale, label: "epoch".to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draw(rates: &[f64]) -> Result<Figure, PlotError> {
        schedule_figure(&Heading::new("The learning rate", "a test"), rates, 10)
    }

    #[test]
    fn a_schedule_has_two_panels_and_a_constant_one() {
        let steps: Vec<f64> = (0..100).map(|iteration| if iteration < 50 { 0.1 } else { 0.01 }).collect();
        let (varied, constant) = (draw(&steps).unwrap(), draw(&[0.1; 100]).unwrap());
        assert!(varied.svg().contains("log scale") && !constant.svg().contains("log scale"));
        assert!(varied.size().1 > constant.size().1);
        for figure in [varied, constant] {
            assert!(figure.svg().contains(">epoch<") && figure.svg().contains(">iteration<"));
        }
    }

    #[test]
    fn warm_ups_from_zero_and_single_iterations_are_drawn() {
        let warm: Vec<f64> = (0..50).map(|iteration| f64::from(iteration) / 50.0).collect();
        for rates in [&warm[..], &[0.1]] {
            let svg = draw(rates).unwrap().svg().to_owned();
            assert!(!svg.contains("NaN") && !svg.contains("inf"), "{svg}");
        }
        assert!(draw(&[]).is_err() && draw(&[0.0, 0.0]).is_err());
    }
}
